//! The uwsgi protocol by the byte, and behind nginx.

use crate::support::client::{Connection, packet, variables};
use crate::support::{Address, Nginx, Reply, Request, Server, Site, differs_on_purpose};

fn start<'s>(site: &'s Site, more: &[&str]) -> (Server<'s>, Address) {
    site.add("conduct.py");
    let arguments = ["--socket", "app.sock", "--wsgi-file", "conduct.py", "--master"];
    let server = site.start(&[&arguments, more].concat());
    let address = Address::socket(site.join("app.sock"));
    server.wait_ready(&address);
    (server, address)
}

fn ask(address: &Address, bytes: &[u8]) -> Vec<u8> {
    let mut connection = Connection::open(address);
    connection.send(bytes);
    connection.read_all()
}

#[test]
fn a_ping_is_answered() {
    let site = Site::new();
    let (server, address) = start(&site, &[]);
    for modifier2 in [0, 7] {
        assert_eq!(ask(&address, &[100, 0, 0, modifier2]), [100, 0, 0, 1]);
    }
    let mut ping = packet(&[("A", "B")], b"");
    ping[0] = 100;
    assert_eq!(ask(&address, &ping), [100, 0, 0, 1]);
    server.wait_log("PING");
}

#[test]
fn what_is_no_request_is_closed_and_named() {
    let site = Site::new();
    let (server, address) = start(&site, &["--buffer-size", "8192"]);
    for modifier in [1, 5, 31, 255] {
        let mut other = packet(&variables("GET", "/"), b"");
        other[0] = modifier;
        assert_eq!(ask(&address, &other), b"", "{modifier}");
        server.wait_log(&format!("unavailable modifier requested: {modifier}"));
    }
    assert_eq!(ask(&address, &[0, 0, 0, 0]), b"");
    server.wait_log("mpty python request");
    assert_eq!(ask(&address, &packet(&[("A", &"x".repeat(9000))], b"")), b"");
    server.wait_log("invalid request block size: 9005 .max 8192");
    assert_eq!(Reply::parse(&ask(&address, &packet(&variables("GET", "/"), b""))).text(), "hello");
    if differs_on_purpose() {
        return;
    }
    server.wait_log("buffer-size");
}

#[test]
fn a_request_may_come_in_any_pieces() {
    let site = Site::new();
    let (_server, address) = start(&site, &[]);
    let mut variables = variables("POST", "/body");
    variables.retain(|(name, _)| *name != "CONTENT_LENGTH");
    variables.push(("CONTENT_LENGTH", "5"));
    let bytes = packet(&variables, b"hello");
    let mut connection = Connection::open(&address);
    for byte in &bytes {
        connection.send([*byte]);
    }
    assert_eq!(Reply::parse(&connection.read_all()).text(), "hello");
    for cut in (1..bytes.len()).step_by(29).chain([1, 2, 3, 4, 5, bytes.len() - 5]) {
        let mut connection = Connection::open(&address);
        connection.send(&bytes[..cut]);
        connection.send(&bytes[cut..]);
        assert_eq!(Reply::parse(&connection.read_all()).text(), "hello", "{cut}");
    }
}

/// nginx says `CONTENT_LENGTH` and nothing where there is no body.
#[test]
fn nginx_may_leave_the_length_empty() {
    let site = Site::new();
    let (_server, address) = start(&site, &[]);
    let reply = Reply::parse(&ask(&address, &packet(&variables("GET", "/body"), b"")));
    assert_eq!((reply.status, reply.text().as_str()), (200, ""));
    let location = format!(
        "include /etc/nginx/uwsgi_params; uwsgi_pass unix:{};",
        site.join("app.sock").display()
    );
    let Some(nginx) = Nginx::start(&site, &location) else { return };
    assert_eq!(Request::get("/body").send(&nginx.address).text(), "");
    let body = vec![b'z'; 300_000];
    assert!(Request::post("/body", body.clone()).send(&nginx.address).body == body);
    let chunked = "POST /body HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
                   Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    assert_eq!(Reply::parse(&ask(&nginx.address, chunked.as_bytes())).text(), "abc");
}
