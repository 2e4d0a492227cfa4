//! SCGI and FastCGI, by the byte and behind nginx.

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
