//! Where lines go: loggers, encoders, routes, rotation.

use std::os::unix::fs::PermissionsExt;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::{
    Address, Connection, Request, Server, Site, differs_on_purpose, is_uwsgi, lacks_option, packet,
    unused_port, wait_until,
};

const APP: &str = r#"
import os, sys
import uwsgi

def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/print":
        print("said by print", flush=True)
        print("said on stderr\nin two lines", file=sys.stderr, flush=True)
        os.write(2, b"said with")
        os.write(2, b"out Python\n")
    if path == "/named":
        uwsgi.set_logvar("app_user", "bob")
    if path == "/wanted":
        uwsgi.log_this_request()
    start_response("404 Not Found" if path == "/missing" else "200 OK", [])
    return [] if path == "/empty" else [b"hello"]
"#;

fn site() -> Site {
    let site = Site::new();
    site.file("app.py", APP);
    site
}

fn start<'s>(site: &'s Site, more: &[&str]) -> (Server<'s>, Address) {
    let words = ["--http-socket", "app.sock", "--wsgi-file", "app.py", "--master"];
    let server = site.start(&[&words, more].concat());
    (server, Address::socket(site.join("app.sock")))
}

/// Waits until a file of the site holds a text; gives all of the file.
fn wait_file(site: &Site, name: &str, text: &str) -> String {
    wait_until(&format!("{text:?} in {name}"), || site.read(name).contains(text));
    site.read(name)
}

