//! The corpus of requests in `tests/fixtures/requests`, against every HTTP listener.

use std::fs;
use std::io::{self, ErrorKind, Read, Write};

use crate::support::client::Connection;
use crate::support::{Address, Reply, Site, differs_on_purpose, tools, unused_port};
use crate::tls;

/// What follows every case: it is answered where the connection stays open, and never otherwise.
const NEXT: &[u8] = b"GET /next HTTP/1.1\r\nHost: next\r\nConnection: close\r\n\r\n";

/// A request, or several on one connection, and what becomes of it.
#[derive(Debug, Default)]
struct Case {
    name: String,
    bytes: Vec<u8>,
    replies: Vec<Expected>,
}

#[derive(Debug, Default)]
struct Expected {
    status: u16,
    /// The connection ends with this reply.
    close: bool,
    /// No body follows, whatever the head says.
    empty: bool,
    /// What the application saw; `None` for what it did not.
    seen: Vec<(String, Option<String>)>,
}

/// All cases of all files.
fn cases() -> Vec<Case> {
    let folder = tools::root().join("tests/fixtures/requests");
    let mut cases: Vec<Case> = Vec::new();
    for entry in fs::read_dir(folder).expect("the corpus") {
        let path = entry.expect("a file").path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        for line in fs::read_to_string(&path).expect("text").lines() {
            if let Some(name) = line.strip_prefix("# ") {
                let name = format!("{}: {name}", path.file_stem().unwrap().display());
                cases.push(Case { name, ..Case::default() });
                continue;
            }
            let case = cases.last_mut().expect("a name before the rest");
            if let Some(bytes) = line.strip_prefix("> ") {
                case.bytes.extend(expand(bytes));
            } else if let Some(words) = line.strip_prefix("= ") {
                case.replies.push(expected(words));
            } else {
                let fact = line.strip_prefix("  ").unwrap_or_else(|| panic!("{line:?}"));
                let fact = match (fact.strip_prefix('!'), fact.split_once(' ')) {
                    (Some(absent), _) => (absent.to_owned(), None),
                    (None, Some((name, value))) => (name.to_owned(), Some(latin1(&expand(value)))),
                    (None, None) => panic!("{line:?}"),
                };
                case.replies.last_mut().expect("a reply").seen.push(fact);
            }
        }
    }
    cases
}

fn expected(words: &str) -> Expected {
    let mut words = words.split(' ');
    let status = words.next().and_then(|status| status.parse().ok()).expect("a status");
    let mut expected = Expected { status, ..Expected::default() };
    for word in words {
        match word {
            "close" => expected.close = true,
            "empty" => expected.empty = true,
            other => panic!("{other:?}"),
        }
    }
    expected
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// Backslashes and repetitions to the bytes that they mean.
fn expand(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let used = match first {
            '\\' => {
                let letter = rest.as_bytes()[1];
                bytes.push(match letter {
                    b'r' => b'\r',
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'x' => u8::from_str_radix(&rest[2..4], 16).expect("two digits"),
                    other => other,
                });
                if letter == b'x' { 4 } else { 2 }
            }
            '{' => {
                let mut depth = 0;
                let is_end = |letter: char| {
                    depth += i32::from(letter == '{') - i32::from(letter == '}');
                    depth == 0
                };
                let end = rest.find(is_end).expect("a brace that ends");
                let (inner, times) = rest[1..end].rsplit_once('*').expect("times");
                bytes.extend(expand(inner).repeat(times.parse().expect("a number")));
                end + 1
            }
            other => {
                bytes.extend_from_slice(other.to_string().as_bytes());
                other.len_utf8()
            }
        };
        rest = &rest[used..];
    }
    bytes
}

/// Takes one reply from the front of what came.
fn take(rest: &mut &[u8], is_empty: bool) -> Option<Reply> {
    loop {
        let end = rest.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let mut reply = Reply::parse(&rest[..end]);
        *rest = &rest[end..];
        if reply.status == 100 {
            continue;
        }
        if is_empty || matches!(reply.status, 204 | 304) {
            return Some(reply);
        }
        let length = if let Some(length) = reply.header("content-length") {
            length.parse().expect("a length")
        } else if reply.header("transfer-encoding").is_some() {
            rest.windows(5).position(|five| five == b"0\r\n\r\n")? + 5
        } else {
            rest.len()
        };
        let body;
        (body, *rest) = rest.split_at(length);
        let is_chunked = reply.header("transfer-encoding").is_some();
        reply.body = body.to_vec();
        if is_chunked {
            reply = Reply::parse(
                &[b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", body].concat(),
            );
        }
        return Some(reply);
    }
}

/// What a case is sent by.
trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// Whether an error tells that the server has answered and closed.
fn is_end(error: &io::Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionReset | UnexpectedEof)
}

