//! Signals, reloads, deaths: what the master does with its workers.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::client::{Connection, get_uwsgi};
use crate::support::{
    Address, Reply, Request, Server, Site, differs_on_purpose, is_alive, wait_until,
};

const VERSION: &str = "def application(environ, start_response):
    start_response('200 OK', [])
    return [b'version one']
";

fn start<'s>(site: &'s Site, more: &[&str]) -> (Server<'s>, Address) {
    let mut arguments =
        vec!["--http-socket", "app.sock", "--master", "--pidfile", "app.pid", "--wsgi-file"];
    arguments.extend(more);
    let server = site.start(&arguments);
    let address = Address::socket(site.join("app.sock"));
    server.wait_ready(&address);
    (server, address)
}

/// Waits until the word has come from the application `times` times more.
fn wait_note(site: &Site, word: &str, times: usize) {
    wait_until(word, || site.read("notes").matches(word).count() >= times);
}

/// A client that waits for its slow reply on another thread.
fn slow(address: &Address, seconds: &str) -> std::thread::JoinHandle<Vec<u8>> {
    let mut connection = Connection::open(address);
    connection.send(Request::get(&format!("/slow?s={seconds}")).bytes());
    std::thread::spawn(move || connection.read_all())
}

#[test]
fn sigint_and_sigquit_stop_at_once_with_exit_code_0() {
    for signal in [Signal::SIGINT, Signal::SIGQUIT] {
        let site = Site::with("conduct.py");
        let (mut server, _) = start(&site, &["conduct.py", "--processes", "2"]);
        wait_until("two workers", || server.children().len() == 2);
        let children = server.children();
        server.signal(signal);
        assert_eq!(server.wait_exit().code(), Some(0), "{signal}: {}", server.log());
        wait_until("the workers are gone", || !children.iter().any(|&pid| is_alive(pid)));
    }
}

#[test]
fn sigint_does_not_wait_for_a_request() {
    let site = Site::with("conduct.py");
    let (mut server, address) = start(&site, &["conduct.py"]);
    let client = slow(&address, "25");
    wait_note(&site, "slow begins", 1);
    server.signal(Signal::SIGINT);
    assert_eq!(server.wait_exit().code(), Some(0));
    assert!(client.join().unwrap().is_empty(), "it is cut");
}

#[test]
fn sigterm_lets_requests_end_and_then_stops() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::with("conduct.py");
    let (mut server, address) = start(&site, &["conduct.py", "--processes", "2"]);
    let client = slow(&address, "1.5");
    wait_note(&site, "slow begins", 1);
    server.signal(Signal::SIGTERM);
    assert_eq!(Reply::parse(&client.join().unwrap()).text(), "slow");
    assert_eq!(server.wait_exit().code(), Some(0), "{}", server.log());
}

#[test]
fn a_second_sigterm_stops_now() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::with("conduct.py");
    let (mut server, address) = start(&site, &["conduct.py"]);
    let client = slow(&address, "25");
    wait_note(&site, "slow begins", 1);
    server.signal(Signal::SIGTERM);
    // The first one is being obeyed once nobody listens any more, or says so.
    wait_until("the first is heard", || {
        server.logged("(?i)SIGTERM|gracefully|drain") || Connection::try_open(&address).is_none()
    });
    server.signal(Signal::SIGTERM);
    assert_eq!(server.wait_exit().code(), Some(0));
    assert!(client.join().unwrap().is_empty(), "it is cut");
}

#[test]
fn die_on_term_said_false_keeps_uwsgis_reload_on_sigterm() {
    let site = Site::new();
    site.file("app.py", VERSION);
    site.file(
        "app.ini",
        "[uwsgi]\nhttp-socket = app.sock\nmaster = true\nwsgi-file = app.py\ndie-on-term = false\n",
    );
    let server = site.start(&["--ini", "app.ini"]);
    let address = Address::socket(site.join("app.sock"));
    assert_eq!(server.get(&address, "/").text(), "version one");
    site.file("app.py", &VERSION.replace("one", "two"));
    server.signal(Signal::SIGTERM);
    wait_until("the new version", || server.get(&address, "/").text() == "version two");
}

