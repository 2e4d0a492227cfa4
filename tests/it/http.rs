//! HTTP by the byte: where RFC 9110 and 9112 decide, and where uWSGI is not followed.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::client::Connection;
use crate::support::{Address, Reply, Request, Server, Site, differs_on_purpose, unused_port};

/// The three ways of HTTP, and what each does after a reply.
const DOORS: [&str; 3] = ["--http-socket", "--http11-socket", "--http"];

fn start<'s>(site: &'s Site, door: &str, app: &str) -> (Server<'s>, Address) {
    let port = unused_port();
    let server = site.start(&[
        door,
        &format!("127.0.0.1:{port}"),
        "--wsgi-file",
        app,
        "--master",
        "--processes",
        "2",
    ]);
    let address = Address::Port(port);
    server.wait_ready(&address);
    (server, address)
}

/// Sends these bytes to each door and reads until the end.
fn each(bytes: &[u8], check: impl Fn(&str, Vec<u8>)) {
    for door in DOORS {
        let site = Site::with("conduct.py");
        let (_server, address) = start(&site, door, "conduct.py");
        let mut connection = Connection::open(&address);
        connection.send(bytes);
        check(door, connection.read_all());
    }
}

#[test]
fn hello_by_each_door() {
    for door in DOORS {
        let site = Site::with("hello.py");
        let (server, address) = start(&site, door, "hello.py");
        for _ in 0..5 {
            assert_eq!(server.get(&address, "/").text(), "Hello World", "{door}");
        }
        server.stop();
    }
}

#[test]
fn the_status_line_is_ours_not_the_clients() {
    if differs_on_purpose() {
        return;
    }
    each(b"GET / HTTP/1.0\r\nHost: a\r\n\r\n", |door, bytes| {
        let reply = Reply::parse(&bytes);
        assert!(
            reply.line == "HTTP/1.1 200 OK" || reply.line == "HTTP/1.0 200 OK",
            "{door}: {}",
            reply.line
        );
        assert_eq!(reply.text(), "hello", "{door}");
    });
}

#[test]
fn a_reply_to_head_has_no_body() {
    if differs_on_purpose() {
        return;
    }
    each(b"HEAD /length HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", |door, bytes| {
        let reply = Reply::parse(&bytes);
        assert_eq!((reply.status, reply.text().as_str()), (200, ""), "{door}");
        assert_eq!(reply.header("content-length"), Some("6"), "{door}");
    });
}

#[test]
fn no_content_has_no_body() {
    if differs_on_purpose() {
        return;
    }
    each(b"GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", |door, bytes| {
        let reply = Reply::parse(&bytes);
        assert_eq!((reply.status, reply.text().as_str()), (204, ""), "{door}");
    });
}

#[test]
fn a_chunked_body_is_decoded_into_wsgi_input() {
    if differs_on_purpose() {
        return;
    }
    each(
        b"POST /body HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n\
          5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: t\r\n\r\n",
        |door, bytes| assert_eq!(Reply::parse(&bytes).text(), "hello world", "{door}"),
    );
}

#[test]
fn expect_100_continue_is_answered_before_the_body_is_sent() {
    if differs_on_purpose() {
        return;
    }
    for door in DOORS {
        let site = Site::with("conduct.py");
        let (_server, address) = start(&site, door, "conduct.py");
        let mut connection = Connection::open(&address);
        connection.send(
            "POST /body HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n",
        );
        let interim = connection.read_to(b"\r\n\r\n");
        assert!(interim.starts_with(b"HTTP/1.1 100"), "{door}");
        connection.send("body");
        assert_eq!(Reply::parse(&connection.read_all()).text(), "body", "{door}");
    }
}

#[test]
fn a_head_over_the_buffer_size_is_431() {
    if differs_on_purpose() {
        return;
    }
    for door in DOORS {
        let site = Site::with("conduct.py");
        let port = unused_port();
        let server = site.start(&[
            door,
            &format!("127.0.0.1:{port}"),
            "--wsgi-file",
            "conduct.py",
            "--master",
            "--buffer-size",
            "8192",
        ]);
        let address = Address::Port(port);
        let long = "x".repeat(20_000);
        let reply = server.ask(&address, &Request::get("/").header("X-Long", &long));
        assert_eq!(reply.status, 431, "{door}");
        let fits = "x".repeat(4_000);
        assert_eq!(
            server.ask(&address, &Request::get("/").header("X-Long", &fits)).status,
            200,
            "{door}"
        );
    }
}

