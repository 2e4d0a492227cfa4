//! What runs at points of the life of the processes: hook-… and exec-….

use std::fmt::Write;

use nix::sys::signal::Signal;

use crate::support::{Address, Site, differs_on_purpose, wait_until};

const APP: &str = "import os
with open(os.environ['NOTES'], 'a') as notes:
    notes.write('app\\n')


def application(environ, start_response):
    start_response('200 OK', [])
    return [b'hello']
";

/// A site whose configuration notes each moment.
fn site(moments: &[&str], more: &str) -> Site {
    let site = Site::new();
    site.file("sub/app.py", APP);
    site.file("notes", "");
    let notes = site.join("notes").display().to_string();
    let mut text = format!(
        "[uwsgi]\nhttp-socket = {}\nmaster = true\nchdir = sub\nwsgi-file = app.py\n\
         env = NOTES={notes}\n{more}\n",
        site.join("app.sock").display(),
    );
    for moment in moments {
        let action = if moment.starts_with("hook") { "exec:" } else { "" };
        writeln!(text, "{moment} = {action}echo {moment} $(basename $(pwd)) >> {notes}").unwrap();
    }
    site.file("app.ini", &text);
    site
}

fn notes(site: &Site) -> Vec<String> {
    site.read("notes").lines().map(str::to_owned).collect()
}

#[test]
fn hooks_run_in_uwsgis_order_and_directories() {
    let moments = [
        "exec-asap",
        "exec-as-root",
        "exec-as-user",
        "exec-pre-app",
        "exec-post-app",
        "hook-post-app",
        "hook-asap",
        "hook-master-start",
        "hook-post-fork",
        "hook-accepting",
        "hook-accepting1",
        "exec-as-user-atexit",
    ];
    let site = site(&moments, "");
    let server = site.start(&["--ini", "app.ini"]);
    let address = Address::socket(site.join("app.sock"));
    assert_eq!(server.get(&address, "/").text(), "hello");
    let base = site.path().file_name().unwrap().to_str().unwrap().to_owned();
    let expected = [
        format!("hook-asap {base}"),
        format!("exec-asap {base}"),
        format!("exec-as-root {base}"),
        format!("exec-as-user {base}"),
        "exec-pre-app sub".to_owned(),
        "app".to_owned(),
        "hook-post-app sub".to_owned(),
        "exec-post-app sub".to_owned(),
        "hook-post-fork sub".to_owned(),
        "hook-accepting sub".to_owned(),
        "hook-accepting1 sub".to_owned(),
    ];
    let mut seen = notes(&site);
    // In uWSGI workers are there before.
    let at = seen.iter().position(|note| note == "hook-master-start sub").expect("it ran");
    assert!(at == 8 || differs_on_purpose(), "{seen:?}");
    seen.remove(at);
    // As root uWSGI tries to become the user several times, with the hooks around it.
    if differs_on_purpose() {
        let mut kept = Vec::new();
        for note in seen {
            if !note.starts_with("exec-as-") || !kept.contains(&note) && note.ends_with(&base) {
                kept.push(note);
            }
        }
        kept.retain(|note| !note.ends_with("as-root sub") && !note.ends_with("as-user sub"));
        seen = kept;
    }
    assert_eq!(seen, expected);
    server.stop();
    assert_eq!(notes(&site).last().unwrap(), "exec-as-user-atexit sub");
}

#[test]
fn a_gateway_has_a_hook_of_its_own() {
    let site = site(&["hook-as-gateway"], "http = 127.0.0.1:0");
    let server = site.start(&["--ini", "app.ini"]);
    wait_until("the gateway", || notes(&site).contains(&"hook-as-gateway sub".to_owned()));
    assert_eq!(server.children().len(), 2);
}

#[test]
fn a_hook_for_once_does_not_run_again_for_a_worker_that_comes_again() {
    let site = site(&["hook-accepting", "hook-accepting-once", "hook-accepting1-once"], "");
    let server = site.start(&["--ini", "app.ini"]);
    wait_until("the first worker", || notes(&site).len() == 4);
    let worker = server.children()[0];
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(worker), Signal::SIGKILL).unwrap();
    wait_until("the second worker", || notes(&site).len() == 5);
    assert_eq!(notes(&site)[4], "hook-accepting sub");
}

#[test]
fn a_command_that_fails_ends_the_start() {
    for option in ["exec-asap", "exec-as-user", "exec-pre-app", "exec-post-app"] {
        let site = site(&[], &format!("{option} = exit 3"));
        let run = site.run(&["--ini", "app.ini"]);
        assert_eq!(run.code, Some(1), "{option}: {}", run.text);
        assert!(run.text.contains("exit 3"), "{option}: {}", run.text);
    }
}

#[test]
fn a_hook_that_fails_ends_the_start_but_not_around_the_application() {
    let failing = site(&[], "hook-as-user = exec:exit 3");
    assert_eq!(failing.run(&["--ini", "app.ini"]).code, Some(1));
    let site = site(&[], "hook-pre-app = exec:exit 3\nhook-as-user = safeexec:exit 3");
    let server = site.start(&["--ini", "app.ini"]);
    let address = Address::socket(site.join("app.sock"));
    assert_eq!(server.get(&address, "/").text(), "hello");
}

