//! Client certificates: presented, refused, missing, and files that hold none.

use crate::support::certificates::{Authority, Files, named, self_signed};
use crate::support::harness::{Finished, check};
use crate::support::peer::Peer;
use crate::support::tls::{TLS12, TLS13, config};
use crate::tls::refusals::is_untrusted;
use crate::tls::server::TlsServer;

const WANTED: &str = "the server asked for a client certificate and got none";

/// A service that requires a certificate of its own authority's clients, once in each version of TLS.
fn strict(test: impl Fn(&TlsServer, &Authority, &Files, &str)) {
    for versions in [TLS12, TLS13] {
        let (root, files) = (Authority::new("Test CA"), Files::new());
        let cacert = files.write("ca.pem", &root.identity.certificate);
        let clients = root.identity.chain.first();
        test(&TlsServer::with(config(&root.server("localhost"), versions, clients)), &root, &files, &cacert);
    }
}

#[test]
fn missing_client_certificate() {
    strict(|server, _, _, cacert| {
        let run = check([&server.url(), "--cacert", cacert]).run();
        is_untrusted(&run, &server.url(), true, WANTED);
        run.says("\nAction: give one with --cert FILE and --key FILE\n");
        assert!(server.requests().is_empty());
        check([&server.url(), "--cacert", cacert, "-o", "json"])
            .run()
            .reports("/endpoints/0/probes/0/fault/message", WANTED)
            .reports("/endpoints/0/certificate/subject", "CN=localhost");
    });
}

#[test]
fn accepted_client_certificate() {
    strict(|server, root, files, cacert| {
        let client = root.client();
        let (cert, key) = (files.write("c.pem", &client.certificate), files.write("k.pem", &client.key));
        check([&server.url(), "--cacert", cacert, "--cert", &cert, "--key", &key]).run().exits(0);
        let both = files.write("both.pem", format!("{}{}", client.key, client.certificate));
        check([&server.url(), "--cacert", cacert, "--cert", &both]).run().exits(0);
    });
}

#[test]
fn refused_client_certificate() {
    strict(|server, _, files, cacert| {
        let stranger = Authority::new("Other CA").client();
        let both = files.write("both.pem", format!("{}{}", stranger.certificate, stranger.key));
        let run = check([&server.url(), "--cacert", cacert, "--cert", &both]).run();
        let why = "the server refused the client certificate of --cert (alert UnknownCA)";
        is_untrusted(&run, &server.url(), true, why);
    });
}

/// Runs the plugin with these files; it would otherwise be OK.
fn refused(files: &Files, cert: &str, key: Option<&str>) -> Finished {
    let certificate = files.write("cert", cert);
    let mut line = vec!["https://127.0.0.1:9".to_owned(), "-k".into(), "--cert".into(), certificate];
    if let Some(key) = key {
        line.extend(["--key".into(), files.write("key", key)]);
    }
    check(line).run()
}

#[test]
fn unusable_files() {
    let (files, one, other) = (Files::new(), self_signed(&named("one")), self_signed(&named("other")));
    let at = |name: &str| files.directory().join(name).display().to_string();
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nMIIB\n\
               -----END RSA PRIVATE KEY-----\n";
    let whole = format!("{}{encrypted}", one.certificate);
    let line_of_key = 1 + one.certificate.lines().count();
    let begin = "# ours\n\n-----BEGIN CERTIFICATE-----\n";
    let [no_base64, no_end, no_certificate] =
        ["!\n-----END CERTIFICATE-----\n", "MIIB\n", "MIIB\n-----END CERTIFICATE-----\n"]
            .map(|rest| format!("{begin}{rest}{}", one.certificate));
    let broken_key = "-----BEGIN PRIVATE KEY-----\nMIIB\n";
    let remedy = "the private key is encrypted; give one without a passphrase, readable by the probe alone";
    let cases = [
        ("nothing", None, format!("--cert {}: no certificate in PEM form in it", at("cert"))),
        (one.key.as_str(), None, format!("--cert {}: no certificate in PEM form in it", at("cert"))),
        (
            &one.certificate,
            None,
            format!("--cert {}: no private key in PEM form in it (give it with --key FILE)", at("cert")),
        ),
        (
            &one.certificate,
            Some(one.certificate.as_str()),
            format!("--key {}: no private key in PEM form in it", at("key")),
        ),
        (
            &one.certificate,
            Some(other.key.as_str()),
            format!("--key {}: the key does not belong to the certificate of --cert", at("key")),
        ),
        (&one.certificate, Some(encrypted), format!("--key {}:1: {remedy}", at("key"))),
        (&one.certificate, Some(old), format!("--key {}:1: {remedy}", at("key"))),
        (&whole, None, format!("--cert {}:{line_of_key}: {remedy}", at("cert"))),
        (
            &one.certificate,
            Some(broken_key),
            format!("--key {}:1: the PEM block has no -----END line", at("key")),
        ),
        (&no_base64, None, format!("--cert {}:3: the PEM block is not base64", at("cert"))),
        (&no_end, None, format!("--cert {}:3: the PEM block has no -----END line", at("cert"))),
        (&no_certificate, None, format!("--cert {}:3: the PEM block is not a certificate", at("cert"))),
    ];
    for (cert, key, why) in cases {
        let run = refused(&files, cert, key);
        run.is_refused(&[]);
        assert_eq!(run.stdout, format!("CEILOMETER UNKNOWN - {why}\n"));
    }
}

#[test]
fn key_readable_by_others() {
    use std::os::unix::fs::PermissionsExt;
    let (files, client) = (Files::new(), self_signed(&named("one")));
    let key = files.write("k.pem", &client.key);
    let cert = files.write("c.pem", &client.certificate);
    let peer = Peer::healthy();
    let note = format!("--key '{key}' is readable by other users");
    for (mode, noted) in [(0o644, true), (0o600, false)] {
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).unwrap();
        let run = check([&peer.address(), "--cert", &cert, "--key", &key, "-v"]).run();
        run.exits(0).holds(run.stdout.contains(&note) == noted, "the note is wrong");
    }
}

/// A file that is named and cannot be read is a mistake, even where no endpoint needs it.
#[test]
fn missing_file_with_plain_http() {
    let untouched = Peer::untouched();
    for option in ["--cacert", "--cert"] {
        let run = check([&untouched.address(), option, "/nowhere.pem"]).run();
        run.is_refused(&[option, "/nowhere.pem"]);
    }
}
