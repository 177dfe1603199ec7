//! Attack strings, and the laws that hold for any text.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use unicode_width::UnicodeWidthChar;

use super::{MAX_CUT_WORD, Sanitizer, escape_plugin, quote_arg, sanitize_own};
use crate::sanitize::UntrustedText;
use crate::testing::assert_maps;

fn hiding(secrets: &[&str]) -> Sanitizer {
    let mut sanitizer = Sanitizer::default();
    for secret in secrets {
        sanitizer.add_secret(secret.as_bytes());
    }
    sanitizer
}

/// Asserts what is left of texts with a secret.
#[track_caller]
fn assert_masks<'a>(secret: &str, table: impl IntoIterator<Item = (&'a str, &'a str)>) {
    let sanitizer = hiding(&[secret]);
    assert_maps(|text: &str| line(&sanitizer, text), table);
}

fn line(sanitizer: &Sanitizer, text: impl Into<Vec<u8>>) -> String {
    sanitizer.line(&UntrustedText::new(text), 1000)
}

#[test]
fn base64_parts_at_any_offset() {
    let secret = "secrettoken12345";
    for before in ["", "x", "xy", "xyz", "x-auth-token: "] {
        for after in ["", "\r\n", "; more"] {
            let reflected = STANDARD.encode(format!("{before}{secret}{after}"));
            let cleaned = line(&hiding(&[secret]), reflected.as_str());
            // Sixteen bytes are 21 letters and a part; at each end one may hold bits of a neighbour.
            let masked = cleaned.find("***").map_or(0, |_| reflected.len() + 3 - cleaned.len());
            assert!(masked >= 20, "{masked} letters of {reflected} are masked: {cleaned}");
        }
    }
}

#[test]
fn forging_characters() {
    let table: &[(&[u8], &str)] = &[
        (b"plain text", "plain text"),
        ("Zürich, Ελλάδα, 東京, हिन्दी".as_bytes(), "Zürich, Ελλάδα, 東京, हिन्दी"),
        // White space.
        (b"  two\t\ttabs \r\n and\x0b\x0cbreaks \n", "two tabs and breaks"),
        (
            "no\u{a0}break\u{3000}wide\u{85}next\u{2028}line\u{2029}end".as_bytes(),
            "no break wide next line end",
        ),
        // Controls.
        (b"nul\0bell\x07back\x08del\x7f", "nulbellbackdel"),
        ("c1\u{80}\u{8f}\u{99}".as_bytes(), "c1"),
        // Terminal sequences.
        (b"\x1b[31mred\x1b[0m", "red"),
        (b"\x1b[2J\x1b[1;1Hgone", "gone"),
        (b"\x1b]0;title\x07after", "after"),
        (b"\x1b]8;;http://evil/\x1b\\link\x1b]8;;\x1b\\", "link"),
        (b"\x1bP1$r0m\x1b\\dcs", "dcs"),
        (b"\x1b(Bcharset\x1bcreset\x1b7", "charsetreset"),
        ("\u{9b}31mc1 colour\u{9d}0;title\u{9c}!".as_bytes(), "c1 colour!"),
        (b"\x1b]0;open\nnext line", "next line"),
        (b"\x1b]\x1b]\x1b]x\x07end", "end"),
        (b"\x1b[12", ""),
        (b"tail\x1b", "tail"),
        // Bytes that are not text.
        (b"\xff\xfe latin \xe4", "\u{fffd}\u{fffd} latin \u{fffd}"),
        (b"\xc0\xafoverlong\xed\xa0\x80", "\u{fffd}\u{fffd}overlong\u{fffd}\u{fffd}\u{fffd}"),
        // Bidirectional and zero-width marks.
        ("\u{202e}gnp.exe\u{202c}\u{2066}x\u{2069}\u{200f}\u{61c}".as_bytes(), "gnp.exex"),
        ("a\u{200b}b\u{200c}c\u{200d}d\u{2060}e\u{feff}f\u{ad}g\u{180e}h".as_bytes(), "abcdefgh"),
        // Invisible characters.
        ("t\u{e0041}\u{e007f}a\u{fe0f}\u{e0100}g\u{34f}s".as_bytes(), "tags"),
        ("\u{115f}\u{1160}\u{3164}\u{ffa0}\u{2800}\u{17b4}\u{180b}fill".as_bytes(), "fill"),
        ("\u{e000}\u{f8ff}\u{f0000}\u{10fffd}private".as_bytes(), "private"),
        ("\u{fdd0}\u{fffe}\u{ffff}\u{1fffe}\u{10ffff}non".as_bytes(), "non"),
        // Letters stacked until they paint over other lines.
        ("\u{301}a\u{301}\u{302}\u{303}\u{304} \u{305}b".as_bytes(), "a\u{301}\u{302} b"),
        // What an output escapes in its own language stays.
        ("a|b <c> 'd' \"e\" `f` $g \\h".as_bytes(), "a|b <c> 'd' \"e\" `f` $g \\h"),
        (b"", ""),
        (b" \n\t ", ""),
    ];
    for (text, expected) in table {
        assert_eq!(line(&Sanitizer::default(), *text), *expected, "{:?}", String::from_utf8_lossy(text));
    }
}

#[test]
fn kept_lines() {
    let text =
        UntrustedText::new("first\r\n\n  second\tpart \x1b[31m\n\u{200b}\n\nthird\u{2028}still\rthird");
    assert_eq!(Sanitizer::default().own_lines(&text), ["first", "second part", "third still third"]);
    assert_eq!(Sanitizer::default().own_lines(&UntrustedText::new("\n \n")), [""; 0]);
}

#[test]
fn limit_in_characters() {
    let cut = |text: &str, limit| Sanitizer::default().line(&UntrustedText::new(text), limit);
    assert_eq!(cut("äöüß", 4), "äöüß");
    assert_eq!(cut("äöüßx", 4), "äöü…");
    assert_eq!(cut("ab cdef", 4), "ab…");
    assert_eq!(cut("ab", 1), "…");
    assert_eq!(cut("ab", 0), "");
    assert_eq!(cut("\u{200b}\u{200b}\u{200b}ab", 2), "ab");
}