#[test]
fn a_hook_that_fails_in_a_worker_ends_the_server() {
    let site = site(&[], "hook-accepting = exec:exit 3");
    let mut server = site.start(&["--ini", "app.ini"]);
    assert_eq!(server.wait_exit().code(), Some(0), "{}", server.log());
}

#[test]
fn an_action_that_is_not_there_ends_the_start() {
    let site = site(&[], "hook-asap = explode:now");
    let run = site.run(&["--ini", "app.ini"]);
    assert_eq!(run.code, Some(1));
    assert!(run.text.contains("explode"), "{}", run.text);
    if !differs_on_purpose() {
        assert!(run.text.contains("app.ini:7") && run.text.contains("safeexec"), "{}", run.text);
    }
}

#[test]
fn actions_do_what_they_say() {
    let hooks = "hook-asap = mkdir:made\nhook-asap = write:made/one first\n\
                 hook-asap = writen:made/two second\nhook-asap = appendn:made/two third\n\
                 hook-asap = creat:made/three\nhook-asap = chmod:made/three 640\n\
                 hook-asap = creat:made/four\nhook-asap = unlink:made/four\n\
                 hook-asap = print:printed by a hook\nhook-asap = putenv:FROM_HOOK=put\n\
                 hook-asap = exec:echo $FROM_HOOK > made/five\n";
    let site = site(&[], hooks);
    let server = site.start(&["--ini", "app.ini"]);
    let address = Address::socket(site.join("app.sock"));
    server.get(&address, "/");
    assert_eq!(site.read("made/one"), "first");
    assert!(site.read("made/two").starts_with("second\nthird"), "{}", site.read("made/two"));
    let mode = std::fs::metadata(site.join("made/three")).unwrap().permissions();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o640);
    assert!(!site.join("made/four").exists());
    assert_eq!(site.read("made/five"), "put\n");
    server.wait_log("^printed by a hook$");
    server.stop();
}

#[test]
fn the_environment_stays_as_it_is_once_python_has_started() {
    if differs_on_purpose() {
        return;
    }
    let site = site(&[], "hook-pre-app = putenv:FROM_HOOK=put");
    let server = site.start(&["--ini", "app.ini"]);
    let address = Address::socket(site.join("app.sock"));
    assert_eq!(server.get(&address, "/").text(), "hello");
    server.wait_log("app.ini:7: the hook .* failed: the environment is fixed");
}

#[test]
fn a_hook_gives_a_signal_a_meaning() {
    if differs_on_purpose() {
        // Other functions than the one for TERM are not told apart by what a test can see.
        return;
    }
    let hooks = "hook-master-start = unix_signal:15 gracefully_kill_them_all\n\
                 hook-master-start = unix_signal:12 grace_them_all\n\
                 hook-master-start = unix_signal:28 kill_them_all";
    let site = site(&[], hooks);
    let mut server = site.start(&["--ini", "app.ini"]);
    let address = Address::socket(site.join("app.sock"));
    server.get(&address, "/");
    server.signal(Signal::SIGUSR2);
    wait_until("the application is loaded again", || {
        notes(&site).iter().filter(|note| *note == "app").count() == 2
    });
    server.signal(Signal::SIGWINCH);
    assert_eq!(server.wait_exit().code(), Some(0));
}

#[test]
fn a_file_that_is_touched_runs_a_command_and_a_hook() {
    let site = Site::with("conduct.py");
    site.file("touched", "");
    let server = site.start(&[
        "--http-socket",
        "app.sock",
        "--master",
        "--wsgi-file",
        "conduct.py",
        "--touch-exec",
        "touched echo executed >> noted",
        "--hook-touch",
        "touched appendn:noted hooked",
    ]);
    server.get(&Address::socket(site.join("app.sock")), "/");
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
    std::fs::File::options()
        .append(true)
        .open(site.join("touched"))
        .unwrap()
        .set_modified(later)
        .unwrap();
    wait_until("both", || {
        site.read("noted").contains("executed") && site.read("noted").contains("hooked")
    });
    server.stop();
}

#[test]
fn a_start_waits_for_files_and_sockets_and_gives_up() {
    let lines = "wait-for-interface = lo\nwait-for-fs = %dgate\nwait-for-socket = %dother.sock";
    let waiting = site(&[], lines);
    let server = waiting.start(&["--ini", "app.ini"]);
    server.wait_log("waiting for .*gate");
    assert!(!waiting.join("app.sock").exists());
    waiting.file("gate", "");
    server.wait_log("waiting for .*other.sock");
    let _listener = std::os::unix::net::UnixListener::bind(waiting.join("other.sock")).unwrap();
    server.wait_log("spawned uWSGI worker 1");
    for (what, name) in [("fs", "gate"), ("interface", "nosuch0")] {
        let vain = site(&[], &format!("wait-for-{what} = {name}\nwait-for-{what}-timeout = 1"));
        assert_eq!(vain.run(&["--ini", "app.ini"]).code, Some(1), "{what}");
    }
}
