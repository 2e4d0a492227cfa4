//! Limits of workers, their names, and who they run as.

use std::os::unix::net::UnixDatagram;
use std::time::Instant;

use nix::sys::signal::Signal;

use crate::support::client::Connection;
use crate::support::{
    Address, Reply, Request, Server, Site, differs_on_purpose, is_alive, wait_until,
};

/// Tells of the process it runs in.
const SELF: &str = "import os, resource, signal, sys, time


def application(environ, start_response):
    start_response('200 OK', [])
    return [str(eval(environ['QUERY_STRING'].replace('%20', ' '))).encode()]
";

fn start<'s>(site: &'s Site, more: &[&str]) -> (Server<'s>, Address) {
    site.file("self.py", SELF);
    let base = ["--http-socket", "app.sock", "--master", "--wsgi-file", "self.py"];
    let server = site.start(&[&base[..], more].concat());
    let address = Address::socket(site.join("app.sock"));
    server.wait_ready(&address);
    (server, address)
}

fn ask(server: &Server<'_>, address: &Address, expression: &str) -> String {
    server.get(address, &format!("/?{expression}")).text()
}

#[test]
fn limits_of_the_kernel_are_set() {
    let site = Site::new();
    let (server, address) = start(&site, &["--limit-as", "6048", "--limit-nproc", "5000"]);
    let space = ask(&server, &address, "resource.getrlimit(resource.RLIMIT_AS)[0]");
    assert_eq!(space, (6048_u64 << 20).to_string());
    let processes = ask(&server, &address, "resource.getrlimit(resource.RLIMIT_NPROC)[0]");
    assert_eq!(processes, "5000");
}

#[test]
fn workers_are_bound_to_processors() {
    let site = Site::new();
    let (server, address) = start(&site, &["--cpu-affinity", "1"]);
    assert_eq!(ask(&server, &address, "len(os.sched_getaffinity(0))"), "1");
}

#[test]
fn standard_input_is_left_only_to_those_that_want_it() {
    for (more, expected) in [(&[][..], "/dev/null"), (&["--honour-stdin"][..], "input")] {
        let site = Site::new();
        site.file("self.py", SELF);
        site.file("input", "");
        let base = ["--http-socket", "app.sock", "--master", "--wsgi-file", "self.py"];
        let mut command = site.command(&[&base[..], more].concat());
        command.stdin(std::fs::File::open(site.join("input")).unwrap());
        let server = Server::start(&site, command);
        let address = Address::socket(site.join("app.sock"));
        let input = ask(&server, &address, "os.readlink('/proc/self/fd/0')");
        assert!(input.ends_with(expected), "{input}");
    }
}

fn title(pid: i32) -> String {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&line).trim_end_matches('\0').to_owned()
}

#[test]
fn processes_have_the_names_that_the_options_give_them() {
    let auto = [
        (&["--auto-procname"][..], "uWSGI master", "uWSGI worker 1"),
        (
            &["--auto-procname", "--procname-prefix", "[x]", "--procname-append", " y"][..],
            "[x]uWSGI master y",
            "[x]uWSGI worker 1 y",
        ),
        (
            &["--auto-procname", "--procname-prefix-spaced", "site"][..],
            "site uWSGI master",
            "site uWSGI worker 1",
        ),
        (&["--procname", "mine", "--procname-master", "chief"][..], "chief", "mine"),
    ];
    for (more, master, worker) in auto {
        let site = Site::new();
        let (server, _) = start(&site, more);
        wait_until(worker, || server.children().iter().any(|pid| title(*pid) == worker));
        assert_eq!(title(server.pid()), master);
    }
}

#[test]
fn a_server_that_was_renamed_is_still_one_to_stop_and_reload() {
    let site = Site::new();
    let (mut server, address) = start(&site, &["--auto-procname", "--pidfile", "app.pid"]);
    let old = ask(&server, &address, "os.getpid()");
    assert_eq!(site.run(&["--reload", "app.pid"]).code, Some(0));
    wait_until("a new worker", || ask(&server, &address, "os.getpid()") != old);
    assert_eq!(title(server.pid()), "uWSGI master");
    assert_eq!(site.run(&["--pause", "app.pid"]).code, Some(0));
    if !differs_on_purpose() {
        server.wait_log("workers are paused");
    }
    assert_eq!(site.run(&["--stop", "app.pid"]).code, Some(0));
    assert_eq!(server.wait_exit().code(), Some(0));
}

