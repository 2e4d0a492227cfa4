//! Several gateways, and what they tell.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::{
    Address, Connection, Request, Server, Site, differs_on_purpose, is_uwsgi, unused_port,
    wait_until,
};

/// Sleeps for as many seconds as its query says.
const APP: &str = "import time
def application(environ, start_response):
    time.sleep(float(environ['QUERY_STRING'] or 0))
    start_response('200 OK', [('Content-Length', '4')])
    return [b'done']
";

fn start<'s>(site: &'s Site, more: &[&str]) -> (Server<'s>, Address) {
    site.file("app.py", APP);
    let port = unused_port();
    let at = format!("127.0.0.1:{port}");
    let server =
        site.start(&[&["--http", &at, "--wsgi-file", "app.py", "--master"][..], more].concat());
    let address = Address::Port(port);
    server.wait_ready(&address);
    (server, address)
}

/// The process of a gateway, as the log tells it last.
fn gateway(server: &Server<'_>, number: usize) -> Pid {
    let log = server.log();
    let named = log.rsplit(&format!("uWSGI http {number} (pid: ")).next();
    let pid = named.and_then(|rest| rest.split(')').next()).and_then(|pid| pid.parse().ok());
    Pid::from_raw(pid.expect("a gateway"))
}

#[test]
fn several_gateways_share_the_threads_of_the_workers() {
    let site = Site::new();
    let (server, address) = start(&site, &["--http-processes", "3", "--processes", "2"]);
    server.wait_log("spawned uWSGI http 3 ");
    if is_uwsgi() {
        return;
    }
    let mut slow = Connection::open(&address);
    slow.send("GET /?2 HTTP/1.1\r\nHost: a\r\n\r\n");
    slow.set_timeout(Duration::from_millis(300));
    let ask = || {
        // Whichever gateway takes it.
        for _ in 0..20 {
            assert_eq!(Request::get("/").send(&address).text(), "done");
        }
    };
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
        for client in clients {
            client.join().expect("answered");
        }
    });
    assert!(slow.is_silent_for(Duration::from_millis(1)), "the quick ones came first");
    slow.set_timeout(Duration::from_secs(10));
    assert_eq!(slow.read_reply().text(), "done");
    // What a gateway had claimed when it died is free again.
    for number in 1..=3 {
        let mut lost = Connection::open(&address);
        lost.send("GET /?0.2 HTTP/1.1\r\nHost: a\r\n\r\n");
        let old = gateway(&server, number);
        kill(old, Signal::SIGKILL).expect("there");
        wait_until("another one", || gateway(&server, number) != old);
    }
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(ask);
        }
    });
    server.stop();
}