#[test]
fn hup_reloads_code_and_configuration_under_the_same_pid() {
    let site = Site::new();
    site.file("app.py", VERSION);
    site.file(
        "app.ini",
        "[uwsgi]\nhttp-socket = app.sock\nmaster = true\nwsgi-file = app.py\nworkers = 1\n",
    );
    let server = site.start(&["--ini", "app.ini"]);
    let address = Address::socket(site.join("app.sock"));
    assert_eq!(server.get(&address, "/").text(), "version one");
    site.file("app.py", &VERSION.replace("one", "two"));
    site.file(
        "app.ini",
        "[uwsgi]\nhttp-socket = app.sock\nmaster = true\nwsgi-file = app.py\nworkers = 3\n",
    );
    server.signal(Signal::SIGHUP);
    wait_until("the new version", || server.get(&address, "/").text() == "version two");
    wait_until("the new number of workers", || server.children().len() == 3);
    server.stop();
}

/// Many clients, several reloads: every request is answered.
#[test]
fn a_reload_loses_no_request() {
    if differs_on_purpose() {
        // uWSGI's own listeners survive, but its requests in flight past the mercy do not.
        return;
    }
    let site = Site::with("conduct.py");
    let (server, address) = start(&site, &["conduct.py", "--processes", "2", "--listen", "64"]);
    let stop = AtomicBool::new(false);
    let answered = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        assert_eq!(Request::get("/").send(&address).text(), "hello");
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        for round in 1..=3 {
            let old = server.children();
            server.signal(Signal::SIGHUP);
            wait_until("the old workers are gone", || !old.iter().any(|&pid| is_alive(pid)));
            let before = answered.load(Ordering::Relaxed);
            wait_until("the new ones answer", || {
                assert!(
                    !clients.iter().any(std::thread::ScopedJoinHandle::is_finished),
                    "round {round}"
                );
                answered.load(Ordering::Relaxed) > before + 10
            });
        }
        stop.store(true, Ordering::Relaxed);
    });
    server.stop();
}

#[test]
fn a_request_in_flight_survives_a_reload() {
    let site = Site::with("conduct.py");
    let (server, address) = start(&site, &["conduct.py"]);
    let client = slow(&address, "1.5");
    wait_note(&site, "slow begins", 1);
    server.signal(Signal::SIGHUP);
    assert_eq!(Reply::parse(&client.join().unwrap()).text(), "slow");
    assert_eq!(server.get(&address, "/").text(), "hello");
    server.stop();
}

#[test]
fn a_reload_into_broken_code_keeps_the_old_workers() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::new();
    site.file("app.py", VERSION);
    let (server, address) = start(&site, &["app.py", "--need-app"]);
    assert_eq!(server.get(&address, "/").text(), "version one");
    site.file("app.py", "def application(environ start_response):\n");
    server.signal(Signal::SIGHUP);
    server.wait_log("SyntaxError");
    for _ in 0..20 {
        assert_eq!(server.get(&address, "/").text(), "version one");
    }
    site.file("app.py", &VERSION.replace("one", "two"));
    server.signal(Signal::SIGHUP);
    wait_until("the new version", || server.get(&address, "/").text() == "version two");
    server.stop();
}

#[test]
fn a_reload_into_a_wrong_configuration_keeps_the_old_workers() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::with("hello.py");
    let right = "[uwsgi]\nhttp-socket = app.sock\nwsgi-file = hello.py\n";
    site.file("app.ini", right);
    let server = site.start(&["--ini", "app.ini"]);
    let address = Address::socket(site.join("app.sock"));
    server.get(&address, "/");
    let wrong = [
        ("processes = -1\n", "app.ini:4"),
        ("chdir = /no/such/folder\n", "/no/such/folder"),
        ("http-socket = 256.0.0.1:80\n", "256.0.0.1"),
    ];
    for (count, (wrong, word)) in wrong.into_iter().enumerate() {
        site.file("app.ini", &format!("{right}{wrong}"));
        server.signal(Signal::SIGHUP);
        server.wait_log(word);
        // What is said to an image that is about to fail is not heard by the one that goes on.
        server.wait_log_times("the old workers go on as they are", count + 1);
        server.get(&address, "/");
    }
    site.file("app.ini", &format!("{right}threads = 2\n"));
    server.signal(Signal::SIGHUP);
    server.wait_log("cores: 2");
    server.get(&address, "/");
    server.stop();
}

