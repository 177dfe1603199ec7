//! The certificate's remaining life: judged, counted, and shown in every format.

use std::time::{Duration, SystemTime};

use crate::support::certificates::{Authority, Files, Identity, server};
use crate::support::harness::{Check, check, words};
use crate::tls::server::TlsServer;

const DAY: u64 = 86_400;

/// A good certificate that ends in this number of days and half a day more.
fn ending_in(root: &Authority, days: u64) -> Identity {
    let mut params = server("localhost");
    params.not_after = (SystemTime::now() + Duration::from_secs(days * DAY + DAY / 2)).into();
    root.issues(&params)
}

/// A service whose certificate ends in 20.5 days, and a run that trusts it.
fn asked(options: &str) -> (TlsServer, Files, Check) {
    let (root, files) = (Authority::new("Test CA"), Files::new());
    let cacert = files.write("ca.pem", &root.identity.certificate);
    let server = TlsServer::healthy(&ending_in(&root, 20));
    let run = check(words(&format!("{} --cacert {cacert} {options}", server.url())));
    (server, files, run)
}

#[test]
fn units_of_thresholds() {
    let cases = [
        ("", 0, ""),
        ("--certificate-warning 20", 0, ";20:"),
        ("--certificate-warning 21", 1, ";21:"),
        ("--certificate-warning 30 --certificate-critical 10", 1, ";30:;10:"),
        ("--certificate-critical 21", 2, ";;21:"),
        ("--certificate-warning 3weeks", 1, ";21:"),
        ("--certificate-critical 480h", 0, ";;20:"),
    ];
    for (options, code, thresholds) in cases {
        let (server, _files, run) = asked(options);
        let run = run.run();
        let (word, what) = match code {
            0 => ("OK", "healthy: HEAD 204, GET 200 from".to_owned()),
            1 => ("WARNING", "certificate-expiring: certificate of".to_owned()),
            _ => ("CRITICAL", "certificate-expiring: certificate of".to_owned()),
        };
        run.exits(code).summarises(word, &[&what, server.url().trim_start_matches("https://")]);
        let metrics = run.perfdata();
        let (_, value) = metrics.iter().find(|(label, _)| label == "certificate_days").unwrap();
        run.holds(value.starts_with("20.4") || value.starts_with("20.5"), "another number of days");
        run.holds(value.find(';').map_or("", |at| &value[at..]) == thresholds, value);
    }
}

/// A second threshold that was crossed is in the words of the explanation, once.
#[test]
fn two_thresholds() {
    let also = "also certificate-expiring: certificate of localhost:";
    for (options, count) in
        [("--certificate-warning 5", 0), ("--certificate-warning 30", 1), ("--certificate-critical 30", 0)]
    {
        for output in ["nagios", "human"] {
            let (_server, _files, run) = asked(&format!("-w 0.000001 {options} -o {output}"));
            let run = run.run();
            run.holds(
                run.stdout.matches(also).count() == count,
                "the second threshold is not as it should be",
            );
            let slow = run.stdout.matches("also slow: ").count();
            run.holds(slow == usize::from(options.contains("critical")), "the time is not as it should be");
        }
    }
}

#[test]
fn certificate_in_every_format() {
    let (_server, _files, run) = asked("-o json");
    let run = run.run();
    run.exits(0)
        .reports("/endpoints/0/certificate/subject", "CN=localhost")
        .reports("/endpoints/0/certificate/issuer", "CN=Test CA");
    let certificate = run.json()["endpoints"][0]["certificate"].clone();
    let keys: Vec<&String> = certificate.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["not_after", "days_left", "subject", "issuer"]);
    let days = certificate["days_left"].as_f64().unwrap();
    run.holds((20.4..=20.5).contains(&days), "another number of days");

    let (_server, _files, run) = asked("-o human --color never");
    let run = run.run();
    // The terminal's lines are broken where they are full.
    let text = run.exits(0).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = "days left; subject \"CN=localhost\"; issuer \"CN=Test CA\"";
    run.holds(
        text.contains("Certificate: valid until ") && text.contains(line),
        "the certificate is not shown",
    );

    let (server, _files, run) = asked("-o prometheus");
    let metric = format!(
        "ceilometer_health_certificate_not_after_timestamp_seconds{{endpoint=\"{}\"}} ",
        server.url()
    );
    run.run().exits(0).says(&metric);
}

/// Without verification an expired certificate is not a TLS fault, but its life is still judged.
#[test]
fn negative_days() {
    let root = Authority::new("Test CA");
    let expired =
        root.issues(&crate::support::certificates::between("localhost", (2020, 1, 1), (2021, 1, 1)));
    let server = TlsServer::healthy(&expired);
    check([&server.url(), "-k"]).run().exits(0);
    let run = check([&server.url(), "-k", "--certificate-critical", "1"]).run();
    run.exits(2).says("Certificate: valid until 2021-01-01T00:00:00Z, expired ").is_plugin_output();
    let metrics = run.perfdata();
    let (_, value) = metrics.iter().find(|(label, _)| label == "certificate_days").unwrap();
    run.holds(value.starts_with('-') && value.ends_with(";;1:"), value);
}

#[test]
fn unverified_certificate_in_every_format() {
    let root = Authority::new("Test CA");
    let server = TlsServer::healthy(&root.server("elsewhere"));
    for format in ["nagios", "human", "json", "haproxy-agent", "prometheus"] {
        let run = check([&server.url(), "-k", "-o", format]).run();
        let mark = match format {
            "prometheus" => "ceilometer_health_unverified 1",
            _ => "certificate not verified",
        };
        // The human view may break the line within the mark.
        let words: Vec<&str> = run.exits(0).stdout.split_whitespace().collect();
        run.holds(words.join(" ").contains(mark), "the mark is missing");
    }
}
