//! The life of a token against scripted Keystones.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Clouds;
use super::server::{Server, demand, health, response, token, token_for};
use crate::support::harness::{check, check_in_shell, in_good_time};
use crate::support::peer::{Peer, Script, Step};
use crate::support::programs::found;

const PASSWORD: &str = "s3cret-passw0rd";

/// A cloud that grants `token-1`, `token-2`, … and whose API accepts what `accepts` says.
fn cloud(accepts: impl Fn(&super::server::Request) -> bool + Send + 'static) -> (Server, Clouds) {
    let granted = AtomicUsize::new(0);
    let server = Server::start(move |request, port| match request.is_login() {
        true => token(&format!("token-{}", 1 + granted.fetch_add(1, Ordering::Relaxed)), port),
        false if accepts(request) => health(request),
        false => demand(request),
    });
    let clouds = Clouds::of(&server.url(), PASSWORD);
    (server, clouds)
}

#[test]
fn first_and_second_run() {
    let (server, clouds) = cloud(|request| request.has_token("token-1"));
    let first = clouds.check("prod", "-o json").run();
    first
        .exits(0)
        .reports("/login/token", "new")
        .reports("/login/status", 201)
        .reports("/login/key", "login:201");
    first.reports("/endpoints/0/region", "R1").reports("/endpoints/0/interface", "public");
    first.reports("/summary", format!("healthy: HEAD 204, GET 200 from {}", server.address()));
    // The token is shown before it is used: the first HEAD is outside the times.
    assert_eq!(server.requests().len(), 4);
    let second = clouds.check("prod", "-o json").run();
    second.exits(0).reports("/login/token", "cached").reports("/login/elapsed_ms", serde_json::Value::Null);
    assert_eq!((server.requests().len(), server.logins()), (6, 1));
    let file = clouds.path(".cache/check_ceilometer/prod.json");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!fs::read_to_string(file).unwrap().contains(PASSWORD));
}

#[test]
fn login_request() {
    let (server, clouds) = cloud(|_| true);
    clouds.check("prod", "--token-cache off").run().exits(0);
    let login = server.requests().into_iter().next().unwrap();
    assert!(login.head.starts_with("POST /v3/auth/tokens HTTP/1.1\r\n"), "{}", login.head);
    assert!(login.head.to_ascii_lowercase().contains("content-type: application/json\r\n"), "{}", login.head);
    let body = format!(
        r#"{{"auth":{{"identity":{{"methods":["password"],"password":{{"user":{{"name":"monitor","domain":{{"id":"default"}},"password":"{PASSWORD}"}}}}}},"scope":{{"project":{{"name":"monitoring","domain":{{"id":"default"}}}}}}}}}}"#
    );
    assert_eq!(login.body, body);
}

#[test]
fn perfdata_of_a_login() {
    let (_server, clouds) = cloud(|_| true);
    let labels = clouds.check("prod", "").run().labels();
    assert_eq!(labels, ["auth_time", "head_time", "get_time", "backend_time"]);
    assert_eq!(clouds.check("prod", "").run().labels(), ["head_time", "get_time", "backend_time"]);
}

/// Number of HEAD requests that a server got.
fn heads(server: &Server) -> usize {
    server.requests().iter().filter(|request| request.head.starts_with("HEAD ")).count()
}

/// An endpoint that sees a cached token for the first time asks Keystone, as it does for a new one.
#[test]
fn cached_token_at_another_endpoint() {
    let (server, clouds) = cloud(|request| request.has_token("token-1"));
    let (other, third) =
        (Server::start(|request, _| health(request)), Server::start(|request, _| health(request)));
    clouds.check("prod", "").run().exits(0);
    assert_eq!((heads(&server), server.logins()), (2, 1));
    for expected in [2, 3] {
        clouds.check("prod", &other.address()).run().exits(0);
        assert_eq!(heads(&other), expected, "shown once");
    }
    clouds.check("prod", &format!("{} {}", third.address(), server.address())).run().exits(0);
    clouds.check("prod", &format!("{} {}", third.address(), other.address())).run().exits(0);
    assert_eq!((heads(&third), heads(&server), heads(&other)), (3, 3, 4));
    // One that could not be reached has not seen it.
    let (down, port) = ("127.0.0.1:1", other.address());
    clouds.check("prod", &format!("{down} {port}")).run().exits(2);
    let cached = fs::read_to_string(clouds.path(".cache/check_ceilometer/prod.json")).unwrap();
    let cached: serde_json::Value = serde_json::from_str(&cached).unwrap();
    assert_eq!(cached["shown"].as_array().unwrap().len(), 3);
    assert_eq!(server.logins(), 1);
}