#[test]
fn touch_reload_and_py_autoreload_notice_a_change() {
    for more in [&["--touch-reload", "touched"][..], &["--py-autoreload", "1", "--lazy-apps"][..]] {
        let site = Site::new();
        site.file("app.py", VERSION);
        site.file("touched", "");
        let arguments = [&["app.py"], more].concat();
        let (server, address) = start(&site, &arguments);
        assert_eq!(server.get(&address, "/").text(), "version one");
        site.file("app.py", &VERSION.replace("one", "number two"));
        // Touched anew every two seconds: a change before the first look may count as how things were.
        let mut touched = None;
        wait_until("the new version", || {
            if touched.is_none_or(|at: Instant| at.elapsed() > Duration::from_secs(2)) {
                touched = Some(Instant::now());
                for name in ["app.py", "touched"] {
                    let file = std::fs::File::options().append(true).open(site.join(name)).unwrap();
                    file.set_modified(SystemTime::now() + Duration::from_secs(5)).unwrap();
                }
            }
            server.get(&address, "/").text() == "version number two"
        });
    }
}

#[test]
fn a_killed_worker_is_respawned() {
    let site = Site::with("conduct.py");
    let (server, address) = start(&site, &["conduct.py"]);
    let pid = server.get(&address, "/pid").text();
    kill(Pid::from_raw(pid.parse().unwrap()), Signal::SIGKILL).unwrap();
    server.wait_log(&format!(
        r"^DAMN ! worker 1 \(pid: {pid}\) died, killed by signal 9 :\( trying respawn \.\.\.$"
    ));
    server.wait_log(r"^Respawned uWSGI worker 1 \(new pid: \d+\)$");
    assert_ne!(server.get(&address, "/pid").text(), pid);
    server.stop();
}

/// SIGKILL under load: the others go on, and of the requests only those in the killed worker are lost.
#[test]
fn workers_killed_under_load_cost_no_more_than_their_own_requests() {
    let site = Site::with("conduct.py");
    let (server, address) = start(&site, &["conduct.py", "--processes", "3"]);
    let stop = AtomicBool::new(false);
    let answered = AtomicUsize::new(0);
    let lost = AtomicUsize::new(0);
    let kills = 5;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let Some(mut connection) = Connection::try_open(&address) else {
                        panic!("the listener is gone")
                    };
                    connection.send(Request::get("/").bytes());
                    if connection.read_all().ends_with(b"hello") {
                        answered.fetch_add(1, Ordering::Relaxed);
                    } else {
                        lost.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        for number in 1..=kills {
            wait_until("three workers", || server.children().len() == 3);
            let before = answered.load(Ordering::Relaxed);
            wait_until("load", || answered.load(Ordering::Relaxed) > before + 20);
            kill(Pid::from_raw(server.children()[0]), Signal::SIGKILL).unwrap();
            server.wait_log_times("DAMN ! worker", number);
            server.wait_log_times("Respawned uWSGI worker", number);
        }
        stop.store(true, Ordering::Relaxed);
    });
    let (answered, lost) = (answered.load(Ordering::Relaxed), lost.load(Ordering::Relaxed));
    assert!(lost <= kills, "{lost} lost of {answered} by {kills} kills");
    server.stop();
}

#[test]
fn workers_do_not_outlive_a_killed_master() {
    let site = Site::with("conduct.py");
    let (mut server, address) = start(&site, &["conduct.py", "--processes", "2", "--no-orphans"]);
    assert_eq!(server.get(&address, "/").text(), "hello");
    wait_until("two workers", || server.children().len() == 2);
    let children = server.children();
    server.signal(Signal::SIGKILL);
    server.wait_exit();
    wait_until("the workers are gone", || !children.iter().any(|&pid| is_alive(pid)));
}

#[test]
fn harakiri_ends_a_stuck_request_and_tells_where_it_was() {
    let site = Site::with("conduct.py");
    let (server, address) = start(&site, &["conduct.py", "--harakiri", "1"]);
    let mut connection = Connection::open(&address);
    connection.send(Request::get("/slow?s=25").bytes());
    let all = connection.read_all();
    server.wait_log(r"^.*\*\*\* HARAKIRI ON WORKER 1 \(pid: \d+, try: 1.*\) \*\*\*$");
    server.wait_log("^.*HARAKIRI .*core 0.* - GET /slow.s=25 since");
    server.wait_log("^.*HARAKIRI triggered by worker 1 core 0 !!!");
    server.wait_log(r"DAMN ! worker 1 \(pid: \d+\) died, killed by signal 9");
    assert_eq!(server.get(&address, "/").text(), "hello", "another worker goes on");
    if !differs_on_purpose() {
        assert_eq!(Reply::parse(&all).status, 504);
        server.wait_log("conduct.py\", line .* in do_slow");
    }
}