#[test]
fn forms_of_a_secret() {
    let secret = "pa\"ss/wörd\\<7>&+?";
    let sanitizer = hiding(&[secret]);
    let encodings =
        [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD].map(|engine| engine.encode(secret));
    let forms = [
        secret,
        r#"pa\"ss\/wörd\\<7>&+?"#,
        r"pa\u0022ss/w\u00f6rd\\\u003c7\u003E\u0026\u002b?",
        r#"pa\"ss/w\u00F6rd\u005c<7>&+?"#,
        "pa%22ss%2Fw%C3%B6rd%5C%3C7%3E%26%2B%3F",
        "pa%22ss/w%c3%b6rd%5c%3c7%3e%26%2b?",
        "pa&quot;ss/wörd\\&lt;7&gt;&amp;+?",
        "pa&#34;ss/w&#xf6;rd\\&#60;7&#x3E;&#38;+?",
        "pa\"ss/wÃ¶rd\\<7>&+?",
    ];
    for form in forms.into_iter().chain(encodings.iter().map(String::as_str)) {
        assert_eq!(line(&sanitizer, format!("got {form} back")), "got *** back", "{form}");
    }
    let escaped = encodings.iter().map(|form| form.replace('/', "\\/").replace('=', "\\u003d"));
    let percent =
        encodings.iter().map(|form| form.replace('/', "%2F").replace('+', "%2B").replace('=', "%3D"));
    for form in escaped.chain(percent) {
        assert_eq!(line(&sanitizer, format!("got {form} back")), "got *** back", "{form}");
    }
}

