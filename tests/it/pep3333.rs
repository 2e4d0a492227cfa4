//! PEP 3333 to the letter by every way in: its validator, `close()`, and nothing kept of a request.

use crate::matrix::{Case, body, describe, start};
use crate::support::{
    Address, Connection, Server, Site, Way, differs_on_purpose, program, wait_until,
};

/// What PEP 3333 allows, and so does its validator.
const VALID: &[&str] = &[
    "list",
    "tuple",
    "empty-list",
    "empty-generator",
    "list-with-close",
    "iterable",
    "generator",
    "late-start",
    "big-generator",
    "big-list",
    "generator-with-length",
    "write",
    "write-only",
    "exc-info-before",
    "exc-info-first",
    "status-204",
    "status-304",
    "file",
    "file-with-length",
    "file-at-an-offset",
    "file-of-memory",
    "file-of-ones-own",
    "read-valid",
    "read-while-answering",
    "unread",
    "errors",
    "environ",
    "start-returns-callable",
];

#[test]
fn the_validator_of_pep_3333_is_silent_by_every_way_in() {
    if differs_on_purpose() {
        return;
    }
    for way in Way::ALL {
        let site = Site::with("matrix.py");
        let (server, address) = start(&site, &program(), way);
        for name in VALID {
            for method in ["GET", "POST", "HEAD"] {
                let ask = |path: &str| {
                    let body = if method == "POST" { body() } else { Vec::new() };
                    let case = Case { method, name: (*name).to_owned(), body };
                    let bytes = way.exchange(&address, &way.request(method, path, &case.body));
                    describe(way, &case, &bytes, "")
                };
                let (plain, valid) = (ask(&format!("/{name}")), ask(&format!("/valid/{name}")));
                assert!(!valid.starts_with("500"), "{way:?} {method} {name}: {}", server.log());
                // Around a list there is an iterator, whose length is not known beforehand.
                assert!(method == "HEAD" || plain == valid, "{way:?} {name}: {plain} {valid}");
            }
        }
        for word in ["AssertionError", "WSGIWarning", "without being closed", "Traceback"] {
            assert!(!server.logged(word), "{way:?}: {}", server.log());
        }
    }
}

const WRITES: &str = "
import os, time

def application(environ, start_response):
    write = start_response('200 OK', [('Content-Type', 'text/plain')])
    write(b'first ')
    while not os.path.exists('go'):
        time.sleep(0.02)
    write(b'second ' * 10000)
    return [b'third']
";

/// PEP 3333, \"The `write()` Callable\": what it took is on its way while the application runs.
#[test]
fn what_write_takes_is_sent_while_the_application_runs() {
    for way in Way::ALL {
        let site = Site::new();
        site.file("app.py", WRITES);
        let address = way.address(&site);
        let server =
            site.start(&[way.option(), &address.to_string(), "--module", "app", "--master"]);
        server.wait_ready(&address);
        let mut connection = Connection::open(&address);
        connection.send(way.request("GET", "/", b""));
        let begun = connection.read_to(b"first ");
        site.file("go", "");
        let rest = connection.read_all();
        let (reply, _) = way.reply(&[begun, rest].concat());
        let count = reply.windows(7).filter(|seven| *seven == b"second ").count();
        // Chunks and records may end within a word.
        assert!(count > 9990, "{way:?}: {count}");
        assert!(reply.windows(5).any(|five| five == b"third"), "{way:?}");
    }
}

#[test]
fn an_iterable_is_closed_once_when_its_client_goes() {
    for way in Way::ALL {
        let site = Site::with("matrix.py");
        let (_server, address) = start(&site, &program(), way);
        for path in ["/endless", "/wait", "/valid/endless"] {
            let mut connection = Connection::open(&address);
            connection.send(way.request("GET", path, b""));
            connection.read_to(b"xxxxxxxx");
            drop(connection);
            let hello = way.exchange(&address, &way.request("GET", "/hello", b""));
            assert!(way.reply(&hello).0.ends_with(b"hello"), "{way:?} {path}");
            assert_eq!(site.read("notes"), "closed\n", "{way:?} {path}");
            site.file("notes", "");
        }
    }
}

