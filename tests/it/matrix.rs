//! Everything that an application may do or get wrong, by every way in, beside the real uWSGI.

use std::collections::BTreeSet;
use std::path::Path;
use std::thread;

use crate::support::client::join_chunks;
use crate::support::{Address, Server, Site, Way, differs_on_purpose, oracle, program, wait_until};

const COMPATIBILITY: &str = include_str!("../../docs/compatibility.md");
const APP: &str = include_str!("../fixtures/apps/matrix.py");

/// One request.
pub struct Case {
    pub method: &'static str,
    pub name: String,
    pub body: Vec<u8>,
}

impl Case {
    fn title(&self) -> String {
        match self.method {
            "HEAD" => format!("HEAD {}", self.name),
            _ => self.name.clone(),
        }
    }
}

/// Paths for tests of their own: without an end, or never the same.
const APART: &[&str] = &["endless", "wait", "held"];

/// What is asked with HEAD, too.
const HEAD: &[&str] =
    &["list", "generator", "length", "length-too-small", "file", "write", "status-304"];

/// A request for each path of the application.
fn cases() -> Vec<Case> {
    let names = APP.lines().filter_map(|line| {
        let name = line.strip_prefix("def do_").or_else(|| line.strip_prefix("do_"))?;
        Some(name.split([' ', '(']).next()?.replace('_', "-"))
    });
    let mut cases: Vec<Case> = names
        .filter(|name| !APART.contains(&name.as_str()))
        .map(|name| {
            let body = match name.as_str() {
                big if big.starts_with("read-big") => b"some line\n".repeat(200_000),
                "read" | "iterate" | "mix" | "seek" | "unread" | "thread" => body(),
                some if some.starts_with("read") => body(),
                _ => Vec::new(),
            };
            Case { method: if body.is_empty() { "GET" } else { "POST" }, name, body }
        })
        .collect();
    cases.extend(HEAD.iter().map(|name| Case {
        method: "HEAD",
        name: (*name).to_owned(),
        body: Vec::new(),
    }));
    cases
}

/// The body of a POST.
pub fn body() -> Vec<u8> {
    b"first line\nsecond\n\nlast".to_vec()
}

/// Differences on purpose: by these ways in (none: all), this is seen here.
struct Row {
    cases: &'static [&'static str],
    ways: &'static [Way],
    here: &'static str,
    /// The beginning of the line in docs/compatibility.md that tells of it.
    told: &'static str,
}

