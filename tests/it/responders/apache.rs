use std::path::Path;
use std::process::Command;

use super::{CUSTOM, SERVICE_PAGE, Server, nobody, service, write};
use crate::support::programs::{found, missing};

/// Directory of the modules on Debian.
const MODULES: &str = "/usr/lib/apache2/modules";

#[test]
fn apache() {
    let Some(program) = found(&["apache2", "httpd"]) else { return };
    if !Path::new(MODULES).join("mod_wsgi.so").is_file() {
        return missing("Apache's mod_wsgi");
    }
    let (nobody, service) = (nobody(), service());
    let server = Server::start(|dir, address| {
        write(dir, "sorry.html", CUSTOM);
        let script = format!(
            "def application(environ, start_response):\n    \
             if environ['SCRIPT_NAME'] == '/crash': raise RuntimeError('x')\n    \
             body = b'''{SERVICE_PAGE}'''\n    \
             start_response('503 Service Unavailable', [('Content-Type', 'text/html; charset=UTF-8')])\n    \
             return [body]\n"
        );
        let script = write(dir, "app.wsgi", &script);
        let (dead, service) = (nobody.address(), service.address());
        let text = format!(
            "ProxyPass /wsgi !\nProxyPass /crash !\nProxyPass /sorry.html !\nProxyPass /none !\nProxyPass /passed http://{service}/\n\
             WSGIScriptAlias /wsgi {script}\nWSGIScriptAlias /crash {script}\n\
             RewriteEngine on\nRewriteRule ^/403 - [R=403]\nRewriteRule ^/429 - [R=429]\nRewriteRule ^/500 - [R=500]\n\
             ProxyPass / http://{dead}/\n\
             <Location /file>\nErrorDocument 503 /sorry.html\n</Location>\n\
             <Location /text>\nErrorDocument 503 \"{words}\"\n</Location>\n",
            words = "<html>down</html>",
        );
        command(&program, dir, &format!("Listen {address}\n{text}"))
    });
    let by = Some("apache");
    server.answers(&[
        ("/", 503, by, "proxy-error"),
        ("/file", 503, by, "proxy-error"),
        ("/text", 503, by, "proxy-error"),
        ("/none", 404, by, "not-found"),
        ("/403", 403, by, "denied"),
        ("/429", 429, by, "throttled"),
        ("/500", 500, by, "api-error"),
        ("/crash", 500, by, "api-error"),
        ("/wsgi", 503, None, "backend-down"),
        ("/passed", 503, None, "backend-down"),
    ]);
    server.passes_on("/wsgi");
}

fn command(program: &Path, dir: &Path, site: &str) -> Command {
    let modules: String =
        ["mpm_event", "authz_core", "proxy", "proxy_http", "alias", "mime", "rewrite", "wsgi"]
            .map(|name| format!("LoadModule {name}_module {MODULES}/mod_{name}.so\n"))
            .concat();
    let place = dir.display();
    let text = format!(
        "{modules}ServerRoot {place}\nServerName localhost\nUser www-data\nGroup www-data\nPidFile {place}/pid\n\
         ErrorLog {place}/error.log\nTypesConfig /etc/mime.types\nWSGISocketPrefix {place}/wsgi\nDocumentRoot {place}\n\
         <Directory {place}>\nRequire all granted\n</Directory>\n{site}"
    );
    let mut command = Command::new(program);
    command.arg("-DFOREGROUND").arg("-f").arg(write(dir, "apache.conf", &text));
    command
}
