//! What an application may do (PEP 3333), and what a client sees when it misbehaves.

use crate::support::client::{Connection, packet, variables};
use crate::support::{
    Address, Reply, Request, Server, Site, differs_on_purpose, lacks_option, wait_until,
};

fn start(site: &Site) -> (Server<'_>, Address) {
    start_with(site, &[])
}

fn start_with<'s>(site: &'s Site, more: &[&str]) -> (Server<'s>, Address) {
    let words = ["--http-socket", "app.sock", "--wsgi-file", "conduct.py", "--master"];
    let server = site.start(&[&words, more].concat());
    let address = Address::socket(site.join("app.sock"));
    server.wait_ready(&address);
    (server, address)
}

fn get(path: &str) -> Reply {
    let site = Site::with("conduct.py");
    let (server, address) = start(&site);
    server.get(&address, path)
}

#[test]
fn the_pieces_of_a_list_are_joined() {
    assert_eq!(get("/list").text(), "one two three");
}

#[test]
fn bare_bytes_are_sent_whole() {
    assert_eq!(get("/bare-bytes").text(), "bare bytes");
}

#[test]
fn the_write_callable_comes_before_what_is_returned() {
    assert_eq!(get("/write").text(), "written returned");
}

#[test]
fn of_two_calls_of_start_response_the_last_counts() {
    let reply = get("/twice");
    assert_eq!((reply.status, reply.text().as_str()), (404, "twice"));
}

#[test]
fn exc_info_replaces_headers_that_are_not_sent_yet() {
    if differs_on_purpose() {
        return;
    }
    let reply = get("/exc-info");
    assert_eq!((reply.status, reply.text().as_str()), (503, "replaced"));
    assert!(reply.line.ends_with("503 Busy"), "{}", reply.line);
}

#[test]
fn repeated_headers_stay_apart() {
    let reply = get("/cookies");
    assert_eq!(reply.all("set-cookie").collect::<Vec<_>>(), ["a=1", "b=2"]);
}

#[test]
fn an_iterable_is_closed_at_its_end_and_when_it_raises() {
    let site = Site::with("conduct.py");
    let (server, address) = start(&site);
    assert_eq!(server.get(&address, "/pieces").text(), "piece1 piece2 piece3 ");
    wait_until("close() is called", || site.read("notes").contains("closed pieces"));
    // What was there before the exception is sent, then the connection ends.
    let reply = server.get(&address, "/midway");
    assert_eq!(reply.text(), "piece1 piece2 ");
    wait_until("close() is called", || site.read("notes").contains("closed midway"));
    server.wait_log("ValueError: raised midway");
    assert_eq!(server.get(&address, "/").text(), "hello", "the worker goes on");
}

#[test]
fn a_client_that_goes_away_ends_an_endless_reply() {
    let site = Site::with("conduct.py");
    let (server, address) = start(&site);
    let mut connection = Connection::open(&address);
    connection.send(Request::get("/endless").bytes());
    connection.read_to(b"xxxxxxxx");
    drop(connection);
    wait_until("the generator is closed", || site.read("notes").contains("closed endless"));
    assert_eq!(server.get(&address, "/").text(), "hello", "the worker is free again");
}

#[test]
fn threads_of_the_application_run_while_nothing_is_asked() {
    let site = Site::with("conduct.py");
    // A line that is written lets the thread run, too.
    let (server, address) = start_with(&site, &["--enable-threads", "--disable-logging"]);
    assert_eq!(server.get(&address, "/thread").text(), "hello");
    wait_until("the thread runs", || site.read("notes").contains("the thread ran"));
}

#[test]
fn a_generator_is_sent_as_it_yields() {
    let site = Site::with("conduct.py");
    let (_server, address) = start(&site);
    let mut connection = Connection::open(&address);
    connection.send(Request::get("/stream").bytes());
    connection.read_to(b"first ");
    site.file("gate", "");
    assert!(String::from_utf8_lossy(&connection.read_all()).contains("second"));
}

