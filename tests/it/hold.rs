//! `ruwsgi hold` and `ruwsgi take`: sockets that outlive the servers behind them.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::support::{Address, Connection, Server, Site, differs_on_purpose, program};

/// Tells which process answers; `/slow` takes a while.
const APPLICATION: &str = "import os, time\ndef application(environ, start):\n    \
                           if environ['PATH_INFO'] == '/slow': time.sleep(1)\n    \
                           start('200 OK', [])\n    return [str(os.getppid()).encode()]\n";

fn site() -> Site {
    let site = Site::new();
    site.file("app.py", APPLICATION);
    site
}

fn holder<'s>(site: &'s Site, words: &[&str]) -> Server<'s> {
    let words = [&["hold", "control", "front.sock"], words].concat();
    let holder = Server::start(site, site.command_of(&program(), &words));
    holder.wait_log("holding front.sock");
    holder
}

/// A server that takes the sockets, and has one of its own.
fn taker<'s>(site: &'s Site, own: &str) -> Server<'s> {
    let server = ["serve", "--http-socket", own, "--wsgi-file", "app.py", "--protocol", "http"];
    let program = program();
    let program = program.to_str().unwrap();
    let master = ["--master", "--die-on-term", "--vacuum"];
    let words = [&["take", "control", program], &server[..], &master].concat();
    Server::start(site, site.command_of(Path::new(program), &words))
}

#[test]
fn who_comes_between_two_servers_waits() {
    if differs_on_purpose() {
        return;
    }
    let site = site();
    let front = Address::socket(site.join("front.sock"));
    let holder = holder(&site, &["--patience", "30"]);
    let mut first = taker(&site, "one.sock");
    let by_first = first.get(&front, "/").text();
    assert_eq!(by_first, first.pid().to_string());
    assert_eq!(first.get(&Address::socket(site.join("one.sock")), "/").text(), by_first);

    // What it has begun, it ends; what comes later is for the next.
    let mut begun = Connection::open(&front);
    begun.send("GET /slow HTTP/1.0\r\n\r\n");
    std::thread::sleep(Duration::from_millis(200));
    first.signal(Signal::SIGTERM);
    first.wait_log("killing workers");
    assert_eq!(begun.read_reply().text(), by_first);
    assert_eq!(first.wait_exit().code(), Some(0));
    let mut waits: Vec<_> = (0..20).map(|_| Connection::open(&front)).collect();
    for connection in &mut waits {
        connection.send("GET / HTTP/1.0\r\n\r\n");
    }
    let second = taker(&site, "two.sock");
    for connection in &mut waits {
        assert_eq!(connection.read_reply().text(), second.pid().to_string());
    }
    second.stop();
    holder.stop();
}

#[test]
fn two_servers_share_what_one_holds_and_keep_it_over_a_reload() {
    if differs_on_purpose() {
        return;
    }
    let site = site();
    let front = Address::socket(site.join("front.sock"));
    let holder = holder(&site, &["127.0.0.1:0", "--patience", "0"]);
    let port: u16 = holder.wait_log("holding 127.0.0.1:([0-9]+)").parse().unwrap();
    let one = taker(&site, "one.sock");
    one.get(&Address::socket(site.join("one.sock")), "/");
    one.signal(Signal::SIGHUP);
    one.wait_log_times("spawned uWSGI worker 1", 2);
    // It still has them for the holder, who refuses at once otherwise.
    assert_eq!(one.get(&Address::Port(port), "/").status, 200);
    let two = taker(&site, "two.sock");
    two.get(&Address::socket(site.join("two.sock")), "/");
    let wanted = two.pid().to_string();
    one.stop();
    for address in [&front, &Address::Port(port)] {
        assert_eq!(two.get(address, "/").text(), wanted);
    }
    two.stop();
    let refused = holder.logged("no server has taken");
    assert!(!refused, "{}", holder.log());
    drop(Connection::open(&front));
    holder.wait_log("no server has taken the sockets for 0 s");
    holder.stop();
}

#[test]
fn a_server_ends_with_who_held_its_sockets_so_that_the_next_start_has_new_ones() {
    if differs_on_purpose() {
        return;
    }
    let site = site();
    let front = Address::socket(site.join("front.sock"));
    let mut first = holder(&site, &[]);
    let mut server = taker(&site, "one.sock");
    server.get(&front, "/");
    first.signal(Signal::SIGKILL);
    first.wait_exit();
    assert_eq!(server.wait_exit().code(), Some(0), "{}", server.log());
    // It waits for the next one.
    let server = taker(&site, "one.sock");
    server.wait_log("waiting for whoever holds the sockets at control");
    let second = holder(&site, &[]);
    assert_eq!(server.get(&front, "/").text(), server.pid().to_string());
    server.stop();
    second.stop();
}

#[test]
fn nobody_waits_for_ever_when_no_server_comes() {
    if differs_on_purpose() {
        return;
    }
    let site = site();
    let front = Address::socket(site.join("front.sock"));
    let holder = holder(&site, &["--patience", "1"]);
    let began = Instant::now();
    let mut connection = Connection::open(&front);
    connection.send("GET / HTTP/1.0\r\n\r\n");
    assert_eq!(connection.read_all(), b"");
    assert!(began.elapsed() > Duration::from_millis(500), "{:?}", began.elapsed());
    holder.wait_log("no server has taken the sockets for 1 s: 1 connections closed");
    // One that comes now is served all the same.
    let server = taker(&site, "one.sock");
    server.get(&Address::socket(site.join("one.sock")), "/");
    assert_eq!(server.get(&front, "/").text(), server.pid().to_string());
    server.stop();
    holder.stop();
}

#[test]
fn what_cannot_be_held_or_taken_is_said() {
    if differs_on_purpose() {
        return;
    }
    let site = site();
    let said = |words: &[&str]| {
        let mut command: Command = site.command_of(&program(), words);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let check = |words: &[&str], code, expected: &str| {
        let (found, text) = said(words);
        assert_eq!(found, Some(code), "{words:?}: {text}");
        assert!(text.contains(expected), "{words:?}: {text}");
    };
    check(
        &["take", "--patience", "0", "nobody", "true"],
        1,
        "nobody holds sockets at nobody: No such file",
    );
    check(&["take", "control"], 2, "<COMMAND>");
    check(&["hold", "control"], 2, "<ADDRESS>");
    check(&["hold", "control", "127.0.0.1:x"], 1, "cannot listen on 127.0.0.1:x");
    check(
        &["hold", "nowhere/control", "front.sock"],
        1,
        "cannot bind nowhere/control: No such file",
    );
    check(&["hold", "--chmod-socket", "9", "control", "front.sock"], 2, "octal");
    let holder = holder(&site, &[]);
    check(&["take", "control", "./nothing"], 1, "cannot start ./nothing: No such file");
    let mode = std::os::unix::fs::PermissionsExt::mode;
    let mode =
        |name: &str| mode(&std::fs::metadata(site.join(name)).unwrap().permissions()) & 0o777;
    assert_eq!((mode("control"), mode("front.sock")), (0o600, 0o660));
    holder.stop();
}
