//! SCGI and FastCGI, by the byte and behind nginx.

use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{Address, Connection, Nginx, Request, Server, Site, differs_on_purpose, ways};

/// Answers with the length of what it was sent, and as much in several pieces.
const APP: &str = "def application(environ, start_response):
    length = int(environ.get('CONTENT_LENGTH') or 0)
    body = environ['wsgi.input'].read(length)
    start_response('201 Created', [('X-Length', str(len(body)))])
    if environ['PATH_INFO'] == '/broken':
        raise ValueError
    return (body[start:start + 30000] for start in range(0, length, 30000))
";

fn start<'s>(site: &'s Site, option: &str) -> (Server<'s>, Address) {
    site.file("app.py", APP);
    let server = site.start(&[option, "app.sock", "--module", "app", "--master"]);
    let address = Address::socket(site.join("app.sock"));
    server.wait_ready(&address);
    (server, address)
}

fn scgi(path: &str, body: &[u8]) -> Vec<u8> {
    ways::scgi(&variables(path, &body.len().to_string()), body)
}

fn fastcgi(path: &str, body: &[u8]) -> Vec<u8> {
    ways::fastcgi(&variables(path, &body.len().to_string()), body)
}

/// The same with other flags in the record that begins the request: 1 keeps the connection.
fn fastcgi_flagged(path: &str, body: &[u8], flags: u8) -> Vec<u8> {
    let mut bytes = fastcgi(path, body);
    bytes[10] = flags;
    bytes
}

fn variables<'v>(path: &'v str, length: &'v str) -> [(&'v str, &'v str); 6] {
    [
        ("CONTENT_LENGTH", length),
        ("SCGI", "1"),
        ("REQUEST_METHOD", "POST"),
        ("PATH_INFO", path),
        ("SERVER_PROTOCOL", "HTTP/1.1"),
        ("REQUEST_URI", path),
    ]
}

fn ask(address: &Address, request: &[u8]) -> Vec<u8> {
    let mut connection = Connection::open(address);
    connection.send(request);
    connection.read_all()
}

#[test]
fn scgi_is_answered_with_a_status_header() {
    let site = Site::new();
    let (_server, address) = start(&site, "--scgi-socket");
    let body = vec![b'x'; 100_000];
    let reply = ask(&address, &scgi("/", &body));
    let head = b"Status: 201 Created\r\nX-Length: 100000\r\n\r\n";
    assert!(reply.starts_with(head), "{}", reply[..80].escape_ascii());
    assert!(reply.ends_with(&body) && reply.len() == head.len() + body.len());
}

#[test]
fn scgi_is_answered_with_a_status_line_where_that_is_wanted() {
    let site = Site::new();
    let (_server, address) = start(&site, "--scgi-nph-socket");
    let reply = ask(&address, &scgi("/", b"ab"));
    assert!(reply.starts_with(b"HTTP/1.1 201 Created\r\n"), "{}", reply.escape_ascii());
}

#[test]
fn fastcgi_is_answered_in_records() {
    let site = Site::new();
    let (server, address) = start(&site, "--fastcgi-socket");
    let body = vec![b'x'; 200_000];
    let reply = ask(&address, &fastcgi("/", &body));
    let (output, ended) = ways::output_of(&reply);
    assert!(ended);
    let head = b"Status: 201 Created\r\nX-Length: 200000\r\n\r\n";
    assert!(output.starts_with(head), "{}", output[..80].escape_ascii());
    assert_eq!(output.len(), head.len() + body.len());
    if differs_on_purpose() {
        return;
    }
    let broken = ask(&address, &fastcgi("/broken", b""));
    assert!(String::from_utf8_lossy(&broken).contains("Status: 500 Internal Server Error"));
    assert_eq!(ask(&address, b"GET / HTTP/1.1\r\n\r\n"), b"");
    server.wait_log("request cannot be read: this is no FastCGI");
}