/// All that was written to a log and to what it was renamed to.
fn all_of(site: &Site, name: &str) -> Vec<String> {
    let files = std::fs::read_dir(site.path()).expect("the site").flatten();
    let mut names: Vec<_> =
        files.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|known| known.starts_with(name));
    names
        .iter()
        .flat_map(|name| site.read(name).lines().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

#[test]
fn lines_go_to_loggers_whoever_writes_them() {
    let site = site();
    let loggers = ["--logger", "file:server.txt", "--req-logger", "file:requests.txt"];
    let (server, address) = start(&site, &loggers);
    server.get(&address, "/print");
    let requests = wait_file(&site, "requests.txt", "GET /print");
    assert!(requests.starts_with("[pid: "), "{requests}");
    let text = wait_file(&site, "server.txt", "said without Python\n");
    assert!(text.contains("said by print\nsaid on stderr\nin two lines\n"), "{text}");
    assert!(text.contains("spawned uWSGI master process"), "{text}");
    assert!(!text.contains("GET /print"), "{text}");
    assert!(!server.logged("said"), "{}", server.log());
    let mode = site.join("server.txt").metadata().expect("a log").permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    server.stop();
    assert!(site.read("server.txt").contains("SIGINT/SIGTERM received...killing workers..."));
}

#[test]
fn encoders_make_each_write_a_record() {
    let site = site();
    let json = "json {\"at\": ${unix}, \"said\": \"${msg}\"}";
    let (server, address) =
        start(&site, &["--logger", "file:log.json", "--log-encoder", json, "--log-encoder", "nl"]);
    server.get(&address, "/print");
    let text = wait_file(&site, "log.json", "GET /print");
    let records: Vec<String> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .map(|record: serde_json::Value| record["said"].as_str().expect("a text").to_owned())
        .collect();
    assert!(records.iter().any(|said| said == "said by print"), "{text}");
    assert!(records.iter().any(|said| said == "said on stderr\nin two lines"), "{text}");
}

#[test]
fn lines_are_routed_and_dropped() {
    if lacks_option("log-route") {
        return;
    }
    let site = site();
    let (server, address) = start(
        &site,
        &[
            "--logger",
            "errors file:errors.txt",
            "--logger",
            "file:rest.txt",
            "--log-route",
            "errors ^said on (?!paper)",
            "--log-drain",
            "GET /.* 404\\)",
        ],
    );
    server.get(&address, "/missing");
    server.get(&address, "/print");
    let rest = wait_file(&site, "rest.txt", "GET /print");
    assert!(!rest.contains("GET /missing"), "{rest}");
    assert!(!rest.contains("said on stderr"), "{rest}");
    assert_eq!(site.read("errors.txt"), "said on stderr\nin two lines\n");
}

#[test]
fn a_log_that_grows_is_renamed_and_no_line_is_lost() {
    let site = site();
    let (server, address) = start(
        &site,
        &[
            "--logto",
            "all.txt",
            "--log-maxsize",
            "2000",
            "--processes",
            "3",
            "--log-format",
            "line %(uri) end",
        ],
    );
    server.wait_ready(&address);
    let ask = |from: usize| {
        for number in from..from + 100 {
            Request::get(&format!("/n{number}n")).send(&address);
        }
    };
    std::thread::scope(|scope| {
        for from in [0, 100, 200] {
            scope.spawn(move || ask(from));
        }
    });
    wait_until("the log is renamed", || {
        site.join("all.txt").metadata().is_ok_and(|facts| facts.len() < 2000)
            && site.path().read_dir().expect("the site").count() > 4
    });
    let (from, until) = (300, 400);
    ask(from);
    server.stop();
    let lines = all_of(&site, "all.txt");
    assert!(lines.iter().any(|line| line.contains("triggering rotation to ")), "{lines:?}");
    for number in 0..until {
        let line = format!("line /n{number}n end");
        assert_eq!(lines.iter().filter(|known| **known == line).count(), 1, "{line}: {lines:?}");
    }
}

#[test]
fn a_reload_opens_the_files_of_loggers_anew() {
    let site = site();
    let (server, address) = start(&site, &["--logger", "file:log.txt"]);
    server.get(&address, "/before");
    wait_file(&site, "log.txt", "GET /before");
    std::fs::rename(site.join("log.txt"), site.join("log.old")).expect("moved");
    let children = server.children().len();
    server.signal(Signal::SIGHUP);
    wait_file(&site, "log.txt", "spawned uWSGI worker 1");
    wait_until("the new worker serves", || {
        Request::get("/after").send(&address);
        site.read("log.txt").contains("GET /after")
    });
    assert!(wait_file(&site, "log.old", "...gracefully killing workers...").contains("/before"));
    wait_until("nothing of the old image is left", || server.children().len() == children);
    server.stop();
}

#[test]
fn logs_are_opened_anew_when_a_file_is_touched() {
    let site = site();
    let touched = ["--logto", "log.txt", "--touch-logreopen", "touched"];
    let (server, address) = start(&site, &[&touched[..], &["--logfile-chmod", "604"]].concat());
    server.get(&address, "/before");
    wait_file(&site, "log.txt", "GET /before");
    std::fs::rename(site.join("log.txt"), site.join("log.old")).expect("moved");
    site.file("touched", "");
    wait_file(&site, "log.txt", "log.txt reopened.");
    server.get(&address, "/after");
    wait_file(&site, "log.txt", "GET /after");
    let mode = |name| site.join(name).metadata().expect("a log").permissions().mode() & 0o777;
    assert_eq!(mode("log.old"), 0o604);
    // uWSGI forgets the mode here.
    assert!(is_uwsgi() || mode("log.txt") == 0o604);
    server.stop();
}

/// The process that writes the log, in a site whose log is `log.txt`.
fn writer_of(site: &Site, server: &Server<'_>) -> i32 {
    let log = site.read("log.txt");
    let worker = log.rsplit("(and the only) (pid: ").next().and_then(|rest| rest.split(',').next());
    let worker: i32 = worker.and_then(|pid| pid.parse().ok()).expect("the worker");
    server.children().into_iter().find(|pid| *pid != worker).expect("a writer")
}

#[test]
fn the_process_that_writes_the_log_hears_signals() {
    if differs_on_purpose() {
        return;
    }
    let site = site();
    let (server, address) = start(&site, &["--logger", "file:log.txt"]);
    server.get(&address, "/before");
    wait_file(&site, "log.txt", "GET /before");
    // A new image is started with its signals held.
    server.signal(Signal::SIGHUP);
    let spawned = "spawned uWSGI worker 1";
    wait_until("a new worker", || site.read("log.txt").matches(spawned).count() == 2);
    wait_until("only the new image is left", || server.children().len() == 2);
    let writer = Pid::from_raw(writer_of(&site, &server));
    std::fs::rename(site.join("log.txt"), site.join("log.old")).expect("moved");
    kill(writer, Signal::SIGUSR1).expect("it is there");
    wait_file(&site, "log.txt", "log.txt reopened.");
    kill(writer, Signal::SIGUSR2).expect("it is there");
    wait_until("the log is renamed", || all_of(&site, "log.txt.").len() > 1);
    server.get(&address, "/after");
    wait_file(&site, "log.txt", "GET /after");
    server.stop();
}

#[test]
fn the_log_goes_on_when_its_process_is_killed() {
    if differs_on_purpose() {
        return;
    }
    let site = site();
    let (server, address) = start(&site, &["--logger", "file:log.txt"]);
    server.get(&address, "/before");
    wait_file(&site, "log.txt", "GET /before");
    let writer = writer_of(&site, &server);
    kill(Pid::from_raw(writer), Signal::SIGKILL).expect("it is there");
    server.get(&address, "/after");
    wait_file(&site, "log.txt", "GET /after");
    server.stop();
}

#[test]
fn the_lines_of_the_server_may_have_a_date() {
    let site = site();
    let (server, address) = start(
        &site,
        &["--log-date=%Y:%m", "--logformat-strftime", "--log-format", "%(ftime) %(uri)"],
    );
    server.wait_log(r"^\d{4}:\d\d - spawned uWSGI master process");
    server.get(&address, "/print");
    server.wait_log(r"^said by print$");
    server.wait_log(r"^\d{4}:\d\d /print$");
}

#[test]
fn requests_that_matter_are_logged_all_the_same() {
    let site = site();
    let format = ["--log-format", "%(uri) %(app_user)|", "--disable-logging", "--log-zero"];
    let (server, address) = start(&site, &[&format[..], &["--log-big", "100"]].concat());
    for path in ["/named", "/wanted", "/empty", "/print"] {
        server.get(&address, path);
    }
    server.wait_log(r"^/empty -\|$");
    server.wait_log(r"^/wanted -\|$");
    server.wait_log("^said without Python$");
    assert!(!server.logged(r"^/named|^/print"), "{}", server.log());
}

#[test]
fn an_application_adds_values_to_its_lines() {
    let site = site();
    let (server, address) = start(&site, &["--log-format", "%(uri) %(app_user)|"]);
    server.get(&address, "/named");
    server.wait_log(r"^/named bob\|$");
    server.get(&address, "/wanted");
    server.wait_log(r"^/wanted -\|$");
}

#[test]
fn no_client_can_split_a_line() {
    if differs_on_purpose() {
        return;
    }
    let site = site();
    let server = site.start(&[
        "--socket",
        "app.sock",
        "--wsgi-file",
        "app.py",
        "--log-format",
        "%(uri) %(var.HTTP_X_TAG) %(uagent)|",
    ]);
    let address = Address::socket(site.join("app.sock"));
    server.wait_ready(&address);
    let variables = [
        ("REQUEST_METHOD", "GET"),
        ("REQUEST_URI", "/a\nfaked"),
        ("PATH_INFO", "/a"),
        ("HTTP_X_TAG", "b\r\u{1b}[2J"),
        ("HTTP_USER_AGENT", "c\n"),
    ];
    let mut connection = Connection::open(&address);
    connection.send(packet(&variables, b""));
    connection.read_all();
    server.wait_log(r"^/a\\nfaked b\\r\\x1b\[2J c\\n\|$");
}

#[test]
fn a_logger_that_is_not_there_ends_the_start() {
    let site = site();
    let words = ["--http-socket", "app.sock", "--wsgi-file", "app.py", "--logger", "foo:bar"];
    let finished = site.run(&words);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.text.contains("unable to find logger foo"), "{finished:?}");
}