#[test]
fn a_head_of_more_than_4096_bytes_is_no_trouble_by_default() {
    if differs_on_purpose() {
        return;
    }
    for door in DOORS {
        let site = Site::with("conduct.py");
        let (server, address) = start(&site, door, "conduct.py");
        let cookie = "x".repeat(20_000);
        assert_eq!(
            server.ask(&address, &Request::get("/").header("Cookie", &cookie)).status,
            200,
            "{door}"
        );
    }
}

/// What nginx or another proxy may understand differently must not reach the application.
#[test]
fn ambiguous_requests_are_400_and_close() {
    if differs_on_purpose() {
        return;
    }
    let ambiguous = [
        (
            "two lengths",
            "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nbody!",
        ),
        ("a folded header", "GET / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n"),
        (
            "a length that is no number",
            "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 4x\r\n\r\nbody",
        ),
        ("a negative length", "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: -4\r\n\r\nbody"),
        ("a space before the colon", "GET / HTTP/1.1\r\nHost: a\r\nX-A : b\r\n\r\n"),
        ("garbage", "garbage\r\n\r\n"),
    ];
    for door in DOORS {
        let site = Site::with("conduct.py");
        let (_server, address) = start(&site, door, "conduct.py");
        for (what, bytes) in ambiguous {
            let mut connection = Connection::open(&address);
            connection.send(bytes);
            let all = connection.read_all();
            assert!(!all.is_empty(), "{door}: {what}: no reply");
            assert_eq!(Reply::parse(&all).status, 400, "{door}: {what}");
        }
    }
}

#[test]
fn every_http_socket_tells_its_own_port() {
    let site = Site::new();
    site.file(
        "app.py",
        "def application(environ, start_response):\n    start_response('200 OK', [])\n    \
         return [environ['SERVER_PORT'].encode()]\n",
    );
    let ports = [unused_port(), unused_port()];
    let [first, second] = ports.map(|port| format!("127.0.0.1:{port}"));
    let sockets = ["--http-socket", &first, "--http-socket", &second];
    let server = site.start(&[&sockets[..], &["--wsgi-file", "app.py"]].concat());
    for port in ports {
        let address = Address::Port(port);
        server.wait_ready(&address);
        assert_eq!(server.get(&address, "/").text(), port.to_string());
    }
}