#[test]
fn shown_tokens_of_a_watch() {
    let (server, clouds) = cloud(|request| request.has_token("token-1"));
    clouds.check("prod", "--token-cache off --watch 0.1 --count 3").run().exits(0);
    assert_eq!((heads(&server), server.logins()), (4, 1), "shown once, then asked three times");
}

/// A cloud whose catalogue has these endpoints, regions and the ends of their URLs.
fn catalogue(endpoints: &'static [(&str, &str)]) -> (Server, Clouds) {
    let server = Server::start(move |request, port| {
        if !request.is_login() {
            return health(request);
        }
        let urls: Vec<_> = endpoints.iter().map(|(_, url)| url.replace("PORT", &port.to_string())).collect();
        let regions = endpoints.iter().map(|(region, _)| *region);
        let found: Vec<_> =
            regions.zip(&urls).map(|(region, url)| (region, "public", url.as_str())).collect();
        token_for("token-1", &found)
    });
    let clouds = Clouds::of(&server.url(), PASSWORD);
    (server, clouds)
}

const TWO_REGIONS: &[(&str, &str)] =
    &[("R1", "http://127.0.0.1:PORT/v2"), ("R2", "http://127.0.0.1:PORT/two")];

#[test]
fn quorum_of_a_catalogue() {
    let (_server, clouds) = catalogue(TWO_REGIONS);
    clouds.check("prod", "--quorum 2").run().exits(0);
    clouds
        .check("prod", "--quorum 3")
        .run()
        .is_refused(&["a quorum of 3 cannot be met: there are 2 endpoints"]);
    let words = "--quorum 2 --os-region-name R1";
    clouds.check("prod", words).run().is_refused(&["a quorum of 2 cannot be met: there is 1 endpoint"]);
}

#[test]
fn address_of_a_catalogue_s_endpoint() {
    let (server, clouds) = catalogue(TWO_REGIONS);
    let port = server.address().split(':').nth(1).unwrap().to_owned();
    let run = clouds.check("prod", "--connect-to 127.0.0.1");
    run.run().is_refused(&["'--connect-to' can be used with one endpoint only, but there are 2"]);
    let refused = clouds.check("prod", "--connect-to ::1 -4 --os-region-name R1").run();
    refused.is_refused(&["-4 excludes the address ::1 of --connect-to"]);
    // Keystone is asked where it is; the API at port 1, which refuses.
    let run = clouds.check("prod", "--connect-to 127.0.0.1:1 --os-region-name R1 -o json").run();
    run.exits(2).reports("/login/state", "OK").reports("/endpoints/0/diagnosis", "unreachable");
    let words = format!("--connect-to 127.0.0.1:{port} --os-region-name R2 -o json");
    clouds.check("prod", &words).run().exits(0).reports("/endpoints/0/region", "R2");
}

#[test]
fn all_addresses_of_a_catalogue() {
    let (server, clouds) = catalogue(&[("R1", "http://localhost:PORT/v2")]);
    let run = clouds.check("prod", "--all-addresses -4 -o json").run();
    let port = server.address().split(':').nth(1).unwrap().to_owned();
    run.exits(0).reports("/endpoints/0/endpoint", format!("localhost:{port} (127.0.0.1)"));
    run.reports("/endpoints/0/region", "R1");
}

#[test]
fn refused_cached_token() {
    let (server, clouds) = cloud(|request| request.has_token("token-1"));
    clouds.check("prod", "").run().exits(0);
    assert_eq!(server.logins(), 1);
    let (server, clouds) = cloud(|request| request.has_token("token-2"));
    clouds.check("prod", "").run().exits(3).summarises("UNKNOWN", &["denied: ", "refused a new token (401)"]);
    // The next run drops the cached token, logs in once, and tries once more.
    clouds.check("prod", "").run().exits(0);
    assert_eq!(server.logins(), 2);
}

/// An endpoint that takes all the time leaves none for another login: the next run finds no token and logs in.
#[test]
fn refused_cached_token_without_time() {
    in_good_time(|| {
        let (server, clouds) = cloud(|request| request.has_token("token-2"));
        let file = clouds.path(".cache/check_ceilometer/prod.json");
        clouds.check("prod", "").run().exits(3);
        assert!(file.is_file());
        let silent = Peer::always(vec![Step::Swallow]);
        let words = format!("{} {} -t 1", silent.address(), server.address());
        clouds.check("prod", &words).run().exits(2).ends_within(Duration::from_secs(1));
        assert!(!file.exists(), "the refused token is kept");
        assert_eq!(server.logins(), 1);
    });
}

