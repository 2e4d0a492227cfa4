//! The master FIFO, and what can be done with workers while the server runs.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, SystemTime};

use nix::sys::signal::Signal;

use crate::support::client::Connection;
use crate::support::{
    Address, Reply, Request, Server, Site, differs_on_purpose, is_alive, wait_for, wait_until,
};

fn start<'s>(site: &'s Site, more: &[&str]) -> (Server<'s>, Address) {
    let base = ["--http-socket", "app.sock", "--master", "--wsgi-file", "conduct.py"];
    let server = site.start(&[&base[..], more].concat());
    let address = Address::socket(site.join("app.sock"));
    assert_eq!(server.get(&address, "/").text(), "hello");
    (server, address)
}

/// Writes to a FIFO, once somebody reads it.
fn say(site: &Site, fifo: &str, letters: &str) {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = wait_for("the FIFO", || {
        let flags = nix::libc::O_NONBLOCK;
        std::fs::File::options().write(true).custom_flags(flags).open(site.join(fifo)).ok()
    });
    file.write_all(letters.as_bytes()).unwrap();
}

fn sorted(mut pids: Vec<i32>) -> Vec<i32> {
    pids.sort_unstable();
    pids
}

#[test]
fn it_is_made_for_its_owner_alone_and_stays() {
    let site = Site::with("conduct.py");
    let (mut server, _) = start(&site, &["--master-fifo", "fifo"]);
    let mode = wait_for("the FIFO", || std::fs::metadata(site.join("fifo")).ok()).permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    say(&site, "fifo", "Q");
    assert_eq!(server.wait_exit().code(), Some(0));
    assert!(site.join("fifo").exists());
}

#[test]
fn letters_reload_and_stop() {
    let site = Site::with("conduct.py");
    let (mut server, address) = start(&site, &["--master-fifo", "fifo", "--processes", "2"]);
    let first = sorted(server.children());
    say(&site, "fifo", "r");
    wait_until("new workers after r", || !first.iter().any(|pid| is_alive(*pid)));
    assert_eq!(server.get(&address, "/").text(), "hello");
    for letter in ["w", "W"] {
        wait_until("two workers", || server.children().len() == 2);
        let old = sorted(server.children());
        say(&site, "fifo", letter);
        wait_until(&format!("new workers after {letter}"), || {
            !old.iter().any(|pid| is_alive(*pid)) && server.children().len() == 2
        });
        assert_eq!(server.get(&address, "/").text(), "hello");
    }
    say(&site, "fifo", "zq");
    assert_eq!(server.wait_exit().code(), Some(0), "{}", server.log());
}

#[test]
fn digits_choose_among_several() {
    let site = Site::with("conduct.py");
    let (mut server, _) = start(&site, &["--master-fifo", "one", "--master-fifo", "two"]);
    say(&site, "one", "1");
    server.wait_log("active master fifo is now .*two");
    say(&site, "two", "Q");
    assert_eq!(server.wait_exit().code(), Some(0));
}

/// A client whose request nobody takes: no answer comes for as long as it is looked.
fn waits(connection: &Connection) -> bool {
    connection.is_silent_for(Duration::from_millis(300))
}

#[test]
fn a_pause_lets_clients_wait_until_it_ends() {
    for by_signal in [false, true] {
        let site = Site::with("conduct.py");
        let (server, address) = start(&site, &["--master-fifo", "fifo", "--threads", "2"]);
        let toggle = || match by_signal {
            false => say(&site, "fifo", "p"),
            true => server.signal(Signal::SIGTSTP),
        };
        toggle();
        if !differs_on_purpose() {
            server.wait_log("workers are paused");
        }
        let mut connection = wait_for("a client that waits", || {
            let mut connection = Connection::open(&address);
            connection.send(Request::get("/").bytes());
            waits(&connection).then_some(connection)
        });
        toggle();
        assert_eq!(Reply::parse(&connection.read_all()).text(), "hello");
    }
}

#[test]
fn workers_are_added_and_let_go() {
    let site = Site::with("conduct.py");
    let more = ["--master-fifo", "fifo", "--processes", "4", "--cheaper", "1", "--cheaper-algo"];
    let (server, address) = start(&site, &[&more[..], &["manual"]].concat());
    assert_eq!(server.children().len(), 1);
    say(&site, "fifo", "+");
    wait_until("two workers", || server.children().len() == 2);
    say(&site, "fifo", "+");
    wait_until("three workers", || server.children().len() == 3);
    say(&site, "fifo", "-");
    wait_until("two workers again", || server.children().len() == 2);
    server.wait_log(r"^uWSGI worker \d cheaped\.$");
    assert_eq!(server.get(&address, "/").text(), "hello");
    say(&site, "fifo", "C");
    wait_until("no workers", || server.children().is_empty());
    assert_eq!(server.get(&address, "/").text(), "hello", "a client wakes it");
    server.stop();
}

