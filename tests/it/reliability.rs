//! Nothing is lost: reloads, recycling, stops, crashes and stuck workers under a constant load.
//!
//! Short by default. `RUWSGI_RELIABILITY=full` makes them as long as docs/reliability.md says; each
//! appends its figure to the file that `RUWSGI_FIGURES` names.

use std::io::Write as _;
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::load::{Load, Outcome};
use crate::support::server::children_of;
use crate::support::{
    Address, Connection, Nginx, Reply, Request, Server, Site, differs_on_purpose, is_alive,
    unused_port, wait_until,
};

/// How long or how often, in the short form and in the full one.
fn amount(short: usize, full: usize) -> usize {
    match std::env::var("RUWSGI_RELIABILITY").as_deref() {
        Ok("full") => full,
        _ => short,
    }
}

/// Keeps a figure for the documentation.
fn figure(what: &str, text: &str) {
    eprintln!("{what}: {text}");
    if let Some(path) = std::env::var_os("RUWSGI_FIGURES") {
        let file = std::fs::File::options().create(true).append(true).open(path);
        writeln!(file.unwrap(), "{what}: {text}").unwrap();
    }
}

/// The figure of a load, which must be without failures.
fn lossless(what: &str, outcome: &Outcome) {
    figure(what, &outcome.told());
    assert!(outcome.failures.is_empty(), "{what}: {}", outcome.told());
    assert!(outcome.answered > 0);
}

const BASE: &[&str] = &[
    "--socket",
    "app.sock",
    "--master",
    "--pidfile",
    "app.pid",
    "--master-fifo",
    "fifo",
    "--disable-logging",
    "--wsgi-file",
    "conduct.py",
];

/// A server with so many workers behind nginx; `None` where nginx is not here.
fn behind_nginx<'s>(site: &'s Site, workers: usize, more: &[&str]) -> Option<(Server<'s>, Nginx)> {
    let workers = workers.to_string();
    let server = site.start(&[BASE, &["--processes", &workers], more].concat());
    let address = Address::socket(site.join("app.sock"));
    server.wait_ready(&address);
    let nginx = Nginx::uwsgi(site, &address)?;
    wait_until("an answer", || Request::get("/").send(&nginx.address).status == 200);
    Some((server, nginx))
}

fn letter(site: &Site, letter: &str) {
    let fifo = std::fs::File::options().write(true).open(site.join("fifo"));
    fifo.and_then(|mut fifo| fifo.write_all(letter.as_bytes())).expect("the FIFO");
}

/// Waits until the server has so many workers and none of these.
fn wait_replaced(server: &Server<'_>, old: &[i32], workers: usize) {
    wait_until("new workers", || {
        let children = server.children();
        children.len() == workers && !children.iter().any(|pid| old.contains(pid))
    });
}

/// Calls that are short, or not, or the last.
const CALLS: &str = "import os, time
def application(environ, start_response):
    call = {'/': busy, '/big': busy, '/long': long, '/die': lambda: os._exit(3)}
    call[environ['PATH_INFO']]()
    body = b'x' * (8 << 20) if environ['PATH_INFO'] == '/big' else b'ok'
    start_response('200 OK', [('Content-Length', str(len(body)))])
    return [body]
def busy():
    end = time.perf_counter() + 0.002
    while time.perf_counter() < end: pass
def long(): time.sleep(4)
";

fn kept(path: &str) -> Vec<u8> {
    Request::get(path).header("Connection", "keep-alive").bytes()
}

/// A server whose only thread has had too much to do for a while, and its clients.
fn overloaded(site: &Site) -> (Server<'_>, Address, Vec<Connection>) {
    site.file("app.py", CALLS);
    let address = Address::Port(unused_port());
    let door = ["--http11-socket", &address.to_string(), "--wsgi-file", "app.py"];
    let server = site.start(&[&["--master", "--processes", "1"], &door[..]].concat());
    server.wait_ready(&address);
    let mut clients: Vec<_> = (0..12).map(|_| Connection::open(&address)).collect();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(600) {
        ask_together(&mut clients);
    }
    (server, address, clients)
}

fn ask_together(clients: &mut [Connection]) {
    for client in &mut *clients {
        client.send(kept("/"));
    }
    assert!(clients.iter_mut().all(|client| client.read_reply().status == 200));
}

