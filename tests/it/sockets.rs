//! Options of listening sockets.

use std::io::{Read, Write};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::UnixStream;

use crate::support::client::get_uwsgi;
use crate::support::{
    Address, Connection, Reply, Request, Site, differs_on_purpose, is_uwsgi, unused_port, wait_for,
};

#[test]
fn protocol_says_what_socket_speaks() {
    let site = Site::with("hello.py");
    site.file(
        "app.ini",
        "[uwsgi]\nsocket = a.sock\nuwsgi-socket = b.sock\nprotocol = http\nwsgi-file = hello.py\n",
    );
    let server = site.start(&["app.ini"]);
    let address = Address::socket(site.join("a.sock"));
    assert_eq!(server.get(&address, "/").text(), "Hello World");
    assert_eq!(get_uwsgi(&Address::socket(site.join("b.sock")), "/").text(), "Hello World");
}

#[test]
fn a_protocol_that_is_not_spoken_is_refused() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::with("hello.py");
    for lines in ["socket = a.sock\nprotocol = raw\n", "raw-socket = a.sock\n"] {
        site.file("app.ini", &format!("[uwsgi]\nwsgi-file = hello.py\n{lines}"));
        let finished = site.run(&["app.ini"]);
        assert_eq!(finished.code, Some(1), "{}", finished.text);
        assert!(finished.text.contains("app.ini:"), "{}", finished.text);
    }
}

#[test]
fn shared_sockets_are_named_by_their_numbers() {
    let site = Site::with("hello.py");
    let (first, second) = (unused_port(), unused_port());
    site.file(
        "app.ini",
        &format!(
            "[uwsgi]\nmaster = true\nshared-socket = 127.0.0.1:{first}\n\
             shared-socket = 127.0.0.1:{second}\nhttp11-socket = =1\nhttp-socket = =0\n\
             wsgi-file = hello.py\n"
        ),
    );
    let server = site.start(&["app.ini"]);
    for port in [first, second] {
        assert_eq!(server.get(&Address::Port(port), "/").text(), "Hello World");
    }
    server.signal(nix::sys::signal::Signal::SIGHUP);
    server.wait_log_times(r"Starting uWSGI", 2);
    for port in [first, second] {
        assert_eq!(server.get(&Address::Port(port), "/").text(), "Hello World");
    }
    server.stop();
    let at = format!("127.0.0.1:{first}");
    let gateway = site.start(&["--shared-socket", &at, "--http", "=0", "--wsgi-file", "hello.py"]);
    assert_eq!(gateway.get(&Address::Port(first), "/").text(), "Hello World");
    if differs_on_purpose() {
        return;
    }
    let finished = site.run(&["--http-socket", "=3", "--wsgi-file", "hello.py"]);
    assert_eq!(finished.code, Some(1));
    assert!(finished.text.contains("no shared-socket with the number 3"), "{}", finished.text);
}

#[test]
fn a_shared_socket_is_bound_before_privileges_are_dropped() {
    if !nix::unistd::Uid::effective().is_root() {
        return;
    }
    let site = Site::with("hello.py");
    // Only root may make a socket there; a port below 1024 would be the same, and may be taken.
    std::fs::create_dir(site.join("private")).unwrap();
    let run = |socket: &str, more: &[&str]| {
        site.file(
            "app.ini",
            &format!("[uwsgi]\nuid = nobody\ngid = nogroup\n{socket}wsgi-file = hello.py\n"),
        );
        // Whether that user may read this Python is another matter: the run may end there.
        site.run(&[&["app.ini"], more].concat()).text
    };
    let early = run("shared-socket = private/a.sock\nhttp-socket = =0\n", &["--no-server"]);
    assert!(
        early.contains("uwsgi shared socket 0 bound to UNIX address private/a.sock"),
        "{early}"
    );
    if differs_on_purpose() {
        return;
    }
    let late = run("http-socket = private/b.sock\n", &[]);
    assert!(late.contains("Permission denied"), "{late}");
    assert!(!site.join("private/b.sock").exists());
}

