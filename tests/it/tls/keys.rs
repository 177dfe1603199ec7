//! Keys, ciphers and constraints that this program's TLS library cannot check or that are too weak: each is named as
//! that, and `-k` accepts every key.

use crate::support::certificates::{Authority, Files, authority};
use crate::support::harness::{check, words};
use crate::tls::programs::{Program, openssl, s_server};
use crate::tls::refusals::{is_untrusted, trusted};
use crate::tls::server::TlsServer;

/// A self-signed certificate for localhost with a key of this kind, and a server that presents it.
struct Server {
    program: Program,
    cacert: String,
    _files: Files,
}

impl Server {
    /// Starts it with a key that these options of `openssl req` make.
    fn start(newkey: &str) -> Option<Server> {
        Server::with(newkey, &["-cipher", "DEFAULT@SECLEVEL=0"])
    }

    /// Starts it with these options of `openssl s_server` besides.
    fn with(newkey: &str, options: &[&str]) -> Option<Server> {
        let files = Files::new();
        let request = format!(
            "req -x509 {newkey} -nodes -keyout own.key -out own.pem -days 30 -subj /CN=localhost \
             -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE"
        );
        let output = openssl(files.directory())?.args(words(&request)).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let at = |name: &str| files.directory().join(name).display().to_string();
        let (cacert, key) = (at("own.pem"), at("own.key"));
        let other = Authority::new("Unused CA");
        // The last of an option given twice counts.
        let options = [&["-cert", &cacert, "-key", &key][..], options].concat();
        let program = s_server(&other.server("localhost"), &options)?;
        Some(Server { program, cacert, _files: files })
    }
}

/// The kind of key, and the message about it under verification.
const KEYS: [(&str, &str); 3] = [
    (
        "-newkey ed448",
        "this program's TLS library cannot check the key of the certificate (Ed448); that is no fault of the server",
    ),
    (
        "-newkey rsa-pss -pkeyopt rsa_keygen_bits:2048",
        "this program's TLS library cannot check the key of the certificate (RSA-PSS); that is no fault of the server",
    ),
    ("-newkey rsa:1024", "the key of the certificate is too weak (RSA 1024 bits)"),
];

#[test]
fn unsupported_and_weak_keys() {
    for (newkey, why) in KEYS {
        let Some(server) = Server::start(newkey) else { return };
        let url = server.program.url();
        is_untrusted(&check([&url, "--cacert", &server.cacert]).run(), &url, true, why);
        check([&url, "-k", "-m", "get"]).run().exits(0).says("certificate not verified");
    }
}

#[test]
fn checkable_keys() {
    for newkey in ["-newkey ec -pkeyopt ec_paramgen_curve:P-384", "-newkey ed25519", "-newkey rsa:3072"] {
        let Some(server) = Server::start(newkey) else { return };
        check([&server.program.url(), "--cacert", &server.cacert, "-m", "get"]).run().exits(0);
    }
}

#[test]
fn p521_keys_of_servers() {
    let Some(server) = Server::start("-newkey ec -pkeyopt ec_paramgen_curve:P-521") else { return };
    let asked = |cacert: &str| check([&server.program.url(), "--cacert", cacert, "-m", "get"]).run();
    asked(&server.cacert).exits(0);
    let (_, _files, other) = trusted();
    asked(&other).exits(2).says("self-signed and not trusted");
}

/// A trusted CA that has the name of the server's issuer, and a key of another kind.
#[test]
fn namesake_with_another_kind_of_key() {
    let files = Files::new();
    let cacert = files.directory().join("ca.pem").display().to_string();
    let own = Server::start("-newkey ec -pkeyopt ec_paramgen_curve:P-256").map(|server| server.program);
    let issued = s_server(&Authority::new("Test CA").server("localhost"), &[]);
    let cases = [
        (own, "localhost", "self-signed and not trusted"),
        (issued, "Test CA", "is not signed by the trusted CA of its issuer's name"),
    ];
    for (server, name, why) in cases {
        let (Some(server), Some(mut openssl)) = (server, openssl(files.directory())) else { return };
        openssl.args(words("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj"));
        assert!(openssl.arg(format!("/CN={name}")).output().unwrap().status.success());
        check([&server.url(), "--cacert", &cacert, "-m", "get"]).run().exits(2).says(why);
    }
}

/// The digest of a signature is OpenSSL's default, SHA-256, unless another is given.
#[test]
fn p521_keys_of_authorities() {
    let files = Files::new();
    let at = |name: &str| files.directory().join(name).display().to_string();
    files.write("ext", "subjectAltName=DNS:localhost");
    let make = |line: &str| {
        let run = openssl(files.directory())?.args(words(line)).output().unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        Some(())
    };
    for name in ["ca", "namesake"] {
        let line = format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-521 -nodes -keyout {name}.key -out {name}.pem -days \
             30 -subj /CN=P-521"
        );
        if make(&line).is_none() {
            return;
        }
    }
    make(
        "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout own.key -subj /CN=localhost -out own.csr",
    );
    for digest in ["sha256", "sha384", "sha512"] {
        make(&format!(
            "x509 -req -in own.csr -{digest} -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile ext -out own.pem"
        ));
        let options = ["-cert", &at("own.pem"), "-key", &at("own.key")];
        let Some(server) = s_server(&Authority::new("Unused CA").server("localhost"), &options) else {
            return;
        };
        check([&server.url(), "--cacert", &at("ca.pem"), "-m", "get"]).run().exits(0);
        let forged = check([&server.url(), "--cacert", &at("namesake.pem"), "-m", "get"]).run();
        forged.exits(2).says("is not signed by the trusted CA of its issuer's name");
    }
}