#[test]
fn fastcgi_keeps_a_connection_where_that_is_wanted() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::new();
    let (server, address) = start(&site, "--fastcgi-socket");
    let mut connection = Connection::open(&address);
    let end = ways::record(3, &[0; 8]);
    for path in ["/one", "/two", "/broken"] {
        connection.send(fastcgi_flagged(path, b"ab", 1));
        let reply = String::from_utf8_lossy(&connection.read_to(&end)).into_owned();
        let status = if path == "/broken" { "Status: 500 " } else { "Status: 201 " };
        assert!(reply.contains(status), "{path}: {reply:?}");
    }
    // Several at once, the last of which ends the connection.
    let both = [fastcgi_flagged("/", b"cd", 1), fastcgi("/", b"ef")].concat();
    connection.send(both);
    let replies = connection.read_all();
    assert_eq!(replies.windows(end.len()).filter(|part| *part == end).count(), 2);
    // A stop does not wait for a connection that is kept.
    let mut kept = Connection::open(&address);
    kept.send(fastcgi_flagged("/", b"", 1));
    kept.read_to(&end);
    server.stop();
    assert_eq!(kept.read_all(), b"");
}

/// Passes the connections of one socket on to another one, and counts them.
fn count_connections(from: &Path, to: &Path) -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let (listener, to, counted) =
        (UnixListener::bind(from).unwrap(), to.to_owned(), Arc::clone(&count));
    std::thread::spawn(move || {
        for near in listener.incoming().map_while(Result::ok) {
            counted.fetch_add(1, Ordering::SeqCst);
            let far = UnixStream::connect(&to).unwrap();
            let ends = [(near.try_clone(), far.try_clone()), (Ok(far), Ok(near))];
            for (from, to) in ends {
                let (mut from, mut to) = (from.unwrap(), to.unwrap());
                std::thread::spawn(move || {
                    // What ends on one side ends on the other.
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(std::net::Shutdown::Write);
                });
            }
        }
    });
    count
}

#[test]
fn nginx_keeps_connections_of_fastcgi() {
    if differs_on_purpose() {
        return;
    }
    for (keep, expected) in [("on", 1), ("off", 4)] {
        let site = Site::new();
        let (_server, _) = start(&site, "--fastcgi-socket");
        let count = count_connections(&site.join("front.sock"), &site.join("app.sock"));
        let socket = site.join("front.sock").display().to_string();
        let upstream = format!("upstream site {{ server unix:{socket}; keepalive 4; }}");
        let location = format!(
            "include /etc/nginx/fastcgi_params; fastcgi_param PATH_INFO $document_uri; \
             fastcgi_keep_conn {keep}; fastcgi_pass site;"
        );
        let Some(nginx) = Nginx::start_beside(&site, &upstream, &location) else { return };
        for size in [0, 10, 100_000, 1_000_000] {
            let body = vec![b'y'; size];
            let reply = Request::post("/", body.clone()).send(&nginx.address);
            assert_eq!(reply.status, 201, "{size}");
            assert!(reply.body == body, "{size}: {} bytes", reply.body.len());
        }
        assert_eq!(count.load(Ordering::SeqCst), expected, "keep {keep}");
    }
}

#[test]
fn nginx_speaks_both() {
    for (option, pass) in [("--scgi-socket", "scgi"), ("--fastcgi-socket", "fastcgi")] {
        let site = Site::new();
        let (_server, _) = start(&site, option);
        let location = format!(
            "include /etc/nginx/{pass}_params; {pass}_param PATH_INFO $document_uri; {pass}_pass \
             unix:{};",
            site.join("app.sock").display()
        );
        let Some(nginx) = Nginx::start(&site, &location) else { return };
        let body = vec![b'y'; 3_000_000];
        let reply = Request::post("/", body.clone()).send(&nginx.address);
        assert_eq!((reply.status, reply.header("X-Length")), (201, Some("3000000")), "{pass}");
        assert!(reply.body == body, "{pass}: {} bytes", reply.body.len());
    }
}

#[test]
fn a_request_that_takes_too_long_is_answered() {
    if differs_on_purpose() {
        return;
    }
    for (option, request) in
        [("--scgi-socket", scgi("/", b"")), ("--fastcgi-socket", fastcgi("/", b""))]
    {
        let site = Site::new();
        site.file(
            "slow.py",
            "import time\ndef application(environ, start_response):\n    time.sleep(60)\n",
        );
        let server =
            site.start(&[option, "app.sock", "--module", "slow", "--master", "--harakiri", "1"]);
        let address = Address::socket(site.join("app.sock"));
        server.wait_ready(&address);
        let reply = ask(&address, &request);
        assert!(String::from_utf8_lossy(&reply).contains("Status: 504 "), "{option}");
        // The number of the request is that of its reply.
        assert!(option == "--scgi-socket" || reply.starts_with(&[1, 6, 0, 5]), "{option}");
    }
}
