use std::process::Command;

use super::{CUSTOM, Place, Server};

/// Statuses that the configuration answers itself.
const OWN: [u16; 6] = [403, 404, 405, 429, 500, 503];

#[test]
fn nginx() {
    let server = Server::start(&["nginx"], |place| {
        let Place { address, dead, service, .. } = place;
        place.write("sorry.html", CUSTOM);
        place.write("sorry.json", "{\"message\":\"down for maintenance\"}");
        let own = OWN.map(|status| format!("location /{status} {{ return {status}; }}\n")).concat();
        let root = place.dir.display();
        let text = format!(
            "root {root};\n{own}location / {{ proxy_pass http://{dead}; }}\n\
             location /custom {{ error_page 502 =503 /sorry.html; proxy_pass http://{dead}; }}\n\
             location /json {{ error_page 502 =503 /sorry.json; proxy_pass http://{dead}; }}\n\
             location /welcome {{ default_type text/html; return 200 '<html>Welcome</html>'; }}\n\
             location ~ sorry {{ internal; }}\n\
             location /passed {{ proxy_pass http://{service}; proxy_http_version 1.1; }}\n",
        );
        command(place, &format!("listen {address};\n{text}"))
    });
    let Some(server) = server else { return };
    server.is_known("nginx", &[("/", 502), ("/custom", 503), ("/json", 503)], &OWN);
    server.answers(None, "/welcome", 200, "wrong-service");
    server.passes_on("/passed");
}

fn command(responder: &Place<'_>, server: &str) -> Command {
    let place = responder.dir.display();
    let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {place}/{kind};\n"))
        .concat();
    let text = format!(
        "daemon off;\nworker_processes 1;\npid {place}/pid;\nerror_log {place}/error.log;\nevents {{}}\n\
         http {{\naccess_log off;\ntypes {{ text/html html; application/json json; }}\n{paths}server {{\n{server}}}\n}}\n"
    );
    let log = format!("{place}/error.log");
    responder.command(["-e", &log, "-c", &responder.write("nginx.conf", &text)])
}
