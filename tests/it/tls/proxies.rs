//! Proxies: asked by CONNECT, blamed for what is theirs, and only where they are named.

use std::time::Duration;

use crate::support::certificates::{Authority, Files};
use crate::support::harness::{Finished, check, in_good_time, words};
use crate::support::peer::{Nobody, Peer, Script, Step, says};
use crate::tls::programs::{Program, tinyproxy};
use crate::tls::server::TlsServer;

/// Asserts that the proxy is blamed, in these words.
#[track_caller]
fn blames_the_proxy(run: &Finished, endpoint: &str, why: &str) {
    run.exits(3).is_plugin_output();
    run.summarises("UNKNOWN", &["unreachable: no tunnel to ", endpoint]).says(why);
    run.holds(run.labels() == ["head_time"], "other metrics");
}

/// A proxy may quote the password where it names a scheme, which ends at a comma.
#[test]
fn password_in_a_challenge() {
    let challenges = "Proxy-Authenticate: Tr0ub4d,correcthorse\r\nProxy-Authenticate: Negotiate\r\n";
    let proxy = Peer::in_turn([says(format!("HTTP/1.1 407 P\r\n{challenges}\r\n"))]);
    let at = format!("http://{}", proxy.address());
    let run = check(["service.example", "--proxy", &at, "--proxy-auth-file", "-"])
        .stdin("u:Tr0ub4d,correcthorse\n")
        .run();
    blames_the_proxy(&run, "service.example:8777", "wants credentials (407) by another scheme or Negotiate");
    run.never_says("Tr0ub4d");
}

#[test]
fn responses_of_a_proxy() {
    let endless = b"HTTP/1.1 200 OK\r\nX: ".to_vec();
    let cases: [(Script, &str); 16] = [
        (
            says("HTTP/1.1 407 P\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n\r\n"),
            "wants credentials (407) by Negotiate or NTLM, and this program supports only Basic",
        ),
        (
            says("HTTP/1.1 407 P\r\nProxy-Authenticate: NTLM, Basic realm=x\r\n\r\n"),
            "wants credentials (407): give them with --proxy-auth-file FILE",
        ),
        // tinyproxy
        (
            says("HTTP/1.0 500 Unable to connect\r\n\r\n"),
            "refused the tunnel with status 500: it could not reach the endpoint",
        ),
        (
            says("HTTP/1.1 503 Service Unavailable\r\nX-Squid-Error: ERR_DNS_FAIL 0\r\n\r\n"),
            "refused the tunnel with status 503: it could not reach the endpoint (ERR_DNS_FAIL 0)",
        ),
        (
            says("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"),
            "wants credentials (407): give them with --proxy-auth-file FILE",
        ),
        (says("HTTP/1.0 403 Filtered\r\n\r\n"), "refused the tunnel with status 403"),
        (
            says("HTTP/1.1 405 Not Allowed\r\n\r\n"),
            "refused the tunnel with status 405: it looks like a web server, not a proxy",
        ),
        (
            says("HTTP/1.1 404 Not Found\r\nAllow: GET\r\n\r\n"),
            "refused the tunnel with status 404: it looks like a web server, not a proxy",
        ),
        (
            says("HTTP/1.1 400 Bad Request\r\nServer: nginx/1.22.1\r\n\r\n"),
            "refused the tunnel with status 400: it looks like a web server, not a proxy",
        ),
        (
            says("HTTP/1.1 502 Bad Gateway\r\n\r\n"),
            "refused the tunnel with status 502: it could not reach the endpoint",
        ),
        // A server that sends first, and leaves its connection open.
        (
            vec![Step::Read, Step::Send(b"SSH-2.0-OpenSSH_9.2p1\r\n".to_vec()), Step::Swallow],
            "did not answer as an HTTP proxy does",
        ),
        (says("SSH-2.0-OpenSSH_9.2p1\r\n\r\n\r\n"), "did not answer as an HTTP proxy does"),
        (vec![Step::Read], "broke the connection off: unexpected end of file"),
        (vec![Step::Read, Step::Forever(vec![b'x'; 1000])], "did not answer as an HTTP proxy does"),
        (
            vec![Step::Read, Step::Send(endless), Step::Forever(b"\r\nX: y".to_vec())],
            "answers with headers that are longer than 16 KiB",
        ),
        (
            says("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\n\r\n"),
            "refused the tunnel with status 503",
        ),
    ];
    for (script, why) in cases {
        let proxy = Peer::in_turn([script.clone(), script]);
        let at = format!("http://{}", proxy.address());
        let run = check(["service.example", "--proxy", &at]).run();
        blames_the_proxy(&run, "service.example:8777", &format!("the proxy {} {why}", proxy.address()));
        check(["service.example", "--proxy", &at, "-o", "json"])
            .run()
            .reports("/endpoints/0/probes/0/key", "proxy")
            .reports("/endpoints/0/probes/0/fault/kind", "proxy")
            .reports("/endpoints/0/probes/0/fault/phase", "connect")
            .reports("/endpoints/0/probes/0/peer", proxy.address())
            .reports("/endpoints/0/diagnosis", "unreachable");
        let asked = &proxy.requests()[0];
        assert_eq!(asked.raw, "CONNECT service.example:8777 HTTP/1.1\r\nHost: service.example:8777\r\n\r\n");
    }
}

