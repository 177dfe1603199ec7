use std::process::Command;

use super::{Server, nobody, service, write};
use crate::support::programs::found;

#[test]
fn squid() {
    let Some(program) = found(&["squid"]) else { return };
    let (nobody, service) = (nobody(), service());
    let server = Server::start(|dir, address| {
        let peer = |name: &str, address: &str| {
            let (host, port) = address.rsplit_once(':').unwrap();
            format!("cache_peer {host} parent {port} 0 no-query originserver name={name}\n")
        };
        let text = format!(
            "http_port {address} accel defaultsite=metering no-vhost\n{}{}\
             acl denied urlpath_regex ^/denied\nacl passed urlpath_regex ^/passed\nhttp_access deny denied\n\
             http_access allow all\ncache_peer_access passed allow passed\ncache_peer_access passed deny all\n\
             cache_peer_access dead deny passed\nnever_direct allow all\ncache deny all\naccess_log none\n\
             cache_log /dev/null\npid_filename none\nvisible_hostname squid.test\npinger_enable off\n\
             shutdown_lifetime 0 seconds\n",
            peer("dead", &nobody.address()),
            peer("passed", &service.address()),
        );
        let mut command = Command::new(&program);
        command.arg("-N").arg("-f").arg(write(dir, "squid.conf", &text));
        command
    });
    let by = Some("squid");
    server.answers(&[
        ("/", 502, by, "proxy-error"),
        ("/denied", 403, by, "denied"),
        ("/passed", 503, None, "backend-down"),
    ]);
    server.passes_on("/passed");
}
