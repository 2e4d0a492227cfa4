//! Programs that run beside the server: attach-daemon and its kind.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, SystemTime};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::client::Connection;
use crate::support::{Address, Server, Site, differs_on_purpose, is_alive, is_uwsgi, wait_until};

/// A program that says when it starts and is told to end, and ends with the site.
const ATTENDANT: &str = r#"#!/bin/sh
# usage: attendant.sh NAME [stubborn]
if [ "$2" = stubborn ]; then trap "" TERM; else trap 'echo "$1 ends $$" >> attended; exit 0' TERM; fi
trap 'echo "$1 hears HUP" >> attended' HUP
echo "$1 starts $$" >> attended
while [ -e attended ]; do sleep 0.05; done
"#;

fn site() -> Site {
    let site = Site::with("conduct.py");
    let script = site.file("attendant.sh", ATTENDANT);
    std::fs::set_permissions(script, std::fs::Permissions::from_mode(0o755)).unwrap();
    site.file("attended", "");
    site
}

fn start<'s>(site: &'s Site, more: &[&str]) -> (Server<'s>, Address) {
    let base = ["--http-socket", "app.sock", "--master", "--wsgi-file", "conduct.py"];
    let server = site.start(&[&base[..], more].concat());
    let address = Address::socket(site.join("app.sock"));
    assert_eq!(server.get(&address, "/").text(), "hello");
    (server, address)
}

/// The pids of all that said this.
fn pids(site: &Site, said: &str) -> Vec<i32> {
    let text = site.read("attended");
    let lines = text.lines().filter_map(|line| line.strip_prefix(said));
    lines.map(|pid| pid.trim().parse().unwrap()).collect()
}

fn wait_starts(site: &Site, name: &str, times: usize) -> i32 {
    let said = format!("{name} starts");
    wait_until(&format!("{said} {times} times"), || pids(site, &said).len() >= times);
    *pids(site, &said).last().unwrap()
}

#[test]
fn a_daemon_is_started_restarted_when_it_dies_and_stopped_with_the_server() {
    let site = site();
    let (mut server, _) = start(&site, &["--attach-daemon", "./attendant.sh one && true"]);
    let first = wait_starts(&site, "one", 1);
    kill(Pid::from_raw(first), Signal::SIGKILL).unwrap();
    let second = wait_starts(&site, "one", 2);
    assert!(is_alive(second));
    server.signal(Signal::SIGINT);
    assert_eq!(server.wait_exit().code(), Some(0), "{}", server.log());
    wait_until("it is gone", || !is_alive(second));
    assert_eq!(pids(&site, "one ends"), [second]);
}

#[test]
fn a_reload_replaces_a_daemon_and_leaves_no_two_of_them() {
    let site = site();
    let (server, _) = start(&site, &["--attach-daemon", "./attendant.sh one"]);
    for round in 1..=2 {
        let old = wait_starts(&site, "one", round);
        server.signal(Signal::SIGHUP);
        let new = wait_starts(&site, "one", round + 1);
        assert_ne!(old, new);
        assert!(!is_alive(old), "the old one was gone before the new one came");
        assert!(is_alive(new));
    }
    server.stop();
}

#[test]
fn a_daemon_that_left_its_shell_is_known_by_its_group() {
    if differs_on_purpose() {
        // uWSGI starts another one as soon as the shell is gone.
        return;
    }
    let site = site();
    let (mut server, _) = start(&site, &["--attach-daemon", "./attendant.sh one &"]);
    let first = wait_starts(&site, "one", 1);
    server.signal(Signal::SIGHUP);
    let second = wait_starts(&site, "one", 2);
    assert!(!is_alive(first) && is_alive(second));
    // An image that has it from the one before stops it, too.
    site.file("conduct.py", "def application(environ start_response):\n");
    server.signal(Signal::SIGHUP);
    server.wait_log("SyntaxError");
    server.wait_log_times("spawned uWSGI master process", 3);
    assert!(is_alive(second));
    server.signal(Signal::SIGINT);
    assert_eq!(server.wait_exit().code(), Some(0), "{}", server.log());
    assert!(!is_alive(second));
    assert_eq!(pids(&site, "one starts"), [first, second]);
}

#[test]
fn daemons_go_on_through_a_reload_that_fails() {
    if differs_on_purpose() {
        return;
    }
    let site = site();
    let right = "[uwsgi]\nhttp-socket = app.sock\nwsgi-file = conduct.py\n\
                 attach-daemon = ./attendant.sh one\n";
    site.file("app.ini", right);
    let mut server = site.start(&["--ini", "app.ini"]);
    let pid = wait_starts(&site, "one", 1);
    site.file("app.ini", &format!("{right}chdir = /no/such/folder\n"));
    server.signal(Signal::SIGHUP);
    server.wait_log("the reload failed");
    assert!(is_alive(pid));
    site.file("app.ini", right);
    server.signal(Signal::SIGHUP);
    let next = wait_starts(&site, "one", 2);
    assert!(!is_alive(pid) && is_alive(next));
    server.signal(Signal::SIGINT);
    assert_eq!(server.wait_exit().code(), Some(0));
    wait_until("it is gone", || !is_alive(next));
}

