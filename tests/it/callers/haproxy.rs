//! HAProxy: external-check by the bare binary and by the generated wrapper, agent-check, and its own http-check.

use std::collections::BTreeMap;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use crate::callers::balancer::{Balancer, Mode};
use crate::callers::plugin::{self, file_of, generated, replaced};
use crate::callers::service::{NAME, Role, Service};
use crate::support::daemon::{directory, eventually, free_port, write_script};
use crate::support::programs::{Run, found};

const SCRIPT: &str = "/etc/haproxy/check_ceilometer.sh";
const CONFIGURATION: &str = "/etc/haproxy/haproxy.cfg";

/// The generated configuration with these servers in place of the examples, each decided by a single check.
pub(crate) fn with_servers(configuration: &str, servers: &[(&str, String)]) -> String {
    let is_example = |line: &&str| line.trim_start_matches([' ', '#']).starts_with("server metering");
    assert!(configuration.lines().any(|line| is_example(&line)), "{configuration}");
    let kept = configuration.lines().filter(|line| !is_example(line)).map(str::to_owned);
    let servers = servers.iter().map(|(name, address)| format!("    server {name} {address} fall 1 rise 1"));
    let lines: Vec<_> = kept.chain(servers).collect();
    lines.join("\n") + "\n"
}

/// A service in each role, and the state in which HAProxy must have it.
struct Farm {
    servers: Vec<(&'static str, String)>,
    expected: BTreeMap<&'static str, &'static str>,
    ca: String,
}

impl Farm {
    /// Starts the services; the UNIX socket is in the directory.
    fn start(dir: &Path) -> Farm {
        let mut farm = Farm { servers: Vec::new(), expected: BTreeMap::new(), ca: String::new() };
        for role in Role::ALL {
            let status = if role.exit_code() < 2 { "UP" } else { "DOWN" };
            farm.add(role.name(), Service::start(role).address.to_string(), status);
        }
        farm.add("refusing", format!("127.0.0.1:{}", free_port()), "DOWN");
        if let Some(service) = Service::at("[::1]:0", Role::Healthy) {
            farm.add("v6", service.address.to_string(), "UP");
        }
        let socket = dir.join("api.sock");
        Service::start_unix(&socket, Role::Healthy);
        farm.add("unix", format!("unix@{}", socket.display()), "UP");
        farm
    }

    fn add(&mut self, name: &'static str, address: String, status: &'static str) {
        self.servers.push((name, address));
        self.expected.insert(name, status);
    }

