//! Every way in which TLS can fail: the whole first line, and what is exactly wrong.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::{JoinHandle, spawn};
use std::time::Duration;

use rcgen::SanType;
use rustls::{ServerConnection, StreamOwned};

use crate::support::certificates::{
    Authority, Files, Identity, authority, between, for_names, named, self_signed, server,
};
use crate::support::harness::{Finished, at_once, check, in_good_time};
use crate::support::peer::{Nobody, Peer, Step, response};
use crate::support::request;
use crate::support::tls::{self, BOTH, TLS12, TLS13, config};
use crate::tls::server::TlsServer;

/// Asserts that a handshake was refused: the summary whole, the labels of the performance data, and the
/// explanation's line whole.
#[track_caller]
pub(crate) fn is_untrusted(run: &Finished, url: &str, certificate: bool, why: &str) {
    let labels: &[&str] = if certificate { &["head_time", "certificate_days"] } else { &["head_time"] };
    let url = url.trim_end_matches(" (certificate not verified)").trim_start_matches("https://");
    // The summary has the endpoint's name in the place of these subjects.
    let subjects = ["the certificate's ", "the certificate ", "the server's ", "the server "];
    let predicate = subjects.iter().find_map(|subject| why.strip_prefix(subject)).unwrap_or(why);
    // The certificate has a line of its own once it has expired.
    let predicate = if predicate.starts_with("expired on") {
        run.says("\nCertificate: ");
        predicate.split(" (subject").next().unwrap()
    } else {
        predicate
    };
    run.exits(2).summarises("CRITICAL", &["tls-failed: ", url]);
    // The summary has no room for the evidence.
    for part in predicate.split(": ") {
        run.says(part);
    }
    run.holds(run.labels() == labels, &format!("the metrics are not {labels:?}"));
}

#[track_caller]
fn fails(run: &Finished, summary: &str, labels: &[&str], why: &str) {
    run.exits(2).is_plugin_output();
    run.holds(run.summary() == summary, &format!("the summary is not {summary:?}"));
    run.holds(run.labels() == labels, &format!("the metrics are not {labels:?}"));
    run.says(why);
}

/// A CA, its file, and the directory that holds it.
pub(crate) fn trusted() -> (Authority, Files, String) {
    let (root, files) = (Authority::new("Test CA"), Files::new());
    let file = files.write("ca.pem", &root.identity.certificate);
    (root, files, file)
}

/// Asserts the message about a server that presents this, where a CA is trusted.
#[track_caller]
fn refuses(identity: &Identity, cacert: &str, why: &str) {
    let server = TlsServer::healthy(identity);
    let run = check([&server.url(), "--cacert", cacert]).run();
    is_untrusted(&run, &server.url(), true, why);
    assert!(server.requests().is_empty(), "a request went to a server that is not trusted");
    // Accepted or not, the certificate is shown.
    let json = check([&server.url(), "--cacert", cacert, "-o", "json"]).run();
    json.exits(2)
        .reports("/endpoints/0/diagnosis", "tls-failed")
        .reports("/endpoints/0/probes/0/key", "tls")
        .reports("/endpoints/0/probes/0/fault/kind", "tls")
        .reports("/endpoints/0/probes/0/fault/phase", "tls")
        .reports("/endpoints/0/probes/0/fault/message", why);
    json.holds(
        json.json()["endpoints"][0]["certificate"]["days_left"].is_number(),
        "no certificate is shown",
    );
}

#[test]
fn unknown_issuer() {
    let (_root, _files, cacert) = trusted();
    let unknown = format!(
        "has an untrusted issuer (\"CN=Other CA\"): this CA is neither in --cacert {cacert} nor sent by the server"
    );
    let namesake = format!(
        "is not signed by the trusted CA of its issuer's name (\"CN=Test CA\"): the CA in --cacert {cacert} may be \
         another one of the same name"
    );
    for (issuer, why) in [("Other CA", unknown), ("Test CA", namesake)] {
        let why = format!("the certificate {why}; subject \"CN=localhost\"");
        refuses(&Authority::new(issuer).server("localhost"), &cacert, &why);
    }
    let server = TlsServer::healthy(&Authority::new("Other CA").server("localhost"));
    check([&server.url(), "--cacert", &cacert])
        .run()
        .summarises("CRITICAL", &[" has an untrusted issuer (\"CN=Other CA\")"]);
}