#[test]
fn a_slow_request_is_asked_to_end_before_it_is_killed() {
    let site = Site::new();
    let app = SELF.replace(
        "def application",
        "signal.signal(signal.SIGABRT, lambda *_: open('aborted', 'w').close())\n\n\ndef application",
    );
    site.file("slow.py", &app);
    let server = site.start(&[
        "--http-socket",
        "app.sock",
        "--master",
        "--wsgi-file",
        "slow.py",
        "--harakiri",
        "1",
        "--harakiri-graceful-timeout",
        "3",
        "--harakiri-graceful-signal",
        "6",
    ]);
    let address = Address::socket(site.join("app.sock"));
    server.wait_ready(&address);
    let pid: i32 = ask(&server, &address, "os.getpid()").parse().unwrap();
    let began = Instant::now();
    let mut connection = Connection::open(&address);
    connection.send(Request::get("/?[time.sleep(0.1)%20for%20_%20in%20range(300)]").bytes());
    wait_until("the signal", || site.join("aborted").exists());
    assert!(is_alive(pid));
    server.wait_log(r"HARAKIRI ON WORKER 1 \(pid: \d+, try: 1, graceful: yes\)");
    wait_until("it is killed", || !is_alive(pid));
    assert!(began.elapsed().as_millis() >= 3500, "{:?}", began.elapsed());
    if !differs_on_purpose() {
        assert_eq!(Reply::parse(&connection.read_all()).status, 504);
    }
    assert!(differs_on_purpose() || server.log().matches("HARAKIRI ON WORKER").count() == 1);
}

#[test]
fn a_request_that_ends_within_the_grace_is_answered() {
    if differs_on_purpose() {
        // The default signal ends uWSGI's worker at once.
        return;
    }
    let site = Site::new();
    let more = ["--harakiri", "1", "--harakiri-graceful-timeout", "20"];
    let (server, address) = start(&site, &more);
    let pid: i32 = ask(&server, &address, "os.getpid()").parse().unwrap();
    assert_eq!(ask(&server, &address, "time.sleep(3)%20or%20'late'"), "late");
    wait_until("it goes", || !is_alive(pid));
    assert_ne!(ask(&server, &address, "os.getpid()"), pid.to_string());
}

#[test]
fn harakiri_waits_for_a_queue_where_that_is_wanted() {
    let site = Site::new();
    site.file("self.py", SELF);
    let server = site.start(&[
        "--http-socket",
        "127.0.0.1:0",
        "--master",
        "--wsgi-file",
        "self.py",
        "--harakiri",
        "1",
        "--harakiri-queue-threshold",
        "5",
    ]);
    let port = server.wait_log(r"bound to TCP address 127\.0\.0\.1:(\d+)");
    let address = Address::Port(port.parse().unwrap());
    assert_eq!(ask(&server, &address, "time.sleep(3)%20or%20'late'"), "late");
    assert!(!server.logged("HARAKIRI ON"));
}

#[test]
fn a_worker_that_is_too_large_is_replaced() {
    for option in ["--reload-on-as", "--evil-reload-on-rss", "--evil-reload-on-as"] {
        let site = Site::new();
        let (server, address) = start(&site, &[option, "1", "--min-worker-lifetime", "0"]);
        let respawned = || server.logged("Respawned uWSGI worker 1");
        wait_until(option, || {
            if option == "--reload-on-as" {
                ask(&server, &address, "1");
            }
            respawned()
        });
    }
}

#[test]
fn an_exception_replaces_the_worker_where_that_is_wanted() {
    let site = Site::new();
    let (server, address) = start(&site, &["--reload-on-exception"]);
    let pid = ask(&server, &address, "os.getpid()");
    assert_eq!(ask(&server, &address, "os.getpid()"), pid);
    let mut connection = Connection::open(&address);
    connection.send(Request::get("/?1/0").bytes());
    connection.read_all();
    wait_until("a new worker", || ask(&server, &address, "os.getpid()") != pid);
}