/// A thread with too much to do sends replies together; what it has answered is with the kernel before it calls again.
#[test]
fn no_reply_is_lost_with_the_call_behind_it() {
    if differs_on_purpose() {
        return;
    }
    for last in ["/long", "/die"] {
        let site = Site::new();
        let (_server, _, mut clients) = overloaded(&site);
        let (end, others) = clients.split_last_mut().expect("some");
        for client in &mut *others {
            client.send(kept("/"));
        }
        end.send(kept(last));
        let begun = Instant::now();
        for client in others {
            client.set_timeout(Duration::from_secs(3));
            assert_eq!(client.read_reply().text(), "ok");
        }
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    }
}

#[test]
fn who_takes_its_time_over_a_reply_keeps_nobody_from_being_called() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::new();
    let (_server, address, mut clients) = overloaded(&site);
    let mut slow: Vec<_> = (0..20).map(|_| Connection::open(&address)).collect();
    for client in &mut slow {
        client.send(kept("/big"));
        ask_together(&mut clients);
    }
    for client in &clients {
        client.set_timeout(Duration::from_secs(3));
    }
    ask_together(&mut clients);
}

#[test]
fn graceful_reloads_lose_nothing() {
    let rounds = amount(4, 50);
    for workers in [2, 4] {
        let site = Site::with("conduct.py");
        let Some((server, nginx)) = behind_nginx(&site, workers, &[]) else { return };
        // A later image keeps copies of what it inherited; none has more of them than the one before.
        let first = server.children();
        server.signal(Signal::SIGHUP);
        wait_replaced(&server, &first, workers);
        let before = descriptors(server.pid());
        let (outcome, ()) = Load::on(&nginx.address, |load| {
            for _ in 0..rounds {
                let old = server.children();
                server.signal(Signal::SIGHUP);
                wait_replaced(&server, &old, workers);
                let answered = load.answered();
                wait_until("answers of the new ones", || load.answered() > answered + 50);
            }
        });
        lossless(&format!("{rounds} graceful reloads, {workers} workers"), &outcome);
        let after = descriptors(server.pid());
        assert!(after <= before, "{before} descriptors before, {after} after");
        server.stop();
    }
}

#[test]
fn chain_reloads_lose_nothing() {
    if differs_on_purpose() && std::env::var_os("RUWSGI_FIGURES").is_none() {
        return;
    }
    let rounds = amount(3, 50);
    for workers in [2, 4] {
        let site = Site::with("conduct.py");
        let Some((server, nginx)) = behind_nginx(&site, workers, &["--lazy-apps"]) else { return };
        let (outcome, ()) = Load::on(&nginx.address, |load| {
            for _ in 0..rounds {
                let old = server.children();
                letter(&site, "c");
                wait_replaced(&server, &old, workers);
                let answered = load.answered();
                wait_until("answers of the new ones", || load.answered() > answered + 50);
            }
        });
        lossless(&format!("{rounds} chain reloads, {workers} workers"), &outcome);
        server.stop();
    }
}

#[test]
fn recycling_loses_nothing_and_never_two_workers_at_a_time() {
    let seconds = amount(4, 30);
    for workers in [2, 4] {
        let site = Site::with("conduct.py");
        let more = ["--max-requests", "50", "--min-worker-lifetime", "0"];
        let Some((server, nginx)) = behind_nginx(&site, workers, &more) else { return };
        let (outcome, fewest) = Load::on(&nginx.address, |_| {
            let end = Instant::now() + Duration::from_secs(seconds as u64);
            let mut fewest = usize::MAX;
            while Instant::now() < end {
                // One look takes a while: who came meanwhile is missed, and who left is not there.
                let look = server.children();
                std::thread::sleep(Duration::from_millis(5));
                if look == server.children() {
                    fewest = fewest.min(look.len());
                }
                std::thread::sleep(Duration::from_millis(15));
            }
            fewest
        });
        let replaced = server.log().matches("Respawned uWSGI worker").count();
        let what = format!("max-requests=50 for {seconds} s, {workers} workers");
        lossless(&format!("{what}, {replaced} new processes"), &outcome);
        assert!(replaced > outcome.answered / 200, "{replaced} of {}", outcome.answered);
        // Where one goes another one stands in; the one that goes may be gone before the next look.
        assert!(differs_on_purpose() || fewest >= workers, "{fewest} of {workers} were there");
        server.stop();
    }
}