/// A token does not open what HTTP Basic guards, and --auth-file is refused beside a login.
#[test]
fn new_token_before_http_basic() {
    let server = Server::start(|request, port| {
        if request.is_login() {
            token("token-1", port)
        } else {
            response("401 Unauthorized", "WWW-Authenticate: Basic realm=\"ops\"\r\n", "")
        }
    });
    let run = Clouds::of(&server.url(), PASSWORD).check("prod", "-o json").run();
    let action = "give its user and password with --auth-file instead of --os-cloud, or exempt the health path from \
                  authentication";
    run.exits(3).reports("/endpoints/0/action", action).reports(
        "/endpoints/0/explanation",
        "access control (Basic realm=\"ops\") answered before the health check could: it ignores the token that was sent",
    );
}

#[test]
fn uncachable_token() {
    let (_server, clouds) = cloud(|_| true);
    clouds.check("prod", "-o nagios").run().exits(0);
    let file = clouds.path(".cache/check_ceilometer/prod.json");
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let run = clouds.check("prod", "-o nagios -v").run();
    run.exits(0).says("prod.json: is a directory\n").says("\nNote: the token was not cached: ");
}

/// Whoever owns the directory above the cache's puts a link to another one in its place during the login.
#[test]
fn replaced_cache_directory() {
    let above = tempfile::tempdir().unwrap();
    let [cache, moved, other] = ["cache", "moved", "other"].map(|name| above.path().join(name));
    fs::create_dir(&other).unwrap();
    let words = format!("--token-cache {}", cache.display());
    let (own, there) = (moved.clone(), other.clone());
    let server = Server::start(move |request, port| {
        if request.is_login() {
            fs::rename(&cache, &own).unwrap();
            std::os::unix::fs::symlink(&there, &cache).unwrap();
            return token("token-1", port);
        }
        health(request)
    });
    Clouds::of(&server.url(), PASSWORD).check("prod", &words).run().exits(0);
    assert_eq!(fs::read_dir(other).unwrap().count(), 0, "the token is elsewhere");
    assert!(moved.join("prod.json").is_file());
}

