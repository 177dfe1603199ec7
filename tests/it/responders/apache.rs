use std::path::Path;
use std::process::Command;

use super::{CUSTOM, Place, SERVICE_PAGE, Server};
use crate::support::programs::missing;

/// Directory of the modules on Debian.
const MODULES: &str = "/usr/lib/apache2/modules";

/// Statuses that the configuration answers itself.
const OWN: [u16; 3] = [403, 429, 500];

#[test]
fn apache() {
    if !Path::new(MODULES).join("mod_wsgi.so").is_file() {
        return missing("Apache's mod_wsgi");
    }
    let server = Server::start(&["apache2", "httpd"], |place| {
        let Place { address, dead, service, .. } = place;
        place.write("sorry.html", CUSTOM);
        let script = format!(
            "def application(environ, start_response):\n    \
             if environ['SCRIPT_NAME'] == '/crash': raise RuntimeError('x')\n    \
             body = b'''{SERVICE_PAGE}'''\n    \
             start_response('503 Service Unavailable', [('Content-Type', 'text/html; charset=UTF-8')])\n    \
             return [body]\n"
        );
        let script = place.write("app.wsgi", &script);
        let own = OWN.map(|status| format!("RewriteRule ^/{status} - [R={status}]\n")).concat();
        let text = format!(
            "ProxyPass /wsgi !\nProxyPass /crash !\nProxyPass /sorry.html !\nProxyPass /none !\nProxyPass /passed http://{service}/\n\
             WSGIScriptAlias /wsgi {script}\nWSGIScriptAlias /crash {script}\n\
             RewriteEngine on\n{own}\
             ProxyPass / http://{dead}/\n\
             <Location /file>\nErrorDocument 503 /sorry.html\n</Location>\n\
             <Location /text>\nErrorDocument 503 \"{words}\"\n</Location>\n",
            words = "<html>down</html>",
        );
        command(place, &format!("Listen {address}\n{text}"))
    });
    let Some(server) = server else { return };
    let responses = [("/", 503), ("/file", 503), ("/text", 503), ("/none", 404), ("/crash", 500)];
    server.is_known("apache", &responses, &OWN);
    server.answers(None, "/passed", 503, "backend-down");
    server.passes_on("/wsgi");
}

fn command(server: &Place<'_>, site: &str) -> Command {
    let modules: String =
        ["mpm_prefork", "authz_core", "proxy", "proxy_http", "alias", "mime", "rewrite", "wsgi"]
            .map(|name| format!("LoadModule {name}_module {MODULES}/mod_{name}.so\n"))
            .concat();
    let place = server.dir.display();
    let text = format!(
        "{modules}ServerRoot {place}\nServerName localhost\nUser www-data\nGroup www-data\nPidFile {place}/pid\n\
         ErrorLog {place}/error.log\nTypesConfig /etc/mime.types\nWSGISocketPrefix {place}/wsgi\nDocumentRoot {place}\n\
         <Directory {place}>\nRequire all granted\n</Directory>\n{site}"
    );
    server.command(["-X", "-f", &server.write("apache.conf", &text)])
}
