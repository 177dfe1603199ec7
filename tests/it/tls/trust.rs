//! Whom a run trusts: files, directories, the system's store, and nobody.

use crate::support::certificates::{Authority, Files};
use crate::support::harness::{check, check_in_shell};
use crate::support::peer::Peer;
use crate::support::programs::found;
use crate::tls::server::TlsServer;

/// A service under a CA, the CA's certificate, and a place for files.
fn service() -> (TlsServer, String, Files) {
    let root = Authority::new("Test CA");
    (TlsServer::healthy(&root.server("localhost")), root.identity.certificate, Files::new())
}

#[test]
fn bundle_of_certificates() {
    let (server, ca, files) = service();
    let other = Authority::new("Other CA").identity.certificate;
    let broken = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    let texts = [
        format!("Comment\n{other}{ca}"),
        format!("{ca}{other}"),
        format!("{broken}{ca}"),
        format!("\u{feff}{ca}"),
    ];
    for (number, text) in texts.iter().enumerate() {
        let bundle = files.write(&format!("bundle{number}.pem"), text);
        check([&server.url(), "--cacert", &bundle]).run().exits(0);
    }
}

#[test]
fn directory_without_hashes() {
    let (server, ca, files) = service();
    files.write("README", "no certificate");
    files.write("ca.crt", &ca);
    let directory = files.directory().display().to_string();
    check([&server.url(), "--cacert", &directory]).run().exits(0);
}

#[test]
fn system_store_variables() {
    let (server, ca, files) = service();
    let file = files.write("ca.pem", &ca);
    let directory = files.directory().display().to_string();
    let asked = || check([server.url()]);
    asked().env("SSL_CERT_FILE", &file).run().exits(0);
    asked().env("SSL_CERT_DIR", &directory).run().exits(0);
    let several = Files::new().directory().display().to_string();
    std::fs::create_dir_all(&several).unwrap();
    asked().env("SSL_CERT_DIR", &format!("{several}:{directory}")).run().exits(0);
    std::fs::remove_dir(&several).unwrap();
    // One that is missing is passed over, as OpenSSL does, unless it was the only source.
    asked().env("SSL_CERT_DIR", &format!("{several}:{directory}")).run().exits(0);
    asked().env("SSL_CERT_FILE", &file).env("SSL_CERT_DIR", &several).run().exits(0);
    asked()
        .env("SSL_CERT_DIR", &several)
        .run()
        .is_refused(&[&several, "cannot be read: no such file or directory"]);
    let other = files.write("other", Authority::new("Other CA").identity.certificate);
    let run = asked().env("SSL_CERT_FILE", &other).run();
    run.exits(2).says(&format!("neither in the system's trust store ({other}) nor sent by the server"));
    // --cacert replaces the system's store.
    check([&server.url(), "--cacert", &file]).env("SSL_CERT_FILE", "/no/such/file").run().exits(0);
}

/// Options, a variable of the environment, and the message about them.
type Case<'a> = (&'a [&'a str], Option<(&'a str, &'a str)>, String);

/// Without a trusted authority the probe cannot do its work; that is not the service's fault.
#[test]
fn empty_trust_stores() {
    let files = Files::new();
    let (empty, directory) = (files.write("empty.pem", "nothing"), Files::new());
    let folder = directory.directory().display().to_string();
    let url = "https://127.0.0.1:9";
    let remedy =
        "install the distribution's ca-certificates, point SSL_CERT_FILE to a bundle, or give --cacert FILE";
    let cases: [Case; 6] = [
        (
            &["--cacert", &empty],
            None,
            format!("--cacert {empty}: no usable CA certificate in PEM form in it"),
        ),
        (
            &["--cacert", &folder],
            None,
            format!("--cacert {folder}: no usable CA certificate in PEM form in it"),
        ),
        (&["--cacert", "/no/such"], None, "--cacert: '/no/such' does not exist: check the path".into()),
        (
            &[],
            Some(("SSL_CERT_FILE", &empty)),
            format!("no CA certificate in the system's trust store ({empty}): {remedy}"),
        ),
        (
            &[],
            Some(("SSL_CERT_DIR", &folder)),
            format!("no CA certificate in the system's trust store ({folder}): {remedy}"),
        ),
        (
            &[],
            Some(("SSL_CERT_FILE", "/no/such")),
            "the trust store: '/no/such' does not exist: check the path".into(),
        ),
    ];
    for (options, variable, why) in cases {
        let run = check([&[url], options].concat());
        let run = variable.into_iter().fold(run, |run, (name, value)| run.env(name, value)).run();
        run.is_refused(&[]);
        assert_eq!(run.stdout, format!("CEILOMETER UNKNOWN - {why}\n"));
    }
}

/// An error about a block of the file names its first line, and nothing of its text.
#[test]
fn broken_blocks() {
    let files = Files::new();
    let begin = "a comment\n-----BEGIN CERTIFICATE-----\n";
    let end = "-----END CERTIFICATE-----\n";
    let cases = [
        (format!("{begin}s3cr3t!\n{end}"), "the PEM block is not base64"),
        (format!("{begin}MIIB\n"), "the PEM block has no -----END line"),
        (format!("{begin}MIIB\n{end}"), "the PEM block is not a CA certificate that can be used"),
        (format!("\n-----BEGIN CERTIFICATE----\r\nMIIB\r\n{end}"), "not the beginning of a valid PEM block"),
    ];
    for (text, why) in cases {
        let file = files.write("broken.pem", &text);
        let run = check(["https://127.0.0.1:9", "--cacert", &file]).run();
        run.is_refused(&[]);
        assert_eq!(run.stdout, format!("CEILOMETER UNKNOWN - --cacert {file}:2: {why}\n"), "{text}");
    }
}

/// Plain http reads no trust store, not even a missing one.
#[test]
fn plain_http() {
    let peer = Peer::healthy();
    check([&peer.address()]).env("SSL_CERT_FILE", "/no/such/file").run().exits(0);
    if found(&["strace"]).is_none() {
        return;
    }
    let files = Files::new();
    let (server, ca, _) = service();
    let cacert = files.write("ca.pem", ca);
    let opened = |arguments: &[&str]| {
        let trace = files.directory().join("trace").display().to_string();
        check_in_shell(&format!("exec strace -f -s 4096 -e trace=open,openat -o {trace} \"$@\""), arguments)
            .run()
            .exits(0);
        let trace = std::fs::read_to_string(trace).unwrap();
        assert!(trace.contains("exited with 0"), "{trace}");
        trace
    };
    let certificates = ["ssl", ".pem", ".crt", "cert"];
    let plain = opened(&[&peer.address()]);
    for trace in certificates {
        assert!(!plain.contains(trace), "{plain}");
    }
    let secure = opened(&[&server.url(), "--cacert", &cacert]);
    assert!(secure.contains("ca.pem"), "the certificate that was read is not in the trace: {secure}");
}