/// `-k` gives up the certificate's verification, not the secrecy of the connection.
///
/// A cipher without forward secrecy, one without an AEAD, and a group for the key exchange that this program lacks.
#[test]
fn nothing_in_common() {
    let why = "it has no cipher or key exchange in common with this program, or offers only TLS 1.1 or older";
    let offer = "offer TLS 1.3, or TLS 1.2 with ECDHE and AES-GCM or ChaCha20, over X25519, P-256 or P-384\n";
    let offers: [&[&str]; 3] = [
        &["-tls1_2", "-cipher", "AES128-GCM-SHA256"],
        &["-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA256"],
        &["-tls1_3", "-groups", "secp521r1"],
    ];
    for options in offers {
        let Some(server) = Server::with("-newkey rsa:2048", options) else { return };
        let url = server.program.url();
        for options in [format!("--cacert {}", server.cacert), "-k".to_owned()] {
            let run = check(words(&format!("{url} {options}"))).run();
            is_untrusted(&run, &url, false, why);
            run.says(", or rejects the host name").says(&format!(
                "\nAction: have the server, or the proxy that ends TLS in front of it, {offer}"
            ));
        }
        let address = url.replace("localhost", "127.0.0.1");
        check([&address, "-k"]).run().exits(2).says(why).says("it may want a server name (SNI)").says(offer);
    }
}

/// ECDSA over P-256 with SHA-512 is what only this program's library cannot check; SHA-1 is what none trusts. The
/// certificate that is signed so is named: the server's own, or the intermediate's.
#[test]
fn signatures_of_authorities() {
    let files = Files::new();
    let at = |name: &str| files.directory().join(name).display().to_string();
    files.write("leaf", "subjectAltName=DNS:localhost");
    files.write("ca", "basicConstraints=critical,CA:TRUE");
    let make = |line: &str| {
        let run = openssl(files.directory())?.args(words(line)).output().unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        Some(())
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    if make(&format!("req -x509 {key} -keyout root.key -out root.pem -days 30 -subj /CN=Root")).is_none() {
        return;
    }
    make(&format!("req -new {key} -keyout middle.key -out middle.csr -subj /CN=Middle"));
    make(&format!("req -new {key} -keyout own.key -out own.csr -subj /CN=localhost"));
    let unsupported = |part: &str| {
        format!(
            "this program's TLS library cannot check the signature of the {part} (ECDSA with SHA-512 by a key on another \
             curve than P-521); that is no fault of the server"
        )
    };
    let another = "check the server by another client; this program checks";
    let sent = "intermediate certificate that the server sends";
    let old = format!("the signature of the {sent} is of an outdated kind (ECDSA with SHA-1)");
    let cases = [
        ("sha256", "sha512", unsupported("certificate"), "localhost", another),
        ("sha512", "sha256", unsupported(sent), "Middle", another),
        ("sha1", "sha256", old, "Middle", "have the CA's own certificate reissued"),
    ];
    for (middle, own, why, subject, action) in cases {
        let issue = "x509 -req -CAcreateserial -days 30";
        make(&format!(
            "{issue} -in middle.csr -{middle} -CA root.pem -CAkey root.key -extfile ca -out middle.pem"
        ));
        make(&format!(
            "{issue} -in own.csr -{own} -CA middle.pem -CAkey middle.key -extfile leaf -out own.pem"
        ));
        let options = ["-cert", &at("own.pem"), "-key", &at("own.key"), "-cert_chain", &at("middle.pem")];
        let options = [&options[..], &["-cipher", "DEFAULT@SECLEVEL=0"]].concat();
        let Some(server) = s_server(&Authority::new("Unused CA").server("localhost"), &options) else {
            return;
        };
        let run = check([&server.url(), "--cacert", &at("root.pem")]).run();
        run.exits(2).says(&format!("{why} (subject \"CN={subject}\")")).says(&format!("\nAction: {action}"));
    }
}

#[test]
fn name_constraints() {
    let (root, _files, cacert) = trusted();
    let mut params = authority("Constrained CA");
    params.name_constraints = Some(rcgen::NameConstraints {
        permitted_subtrees: vec![rcgen::GeneralSubtree::DnsName("example.com".into())],
        excluded_subtrees: Vec::new(),
    });
    let constrained = root.intermediate(params);
    let identity = constrained.server("localhost").followed_by(&constrained.identity);
    let server = TlsServer::healthy(&identity);
    let why =
        "a name constraint of a CA in the chain excludes the certificate's names (subject \"CN=localhost\")";
    is_untrusted(&check([&server.url(), "--cacert", &cacert]).run(), &server.url(), true, why);
    check([&server.url(), "-k"]).run().exits(0);
}