/// Where a protocol tells that a reply is complete, an incomplete one does not look like that.
#[test]
fn a_reply_that_breaks_off_does_not_look_complete() {
    if differs_on_purpose() {
        return;
    }
    for way in [Way::Http11Socket, Way::Http, Way::FastCgi] {
        let site = Site::with("matrix.py");
        let (_server, address) = start(&site, &program(), way);
        let is_complete = |path: &str| {
            let bytes = way.exchange(&address, &way.request("GET", path, b""));
            match way {
                Way::FastCgi => way.reply(&bytes).1.expect("it is told"),
                _ => bytes.ends_with(b"\r\n0\r\n\r\n"),
            }
        };
        assert!(is_complete("/generator"), "{way:?}");
        assert!(!is_complete("/iterator-raises-midway"), "{way:?}");
        assert!(!is_complete("/iterator-raises-after"), "{way:?}");
    }
}

/// What a process holds: objects and blocks of Python, KiB of memory; and the descriptors of all.
#[derive(Debug)]
struct Held {
    objects: i64,
    blocks: i64,
    memory: i64,
    descriptors: usize,
}

fn held(way: Way, address: &Address, server: &Server<'_>) -> Held {
    let bytes = way.exchange(address, &way.request("GET", "/held", b""));
    let (reply, _) = way.reply(&bytes);
    let text = String::from_utf8_lossy(&reply).into_owned();
    let line = text.lines().last().expect("a line");
    let mut numbers = line.split(' ').map(|word| word.parse::<i64>().expect("a number"));
    let mut next = || numbers.next().expect("three numbers");
    let (objects, blocks, memory) = (next(), next(), next());
    Held { objects, blocks, memory, descriptors: server.descriptors() }
}

fn holds_no_more_after_10_000_requests(way: Way) {
    let site = Site::with("matrix.py");
    let (server, address) = start(&site, &program(), way);
    let body = body();
    let requests: Vec<Vec<u8>> = [
        ("GET", "/list", &b""[..]),
        ("GET", "/generator-with-length", b""),
        ("POST", "/read-valid", &body),
        ("POST", "/unread", &body),
        ("GET", "/file", b""),
        ("HEAD", "/generator", b""),
        ("GET", "/raise-after", b""),
        ("GET", "/iterator-raises-midway", b""),
        ("GET", "/exc-info-after", b""),
        ("GET", "/write", b""),
    ]
    .iter()
    .map(|(method, path, body)| way.request(method, path, body))
    .collect();
    let ask = |times: usize| {
        for _ in 0..times {
            for request in &requests {
                way.exchange(&address, request);
            }
        }
    };
    ask(50);
    let before = held(way, &address, &server);
    ask(1000);
    // A connection may still be on its way out, then and now.
    wait_until(&format!("as many descriptors as before, {before:?}"), || {
        held(way, &address, &server).descriptors <= before.descriptors
    });
    let after = held(way, &address, &server);
    let more = |after: i64, before: i64| after - before;
    assert!(more(after.objects, before.objects) < 100, "{before:?} {after:?}");
    assert!(more(after.blocks, before.blocks) < 1000, "{before:?} {after:?}");
    assert!(more(after.memory, before.memory) < 8 << 10, "{before:?} {after:?}");
}

#[test]
fn nothing_is_held_after_10_000_requests_over_http_socket() {
    holds_no_more_after_10_000_requests(Way::HttpSocket);
}

#[test]
fn nothing_is_held_after_10_000_requests_over_http11_socket() {
    holds_no_more_after_10_000_requests(Way::Http11Socket);
}

#[test]
fn nothing_is_held_after_10_000_requests_through_the_gateway() {
    holds_no_more_after_10_000_requests(Way::Http);
}

#[test]
fn nothing_is_held_after_10_000_requests_over_the_uwsgi_protocol() {
    holds_no_more_after_10_000_requests(Way::Uwsgi);
}

#[test]
fn nothing_is_held_after_10_000_requests_over_scgi() {
    holds_no_more_after_10_000_requests(Way::Scgi);
}

#[test]
fn nothing_is_held_after_10_000_requests_over_fastcgi() {
    holds_no_more_after_10_000_requests(Way::FastCgi);
}
