use std::process::Command;

use super::{CUSTOM, Server, nobody, service, write};
use crate::support::programs::found;

#[test]
fn varnish() {
    let Some(program) = found(&["varnishd"]) else { return };
    let (nobody, service) = (nobody(), service());
    let server = Server::start(|dir, address| {
        let backend = |name: &str, address: &str| {
            let (host, port) = address.rsplit_once(':').unwrap();
            format!("backend {name} {{ .host = \"{host}\"; .port = \"{port}\"; }}\n")
        };
        let text = format!(
            "vcl 4.1;\n{}{}sub vcl_recv {{\n\
             if (req.url == \"/passed\") {{ set req.backend_hint = passed; }}\n\
             if (req.url == \"/405\") {{ return (synth(405, \"no\")); }}\n\
             if (req.url == \"/custom\") {{ return (synth(503, \"no\")); }}\n\
             return (pass);\n}}\n\
             sub vcl_synth {{\nif (req.url == \"/custom\") {{\nset resp.http.Content-Type = \"text/html\";\n\
             synthetic({{\"{CUSTOM}\"}});\nreturn (deliver);\n}}\n}}\n",
            backend("default", &nobody.address()),
            backend("passed", &service.address()),
        );
        let mut command = Command::new(&program);
        command.arg("-F").arg("-n").arg(dir.join("work")).args([
            "-a",
            &address.to_string(),
            "-s",
            "malloc,10m",
        ]);
        command.arg("-f").arg(write(dir, "default.vcl", &text));
        command
    });
    let by = Some("varnish");
    server.answers(&[
        ("/", 503, by, "proxy-error"),
        ("/custom", 503, by, "proxy-error"),
        ("/405", 405, by, "request-rejected"),
        ("/passed", 503, None, "backend-down"),
    ]);
    server.passes_on("/passed");
}