const fn row(told: &'static str, cases: &'static [&'static str], here: &'static str) -> Row {
    Row { cases, ways: &[], here, told }
}

const FAILED: &str =
    "500 Internal Server Error | content-type: text/plain | \"Internal Server Error\"";
const FAILED_AND_CLOSED: &str =
    "500 Internal Server Error | content-type: text/plain | \"Internal Server Error\" | (closed)";

const ON_PURPOSE: &[Row] = &[
    row(
        "an exception before the headers: nothing is sent; one before the body",
        &[
            "raise-before",
            "raise-after",
            "keyboard-interrupt",
            "generator-exit",
            "keywords",
            "start-without-arguments",
            "status-int",
            "status-bytes",
            "header-int",
            "header-none",
            "header-bytes",
            "header-as-list",
            "headers-as-tuple",
            "headers-none",
            "file-closed-before",
        ],
        FAILED,
    ),
    row(
        "an exception before the headers: nothing is sent; one before the body",
        &["iterator-raises-before", "iterator-raises-after-its-length", "iter-raises"],
        FAILED_AND_CLOSED,
    ),
    row(
        "text (`str`) in a body is left out",
        &["list-of-str", "mixed-list", "str", "write-str"],
        FAILED,
    ),
    row("what is no body at all", &["none", "int", "bytearray", "file-of-nothing"], FAILED),
    row(
        "`bytearray` and `memoryview` in a body",
        &["list-of-bytearray"],
        "200 OK | content-type: text/plain | \"abc\"",
    ),
    row("a body without `start_response`", &["too-late-start", "no-start-nothing"], FAILED),
    row("a body without `start_response`", &["no-start"], FAILED_AND_CLOSED),
    row("`sys.exit()` in a request", &["sys-exit", "sys-exit-after"], FAILED),
    Row {
        cases: &["os-exit"],
        ways: &[Way::Http],
        here: "502 Bad Gateway | content-type: text/plain | \"Bad Gateway\"",
        told: "a worker that dies within a request",
    },
    row(
        "`start_response` with `exc_info`",
        &["exc-info-before"],
        "503 Busy | content-type: text/plain | \"replaced\"",
    ),
    row(
        "`start_response` with `exc_info`",
        &["exc-info-first"],
        "503 Busy | content-type: text/plain | \"only\"",
    ),
    row(
        "`start_response` with `exc_info`",
        &["exc-info-after"],
        "200 OK | content-type: text/plain | \"one \" | (raised again)",
    ),
    row(
        "a status that is none",
        &[
            "status-of-no-digits",
            "status-empty",
            "status-two-digits",
            "status-four-digits",
            "status-not-latin1",
            "status-100",
        ],
        FAILED,
    ),
    row(
        "a header with a line end passes through",
        &[
            "status-line-end",
            "header-line-end",
            "header-line-feed",
            "header-null",
            "header-name-with-colon",
            "header-name-with-space",
            "header-empty-name",
            "header-of-three",
            "header-not-latin1",
        ],
        FAILED,
    ),
    row(
        "`Connection`, `Transfer-Encoding` and the like from the application",
        &["hop-by-hop"],
        "200 OK | upgrade: h2c | \"body\"",
    ),
    row(
        "bodies of HEAD, 204 and 304 are sent",
        &["status-204"],
        "204 No Content | x-a: b | \"\" | (closed)",
    ),
    row(
        "bodies of HEAD, 204 and 304 are sent",
        &["status-304", "HEAD status-304"],
        "304 Not Modified | x-a: b | \"\" | (closed)",
    ),
    row(
        "bodies of HEAD, 204 and 304 are sent",
        &["HEAD list"],
        "200 OK | content-length: 7 | content-type: text/plain | \"\"",
    ),
    row(
        "bodies of HEAD, 204 and 304 are sent",
        &["HEAD generator"],
        "200 OK | content-type: text/plain | \"\" | (closed)",
    ),
    row(
        "bodies of HEAD, 204 and 304 are sent",
        &["HEAD length"],
        "200 OK | content-length: 4 | \"\"",
    ),
    row(
        "bodies of HEAD, 204 and 304 are sent",
        &["HEAD length-too-small"],
        "200 OK | content-length: 2 | \"\"",
    ),
    row(
        "bodies of HEAD, 204 and 304 are sent",
        &["HEAD file"],
        "200 OK | content-length: 10000 | content-type: text/plain | \"\"",
    ),
    row(
        "bodies of HEAD, 204 and 304 are sent",
        &["HEAD write"],
        "200 OK | content-type: text/plain | \"\"",
    ),
    row("`Content-Length` is sent as it is", &["length-too-small"], "200 OK | \"bo\""),
    row("`Content-Length` is sent as it is", &["length-zero"], "200 OK | \"\""),
    row(
        "`Content-Length` is sent as it is",
        &[
            "length-negative",
            "length-with-sign",
            "length-garbage",
            "length-empty",
            "length-twice",
            "length-contradicts",
        ],
        "200 OK | \"body\"",
    ),
    row(
        "`Content-Length` is sent as it is",
        &["generator-too-long"],
        "200 OK | content-type: text/plain | \"one tw\" | (closed)",
    ),
    row(
        "`Content-Length` is sent as it is",
        &["file-of-ones-own-with-length"],
        "200 OK | content-type: text/plain | \"of one\" | (file closed)",
    ),
    row(
        "`wsgi.file_wrapper` sends from the start",
        &["file-at-an-offset", "file-with-less-length"],
        "200 OK | content-type: text/plain | \"0123456789\"",
    ),
    row(
        "`wsgi.file_wrapper` sends from the start",
        &["file-at-its-end"],
        "200 OK | content-type: text/plain | \"\"",
    ),
    row(
        "`wsgi.file_wrapper` sends from the start",
        &["file-in-a-pipe"],
        "200 OK | content-type: text/plain | \"through a pipe\"",
    ),
    row(
        "`wsgi.input.read(0)`",
        &["read-zero"],
        "200 OK | content-type: text/plain | \"(b\\'\\', b\\'firs\\')\"",
    ),
    row(
        "`wsgi.input.read(0)`",
        &["readline-some"],
        "200 OK | content-type: text/plain | \"[b\\'fi\\', b\\'rs\\', b\\'t \\', b\\'li\\', \
         b\\'ne\\', b\\'\\\\n\\', b\\'se\\', b\\'co\\']\"",
    ),
    row(
        "`wsgi.input.read(0)`",
        &["read-valid"],
        "200 OK | content-type: text/plain | \"fi|rst line\\n|se|cond\\n|\\n|last\"",
    ),
    row(
        "`wsgi.input.read(0)`",
        &["seek"],
        "200 OK | content-type: text/plain | \"(b\\'fir\\', 0, b\\'fir\\', 3)\"",
    ),
];

/// Starts a server for one way.
pub fn start<'s>(site: &'s Site, program: &Path, way: Way) -> (Server<'s>, Address) {
    site.file("blob", &"0123456789".repeat(1000));
    let address = way.address(site);
    let option = match &address {
        Address::Socket(_) => "app.sock".to_owned(),
        port @ Address::Port(_) => port.to_string(),
    };
    let mut command = site.command_of(
        program,
        &[way.option(), &option, "--wsgi-file", "matrix.py", "--master", "--forkbomb-delay", "0"],
    );
    command.env("OF_THE_PROCESS", "1");
    let server = Server::start(site, command);
    server.wait_ready(&address);
    (server, address)
}