#[test]
fn processes_that_the_application_forgot_are_buried() {
    let site = Site::new();
    let (server, address) = start(&site, &["--reaper"]);
    let child = ask(&server, &address, "os.spawnlp(os.P_NOWAIT,'true','true')");
    wait_until("it is buried", || {
        ask(&server, &address, "1");
        !std::path::Path::new(&format!("/proc/{child}")).exists()
    });
}

#[test]
fn variables_come_from_a_directory_and_go() {
    let site = Site::new();
    site.file("variables/FROM_FILE", "a value\n");
    let more = ["--envdir", "variables", "--env", "GONE=1", "--unenv", "GONE"];
    let (server, address) = start(&site, &more);
    let values = ask(&server, &address, "os.environ.get('FROM_FILE'),os.environ.get('GONE')");
    assert_eq!(values, "('a value', None)");
}

#[test]
fn systemd_is_told_when_the_server_is_ready_reloads_and_stops() {
    let site = Site::with("conduct.py");
    let socket = UnixDatagram::bind(site.join("notify.sock")).unwrap();
    socket.set_read_timeout(Some(crate::support::PATIENCE)).unwrap();
    let hear = |word: &str| {
        let mut seen = String::new();
        while !seen.contains(word) {
            let mut bytes = [0; 1024];
            let length = socket.recv(&mut bytes).unwrap_or_else(|_| panic!("{word} after {seen}"));
            seen += &String::from_utf8_lossy(&bytes[..length]);
        }
    };
    let base = ["--http-socket", "app.sock", "--master", "--wsgi-file", "conduct.py"];
    let mut command = site.command(&base);
    command.env("NOTIFY_SOCKET", site.join("notify.sock"));
    let mut server = Server::start(&site, command);
    hear("READY=1");
    assert_eq!(server.get(&Address::socket(site.join("app.sock")), "/").text(), "hello");
    if differs_on_purpose() {
        return;
    }
    server.signal(Signal::SIGHUP);
    hear("RELOADING=1");
    hear("READY=1");
    server.signal(Signal::SIGTERM);
    hear("STOPPING=1");
    assert_eq!(server.wait_exit().code(), Some(0));
}

/// What needs root can only be seen by root.
fn is_root() -> bool {
    let is_root = nix::unistd::getuid().is_root();
    if !is_root {
        crate::support::tools::skip("only root can become somebody else");
    }
    is_root
}

#[test]
fn only_workers_drop_privileges_where_the_master_stays_root() {
    if !is_root() || differs_on_purpose() {
        return;
    }
    let site = Site::new();
    let uid = "--uid=65534";
    for (more, master) in [(&["--master-as-root"][..], 0), (&["--drop-after-apps"][..], 65534)] {
        let (server, address) = start(&site, &[&[uid], more].concat());
        assert_eq!(ask(&server, &address, "os.getuid()"), "65534");
        let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("Uid:")).unwrap().to_owned();
        assert_eq!(line.split_whitespace().nth(1), Some(master.to_string().as_str()));
        server.stop();
    }
}

#[test]
fn further_groups_are_kept() {
    if !is_root() || differs_on_purpose() {
        return;
    }
    let site = Site::new();
    let more = ["--drop-after-apps", "--uid=65534", "--add-gid=4242"];
    let (server, address) = start(&site, &more);
    assert!(ask(&server, &address, "os.getgroups()").contains("4242"));
    let site = Site::new();
    let more = ["--drop-after-apps", "--uid=65534", "--no-initgroups"];
    let (server, address) = start(&site, &more);
    assert_eq!(ask(&server, &address, "os.getgroups()"), "[]");
}

#[test]
fn a_watchdog_hears_that_the_master_lives() {
    let site = Site::with("conduct.py");
    let socket = UnixDatagram::bind(site.join("notify.sock")).unwrap();
    socket.set_read_timeout(Some(crate::support::PATIENCE)).unwrap();
    let base = ["--http-socket", "app.sock", "--master", "--wsgi-file", "conduct.py"];
    let mut command = site.command(&base);
    command.env("NOTIFY_SOCKET", site.join("notify.sock")).env("WATCHDOG_USEC", "400000");
    if differs_on_purpose() {
        return;
    }
    let server = Server::start(&site, command);
    let mut beats = Vec::new();
    while beats.len() < 4 {
        let mut bytes = [0; 1024];
        let length = socket.recv(&mut bytes).expect("a beat");
        if bytes[..length].starts_with(b"WATCHDOG=1") {
            beats.push(Instant::now());
        }
    }
    let apart = beats[3] - beats[0];
    assert!(apart.as_millis() < 3 * 400, "{apart:?}");
    server.stop();
}