    /// Adds a server with TLS.
    fn add_tls(&mut self, role: Role, status: &'static str) {
        let (address, ca) = Service::start_tls(role);
        self.ca = ca;
        // HAProxy's own verification does not matter here: the plugin verifies for itself.
        self.add("tls", format!("{address} ssl verify none"), status);
    }
}

/// The generated script in the directory, with these of its lines uncommented, and these words replaced.
fn write_wrapper(dir: &Path, options: &[&str], words: &[(&str, &str)]) -> PathBuf {
    let mut text = generated("haproxy");
    for option in options {
        let line = text
            .lines()
            .find(|line| line.starts_with('#') && line.contains(option))
            .unwrap_or_else(|| panic!("no {option:?} in {text}"))
            .to_owned();
        text = text.replace(&line, line.trim_start_matches('#'));
    }
    let path = dir.join("check_ceilometer.sh");
    write_script(&path, &replaced(&text, words));
    path
}

/// The generated configuration that calls this command.
pub(crate) fn configuration(command: &Path, servers: &[(&str, String)]) -> String {
    let text = file_of(&generated("haproxy"), CONFIGURATION);
    replaced(&with_servers(&text, servers), &[(SCRIPT, command.to_str().unwrap())])
}

/// Starts HAProxy in the foreground and as a daemon, with the configuration that is made for a service in each role, and
/// waits until both have each in its state; that of the server with TLS is given.
fn settles(tls: &'static str, configure: impl FnOnce(&Path, &Farm) -> String) {
    let Some(program) = found(&["haproxy"]) else { return };
    let dir = directory();
    let mut farm = Farm::start(dir.path());
    farm.add_tls(Role::Healthy, tls);
    let text = configure(dir.path(), &farm);
    let balancers =
        [Mode::Foreground, Mode::Background].map(|mode| Balancer::start(&program, directory(), mode, &text));
    for balancer in balancers {
        balancer.settles(&farm.expected);
    }
}

/// The bare binary as the command, under HAProxy's defaults: no PATH, and 2 s for a check.
#[test]
fn bare_binary() {
    // Without options the CA is not trusted, so the server is down.
    settles("DOWN", |_, farm| {
        let text = configuration(Path::new(plugin::path()), &farm.servers);
        replaced(&text, &[("    external-check path /usr/bin:/bin\n", ""), (" inter 3s", "")])
    });
}

/// The generated wrapper as the command, with a private CA and the certificate's name.
#[test]
fn wrapper() {
    settles("UP", |dir, farm| {
        let ca = dir.join("private-ca.pem");
        fs::write(&ca, &farm.ca).unwrap();
        let script = write_wrapper(
            dir,
            &["set -- -H ", "set -- --cacert "],
            &[("metering.example.com", NAME), ("/etc/haproxy/private-ca.pem", ca.to_str().unwrap())],
        );
        configuration(&script, &farm.servers)
    });
}

#[test]
fn insecure_wrapper() {
    let Some(program) = found(&["haproxy"]) else { return };
    let dir = directory();
    let mut farm = Farm { servers: Vec::new(), expected: BTreeMap::new(), ca: String::new() };
    farm.add_tls(Role::Healthy, "UP");
    let script =
        write_wrapper(dir.path(), &["set -- --cacert "], &[("--cacert /etc/haproxy/private-ca.pem", "-k")]);
    let text = configuration(&script, &farm.servers);
    Balancer::start(&program, dir, Mode::Foreground, &text).settles(&farm.expected);
}

#[test]
fn wrapper_fail_on() {
    let Some(program) = found(&["haproxy"]) else { return };
    let dir = directory();
    let servers = [Role::Healthy, Role::Undocumented].map(|role| Service::start(role).address.to_string());
    let servers: Vec<_> = ["healthy", "undocumented"].into_iter().zip(servers).collect();
    let script = write_wrapper(dir.path(), &["set -- --fail-on warning"], &[]);
    let text = configuration(&script, &servers);
    Balancer::start(&program, dir, Mode::Foreground, &text)
        .settles(&BTreeMap::from([("healthy", "UP"), ("undocumented", "DOWN")]));
}

#[test]
fn wrapper_rehearsal() {
    let Some(program) = found(&["haproxy"]) else { return };
    let dir = directory();
    let servers = [("healthy", Service::start(Role::Healthy).address.to_string())];
    let script = write_wrapper(dir.path(), &["mode='--simulate"], &[]);
    let text = configuration(&script, &servers);
    Balancer::start(&program, dir, Mode::Background, &text).settles(&BTreeMap::from([("healthy", "DOWN")]));
}

/// In the foreground, what a check prints comes out on HAProxy's own standard output.
#[test]
fn wrapper_summary_on_standard_output() {
    let Some(program) = found(&["haproxy"]) else { return };
    let dir = directory();
    let service = Service::start(Role::Hostile);
    let script = write_wrapper(dir.path(), &["set -- -o nagios"], &[]);
    let servers = [("hostile", service.address.to_string())];
    let balancer = Balancer::start(&program, dir, Mode::Foreground, &configuration(&script, &servers));
    balancer.settles(&BTreeMap::from([("hostile", "DOWN")]));
    let printed = balancer.printed();
    assert!(printed.lines().any(|line| line.starts_with("CEILOMETER CRITICAL - ")), "{printed}");
}

#[test]
fn wrapper_log_lines() {
    let Some(program) = found(&["haproxy"]) else { return };
    let dir = directory();
    let (logger, log) = (dir.path().join("logger"), dir.path().join("log"));
    write_script(&logger, &format!("#!/bin/sh\nprintf '%s\\n' \"$*\" >> {}\n", log.display()));
    let options = ["reason=$(", "code=$?", "/usr/bin/logger -t", "exit \"$code\""];
    let script = write_wrapper(dir.path(), &options, &[("/usr/bin/logger", logger.to_str().unwrap())]);
    let services = [Role::Healthy, Role::Hostile].map(Service::start);
    let servers: Vec<_> = ["healthy", "hostile"]
        .into_iter()
        .zip(services.iter().map(|service| service.address.to_string()))
        .collect();
    // As a daemon, because closed standard streams could break command substitution.
    let balancer = Balancer::start(&program, dir, Mode::Background, &configuration(&script, &servers));
    balancer.settles(&BTreeMap::from([("healthy", "UP"), ("hostile", "DOWN")]));
    let summary = plugin::run(&["-H", &services[1].address.to_string()]).summary().to_owned();
    assert!(summary.starts_with("CEILOMETER CRITICAL - "), "{summary}");
    let text = fs::read_to_string(&log).unwrap();
    // HAProxy's environment names no locale, so what is logged is ASCII.
    let summary = summary.replace('…', "~");
    assert_eq!(
        text.lines().next().unwrap().trim_end(),
        format!("-t check_ceilometer -- metering/hostile: {summary}")
    );
    assert!(!text.contains("metering/healthy"), "{text}");
}

#[test]
fn wrapper_shells() {
    let dir = directory();
    let script = write_wrapper(dir.path(), &[], &[]);
    let cases = [(Role::Healthy, 0), (Role::Undocumented, 0), (Role::BackendDown, 2), (Role::Denied, 3)];
    for shell in [&["/bin/sh"][..], &["/bin/bash", "--posix"]] {
        if found(&shell[..1]).is_none() {
            continue;
        }
        for (role, code) in cases {
            let port = Service::start(role).port();
            let run = Run::of(
                Command::new(shell[0])
                    .args(&shell[1..])
                    .arg(&script)
                    .args(["NOT_USED", "NOT_USED", "127.0.0.1", &port])
                    .env_clear()
                    .env("PATH", "")
                    .env("HAPROXY_SERVER_ADDR", "127.0.0.1"),
            );
            assert_eq!(
                (run.code, run.stdout.as_str(), run.stderr.as_str()),
                (Some(code), "", ""),
                "{shell:?} {role:?}"
            );
        }
    }
}

/// HAProxy with a healthy server, whose agent is the command of the generated unit on the line that begins so; `None`
/// where HAProxy is not installed.
fn with_agent(line: &str) -> Option<(Service, Balancer)> {
    let program = found(&["haproxy"])?;
    let service = Service::start(Role::Healthy);
    let text = generated("haproxy-agent");
    let agent = start_agent(&exec_start(&text, line, service.address));
    let text = replaced(
        &file_of(&text, CONFIGURATION),
        &[
            ("agent-port 8778", &format!("agent-port {}", agent.port())),
            ("agent-inter 5s", "agent-inter 200ms"),
        ],
    );
    let text = with_servers(&text, &[("agent", service.address.to_string())]);
    Some((service, Balancer::start(&program, directory(), Mode::Foreground, &text)))
}

/// Waits until the agent has given its server this status, with this in the reason.
fn agent_says(balancer: &Balancer, status: &str, reason: &str) {
    eventually("the agent's word", || {
        let row = balancer.servers()?.remove("agent").ok_or("no server")?;
        let seen = row["status"].starts_with(status)
            && matches!(row["agent_status"].as_str(), "L7OK" | "L7STS")
            && row["last_agt"].contains(reason);
        if seen { Ok(()) } else { Err(format!("not {status}: {row:?}")) }
    });
}

#[test]
fn agent() {
    let Some((service, balancer)) = with_agent("ExecStart=") else { return };
    agent_says(&balancer, "UP", "");
    service.become_(Role::Hostile);
    agent_says(&balancer, "DOWN", "503");
    service.become_(Role::Undocumented);
    agent_says(&balancer, "UP", "");
    service.become_(Role::Denied);
    agent_says(&balancer, "DOWN", "401");
    service.become_(Role::Healthy);
    agent_says(&balancer, "UP", "");
}

#[test]
fn agent_rehearsal() {
    let Some((_service, balancer)) = with_agent("#ExecStart=") else { return };
    agent_says(&balancer, "DOWN", "(SIMULATED backend-down: GET 503 from 127.0.0.1:");
}

/// The command of the generated service unit on the line that begins so, for this address.
fn exec_start(text: &str, line: &str, address: SocketAddr) -> Vec<String> {
    let unit = file_of(text, "/etc/systemd/system/ceilometer-agent@.service");
    let command = unit.lines().find_map(|unit_line| unit_line.strip_prefix(line)).unwrap();
    command.replace("127.0.0.1", &address.to_string()).split(' ').map(str::to_owned).collect()
}

/// Runs the command for each connection, which is its standard output, as the socket unit says.
fn start_agent(command: &[String]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let command = command.to_owned();
    thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            let (program, args) = command.split_first().unwrap();
            let stdin = OwnedFd::from(stream.try_clone().unwrap());
            // Whatever the exit code: systemd counts 1 to 3 as success.
            Command::new(program).args(args).stdin(stdin).stdout(OwnedFd::from(stream)).status().unwrap();
        }
    });
    address
}

