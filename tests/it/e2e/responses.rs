//! Every kind of response that a broken server can give, each with its fault and message.

use std::time::Duration;

use crate::support::certificates::Files;
use crate::support::harness::{check, words};
use crate::support::peer::{Peer, Script, Step, alive, says};

const OK: &str = "HTTP/1.1 200 OK\r\n";

/// Asserts what happens where HEAD is answered and GET in this way: the diagnosis, the fault's kind and phase, and all
/// of its words.
#[track_caller]
fn has_fault(script: Script, (diagnosis, kind, phase): (&str, &str, &str), message: &str) {
    let peer = Peer::by_method(alive(), script);
    let run = check([&peer.address(), "-t", "5", "-o", "json"]).run();
    run.exits(2)
        .has_no_hostile_characters()
        .reports("/endpoints/0/probes/1/fault/message", message)
        .reports("/endpoints/0/probes/1/fault/kind", kind)
        .reports("/endpoints/0/probes/1/fault/phase", phase)
        .reports("/endpoints/0/diagnosis", diagnosis);
}

const NO_HTTP: (&str, &str, &str) = ("wrong-service", "protocol", "receive");
const BROKEN_BODY: (&str, &str, &str) = ("backend-stalled", "body", "receive");

/// Asks by GET alone, and asserts that a response is taken as the healthy one that it is.
#[track_caller]
fn is_healthy(name: &str, bytes: &str) {
    let peer = Peer::always(says(bytes));
    let run = check([&peer.address(), "-m", "get", "-t", "5", "-o", "json"]).run();
    run.holds(run.code == Some(0), name).exits(0).reports("/endpoints/0/probes/0/fault", ());
}

#[test]
fn body_beyond_the_limit() {
    for (length, words) in [(64 * 1024, ""), (70_000, "; of its body only the first 64 KiB were read")] {
        let peer = Peer::by_method(alive(), says(format!("{OK}\r\n{}", "x".repeat(length))));
        let expected = format!("the API answers and reaches its back-end{words}");
        let run = check([&peer.address(), "-o", "json"]).run();
        run.exits(0).reports("/endpoints/0/explanation", expected.as_str());
    }
}