#[test]
fn an_exception_before_the_headers_is_a_plain_500_and_a_traceback_in_the_log() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::with("conduct.py");
    let (server, address) = start(&site);
    let reply = server.get(&address, "/raise-before");
    assert_eq!(reply.status, 500);
    assert!(!reply.text().contains("raised before"), "nothing of it reaches the client");
    server.wait_log("^Traceback");
    server.wait_log("^ValueError: raised before the headers");
    server.wait_log("conduct.py\", line ");
    assert_eq!(server.get(&address, "/").text(), "hello", "the worker goes on");
}

#[test]
fn an_exception_before_the_headers_over_the_uwsgi_protocol_is_a_500_too() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::with("conduct.py");
    let server = site.start(&["--socket", "app.sock", "--wsgi-file", "conduct.py", "--master"]);
    let address = Address::socket(site.join("app.sock"));
    server.wait_ready(&address);
    assert_eq!(crate::support::client::get_uwsgi(&address, "/raise-before").status, 500);
}

#[test]
fn a_str_in_the_body_is_a_500_that_says_to_encode() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::with("conduct.py");
    let (server, address) = start(&site);
    assert_eq!(server.get(&address, "/text-body").status, 500);
    server.wait_log("(?i)encode");
    assert_eq!(server.get(&address, "/").text(), "hello");
}

#[test]
fn a_line_end_in_a_header_is_refused() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::with("conduct.py");
    let (server, address) = start(&site);
    let reply = server.get(&address, "/split-header");
    assert_eq!(reply.status, 500);
    assert_eq!(reply.header("x-injected"), None);
    server.wait_log("(?i)x-name");
}

#[test]
fn a_header_that_is_no_str_is_an_error_in_the_log() {
    let site = Site::with("conduct.py");
    let (server, address) = start(&site);
    let mut connection = Connection::open(&address);
    connection.send(Request::get("/wrong-header").bytes());
    let _ = connection.read_all();
    server.wait_log("TypeError");
    assert_eq!(server.get(&address, "/").text(), "hello");
}

#[test]
fn nothing_at_all_is_no_end_of_the_worker() {
    let site = Site::with("conduct.py");
    let (server, address) = start(&site);
    let pid = server.get(&address, "/pid").text();
    for path in ["/none", "/no-start", "/raise-after", "/raise-before"] {
        let mut connection = Connection::open(&address);
        connection.send(Request::get(path).bytes());
        let _ = connection.read_all();
    }
    assert_eq!(server.get(&address, "/pid").text(), pid);
}

#[test]
fn the_body_of_a_post_reaches_the_application() {
    let site = Site::with("conduct.py");
    let (server, address) = start(&site);
    let reply = server.ask(&address, &Request::post("/body", "name=value"));
    assert_eq!(reply.text(), "name=value");
    // More than any buffer: it does not matter in which pieces it comes.
    let big: Vec<u8> = (0..3_000_000_u32).map(|n| b'a' + u8::try_from(n % 26).unwrap()).collect();
    let reply = server.ask(&address, &Request::post("/body", big.clone()));
    assert_eq!(reply.header("x-length"), Some("3000000"));
    assert!(reply.body == big, "the same bytes");
    let reply = server.ask(&address, &Request::post("/lines", "a\nb\n\nc"));
    assert_eq!(reply.text(), "4 lines: a\n|b\n|\n|c");
}

#[test]
fn a_body_that_comes_in_single_bytes_arrives_whole() {
    let site = Site::with("conduct.py");
    let (_server, address) = start(&site);
    let mut connection = Connection::open(&address);
    for byte in Request::post("/body", "0123456789").bytes() {
        connection.send([byte]);
    }
    assert_eq!(Reply::parse(&connection.read_all()).text(), "0123456789");
}