#[test]
fn native_check() {
    let Some(program) = found(&["haproxy"]) else { return };
    let dir = directory();
    let text = replaced(&generated("haproxy-native"), &[("inter 5s", "inter 200ms")]);
    let cases = [
        ("healthy", Role::Healthy, "UP"),
        ("backend-down", Role::BackendDown, "DOWN"),
        ("absent", Role::Absent, "DOWN"),
        ("undocumented", Role::Undocumented, "DOWN"),
    ];
    let mut farm = Farm { servers: Vec::new(), expected: BTreeMap::new(), ca: String::new() };
    for (name, role, status) in cases {
        farm.add(name, Service::start(role).address.to_string(), status);
    }
    let (address, ca) = Service::start_tls(Role::Healthy);
    let ca_file = dir.path().join("private-ca.pem");
    fs::write(&ca_file, ca).unwrap();
    farm.add("tls", native_tls_server(&text, address, &ca_file), "UP");
    Balancer::start(&program, dir, Mode::Foreground, &with_servers(&text, &farm.servers))
        .settles(&farm.expected);
}

/// The commented example of a server with TLS, at this address and signed by this CA.
fn native_tls_server(text: &str, address: SocketAddr, ca: &Path) -> String {
    let line = text.lines().find(|line| line.contains(" ssl ")).unwrap();
    let (_, server) = line.split_once("#server metering3 ").unwrap();
    replaced(
        server,
        &[
            ("192.0.2.13:8777", &address.to_string()),
            ("/etc/haproxy/private-ca.pem", ca.to_str().unwrap()),
            ("metering.example.com", NAME),
        ],
    )
}

