//! Real servers and proxies, each started on loopback in a directory of the test's own.

use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use crate::support::certificates::{Files, Identity};
use crate::support::daemon::{Daemon, free_port};
use crate::support::programs::found;

/// A daemon that accepts connections.
pub(crate) struct Program {
    _daemon: Daemon,
    pub(crate) port: u16,
    pub(crate) files: Files,
}

impl Program {
    /// Starts a daemon in the directory of its files.
    fn start(command: &mut Command, files: Files, port: u16) -> Program {
        let mut daemon = Daemon::start(command, files.directory());
        daemon.eventually("a connection", || {
            TcpStream::connect(("127.0.0.1", port)).map_err(|error| error.to_string())
        });
        Program { _daemon: daemon, port, files }
    }

    /// `https://localhost:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }
}

/// nginx with an https server that presents this, and these directives in it.
pub(crate) fn nginx(identity: &Identity, directives: &str) -> Option<Program> {
    let program = found(&["nginx"])?;
    let (files, port) = (Files::new(), free_port());
    let place = files.directory().display().to_string();
    let (cert, key) = (files.write("s.pem", &identity.certificate), files.write("s.key", &identity.key));
    let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {place}/{kind};\n"))
        .concat();
    let config = format!(
        "daemon off;\nmaster_process off;\npid {place}/pid;\nerror_log {place}/error.log;\nevents {{}}\n\
         http {{\naccess_log off;\n{paths}server {{\nlisten 127.0.0.1:{port} ssl;\n\
         ssl_certificate {cert};\nssl_certificate_key {key};\n{directives}\n}}\n}}\n"
    );
    let config = files.write("nginx.conf", config);
    let mut command = Command::new(program);
    command.args(["-p", &place, "-e", &format!("{place}/error.log"), "-c", &config]);
    Some(Program::start(&mut command, files, port))
}

/// The health check as nginx can play it.
pub(crate) const HEALTHY: &str =
    "location = /v2/health {\nif ($request_method = HEAD) { return 204; }\nreturn 200 '{}';\n}";

/// The `openssl` command.
pub(crate) fn openssl(directory: &Path) -> Option<Command> {
    let mut command = Command::new(found(&["openssl"])?);
    command.current_dir(directory);
    Some(command)
}

/// OpenSSL's `s_server` with these options; to GET it answers 200.
pub(crate) fn s_server(identity: &Identity, options: &[&str]) -> Option<Program> {
    let (files, port) = (Files::new(), free_port());
    let (cert, key) = (files.write("s.pem", &identity.certificate), files.write("s.key", &identity.key));
    let mut command = openssl(files.directory())?;
    std::fs::create_dir(files.directory().join("v2")).unwrap();
    // With -HTTP the file is the whole response.
    files.write("v2/health", "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{}");
    command.args([
        "s_server",
        "-HTTP",
        "-accept",
        &format!("127.0.0.1:{port}"),
        "-cert",
        &cert,
        "-key",
        &key,
    ]);
    command.args(options);
    Some(Program::start(&mut command, files, port))
}

/// tinyproxy with these directives.
pub(crate) fn tinyproxy(directives: &str) -> Option<Program> {
    let program = found(&["tinyproxy"])?;
    let (files, port) = (Files::new(), free_port());
    let config = format!("Port {port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 20\n{directives}\n");
    let config = files.write("tinyproxy.conf", config);
    let mut command = Command::new(program);
    command.args(["-d", "-c", &config]);
    Some(Program::start(&mut command, files, port))
}