#[test]
fn two_servers_share_a_port_where_both_say_so() {
    if is_uwsgi() {
        // It does, and does not stop on INT then.
        return;
    }
    let site = Site::with("hello.py");
    let port = unused_port();
    let at = format!("127.0.0.1:{port}");
    let arguments = ["--http-socket", &at, "--reuse-port", "--master", "--wsgi-file", "hello.py"];
    let first = site.start(&arguments);
    first.wait_ready(&Address::Port(port));
    let second = site.start(&arguments);
    second.wait_log("spawned uWSGI worker 1");
    first.stop();
    assert_eq!(second.get(&Address::Port(port), "/").text(), "Hello World");
    let third = site.run(&["--http-socket", &at, "--wsgi-file", "hello.py"]);
    assert_eq!(third.code, Some(1), "{}", third.text);
}

#[test]
fn an_address_of_another_machine_is_bound_freely() {
    let site = Site::with("hello.py");
    let port = unused_port();
    // An address of a network for documentation (RFC 5737).
    let at = format!("192.0.2.1:{port}");
    let refused = site.run(&["--http-socket", &at, "--wsgi-file", "hello.py"]);
    assert_eq!(refused.code, Some(1), "{}", refused.text);
    let server = site.start(&["--http-socket", &at, "--freebind", "--wsgi-file", "hello.py"]);
    server.wait_log(&format!("bound to TCP address 192.0.2.1:{port}"));
    server.wait_log("spawned uWSGI worker 1");
}

#[test]
fn unix_sockets_become_abstract() {
    let site = Site::with("hello.py");
    let name = format!("ruwsgi-{}", std::process::id());
    let arguments =
        ["--http-socket", &name, "--abstract-socket", "--master", "--wsgi-file", "hello.py"];
    let server = site.start(&arguments);
    let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
    let mut connection = wait_for("a listener", || UnixStream::connect_addr(&address).ok());
    connection.write_all(&Request::get("/").bytes()).unwrap();
    let mut reply = Vec::new();
    connection.read_to_end(&mut reply).unwrap();
    assert_eq!(Reply::parse(&reply).text(), "Hello World");
    assert!(!site.join(&name).exists());
    server.stop();
}

#[test]
fn sockets_are_mapped_to_workers() {
    let site = Site::new();
    site.file(
        "worker.py",
        "import uwsgi\ndef application(environ, start_response):\n    start_response('200 OK', \
         [])\n    return [str(uwsgi.worker_id()).encode()]\n",
    );
    site.file(
        "app.ini",
        "[uwsgi]\nmaster = true\nprocesses = 2\nhttp-socket = one.sock\nhttp-socket = two.sock\n\
         map-socket = 0:1\nmap-socket = 1:2\nwsgi-file = worker.py\n",
    );
    let server = site.start(&["app.ini"]);
    for _ in 0..5 {
        for (name, worker) in [("one.sock", "1"), ("two.sock", "2")] {
            assert_eq!(server.get(&Address::socket(site.join(name)), "/").text(), worker);
        }
    }
}

#[test]
fn http_to_means_the_own_workers() {
    let site = Site::with("environ.py");
    let port = unused_port();
    let base = format!(
        "[uwsgi]\nmaster = true\nhttp = 127.0.0.1:{port}\nsocket = own.sock\n\
         wsgi-file = environ.py\nhttp-var = STAGE=test of it\n\
         http-server-name-as-http-host = true\n"
    );
    site.file("app.ini", &format!("{base}http-to = own.sock\n"));
    let server = site.start(&["app.ini"]);
    let environ = server.ask(&Address::Port(port), &Request::get("/")).json();
    assert_eq!(environ["STAGE"], "test of it");
    assert_eq!(environ["SERVER_NAME"], "example.org");
    server.stop();
    if differs_on_purpose() {
        return;
    }
    site.file("app.ini", &format!("{base}http-to = own.sock\nhttp-to = other.sock\n"));
    let finished = site.run(&["app.ini"]);
    assert_eq!(finished.code, Some(1));
    assert!(finished.text.contains("app.ini:9: http-to = other.sock is another server"));
}

