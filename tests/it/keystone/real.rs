//! A real Keystone, and its middleware before the API.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::Clouds;
use super::rig::rig;

#[test]
fn regions_and_interfaces() {
    let Some(rig) = rig() else { return };
    let clouds = rig.clouds("keystone");
    let run = clouds.check("prod", "--os-region-name RegionOne -t 60 -o json").run();
    run.exits(0).reports("/login/token", "new").reports("/endpoints/0/region", "RegionOne");
    run.reports("/endpoints/0/endpoint", rig.api("RegionOne", "public"));
    let words = "--os-region-name RegionOne --os-region-name RegionTwo --os-interface internal -t 60 -o json";
    let run = clouds.check("prod", words).run();
    run.exits(0).reports("/login/token", "cached").reports("/endpoints/1/interface", "internal");
    run.reports("/endpoints/1/endpoint", rig.api("RegionTwo", "internal"));
    let run = clouds.check("prod", "--os-region-name nowhere -t 60").run();
    run.exits(3).summarises("UNKNOWN", &["not-in-catalog", "nowhere", "RegionOne, RegionThree, RegionTwo"]);
}

#[test]
fn private_authority() {
    let Some(rig) = rig() else { return };
    let clouds = rig.clouds("tls");
    let words = "--os-region-name RegionOne -t 60";
    let run = clouds.check("prod", words).run();
    run.exits(3).summarises("UNKNOWN", &["keystone-down", "the system's trust store"]);
    clouds.check("prod", &format!("{words} --cacert {}", rig.fact("/ca"))).run().exits(0);
}

#[test]
fn failing_keystones() {
    let Some(rig) = rig() else { return };
    let table = [
        ("stopped", "connection refused"),
        ("hung", "keystone-down: no login to Keystone"),
        ("broken", "answered the login with 500"),
    ];
    for (keystone, words) in table {
        let run = rig.clouds(keystone).check("prod", "-t 2").run();
        run.exits(3).summarises("UNKNOWN", &["keystone-down", words]);
    }
}

#[test]
fn wrong_password() {
    let Some(rig) = rig() else { return };
    let clouds = Clouds::of(rig.fact("/keystone"), "not-the-passw0rd");
    let run = clouds.check("prod", "-t 60").run();
    run.exits(3)
        .summarises("UNKNOWN", &["login-refused", "The request you have made requires authentication."]);
}

#[test]
fn restricted_credentials() {
    let Some(rig) = rig() else { return };
    rig.restricted("rules").check("prod", "--os-region-name RegionOne -t 60").run().exits(0);
    let run = rig.restricted("wrong").check("prod", "--os-region-name RegionOne -t 60").run();
    run.exits(3).summarises("UNKNOWN", &["denied: ", "refused a new token (401)"]);
    run.says("a token that Keystone had just granted").says("access rules");
}

#[test]
fn keystone_out_of_the_service_s_reach() {
    let Some(rig) = rig() else { return };
    let run = rig.clouds("keystone").check("prod", "--os-region-name RegionThree -t 60").run();
    run.exits(2).says("the API cannot reach Keystone, which granted this check its token");
}

#[test]
fn failed_backend_of_one_region() {
    let Some(rig) = rig() else { return };
    let down = Path::new(rig.fact("/directory")).join("down-RegionTwo-public");
    fs::write(&down, "").unwrap();
    let words = "--os-region-name RegionOne --os-region-name RegionTwo -t 60";
    let run = rig.clouds("keystone").check("prod", words).run();
    fs::remove_file(down).unwrap();
    let api = rig.api("RegionTwo", "public");
    run.exits(2).summarises("CRITICAL", &["1 of 2 endpoints not OK", "backend-down: GET 503 from", &api]);
}

#[test]
fn one_login_for_many_runs() {
    let Some(rig) = rig() else { return };
    let clouds = rig.clouds("keystone");
    let user = "--os-region-name RegionOne --os-interface internal -t 60 -o json";
    let tokens: Vec<_> =
        (0..20).map(|_| clouds.check("prod", user).run().json()["login"]["token"].clone()).collect();
    assert_eq!(tokens.iter().filter(|token| **token == "new").count(), 1, "{tokens:?}");
    assert!(rig.logins() > 0, "the log has them");
}

#[test]
fn same_cloud_as_openstackclient() {
    let Some(rig) = rig() else { return };
    reads_as_openstackclient(&rig.clouds("keystone"));
    // Spellings that openstacksdk takes, too.
    let odd = format!(
        "domains: &domains {{user-domain-id: default, project-domain-id: default}}\n\
         clouds:\n  prod:\n    auth-plugin: v3password\n    auth:\n      <<: *domains\n      \
         auth-url: {}/v3/\n      username: monitor\n      tenant-name: monitoring\n",
        rig.fact("/keystone")
    );
    let secure = format!("clouds: {{prod: {{auth: {{password: {}}}}}}}\n", rig.fact("/password"));
    reads_as_openstackclient(&Clouds::new(&odd, &secure));
}

/// Compares the public endpoints that a cloud's files lead both programs to.
#[track_caller]
fn reads_as_openstackclient(clouds: &Clouds) {
    let openstack = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/keystone/venv/bin/openstack");
    let mut command = Command::new(openstack);
    command.env("OS_CLIENT_CONFIG_FILE", clouds.path("clouds.yaml"));
    command.env("OS_CLIENT_SECURE_FILE", clouds.path("secure.yaml"));
    command.args(["--os-cloud", "prod", "catalog", "show", "metering", "-f", "json"]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let run = clouds.check("prod", "-t 60 -o json").run();
    let json = run.json();
    let mut ours: Vec<_> = json["endpoints"]
        .as_array()
        .unwrap()
        .iter()
        .map(|endpoint| {
            (endpoint["region"].as_str().unwrap().to_owned(), endpoint["url"].as_str().unwrap().to_owned())
        })
        .collect();
    let mut known: Vec<_> = theirs["endpoints"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|endpoint| endpoint["interface"] == "public")
        .map(|endpoint| {
            let url = endpoint["url"].as_str().unwrap().trim_end_matches("/v2");
            (endpoint["region"].as_str().unwrap().to_owned(), format!("{url}/v2/health"))
        })
        .collect();
    ours.sort();
    known.sort();
    assert_eq!(ours, known);
}