#[test]
fn recipes() {
    let script = "sed '1,/^# ==>/d'";
    let cut = r#"awk '/^# ==> /{file=$3; sub(".*/", "", file); next} file{print > file}'"#;
    let systemd = "/etc/systemd/system/ceilometer-agent";
    let cases = [
        ("haproxy", script, " text > haproxy.cfg", CONFIGURATION.to_owned()),
        ("haproxy-agent", cut, " text", CONFIGURATION.to_owned()),
        ("haproxy-agent", cut, " text", format!("{systemd}.socket")),
        ("haproxy-agent", cut, " text", format!("{systemd}@.service")),
        ("checkmk", cut, " text", "/etc/check_mk/mrpe.cfg".to_owned()),
        ("checkmk", cut, " text", "/usr/lib/check_mk_agent/local/ceilometer".to_owned()),
    ];
    for (what, recipe, files, path) in cases {
        let dir = directory();
        let text = generated(what);
        assert!(text.contains(recipe), "{text}");
        fs::write(dir.path().join("text"), &text).unwrap();
        let run = Run::of(Command::new("sh").args(["-c", &(recipe.to_owned() + files)]).current_dir(&dir));
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{recipe}");
        let name = Path::new(&path).file_name().unwrap();
        let cut = fs::read_to_string(dir.path().join(name)).unwrap();
        assert_eq!(cut.trim_end(), file_of(&text, &path).trim_end(), "{what}");
    }
}