#[test]
fn a_stubborn_daemon_is_killed_with_its_processes_after_the_mercy() {
    if differs_on_purpose() {
        // uWSGI leaves it behind.
        return;
    }
    let site = site();
    let more = ["--attach-daemon", "./attendant.sh one stubborn", "--worker-reload-mercy", "1"];
    let (mut server, _) = start(&site, &more);
    let pid = wait_starts(&site, "one", 1);
    server.signal(Signal::SIGINT);
    assert_eq!(server.wait_exit().code(), Some(0));
    assert!(!is_alive(pid));
    assert!(server.logged("did not finish in time and is killed"));
}

#[test]
fn a_daemon_that_ends_at_once_is_not_started_in_a_loop() {
    let site = site();
    let (server, address) = start(&site, &["--attach-daemon", "echo 'one starts 1' >> attended"]);
    wait_starts(&site, "one", 3);
    // The third comes three seconds after the first here, two in uWSGI.
    assert!(server.log().matches("respawning").count() <= 3, "{}", server.log());
    assert_eq!(server.get(&address, "/").text(), "hello");
}

#[test]
fn the_server_ends_with_a_control_daemon() {
    let site = site();
    let (mut server, _) = start(&site, &["--attach-control-daemon", "./attendant.sh one"]);
    let pid = wait_starts(&site, "one", 1);
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    assert_eq!(server.wait_exit().code(), Some(0), "{}", server.log());
}

#[test]
fn attach_daemon2_takes_keys() {
    let site = site();
    site.file("touched", "");
    let keys = "cmd=./attendant.sh one,touch=touched,stopsignal=15,reloadsignal=1,freq=1";
    let (server, _) = start(&site, &["--attach-daemon2", keys, "--worker-reload-mercy", "1"]);
    wait_starts(&site, "one", 1);
    let file = std::fs::File::options().append(true).open(site.join("touched")).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_secs(5)).unwrap();
    wait_starts(&site, "one", 2);
    wait_until("the end of the first", || pids(&site, "one ends").len() == 1);
    server.signal(Signal::SIGHUP);
    wait_until("the reload's signal", || site.read("attended").contains("one hears HUP"));
}

#[test]
fn attach_daemon2_without_a_command_ends_the_start() {
    let site = site();
    let base = ["--http-socket", "app.sock", "--wsgi-file", "conduct.py", "--attach-daemon2"];
    let run = site.run(&[&base[..], &["freq=3"]].concat());
    assert_eq!(run.code, Some(1));
    assert!(run.text.contains("command"), "{}", run.text);
}

#[test]
fn a_daemon_with_a_pidfile_outlives_reloads_and_the_server_and_is_found_again() {
    let site = site();
    site.file("smart.sh", "echo $$ > smart.pid; exec ./attendant.sh one");
    let smart = ["--smart-attach-daemon2", "smart.pid sh ./smart.sh"];
    let (mut server, _) = start(&site, &smart);
    let pid = wait_starts(&site, "one", 1);
    assert_eq!(site.pid("smart.pid"), pid);
    server.signal(Signal::SIGHUP);
    server.wait_log("found valid/active pidfile");
    server.signal(Signal::SIGINT);
    assert_eq!(server.wait_exit().code(), Some(0));
    assert!(is_alive(pid));
    let (second, _) = start(&site, &smart);
    second.wait_log(&format!(r"found valid/active pidfile .*\(pid: {pid}\)"));
    assert_eq!(pids(&site, "one starts"), [pid]);
    kill(Pid::from_raw(pid), Signal::SIGTERM).unwrap();
}

#[test]
fn the_statistics_tell_of_daemons() {
    let site = site();
    let more = ["--attach-daemon", "./attendant.sh one", "--stats", "stats.sock"];
    let (server, _) = start(&site, &more);
    let first = wait_starts(&site, "one", 1);
    kill(Pid::from_raw(first), Signal::SIGKILL).unwrap();
    wait_starts(&site, "one", 2);
    let address = Address::socket(site.join("stats.sock"));
    wait_until("the statistics", || {
        let bytes = Connection::open(&address).read_all();
        let stats: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let daemon = &stats["daemons"][0];
        let pid = daemon["pid"].as_i64().and_then(|pid| i32::try_from(pid).ok()).unwrap();
        let live = daemon["respawns"] == 1 && server.children().contains(&pid);
        // uWSGI tells of the process before.
        daemon["cmd"] == "./attendant.sh one" && (live || is_uwsgi())
    });
}
