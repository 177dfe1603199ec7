use std::process::Command;

use super::{CUSTOM, Server, nobody, service, write};
use crate::support::programs::found;

#[test]
fn haproxy() {
    let Some(program) = found(&["haproxy"]) else { return };
    let (nobody, service) = (nobody(), service());
    let server = Server::start(|dir, address| {
        let head =
            "HTTP/1.0 503 Service Unavailable\r\nCache-Control: no-cache\r\nContent-Type: text/html\r\n\r\n";
        let page = write(dir, "503.http", &format!("{head}{CUSTOM}"));
        let denied: String = [401, 403, 404, 405, 429, 500]
            .map(|status| format!(" http-request deny deny_status {status} if {{ path /{status} }}\n"))
            .concat();
        let text = format!(
            "defaults\n mode http\n timeout connect 1s\n timeout client 5s\n timeout server 1s\n\
             frontend front\n bind {address}\n{denied} http-request redirect location /x if {{ path /302 }}\n \
             use_backend passed if {{ path /passed }}\n use_backend custom if {{ path /custom }}\n \
             default_backend dead\n\
             backend dead\n server s {dead}\nbackend passed\n server s {service}\n\
             backend custom\n errorfile 503 {page}\n server s {dead}\n",
            dead = nobody.address(),
            service = service.address(),
        );
        let mut command = Command::new(&program);
        command.arg("-db").arg("-f").arg(write(dir, "haproxy.cfg", &text));
        command
    });
    let by = Some("haproxy");
    server.answers(&[
        ("/", 503, by, "proxy-error"),
        ("/custom", 503, by, "proxy-error"),
        ("/302", 302, by, "wrong-service"),
        ("/401", 401, by, "denied"),
        ("/403", 403, by, "denied"),
        ("/404", 404, by, "not-found"),
        ("/405", 405, by, "request-rejected"),
        ("/429", 429, by, "throttled"),
        ("/500", 500, by, "api-error"),
        ("/passed", 503, None, "backend-down"),
    ]);
    server.passes_on("/passed");
}