#[test]
fn a_stop_answers_all_that_came_before() {
    if differs_on_purpose() && std::env::var_os("RUWSGI_FIGURES").is_none() {
        return;
    }
    let rounds = amount(2, 20);
    for workers in [2, 4] {
        let (mut answered, mut lost) = (0, 0);
        for _ in 0..rounds {
            let site = Site::with("conduct.py");
            let Some((mut server, nginx)) = behind_nginx(&site, workers, &["--die-on-term"]) else {
                return;
            };
            // More than there are workers: some are in the application, others in the queue.
            let clients: Vec<_> = (0..3 * workers)
                .map(|_| {
                    let mut connection = Connection::open(&nginx.address);
                    connection.send(Request::get("/slow?s=0.4").bytes());
                    std::thread::spawn(move || connection.read_all())
                })
                .collect();
            wait_until("all workers are busy", || {
                site.read("notes").matches("slow begins").count() >= workers
            });
            // The others are at the server once nginx has got to them.
            std::thread::sleep(Duration::from_millis(50));
            server.signal(Signal::SIGTERM);
            for client in clients {
                match Reply::parse(&client.join().unwrap()) {
                    reply if reply.status == 200 && reply.text() == "slow" => answered += 1,
                    _ => lost += 1,
                }
            }
            assert_eq!(server.wait_exit().code(), Some(0), "{}", server.log());
        }
        let text = format!("{answered} answered, {lost} lost");
        figure(
            &format!("{rounds} stops by TERM with requests in flight, {workers} workers"),
            &text,
        );
        assert_eq!(lost, 0, "{text}");
    }
}

#[test]
fn a_reload_onto_broken_code_loses_nothing_and_says_so() {
    if differs_on_purpose() {
        return;
    }
    for workers in [2, 4] {
        for more in [&[][..], &["--lazy-apps"]] {
            let site = Site::with("conduct.py");
            let Some((server, nginx)) = behind_nginx(&site, workers, more) else { return };
            // Each worker of lazy-apps has loaded the code before it is broken.
            let loads = if more.is_empty() { 1 } else { workers };
            server.wait_log_times("^WSGI app 0 .* ready", loads);
            let old = server.children();
            let good = site.read("conduct.py");
            let (outcome, codes) = Load::on(&nginx.address, |load| {
                site.file("conduct.py", "def application(environ start_response):\n");
                let broken = site.run(&["--reload", "app.pid"]);
                let answered = load.answered();
                wait_until("answers of the old ones", || load.answered() > answered + 100);
                let still_old = old.iter().all(|pid| is_alive(*pid));
                site.file("conduct.py", &good);
                let mended = site.run(&["--reload", "app.pid"]);
                wait_until("the old ones are gone", || !old.iter().any(|pid| is_alive(*pid)));
                assert!(
                    broken.text.contains("the old workers go on as they are"),
                    "{}",
                    broken.text
                );
                assert!(still_old, "the old workers went");
                (broken.code, mended.code)
            });
            lossless(&format!("a reload onto broken code, {workers} workers {more:?}"), &outcome);
            assert_eq!(codes, (Some(1), Some(0)));
            server.stop();
        }
    }
}

#[test]
fn killed_workers_cost_only_their_own_requests() {
    let seconds = amount(4, 30);
    for workers in [2, 4] {
        let site = Site::with("conduct.py");
        let Some((server, nginx)) = behind_nginx(&site, workers, &["--listen", "128"]) else {
            return;
        };
        let (outcome, kills) = Load::on(&nginx.address, |_| {
            let end = Instant::now() + Duration::from_secs(seconds as u64);
            let mut kills = 0;
            // No need for chance to be any better.
            let mut chance = std::process::id() as usize;
            while Instant::now() < end {
                let children = server.children();
                chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040);
                if let Some(pid) = children.get((chance >> 33) % children.len().max(1)) {
                    kills += usize::from(kill(Pid::from_raw(*pid), Signal::SIGKILL).is_ok());
                }
                std::thread::sleep(Duration::from_millis(200));
            }
            kills
        });
        let what = format!("SIGKILL of a worker every 200 ms for {seconds} s, {workers} workers");
        figure(&format!("{what}, {kills} killed"), &outcome.told());
        // A worker has one thread, and a thread one request.
        assert!(outcome.failures.len() <= kills, "{} by {kills} kills", outcome.told());
        wait_until("all workers", || server.children().len() == workers);
        server.stop();
    }
}

