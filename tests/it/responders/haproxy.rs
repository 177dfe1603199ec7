use super::{CUSTOM, Place, Server};

/// Statuses with which the configuration denies a request.
const DENIED: [u16; 6] = [401, 403, 404, 405, 429, 500];

#[test]
fn haproxy() {
    let server = Server::start(&["haproxy"], |place| {
        let Place { address, dead, service, .. } = place;
        let head =
            "HTTP/1.0 503 Service Unavailable\r\nCache-Control: no-cache\r\nContent-Type: text/html\r\n\r\n";
        let page = place.write("503.http", &format!("{head}{CUSTOM}"));
        let denied = DENIED
            .map(|status| format!(" http-request deny deny_status {status} if {{ path /{status} }}\n"))
            .concat();
        let text = format!(
            "defaults\n mode http\n retries 0\n timeout connect 1s\n timeout client 5s\n timeout server 1s\n\
             frontend front\n bind {address}\n{denied} http-request redirect location /x if {{ path /302 }}\n \
             use_backend passed if {{ path /passed }}\n use_backend custom if {{ path /custom }}\n \
             default_backend dead\n\
             backend dead\n server s {dead}\nbackend passed\n server s {service}\n\
             backend custom\n errorfile 503 {page}\n server s {dead}\n",
        );
        place.command(["-db", "-f", &place.write("haproxy.cfg", &text)])
    });
    let Some(server) = server else { return };
    server.is_known("haproxy", &[("/", 503), ("/custom", 503), ("/302", 302)], &DENIED);
    server.passes_on("/passed");
}