/// A client that reads a stream slowly has one thread for itself; nobody else waits for that one.
#[test]
fn a_slow_reader_of_a_stream_holds_up_nobody_else() {
    if differs_on_purpose() {
        return;
    }
    for door in ["--http-socket", "--http11-socket", "--socket"] {
        let site = Site::new();
        site.file(
            "app.py",
            "def application(environ, start_response):\n    start_response('200 OK', [])\n    \
             if environ['PATH_INFO'] == '/':\n        return [b'quick']\n    \
             return (b'x' * 65536 for _ in range(2000))\n",
        );
        let port = unused_port();
        let server = site.start(&[
            door,
            &format!("127.0.0.1:{port}"),
            "--wsgi-file",
            "app.py",
            "--threads",
            "2",
            "--socket-timeout",
            "30",
        ]);
        let address = Address::Port(port);
        server.wait_ready(&address);
        let ask = |path: &str| {
            let mut connection = Connection::open(&address);
            if door == "--socket" {
                let variables = crate::support::client::variables("GET", path);
                connection.send(crate::support::packet(&variables, b""));
            } else {
                connection
                    .send(format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
            }
            connection
        };
        let mut stalled = if door == "--http11-socket" {
            // The stream comes on a connection that is there already.
            let get = |path| format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
            let mut connection = Connection::open(&address);
            connection.send(get("/"));
            assert_eq!(connection.read_reply().text(), "quick");
            connection.send(get("/stream"));
            connection
        } else {
            ask("/stream")
        };
        // It has begun; nothing more is read of it.
        stalled.read_to(b"\r\n\r\n");
        for _ in 0..20 {
            let started = std::time::Instant::now();
            assert_eq!(Reply::parse(&ask("/").read_all()).text(), "quick", "{door}");
            assert!(started.elapsed().as_secs() < 5, "{door}: it waited for the slow reader");
        }
    }
}

#[test]
fn bare_line_feeds_are_400_and_close() {
    if differs_on_purpose() {
        return;
    }
    each(b"GET /length HTTP/1.1\nHost: a\n\nGET /length HTTP/1.1\nHost: a\n\n", |door, bytes| {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(text.starts_with("HTTP/1.1 400 "), "{door}: {text}");
        assert_eq!(text.matches("HTTP/1.1 ").count(), 1, "{door}: {text}");
    });
}

/// The head of request smuggling: RFC 9112 section 6.3 lets a server refuse it, so it is refused, and
/// nothing that follows on the connection is read as a request.
#[test]
fn lengths_that_two_readers_could_understand_differently_are_400_and_close() {
    if differs_on_purpose() {
        return;
    }
    let next = "GET /length HTTP/1.1\r\nHost: a\r\n\r\n";
    for head in [
        "Content-Length: 4\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 4",
        "Content-Length: 5\r\nContent-Length: 5",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    ] {
        let bytes = format!("POST /body HTTP/1.1\r\nHost: a\r\n{head}\r\n\r\n0\r\n\r\n{next}");
        each(bytes.as_bytes(), |door, bytes| {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            assert!(text.starts_with("HTTP/1.1 400 "), "{door} {head}: {text}");
            assert_eq!(text.matches("HTTP/1.1 ").count(), 1, "{door} {head}: {text}");
        });
    }
}

#[test]
fn http_keeps_a_connection_and_honours_close() {
    if differs_on_purpose() {
        return;
    }
    for door in ["--http11-socket", "--http"] {
        let site = Site::with("conduct.py");
        let (_server, address) = start(&site, door, "conduct.py");
        let mut connection = Connection::open(&address);
        for path in ["/length", "/list", "/pieces", "/length"] {
            connection.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
            assert_eq!(connection.read_reply().status, 200, "{door} {path}");
        }
        connection.send("GET /length HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assert_eq!(Reply::parse(&connection.read_all()).text(), "length", "{door}: then it closes");
    }
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    if differs_on_purpose() {
        return;
    }
    for door in ["--http11-socket", "--http"] {
        let site = Site::with("conduct.py");
        let (_server, address) = start(&site, door, "conduct.py");
        let mut connection = Connection::open(&address);
        connection.send(
            "GET /length HTTP/1.1\r\nHost: a\r\n\r\nPOST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc\
             GET /list HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        );
        assert_eq!(connection.read_reply().text(), "length", "{door}");
        assert_eq!(connection.read_reply().text(), "abc", "{door}");
        assert_eq!(connection.read_reply().text(), "one two three", "{door}");
    }
}

#[test]
fn http_socket_closes_after_each_reply() {
    let site = Site::with("conduct.py");
    let (_server, address) = start(&site, "--http-socket", "conduct.py");
    let mut connection = Connection::open(&address);
    connection.send("GET /length HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(Reply::parse(&connection.read_all()).text(), "length");
}

#[test]
fn a_header_with_an_underscore_cannot_pose_as_another() {
    if differs_on_purpose() {
        return;
    }
    for door in DOORS {
        let site = Site::with("environ.py");
        let (server, address) = start(&site, door, "environ.py");
        let request = Request::get("/").header("X_Forwarded_For", "6.6.6.6").header("X-Real", "1");
        let environ = server.ask(&address, &request).json();
        assert_eq!(environ.get("HTTP_X_FORWARDED_FOR"), None, "{door}");
        assert_eq!(environ["HTTP_X_REAL"], "1", "{door}");
    }
}

#[test]
fn a_forwarded_scheme_counts_from_loopback_and_not_from_strangers() {
    let site = Site::with("environ.py");
    let (server, address) = start(&site, "--http-socket", "environ.py");
    let request = Request::get("/").header("X-Forwarded-Proto", "https");
    assert_eq!(server.ask(&address, &request).json()["wsgi.url_scheme"], "https");
}

#[test]
fn a_path_is_decoded_once_and_its_dots_are_resolved() {
    for door in DOORS {
        let site = Site::with("environ.py");
        let (server, address) = start(&site, door, "environ.py");
        let environ = server.get(&address, "/a%20b/./c/../%C3%A4?q=%20&r=%2F").json();
        assert_eq!(environ["PATH_INFO"], "/a b/\u{c3}\u{a4}", "{door}: latin-1, as PEP 3333 says");
        assert_eq!(environ["QUERY_STRING"], "q=%20&r=%2F", "{door}");
        assert_eq!(environ["REQUEST_URI"], "/a%20b/./c/../%C3%A4?q=%20&r=%2F", "{door}");
    }
}

#[test]
fn a_slow_client_does_not_hold_up_others() {
    if differs_on_purpose() {
        return;
    }
    // One worker, one thread; many clients that have sent half a request.
    for door in DOORS {
        let site = Site::with("conduct.py");
        let port = unused_port();
        let server = site.start(&[
            door,
            &format!("127.0.0.1:{port}"),
            "--wsgi-file",
            "conduct.py",
            "--master",
        ]);
        let address = Address::Port(port);
        server.wait_ready(&address);
        let slow: Vec<Connection> = (0..8)
            .map(|_| {
                let mut connection = Connection::open(&address);
                connection
                    .send("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf");
                connection
            })
            .collect();
        if door == "--http" {
            let mut connection = Connection::open(&address);
            connection.set_timeout(Duration::from_secs(3));
            connection.send(Request::get("/").bytes());
            assert_eq!(Reply::parse(&connection.read_all()).text(), "hello", "{door}");
        }
        drop(slow);
        assert_eq!(server.get(&address, "/").text(), "hello", "{door}: after they went");
    }
}

#[test]
fn an_idle_client_with_half_a_head_is_closed_after_the_socket_timeout() {
    let site = Site::with("conduct.py");
    let server = site.start(&[
        "--http-socket",
        "app.sock",
        "--wsgi-file",
        "conduct.py",
        "--master",
        "--socket-timeout",
        "1",
    ]);
    let address = Address::socket(site.join("app.sock"));
    server.wait_ready(&address);
    let mut connection = Connection::open(&address);
    connection.send("GET / HTTP/1.1\r\nHos");
    let _ = connection.read_all();
    assert_eq!(server.get(&address, "/").text(), "hello");
}

#[test]
fn http_spoken_to_a_uwsgi_socket_is_closed_and_named() {
    let site = Site::with("conduct.py");
    let port = unused_port();
    let server = site.start(&[
        "--socket",
        &format!("127.0.0.1:{port}"),
        "--wsgi-file",
        "conduct.py",
        "--master",
    ]);
    let address = Address::Port(port);
    server.wait_ready(&address);
    let mut connection = Connection::open(&address);
    connection.send(Request::get("/").bytes());
    assert!(connection.read_all().is_empty());
    server.wait_log("skip");
}

#[test]
fn packet_variables_do_not_load_code() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::with("conduct.py");
    site.file("evil.py", "open('evil-was-loaded', 'w')\ndef application(e, s):\n    s('200 OK', [])\n    return [b'evil']\n");
    let server = site.start(&["--socket", "app.sock", "--wsgi-file", "conduct.py", "--master"]);
    let address = Address::socket(site.join("app.sock"));
    server.wait_ready(&address);
    let evil = site.join("evil.py").display().to_string();
    for (name, value) in
        [("UWSGI_FILE", evil.as_str()), ("UWSGI_SCRIPT", "evil"), ("UWSGI_MODULE", "evil")]
    {
        let mut variables = crate::support::client::variables("GET", "/");
        variables.push((name, value));
        let mut connection = Connection::open(&address);
        connection.send(crate::support::packet(&variables, b""));
        assert_eq!(Reply::parse(&connection.read_all()).text(), "hello", "{name}");
    }
    assert!(!site.join("evil-was-loaded").exists());
}

#[test]
fn a_length_over_limit_post_is_refused() {
    for door in DOORS {
        let site = Site::with("conduct.py");
        let port = unused_port();
        let server = site.start(&[
            door,
            &format!("127.0.0.1:{port}"),
            "--wsgi-file",
            "conduct.py",
            "--master",
            "--limit-post",
            "100",
        ]);
        let address = Address::Port(port);
        server.wait_ready(&address);
        let mut connection = Connection::open(&address);
        connection.send(Request::post("/body", "x".repeat(1000)).bytes());
        let all = connection.read_all();
        assert!(all.is_empty() || Reply::parse(&all).status == 413, "{door}");
        assert_eq!(
            server.ask(&address, &Request::post("/body", "x".repeat(100))).body.len(),
            100,
            "{door}"
        );
    }
}

/// Two processes of two threads: four requests are in the application at the same time, no more.
#[test]
fn as_many_requests_at_once_as_there_are_threads() {
    for door in ["--http-socket", "--socket", "--http"] {
        let site = Site::with("conduct.py");
        site.file(
            "meet.py",
            "import os, time
def application(environ, start_response):
    here = os.path.dirname(os.path.abspath(__file__))
    name = environ['QUERY_STRING']
    open(os.path.join(here, 'here-' + name), 'w').close()
    deadline = time.time() + 15
    while time.time() < deadline and sum(f.startswith('here-') for f in os.listdir(here)) < 4:
        time.sleep(0.01)
    count = sum(f.startswith('here-') for f in os.listdir(here))
    start_response('200 OK', [])
    return [str(count).encode()]
",
        );
        let port = unused_port();
        let server = site.start(&[
            door,
            &format!("127.0.0.1:{port}"),
            "--wsgi-file",
            "meet.py",
            "--master",
            "--processes",
            "2",
            "--threads",
            "2",
        ]);
        let address = Address::Port(port);
        server.wait_ready(&address);
        server.wait_log("spawned uWSGI worker 2");
        let clients: Vec<_> = (0..4)
            .map(|number| {
                let mut connection = Connection::open(&address);
                let (name, target) = (number.to_string(), format!("/?{number}"));
                if door == "--socket" {
                    let mut variables = crate::support::client::variables("GET", "/");
                    variables[0].1 = &name;
                    connection.send(crate::support::packet(&variables, b""));
                } else {
                    connection.send(Request::get(&target).bytes());
                }
                std::thread::spawn(move || Reply::parse(&connection.read_all()).text())
            })
            .collect();
        for client in clients {
            assert_eq!(client.join().unwrap(), "4", "{door}: all four met");
        }
    }
}

/// A worker's death is one bad reply at the gateway, not a lost connection.
#[test]
fn a_worker_that_dies_is_one_bad_gateway() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::with("conduct.py");
    let (server, address) = start(&site, "--http", "conduct.py");
    let mut connection = Connection::open(&address);
    connection.send("GET /pid HTTP/1.1\r\nHost: a\r\n\r\n");
    let pid = connection.read_reply().text();
    // Its own worker, and no other one: the application kills it in the middle of a request.
    let mut other = Connection::open(&address);
    other.send(Request::get("/kill").bytes());
    let reply = Reply::parse(&other.read_all());
    assert!(matches!(reply.status, 502 | 504), "{}", reply.line);
    connection.send("GET /pid HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_eq!(
        connection.read_reply().status,
        200,
        "the client's connection lives (pid was {pid})"
    );
    server.wait_log("DAMN ! worker");
}

/// The gateway gives the next request to whoever is free: a slow one blocks nobody.
#[test]
fn a_slow_request_does_not_hold_up_those_behind_it() {
    let site = Site::with("conduct.py");
    let (_server, address) = start(&site, "--http", "conduct.py");
    let mut slow = Connection::open(&address);
    slow.send(Request::get("/slow?s=5").bytes());
    crate::support::wait_until("it has begun", || site.read("notes").contains("slow begins"));
    let begin = std::time::Instant::now();
    for _ in 0..20 {
        assert_eq!(Request::get("/").send(&address).text(), "hello");
    }
    assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
    assert_eq!(Reply::parse(&slow.read_all()).text(), "slow");
}

/// More requests than may wait are told to come again; those that wait are answered.
#[test]
fn an_overloaded_gateway_answers_503() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::with("conduct.py");
    let port = unused_port();
    let words =
        ["--http", &format!("127.0.0.1:{port}"), "--wsgi-file", "conduct.py", "--http-queue", "2"];
    let server = site.start(&words);
    let address = Address::Port(port);
    server.wait_ready(&address);
    assert_eq!(server.get(&address, "/").status, 200);
    let slow = Request::get("/slow?s=1").bytes();
    let mut connections: Vec<_> = (0..6).map(|_| Connection::open(&address)).collect();
    for connection in &mut connections {
        connection.send(&slow);
    }
    let replies = connections.iter_mut().map(|it| Reply::parse(&it.read_all()));
    let mut statuses: Vec<_> = replies
        .map(|reply| {
            let again = reply.header("retry-after").is_some();
            assert_eq!(again, reply.status == 503, "{}", reply.line);
            reply.status
        })
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 503, 503, 503]);
    assert!(server.logged("overloaded"));
}

/// A worker that dies while it has nothing to do takes no request along.
#[test]
fn an_idle_worker_that_dies_behind_the_gateway_costs_nothing() {
    for _ in 0..2 {
        let site = Site::with("conduct.py");
        let (server, address) = start(&site, "--http", "conduct.py");
        assert_eq!(server.get(&address, "/").status, 200);
        for pid in server.children() {
            let name = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let is_gateway = server.log().contains(&format!("spawned uWSGI http 1 (pid: {pid})"));
            if !is_gateway && !name.is_empty() {
                kill(Pid::from_raw(pid), Signal::SIGKILL).expect("a worker");
            }
        }
        for _ in 0..4 {
            assert_eq!(server.get(&address, "/").status, 200, "{}", server.log());
        }
    }
}