/// Asks a server for everything by one way.
fn ask_all(program: &Path, way: Way, cases: &[Case]) -> Vec<String> {
    let site = Site::with("matrix.py");
    let (_server, address) = start(&site, program, way);
    cases
        .iter()
        .map(|case| {
            let path = format!("/{}", case.name);
            let bytes = way.exchange(&address, &way.request(case.method, &path, &case.body));
            // The next request is answered when this one is over, and with it what it notes.
            wait_until("the server answers again", || {
                let bytes = way.exchange(&address, &way.request("GET", "/hello", b""));
                way.reply(&bytes).0.ends_with(b"hello")
            });
            let notes = site.read("notes");
            site.file("notes", "");
            describe(way, case, &bytes, &notes)
        })
        .collect()
}

/// What a client sees, and what the application noted, in one line. Left out is what belongs to the
/// protocol, and a length that says no more than the body does.
pub fn describe(way: Way, case: &Case, bytes: &[u8], notes: &str) -> String {
    let (bytes, _) = way.reply(bytes);
    let mut parts = Vec::new();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let is_head = bytes.starts_with(b"HTTP/1.") || bytes.starts_with(b"Status: ");
    match end.filter(|_| is_head) {
        None if bytes.is_empty() => parts.push("nothing".to_owned()),
        None => parts.push(format!("no head, {}", shown(&bytes))),
        Some(end) => {
            let mut lines = bytes[..end].split(|&byte| byte == b'\n');
            let status = lines.next().unwrap_or_default().escape_ascii().to_string();
            let (_, status) = status.split_once(' ').expect("a status");
            parts.push(status.trim_end_matches("\\r").to_owned());
            let body = match chunked(&bytes[..end]) {
                true => join_chunks(&bytes[end + 4..]),
                false => bytes[end + 4..].to_vec(),
            };
            parts.extend(headers(lines, case, &body));
            parts.push(shown(&body));
        }
    }
    parts.extend(notes.lines().map(|note| format!("({note})")));
    parts.join(" | ")
}

fn chunked(head: &[u8]) -> bool {
    head.to_ascii_lowercase().windows(26).any(|some| some == b"transfer-encoding: chunked")
}

/// The headers that say something, sorted by their names in small letters.
fn headers<'h>(lines: impl Iterator<Item = &'h [u8]>, case: &Case, body: &[u8]) -> Vec<String> {
    let mut headers: Vec<(String, String)> = lines
        .map(|line| {
            let line = line.escape_ascii().to_string();
            let (name, value) = line.trim_end_matches("\\r").split_once(':').unwrap_or((&line, ""));
            (name.to_ascii_lowercase(), value.strip_prefix(' ').unwrap_or(value).to_owned())
        })
        .collect();
    headers.sort_by(|one, other| one.0.cmp(&other.0));
    let lengths = headers.iter().filter(|(name, _)| name == "content-length").count();
    headers.retain(|(name, value)| match name.as_str() {
        "content-length" if lengths == 1 && case.method != "HEAD" => {
            *value != body.len().to_string()
        }
        "connection" => value != "close",
        "transfer-encoding" => value != "chunked",
        // The one that the application gives is of 1994.
        "date" => value.contains("1994"),
        _ => true,
    });
    headers
        .into_iter()
        .map(|(name, value)| match value.len() {
            0..80 => format!("{name}: {value}"),
            length => format!("{name}: {length} bytes"),
        })
        .collect()
}

fn shown(body: &[u8]) -> String {
    match body.len() {
        0..100 => format!("\"{}\"", body.escape_ascii()),
        length => {
            let sum = body.iter().fold(0_u64, |sum, &byte| sum * 31 % 1_000_003 + u64::from(byte));
            format!("{length} bytes ({sum})")
        }
    }
}

#[test]
fn what_an_application_does_is_seen_as_under_uwsgi_by_every_way_in() {
    if differs_on_purpose() {
        return;
    }
    let Some(oracle) = oracle() else { return };
    let cases = cases();
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for way in Way::ALL {
        let (theirs, ours) = thread::scope(|scope| {
            let theirs = scope.spawn(|| ask_all(&oracle, way, &cases));
            let ours = ask_all(&program(), way, &cases);
            (theirs.join().expect("the oracle"), ours)
        });
        for ((case, theirs), ours) in cases.iter().zip(theirs).zip(ours) {
            let title = case.title();
            let known = ON_PURPOSE.iter().enumerate().find(|(_, row)| {
                row.cases.contains(&title.as_str())
                    && (row.ways.is_empty() || row.ways.contains(&way))
            });
            if let Some((number, _)) = known {
                used.insert((number, title.clone()));
            }
            let expected = known.map_or(theirs.as_str(), |(_, row)| row.here);
            if ours != expected {
                wrong.push(format!(
                    "{way:?} {title}\n  uWSGI:    {theirs}\n  expected: {expected}\n  here:     {ours}"
                ));
            } else if known.is_some() && ours == theirs {
                wrong.push(format!("{way:?} {title} is no difference: {ours}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    for (number, row) in ON_PURPOSE.iter().enumerate() {
        for case in row.cases {
            assert!(used.contains(&(number, (*case).to_owned())), "there is no case {case}");
        }
        let line = format!("| {}", row.told);
        assert!(COMPATIBILITY.contains(&line), "docs/compatibility.md does not tell: {}", row.told);
    }
}