/// A file system that does not answer costs the cached token, not the result.
#[test]
fn unanswered_cache() {
    if found(&["strace"]).is_none() {
        return;
    }
    let (server, clouds) = cloud(|_| true);
    let (config, cache) = (clouds.path("clouds.yaml"), clouds.path(".cache/check_ceilometer"));
    let arguments = ["--os-cloud", "prod", "--os-config", config.to_str().unwrap(), "-o", "nagios", "-v"];
    let opened = |path: &str| format!("open,openat:delay_enter=2s -P {path}");
    let uncached = "Note: the token was not cached: its file system does not answer\n";
    let table = [
        ("rename,renameat,renameat2:delay_enter=2s".to_owned(), uncached),
        (
            opened(cache.to_str().unwrap()),
            "Note: the file system of the token cache does not answer: this run logs in\n",
        ),
        (opened("prod.json"), "CEILOMETER OK"),
    ];
    for (calls, reason) in table {
        let logins = server.logins();
        let line = format!(r#"exec strace -f -qq -o /dev/null -e inject={calls} "$@" -t 8 2>&-"#);
        let run = clouds.at_home(check_in_shell(&line, &arguments)).run();
        run.exits(0).says(reason);
        assert_eq!(server.logins(), logins + 1, "{calls}");
        clouds.check("prod", "").run().exits(0);
    }
}

/// `ulimit -f` ends a process by a signal unless the process ignores it.
#[test]
fn token_beyond_the_size_limit() {
    let (_server, clouds) = cloud(|_| true);
    let config = clouds.path("clouds.yaml");
    let arguments = ["--os-cloud", "prod", "--os-config", config.to_str().unwrap(), "-o", "nagios", "-v"];
    let run = clouds.at_home(check_in_shell(r#"ulimit -f 0; "$@" | cat"#, &arguments)).run();
    run.says("CEILOMETER OK - ").says("/prod.json: file too large\n");
    assert_eq!(fs::read_dir(clouds.path(".cache/check_ceilometer")).unwrap().count(), 0, "nothing is left");
}

#[test]
fn endless_refusals() {
    let (server, clouds) = cloud(|_| false);
    clouds.check("prod", "--retries 3 --retry-delay 0").run().exits(3);
    assert_eq!(server.logins(), 1, "no loop");
    clouds.check("prod", "--retries 3 --retry-delay 0").run().exits(3);
    assert_eq!(server.logins(), 2, "one new login");
}

#[test]
fn refused_login() {
    let refusal = r#"{"error":{"code":401,"message":"The request you have made requires authentication.","title":"Unauthorized"}}"#;
    let server = Server::start(move |_, _| response("401 Unauthorized", "", refusal));
    let clouds = Clouds::of(&server.url(), PASSWORD);
    let run = clouds.check("prod", "--retries 5 --retry-delay 0").run();
    run.exits(3).summarises("UNKNOWN", &["login-refused: Keystone (", "(401)"]);
    assert_eq!(server.logins(), 1, "accounts lock");
    // The summary is about the login already.
    clouds.check("prod", "-v").run().exits(3).never_says("Login:");
    clouds
        .check("prod", "--state login:401=critical")
        .run()
        .exits(2)
        .summarises("CRITICAL", &["login-refused"]);
}

/// Nothing but a new process sends a refused password again, whatever state the refusal has.
#[test]
fn refused_login_of_many_runs() {
    let refusal = r#"{"error":{"code":401,"message":"The request you have made requires authentication."}}"#;
    for (words, code) in [
        ("--watch 0.05 --count 4 -o json", 3),
        ("--wait 0.5 --retry-delay 0.05 -o json", 3),
        ("--watch 0.05 --count 4 --state login:401=ok", 0),
    ] {
        let server = Server::start(move |_, _| response("401 Unauthorized", "", refusal));
        let run = Clouds::of(&server.url(), PASSWORD).check("prod", words).run();
        run.exits(code);
        assert_eq!(server.logins(), 1, "accounts lock: {words}");
    }
    let server = Server::start(move |_, _| response("401 Unauthorized", "", refusal));
    let run = Clouds::of(&server.url(), PASSWORD).check("prod", "--watch 0.05 --count 2 -o nagios").run();
    assert_eq!(run.stdout.matches("login-refused: Keystone (").count(), 2, "each run reports it");
    assert_eq!(run.stdout.matches("auth_time").count(), 1, "one login took place");
    assert_eq!(run.stdout.matches("(401; restart to try again)").count(), 1, "the second run sends none");
    // The report of `--wait` is about all its runs, and so has the one login.
    let server = Server::start(move |_, _| response("401 Unauthorized", "", refusal));
    let clouds = Clouds::of(&server.url(), PASSWORD);
    let run = clouds.check("prod", "--wait 0.5 --retry-delay 0.05 -o nagios").run();
    run.exits(3).summarises("UNKNOWN", &["login-refused: Keystone (", "(401)"]).says(" auth_time=");
    run.never_says("restart");
    assert_eq!(server.logins(), 1, "accounts lock");
}

/// Whatever breaks off or overflows after its status line, a refusal counts: accounts lock.
#[test]
fn refusals_with_a_fault() {
    let many = "X-Pad: 1\r\n".repeat(200);
    let framing = "Content-Length: 3\r\nContent-Length: 4\r\n";
    let whole: [(String, &str); 9] = [
        (response("401 U", &format!("X-Pad: {}\r\n", "x".repeat(20_000)), "{}"), ""),
        (response("401 U", &many, "{}"), ""),
        (response("403 F", &many, "{}"), "--state login:403=ok"),
        (response("401 U", "no colon\r\n", "{}"), ""),
        (format!("HTTP/1.1 401 U\r\n{framing}\r\nabc"), "--state login:protocol=critical"),
        ("HTTP/1.1 401 U\r\nContent-Length: 100\r\n\r\nabc".into(), "--state login:401=ok"),
        ("HTTP/1.1 401 U\r\nTransfer-Encoding: chunked\r\n\r\n?".into(), "--state login:body=warning"),
        ("HTTP/1.1 401".into(), ""),
        ("HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 401 U\r\n".into(), ""),
    ];
    for (text, words) in whole {
        for mode in ["--watch 0.05 --count 3", "--wait 0.5 --retry-delay 0.05"] {
            let sent = text.clone();
            let server = Server::start(move |_, _| sent.clone());
            let run = Clouds::of(&server.url(), PASSWORD).check("prod", &format!("{mode} {words}")).run();
            run.says("login-refused: Keystone (").says("(40");
            assert_eq!(server.logins(), 1, "{} {mode} {words}", &text[..30.min(text.len())]);
        }
    }
    for begun in ["HTTP/1.1 401 U\r\nServer: x", "HTTP/1.1 401 U\r\nContent-Length: 9\r\n\r\n{"] {
        // A second login would fail the test.
        let keystone = Peer::in_turn([vec![Step::Send(begun.into()), Step::Swallow]]);
        let clouds = Clouds::of(&format!("http://{}", keystone.address()), PASSWORD);
        let run = clouds.check("prod", "-t 1 --watch 0.05 --count 3").run();
        run.exits(3).says("login-refused: Keystone (");
    }
}

/// Without an endpoint the run has the login's state; there is no catalogue to blame.
#[test]
fn overridden_failure_of_a_login() {
    let server = Server::start(move |_, _| response("503 Service Unavailable", "", "down"));
    let clouds = Clouds::of(&server.url(), PASSWORD);
    let run = clouds.check("prod", "--state login:5xx=ok").run();
    let words = ["healthy: Keystone (", "answered the login with 503", " (OK by --state login:5xx)"];
    run.exits(0).summarises("OK", &words);
    let gone = Clouds::of("http://127.0.0.1:1/v3", PASSWORD);
    let run = gone.check("prod", "--state login:refused=ok").run();
    let words = ["healthy: no login to Keystone (", "refused (OK by --state login:refused)"];
    run.exits(0).summarises("OK", &words);
}

#[test]
fn endless_api_timeout() {
    let (server, _) = cloud(|_| true);
    let auth = format!("auth_url: '{}', user_id: u, password: {PASSWORD}, project_id: p", server.url());
    let clouds = format!("clouds: {{prod: {{api_timeout: 1e19, auth: {{{auth}}}}}}}\n");
    Clouds::new(&clouds, "").check("prod", "").run().exits(0);
}

/// The last run of `--wait` has no time for its login, and proves less than the one before it.
#[test]
fn login_cut_short() {
    let granted = AtomicUsize::new(0);
    let keystone = Server::start(move |_, port| {
        while granted.fetch_add(1, Ordering::Relaxed) > 0 {
            std::thread::park();
        }
        // Too short a life for a second run.
        token("token-1", port).replace("T01:00:00Z", "T00:01:00Z")
    });
    let api = Server::start(|request, _| match request.has_token("token-1") {
        true if request.head.starts_with("HEAD ") => health(request),
        true => response("503 Service Unavailable", "", r#"{"error": "db down"}"#),
        false => demand(request),
    });
    let clouds = Clouds::of(&keystone.url(), PASSWORD);
    let run = clouds.check("prod", &format!("{} --wait 1 --retry-delay 0.2", api.address())).run();
    run.exits(2)
        .summarises("CRITICAL", &["backend-down: GET 503 from ", "db down"])
        .never_says("keystone-down");
}

/// Each run of a short `--wait` is cut short; one that learns more counts all the same.
#[test]
fn refused_login_after_a_failed_one() {
    let asked = AtomicUsize::new(0);
    let server = Server::start(move |_, _| match asked.fetch_add(1, Ordering::Relaxed) {
        0 => response("503 Service Unavailable", "", "down"),
        _ => response("401 Unauthorized", "", r#"{"error":{"code":401,"message":"The account is locked"}}"#),
    });
    let run = Clouds::of(&server.url(), PASSWORD).check("prod", "--wait 1 --retry-delay 0.1").run();
    run.exits(3).summarises("UNKNOWN", &["login-refused: Keystone (", "The account is locked"]);
}

/// A Keystone that is down may come back.
#[test]
fn failed_login_of_many_runs() {
    let server = Server::start(move |_, _| response("503 Service Unavailable", "", "down"));
    Clouds::of(&server.url(), PASSWORD).check("prod", "--watch 0.05 --count 3").run().exits(3);
    assert_eq!(server.logins(), 3);
}

/// The culprit and the advice follow from who answered, and what.
#[test]
fn explained_refusals() {
    let error = |code: u16, message: &str| {
        format!(r#"{{"error":{{"code":{code},"message":"{message}","title":"Unauthorized"}}}}"#)
    };
    let plain = "<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head><body><center>\
                 <h1>400 Bad Request</h1></center><center>The plain HTTP request was sent to HTTPS port</center>\
                 <hr><center>nginx/1.22.1</center></body></html>";
    let haproxy =
        "<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>\n";
    let table = [
        ("401 U", "", error(401, "The account is locked for user: 1"), "for the reason that it gives"),
        ("404 N", "", error(404, "Could not find domain"), "check auth_url, then the names of domain"),
        ("400 B", "Server: nginx/1.22.1\r\n", plain.to_owned(), "have auth_url begin with https://"),
        ("403 F", "", haproxy.to_owned(), "HAProxy, not Keystone, answered"),
        (
            "404 N",
            "",
            "<html><hr><center>nginx</center>".to_owned(),
            "nginx, not Keystone, answered, and has no login at this address",
        ),
        ("301 M", "Location: https://k/v3\r\n", String::new(), "redirects to https://k/v3"),
        ("300 M", "", r#"{"versions":{"values":[{"id":"v3.14"}]}}"#.to_owned(), "check the path of auth_url"),
    ];
    for (status, headers, body, words) in table {
        let server = Server::start(move |_, _| response(status, headers, &body));
        Clouds::of(&server.url(), PASSWORD).check("prod", "").run().exits(3).says(words);
    }
}

/// Keystone's own words, or a page's title, say why there is no token.
#[test]
fn explained_failures() {
    let repair = r#"{"error":{"code":503,"message":"Keystone database is in repair, s3cret-passw0rd."}}"#;
    let page = "<html><head><title>Horizon login</title></head><body><h1>Horizon login</h1></body></html>";
    let old = r#"{"access":{"token":{"id":"an-old-t0ken"}}}"#;
    let table = [
        ("503 S", repair, "answered the login with 503: \"Keystone database is in repair, ***.\""),
        ("429 T", repair, "answered the login with 429: \"Keystone database is in repair, ***.\""),
        ("200 OK", page, "with 200, but without a token that can be used: \"Horizon login\""),
        ("201 C", page, "with 201, but without a token that can be used: \"Horizon login\""),
        ("201 C", old, "with 201, but without a token that can be used"),
        ("500 I", old, "answered the login with 500"),
    ];
    for (status, body, words) in table {
        let server = Server::start(move |_, _| response(status, "", body));
        let run = Clouds::of(&server.url(), PASSWORD).check("prod", "").run();
        run.exits(3).summarises("UNKNOWN", &["keystone-down: "]).says(words);
        run.never_says("an-old-t0ken").never_says(PASSWORD);
    }
}

/// A server without TLS waits for the rest of a request, closes, or answers in its own protocol.
#[test]
fn https_at_a_port_without_tls() {
    let table: [(Script, &str); 4] = [
        (vec![Step::Swallow], "check whether the port of auth_url expects https at all"),
        (vec![], "check whether the port of auth_url expects https at all"),
        (
            vec![Step::Send(b"+OK ready\r\n".to_vec()), Step::Swallow],
            "check whether the port of auth_url expects https at all",
        ),
        (
            vec![Step::Send(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()), Step::Swallow],
            "have auth_url begin with http://",
        ),
    ];
    for (script, words) in table {
        let keystone = Peer::in_turn([script]);
        let run =
            Clouds::of(&format!("https://{}", keystone.address()), PASSWORD).check("prod", "-t 2").run();
        run.exits(3).summarises("UNKNOWN", &["keystone-down: no login to Keystone"]).says(words);
    }
}

#[test]
fn second_factor() {
    let receipt = r#"{"receipt":{},"required_auth_methods":[["totp","password"]]}"#;
    let server = Server::start(move |_, _| {
        response("401 Unauthorized", "Openstack-Auth-Receipt: receipt-s3cret\r\n", receipt)
    });
    let run = Clouds::of(&server.url(), PASSWORD).check("prod", "-vvv").run();
    run.exits(3).summarises("UNKNOWN", &["login-refused", "a second factor is required: totp and password"]);
    run.says("make an application credential").never_says("receipt-s3cret");
}

#[test]
fn keystone_down_with_given_endpoints() {
    let api =
        Server::start(|request, _| if request.has_token("x") { health(request) } else { demand(request) });
    let clouds = Clouds::of("http://127.0.0.1:1", PASSWORD);
    let run = clouds.check("prod", &api.address()).run();
    let words = ["keystone-down: ", "is alive but wants a token", "Keystone (http://127.0.0.1:1/v3)"];
    run.exits(3).summarises("UNKNOWN", &words);
    let run = clouds.check("prod", &format!("{} -o json", api.address())).run();
    run.reports("/login/key", "login:refused").reports("/login/token", "none");
    run.reports("/endpoints/0/diagnosis", "keystone-down");
    // Anything else that the API says is judged as ever.
    let down = Server::start(|_, _| response("500 Internal Server Error", "", "broken"));
    clouds.check("prod", &down.address()).run().exits(2).summarises("CRITICAL", &["api-error"]);
}

#[test]
fn keystone_down_under_haproxy() {
    let api = Server::start(|request, _| demand(request));
    let clouds = Clouds::of("http://127.0.0.1:1", PASSWORD);
    let (host, port) = ("127.0.0.1", api.address().split(':').nth(1).unwrap().to_owned());
    let config = clouds.path("clouds.yaml");
    let words = ["--haproxy", "--os-cloud", "prod", "--os-config", config.to_str().unwrap()];
    let server = ["NOT_USED", "NOT_USED", host, port.as_str()];
    let run = clouds.at_home(check(words.into_iter().chain(server))).run();
    run.exits(0).holds(run.stdout.is_empty(), "HAProxy wants silence");
}

#[test]
fn keystone_down_with_cached_endpoints() {
    let granted = AtomicUsize::new(0);
    let server = Server::start(move |request, port| match request.is_login() {
        true if granted.fetch_add(1, Ordering::Relaxed) == 0 => token("token-1", port),
        true => response("503 Service Unavailable", "", "down"),
        false if request.has_token("token-1") => health(request),
        false => demand(request),
    });
    let clouds = Clouds::of(&server.url(), PASSWORD);
    clouds.check("prod", "").run().exits(0);
    let file = clouds.path(".cache/check_ceilometer/prod.json");
    let mut cached: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    cached["expires_at"] = 1.into();
    clouds.write(".cache/check_ceilometer/prod.json", cached.to_string());
    let run = clouds.check("prod", "").run();
    run.exits(3).summarises(
        "UNKNOWN",
        &["keystone-down", "is alive but wants a token", "answered the login with 503"],
    );
}

#[test]
fn tokens_of_a_watch() {
    let (server, clouds) = cloud(|request| request.has_token("token-1"));
    clouds.check("prod", "--token-cache off --watch 0.1 --count 3").run().exits(0);
    assert_eq!(server.logins(), 1, "held in memory");
}

#[test]
fn masked_secrets() {
    let (_server, clouds) = cloud(|_| true);
    for format in ["human", "nagios", "json", "haproxy-agent", "prometheus"] {
        for words in ["", " --token-cache off"] {
            let run = clouds.check("prod", &format!("-vvv -o {format}{words}")).run();
            run.exits(0).never_says(PASSWORD).never_says("token-");
        }
    }
    clouds.check("prod", "-v").run().says("Note: the login goes over plain http");
}

/// A cloud that grants `1-of-many-tokens`, …, and whose API refuses all of them and quotes the first.
fn reflecting_cloud() -> (Server, Clouds) {
    let granted = AtomicUsize::new(0);
    let server = Server::start(move |request, port| match request.is_login() {
        true => token(&format!("{}-of-many-tokens", 1 + granted.fetch_add(1, Ordering::Relaxed)), port),
        false if request.head.starts_with("HEAD ") => demand(request),
        false => {
            response("401 Unauthorized", "", r#"{"error": {"message": "seen before: 1-of-many-tokens"}}"#)
        }
    });
    let clouds = Clouds::of(&server.url(), PASSWORD);
    (server, clouds)
}

#[test]
fn first_token_of_many_logins() {
    let (server, clouds) = reflecting_cloud();
    let words = "--token-cache off --watch 0.05 --count 8 -o json -vvv";
    clouds.check("prod", words).run().says("seen before: ***").never_says("1-of-many");
    assert_eq!(server.logins(), 8);
}

/// An endpoint that got a cached token before may quote it after it has become too old to be sent.
#[test]
fn cached_token_at_the_end_of_its_life() {
    let (server, clouds) = reflecting_cloud();
    clouds.check("prod", "").run().exits(3);
    let file = clouds.path(".cache/check_ceilometer/prod.json");
    let mut cached: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let soon = SystemTime::now() + Duration::from_secs(100);
    cached["expires_at"] = soon.duration_since(UNIX_EPOCH).unwrap().as_secs().into();
    clouds.write(".cache/check_ceilometer/prod.json", cached.to_string());
    let run = clouds.check("prod", "-o json -vvv").run();
    run.exits(3).says("seen before: ***").never_says("1-of-many");
    assert_eq!(server.logins(), 2, "not sent again");
}

/// A response that is no grant may have tokens all the same, one or several, and be no HTTP.
#[test]
fn tokens_without_a_grant() {
    let tokens = "X-Subject-Token: first-s3cret-token\r\nX-Subject-Token:second-s3cret-token\r\n";
    let body = r#"{"error": {"message": "first-s3cret-token second-s3cret-token"}}"#;
    let table = [response("500 E", tokens, body), format!("ICY 201 Created\r\n{tokens}\r\n")];
    for text in table {
        let server = Server::start(move |_, _| text.clone());
        let run = Clouds::of(&server.url(), PASSWORD).check("prod", "-vvv -o json").run();
        run.exits(3).says("***").never_says("s3cret-token");
    }
}

/// Responses that only look like a grant.
#[test]
fn unusable_tokens() {
    let body = r#"{"token":{"catalog":[]}}"#;
    let long = format!(r#"{{"token":{{"pad":"{}"}}}}"#, "x".repeat(1 << 20));
    let table = [
        ("", body),
        ("X-Subject-Token: two words\r\n", body),
        ("X-Subject-Token: caf\u{e9}\r\n", body),
        ("X-Subject-Token: token\r\n", "[]"),
        ("X-Subject-Token: token\r\n", &long),
    ];
    for (header, body) in table {
        let text = response("201 Created", header, body);
        let server = Server::start(move |_, _| text.clone());
        let run = Clouds::of(&server.url(), PASSWORD).check("prod", "-o json").run();
        run.exits(3).reports("/login/key", "login:2xx").reports("/login/token", "none");
        run.says("answered the login with 201, but without a token that can be used");
    }
}

#[test]
fn silent_keystone() {
    let keystone = Peer::in_turn([vec![Step::Swallow]]);
    let run = Clouds::of(&format!("http://{}", keystone.address()), PASSWORD).check("prod", "-t 2").run();
    // The half of -t, less what was spent before: "within 997 ms", or "within 1 s".
    run.exits(3).summarises(
        "UNKNOWN",
        &["keystone-down: no login to Keystone (", "/v3) within ", "s: the request was sent"],
    );
}

/// The keys that `--explain` names for a response judge it also where it brings no token.
#[test]
fn states_of_responses_without_a_token() {
    for (status, body, key, judges) in [
        ("200 OK", "hello", "login:200", true),
        ("200 OK", "hello", "login:2xx", true),
        ("200 OK", "hello", "login:201", false),
        ("204 No Content", "", "login:204", true),
        ("201 Created", "{}", "login:201", true),
        ("201 Created", "{}", "login:2xx", true),
        ("201 Created", "{}", "login:protocol", false),
    ] {
        let server = Server::start(move |_, _| response(status, "", body));
        let words = format!("-o json --state {key}=warning");
        let run = Clouds::of(&server.url(), PASSWORD).check("prod", &words).run();
        run.exits(if judges { 1 } else { 3 }).reports("/login/diagnosis", "keystone-down");
        run.reports("/login/key", if judges { key } else { "login:2xx" });
    }
}

/// Keystone knows the password and the token; what it registers must not show them.
#[test]
fn secrets_in_a_catalogue() {
    const URLS: [&str; 4] = [
        "http://127.0.0.1:1/s3cret-passw0rd",
        "http://s3cret-passw0rd.example",
        "http://m/token-1",
        "s3cret-passw0rd://m",
    ];
    for url in URLS {
        let (_server, clouds) = catalogue(Box::leak(Box::new([("R1", url)])));
        let run = clouds.check("prod", "-vvv").run();
        run.exits(3).summarises("UNKNOWN", &["not-in-catalog", "its URL in the region R1 cannot be used"]);
        run.never_says(PASSWORD).never_says("token-1");
    }
    let (_server, clouds) = catalogue(&[("s3cret-passw0rd", "http://127.0.0.1:PORT")]);
    clouds.check("prod", "-vvv -o json").run().exits(0).reports("/endpoints/0/region", "***");
}

#[test]
fn rehearsals() {
    for name in ["keystone-down", "login-refused", "not-in-catalog"] {
        let run = check(["--simulate", name]).run();
        run.exits(3).summarises("UNKNOWN", &["SIMULATED", name]);
        // Appended to a configured command, it takes the cloud's place.
        check(["--os-cloud", "prod", "--simulate", name]).run().exits(3).summarises("UNKNOWN", &[name]);
    }
    let run = check(["--simulate", "backend-down,keystone-down,denied", "-o", "json"]).run();
    run.exits(2).reports("/login/diagnosis", "keystone-down");
    run.reports("/endpoints/0/diagnosis", "backend-down").reports("/endpoints/1/diagnosis", "keystone-down");
    let table = [
        ("keystone-down,login-refused", "cannot be combined with login-refused: a run logs in once"),
        ("healthy,not-in-catalog", "cannot be combined with healthy: no endpoint is asked after it"),
    ];
    for (names, reason) in table {
        check(["--simulate", names]).run().is_refused(&[reason, "rehearse one after the other"]);
    }
}
