//! nginx and OpenSSL as servers, and a directory hashed as OpenSSL hashes it.

use crate::support::certificates::{Authority, Files, between, named, self_signed};
use crate::support::harness::{check, words};
use crate::support::programs::left_out;
use crate::tls::programs::{HEALTHY, nginx, openssl, s_server};
use crate::tls::refusals::is_untrusted;

fn trusted() -> (Authority, Files, String) {
    let (root, files) = (Authority::new("Test CA"), Files::new());
    std::fs::create_dir(files.directory().join("cas")).unwrap();
    let file = files.write("cas/ca.pem", &root.identity.certificate);
    (root, files, file)
}

#[test]
fn nginx_with_a_private_ca() {
    let (root, files, cacert) = trusted();
    let Some(server) = nginx(&root.server("localhost"), HEALTHY) else { return };
    let Some(mut rehash) = openssl(files.directory()) else { return };
    assert!(rehash.args(["rehash", "cas"]).status().unwrap().success());
    let directory = files.directory().join("cas").display().to_string();
    let hashed = std::fs::read_dir(&directory).unwrap().count();
    assert_eq!(hashed, 2, "the certificate and the link by its hash");
    let empty = files.write("empty.pem", "");
    let cases: [(&[&str], &str, i32); 3] = [
        (&[], "tls-failed", 2),
        (&["--cacert", &cacert], "healthy", 0),
        (&["--cacert", &directory], "healthy", 0),
    ];
    // The machine's own store does not hold the CA; it may be empty, which is another test's matter.
    let foreign = files.write("foreign.pem", Authority::new("Other CA").identity.certificate);
    for (options, diagnosis, code) in cases {
        let run = check([&[server.url().as_str(), "-o", "json"], options].concat());
        run.env("SSL_CERT_FILE", &foreign)
            .run()
            .exits(code)
            .reports("/endpoints/0/diagnosis", diagnosis)
            .reports("/endpoints/0/certificate/subject", "CN=localhost")
            .reports("/endpoints/0/certificate/issuer", "CN=Test CA")
            .reports("/endpoints/0/certificate/not_after", "2100-01-01T00:00:00Z");
    }
    check([server.url()]).env("SSL_CERT_FILE", &empty).run().is_refused(&["no CA certificate in"]);
}

#[test]
fn nginx_with_client_certificates_and_https() {
    let (root, files, cacert) = trusted();
    let strict = format!("{HEALTHY}\nssl_verify_client on;\nssl_client_certificate {cacert};");
    let Some(server) = nginx(&root.server("localhost"), &strict) else { return };
    let run = check([&server.url(), "--cacert", &cacert]).run();
    run.exits(3).summarises("UNKNOWN", &["request-rejected", "400"]);
    run.says("the server requires a client certificate and got none").says("--cert FILE and --key FILE");
    let client = root.client();
    let both = files.write("both.pem", format!("{}{}", client.certificate, client.key));
    check([&server.url(), "--cacert", &cacert, "--cert", &both]).run().exits(0);
    let plain = check([format!("localhost:{}", server.port)]).run();
    plain.exits(3).says("the port expects https and was sent plain http").says("try https://localhost:");
}

#[test]
fn openssl_in_both_versions() {
    let (root, _files, cacert) = trusted();
    for version in ["-tls1_2", "-tls1_3"] {
        let Some(server) = s_server(&root.server("localhost"), &[version]) else { return };
        let line = format!("{} --cacert {cacert} -m get", server.url());
        check(words(&line)).run().exits(0).summarises("OK", &["healthy: GET 200"]);
    }
}

#[test]
fn openssl_requiring_a_client_certificate() {
    let (root, files, cacert) = trusted();
    let client = root.client();
    let both = files.write("both.pem", format!("{}{}", client.certificate, client.key));
    for version in ["-tls1_2", "-tls1_3"] {
        let options = ["-Verify", "1", "-verify_return_error", "-CAfile", &cacert, version];
        let Some(server) = s_server(&root.server("localhost"), &options) else { return };
        let why = "the server asked for a client certificate and got none";
        is_untrusted(&check([&server.url(), "--cacert", &cacert]).run(), &server.url(), true, why);
        let line = format!("{} --cacert {cacert} --cert {both} -m get", server.url());
        check(words(&line)).run().exits(0);
    }
}