/// Holds Python's lock in C: `PyDLL` does not let go of it.
const HOLDS_THE_LOCK: &str = "
def do_lock(environ, start_response):
    import ctypes
    ctypes.PyDLL(None).sleep(30)
    return []
";

#[test]
fn harakiri_cuts_a_worker_that_holds_pythons_lock() {
    let site = Site::new();
    let conduct = Site::with("conduct.py").read("conduct.py");
    site.file("conduct.py", &format!("{conduct}{HOLDS_THE_LOCK}"));
    let limit = 2;
    let seconds = limit.to_string();
    let Some((server, nginx)) = behind_nginx(&site, 2, &["--harakiri", &seconds]) else { return };
    let pids = server.children();
    let (outcome, (took, reply)) = Load::on(&nginx.address, |_| {
        let began = Instant::now();
        let mut connection = Connection::open(&nginx.address);
        connection.send(Request::get("/lock").bytes());
        let stuck = std::thread::spawn(move || connection.read_all());
        wait_until("it is cut", || pids.iter().any(|pid| !is_alive(*pid)));
        let took = began.elapsed();
        wait_until("two workers", || server.children().len() == 2);
        (took, stuck.join().unwrap())
    });
    let after = took.saturating_sub(Duration::from_secs(limit)).as_secs_f64();
    let what = format!("harakiri={limit}, a worker holds Python's lock in C");
    figure(&what, &format!("cut {after:.2} s after its time; meanwhile {}", outcome.told()));
    assert!(outcome.failures.is_empty(), "{}", outcome.told());
    if !differs_on_purpose() {
        assert!(after < 1.0, "{after} s late");
        assert_eq!(Reply::parse(&reply).status, 504);
        server.wait_log("conduct.py\", line .* in do_lock");
    }
    server.stop();
}

#[test]
fn a_wait_in_c_is_not_cut_short_before_its_time() {
    let site = Site::new();
    let conduct = Site::with("conduct.py").read("conduct.py");
    site.file("conduct.py", &format!("{conduct}{HOLDS_THE_LOCK}"));
    let server = site.start(&[BASE, &["--harakiri", "2", "--http-socket", "http.sock"]].concat());
    let address = Address::socket(site.join("http.sock"));
    server.wait_ready(&address);
    // The one before it begins a little earlier.
    assert_eq!(server.get(&address, "/").status, 200);
    std::thread::sleep(Duration::from_millis(30));
    if !differs_on_purpose() {
        // What the application would have answered is an error of its own.
        assert_eq!(server.get(&address, "/lock").status, 504);
    }
    server.stop();
}

/// Resident memory of the server's processes, kilobytes.
fn memory(server: &Server<'_>) -> u64 {
    let pids = server.children().into_iter().chain([server.pid()]);
    pids.map(resident).sum()
}

fn resident(pid: i32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|size| size.parse().ok()).unwrap_or(0)
}

/// The most files that may be opened here, up to this.
fn most_files(wanted: u64) -> u64 {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    if hard < wanted && setrlimit(Resource::RLIMIT_NOFILE, hard, wanted).is_err() {
        crate::support::tools::skip(&format!(
            "no more than {hard} open files are allowed here, and {wanted} are wanted"
        ));
        return hard;
    }
    wanted
}

/// The program in a shell that first sets the limit of open files.
fn with_limit<'s>(site: &'s Site, files: u64, arguments: &[&str]) -> Server<'s> {
    let direct = site.command(arguments);
    let mut command = site.command_of("/bin/sh".as_ref(), &[]);
    command.arg("-c").arg(format!("ulimit -n {files} && exec \"$0\" \"$@\""));
    command.arg(direct.get_program()).args(direct.get_args());
    Server::start(site, command)
}

