//! Clients that are slow, in sending or in taking, keep nobody waiting, and go when they say nothing any more. Nor does a
//! slow call keep those who were answered.

use std::io::Write as _;
use std::time::{Duration, Instant};

use crate::support::{
    Address, Connection, Server, Site, Way, differs_on_purpose, unused_port, wait_until,
};

/// How many are slow at the same time.
const CROWD: usize = 40;

/// Longer than any answer to a fast client takes, shorter than any of the timeouts.
const QUICK: Duration = Duration::from_secs(1);

const APP: &str = "
def application(environ, start_response):
    body = environ['wsgi.input'].read()
    start_response('200 OK', [])
    return [b'x' * 20_000_000 if environ['PATH_INFO'] == '/big' else b'got %d' % len(body)]
";

/// One process with one thread.
fn start<'s>(site: &'s Site, way: Way, timeout: &str) -> (Server<'s>, Address) {
    site.file("app.py", APP);
    let address = Address::Port(unused_port());
    let limit = if way == Way::Http { "--http-timeout" } else { "--socket-timeout" };
    let words =
        [way.option(), &address.to_string(), "--module", "app", limit, timeout, "--listen", "100"];
    let server = site.start(&[&words[..], &["--master"]].concat());
    server.wait_ready(&address);
    assert_quick(way, &address, "at first");
    (server, address)
}

fn assert_quick(way: Way, address: &Address, when: &str) {
    let begun = Instant::now();
    let mut connection = Connection::open(address);
    connection.send(way.request("GET", "/", b""));
    let (reply, _) = way.reply(&connection.read_all());
    assert!(reply.ends_with(b"got 0"), "{way:?} {when}");
    assert!(begun.elapsed() < QUICK, "{way:?} {when}: {:?}", begun.elapsed());
}

const WAYS: [Way; 5] = [Way::HttpSocket, Way::Http11Socket, Way::Http, Way::Uwsgi, Way::FastCgi];

/// A byte each, over and over, as some do who want to keep a server busy.
#[test]
fn who_sends_byte_by_byte_keeps_nobody_waiting() {
    if differs_on_purpose() {
        return;
    }
    for way in WAYS {
        let site = Site::new();
        let (_server, address) = start(&site, way, "30");
        let request = way.request("POST", "/", b"the body of a request");
        let body = request.len() - 15;
        // Half of them stand in the head, half in the body.
        let mut crowd: Vec<(Connection, usize)> = (0..CROWD)
            .map(|number| {
                let sent = if number % 2 == 0 { 2 } else { body };
                let mut connection = Connection::open(&address);
                connection.send(&request[..sent]);
                (connection, sent)
            })
            .collect();
        for round in 0..10 {
            for (connection, sent) in &mut crowd {
                connection.send(&request[*sent..=*sent]);
                *sent += 1;
            }
            assert_quick(way, &address, &format!("in round {round}"));
        }
        // None was given up, and each has its answer in the end.
        for (mut connection, sent) in crowd {
            connection.send(&request[sent..]);
            let (reply, _) = way.reply(&connection.read_all());
            assert!(reply.ends_with(b"got 21"), "{way:?}");
        }
    }
}

/// The connection ends, whatever was said before that.
#[test]
fn who_says_nothing_any_more_is_let_go() {
    for way in WAYS {
        let site = Site::new();
        let (_server, address) = start(&site, way, "1");
        let request = way.request("POST", "/", b"the body of a request");
        for sent in [2, request.len() - 15] {
            let mut connection = Connection::open(&address);
            connection.send(&request[..sent]);
            let begun = Instant::now();
            connection.set_timeout(Duration::from_secs(10));
            let said = connection.read_all();
            assert!(begun.elapsed() >= Duration::from_millis(500), "{way:?}: it had a second");
            assert!(!way.reply(&said).0.ends_with(b"got 21"), "{way:?}");
        }
    }
}

/// Who takes nothing of a reply that is complete holds no thread, and is let go.
#[test]
fn who_takes_nothing_keeps_nobody_waiting() {
    if differs_on_purpose() {
        return;
    }
    for way in WAYS {
        let site = Site::new();
        let (server, address) = start(&site, way, "2");
        let before = server.descriptors();
        let crowd: Vec<Connection> = (0..4)
            .map(|_| {
                let mut connection = Connection::open(&address);
                connection.send(way.request("GET", "/big", b""));
                // It has begun.
                connection.read_to(b"xxxx");
                connection
            })
            .collect();
        assert_quick(way, &address, "behind those who take nothing");
        // A connection that is on its way out when they are counted first must not stand for one of them.
        server.wait_log_times("GET /big", crowd.len());
        wait_until("their connections are closed", || server.descriptors() <= before);
        for mut connection in crowd {
            // What is in the buffers still comes; what does not fit there was given up.
            let length = connection.read_all().len();
            assert!(length < 20_000_000, "{way:?}: all {length} bytes came");
        }
    }
}

/// Each byte would start a limit of silence anew: over HTTP the head as a whole has a limit.
#[test]
fn a_head_that_never_ends_is_let_go() {
    if differs_on_purpose() {
        return;
    }
    for way in [Way::HttpSocket, Way::Http11Socket, Way::Http] {
        let site = Site::new();
        let (_server, address) = start(&site, way, "1");
        let mut connection = Connection::open(&address);
        connection.send("GET / HTTP/1.1\r\nX-Long: ");
        let begun = Instant::now();
        while connection.is_silent_for(Duration::from_millis(100)) {
            assert!(begun.elapsed() < Duration::from_secs(10), "{way:?}");
            // It may close just now.
            let _ = connection.write_all(b"x");
        }
        assert!(begun.elapsed() >= Duration::from_millis(500), "{way:?}: it had a second");
    }
}

#[test]
fn who_was_answered_does_not_wait_for_a_slow_call() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::new();
    let app = "import time\ndef application(environ, start_response):
    if environ['PATH_INFO'] == '/slow': time.sleep(0.3)
    start_response('200 OK', [('Content-Length', '4')])
    return [b'done']\n";
    site.file("app.py", app);
    let address = Address::Port(unused_port());
    let server = site.start(&["--http11-socket", &address.to_string(), "--module", "app"]);
    server.wait_ready(&address);
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
    let open = |_| Connection::open(&address);
    let mut crowd: Vec<Connection> = (0..20).map(open).collect();
    // So many that replies go out together, if ever.
    for _ in 0..150 {
        for connection in &mut crowd {
            connection.send(get("/"));
        }
        for connection in &mut crowd {
            assert_eq!(connection.read_reply().text(), "done");
        }
    }
    let [slow, quick, next, ..] = &mut crowd[..] else { panic!("a crowd of 20") };
    for _ in 0..3 {
        // Both of these come while the thread is busy, and are there together when it is not.
        slow.send(get("/slow"));
        std::thread::sleep(Duration::from_millis(100));
        quick.send(get("/"));
        next.send(get("/slow"));
        assert_eq!(slow.read_reply().text(), "done");
        assert_eq!(quick.read_reply().text(), "done");
        let answered = Instant::now();
        assert_eq!(next.read_reply().text(), "done");
        assert!(answered.elapsed() > Duration::from_millis(200), "{:?}", answered.elapsed());
    }
    server.stop();
}