#[test]
fn missing_intermediate() {
    let (root, _files, cacert) = trusted();
    let between = root.intermediate(authority("Middle CA"));
    let leaf = between.server("localhost");
    refuses(
        &leaf,
        &cacert,
        &format!(
            "the certificate has an untrusted issuer (\"CN=Middle CA\"): this CA is neither in --cacert {cacert} nor \
             sent by the server; subject \"CN=localhost\""
        ),
    );
    let whole = TlsServer::healthy(&leaf.followed_by(&between.identity));
    check([&whole.url(), "--cacert", &cacert]).run().exits(0);
    let foreign = Authority::new("Other CA");
    refuses(
        &foreign.server("localhost").followed_by(&foreign.identity),
        &cacert,
        &format!(
            "the certificate has an untrusted issuer (\"CN=Other CA\"): this CA is not in --cacert {cacert}; subject \
             \"CN=localhost\""
        ),
    );
}

/// Chains that a CA did not allow.
#[test]
fn unauthorised_issuers() {
    let (root, _files, cacert) = trusted();
    let leaf = root.intermediate(named("No CA"));
    refuses(
        &leaf.server("localhost").followed_by(&leaf.identity),
        &cacert,
        "the certificate was issued by a certificate that is not a CA certificate (CA:FALSE) (subject \"CN=localhost\")",
    );
    let mut params = authority("Mute CA");
    params.key_usages = vec![rcgen::KeyUsagePurpose::DigitalSignature];
    let mute = root.intermediate(params);
    refuses(
        &mute.server("localhost").followed_by(&mute.identity),
        &cacert,
        "the intermediate certificate that the server sends may sign no certificates, by its key usage (keyCertSign) \
         (subject \"CN=Mute CA\")",
    );
    let mut params = authority("Last CA");
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
    let last = root.intermediate(params);
    let below = last.intermediate(authority("Below"));
    refuses(
        &below.server("localhost").followed_by(&below.identity).followed_by(&last.identity),
        &cacert,
        "the certificate has more intermediate certificates above it than a CA allows (pathlen) (subject \"CN=localhost\")",
    );
}

#[test]
fn validity_dates() {
    let (root, _files, cacert) = trusted();
    let table = [
        ((2020, 1, 1), (2021, 2, 3), "the certificate expired on 2021-02-03"),
        ((2099, 4, 5), (2100, 1, 1), "the certificate is not valid before 2099-04-05"),
        ((1950, 1, 1), (1965, 2, 3), "the certificate expired on 1970-01-01 or before"),
        ((9998, 1, 1), (9999, 12, 31), "the certificate is not valid before 9998-01-01"),
        (
            (1950, 1, 1),
            (2100, 1, 1),
            "this program's TLS library cannot read the dates of the certificate, because one is before 1970; that \
             is no fault \
             of the server",
        ),
    ];
    for (begins, ends, why) in table {
        let identity = root.issues(&between("localhost", begins, ends));
        refuses(&identity, &cacert, &format!("{why} (subject \"CN=localhost\")"));
    }
    let mut old = authority("Old CA");
    old.not_after = rcgen::date_time_ymd(2022, 3, 4);
    let old = root.intermediate(old);
    refuses(
        &old.server("localhost").followed_by(&old.identity),
        &cacert,
        "the intermediate certificate that the server sends expired on 2022-03-04 (subject \"CN=Old CA\")",
    );
    let eternal = TlsServer::healthy(&root.issues(&between("localhost", (1970, 1, 1), (9999, 12, 31))));
    check([&eternal.url(), "--cacert", &cacert, "-o", "json"])
        .run()
        .exits(0)
        .reports("/endpoints/0/certificate/not_after", "9999-12-31T00:00:00Z");
}