#[test]
fn statistics_of_the_gateway_are_served() {
    let site = Site::new();
    let (server, address) = start(&site, &["--http-stats", "http.sock"]);
    let stats = Address::socket(site.join("http.sock"));
    server.wait_ready(&stats);
    let read = || told(&stats);
    let told = read();
    assert_eq!(told["http"], serde_json::json!([address.to_string()]));
    assert_eq!(told["pid"], gateway(&server, 1).as_raw());
    assert_eq!((&told["version"], &told["cheap"]), (&"2.0.31".into(), &0.into()));
    if differs_on_purpose() {
        return;
    }
    let mut client = Connection::open(&address);
    client.send("GET /?5 HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut behind = Connection::open(&address);
    behind.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_until("one waits", || read()["waiting"] == 1 && read()["active_sessions"] == 2);
    assert_eq!((&read()["processes"], &read()["refused"]), (&1.into(), &0.into()));
}

const KEPT: &str = "GET /?0 HTTP/1.1\r\nHost: a\r\n\r\n";

fn told(stats: &Address) -> serde_json::Value {
    serde_json::from_slice(&Connection::open(stats).read_all()).expect("JSON")
}

/// Clients whose connections were used already, so that the gateway waits for what they say next.
fn clients(address: &Address, number: usize) -> Vec<Connection> {
    let mut clients: Vec<_> = (0..number).map(|_| Connection::open(address)).collect();
    for _ in 0..2 {
        for client in &mut clients {
            client.send(KEPT);
            assert_eq!(client.read_reply().text(), "done");
        }
    }
    clients
}

/// A client whose request keeps the only worker busy for so many seconds.
fn keep_busy(address: &Address, seconds: u32) -> Connection {
    let mut slow = Connection::open(address);
    slow.send(format!("GET /?{seconds} HTTP/1.1\r\nHost: a\r\n\r\n"));
    std::thread::sleep(Duration::from_millis(300));
    slow
}

/// The gateway reads some requests ahead and leaves the others with the kernel, where they wait as well.
#[test]
fn requests_that_are_not_read_yet_wait_like_others() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::new();
    let (server, address) = start(&site, &["--http-queue", "60", "--http-stats", "http.sock"]);
    let stats = Address::socket(site.join("http.sock"));
    server.wait_ready(&stats);
    let mut clients = clients(&address, 100);
    let mut slow = keep_busy(&address, 2);
    for client in &mut clients {
        client.send(KEPT);
    }
    let told = || told(&stats);
    wait_until("60 wait", || told()["waiting"] == 60 && told()["refused"] == 40);
    let statuses: Vec<_> = clients.iter_mut().map(|client| client.read_reply().status).collect();
    assert_eq!(slow.read_reply().text(), "done");
    let answered = statuses.iter().filter(|status| **status == 200).count();
    let refused = statuses.iter().filter(|status| **status == 503).count();
    assert_eq!((answered, refused), (60, 40), "{statuses:?}");
    wait_until("nobody waits", || told()["waiting"] == 0);
}

#[test]
fn requests_that_are_not_read_wait_no_longer_than_others() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::new();
    let (_server, address) = start(&site, &["--http-connect-timeout", "1"]);
    let mut clients = clients(&address, 50);
    let mut slow = keep_busy(&address, 6);
    for client in &mut clients {
        client.send(KEPT);
    }
    for client in &mut clients {
        assert_eq!(client.read_reply().status, 504);
    }
    assert!(slow.is_silent_for(Duration::from_millis(1)), "the worker was free");
    assert_eq!(slow.read_reply().text(), "done");
}

#[test]
fn who_needs_no_worker_does_not_wait_for_one() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::new();
    let redirects = Address::Port(unused_port());
    let more = ["--http-to-https", &redirects.to_string(), "--http-stats", "http.sock"];
    let (server, address) = start(&site, &more);
    let stats = Address::socket(site.join("http.sock"));
    server.wait_ready(&stats);
    let (mut waiting, going) = (clients(&address, 40), clients(&address, 10));
    let mut redirected = Connection::open(&redirects);
    for _ in 0..2 {
        redirected.send(KEPT);
        assert_eq!(redirected.read_reply().status, 301);
    }
    let mut slow = keep_busy(&address, 4);
    for client in &mut waiting {
        client.send(KEPT);
    }
    wait_until("40 wait", || told(&stats)["waiting"] == 40);
    drop(going);
    redirected.send(KEPT);
    assert_eq!(redirected.read_reply().status, 301);
    // The 40, the slow one and the redirected one are there.
    wait_until("who went is gone", || told(&stats)["active_sessions"] == 42);
    // Otherwise all this was told when the worker was free again.
    assert_eq!(told(&stats)["waiting"], 40);
    assert_eq!(slow.read_reply().text(), "done");
}

#[test]
fn requests_that_come_slowly_keep_nobody_waiting() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::new();
    let (_server, address) = start(&site, &[]);
    let mut slow = clients(&address, 50);
    let (begin, rest) = KEPT.split_at(10);
    for client in &mut slow {
        client.send(begin);
    }
    std::thread::sleep(Duration::from_millis(200));
    for mut client in clients(&address, 40) {
        client.send(KEPT);
        assert_eq!(client.read_reply().text(), "done");
    }
    for client in &mut slow {
        client.send(rest);
        assert_eq!(client.read_reply().text(), "done");
    }
}
