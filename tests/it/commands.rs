//! `--stop`, `--reload` and the like: commands to a server that runs, by its pidfile.

use crate::support::{Address, Server, Site, differs_on_purpose, is_alive, wait_until};

fn start(site: &Site) -> (Server<'_>, Address) {
    let server = site.start(&[
        "--http-socket",
        "app.sock",
        "--master",
        "--pidfile",
        "app.pid",
        "--wsgi-file",
        "app.py",
    ]);
    let address = Address::socket(site.join("app.sock"));
    server.wait_ready(&address);
    (server, address)
}

const VERSION: &str =
    "def application(environ, start):\n    start('200 OK', [])\n    return [b'version one']\n";

#[test]
fn reload_and_stop_by_pidfile() {
    let site = Site::new();
    site.file("app.py", VERSION);
    let (mut server, address) = start(&site);
    assert_eq!(server.get(&address, "/").text(), "version one");
    assert_eq!(site.pid("app.pid"), server.pid());
    site.file("app.py", &VERSION.replace("one", "two"));
    let finished = site.run(&["--reload", "app.pid"]);
    assert_eq!((finished.code, finished.text.as_str()), (Some(0), ""));
    wait_until("the new version", || server.get(&address, "/").text() == "version two");
    let finished = site.run(&["--stop", "app.pid"]);
    assert_eq!((finished.code, finished.text.as_str()), (Some(0), ""));
    assert_eq!(server.wait_exit().code(), Some(0));
}

#[test]
fn a_missing_pidfile_is_exit_code_1() {
    let site = Site::new();
    for command in ["--stop", "--reload"] {
        let finished = site.run(&[command, "nowhere.pid"]);
        assert_eq!(finished.code, Some(1), "{}", finished.text);
        assert!(finished.text.contains("nowhere.pid"), "{}", finished.text);
    }
}

#[test]
fn a_stale_pidfile_is_exit_code_255() {
    let site = Site::new();
    // The pid of a process that has ended.
    let mut child = std::process::Command::new("true").spawn().unwrap();
    let pid = child.id();
    child.wait().unwrap();
    site.file("stale.pid", &format!("{pid}\n"));
    let finished = site.run(&["--stop", "stale.pid"]);
    assert_eq!(finished.code, Some(255), "{}", finished.text);
}

#[test]
fn a_process_that_is_no_master_of_ours_is_left_alone() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::new();
    let mut other = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    let pid = other.id().cast_signed();
    site.file("stale.pid", &format!("{pid}\n"));
    for command in ["--stop", "--reload"] {
        let finished = site.run(&[command, "stale.pid"]);
        assert!(matches!(finished.code, Some(1 | 255)), "{finished:?}");
        assert!(finished.text.contains(&pid.to_string()), "{}", finished.text);
        assert!(is_alive(pid), "{command}");
    }
    other.kill().unwrap();
    other.wait().unwrap();
}

/// A pidfile with garbage is pid 0 for uWSGI, which signals its own process group.
#[test]
fn garbage_in_a_pidfile_signals_nobody() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::new();
    for text in ["garbage\n", "", "-1\n", "0\n", "1\n", "99999999999\n"] {
        site.file("garbage.pid", text);
        let finished = site.run(&["--stop", "garbage.pid"]);
        assert!(matches!(finished.code, Some(1 | 255)), "{text:?}: {finished:?}");
        assert!(!finished.text.is_empty(), "{text:?}: it says so");
    }
}