/// The summary has the beginning of a long reason, the long output the rest, masked as a whole.
#[test]
fn long_reason() {
    let files = Files::new();
    let token = files.write("token", "s3cr3t-t0ken");
    let reason = format!("{}s3cr3t-t0ken {}the end", "to begin with, ".repeat(11), "and so on, ".repeat(40));
    let body = format!(r#"{{"error_message": "{reason}", "debuginfo": "dbg"}}"#);
    let peer = Peer::by_method(alive(), says(format!("HTTP/1.1 503 No\r\n\r\n{body}")));
    let run = |output: &str| {
        check([&peer.address(), "--token-file", &token, "-o", output])
            .run()
            .exits(2)
            .never_says("s3cr3t")
            .stdout
            .clone()
    };
    let plain = run("nagios");
    assert!(plain.contains(": \"to begin with, to begin"), "{plain}");
    assert!(
        plain.contains("\nGET said: …") && plain.ends_with(" the end\nGET also said: debuginfo: dbg\n"),
        "{plain}"
    );
    let people = run("human");
    assert!(
        words(&people).join(" ").contains("and so on, the end GET also said: debuginfo: dbg"),
        "{people}"
    );
    assert!(run("json").contains("and so on, the end; debuginfo: dbg\""));
}

fn then_reset(bytes: impl Into<Vec<u8>>) -> Script {
    vec![Step::Send(bytes.into()), Step::Reset]
}

#[test]
fn connections_that_end() {
    let none = "before any response";
    let head = "within the response headers";
    let table: [(Script, &str, &str, &str); 7] = [
        (vec![Step::Reset], "reset", "wait", &format!("the connection was reset {none}")),
        (then_reset(format!("{OK}X: ")), "reset", "receive", &format!("the connection was reset {head}")),
        (vec![], "closed", "wait", &format!("the connection was closed {none}")),
        (says("H"), "closed", "receive", &format!("the connection was closed {head}")),
        (says(format!("{OK}X: ")), "closed", "receive", &format!("the connection was closed {head}")),
        (
            says(format!("{OK}Content-Length: 5\r\n")),
            "closed",
            "receive",
            &format!("the connection was closed {head}"),
        ),
        (
            says("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 2"),
            "closed",
            "receive",
            "the connection was closed between an interim response and the final one",
        ),
    ];
    for (script, kind, phase, message) in table {
        has_fault(script, ("backend-stalled", kind, phase), message);
    }
    for framing in ["", "Content-Length: 9\r\n"] {
        let begun = format!("{OK}{framing}\r\n{{");
        has_fault(then_reset(begun), BROKEN_BODY, "the connection was reset within the response body");
    }
    let cut = says(format!("{OK}Content-Length: 9\r\n\r\n{{"));
    has_fault(cut, BROKEN_BODY, "the connection was closed before the body was complete");
}

#[test]
fn other_protocols() {
    let begins = "the response begins with:";
    let http2 = "the server speaks HTTP/2 only, not HTTP/1.1";
    let http09 = "the response is content without headers (HTTP/0.9); it begins with:";
    let version = "the response headers are malformed (invalid HTTP version)";
    let table: [(&[u8], &str); 15] = [
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", &format!("{begins} SSH-2.0-OpenSSH_9.2p1")),
        (b"HTTP/1.1 103 E\r\n\r\n220 (vsFTPd)\r\n", &format!("{begins} 220 (vsFTPd)")),
        (b"220 mail ESMTP\r\n", &format!("{begins} 220 mail ESMTP")),
        (b"220 (vsFTPd)\r\n530 Please login.\r\n", &format!("{begins} 220 (vsFTPd) 530 Please login.")),
        // MariaDB.
        (b"J\0\0\0\n5.7.30\0\x08\0\0\0", &format!("{begins} J 5.7.30")),
        (b"RTSP/1.0 400 Bad\r\n\r\n", &format!("{begins} RTSP/1.0 400 Bad")),
        (b"\0\x01\xff\x1b[\x9b", &format!("{begins} the bytes 00 01 ff 1b 5b 9b")),
        (b"\0\xff garbage \x1b[31m\r\n\r\n", &format!("{begins} \u{fffd} garbage")),
        (b"\x15\x03\x01\0\x02\x02\x28", "the server speaks TLS"),
        (b"<p>It works!</p>\n", &format!("{http09} <p>It works!</p>")),
        // HTTP/2: settings, a preface and a status line.
        (b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64\0\x04\x40\0\0\0", http2),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", http2),
        (b"HTTP/2 200\r\n\r\n", http2),
        (b"HTTP/1.2 200 OK\r\n\r\n", version),
        (b"HTTP/1.1 OK\r\n\r\n", "the response headers are malformed (invalid response status)"),
    ];
    for (bytes, message) in table {
        has_fault(says(bytes), NO_HTTP, message);
    }
}

#[test]
fn malformed_heads() {
    let table = [
        ("99 x\r\n", "invalid response status"),
        ("2000 x\r\n", "invalid response status"),
        ("099 x\r\n", "invalid status code: 099"),
        ("200 OK\r\nno colon\r\n", "invalid header name"),
        ("200 OK\r\nX: a\0b\r\n", "invalid header value"),
    ];
    for (head, why) in table {
        let message = format!("the response headers are malformed ({why})");
        has_fault(says(format!("HTTP/1.1 {head}\r\n{{}}")), NO_HTTP, &message);
    }
    let framings = [
        (
            "Content-Length: 2\r\nTransfer-Encoding: chunked",
            "the response has both Content-Length and Transfer-Encoding",
        ),
        ("Content-Length: 2\r\nContent-Length: 3", "the response has two different Content-Lengths"),
        ("Content-Length: 2, 3", "the response has two different Content-Lengths"),
        ("Content-Length: 99999999999999999999", "the response's Content-Length is not a number"),
        ("Content-Length: +2", "the response's Content-Length is not a number"),
        ("Content-Length:", "the response's Content-Length is not a number"),
    ];
    for (headers, why) in framings {
        has_fault(says(format!("{OK}{headers}\r\n\r\n{{}}")), NO_HTTP, why);
    }
    let long = format!("{OK}X: {}\r\n\r\n", "y".repeat(16 * 1024));
    let limit = "the response headers are longer than 16 KiB, the most that this program reads";
    has_fault(says(long), NO_HTTP, limit);
    let many = |number| format!("{OK}{}Content-Length: 2\r\n\r\n{{}}", "X: y\r\n".repeat(number));
    is_healthy("128 headers", &many(127));
    has_fault(
        says(many(128)),
        NO_HTTP,
        "the response has more than 128 headers, the most that this program reads",
    );
}

/// An odd head hides no status: neither one that curl or a browser accepts, nor one that nobody accepts.
#[test]
fn odd_heads() {
    let lenient = [
        "Reason \u{1b}[31m\u{f6}\r\n",
        "No\r\nX: a\u{1}\u{7f}c\rd\r\n",
        "No\r\n: no name\r\n",
        "No\r\n folded: first\r\n",
        "No\r\nX Y: a\r\nX\u{f6}: b\r\n",
        "No\r\nX : a\r\n",
    ];
    is_healthy("CR CR LF", &format!("{OK}Content-Length: 2\r\n\r\n{{}}").replace("\r\n", "\r\r\n"));
    for odd in lenient {
        is_healthy(odd, &format!("HTTP/1.1 200 {odd}Content-Length : 2\r\n\r\n{{}}"));
        is_healthy(odd, &format!("HTTP/1.1  200 {odd}\r\n{{}}"));
    }
    let refused =
        ["no colon\r\n", "X: a\0b\r\n", "Content-Length: two\r\n", "Content-Length: -1\r\n", "X: cut"];
    for odd in lenient.map(str::to_owned).into_iter().chain(refused.map(|line| format!("No\r\n{line}"))) {
        let peer = Peer::always(says(format!("HTTP/1.1 503 {odd}\r\n")));
        let run = check([&peer.address(), "-m", "get", "-t", "5", "-o", "json"]).run();
        run.exits(2)
            .reports("/endpoints/0/diagnosis", "backend-down")
            .reports("/endpoints/0/probes/0/key", "get:503")
            .reports("/endpoints/0/probes/0/status", 503);
    }
}

/// The coding `identity` of RFC 2616 changes nothing, beside a length neither.
#[test]
fn identity_coding() {
    is_healthy("identity", &format!("{OK}Transfer-Encoding: Identity\r\nContent-Length: 2\r\n\r\n{{}}"));
}

#[test]
fn broken_chunks() {
    let cut = "the connection was closed before the body was complete";
    let broken = |why: &str| format!("the body's chunks are broken ({why})");
    let no_number = broken("a chunk's size is not a number");
    let no_end = broken("a chunk is longer than its size");
    let table = [
        ("zz\r\n{}", no_number.as_str()),
        ("+2\r\n{}\r\n0\r\n\r\n", &no_number),
        ("\r\n", &no_number),
        ("ffffffffffffffffff\r\n{}", &no_number),
        ("2\r\n{}XX0\r\n\r\n", &no_end),
        (&"0".repeat(50_000), &broken("a chunk's size does not end")),
        ("5\r\n{}", cut),
        ("2\r{}\r0\r\r", cut),
        ("2\r\n{}\r\n", cut),
        ("2\r\n{}\r\n0", cut),
    ];
    for (body, message) in table {
        let response = format!("{OK}Transfer-Encoding: chunked\r\n\r\n{body}");
        has_fault(says(response), BROKEN_BODY, message);
    }
}

#[test]
fn odd_valid_responses() {
    for (name, bytes) in [
        ("no header at all", "HTTP/1.1 200 OK\r\n\r\n"),
        ("no reason", "HTTP/1.1 200\r\n\r\n"),
        ("an empty reason", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"),
        ("lower case", "http/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
        ("lower case after an interim answer", "Http/1.1 100 Continue\r\n\r\nhttp/1.0 200\r\n\r\n"),
        ("HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\n{}"),
        ("line feeds alone", "HTTP/1.1 200 OK\nContent-Length: 2\n\n{}"),
        ("a line end ahead", "\r\nHTTP/1.1 200 OK\r\n\r\n{}"),
        ("the same length twice", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}"),
        ("a folded line", "HTTP/1.1 200 OK\r\nX: a\r\n  b\r\n\r\n{}"),
        ("a header twice", "HTTP/1.1 200 OK\r\nContent-Type: a\r\nContent-Type: b\r\n\r\n{}"),
        ("Latin-1", "HTTP/1.1 200 \u{e4}\r\nX: \u{f6}\r\n\r\n{}"),
        ("data after the body", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 500 x\r\n\r\n"),
        // The last chunk makes the body complete (RFC 9112, section 8), whatever its trailer lacks.
        ("no trailer's end", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"),
        (
            "data after the last chunk",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\nmore",
        ),
        ("100 with headers", "HTTP/1.1 100 Continue\r\nDate: now\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
        ("100 in HTTP/1.0", "HTTP/1.0 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
        (
            "a row of interim answers",
            "HTTP/1.1 103 x\r\nLink: <a>\r\n\r\nHTTP/1.1 100\r\nVia: b\r\n\r\nHTTP/1.1 199 c\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        ),
    ] {
        is_healthy(name, bytes);
    }
}

/// Chunks as curl reads them.
#[test]
fn lenient_chunks() {
    let table = [
        ("line feeds alone", "2\n{}\n0\n\n"),
        ("a line feed after the size", "2\n{}\r\n0\r\n\r\n"),
        ("a line feed after the data", "2\r\n{}\n0\r\n\r\n"),
        ("line feeds in the trailer", "2\r\n{}\r\n0\nX: y\n\n"),
        ("blanks around the size", " 2 \r\r\n{}\r\n0\r\n\r\n"),
        ("zeros before the size", "000000000000000000002\r\n{}\r\n000\r\n\r\n"),
        ("extensions", "2;chunk-signature=0123456789abcdef0123456789abcdef;a=\"b\"\r\n{}\r\n0;c\r\n\r\n"),
        ("chunks of a byte", "1\n{\n1\n}\n0\n"),
    ];
    for (name, body) in table {
        is_healthy(name, &format!("{OK}Transfer-Encoding: chunked\r\n\r\n{body}"));
        is_healthy(name, &format!("HTTP/1.0 200 OK\r\ntransfer-encoding: CHUNKED\r\n\r\n{body}"));
    }
}

/// A server that leaves its connection open has said all that it has to say.
#[test]
fn ends_of_bodies() {
    for body in ["Content-Length: 2\r\n\r\n{}", "Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n"] {
        let peer = Peer::always(vec![Step::Read, Step::Send(format!("{OK}{body}").into()), Step::Hang]);
        check([&peer.address(), "-m", "get", "-t", "5"]).run().exits(0);
    }
}

/// The framing of a body that cannot come is not read, as curl does not read it.
#[test]
fn lengths_without_a_body() {
    for value in ["x", "-1", "", "99999999999999999999999"] {
        let head = format!("HTTP/1.1 204 No\r\nContent-Length: {value}\r\n\r\n");
        let peer = Peer::by_method(says(head), says(format!("{OK}\r\n{{}}")));
        check([&peer.address(), "-t", "5"]).run().exits(0).summarises("OK", &["HEAD 204, GET 200"]);
    }
}

/// A body that arrives with the head's end in one piece is not the head's, whatever came before.
#[test]
fn large_body_after_an_interim_response() {
    let early = "HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n";
    let large = format!("{OK}Content-Length: 60000\r\n\r\n{}", "x".repeat(60_000));
    // The drip lets the interim response arrive by itself.
    let peer = Peer::always(vec![Step::Drip(early.into()), Step::Send(large.into())]);
    check([&peer.address(), "-m", "get"]).run().exits(0).summarises("OK", &["GET 200"]);
}

/// A response is the same in any pieces.
#[test]
fn response_byte_by_byte() {
    let peer = Peer::by_method(
        vec![Step::Drip(b"HTTP/1.1 204\r\n\r\n".to_vec())],
        vec![Step::Drip(b"HTTP/1.1 503\r\nContent-Length: 4\r\n\r\ngone".to_vec())],
    );
    let run = check([peer.address()]).run();
    run.exits(2).summarises("CRITICAL", &["backend-down"]).says("gone");
}

/// Nothing of a body is unpacked: a bomb stays as small as it was sent.
#[test]
fn gzip_bomb() {
    let mut bomb = b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec();
    bomb.resize(60_000, 0xff);
    for (status, code) in [(200, 0), (503, 2)] {
        let mut response =
            format!("HTTP/1.1 {status} x\r\nContent-Encoding: gzip\r\nContent-Length: 60000\r\n\r\n")
                .into_bytes();
        response.extend(&bomb);
        let peer = Peer::always(says(response));
        let run = check([&peer.address(), "-m", "get", "-vvv"]).run();
        run.exits(code).is_plugin_output().ends_within(Duration::from_secs(10));
    }
}

/// More digits than a number has, deeper than a stack is, the same key twice, more than is read.
#[test]
fn extreme_bodies() {
    let table = [
        ("[".repeat(100_000), None),
        ("{\"a\":".repeat(100_000), None),
        (r#"{"error": "one", "error": "two"}"#.to_owned(), Some("two")),
        (r#"{"error": {"code": 99999999999999999999999999, "message": "large"}}"#.to_owned(), Some("large")),
        (r#"{"code": 1e999999, "message": "larger"}"#.to_owned(), Some("larger")),
        (format!("{{\"message\": \"first\", \"rest\": \"{}\"}}", "x".repeat(70_000)), None),
        ("null".to_owned(), None),
        ("\"\"".to_owned(), None),
        ("\u{feff}{}".to_owned(), None),
    ];
    for (body, said) in table {
        let peer = Peer::always(says(format!("HTTP/1.1 503 No\r\n\r\n{body}")));
        let run = check([&[peer.address().as_str()], &words("-m get -vvv")[..]].concat()).run();
        run.exits(2).summarises("CRITICAL", &["GET 503"]).says(said.unwrap_or(""));
    }
}

/// Facts that come from the whole response: its reason phrase, its encoding, where it redirects to.
#[test]
fn origins_and_remedies() {
    let says_of = |bytes: Vec<u8>, pointer: &str, expected: &str| {
        let peer = Peer::always(says(bytes));
        let run = check([&peer.address(), "-m", "get", "-t", "5", "-o", "json"]).run();
        run.reports(pointer, expected);
    };
    let reason =
        "HTTP/1.1 503 Service Unavailable: Back-end server is at capacity\r\nContent-Length: 0\r\n\r\n";
    says_of(reason.into(), "/endpoints/0/probes/0/answered_by", "aws-elb");
    let page: Vec<u8> =
        "<!doctype html><title>Sign in</title>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let head = format!("{OK}Content-Length: {}\r\n\r\n", page.len());
    says_of([head.into_bytes(), page].concat(), "/endpoints/0/probes/0/detail", "Sign in");
    let redirect = "HTTP/1.1 301 Moved\r\nLocation: /v2/health/\r\nContent-Length: 0\r\n\r\n";
    let action = "check it with --path /v2/health/: the redirect leads there";
    says_of(redirect.into(), "/endpoints/0/action", action);
}