#[test]
fn wrong_name() {
    let (root, _files, cacert) = trusted();
    let names = ["metering.example", "*.cloud.example", "192.0.2.7", "2001:db8::7"];
    refuses(
        &root.issues(&for_names("metering.example", &names)),
        &cacert,
        "the certificate is not for localhost, but for metering.example, *.cloud.example, 192.0.2.7, 2001:db8::7",
    );
    let many: Vec<String> = (0..500).map(|number| format!("n{number}.example")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    refuses(
        &root.issues(&for_names("many", &many)),
        &cacert,
        "the certificate is not for localhost, but for n0.example, n1.example, n2.example, n3.example, \
         n4.example and 495 more",
    );
    let mut mail = named("mail");
    mail.subject_alt_names = vec![SanType::Rfc822Name("root@example".try_into().unwrap())];
    refuses(
        &root.issues(&mail),
        &cacert,
        "the certificate is not for localhost: it names no host (\"CN=mail\")",
    );
}

#[test]
fn addresses_and_wildcards() {
    let (root, _files, cacert) = trusted();
    let server = TlsServer::healthy(&root.issues(&for_names("any", &["127.0.0.1", "*.cloud.example"])));
    let at = format!("127.0.0.1:{}", server.port());
    check([&format!("https://{at}"), "--cacert", &cacert]).run().exits(0);
    let asked =
        |name: &str| check([&format!("https://{name}"), "--connect-to", &at, "--cacert", &cacert]).run();
    asked("metering.cloud.example").exits(0);
    is_untrusted(
        &asked("a.b.cloud.example"),
        "https://a.b.cloud.example:443",
        true,
        "the certificate is not for a.b.cloud.example, but for 127.0.0.1, *.cloud.example",
    );
    is_untrusted(
        &asked("127.0.0.2"),
        "https://127.0.0.2:443",
        true,
        "the certificate is not for 127.0.0.2, but for 127.0.0.1, *.cloud.example",
    );
}

/// An issued certificate that says CA:TRUE.
#[test]
fn ca_certificate_of_a_server() {
    let (root, files, cacert) = trusted();
    let mut params = server("localhost");
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let identity = root.issues(&params);
    refuses(
        &identity,
        &cacert,
        &format!(
            "the certificate is a CA certificate (CA:TRUE), not a server's: this program's TLS library accepts one \
             for a server only if it is in --cacert {cacert}; subject \"CN=localhost\""
        ),
    );
    let own = files.write("own.pem", &identity.certificate);
    check([&TlsServer::healthy(&identity).url(), "--cacert", &own]).run().exits(0);
}

#[test]
fn self_signed_certificate() {
    let identity = self_signed(&server("localhost"));
    let (_, files, cacert) = trusted();
    refuses(
        &identity,
        &cacert,
        &format!(
            "the certificate is self-signed and not trusted: --cacert {cacert} does not contain it; subject \"CN=localhost\""
        ),
    );
    let own = files.write("own.pem", &identity.certificate);
    let server = TlsServer::healthy(&identity);
    check([&server.url(), "--cacert", &own]).run().exits(0);
}

/// A certificate is public: whoever presents a trusted one still has to prove that they have its key.
#[test]
fn trusted_certificate_with_another_key() {
    let files = Files::new();
    for is_ca in [false, true] {
        let mut params = server("localhost");
        if is_ca {
            params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        }
        let (own, mut thief) = (self_signed(&params), self_signed(&params));
        let cacert = files.write("own.pem", &own.certificate);
        check([&TlsServer::healthy(&own).url(), "--cacert", &cacert]).run().exits(0);
        thief.chain = own.chain;
        for versions in [TLS12, TLS13] {
            let server = TlsServer::with(config(&thief, versions, None));
            let run = check([&server.url(), "--cacert", &cacert]).run();
            let why = "the server did not prove that it has the certificate's key: its signature does not fit the \
                       certificate (subject \"CN=localhost\")";
            is_untrusted(&run, &server.url(), true, why);
        }
    }
}

#[test]
fn unfit_certificates() {
    let (root, _files, cacert) = trusted();
    let [mut critical, mut client, mut authority] = ["localhost"; 3].map(server);
    let mut unknown = rcgen::CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
    unknown.set_criticality(true);
    critical.custom_extensions = vec![unknown];
    client.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    authority.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
    let other_usage = "is not for servers, by its key usage or extended key usage";
    let table = [
        (named("localhost"), "has no subjectAltName, and today's TLS libraries do not read the common name"),
        (critical, "has a critical extension that TLS libraries do not know"),
        (client, other_usage),
        (authority, other_usage),
    ];
    for (params, why) in table {
        let why = format!("the certificate {why} (subject \"CN=localhost\")");
        refuses(&root.issues(&params), &cacert, &why);
    }
}

/// The certificate that has the fault is named, and what only this program's library does not know is no fault.
#[test]
fn unfit_authorities() {
    let (root, _files, cacert) = trusted();
    let sent = "the intermediate certificate that the server sends";
    let critical = |arcs: &[u64], content: &[u8]| {
        let mut extension = rcgen::CustomExtension::from_oid_content(arcs, content.to_vec());
        extension.set_criticality(true);
        extension
    };
    let policies = critical(&[2, 5, 29, 32], b"\x30\x0a\x30\x08\x06\x06\x67\x81\x0c\x01\x02\x01");
    let table = [
        (vec![critical(&[2, 5, 29, 54], b"\x02\x01\0")], "inhibitAnyPolicy"),
        (vec![critical(&[2, 5, 29, 36], b"\x30\x03\x80\x01\0")], "policyConstraints"),
        (vec![critical(&[1, 2, 3, 4], b"\x05\0")], ""),
        (vec![], ""),
    ];
    for (extensions, name) in table {
        let mut params = authority("Middle CA");
        let why = match (name, extensions.as_slice()) {
            ("", []) => {
                params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
                format!("{sent} allows no certificates for servers, by its extended key usage")
            }
            ("", _) => format!("{sent} has a critical extension that TLS libraries do not know"),
            _ => format!(
                "this program's TLS library cannot check a critical extension of {sent} ({name}); that is no fault of \
                 the server"
            ),
        };
        params.custom_extensions = extensions;
        let middle = root.intermediate(params);
        let leaf = middle.server("localhost").followed_by(&middle.identity);
        refuses(&leaf, &cacert, &format!("{why} (subject \"CN=Middle CA\")"));
    }
    let mut own = server("localhost");
    own.custom_extensions = vec![policies];
    let why = "this program's TLS library cannot check a critical extension of the certificate (certificatePolicies); that \
               is no fault of the server (subject \"CN=localhost\")";
    refuses(&root.issues(&own), &cacert, why);
}

/// The action depends on what exactly is wrong.
#[test]
fn remedies() {
    let (root, _files, cacert) = trusted();
    let advised = |identity: &Identity, action: &str| {
        let server = TlsServer::healthy(identity);
        check([&server.url(), "--cacert", &cacert]).run().says(&format!("\nAction: {action}\n"));
    };
    advised(
        &root.issues(&between("localhost", (2020, 1, 1), (2021, 2, 3))),
        "renew the certificate and have the server that presents it load the new one",
    );
    advised(
        &root.server("metering.example"),
        "use a name that the certificate is for (--connect-to sets the address), or have it issued \
         for this one",
    );
    advised(
        &self_signed(&server("localhost")),
        "check who answers there; if it is the right server, trust its certificate with --cacert",
    );
    advised(
        &Authority::new("Other CA").server("localhost"),
        "check who answers there; if it is the right server, trust its issuer with --cacert, or have it send its \
         whole chain",
    );
    advised(
        &root.issues(&named("localhost")),
        "have a certificate issued that fits a server: X.509 version 3, its names in subjectAltName, its usage \
         for servers",
    );
}

/// A subject may say anything; the reason comes before it.
#[test]
fn hostile_subject() {
    let (root, _files, cacert) = trusted();
    let hostile = format!("\u{1b}[2J|evil=1\n\u{202e}\u{200b}CEILOMETER OK{}", "x".repeat(20_000));
    let mut params = between("localhost", (2020, 1, 1), (2021, 2, 3));
    params.distinguished_name = named(&hostile).distinguished_name;
    let server = TlsServer::healthy(&root.issues(&params));
    for format in ["nagios", "human", "json", "haproxy-agent", "prometheus"] {
        let run = check([&server.url(), "--cacert", &cacert, "-o", format, "-vvv"]).run();
        run.has_no_hostile_characters().holds(run.stdout.len() < 8192, "the subject was not cut");
        if ["nagios", "human", "json"].contains(&format) {
            run.says(" expired on 2021-02-03");
        }
    }
    check([&server.url(), "--cacert", &cacert]).run().is_plugin_output();
}

/// A peer that reads nothing and sends these bytes instead of a handshake.
fn peer_that_sends(bytes: &[u8]) -> Peer {
    Peer::in_turn([vec![Step::Send(bytes.to_vec()), Step::Swallow]])
}

/// Asserts the message about such a peer.
#[track_caller]
fn fails_for_first_bytes(bytes: &[u8], why: &str) {
    let peer = peer_that_sends(bytes);
    let url = format!("https://{}", peer.address());
    is_untrusted(&check([&url, "-k"]).run(), &marked(&url), false, why);
}

/// Under `-k` every summary says so.
fn marked(url: &str) -> String {
    format!("{url} (certificate not verified)")
}

const PLAIN: &str = "the server speaks plain HTTP on this port";
const OUTDATED: &str = "the server offers only TLS 1.1 or older, which today's TLS libraries refuse";

#[test]
fn plain_http_on_an_https_port() {
    fails_for_first_bytes(&response(400, "", ""), PLAIN);
    fails_for_first_bytes(b"<!DOCTYPE HTML>\n<p>Error code: 400</p>\n", PLAIN);
    let dripped = Peer::in_turn([vec![
        Step::Send(b"H".to_vec()),
        Step::Send(response(400, "", "").split_off(1)),
        Step::Swallow,
    ]]);
    let url = format!("https://{}", dripped.address());
    is_untrusted(&check([&url, "-k"]).run(), &marked(&url), false, PLAIN);
}

#[test]
fn other_protocols() {
    let table: [(&[u8], &str); 4] = [
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", "SSH-2.0-OpenSSH_9.2p1"),
        (b"220 mail.example ESMTP Postfix\r\n", "220 mail.example ESMTP Postfix"),
        (b"J\0\0\0\n8.0.35\0", "J 8.0.35"),
        (b"\0\0\x12\x04\0\0\0\0\0", "the bytes 00 00 12 04 00 00 00 00 00"),
    ];
    for (bytes, shown) in table {
        let why = format!("the server does not speak TLS on this port; its answer begins with: {shown}");
        fails_for_first_bytes(bytes, &why);
    }
    fails_for_first_bytes(b"\x16\x03\x03\x00\x05\x02\x00\x00\x01\x03", "the server's TLS is malformed (");
}

#[test]
fn advice_about_plain_ports() {
    let cases = [
        (
            vec![Step::Send(response(400, "", "")), Step::Swallow],
            "check it as http://HERE, or give the port of its https",
        ),
        (
            vec![Step::Send(b"SSH-2.0-OpenSSH_9.2p1\r\n".to_vec()), Step::Swallow],
            "give the port of the API's https; if the API answers there without TLS, check it as http://HERE",
        ),
        (
            vec![],
            "check whether the port expects TLS at all (try http://HERE), then the server's log and \
             load, and any proxy in front of it",
        ),
        (vec![Step::Swallow], "check whether the port expects TLS at all (try http://HERE), then"),
    ];
    for (script, action) in cases {
        let peer = Peer::in_turn([script]);
        let run = check([&format!("https://{}", peer.address()), "-k", "-t", "0.5"]).run();
        run.exits(2).says(&format!("\nAction: {}", action.replace("HERE", &peer.address())));
    }
}

#[test]
fn outdated_versions() {
    // The alert protocol_version, of a server that knows its own limits.
    fails_for_first_bytes(b"\x15\x03\x01\x00\x02\x02\x46", OUTDATED);
    // A ServerHello of TLS 1.0, of one that picks its best.
    let mut hello = b"\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01".to_vec();
    hello.extend([7; 32]);
    hello.extend(b"\x00\x00\x2f\x00");
    fails_for_first_bytes(&hello, OUTDATED);
}

#[test]
fn refused_handshakes_of_an_address() {
    fails_for_first_bytes(
        b"\x15\x03\x03\0\x02\x02\x28",
        "the server refused the handshake: it may want a server name (SNI), and none was sent because the endpoint \
         is an address; or it has no cipher or key exchange in common with this program",
    );
    for (alert, name) in [(0x70, "UnrecognisedName"), (0x50, "InternalError")] {
        fails_for_first_bytes(
            &[0x15, 3, 3, 0, 2, 2, alert],
            &format!(
                "the server refused the handshake (alert {name}): it may want a server name (SNI), and none was \
                 sent because the endpoint is an address"
            ),
        );
    }
}

#[test]
fn address_as_dns_name() {
    let (root, _files, cacert) = trusted();
    let mut params = server("127.0.0.1");
    params.subject_alt_names = vec![SanType::DnsName("127.0.0.1".try_into().unwrap())];
    let server = TlsServer::healthy(&root.issues(&params));
    let url = format!("https://127.0.0.1:{}", server.port());
    let why = "the certificate is not for 127.0.0.1: it holds 127.0.0.1 as a DNS name, not as an IP address";
    is_untrusted(&check([&url, "--cacert", &cacert]).run(), &url, true, why);
}

#[test]
fn expired_trust_anchor() {
    let mut params = authority("Old CA");
    params.not_after = rcgen::date_time_ymd(2022, 3, 4);
    let (old, files) = (Authority::of(params), Files::new());
    let cacert = files.write("ca.pem", &old.identity.certificate);
    refuses(
        &old.server("localhost"),
        &cacert,
        "the CA certificate in the trust store expired on 2022-03-04 (subject \"CN=Old CA\")",
    );
}

#[test]
fn overlong_chain() {
    let (root, _files, cacert) = trusted();
    let mut last = root.intermediate(authority("CA 0"));
    let mut sent = vec![last.identity.clone()];
    for number in 1..8 {
        last = last.intermediate(authority(&format!("CA {number}")));
        sent.push(last.identity.clone());
    }
    let leaf = sent.iter().rev().fold(last.server("localhost"), Identity::followed_by);
    let why = "the first six intermediate certificates of the chain lead to no trusted issuer";
    let server = TlsServer::healthy(&leaf);
    is_untrusted(&check([&server.url(), "--cacert", &cacert]).run(), &server.url(), true, why);
    // What does not belong to the chain does not count.
    let strangers = (0..20).map(|number| Authority::new(&format!("Stranger {number}")).identity);
    let leaf = strangers.fold(root.server("localhost"), |leaf, next| leaf.followed_by(&next));
    let server = TlsServer::healthy(&leaf);
    check([&server.url(), "--cacert", &cacert]).run().exits(0);
}

/// Six layers of seven authorities of one name each: without a bound the library tries every path, for 23 s.
#[test]
fn flight_of_683_certificates() {
    let (_root, _files, cacert) = trusted();
    let name = |layer: usize| format!("CA {layer}");
    let issuers: Vec<_> = (0..7).map(|layer| Authority::new(&name(layer))).collect();
    let mut leaf = issuers[0].server("localhost");
    for (layer, issuer) in issuers.iter().skip(1).enumerate() {
        for _ in 0..7 {
            leaf = leaf.followed_by(&issuer.intermediate(authority(&name(layer))).identity);
        }
    }
    // Invalid certificates have to be skipped each time.
    leaf.chain.resize_with(683, || vec![0x30; 60].into());
    let server = TlsServer::healthy(&leaf);
    let run = check([&server.url(), "--cacert", &cacert, "-t", "1"]).run();
    run.exits(2).ends_within(Duration::from_secs(1));
    let why = "the first six intermediate certificates of the chain lead to no trusted issuer";
    is_untrusted(&run, &server.url(), true, why);
}

#[test]
fn tls_on_an_http_port() {
    let root = Authority::new("Test CA");
    let server = TlsServer::healthy(&root.server("localhost"));
    let at = format!("127.0.0.1:{}", server.port());
    let run = check([&at]).run();
    let summary = format!(
        "CEILOMETER CRITICAL - wrong-service: http://{at}/v2/health did not answer GET with HTTP: the server speaks TLS"
    );
    let action = format!("\nAction: check it over https (try https://{at})\n");
    fails(&run, &summary, &["head_time", "get_time"], &action);
}

/// A listener that reads one `ClientHello`, then does this.
fn after_client_hello(then: impl FnOnce(TcpStream) + Send + 'static) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let served = spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
        then(stream);
    });
    (url, served)
}

