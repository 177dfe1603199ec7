use std::path::Path;
use std::process::Command;

use super::{CUSTOM, Server, nobody, service, write};
use crate::support::programs::found;

#[test]
fn nginx() {
    let Some(program) = found(&["nginx"]) else { return };
    let (nobody, service) = (nobody(), service());
    let server = Server::start(|dir, address| {
        write(dir, "sorry.html", CUSTOM);
        write(dir, "sorry.json", "{\"message\":\"down for maintenance\"}");
        let own: String = [403, 404, 405, 429, 500, 503]
            .map(|status| format!("location /{status} {{ return {status}; }}\n"))
            .concat();
        let place = dir.display();
        let text = format!(
            "root {place};\n{own}location / {{ proxy_pass http://{dead}; }}\n\
             location /custom {{ error_page 502 =503 /sorry.html; proxy_pass http://{dead}; }}\n\
             location /json {{ error_page 502 =503 /sorry.json; proxy_pass http://{dead}; }}\n\
             location /welcome {{ default_type text/html; return 200 '<html>Welcome</html>'; }}\n\
             location ~ sorry {{ internal; }}\n\
             location /passed {{ proxy_pass http://{service}; proxy_http_version 1.1; }}\n",
            dead = nobody.address(),
            service = service.address(),
        );
        command(&program, dir, &format!("listen {address};\n{text}"))
    });
    let by = Some("nginx");
    server.answers(&[
        ("/", 502, by, "proxy-error"),
        ("/503", 503, by, "proxy-error"),
        ("/custom", 503, by, "proxy-error"),
        ("/json", 503, by, "proxy-error"),
        ("/403", 403, by, "denied"),
        ("/404", 404, by, "not-found"),
        ("/405", 405, by, "request-rejected"),
        ("/429", 429, by, "throttled"),
        ("/500", 500, by, "api-error"),
        ("/welcome", 200, None, "wrong-service"),
        ("/passed", 503, None, "backend-down"),
    ]);
    server.passes_on("/passed");
}

fn command(program: &Path, dir: &Path, server: &str) -> Command {
    let place = dir.display();
    let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {place}/{kind};\n"))
        .concat();
    let text = format!(
        "daemon off;\nworker_processes 1;\npid {place}/pid;\nerror_log {place}/error.log;\nevents {{}}\n\
         http {{\naccess_log off;\ntypes {{ text/html html; application/json json; }}\n{paths}server {{\n{server}}}\n}}\n"
    );
    let mut command = Command::new(program);
    command.arg("-e").arg(dir.join("error.log")).arg("-c").arg(write(dir, "nginx.conf", &text));
    command
}