/// What a worker does with signals is none of the business of processes that its application forks.
#[test]
fn a_process_that_an_application_forks_ends_when_it_is_told() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::new();
    site.file(
        "forks.py",
        "import multiprocessing, time
def application(environ, start_response):
    start_response('200 OK', [])
    child = multiprocessing.get_context('fork').Process(target=time.sleep, args=(30,))
    child.start()
    child.terminate()
    child.join(10)
    return [str(child.exitcode).encode()]
",
    );
    let (server, address) = start(&site, &["forks.py"]);
    assert_eq!(server.get(&address, "/").text(), "-15");
    server.stop();
}

#[test]
fn max_requests_replaces_a_worker_without_a_lost_request() {
    let site = Site::with("conduct.py");
    let (server, address) =
        start(&site, &["conduct.py", "--max-requests", "5", "--min-worker-lifetime", "0"]);
    let mut pids = std::collections::BTreeSet::new();
    wait_until("another process answers", || {
        pids.insert(server.get(&address, "/pid").text());
        pids.len() >= 2
    });
    server.wait_log(r"\.\.\.The work of process \d+ is done.*\. Seeya!");
}

#[test]
fn usr2_does_not_end_the_master() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::with("conduct.py");
    let (server, address) = start(&site, &["conduct.py"]);
    server.signal(Signal::SIGUSR2);
    server.wait_log("(?i)USR2");
    assert_eq!(server.get(&address, "/").text(), "hello");
    server.stop();
}

#[test]
fn vacuum_removes_the_socket_and_the_pidfile() {
    let site = Site::with("conduct.py");
    let (server, address) = start(&site, &["conduct.py", "--vacuum"]);
    assert_eq!(server.get(&address, "/").text(), "hello");
    assert_eq!(site.pid("app.pid"), server.pid());
    assert_eq!(site.read("app.pid"), format!("{}\n", server.pid()));
    server.stop();
    assert!(!site.join("app.sock").exists());
    assert!(!site.join("app.pid").exists());
}

#[test]
fn without_master_a_server_starts_serves_and_stops() {
    let site = Site::with("conduct.py");
    let mut server = site.start(&["--socket", "app.sock", "--wsgi-file", "conduct.py"]);
    let address = Address::socket(site.join("app.sock"));
    server.wait_ready(&address);
    assert_eq!(get_uwsgi(&address, "/").text(), "hello");
    server.signal(Signal::SIGINT);
    let code = server.wait_exit().code();
    // uWSGI's lone process says 30; here a master is always there and says 0.
    assert!(matches!(code, Some(0 | 30)), "{code:?}");
}

#[test]
fn the_start_and_the_stop_are_told_in_uwsgis_words() {
    let site = Site::with("conduct.py");
    let (server, address) = start(&site, &["conduct.py", "--processes", "2"]);
    assert_eq!(server.get(&address, "/").text(), "hello");
    for line in [
        r"^\*\*\* Starting .*uWSGI 2\.\d+\.\d+.*64bit\) on \[.*\] \*\*\*$",
        r"^\*\*\* Operational MODE: preforking \*\*\*$",
        r"^WSGI app 0 \(mountpoint=''\) ready in \d+ seconds .*pid: \d+ \(default app\)$",
        r"^spawned uWSGI master process \(pid: \d+\)$",
        r"^spawned uWSGI worker 1 \(pid: \d+, cores: 1\)$",
        r"^spawned uWSGI worker 2 \(pid: \d+, cores: 1\)$",
    ] {
        server.wait_log(line);
    }
    server.signal(Signal::SIGINT);
    for line in [
        r"^SIGINT/SIGTERM received\.\.\.killing workers\.\.\.$",
        r"^worker 1 buried after \d+ seconds?$",
        r"^goodbye to uWSGI\.$",
    ] {
        server.wait_log(line);
    }
}