/// A connection that ends before the server's first byte is ended by whatever listens there; later, by TLS.
#[test]
fn connections_that_end_in_the_handshake() {
    let cases: [(&[u8], bool, &str, &str); 4] = [
        (b"", false, "no-answer", "closed"),
        (b"", true, "no-answer", "reset"),
        (b"\x16\x03\x03", false, "tls-failed", "closed"),
        (b"\x16\x03\x03", true, "tls-failed", "reset"),
    ];
    for (bytes, reset, what, ended) in cases {
        let (url, served) = after_client_hello(move |mut stream| {
            stream.write_all(bytes).unwrap();
            if reset {
                // Closing with a zero linger time sends RST instead of FIN.
                rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO)).unwrap();
            }
        });
        let summary = format!(
            "CEILOMETER CRITICAL - {what}: {}",
            marked(&format!(
                "{} {ended} the connection during the TLS handshake",
                url.trim_start_matches("https://")
            ))
        );
        let action =
            if bytes.is_empty() { "check whether the port expects TLS at all" } else { AFTER_TLS_BEGAN };
        fails(&check([&url, "-k"]).run(), &summary, &["head_time"], &format!("\nAction: {action}"));
        served.join().unwrap();
    }
}

/// No certificate was shown, and the server has spoken TLS.
const AFTER_TLS_BEGAN: &str = "check the server's log and load, and any proxy in front of it\n";