#[test]
fn a_chain_reload_replaces_workers_one_by_one_and_always_somebody_answers() {
    if differs_on_purpose() {
        // uWSGI lets a worker go before the next one comes.
        return;
    }
    let site = Site::with("conduct.py");
    // Slow to load: with one worker at a time nobody would answer meanwhile.
    let app = site.read("conduct.py")
        + "\nVERSION = b'one'\ntime.sleep(1)\n\n\ndef do_version(environ, start_response):\n    start_response('200 OK', PLAIN)\n    return [VERSION]\n";
    site.file("conduct.py", &app);
    site.file("touched", "");
    let more = ["--lazy-apps", "--touch-chain-reload", "touched", "--processes", "2"];
    let (server, address) = start(&site, &more);
    wait_until("two workers", || server.children().len() == 2);
    let old = server.children();
    site.file("conduct.py", &app.replace("b'one'", "b'two'"));
    let file = std::fs::File::options().append(true).open(site.join("touched")).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_secs(5)).unwrap();
    server.wait_log("chain reload");
    wait_until("the old ones are gone", || {
        let asked = std::time::Instant::now();
        assert_eq!(server.get(&address, "/").text(), "hello");
        assert!(asked.elapsed() < Duration::from_millis(900), "somebody is always there");
        assert!(server.children().len() <= 3);
        !old.iter().any(|pid| is_alive(*pid))
    });
    server.wait_log("the chain reload is done");
    wait_until("two workers", || server.children().len() == 2);
    assert_eq!(server.get(&address, "/version").text(), "two");
    server.stop();
}

#[test]
fn a_chain_reload_into_broken_code_keeps_the_old_workers() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::with("conduct.py");
    let (server, address) =
        start(&site, &["--lazy-apps", "--need-app", "--master-fifo", "fifo", "--processes", "2"]);
    server.wait_log_times("^WSGI app 0 ", 2);
    let old = sorted(server.children());
    site.file("conduct.py", "def application(environ start_response):\n");
    say(&site, "fifo", "c");
    server.wait_log("the chain reload failed");
    assert_eq!(sorted(server.children()), old);
    assert_eq!(server.get(&address, "/").text(), "hello");
    server.stop();
}

#[test]
fn a_reload_that_failed_is_tried_again_when_the_file_is_touched_again() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::with("conduct.py");
    site.file("touched", "");
    let app = site.read("conduct.py");
    let (server, address) = start(&site, &["--touch-reload", "touched", "--need-app"]);
    let mut ahead = 5;
    let mut touch = || {
        let file = std::fs::File::options().append(true).open(site.join("touched")).unwrap();
        file.set_modified(SystemTime::now() + Duration::from_secs(ahead)).unwrap();
        ahead += 5;
    };
    site.file("conduct.py", "def application(environ start_response):\n");
    touch();
    server.wait_log("the reload failed");
    assert_eq!(server.get(&address, "/").text(), "hello");
    site.file("conduct.py", &app.replace("b\"hello\"", "b\"welcome\""));
    server.wait_log_times("spawned uWSGI master process", 2);
    touch();
    wait_until("the new code", || server.get(&address, "/").text() == "welcome");
    server.stop();
}

#[test]
fn files_replace_workers_or_reload() {
    for option in ["--touch-workers-reload", "--fs-reload"] {
        let site = Site::with("conduct.py");
        site.file("watched/touched", "");
        let path = if option == "--fs-reload" { "watched" } else { "watched/touched" };
        let (server, address) = start(&site, &[option, path]);
        let old = server.children();
        let mut ahead = 5;
        wait_until("a new worker", || {
            let file = std::fs::File::options().append(true).open(site.join("watched/touched"));
            file.unwrap().set_modified(SystemTime::now() + Duration::from_secs(ahead)).unwrap();
            ahead += 5;
            std::thread::sleep(Duration::from_secs(1));
            !is_alive(old[0])
        });
        assert_eq!(server.get(&address, "/").text(), "hello");
    }
}

#[test]
fn letters_open_the_log_anew_and_rename_it() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::with("conduct.py");
    let logs = ["--logto", "app.log", "--log-backupname", "old.log"];
    let (server, address) = start(&site, &[&["--master-fifo", "fifo"], &logs[..]].concat());
    let logged = |name: &str, text: &str| {
        std::fs::read_to_string(site.join(name)).is_ok_and(|log| log.contains(text))
    };
    wait_until("the log", || logged("app.log", "spawned uWSGI worker 1"));
    std::fs::rename(site.join("app.log"), site.join("moved.log")).unwrap();
    say(&site, "fifo", "l");
    wait_until("a new log", || site.join("app.log").exists());
    server.get(&address, "/after-l");
    wait_until("a line in the new log", || logged("app.log", "/after-l"));
    say(&site, "fifo", "L");
    wait_until("the log renamed", || logged("old.log", "/after-l"));
    server.get(&address, "/later");
    wait_until("a line in the newest log", || logged("app.log", "/later"));
    assert!(logged("moved.log", "spawned uWSGI worker 1"));
}