#[test]
fn capabilities_that_are_kept_hold_for_workers_and_over_a_reload() {
    if !is_root() || differs_on_purpose() {
        return;
    }
    let site = Site::new();
    let more =
        ["--uid=65534", "--gid=65534", "--cap", "chown,CAP_DAC_READ_SEARCH", "--drop-after-apps"];
    let (server, address) = start(&site, &more);
    let effective = "[line%20for%20line%20in%20open('/proc/self/status')%20if%20'CapEff'%20in%20line][0].split()[1]";
    // The second one lets the next image read Python, wherever it is.
    let kept = "0000000000000005";
    assert_eq!(ask(&server, &address, "os.getuid()"), "65534");
    assert_eq!(ask(&server, &address, effective), kept);
    let pid = ask(&server, &address, "os.getpid()");
    server.signal(Signal::SIGHUP);
    wait_until("a new worker", || ask(&server, &address, "os.getpid()") != pid);
    assert_eq!(ask(&server, &address, effective), kept);
    server.stop();
    let wrong = site.run(&["--http-socket", "a.sock", "--cap", "chwon"]);
    assert_eq!(wrong.code, Some(1));
    assert!(wrong.text.contains("no capability chwon"), "{}", wrong.text);
}

#[test]
fn threads_that_are_started_at_import_are_named() {
    if differs_on_purpose() {
        return;
    }
    let thread = "import threading\nthreading.Thread(target=time.sleep, args=(60,), name='poller', daemon=True).start()\n";
    for (text, more, warned) in [
        (format!("{SELF}\n{thread}"), &[][..], true),
        (format!("{SELF}\n{thread}"), &["--lazy-apps"], false),
        (SELF.to_owned(), &[], false),
    ] {
        let site = Site::new();
        site.file("app.py", &text);
        let base = ["--http-socket", "app.sock", "--master", "--wsgi-file", "app.py"];
        let server = site.start(&[&base[..], more].concat());
        let address = Address::socket(site.join("app.sock"));
        assert_eq!(ask(&server, &address, "1"), "1");
        let told = server.logged(r#"started threads while it was loaded: "poller";"#);
        assert_eq!(told, warned, "{}", server.log());
    }
}

#[test]
fn what_was_loaded_is_left_alone_as_far_as_is_wanted() {
    if differs_on_purpose() {
        return;
    }
    let counted = |of: &str| format!("__import__('sys').getrefcount({of})<1<<28");
    for (more, collected, code, rest) in [
        (&["--gc-freeze=false"][..], true, true, true),
        (&[], false, false, true),
        (&["--gc-freeze"], false, false, false),
    ] {
        let site = Site::new();
        let (server, address) = start(&site, more);
        let ask = |of: &str| ask(&server, &address, of);
        assert_eq!(ask("__import__('gc').get_freeze_count()==0"), word(collected), "{more:?}");
        // References to immortal objects are not counted (PEP 683).
        let immortal = ask("__import__('sys').hexversion>=0x30c0000") == "True";
        assert_eq!(ask(&counted("os.path.join.__code__")), word(code || !immortal), "{more:?}");
        assert_eq!(ask(&counted("os.environ")), word(rest || !immortal), "{more:?}");
    }
}

#[test]
fn the_collector_looks_as_often_as_before() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::new();
    site.file("own.py", "import gc\ngc.set_threshold(777)\n");
    for (more, expected) in [(&[][..], "True"), (&["--import", "own.py"], "False")] {
        let (server, address) = start(&site, more);
        let usual = "__import__('gc').get_threshold()[0]in(700,2000,10000)";
        assert_eq!(ask(&server, &address, usual), expected, "{more:?}");
        let seldom = "__import__('gc').get_threshold()[0]>10000";
        assert_eq!(ask(&server, &address, seldom), "False", "{more:?}");
        server.stop();
    }
}

fn word(truth: bool) -> &'static str {
    if truth { "True" } else { "False" }
}