/// A handshake that has succeeded proves that the port expects https and that the host is up.
#[test]
fn no_response_after_the_handshake() {
    let (root, _files, cacert) = trusted();
    let cases: [(&[u8], &str, &str); 4] = [
        (
            b"",
            "no-answer",
            "check the API's log for a crash, any proxy in front of it, and that the port is the API's\n",
        ),
        (
            b"\0\0\x12\x04\0\0\0\0\0",
            "wrong-service",
            "check that address and port are the API's, and that the server offers HTTP/1.1 too\n",
        ),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", "wrong-service", "check that address and port are the API's\n"),
        (
            b"HTTP/1.1 ",
            "no-answer",
            "check the API's log for a crash, any proxy in front of it, and that the port is the API's\n",
        ),
    ];
    for (bytes, diagnosis, action) in cases {
        let config = config(&root.server("localhost"), BOTH, None);
        let server = TlsServer::start(move |_| std::sync::Arc::clone(&config), move |_| bytes.to_vec());
        let run = check([&server.url(), "--cacert", &cacert, "-m", "get"]).run();
        run.exits(2).summarises("CRITICAL", &[diagnosis]).says(&format!("\nAction: {action}"));
    }
    let (url, cacert, _files, served) = one_session(|stream| {
        // Until the client has given up.
        let _ = stream.read(&mut [0; 64]);
    });
    let run = check([&url, "--cacert", &cacert, "-t", "0.5", "-m", "get"]).run();
    run.exits(2).says(
        "\nAction: check the log and the load of the API, and any proxy in front of it: TLS itself was set up\n",
    );
    served.join().unwrap();
}