#[test]
fn a_body_over_the_uwsgi_protocol_arrives_whole() {
    let site = Site::with("conduct.py");
    let server = site.start(&["--socket", "app.sock", "--wsgi-file", "conduct.py", "--master"]);
    let address = Address::socket(site.join("app.sock"));
    server.wait_ready(&address);
    let mut variables = variables("POST", "/body");
    variables.retain(|(name, _)| *name != "CONTENT_LENGTH");
    variables.push(("CONTENT_LENGTH", "10"));
    let mut connection = Connection::open(&address);
    for byte in packet(&variables, b"0123456789") {
        connection.send([byte]);
    }
    assert_eq!(Reply::parse(&connection.read_all()).text(), "0123456789");
}

#[test]
fn an_unread_body_does_not_spoil_the_reply() {
    let site = Site::with("conduct.py");
    let (server, address) = start(&site);
    assert_eq!(server.ask(&address, &Request::post("/unread", "small")).text(), "not read");
}

#[test]
fn a_file_is_sent_from_where_it_stands() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::with("conduct.py");
    site.file("blob", &"0123456789".repeat(10_000));
    let (server, address) = start(&site);
    assert_eq!(server.get(&address, "/file").body.len(), 100_000);
    let reply = server.get(&address, "/file?from=99997");
    assert_eq!(reply.text(), "789");
}

#[test]
fn what_is_written_to_wsgi_errors_is_in_the_log() {
    let site = Site::with("conduct.py");
    let (server, address) = start(&site);
    server.get(&address, "/errors");
    server.wait_log("^said on wsgi.errors$");
}

#[test]
fn a_big_reply_arrives_whole() {
    let reply = get("/big?n=20000000");
    assert_eq!(reply.body.len(), 20_000_000);
}

/// uWSGI's worker ends and another takes over; here it may go on.
#[test]
fn after_sys_exit_in_the_application_requests_are_answered() {
    let site = Site::with("conduct.py");
    let (server, address) = start(&site);
    let mut connection = Connection::open(&address);
    connection.send(Request::get("/exit").bytes());
    let _ = connection.read_all();
    drop(connection);
    assert_eq!(server.get(&address, "/").text(), "hello");
}

/// uWSGI's default line, byte for byte in its form.
#[test]
fn each_request_is_one_line_in_uwsgis_form() {
    let site = Site::with("conduct.py");
    let port = crate::support::unused_port();
    let server = site.start(&[
        "--http-socket",
        &format!("127.0.0.1:{port}"),
        "--wsgi-file",
        "conduct.py",
        "--master",
    ]);
    let address = Address::Port(port);
    server.get(&address, "/list?a=b");
    server.wait_log(
        r"^\[pid: \d+\|app: 0\|req: 1/1\] 127\.0\.0\.1 \(\) \{\d+ vars in \d+ bytes\} \[(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}\] GET /list\?a=b => generated 13 bytes in \d+ msecs \(HTTP/1\.1 200\) 1 headers in \d+ bytes \(\d+ switches on core 0\)$",
    );
    server.ask(&address, &Request::post("/body", "0123456789"));
    server.wait_log(r"\|req: 2/2\] .* POST /body => generated 10 bytes in \d+ msecs \(HTTP/1\.1 200\) 2 headers in \d+ bytes");
}

#[test]
fn a_log_format_of_ones_own() {
    if lacks_option("log-format") {
        return;
    }
    let site = Site::with("conduct.py");
    let server = site.start(&[
        "--http-socket",
        "app.sock",
        "--wsgi-file",
        "conduct.py",
        "--master",
        "--log-format",
        "%(method) %(uri) %(status) %(rsize) %(var.HTTP_X_TAG) %(nothing)|",
    ]);
    let address = Address::socket(site.join("app.sock"));
    server.ask(&address, &Request::get("/list").header("X-Tag", "blue"));
    server.wait_log(r"^GET /list 200 13 blue -\|$");
}

#[test]
fn requests_can_be_kept_out_of_the_log() {
    let site = Site::with("conduct.py");
    let (server, address) = start_with(&site, &["--disable-logging"]);
    server.get(&address, "/list");
    server.get(&address, "/errors");
    server.wait_log("^said on wsgi.errors$");
    assert!(!server.logged("GET /list"));
}