#[test]
fn a_second_instance_on_a_live_socket_takes_it_over_and_says_whose_it_was() {
    let site = Site::with("conduct.py");
    site.file("other.py", VERSION);
    let (first, address) = start(&site, &["conduct.py"]);
    assert_eq!(first.get(&address, "/").text(), "hello");
    let second = site.start(&["--http-socket", "app.sock", "--master", "--wsgi-file", "other.py"]);
    wait_until("the second answers", || second.get(&address, "/").text() == "version one");
    if !differs_on_purpose() {
        assert!(second.log().contains(&first.pid().to_string()), "{}", second.log());
    }
}

#[test]
fn a_program_that_no_longer_starts_is_not_started_anew() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::with("conduct.py");
    let program = site.join("ruwsgi");
    std::fs::copy(crate::support::program(), &program).unwrap();
    let arguments = [
        "--http-socket",
        "app.sock",
        "--master",
        "--pidfile",
        "app.pid",
        "--wsgi-file",
        "conduct.py",
    ];
    let server = Server::start(&site, site.command_of(&program, &arguments));
    let address = Address::socket(site.join("app.sock"));
    assert_eq!(server.get(&address, "/").text(), "hello");
    // As an upgrade that went wrong leaves it.
    let broken = site.file("broken", "#!/bin/sh\nexit 1\n");
    std::fs::set_permissions(&broken, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::rename(&program, site.join("good")).unwrap();
    std::fs::rename(&broken, &program).unwrap();
    server.signal(Signal::SIGHUP);
    server.wait_log("cannot start anew: .*; the server goes on as it is");
    assert_eq!(server.get(&address, "/").text(), "hello");
    std::fs::rename(site.join("good"), &program).unwrap();
    let old = server.get(&address, "/pid").text();
    server.signal(Signal::SIGHUP);
    wait_until("a new worker", || server.get(&address, "/pid").text() != old);
    server.stop();
}

/// As process 1 of a container, and as the parent that the kernel gives to orphans.
#[test]
fn as_process_1_the_master_buries_whatever_is_left_behind() {
    let Some(unshare) = crate::support::tools::need("unshare") else { return };
    if !nix::unistd::getuid().is_root() {
        return crate::support::tools::skip("only root can have process numbers of its own");
    }
    let site = Site::with("conduct.py");
    let forget = "
def do_forget(environ, start_response):
    # Its parent ends first: nobody but process 1 is left to bury it.
    os.system('(sleep 0.2; exit 3) & true')
    start_response('200 OK', PLAIN)
    return [b'forgotten']
";
    site.file("conduct.py", &format!("{}{forget}", site.read("conduct.py")));
    let arguments = ["--http-socket", "app.sock", "--master", "--wsgi-file", "conduct.py"];
    let direct = site.command(&arguments);
    let mut command = site.command_of(&unshare, &["--pid", "--fork", "--kill-child", "--"]);
    command.arg(direct.get_program()).args(direct.get_args());
    let server = Server::start(&site, command);
    let address = Address::socket(site.join("app.sock"));
    for _ in 0..5 {
        assert_eq!(server.get(&address, "/forget").text(), "forgotten");
    }
    let master = server.children()[0];
    let children = || {
        let children = std::fs::read_to_string(format!("/proc/{master}/task/{master}/children"));
        children.unwrap_or_default().split_whitespace().count()
    };
    wait_until("they were adopted", || children() > 1);
    wait_until("they are buried", || children() == 1);
    kill(Pid::from_raw(master), Signal::SIGTERM).unwrap();
    wait_until("it ends", || !is_alive(master));
}

#[test]
fn a_reload_asked_for_while_another_one_fails_is_not_forgotten() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::new();
    site.file("app.py", VERSION);
    let (server, address) = start(&site, &["app.py", "--need-app"]);
    assert_eq!(server.get(&address, "/").text(), "version one");
    site.file("app.py", "import time\nopen('reads', 'w').close()\ntime.sleep(0.5)\n1 / 0\n");
    server.signal(Signal::SIGHUP);
    wait_until("the new image reads the broken code", || site.join("reads").exists());
    site.file("app.py", &VERSION.replace("one", "two"));
    server.signal(Signal::SIGHUP);
    server.wait_log("the reload failed");
    wait_until("the new version", || server.get(&address, "/").text() == "version two");
    server.stop();
}