/// The server requested no certificate, so it refused none.
#[test]
fn alerts_about_the_certificate_of_another() {
    for (alert, name) in [(0x30, "UnknownCA"), (0x2a, "BadCertificate"), (0x2d, "CertificateExpired")] {
        let bytes = [0x15, 3, 3, 0, 2, 2, alert];
        fails_for_first_bytes(&bytes, &format!("the server ended the handshake with the alert {name}"));
        let peer = peer_that_sends(&bytes);
        check([&format!("https://{}", peer.address()), "-k"]).run().exits(2).says(
            "\nAction: check the server's log for its reason, and whether a proxy or sidecar in front of it accepts \
             its certificate\n",
        );
    }
}

/// The action names no certificate where none was shown.
#[test]
fn advice_about_names_and_broken_records() {
    let inspects = "check which program answers there, and any filter or proxy on the way that inspects TLS";
    let cases: [(&[u8], &str); 2] = [
        (
            b"\x15\x03\x03\0\x02\x02\x70",
            "use a name that the server knows (--connect-to sets the address), or have it serve this one",
        ),
        (b"\x16\x03\x03\x00\x05\x02\x00\x00\x01\x03", inspects),
    ];
    for (bytes, action) in cases {
        let peer = peer_that_sends(bytes);
        let run = check(["https://localhost", "--connect-to", &peer.address(), "-k"]).run();
        run.exits(2).says(&format!("\nAction: {action}\n"));
    }
}

