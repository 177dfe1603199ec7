use std::net::SocketAddr;

use super::{Place, Server};

#[test]
fn squid() {
    let server = Server::start(&["squid"], |place| {
        let Place { address, dead, service, .. } = place;
        let peer = |name, address: &SocketAddr| {
            let (host, port) = (address.ip(), address.port());
            format!("cache_peer {host} parent {port} 0 no-query originserver name={name}\n")
        };
        let text = format!(
            "http_port {address} accel defaultsite=metering no-vhost\n{}{}\
             acl denied urlpath_regex ^/denied\nacl passed urlpath_regex ^/passed\nhttp_access deny denied\n\
             http_access allow all\ncache_peer_access passed allow passed\ncache_peer_access passed deny all\n\
             cache_peer_access dead deny passed\nnever_direct allow all\ncache deny all\naccess_log none\n\
             cache_log /dev/null\npid_filename none\nvisible_hostname squid.test\npinger_enable off\n\
             shutdown_lifetime 0 seconds\n",
            peer("dead", dead),
            peer("passed", service),
        );
        // A name of its own: another squid, also one that was killed, holds the memory that it shares by its name.
        let name = format!("test{}", std::process::id());
        place.command(["-N", "-n", &name, "-f", &place.write("squid.conf", &text)])
    });
    let Some(server) = server else { return };
    server.is_known("squid", &[("/", 502), ("/denied", 403)], &[]);
    server.passes_on("/passed");
}