/// Everything that comes back for these bytes, sent in pieces.
fn ask(mut stream: Box<dyn Stream>, bytes: &[u8], piece: usize) -> io::Result<Vec<u8>> {
    for piece in bytes.chunks(piece) {
        match stream.write_all(piece) {
            Err(error) if is_end(&error) => break,
            written => written?,
        }
    }
    let mut all = Vec::new();
    match stream.read_to_end(&mut all) {
        Err(error) if !is_end(&error) => Err(error),
        _ => Ok(all),
    }
}

/// Sends a case and holds what comes back against what is expected; what is wrong.
fn check(case: &Case, stream: Box<dyn Stream>, piece: usize, most: usize) -> Result<(), String> {
    let all = ask(stream, &[&case.bytes, NEXT].concat(), piece).map_err(|e| e.to_string())?;
    let mut rest = all.as_slice();
    let whole = || all.escape_ascii().to_string().chars().take(600).collect::<String>();
    let mut is_open = true;
    for expected in case.replies.iter().take(most) {
        let reply =
            take(&mut rest, expected.empty).ok_or_else(|| format!("no reply: {}", whole()))?;
        if reply.status != expected.status {
            return Err(format!("{} and not {}: {}", reply.status, expected.status, whole()));
        }
        if !expected.seen.is_empty() {
            let seen = reply.json();
            for (name, value) in &expected.seen {
                if seen.get(name).and_then(|seen| seen.as_str()) != value.as_deref() {
                    return Err(format!("{name}: {:?} and not {value:?}", seen.get(name)));
                }
            }
        }
        is_open = !expected.close;
    }
    if is_open && most > case.replies.len() {
        let reply = take(&mut rest, false).ok_or_else(|| format!("it is closed: {}", whole()))?;
        if reply.status != 200 || reply.json()["PATH_INFO"] != "/next" {
            return Err(format!("the next request: {}", whole()));
        }
    }
    if rest.is_empty() { Ok(()) } else { Err(format!("more: {}", rest.escape_ascii())) }
}

/// Runs the corpus against a listener; `most` replies come on a connection.
fn run(door: &str, most: usize) {
    if differs_on_purpose() {
        return;
    }
    let is_tls = door.starts_with("--https");
    let site = if is_tls { tls::site() } else { Site::new() };
    site.add("wire.py");
    let port = unused_port();
    let mut socket = format!("127.0.0.1:{port}");
    if is_tls {
        socket = format!("{socket},{}", tls::FILES);
    }
    let server =
        site.start(&[door, &socket, "--wsgi-file", "wire.py", "--master", "--disable-logging"]);
    let address = Address::Port(port);
    server.wait_ready(&address);
    let open = || -> Box<dyn Stream> {
        match is_tls {
            true => Box::new(tls::open("localhost", &site, port, false).expect("TLS")),
            false => Box::new(Connection::open(&address)),
        }
    };
    let cases = cases();
    assert!(cases.len() > 150, "{} cases", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        assert!(!case.bytes.is_empty() && !case.replies.is_empty(), "{}", case.name);
        // Long ones in pieces that are not that small.
        for piece in [usize::MAX, 1 + case.bytes.len() / 400, 7 + case.bytes.len() / 100] {
            if let Err(error) = check(case, open(), piece, most) {
                wrong.push(format!("{} (in pieces of {piece}): {error}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{door}: {} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_corpus_at_an_http_socket() {
    run("--http-socket", 1);
}

#[test]
fn the_corpus_at_an_http11_socket() {
    run("--http11-socket", usize::MAX);
}

#[test]
fn the_corpus_at_the_gateway() {
    run("--http", usize::MAX);
}

#[test]
fn the_corpus_at_the_gateway_over_tls() {
    run("--https", usize::MAX);
}