/// The address that is dialled is no part of a URL.
#[test]
fn plain_url_under_connect_to() {
    let peer = peer_that_sends(&response(400, "", ""));
    let run = check(["https://metering.example", "--connect-to", &peer.address(), "-k"]).run();
    run.exits(2).says("\nAction: check it as http://metering.example:443, or give the port of its https\n");
}

#[test]
fn silent_server() {
    in_good_time(|| {
        let cases = [
            (vec![Step::Swallow], "the server did not answer the TLS ClientHello in time"),
            (
                vec![Step::Send(b"\x16\x03\x03\x3f\xff\x02\x00".to_vec()), Step::Swallow],
                "the TLS handshake was not completed in time",
            ),
        ];
        let peers = cases.each_ref().map(|(script, _)| Peer::in_turn([script.clone()]));
        let asked =
            peers.each_ref().map(|peer| check([&format!("https://{}", peer.address()), "-k", "-t", "0.5"]));
        for ((run, peer), (_, why)) in at_once(asked).into_iter().zip(&peers).zip(cases) {
            run.exits(2).ends_within(Duration::from_millis(500));
            let timed_out = ["no-answer: TLS handshake with", &peer.address(), "timed out after"];
            run.summarises("CRITICAL", &timed_out).says(why);
        }
        let nobody = Nobody::deaf();
        let run = check([&format!("https://{}", nobody.address()), "-k", "-t", "0.3"]).run();
        run.exits(2).ends_within(Duration::from_millis(300));
    });
}

/// Each byte of an endless handshake message comes in time; the whole never does.
#[test]
fn dripping_server() {
    in_good_time(|| {
        let (url, dripping) = after_client_hello(|mut stream| {
            // The pause between two bytes is a wait for the client's close.
            stream.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
            stream.write_all(b"\x16\x03\x03\x3f\xff\x02\x00\x3f\x00").unwrap();
            while stream.write_all(b"x").is_ok() && !matches!(stream.read(&mut [0; 64]), Ok(0)) {}
        });
        let run = check([&url, "-k", "-t", "0.5"]).run();
        run.exits(2)
            .ends_within(Duration::from_millis(500))
            .says("the TLS handshake was not completed in time");
        dripping.join().unwrap();
    });
}