/// A proxy that lives and says so is not sought.
#[test]
fn advice_about_a_proxy() {
    let files = Files::new();
    let login = files.write("login", "me:s3cret-word");
    let wants = says("HTTP/1.1 407 P\r\nProxy-Authenticate: Basic\r\n\r\n");
    let cases: [(Script, &[&str], [&str; 2]); 3] = [
        (
            says("HTTP/1.1 504 T\r\n\r\n"),
            &[],
            [
                "the proxy answers, but it could not reach the service",
                "Action: check the API, and the network between the proxy and it",
            ],
        ),
        (
            wants,
            &["--proxy-auth-file", &login],
            ["rejected the credentials of --proxy-auth-file (407)", "Action: give valid credentials"],
        ),
        (
            says("<p>"),
            &[],
            ["did not answer as an HTTP proxy does", "Action: check that --proxy gives the address and port"],
        ),
    ];
    for (script, options, words) in cases {
        let proxy = Peer::in_turn([script]);
        let address = proxy.address();
        let run = check([&["service.example", "--proxy", &address], options].concat()).run();
        run.exits(3).says(words[0]).says(words[1]).never_says("s3cret");
    }
    let silent = Peer::in_turn([vec![Step::Read, Step::Hang]]);
    let run = check(["service.example", "--proxy", &silent.address(), "-t", "0.3"]).run();
    run.exits(2).says("opened no tunnel to").says("Action: check the proxy and its load");
}

/// The bytes that come with the proxy's response are the endpoint's.
#[test]
fn server_that_sends_first() {
    in_good_time(|| {
        for banner in
            ["SSH-2.0-OpenSSH_9.2p1\r\n", "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"]
        {
            let script = vec![
                Step::Read,
                Step::Send(format!("HTTP/1.1 200 Connection established\r\n\r\n{banner}").into()),
                Step::Swallow,
            ];
            let proxy = Peer::in_turn([script.clone(), script]);
            let run = check(["service.example", "--proxy", &proxy.address(), "-t", "20"]).run();
            run.exits(2).says(if banner.starts_with("SSH") { "begins with: SSH-2.0" } else { "GET 408" });
            run.ends_within(Duration::from_secs(2));
        }
    });
}

/// A web server answers CONNECT as it answers anything: the endpoint is not to blame for its page.
#[test]
fn web_server_as_proxy() {
    let connection = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";
    let documents = [
        "Content-Length: 15\r\n\r\n{\"status\":\"ok\"}",
        "Content-Length: 15\r\n\r\n<p>It works</p>",
        "Transfer-Encoding: chunked\r\n\r\nf\r\n{\"status\":\"ok\"}\r\n0\r\n\r\n",
    ];
    for (document, scheme) in documents.iter().flat_map(|document| [(document, "http"), (document, "https")])
    {
        let response = format!("{connection}{document}");
        let at_once = vec![Step::Read, Step::Send(response.clone().into()), Step::Swallow];
        let (head, body) = response.split_at(response.find("\r\n\r\n").unwrap() + 4);
        let in_turn = vec![Step::Read, Step::Send(head.into()), Step::Send(body.into()), Step::Swallow];
        for script in [at_once, in_turn] {
            let proxy = Peer::in_turn([script]);
            let endpoint = format!("{scheme}://service.example:8777");
            let run = check([&endpoint, "--proxy", &proxy.address()]).run();
            let words =
                "answered CONNECT with 200 and a document of its own: it is a web server, not a proxy";
            blames_the_proxy(&run, "service.example:8777", &format!("the proxy {} {words}", proxy.address()));
            run.says("Action: check that --proxy gives the address and port of an HTTP proxy");
        }
    }
}

/// RFC 9110, section 9.3.6: a client ignores these headers in a tunnel's response. There are proxies that send them.
#[test]
fn tunnel_with_a_body_s_headers() {
    let endpoint = "HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n";
    let cases = [
        ("Transfer-Encoding: chunked", endpoint, "GET 503"),
        ("Content-Length: 15", endpoint, "GET 503"),
        ("Content-Length: 0", "SSH-2.0-OpenSSH_9.2p1\r\n", "begins with: SSH-2.0"),
        ("Transfer-Encoding: chunked", "SSH-2.0-OpenSSH_9.2p1\r\n", "begins with: SSH-2.0"),
    ];
    for (header, response, words) in cases {
        let opened = format!("HTTP/1.1 200 OK\r\n{header}\r\n\r\n");
        let script = vec![
            Step::Read,
            Step::Send(opened.into()),
            Step::Read,
            Step::Send(response.into()),
            Step::Swallow,
        ];
        let proxy = Peer::in_turn([script.clone(), script]);
        let run = check(["service.example", "--proxy", &proxy.address(), "-t", "20"]).run();
        run.exits(2).says(words).never_says("web server, not a proxy");
    }
}