#[test]
fn http_to_hands_requests_to_other_servers() {
    const APP: &str = "def application(environ, start_response):
    length = len(environ['wsgi.input'].read())
    start_response('200 OK', [('X-Path', environ['PATH_INFO'])])
    yield b'%d' % length
    yield b' bytes'
";
    let (near, far) = (Site::new(), Site::new());
    far.file("app.py", APP);
    let other = far.start(&["--socket", "other.sock", "--wsgi-file", "app.py"]);
    let socket = far.join("other.sock");
    other.wait_ready(&Address::socket(&socket));
    let (port, socket) = (unused_port(), socket.display().to_string());
    let address = format!("127.0.0.1:{port}");
    let mut words = vec!["--http", &address, "--master", "--http-to", &socket];
    if !is_uwsgi() {
        // One that is not there is passed over.
        words.extend(["--http-to", "nobody.sock"]);
    }
    let server = near.start(&words);
    let gateway = Address::Port(port);
    server.wait_ready(&gateway);
    for length in [0, 10, 300_000] {
        let reply = server.ask(&gateway, &Request::post("/a", vec![b'x'; length]));
        assert_eq!((reply.status, reply.text()), (200, format!("{length} bytes")));
        assert_eq!(reply.header("X-Path"), Some("/a"));
    }
    if differs_on_purpose() {
        return;
    }
    assert_eq!(server.ask(&gateway, &Request::new("HEAD", "/b")).text(), "");
    let mut connection = Connection::open(&gateway);
    for _ in 0..3 {
        connection.send("GET /c HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(connection.read_reply().text(), "0 bytes");
    }
    other.stop();
    assert_eq!(server.ask(&gateway, &Request::get("/")).status, 502);
}

/// The program, started as systemd starts it for a socket unit. `pid` is what it says of whom the
/// sockets are for.
fn activated(
    site: &Site,
    listeners: &[std::os::fd::BorrowedFd<'_>],
    pid: &str,
    words: &[&str],
) -> std::process::Command {
    let moves = (3..).zip(listeners).map(|(number, listener)| {
        // Not closed when a program is started.
        let copy = nix::fcntl::fcntl(listener, nix::fcntl::FcntlArg::F_DUPFD(40)).unwrap();
        format!("exec {number}<&{copy} {copy}<&-\n")
    });
    let moves: String = moves.collect();
    let count = listeners.len();
    let said = format!("LISTEN_FDS={count} LISTEN_PID={pid} LISTEN_FDNAMES=x");
    let script = format!("{moves}export {said}\nexec \"$@\"");
    let program = crate::support::program();
    let bash = ["-c", &script, "bash", program.to_str().unwrap()];
    site.command_of(std::path::Path::new("bash"), &[&bash, words].concat())
}

/// An application that tells its environment.
const ENVIRONMENT: &str = "import os\ndef application(environ, start):\n    start('200 OK', [])\n    \
                           return [repr([n for n in os.environ if 'LISTEN' in n]).encode()]\n";

#[test]
fn sockets_of_a_service_manager_are_served_and_kept_over_reloads() {
    use std::os::fd::AsFd;
    let site = Site::with("hello.py");
    site.file("app.py", ENVIRONMENT);
    let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let unix = std::os::unix::net::UnixListener::bind(site.join("a.sock")).unwrap();
    let port = tcp.local_addr().unwrap().port();
    let addresses = [Address::Port(port), Address::socket(site.join("a.sock"))];
    let words = ["--wsgi-file", "app.py", "--protocol", "http", "--master", "--vacuum"];
    let command = activated(&site, &[tcp.as_fd(), unix.as_fd()], "$$", &words);
    let server = crate::support::Server::start(&site, command);
    for _ in 0..2 {
        for address in &addresses {
            let text = server.get(address, "/").text();
            assert!(text == "[]" || is_uwsgi(), "{text}");
        }
        server.wait_log(&format!("attached to .* address 127.0.0.1:{port}"));
        if differs_on_purpose() {
            // Its next image has lost them.
            return;
        }
        let starts = server.wait_log_times("Starting uWSGI", 1).len();
        server.signal(nix::sys::signal::Signal::SIGHUP);
        server.wait_log_times("Starting uWSGI", starts + 1);
    }
    server.stop();
    // It is the service manager's, which starts the server anew for the next connection.
    assert!(site.join("a.sock").exists());
}

#[test]
fn an_option_that_names_a_socket_of_a_service_manager_takes_it() {
    use std::os::fd::AsFd;
    if differs_on_purpose() {
        return;
    }
    let site = Site::with("hello.py");
    let named = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let unix = std::os::unix::net::UnixListener::bind(site.join("a.sock")).unwrap();
    let [named_port, other_port] =
        [&named, &other].map(|listener| listener.local_addr().unwrap().port());
    let at = format!("127.0.0.1:{named_port}");
    let words = ["--wsgi-file", "hello.py", "--http", &at, "--http-socket", "a.sock", "--master"];
    let fds = [named.as_fd(), other.as_fd(), unix.as_fd()];
    let server = crate::support::Server::start(&site, activated(&site, &fds, "$$", &words));
    for _ in 0..2 {
        assert_eq!(server.get(&Address::Port(named_port), "/").text(), "Hello World");
        let address = Address::socket(site.join("a.sock"));
        assert_eq!(server.get(&address, "/").text(), "Hello World");
        // The one that nobody names speaks uwsgi.
        assert_eq!(get_uwsgi(&Address::Port(other_port), "/").text(), "Hello World");
        let starts = server.wait_log_times("Starting uWSGI", 1).len();
        server.signal(nix::sys::signal::Signal::SIGHUP);
        server.wait_log_times("Starting uWSGI", starts + 1);
    }
    server.stop();
}

#[test]
fn what_was_handed_to_another_process_is_left_alone() {
    use std::os::fd::AsFd;
    let site = Site::with("hello.py");
    let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let words = ["--wsgi-file", "hello.py", "--master"];
    let finished = site.finish(activated(&site, &[tcp.as_fd()], "1", &words));
    assert_eq!(finished.code, Some(1), "{}", finished.text);
    assert!(finished.text.contains("--socket option is missing"), "{}", finished.text);
    if differs_on_purpose() {
        return;
    }
    let datagrams = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let finished = site.finish(activated(&site, &[datagrams.as_fd()], "$$", &words));
    assert_eq!(finished.code, Some(1), "{}", finished.text);
    assert!(finished.text.contains("socket 3 is not used: it is no stream"), "{}", finished.text);
}

/// How often the threads of a process went to sleep.
fn sleeps(pid: i32) -> u64 {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).expect("threads");
    let told = threads.flatten().filter_map(|thread| {
        let status = std::fs::read_to_string(thread.path().join("status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
        line.trim().parse::<u64>().ok()
    });
    told.sum()
}

/// One thread of one process wakes for a connection, however many wait for it.
#[test]
fn a_connection_wakes_nobody_else() {
    if differs_on_purpose() {
        return;
    }
    let requests = 100;
    let site = Site::with("hello.py");
    site.file(
        "app.ini",
        "[uwsgi]\nsocket = app.sock\nprocesses = 2\nthreads = 8\nwsgi-file = hello.py\n",
    );
    let server = site.start(&["app.ini"]);
    let address = Address::socket(site.join("app.sock"));
    server.wait_ready(&address);
    get_uwsgi(&address, "/");
    let before: u64 = server.children().into_iter().map(sleeps).sum();
    for _ in 0..requests {
        get_uwsgi(&address, "/");
        // All of them wait again.
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let after: u64 = server.children().into_iter().map(sleeps).sum();
    // The one may sleep again until the request is there; and clocks ring.
    assert!(after - before < requests * 6, "{} times", after - before);
}