/// The text of a body may come in records of any size.
#[test]
fn long_responses() {
    let (root, _files, cacert) = trusted();
    let identity = root.server("localhost");
    for versions in [TLS12, TLS13, BOTH] {
        let config = config(&identity, versions, None);
        let server = TlsServer::start(
            move |_| std::sync::Arc::clone(&config),
            |requests| {
                let body = format!("{{\"reasons\": [\"end\"], \"pad\": \"{}\"}}", "x".repeat(60_000));
                let status = if requests.last().unwrap().starts_with("HEAD ") { 204 } else { 503 };
                response(status, "Content-Type: application/json\r\n", if status == 204 { "" } else { &body })
            },
        );
        check([&server.url(), "--cacert", &cacert, "-o", "json"])
            .run()
            .exits(2)
            .reports("/endpoints/0/diagnosis", "backend-down")
            .reports("/endpoints/0/probes/1/fault", ())
            .reports("/endpoints/0/probes/1/detail", "end");
    }
}

/// Starts a server whose only session reads a request and then does this. Returns its URL, the file of its authority with
/// the directory that it is in, and its thread.
fn one_session(
    work: impl FnOnce(&mut StreamOwned<ServerConnection, TcpStream>) + Send + 'static,
) -> (String, String, Files, JoinHandle<()>) {
    let (config, ca) = tls::private(&["localhost"]);
    let files = Files::new();
    let cacert = files.write("ca.pem", ca);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let served = spawn(move || {
        let session = ServerConnection::new(config).unwrap();
        let mut stream = StreamOwned::new(session, listener.accept().unwrap().0);
        assert!(request::head(&mut stream).unwrap().is_some());
        work(&mut stream);
    });
    (url, cacert, files, served)
}

#[test]
fn lone_interim_response() {
    let (url, cacert, _files, served) = one_session(|stream| {
        stream.write_all(b"HTTP/1.1 103 Early Hints\r\n\r\n").unwrap();
    });
    check([&url, "--cacert", &cacert, "-m", "get", "-o", "json"])
        .run()
        .exits(2)
        .reports("/endpoints/0/diagnosis", "wrong-service")
        .reports("/endpoints/0/probes/0/key", "1xx")
        .reports("/endpoints/0/probes/0/status", 103);
    served.join().unwrap();
}

/// Old servers close the connection and do not end TLS. A body without a length may then be cut short, which accuses no
/// back-end; one that is shorter than its length is.
#[test]
fn body_without_an_end() {
    let action =
        "have the server, or the proxy that ends TLS in front of it, send a Content-Length, or close_notify";
    let unproven = "did not end TLS (close_notify) after its answer";
    let cases = [("", unproven, action), ("Content-Length: 9\r\n", "broke off", "check the API's ")];
    let (config, ca) = tls::private(&["localhost"]);
    let files = Files::new();
    let cacert = files.write("ca.pem", ca);
    for (header, why, action) in cases {
        for method in ["both", "get"] {
            let (listener, config) =
                (TcpListener::bind("127.0.0.1:0").unwrap(), std::sync::Arc::clone(&config));
            let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
            let served = spawn(move || {
                for _ in 0..if method == "get" { 1 } else { 2 } {
                    let session = ServerConnection::new(std::sync::Arc::clone(&config)).unwrap();
                    let mut stream = StreamOwned::new(session, listener.accept().unwrap().0);
                    let head = request::head(&mut stream).unwrap().unwrap();
                    let response = format!("HTTP/1.1 200 OK\r\n{header}\r\nok");
                    let is_head = head.starts_with(b"HEAD ");
                    let response =
                        if is_head { b"HTTP/1.1 204 No Content\r\n\r\n" } else { response.as_bytes() };
                    stream.write_all(response).unwrap();
                }
            });
            let run = check([&url, "--cacert", &cacert, "-m", method]).run();
            run.exits(2).says(why).says(&format!("\nAction: {action}"));
            served.join().unwrap();
        }
    }
}

/// The TLS library reads 64 KiB of a handshake's message; a longer one is refused, not gathered.
#[test]
fn oversized_certificate() {
    let (root, _files, cacert) = trusted();
    let names: Vec<String> = (0..6000).map(|number| format!("n{number}.example")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let server = TlsServer::healthy(&root.issues(&for_names("localhost", &names)));
    let run = check([&server.url(), "--cacert", &cacert]).run();
    let why = "the server's certificates are longer than the 64 KiB that TLS libraries read";
    is_untrusted(&run, &server.url(), false, why);
}