#[test]
fn the_limit_of_open_files_costs_no_memory() {
    let most = most_files(1 << 20);
    let mut sizes = Vec::new();
    for files in [1024, most] {
        let site = Site::with("conduct.py");
        let more = ["--http-socket", "http.sock", "--processes", "2"];
        let server = with_limit(&site, files, &[BASE, &more].concat());
        let address = Address::socket(site.join("http.sock"));
        assert_eq!(server.get(&address, "/").text(), "hello");
        wait_until("two workers", || server.children().len() == 2);
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.pid())).unwrap();
        let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
        assert!(line.contains(&files.to_string()), "{line}");
        sizes.push(memory(&server));
        server.stop();
    }
    let text = format!("{} kB at 1024 and {} kB at {most} open files", sizes[0], sizes[1]);
    figure("memory of master and two workers", &text);
    assert!(differs_on_purpose() || sizes[1] < sizes[0] + sizes[0] / 10, "{text}");
}

#[test]
fn idle_connections_cost_little() {
    let wanted = amount(1000, 10_000);
    let files = u64::try_from(wanted).unwrap() + 200;
    if most_files(files) < files {
        return;
    }
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, files, hard).unwrap();
    let site = Site::with("conduct.py");
    let address = Address::Port(unused_port());
    let told = address.to_string();
    let more = ["--http", told.as_str(), "--http-keepalive=300", "--listen", "1000"];
    let more = [&BASE[2..], &more].concat();
    let server = with_limit(&site, files, &more);
    server.wait_ready(&address);
    let gateway = server.wait_log(r"spawned uWSGI http 1 \(pid: (\d+)\)").parse().unwrap();
    let ask = |connection: &mut Connection| {
        connection.send(Request::get("/").header("Connection", "keep-alive").bytes());
        assert_eq!(connection.read_reply().text(), "hello");
    };
    (0..20).for_each(|_| ask(&mut Connection::open(&address)));
    let before = (resident(gateway), memory(&server));
    let mut connections: Vec<_> = (0..wanted)
        .map(|_| {
            let mut connection = Connection::open(&address);
            ask(&mut connection);
            connection
        })
        .collect();
    let after = (resident(gateway), memory(&server));
    // Each is still one.
    connections.iter_mut().step_by(wanted / 100).for_each(ask);
    let each = |before: u64, after: u64| 1024 * after.saturating_sub(before) / wanted as u64;
    let (of_gateway, of_all) = (each(before.0, after.0), each(before.1, after.1));
    let text = format!("{of_gateway} bytes each in the gateway, {of_all} in all processes");
    figure(&format!("{wanted} idle connections on http"), &text);
    assert!(of_all < 64 << 10, "{text}");
    drop(connections);
    server.stop();
}

#[test]
fn a_full_disk_under_the_log_stops_nobody() {
    if differs_on_purpose() {
        return;
    }
    // Every write to it fails with ENOSPC.
    for more in [&["--logto", "/dev/full"][..], &["--logger", "file:/dev/full"]] {
        let site = Site::with("conduct.py");
        let base = ["--http-socket", "app.sock", "--master", "--wsgi-file", "conduct.py"];
        let mut server = site.start(&[&base[..], more].concat());
        let address = Address::socket(site.join("app.sock"));
        for _ in 0..200 {
            assert_eq!(server.get(&address, "/").text(), "hello", "{more:?}");
        }
        assert_eq!(server.get(&address, "/raise-before").status, 500, "{more:?}");
        server.signal(Signal::SIGTERM);
        assert_eq!(server.wait_exit().code(), Some(0), "{more:?}");
    }
    figure("the disk of the log is full (/dev/full)", "all requests answered, exit code 0");
}

fn descriptors(pid: i32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}

/// Children that ended and wait to be buried.
fn unburied(parent: i32) -> usize {
    let stats = std::fs::read_dir("/proc").unwrap().flatten();
    let stats = stats.filter_map(|it| std::fs::read_to_string(it.path().join("stat")).ok());
    let of_parent = stats.filter(|stat| {
        let fields = stat.rsplit(')').next().unwrap_or_default();
        fields.trim_start().starts_with(&format!("Z {parent} "))
    });
    of_parent.count()
}