#[test]
fn several_secrets() {
    let table: &[(&[&str], &str, &str)] = &[
        (&["token-1", "token-12345"], "a token-12345 b token-1 c", "a *** b *** c"),
        (&["abcdef", "defghi"], "xabcdefghix", "x***x"),
        (&["first", "second"], "firstsecond", "***"),
        (&["aa"], "aaaaa b a", "*** b a"),
        (&["🔑key"], r#"{"k":"\ud83d\udd11key"}"#, r#"{"k":"***"}"#),
        (&["two  spaces"], "a two  spaces, a two spaces, two++spaces, twospaces", "a ***, a ***, ***, ***"),
        (&[""], "nothing to hide", "nothing to hide"),
    ];
    for (secrets, text, expected) in table {
        assert_eq!(line(&hiding(secrets), *text), *expected, "{secrets:?}");
    }
}

/// Outputs replace characters after the last masking, which must not make a secret of what was none.
#[test]
fn replaced_characters() {
    let sanitizer = hiding(&["abc/DEF(ghi)JKLmnopq09", "abc?DEF?ghi~JKLmnopq09", "kennwort-äöü"]);
    for text in [
        "abc|DEF<ghi>JKLmnopq09",
        "abc\\DEF<ghi)JKLmnopq09",
        "abcéDEFéghiéJKLmnopq09",
        "abc…DEF~ghi?JKLmnopq09",
        "kennwort-???",
        "kennwort-äöü",
    ] {
        assert_eq!(line(&sanitizer, format!("bad {text} sent")), "bad *** sent", "{text}");
    }
}

#[test]
fn secret_of_bytes() {
    let mut sanitizer = Sanitizer::default();
    sanitizer.add_secret(b"p\xe4ssw\xf6rt");
    assert_eq!(line(&sanitizer, b"raw p\xe4ssw\xf6rt"), "raw ***");
    assert_eq!(line(&sanitizer, "utf-8 pässwört"), "utf-8 ***");
    assert_eq!(line(&sanitizer, r"json p\u00e4ssw\u00f6rt"), "json ***");
}

#[test]
fn secret_in_pieces() {
    let sanitizer = hiding(&["s3cr3t-token"]);
    for text in [
        "s3cr\u{200b}3t-to\u{202e}ken",
        "s3cr\x1b[31m3t-\x1b[0mtoken",
        "s3\0cr3t\x07-token",
        "s3cr3t\x1b]0;x\x07-token",
        "s3cr3t -\r\n\ttoken",
        "s 3 c r 3 t - t o k e n",
        "s3cr3t\u{2028}-token",
        "s3cr\\u0033t\u{ad}-token",
        "s3cr\\063t-token",
        "s3cr&shy;3t-token",
        "s3cr<b>3t</b>-<br/>token",
        "s3cr3t-<!-- x -->token",
        "s3cr\", \"3t-','token",
    ] {
        assert_eq!(line(&sanitizer, text), "***", "{text:?}");
    }
    let text = UntrustedText::new("before\ns3cr\n3t-\ntoken\nafter");
    assert_eq!(sanitizer.own_lines(&text), ["before", "***", "after"]);
}

/// UTF-16 and UTF-32 put zeros between the letters, here within what a server or this program writes of bytes.
#[test]
fn secret_with_zeros() {
    let sanitizer = hiding(&["S3cr3tPw"]);
    for zeros in ["\0", "\0\0\0", "\x01\x1b"] {
        let text = spread("S3cr3tPw", 1, zeros);
        for encode in [|text| each(text, |byte| format!("{byte:02x} ")), |text| STANDARD_NO_PAD.encode(text)]
        {
            let shown = line(&sanitizer, format!("the bytes {}", encode(&text)));
            assert_eq!(shown, "the bytes ***", "{text:?}");
        }
    }
    let threes = each(&spread("S3cr3tPw", 3, "\0"), |byte| format!("{byte:02x} "));
    assert_eq!(line(&sanitizer, format!("the bytes {threes}")), "the bytes ***");
    let hex = each(&spread("S3cr3tPwLonger", 1, "\0"), |byte| format!("{byte:02x} "));
    assert_eq!(line(&hiding(&["S3cr3tPwLonger"]), format!("the bytes {}", &hex[..47])), "the bytes *** 00");
}

/// An output in ASCII has a question mark for each column, or a shape that is similar.
#[test]
fn secret_by_characters_beyond_ascii() {
    assert_masks("gAAAA??token??0123", [("bad gAAAA漢token漢0123 sent", "bad *** sent"), ("漢 ▁", "漢 ▁")]);
    assert_masks(
        "xSecret.token-1=2>??long99",
        [
            ("bad ×Secret░token▪1▄2→漢long99 sent", "bad *** sent"),
            ("bad xSecret.token-1=2>漢long99 sent", "bad *** sent"),
            ("3 × 4 → 12 ▁▂▃ 漢", "3 × 4 → 12 ▁▂▃ 漢"),
        ],
    );
    let encoded = each("xSecret.token", |byte| format!("\\×{byte:02x}"));
    assert_eq!(line(&hiding(&["xSecret.token"]), format!("bad {encoded} sent")), "bad *** sent");
}

#[test]
fn secret_cut_by_the_end() {
    assert_masks(
        "s3cr3t-\"token",
        [
            ("body s3cr3t-", "body ***"),
            ("body s3cr", "body ***"),
            ("body s3c", "body s3c"),
            ("body s3cr is fine", "body s3cr is fine"),
            (r#"body s3cr3t-\"to"#, "body ***"),
            (r"body s3cr3t-\u00", "body ***"),
            (r"body s3cr3t-\", "body ***"),
            ("body s3cr3t-%2", "body ***"),
            ("body s3cr3t-&quo", "body ***"),
            ("body czNjcjN0", "body ***"),
        ],
    );
    let cut = hiding(&["s3cr3t-\"token"]).line(&UntrustedText::new("0123 s3cr3t-\"token"), 7);
    assert_eq!(cut, "0123 *…");
}

/// The base64 and the hexadecimal digits of one letter are in many words and numbers.
#[test]
fn secret_of_one_letter() {
    let sanitizer = hiding(&["x", "p"]);
    assert_eq!(line(&sanitizer, "x at 127.0.0.1:9702/health, eA=="), "*** at 127.0.0.1:9702/health, ***");
}

#[test]
fn secret_cut_short() {
    assert_masks(
        "hunter2&Secret\"x-9",
        [
            ("bad login hunter2&Secret for you", "bad login *** for you"),
            ("bad login hunter2&Secret\"x for you", "bad login *** for you"),
            ("hunter2%26Secret%22x!", "***!"),
            // Many texts contain half of it.
            ("hunter2 is a word", "hunter2 is a word"),
        ],
    );
}

#[test]
fn userinfo_of_urls() {
    let table = [
        ("http://user:pass@host/x", "http://***@host/x"),
        ("see https://user@h, ftp://a:b@c!", "see https://***@h, ftp://***@c!"),
        ("//user:pass@host", "//***@host"),
        ("http://a@b@host/", "http://***@host/"),
        ("http://us\u{200b}er:pa\x07ss@host", "http://***@host"),
        ("http:/\u{200b}/user:pass@host", "http://***@host"),
        (r#"{"u":"http:\/\/user:pass@host\/"}"#, r#"{"u":"http:\/\/***@host\/"}"#),
        ("?next=http%3A%2F%2Fuser%3Apass%40host", "?next=http%3A%2F%2F***%40host"),
        ("http:&#47;&#47;user:pass&#64;host", "http:&#47;&#47;***&#64;host"),
        ("http://host/a@b", "http://host/a@b"),
        ("http://host?m=a@b", "http://host?m=a@b"),
        (r#""http://host","me@home""#, r#""http://host","me@home""#),
        ("http://host // me@home", "http://host // me@home"),
        ("http://@host", "http://@host"),
        ("http://user:p/w@host/x", "http://***@host/x"),
        ("http://user:p?w#x@host/x", "http://***@host/x"),
        ("db mongodb://u:p@ss/w@rd@db:1/x failed", "db mongodb://***@db:1/x failed"),
        ("mysql://u:a@b?g#h@h/x", "mysql://***@h/x"),
        (r#"["http://u:p@h/x","a@b"]"#, r#"["http://***@h/x","a@b"]"#),
        (r#"mysql://nova:p<w>"'x@db:3306/nova"#, "mysql://***@db:3306/nova"),
        ("amqp://nova:pass word@mq, mail ops@x", "amqp://***@mq, mail ops@x"),
        ("http://user:12/34@host", "http://***@host"),
        ("http://user%3Ap%252Fw%40host", "http://***%40host"),
        ("http://[::1]:8777/a@b", "http://[::1]:8777/a@b"),
        ("http://[::1]/a@b http://[fe80::1%1]:1 a@b", "http://[::1]/a@b http://[fe80::1%1]:1 a@b"),
        (r#"{"u":"http://host:8777/","mail":"a@b"}"#, r#"{"u":"http://host:8777/","mail":"a@b"}"#),
        (r#"{"u":"http://host:8777","mail":"a@b"}"#, r#"{"u":"http://host:8777","mail":"a@b"}"#),
        ("http://host:8777</a> a@b", "http://host:8777</a> a@b"),
        ("http://host:8777 is down, tell a@b", "http://host:8777 is down, tell a@b"),
        // The URLs after one without a password.
        (r#"["http://host:80","http://u:pw@h"]"#, r#"["http://host:80","http://***@h"]"#),
        (
            r#"{"a":"amqp://q:5672/","b":"mysql://u:pw@db/x"}"#,
            r#"{"a":"amqp://q:5672/","b":"mysql://***@db/x"}"#,
        ),
        ("http://h:80/x,http://u:pw@h", "http://***@h"),
        // Passwords that begin like the end of an authority or like a port.
        ("mongodb://u:<Tr0ub@db", "mongodb://***@db"),
        ("mongodb://u:>Tr0ub@db", "mongodb://***@db"),
        ("mongodb://u:\"Tr0ub@db", "mongodb://***@db"),
        ("mongodb://u:12<Tr0ub@db", "mongodb://***@db"),
        ("mongodb://u:12\"Tr0ub@db", "mongodb://***@db"),
        ("mongodb://u:12>Tr0ub@db", "mongodb://***@db"),
        ("mongodb://u:12 Tr0ub@db", "mongodb://***@db"),
        ("mongodb://u:123456 Tr0 ub@db", "mongodb://***@db"),
        ("http://[u:a/Tr0ub@db", "http://***@db"),
        ("http://[u]:a/Tr0ub@db", "http://***@db"),
        // What is between the parts of a URL.
        ("http:/\n/u:Tr0ub@h", "http:/ /***@h"),
        ("http://\n u:Tr0ub@h", "http:// ***@h"),
        ("http:/ <wbr>/ <wbr>u:Tr0ub@h", "http:/ <wbr>/ <wbr>***@h"),
        ("http://u\n:Tr0ub@h", "http://***@h"),
        ("http://u\n:Tr0 ub@h", "http://***@h"),
        ("http://no\n va:Tr0ub@h", "http://***@h"),
        ("http://host is down: tell a@b", "http://host is down: tell a@b"),
        ("http:/<i></i>/u:Tr0ub@h", "http:/<i></i>/***@h"),
        ("http:/<!-- -->/u:Tr0ub@h", "http:/<!-- -->/***@h"),
        // Character references by the rules of HTML.
        ("http://u:Tr0ub&commat;h", "http://***&commat;h"),
        ("http://u&colon;Tr0ub&#64h", "http://***&#64h"),
        ("http:\\057\\057u\\072Tr0ub\\100h", "http:\\057\\057***\\100h"),
        ("http:/&shy;/u&zwj;:Tr0&nobreak;ub@h", "http:/&shy;/***@h"),
        ("http%26%2358%3B&#47;%2Fu&#58;Tr0ub%2540h", "http%26%2358%3B&#47;%2F***%2540h"),
        // Tags within words, and a quote within a name.
        (
            "<i>mysql</i>://<span class=\"n\">u</span>:<span>Tr0ub</span>@h</i>",
            "<i>mysql</i>://<span class=\"n\">***</span>@h</i>",
        ),
        ("http://us<b>er</b>:Tr0<!-- -->ub@h", "http://***@h"),
        ("http://u:12</b>Tr0 ub@h", "http://***@h"),
        ("http://us\"er:Tr0ub@h", "http://***@h"),
        ("http://host<br>mail a@b", "http://host<br>mail a@b"),
        ("<u>http://host:80</u><m>a@b</m>", "<u>http://host:80</u><m>a@b</m>"),
        ("<b>http://host:80</b>, tell a@b", "<b>http://host:80</b>, tell a@b"),
        ("http:&sol;&sol;u:Tr0ub&#0000000064;h", "http:&sol;&sol;***&#0000000064;h"),
        ("http:&#X2F&#x000000002f;u:Tr0ub&#x40h", "http:&#X2F&#x000000002f;***&#x40h"),
    ];
    for (text, expected) in table {
        assert_eq!(line(&Sanitizer::default(), text), expected, "{text}");
        assert_eq!(sanitize_own(text, 1000), expected, "{text}");
    }
}

/// A page wraps its lines, or a list of strings parts what it quotes.
#[test]
fn broken_userinfo() {
    let table = [
        ("http://us\ner\n:Tr0ub@h", "http://***@h"),
        (r#"["http://user", ":Tr0ub@h"]"#, r#"["http://***@h"]"#),
        (r#"["http://us","er:Tr0ub@h","a@b"]"#, r#"["http://***@h","a@b"]"#),
        ("[\"http://h1\",\n \"http://us\",\n \"er:Tr0ub@h\"]", "[\"http://h1\", \"http://***@h\"]"),
        (r#"{"e": "[\"http://us\", \"er:Tr0ub@h\"]"}"#, r#"{"e": "[\"http://***@h\"]"}"#),
        (r#"{"e":"http://us\r\n\ter\n:Tr0ub@h"}"#, r#"{"e":"http://***@h"}"#),
        (r#"["http:/", "/u:Tr0ub@h"]"#, r#"["http:/", "/***@h"]"#),
        (r#"["http://", "u:Tr0ub@h"]"#, r#"["http://", "***@h"]"#),
        ("http://us\r\n\ter:Tr\n0ub@h", "http://***@h"),
        ("http://us<br/>er</p>\n<p>:Tr0ub@h", "http://***@h"),
        ("http://us&#10;er&#10;:Tr0ub@h", "http://***@h"),
        ("http://us er :Tr0ub@h", "http://***@h"),
        ("//us\ner\n:Tr0ub@h", "//***@h"),
        ("http://us\ner\n:12\"Tr0ub@h", "http://***@h"),
        (r#"["http://us", "er:12<Tr0ub@h"]"#, r#"["http://***@h"]"#),
        ("http://us\ner:p@s\"sword@h", "http://***@h"),
        ("\"http://us\ner:p@s\"sword@h", "\"http://***@h"),
        // Texts that only look like it.
        ("http://host is down:a@b", "http://host is down:a@b"),
        ("url: http://host\nmail: a@b", "url: http://host mail: a@b"),
        ("url: http://host\nmail:\n  a@b", "url: http://host mail: a@b"),
        ("http://host\nport:80\na@b", "http://host port:80 a@b"),
        ("http://host<br>port:80<br>a@b", "http://host<br>port:80<br>a@b"),
        ("http://host mailto:a@b ftp://u:p@h", "http://host mailto:a@b ftp://***@h"),
        (r#"["http://host","mailto:a@b","ftp://u:p@h"]"#, r#"["http://host","mailto:a@b","ftp://***@h"]"#),
        (r#"["url:http://host","env:prod","a@b"]"#, r#"["url:http://host","env:prod","a@b"]"#),
        (r#"{"a":"http://host","b:c":"x@y"}"#, r#"{"a":"http://host","b:c":"x@y"}"#),
        ("<li>http://host</li><li>a@b</li>", "<li>http://host</li><li>a@b</li>"),
    ];
    for (text, expected) in table {
        assert_eq!(line(&Sanitizer::default(), text), expected, "{text}");
    }
}

/// A server cuts a message short, or the end of what was read does: the `@` is missing.
#[test]
fn passwords_cut_short() {
    let table = [
        ("db mongodb://u:Tr0ub4…", "db mongodb://u:***"),
        ("db mongodb://u:Tr0ub4... failed", "db mongodb://u:*** failed"),
        (r#"{"e":"amqp:\/\/u:Tr0/ub","x":1}"#, r#"{"e":"amqp:\/\/u:***","x":1}"#),
        ("{'e': 'amqp://u:Tr0ub', 'x': 1}", "{'e': 'amqp://u:***', 'x': 1}"),
        ("amqp%3A%2F%2Fu%3A%54r0ub", "amqp%3A%2F%2Fu%3A***"),
        ("<i>amqp</i>://<i>u</i>:<i>Tr0ub</i>", "<i>amqp</i>://<i>u</i>:<i>***</i>"),
        ("http://[u]:Tr0ub http://u:123456 http://u:12x", "http://[u]:*** http://u:*** http://u:***"),
        // Ports, and what is no URL.
        (
            "http://h:8777, http://h:8777: no, 'http://h:80'",
            "http://h:8777, http://h:8777: no, 'http://h:80'",
        ),
        ("**http://h:80** http://h:80~ http://h:…", "**http://h:80** http://h:80~ http://h:…"),
        ("?u=http://h:80%2Fv2&amp; http://h:80\\n", "?u=http://h:80%2Fv2&amp; http://h:80\\n"),
        ("http://h: refused http://h:/v2 http://h/a:b", "http://h: refused http://h:/v2 http://h/a:b"),
        ("http://2001:db8::1/x http://[2001:db8::1", "http://2001:db8::1/x http://[2001:db8::1"),
        ("mongodb://h1:27017,h2:27017/?x=y:z", "mongodb://h1:27017,h2:27017/?x=y:z"),
        ("//u:Tr0ub note: // todo:later", "//u:Tr0ub note: // todo:later"),
    ];
    for (text, expected) in table {
        assert_eq!(line(&Sanitizer::default(), text), expected, "{text}");
    }
    assert_eq!(sanitize_own("http://host:877O", 100), "http://host:877O", "what was typed is whole");
}

/// A long text is cut by whole words, unless they are long themselves.
#[test]
fn password_across_the_cut() {
    let cut = |text: &str, length| {
        String::from_utf8(Sanitizer::default().mask(&UntrustedText::new(text), length).0).unwrap()
    };
    assert_eq!(cut("see http://u:Tr0ub@h", 17), "see");
    assert_eq!(cut("see http://u:Tr0ub@h", 20), "see http://***@h");
    let long = "x".repeat(2 * MAX_CUT_WORD);
    assert_eq!(cut(&format!("a {long}"), long.len()), format!("a {}", &long[2..]));
}

#[test]
fn hidden_texts() {
    let sanitizer = hiding(&["s3cret"]);
    for text in ["a s3cret", "a czNjcmV0", "a s3c\u{200b}ret", "http://user:pass@host"] {
        assert!(sanitizer.hides(text), "{text}");
    }
    for text in ["", "a secret", "http://host/***", "a\u{200b}b"] {
        assert!(!sanitizer.hides(text), "{text}");
    }
}

#[test]
fn credentials_in_arguments() {
    let table = [
        ("X-Auth-Token: s3cr3t", "X-Auth-Token: ***"),
        ("Cookie: s3cr3t@s3cr3t", "Cookie: ***"),
        ("authorization: Bearer s3cr3t", "authorization: ***"),
        ("cookie: s3cr3t", "cookie: ***"),
        ("X-Auth-Token:s3cr3t", "X-Auth-Token: ***"),
        ("Host-A:8777", "Host-A:8777"),
        ("get: 404=warning", "get: 404=warning"),
        ("http://user:s3cr3t@host/x", "http://***@host/x"),
        ("https://s3cr3t@host:8777", "https://***@host:8777"),
        ("HTTP://user:s3cr3t@host", "***@host"),
        ("ftp://user:s3cr3t@host", "***@host"),
        ("s3cr3t://host@host", "***@host"),
        ("user:s3cr3t@host", "***@host"),
        ("s3cr3t@host", "***@host"),
        ("s3cr3t@", "***@"),
        ("@s3cr3t@host", "***@host"),
        ("@5:1", "@5:1"),
        (" 5\n", " 5 "),
        ("http://user:s3@cr3t@host:x", "http://***@host:x"),
        ("http://user:s3/cr3t@host", "http://***@host"),
        ("http://user:s3?cr3t#@host", "http://***@host"),
        ("http:// user:s3cr3t@host", "http://***@host"),
        ("http://user:s3\u{200b}cr3t\n@host", "http://***@host"),
        ("http://user:s3cr3t%40host", "http://***%40host"),
        ("http://host/?token=s3cr3t", "http://host/…"),
        ("host?token=s3cr3t", "host…"),
        ("/health?token=s3cr3t", "/health…"),
        ("http://host#s3cr3t", "http://host…"),
        ("http://user:s3cr3t@host?token=s3cr3t", "http://***@host…"),
        ("http://host/a", "http://host/a"),
        ("\x1b[31mred\n\u{202e}x", "red x"),
    ];
    for (value, shown) in table {
        assert_eq!(quote_arg(value), format!("'{shown}'"), "{value}");
    }
    assert_eq!(quote_arg(&"ä".repeat(10_000)).chars().count(), 102);
}

#[test]
fn own_text() {
    assert_eq!(sanitize_own("bad option '\x1b[31m\n\u{202e}x'", 100), "bad option ' x'");
    assert_eq!(sanitize_own("0123456789", 5), "0123…");
}

#[test]
fn plugin_separators() {
    assert_eq!(escape_plugin("a|b <i>'c'=1</i>"), "a/b (i)'c'=1(/i)");
}

#[test]
fn debug_form() {
    assert!(!format!("{:?}", hiding(&["s3cr3t-token"])).contains("s3cr3t"));
}

/// Encodings that a server may use, one within another.
const ENCODINGS: [fn(&str) -> String; 8] = [
    |text| text.to_owned(),
    |text| each(text, |byte| format!("%{byte:02X}")),
    |text| each(text, |byte| format!("%{byte:02x}")),
    |text| serde_json::to_string(text).unwrap().trim_matches('"').to_owned(),
    |text| each(text, |byte| format!("&#{byte};")),
    |text| {
        STANDARD
            .encode(text)
            .as_bytes()
            .chunks(20)
            .map(String::from_utf8_lossy)
            .collect::<Vec<_>>()
            .join("\r\n")
    },
    |text| each(text, |byte| format!("{byte:02x}")),
    |text| each(text, |byte| format!("{byte:02X}")),
];

fn each(text: &str, encode: impl Fn(u8) -> String) -> String {
    text.bytes().map(encode).collect::<Vec<_>>().concat()
}

#[test]
fn three_encodings_one_within_another() {
    let secret = "Xy7!<Kd72>\"p/w\\%41&amp;";
    let sanitizer = hiding(&[secret]);
    for (first, second, third) in (0..512).map(|n| (n / 64, n / 8 % 8, n % 8)) {
        let form = ENCODINGS[third](&ENCODINGS[second](&ENCODINGS[first](secret)));
        let shown = line(&sanitizer, format!("bad token '{form}' given"));
        // Base64's padding may stay, and a letter that shares bits with its neighbour.
        let left = shown.replace(['*', '='], "").len();
        assert!(
            left <= "bad token '' given".len() + "xx&#61;&#61;".len(),
            "{first} {second} {third}: {shown}"
        );
    }
}

#[test]
fn changed_case() {
    let (secret, sanitizer) = ("gAAAAABtoken-Q_x9", hiding(&["gAAAAABtoken-Q_x9"]));
    for form in ENCODINGS.map(|encode| encode(secret)) {
        assert_eq!(line(&sanitizer, form.to_ascii_uppercase()), "***", "{form}");
        assert_eq!(line(&sanitizer, form.to_ascii_lowercase()), "***", "{form}");
    }
}

#[test]
fn thousands_of_secrets() {
    let mut sanitizer = Sanitizer::default();
    for number in 0..6000 {
        sanitizer.add_secret(format!("secret-{number}").as_bytes());
    }
    let (started, text) = (Instant::now(), "secret-17 or secret-59999, ".repeat(2000));
    let shown = line(&sanitizer, text);
    assert!(shown.starts_with("*** or ***9, *** or") && started.elapsed() < LIMIT, "{:?}", started.elapsed());
}

/// Generous, for a slow machine and an unoptimised build; anything quadratic would take minutes.
const LIMIT: Duration = Duration::from_secs(20);

#[test]
fn time_for_hostile_text() {
    let secrets =
        ["a".repeat(4000) + "b", "ab".repeat(2000) + "c", "%41".repeat(500), "\\".repeat(999) + "x"];
    let sanitizer = hiding(&secrets.iter().map(String::as_str).collect::<Vec<_>>());
    let started = Instant::now();
    for unit in [
        "a",
        "ab",
        "\x1b]",
        "\x1b[",
        "//",
        "//@",
        "%41",
        "%",
        "\\",
        "\\u0061",
        "&",
        "&#",
        "\u{301}",
        " ",
        "\n",
        "//:",
        "//h:1/",
        "//h:1\"",
        "//h:1 ",
        "//h :",
        ":/ ",
        ":/<",
        "//:@",
        "&#0",
        "&#x",
        "A B",
        "<",
        "<b>",
        "<b",
        "<b> ",
        "\",\"",
        "\" ",
        "\",",
        "://u:p/",
        "://u:p ",
        "://:1x",
        "\u{ad}",
        "\\100",
        "4 1 ",
        "://a\n",
        "://a\nb:c\n",
        "://a\",\"b:c\",\"",
        "://a<b>\n",
    ] {
        let text = UntrustedText::new(unit.repeat(crate::model::exchange::MAX_BODY_BYTES / unit.len()));
        assert!(sanitizer.line(&text, 200).chars().count() <= 200);
    }
    assert!(started.elapsed() < LIMIT, "{:?}", started.elapsed());
}

/// Every break may begin a login anew: the text after it is not read to its end each time.
#[test]
fn time_for_broken_urls() {
    let started = Instant::now();
    for unit in ["//a<b>b:cc", "://a<b>b:c\"d", "//a<b>:b<", "//a<b>:12<", "//a\",\"b:c", "://a\nb:<"] {
        super::url::userinfo(unit.repeat(1 << 16).as_bytes());
    }
    assert!(started.elapsed() < LIMIT, "{:?}", started.elapsed());
}

/// Text with much of what attacks are made of.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        any::<String>().prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..8),
        any::<char>().prop_map(|letter| letter.to_string().into_bytes()),
        prop::sample::select(vec![
            "\x1b[31m",
            "\x1b]0;",
            "\x07",
            "\x1b\\",
            "\u{9b}",
            "\u{200b}",
            "\u{202e}",
            "\n",
            "  ",
            "\u{301}",
            "secret",
            "sec",
            "ret",
            "se\\u0063ret",
            "%73ecret",
            "token-42",
            "token",
            "-42",
            "c2VjcmV0",
            "//",
            "@",
            "http://u:p@h",
            "***",
        ])
        .prop_map(|piece| piece.as_bytes().to_vec()),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Breaks within a login, line breaks and tags first.
const BREAKS: [&str; 7] = ["\n", "\r\n\t", "<br />\n", " \n  ", "</p> <p>", "\",\"", "\",\n  \""];

/// A word of ordinary text, or a few.
fn ordinary() -> impl Strategy<Value = String> {
    prop_oneof![
        "(http|https|amqp)://[a-z]{1,6}(\\.example)?(/v[0-9]|/)?",
        "[a-z]{1,6}@[a-z]{1,6}(\\.org)?",
        "mailto:[a-z]{1,6}@[a-z]{1,6}",
        "[a-z]{1,6}: [a-z]{1,6}@[a-z]{1,6}",
        "[a-z]{1,6}: [a-z]{1,6}",
        "[a-z]{1,6}[.,]?",
        "[0-2][0-9]:[0-5][0-9]",
    ]
}

/// Tests whether a character is allowed in an output.
fn harmless(letter: char) -> bool {
    let bidirectional = matches!(letter, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let zero_width =
        matches!(letter, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}');
    let unassigned = matches!(letter, '\u{e000}'..='\u{f8ff}' | '\u{40000}'..);
    let white = letter.is_whitespace() && letter != ' ';
    !(letter.is_control() || bidirectional || zero_width || unassigned || white)
}

/// A folded header breaks lines anywhere, also within an escape.
#[test]
fn line_break_within_an_escape() {
    let secret = "Zq7vK1mW9xYt3RbN5cHd8";
    let sanitizer = hiding(&[secret]);
    let escaped = |form: fn(u8) -> String| secret.bytes().map(form).collect::<Vec<_>>().concat();
    for encoded in [
        escaped(|byte| format!("%{byte:02X}")),
        escaped(|byte| format!("\\u{byte:04x}")),
        escaped(|byte| format!("&#{byte};")),
    ] {
        for at in 1..encoded.len() {
            let (before, after) = encoded.split_at(at);
            for space in [" ", "\r\n\t"] {
                let shown = line(&sanitizer, format!("at {before}{space}{after}."));
                assert_eq!(shown, "at ***.", "{before}{space}{after}");
            }
        }
    }
}

/// A text that breaks off within a secret after much that is none, and after much of the secret itself.
#[test]
fn beginning_of_a_secret_at_a_late_end() {
    let secret = (0..4000).map(|number| format!("{number:x}~")).collect::<Vec<_>>().concat();
    let sanitizer = hiding(&[&secret]);
    let started = Instant::now();
    for before in ["plain ".repeat(10_000), "~0~1".repeat(16_000), secret[..9000].repeat(4)] {
        let text = UntrustedText::new(format!("{before}{}", &secret[..20]));
        let masked = sanitizer.mask(&text, usize::MAX);
        assert!(masked.bytes().ends_with(b"***"), "{masked:?}");
    }
    assert!(started.elapsed() < LIMIT, "{:?}", started.elapsed());
}

/// White space may break every encoding but the innermost, whose pieces are searched for as they are.
#[test]
fn spaced_encodings() {
    let spaced: [fn(&str) -> String; 6] = [
        |text| each(text, |byte| format!("{byte:02x} ")),
        |text| spread(&STANDARD.encode(text), 7, "\n "),
        |text| spread(&STANDARD.encode(text), 5, " \u{200b}"),
        |text| spread(&each(text, |byte| format!("%{byte:02X}")), 4, "\r\n\t"),
        |text| spread(&each(text, |byte| format!("&#{byte};")), 5, " "),
        |text| spread(&each(text, |byte| format!("\\u{byte:04x}")), 8, " "),
    ];
    let secret = "Zk7_qP-x9/Lm2+Vt8=Rw4yHs6";
    let sanitizer = hiding(&[secret]);
    for (number, second) in spaced.iter().enumerate() {
        for (other, first) in ENCODINGS.iter().chain(&spaced).enumerate() {
            let form = second(&first(secret));
            let shown = line(&sanitizer, format!("bad token '{form}' given"));
            // Base64's padding may stay, whatever it was encoded in.
            let left = shown.replace(' ', "").len();
            assert!(shown.contains("***") && left < 50 + form.len() / 6, "{number} of {other}: {shown}");
        }
    }
    let innermost = spread(secret, 4, "\n ");
    let shown = line(&sanitizer, format!("bad token '{}' given", STANDARD.encode(spaced[3](&innermost))));
    assert!(shown.len() < 40, "{shown}");
    let invisible = STANDARD.encode(spread(secret, 3, "\u{200b}"));
    assert_eq!(line(&sanitizer, format!("bad token '{invisible}' given")), "bad token '***==' given");
}

/// The strings of a document in JSON are encoded once more, and its line breaks are escapes.
#[test]
fn encodings_within_a_document() {
    let secret = "Zk7_qP-x9/Lm2+Vt8=Rw4yHs6";
    let sanitizer = hiding(&[secret]);
    let escaped = secret.replace('/', "\\/");
    let twice = spread(&STANDARD.encode(STANDARD.encode(spread(&escaped, 8, "\n "))), 14, "\r\n\t");
    let references = spread(&each(&STANDARD.encode(secret), |byte| format!("&#{byte};")), 16, "\n ");
    for text in [twice, references] {
        let document = serde_json::json!({ "error": text }).to_string();
        let masked = sanitizer.mask(&UntrustedText::new(document), usize::MAX);
        let masked = String::from_utf8_lossy(masked.bytes()).into_owned();
        assert!(masked.starts_with(r#"{"error":"***"#) && masked.len() < 40, "{masked}");
    }
}

#[test]
fn long_secret_cut_short() {
    let secret = (0..4000).map(|number| format!("{number:x}~")).collect::<Vec<_>>().concat();
    let sanitizer = hiding(&[&secret]);
    for length in [192, 193, 5000, secret.len() - 1, secret.len()] {
        assert_eq!(line(&sanitizer, format!("bad {} token", &secret[..length])), "bad *** token", "{length}");
    }
    // Many others begin like it.
    assert_eq!(line(&sanitizer, &secret[..100]), "***", "cut by the end");
    assert!(line(&sanitizer, format!("{} token", &secret[..100])).ends_with(" token"));
}

fn spread(text: &str, length: usize, by: &str) -> String {
    text.as_bytes().chunks(length).map(String::from_utf8_lossy).collect::<Vec<_>>().join(by)
}

proptest! {
    #[test]
    fn harmless_characters(text in hostile(), limit in 0..80usize) {
        let sanitizer = hiding(&["secret", "token-42"]);
        let out = sanitizer.line(&UntrustedText::new(text.clone()), limit);
        prop_assert!(out.chars().all(harmless), "{:?}", out);
        prop_assert!(out.chars().count() <= limit);
        prop_assert_eq!(out.trim(), &out);
        prop_assert!(!out.contains("  "));
        let marks: Vec<bool> = out.chars().map(|letter| letter.width() == Some(0)).collect();
        prop_assert!(!marks.windows(3).any(|run| run == [true; 3]), "{:?}", out);
        for line in sanitizer.own_lines(&UntrustedText::new(text)) {
            prop_assert!(!line.is_empty() && line.chars().all(harmless), "{:?}", line);
        }
    }

    #[test]
    fn secrets_in_hostile_text(text in hostile()) {
        let sanitizer = hiding(&["secret", "token-42"]);
        let out = line(&sanitizer, text);
        let dense = out.replace(' ', "");
        for secret in ["secret", "token-42", "c2VjcmV0", "se\\u0063ret", "%73ecret"] {
            prop_assert!(!dense.contains(secret), "{:?}", out);
        }
        prop_assert!(!out.contains("u:p@"), "{:?}", out);
    }

    #[test]
    fn any_secret_in_any_place(
        secret in "[!-)+-~äß€🔑]{4,20}",
        before in "[a-z ]{0,10}",
        after in "[a-z ]{0,10}",
    ) {
        let mut sanitizer = Sanitizer::default();
        sanitizer.add_secret(secret.as_bytes());
        let json = serde_json::to_string(&secret).unwrap();
        let json = json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap();
        let percent = secret.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
        for form in [secret.clone(), json.to_owned(), percent, STANDARD.encode(&secret)] {
            let out = line(&sanitizer, format!("{before}{form}{after}"));
            prop_assert!(!out.contains(&form), "{} in {}", form, out);
        }
    }

    #[test]
    fn breaks_in_a_login(
        name in "[a-z][a-z0-9._-]{1,9}",
        password in "[a-z][!$*+,.;=A-Za-z0-9~^_-]{4,12}",
        (first, second) in any::<(prop::sample::Index, prop::sample::Index)>(),
        gap in prop::sample::select(&BREAKS[..]),
        other in prop::sample::select(&BREAKS[..3]),
    ) {
        let login = format!("{name}:{password}");
        let (first, second) = (1 + first.index(login.len() - 1), 1 + second.index(login.len() - 1));
        // A break after the colon may be one between a name and its value, unless the name is whole.
        prop_assume!(!(first <= name.len() && second == name.len() + 1));
        let broken = if first < second && !gap.contains('"') {
            format!("{}{gap}{}{other}{}", &login[..first], &login[first..second], &login[second..])
        } else {
            format!("{}{gap}{}", &login[..first], &login[first..])
        };
        let out = line(&Sanitizer::default(), format!("see [\"http://{broken}@host/x\"]"));
        prop_assert_eq!(out, "see [\"http://***@host/x\"]", "{:?}", broken);
    }

    #[test]
    fn lists_without_a_login(
        items in prop::collection::vec((ordinary(), prop::sample::select(vec!["", ":80", ":8777"])), 0..6),
        gap in prop::sample::select(vec!["\n", "\r\n  ", ", ", " ", "\n\n", "<br>", "</li>\n<li>"]),
    ) {
        // A port, a blank and a mail address may be a password.
        let words: Vec<_> = items.iter().map(|(item, _)| item.as_str()).collect();
        let with_port = |(item, port): &(String, &str)| {
            let has_host_last = item.contains("://") && !item.contains("/v");
            if has_host_last { format!("{item}{port}") } else { item.clone() }
        };
        let strings: Vec<_> = items.iter().map(with_port).collect();
        let object: serde_json::Map<_, _> =
            strings.iter().enumerate().map(|(at, item)| (format!("key{at}"), item.as_str().into())).collect();
        for text in [
            words.join(gap),
            serde_json::to_string(&strings).unwrap(),
            serde_json::to_string_pretty(&strings).unwrap(),
            serde_json::to_string_pretty(&object).unwrap(),
        ] {
            let folded = text.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
            prop_assert_eq!(line(&Sanitizer::default(), text), folded);
        }
    }

    #[test]
    fn idempotence(text in hostile()) {
        let sanitizer = hiding(&["secret", "token-42"]);
        let once = line(&sanitizer, text);
        prop_assert_eq!(line(&sanitizer, once.clone()), once);
    }

    #[test]
    fn beginning_of_a_long_line(text in hostile(), limit in 0..80usize) {
        let sanitizer = hiding(&["secret", "token-42"]);
        let whole = line(&sanitizer, text.clone());
        let cut = sanitizer.line(&UntrustedText::new(text), limit);
        prop_assert!(cut == whole || whole.starts_with(cut.trim_end_matches('…')), "{:?} of {:?}", cut, whole);
    }

    #[test]
    fn any_plugin_text(text in any::<String>()) {
        prop_assert!(!escape_plugin(&text).contains(['|', '<', '>']));
        prop_assert_eq!(escape_plugin(&text).chars().count(), text.chars().count());
    }
}

/// Texts whose search would end too late are left out; those that need no search, and the words of rules, are not.
#[test]
fn texts_beyond_the_time() {
    let sanitizer =
        hiding(&["s3cr3t-t0ken"]).until(Instant::now().checked_sub(Duration::from_millis(1)).unwrap());
    assert_eq!(line(&sanitizer, "s3cr3t-t0ken"), "…");
    let text = UntrustedText::new("No server is available");
    assert_eq!(sanitizer.mask(&text, usize::MAX), text);
    assert_eq!(line(&hiding(&[]).until(Instant::now()), "Apache"), "Apache");
}