#[test]
fn a_log_may_go_to_another_machine() {
    let listener = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port");
    listener.set_read_timeout(Some(crate::support::PATIENCE)).expect("a timeout");
    let address = listener.local_addr().expect("bound").to_string();
    let site = site();
    let (_server, _) = start(&site, &["--logto", &address]);
    let mut bytes = [0; 4096];
    loop {
        let length = listener.recv(&mut bytes).expect("a line");
        if String::from_utf8_lossy(&bytes[..length]).starts_with("spawned uWSGI master process") {
            break;
        }
    }
}

#[test]
fn requests_are_logged_as_json() {
    if lacks_option("log-json") {
        return;
    }
    let site = site();
    site.file("files/a.txt", "plain");
    let more = ["--log-json", "--req-logger", "file:requests.log", "--static-map", "/s=files"];
    let (server, address) = start(&site, &more);
    let ask = |request: &[u8]| {
        server.wait_ready(&address);
        let mut connection = Connection::open(&address);
        connection.send(request);
        connection.read_all()
    };
    ask(b"GET /named?a=b HTTP/1.1\r\nHost: h\r\nX-Request-ID: id-1\r\nUser-Agent: \
          a\"\\u0041\xff\xc3\xa9\r\nReferer: </script>\tx\r\nConnection: close\r\n\r\n");
    ask(b"GET /s/a.txt HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    ask(b"POST /missing HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc");
    wait_until("three lines", || site.read("requests.log").lines().count() == 3);
    let text = site.read("requests.log");
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}")))
        .collect();
    let [named, file, missing] = lines.as_slice() else { panic!("{text}") };
    assert_eq!(named["request_id"], "id-1");
    assert_eq!(named["uri"], "/named?a=b");
    assert_eq!(named["user_agent"], r#"a\"\\u0041\xff\xc3\xa9"#);
    assert_eq!(named["referer"], r"</script>\tx");
    assert_eq!(named["variables"]["app_user"], "bob");
    assert_eq!(named["method"], "GET");
    assert_eq!(named["protocol"], "HTTP/1.1");
    assert_eq!((&named["worker"], &named["core"]), (&1.into(), &0.into()));
    assert_eq!((&file["app"], &file["response_size"]), (&serde_json::Value::Null, &5.into()));
    assert_ne!(file["request_id"], "");
    assert_eq!((&missing["status"], &missing["request_size"]), (&404.into(), &3.into()));
    let pid = i32::try_from(missing["pid"].as_i64().unwrap()).unwrap();
    assert!(server.children().contains(&pid), "{text}");
    for name in ["time", "client", "user", "milliseconds", "microseconds", "response_head_size"] {
        assert!(!missing[name].is_null(), "{name}: {text}");
    }
    assert!(!server.logged("/named"), "the lines have gone elsewhere");
    // What a front end sends over uwsgi may hold anything.
    server.stop();
    let server = site.start(&["--socket", "u.sock", "--wsgi-file", "app.py", "--log-json"]);
    let address = Address::socket(site.join("u.sock"));
    server.wait_ready(&address);
    let hostile = "/\n{\"status\":500}\r\u{1b}[31m\u{9b}\u{2028}\u{0}\u{7f}";
    let variables =
        [("REQUEST_METHOD", "GET\n"), ("REQUEST_URI", hostile), ("REMOTE_USER", "\"},{\"\n")];
    let mut connection = Connection::open(&address);
    connection.send(packet(&variables, b""));
    connection.read_all();
    let line = server.wait_log("^\\{.*\\}$");
    assert!(!line.contains(char::is_control), "{line:?}");
    let line: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(line["user"], r#"\"},{\"\n"#);
    assert!(line["uri"].as_str().unwrap().starts_with(r#"/\n{\"status\":500}\r\x1b[31m"#));
    server.wait_log_times("^\\{", 1);
    assert!(!server.logged("^\\{\"status\""));
}

/// Answers `/a` at once, sleeps on `/slow`, and ends its process on `/die`.
const MOODS: &str = "import os, time
def application(environ, start_response):
    if environ['PATH_INFO'] == '/die':
        os.kill(os.getpid(), 9)
    time.sleep(60 if environ['PATH_INFO'] == '/slow' else 0)
    start_response('200 OK', [('Content-Length', '0')])
    return []
";

#[test]
fn no_line_waits_for_the_request_behind_it() {
    let site = Site::new();
    site.file("app.py", MOODS);
    let port = unused_port();
    let at = format!("127.0.0.1:{port}");
    let server = site.start(&["--http11-socket", &at, "--master", "--wsgi-file", "app.py"]);
    let address = Address::Port(port);
    for (number, last) in ["/die", "/slow"].into_iter().enumerate() {
        server.wait_ready(&address);
        // Both are there before the first one is answered.
        let both = format!(
            "GET /a{number} HTTP/1.1\r\nHost: a\r\n\r\nGET {last} HTTP/1.1\r\nHost: a\r\n\r\n"
        );
        let mut client = Connection::open(&address);
        client.send(both);
        server.wait_log(&format!("GET /a{number} => generated 0 bytes"));
    }
}