#[test]
fn openssl_of_the_documented_era() {
    let (root, _files, cacert) = trusted();
    let identity = root.server("localhost");
    let outdated = "the server offers only TLS 1.1 or older, which today's TLS libraries refuse";
    for version in ["-tls1", "-tls1_1"] {
        let Some(server) = s_server(&identity, &[version, "-cipher", "DEFAULT@SECLEVEL=0"]) else { return };
        is_untrusted(&check([&server.url(), "--cacert", &cacert]).run(), &server.url(), false, outdated);
    }
    let Some(server) = s_server(&identity, &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"]) else { return };
    let refused = "the server refused the handshake: it has no cipher or key exchange in common with this program, \
                   or offers only TLS 1.1 or older";
    is_untrusted(&check([&server.url(), "--cacert", &cacert]).run(), &server.url(), false, refused);
}

#[test]
fn openssl_with_certificates_of_its_era() {
    let (root, _files, cacert) = trusted();
    let Some(server) = s_server(&root.issues(&named("localhost")), &[]) else { return };
    let why = "the certificate has no subjectAltName, and today's TLS libraries do not read the common name";
    is_untrusted(&check([&server.url(), "--cacert", &cacert]).run(), &server.url(), true, why);
    let Some(server) = s_server(&root.issues(&between("localhost", (2020, 1, 1), (2021, 2, 3))), &[]) else {
        return;
    };
    let why = "the certificate expired on 2021-02-03 (subject \"CN=localhost\")";
    is_untrusted(&check([&server.url(), "--cacert", &cacert]).run(), &server.url(), true, why);
}

/// Makes a key and a self-signed certificate as `openssl req -x509` does by default: a CA's. Returns their files.
fn own_certificate(files: &Files, name: &str) -> Option<[String; 2]> {
    let line = format!(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key -out {name}.pem -days 30 \
         -subj /CN=localhost -addext subjectAltName=DNS:localhost -text"
    );
    let run = openssl(files.directory())?.args(words(&line)).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let paths = ["pem", "key"].map(|kind| files.directory().join(format!("{name}.{kind}")));
    assert!(std::fs::read_to_string(&paths[0]).unwrap().contains("CA:TRUE"));
    Some(paths.map(|path| path.display().to_string()))
}

/// A server's self-signed certificate that says CA:TRUE is trusted where `--cacert` holds it, and nowhere else.
#[test]
fn openssl_with_its_own_ca() {
    let (root, files, other) = trusted();
    let unused = root.server("localhost");
    let Some([cert, key]) = own_certificate(&files, "own") else { return };
    let Some([namesake, _]) = own_certificate(&files, "namesake") else { return };
    for version in ["-tls1_2", "-tls1_3"] {
        let Some(server) = s_server(&unused, &["-cert", &cert, "-key", &key, version]) else { return };
        let asked = |url: &str, cacert: &str| check([url, "--cacert", cacert, "-m", "get"]).run();
        asked(&server.url(), &cert).exits(0).summarises("OK", &["healthy: GET 200"]);
        let elsewhere = format!("https://127.0.0.1:{}", server.port);
        let why = " is not for 127.0.0.1, but for localhost";
        asked(&elsewhere, &cert).exits(2).summarises("CRITICAL", &["tls-failed"]).says(why);
        for cacert in [&other, &namesake] {
            let why = format!("--cacert {cacert} does not contain it; subject \"CN=localhost\"");
            asked(&server.url(), cacert).exits(2).summarises("CRITICAL", &["tls-failed"]).says(&why);
        }
    }
}

#[test]
fn nginx_with_its_own_ca() {
    let files = Files::new();
    let cases = [
        ((2020, 1, 1), (2100, 1, 1), None),
        (
            (2020, 1, 1),
            (2021, 2, 3),
            Some("the certificate expired on 2021-02-03 (subject \"CN=localhost\")"),
        ),
        ((2099, 4, 5), (2100, 1, 1), Some("the certificate is not valid before 2099-04-05 (subject")),
    ];
    for (from, to, why) in cases {
        let mut params = between("localhost", from, to);
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let identity = self_signed(&params);
        let cacert = files.write("own.pem", &identity.certificate);
        let Some(server) = nginx(&identity, HEALTHY) else { return };
        let run = check([&server.url(), "--cacert", &cacert]).run();
        match why {
            None => _ = run.exits(0),
            Some(why) => is_untrusted(&run, &server.url(), true, why),
        }
    }
}

/// Version 1 has no extensions, thus no names either; OpenSSL makes such a certificate where no extension is wanted.
#[test]
fn openssl_with_a_certificate_of_version_1() {
    let (root, files, cacert) = trusted();
    files.write("ca.key", &root.identity.key);
    let make = [
        "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout v1.key -subj /CN=localhost -out v1.csr",
        "x509 -req -in v1.csr -CA cas/ca.pem -CAkey ca.key -CAcreateserial -days 30 -out v1.pem",
    ];
    for line in make {
        let Some(mut openssl) = openssl(files.directory()) else { return };
        let run = openssl.args(words(line)).output().unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    }
    let Some(mut openssl) = openssl(files.directory()) else { return };
    let text = openssl.args(words("x509 -in v1.pem -noout -text")).output().unwrap();
    if !String::from_utf8_lossy(&text.stdout).contains("Version: 1 ") {
        left_out("this OpenSSL makes certificates of version 3 only");
        return;
    }
    let at = |name: &str| files.directory().join(name).display().to_string();
    let options = ["-cert", &at("v1.pem"), "-key", &at("v1.key")];
    let Some(server) = s_server(&root.server("localhost"), &options) else { return };
    let why = "the certificate is of X.509 version 1 or 2, which today's TLS libraries refuse (subject \
               \"CN=localhost\")";
    is_untrusted(&check([&server.url(), "--cacert", &cacert]).run(), &server.url(), true, why);
}
