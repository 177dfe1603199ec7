use super::{CUSTOM, Place, Server};

#[test]
fn varnish() {
    let server = Server::start(&["varnishd"], |place| {
        let Place { address, dead, service, .. } = place;
        let text = format!(
            "vcl 4.1;\nbackend default {{ .host = \"{}\"; .port = \"{}\"; }}\n\
             backend passed {{ .host = \"{}\"; .port = \"{}\"; }}\nsub vcl_recv {{\n\
             if (req.url == \"/passed\") {{ set req.backend_hint = passed; }}\n\
             if (req.url == \"/405\") {{ return (synth(405, \"no\")); }}\n\
             if (req.url == \"/custom\") {{ return (synth(503, \"no\")); }}\n\
             return (pass);\n}}\n\
             sub vcl_synth {{\nif (req.url == \"/custom\") {{\nset resp.http.Content-Type = \"text/html\";\n\
             synthetic({{\"{CUSTOM}\"}});\nreturn (deliver);\n}}\n}}\n",
            dead.ip(),
            dead.port(),
            service.ip(),
            service.port(),
        );
        let (work, address) = (place.dir.join("work"), address.to_string());
        let vcl = place.write("default.vcl", &text);
        let work = work.to_str().unwrap();
        place.command(["-F", "-n", work, "-a", &address, "-s", "malloc,10m", "-f", &vcl])
    });
    let Some(server) = server else { return };
    server.is_known("varnish", &[("/", 503), ("/custom", 503)], &[405]);
    server.passes_on("/passed");
}