#[test]
fn respawns_leave_nothing_behind() {
    let wanted = amount(60, 1000);
    let site = Site::with("conduct.py");
    let server = site.start(&[BASE, &["--processes", "4", "--threads", "2"]].concat());
    let address = Address::socket(site.join("app.sock"));
    server.wait_ready(&address);
    // A worker that has just been forked has not opened all it works with.
    let alike = || {
        let counts: Vec<_> = server.children().into_iter().map(descriptors).collect();
        let (least, most) = (counts.iter().min()?, counts.iter().max()?);
        (counts.len() == 4 && most - least <= 2).then_some(*most)
    };
    let mut of_workers = None;
    wait_until("four workers", || {
        of_workers = alike();
        of_workers.is_some()
    });
    let of_workers = of_workers.unwrap_or_default();
    let before = (descriptors(server.pid()), resident(server.pid()));
    let mut killed = 0;
    while killed < wanted {
        let children = server.children();
        for pid in &children {
            killed += usize::from(kill(Pid::from_raw(*pid), Signal::SIGKILL).is_ok());
        }
        wait_replaced(&server, &children, 4);
    }
    wait_until("all dead are buried", || unburied(server.pid()) == 0);
    let after = (descriptors(server.pid()), resident(server.pid()));
    let text = format!(
        "{} descriptors and {} kB in the master before, {} and {} kB after, none unburied",
        before.0, before.1, after.0, after.1
    );
    figure(&format!("{killed} respawns"), &text);
    assert_eq!(before.0, after.0, "{text}");
    let as_before = || alike().is_some_and(|most| most.abs_diff(of_workers) <= 2);
    wait_until("workers have as many descriptors as the first ones", as_before);
    server.stop();
}

#[test]
fn nobody_outlives_a_killed_master() {
    let site = Site::new();
    let conduct = Site::with("conduct.py").read("conduct.py");
    site.file("conduct.py", &format!("{conduct}{HOLDS_THE_LOCK}"));
    let more = ["--no-orphans", "--processes", "3", "--worker-reload-mercy", "2"];
    let mut server = site.start(&[BASE, &more, &["--http-socket", "http.sock"]].concat());
    let address = Address::socket(site.join("http.sock"));
    server.wait_ready(&address);
    wait_until("three workers", || server.children().len() == 3);
    let children = server.children();
    // One of them does not listen to anybody.
    let mut stuck = Connection::open(&address);
    stuck.send(Request::get("/lock").bytes());
    assert_eq!(server.get(&address, "/").text(), "hello");
    let began = Instant::now();
    server.signal(Signal::SIGKILL);
    server.wait_exit();
    wait_until("all are gone", || !children.iter().any(|pid| is_alive(*pid)));
    let seconds = began.elapsed().as_secs_f64();
    figure(
        "SIGKILL of the master under no-orphans, one of 3 workers holds Python's lock",
        &format!("the last one is gone after {seconds:.1} s (worker-reload-mercy = 2)"),
    );
    assert!(children_of(server.pid()).is_empty());
}

/// Memory of a process that it shares with nobody, kilobytes.
fn unshared(pid: i32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let private = text.lines().filter(|line| line.starts_with("Private_"));
    let sizes = private.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    sizes.sum()
}

#[test]
fn what_the_collector_leaves_alone_stays_shared() {
    if differs_on_purpose() {
        return;
    }
    let workers = 4;
    let mut sizes = Vec::new();
    for more in [&["--gc-freeze=false"][..], &[], &["--gc-freeze"]] {
        let site = Site::django();
        site.file(
            "collected.py",
            "import gc, os
from mysite.wsgi import application as inner


def application(environ, start_response):
    if environ['PATH_INFO'] == '/collect':
        gc.collect()
        start_response('200 OK', [])
        return [str(os.getpid()).encode()]
    return inner(environ, start_response)
",
        );
        let venv = crate::support::venv().display().to_string();
        let base = ["--http-socket", "app.sock", "--master", "--processes", "4", "--home", &venv];
        let server = site.start(&[&base[..], &["--module", "collected"], more].concat());
        let address = Address::socket(site.join("app.sock"));
        let mut collected = std::collections::BTreeSet::new();
        wait_until("each worker has collected", || {
            assert_eq!(server.get(&address, "/").status, 200);
            collected.insert(server.get(&address, "/collect").text());
            collected.len() == workers
        });
        sizes.push(server.children().into_iter().map(unshared).sum::<u64>() / workers as u64);
        server.stop();
    }
    let [counted, usual, frozen] = sizes[..] else { unreachable!("a size of each") };
    let text = format!(
        "{usual} kB of its own in each worker; {counted} kB with gc-freeze = false, {frozen} kB with gc-freeze"
    );
    figure("Django in 4 workers, each after a page and a full collection", &text);
    assert!(usual < counted && frozen < counted, "{text}");
}
