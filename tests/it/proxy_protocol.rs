//! The PROXY protocol in front of HTTP.

use std::io::Read;

use crate::support::{Address, Connection, Reply, Site, differs_on_purpose, unused_port};

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const BINARY: &[u8] =
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x01\x02\x03\x04\x05\x06\x07\x08\x04\x57\0\x50";

/// The client's address and port as the application sees them.
fn ask(address: &Address, pieces: &[&[u8]]) -> (String, String) {
    let mut connection = Connection::open(address);
    for piece in pieces {
        connection.send(piece);
    }
    connection.send(REQUEST);
    let environ = Reply::parse(&connection.read_all()).json();
    let text = |key: &str| environ[key].as_str().unwrap_or_default().to_owned();
    (text("REMOTE_ADDR"), text("REMOTE_PORT"))
}

fn check(option: &str, enable: &str) {
    let site = Site::with("environ.py");
    let port = unused_port();
    let at = format!("127.0.0.1:{port}");
    let server = site.start(&[option, &at, enable, "--wsgi-file", "environ.py", "--master"]);
    let address = Address::Port(port);
    server.wait_ready(&address);
    let client = ("1.2.3.4".to_owned(), "1111".to_owned());
    let line = b"PROXY TCP4 1.2.3.4 5.6.7.8 1111 80\r\n";
    assert_eq!(ask(&address, &[line]), client);
    assert_eq!(ask(&address, &[&line[..9], &line[9..]]), client);
    let six = ask(&address, &[b"PROXY TCP6 2001:db8::1 ::1 2222 80\r\n"]);
    assert_eq!(six, ("2001:db8::1".to_owned(), "2222".to_owned()));
    // Health checks of load balancers say nothing of a client.
    assert_eq!(ask(&address, &[b"PROXY UNKNOWN\r\n"]).0, "127.0.0.1");
    assert_eq!(ask(&address, &[]).0, "127.0.0.1");
    if differs_on_purpose() {
        return;
    }
    assert_eq!(ask(&address, &[BINARY]), client);
    let mut connection = Connection::open(&address);
    connection.send(format!("PROXY TCP4 nonsense\r\n{REQUEST}"));
    assert_eq!(connection.read_all(), b"", "closed without a reply");
    server.wait_log("a connection of 127.0.0.1:\\d+ cannot begin: the header of the PROXY");
}

#[test]
fn the_gateway_believes_it() {
    check("--http", "--http-enable-proxy-protocol");
}

#[test]
fn sockets_of_workers_believe_it() {
    check("--http-socket", "--enable-proxy-protocol");
}

#[test]
fn nobody_believes_it_unasked() {
    let site = Site::with("environ.py");
    let port = unused_port();
    let at = format!("127.0.0.1:{port}");
    let server = site.start(&["--http-socket", &at, "--wsgi-file", "environ.py"]);
    server.wait_ready(&Address::Port(port));
    let mut connection = Connection::open(&Address::Port(port));
    connection.send(format!("PROXY TCP4 1.2.3.4 5.6.7.8 1111 80\r\n{REQUEST}"));
    let mut reply = Vec::new();
    // A reset is as good as a 400.
    let _ = connection.read_to_end(&mut reply);
    assert!(!String::from_utf8_lossy(&reply).contains("1.2.3.4"));
}