#[test]
fn unreachable_proxy() {
    in_good_time(|| {
        let nobody = Nobody::refusing();
        let run = check(["service.example", "--proxy", &nobody.address()]).run();
        let at = nobody.address();
        let why = format!("the proxy {at} cannot be reached: connection refused");
        blames_the_proxy(&run, "service.example:8777", &why);
        let run = check(["service.example", "--proxy", "nowhere.invalid:3128"]).run();
        blames_the_proxy(&run, "service.example:8777", "the proxy nowhere.invalid:3128 cannot be reached: ");
        let deaf = Nobody::deaf();
        let run = check(["service.example", "--proxy", &deaf.address(), "-t", "0.3"]).run();
        run.ends_within(Duration::from_millis(300));
        blames_the_proxy(&run, "service.example:8777", "cannot be reached");
    });
}

/// A client cannot know which of the two is silent: the proxy or the service.
#[test]
fn silent_tunnel() {
    in_good_time(|| {
        let proxy = Peer::in_turn([vec![Step::Swallow]]);
        let run = check(["service.example", "--proxy", &proxy.address(), "-t", "0.3"]).run();
        run.exits(2).ends_within(Duration::from_millis(300));
        run.says(&format!("the proxy {} opened no tunnel to service.example:8777 within ", proxy.address()));
    });
}

#[test]
fn proxies_in_the_environment() {
    let (untouched, peer) = (Peer::untouched(), Peer::healthy());
    let proxy = format!("http://{}", untouched.address());
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"] {
        let note = format!("{name} in the environment is ignored: use --proxy");
        let run = check([&peer.address(), "-v"]).env(name, &proxy).run();
        run.exits(0).says(&note);
        check([peer.address()]).env(name, &proxy).run().exits(0).never_says(&note);
    }
}

/// Runs a test through tinyproxy, with services on both schemes.
fn through_tinyproxy(directives: &str, test: impl Fn(&Program, &str, &str)) {
    let Some(proxy) = tinyproxy(directives) else { return };
    let (root, files) = (Authority::new("Test CA"), Files::new());
    let cacert = files.write("ca.pem", &root.identity.certificate);
    let (plain, secure) = (Peer::healthy(), TlsServer::healthy(&root.server("localhost")));
    let via = format!("--proxy http://127.0.0.1:{}", proxy.port);
    test(&proxy, &plain.address(), &via);
    test(&proxy, &secure.url(), &format!("{via} --cacert {cacert}"));
}

#[test]
fn tinyproxy_with_both_schemes() {
    through_tinyproxy("", |proxy, endpoint, options| {
        let run = check(words(&format!("{endpoint} {options} -o json"))).run();
        run.exits(0)
            .reports("/endpoints/0/diagnosis", "healthy")
            .reports("/endpoints/0/probes/0/peer", format!("127.0.0.1:{}", proxy.port));
    });
}

#[test]
fn tinyproxy_with_credentials() {
    through_tinyproxy("BasicAuth monitor tiny-password", |proxy, endpoint, options| {
        let at = format!("the proxy 127.0.0.1:{}", proxy.port);
        let wants = format!("{at} wants credentials (407): give them with --proxy-auth-file FILE");
        let run = check(words(&format!("{endpoint} {options}"))).run();
        blames_the_proxy(&run, endpoint, &wants);
        for (credentials, code) in [("monitor:tiny-password\n", 0), ("monitor:wrong-password\n", 3)] {
            let file = proxy.files.write("credentials", credentials);
            let run = check(words(&format!("{endpoint} {options} --proxy-auth-file {file} -vvv"))).run();
            run.exits(code).never_says("tiny-password").never_says("wrong-password");
        }
    });
    refused_through_tinyproxy();
}

/// Asserts that tinyproxy's error about an unreachable service is attributed to tinyproxy.
fn refused_through_tinyproxy() {
    let (Some(proxy), nobody) = (tinyproxy(""), Nobody::refusing()) else { return };
    let run = check(words(&format!("{} --proxy 127.0.0.1:{}", nobody.address(), proxy.port))).run();
    let why = format!("the proxy 127.0.0.1:{} refused the tunnel with status 5", proxy.port);
    blames_the_proxy(&run, &nobody.address(), &why);
}
