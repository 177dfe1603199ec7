use super::{CUSTOM, Place, Server};

#[test]
fn varnish() {
    let server = Server::start(&["varnishd"], |place| {
        let Place { address, dead, service, .. } = place;
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
            backend("default", dead),
            backend("passed", service),
        );
        let (work, address) = (place.dir.join("work"), address.to_string());
        let vcl = place.write("default.vcl", &text);
        let work = work.to_str().unwrap();
        place.command(["-F", "-n", work, "-a", &address, "-s", "malloc,10m", "-f", &vcl])
    });
    let Some(server) = server else { return };
    server.answers(
        Some("varnish"),
        &[("/", 503, "proxy-error"), ("/custom", 503, "proxy-error"), ("/405", 405, "request-rejected")],
    );
    server.passes_on("/passed");
}
