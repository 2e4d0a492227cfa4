//! Commands that run at times.

use crate::support::{Address, Connection, Site, is_alive, wait_until};

#[test]
fn commands_run_at_their_minute_and_are_told_of() {
    let site = Site::with("conduct.py");
    let server = site.start(&[
        "--http-socket",
        "app.sock",
        "--master",
        "--wsgi-file",
        "conduct.py",
        "--stats",
        "stats.sock",
        "--cron",
        "-1 -1 -1 -1 -1 echo ran >> ran",
        "--unique-cron",
        "-1 -1 -1 -1 -1 sleep 100",
        "--cron2",
        "minute=-1,unique=1,harakiri=1 sleep 200",
        "--cron",
        "70 -1 -1 -1 -1 echo never >> ran",
    ]);
    // As under uWSGI, the minute in which it starts is one.
    wait_until("a line", || site.read("ran").contains("ran"));
    let pid = server.wait_log(r#"\[uwsgi-cron\] running "sleep 100" \(pid (\d+)\)"#);
    server.wait_log(r#"command "echo ran >> ran" running with pid \d+ exited after \d+ second"#);
    let slow = server.wait_log(r#"\*\*\* HARAKIRI ON CRON "sleep 200" \(pid: (\d+)\) \*\*\*"#);
    wait_until("it is killed", || !is_alive(slow.parse().unwrap()));
    let mut connection = Connection::open(&Address::socket(site.join("stats.sock")));
    let stats: serde_json::Value = serde_json::from_slice(&connection.read_all()).unwrap();
    let crons = stats["crons"].as_array().unwrap();
    assert_eq!(crons.len(), 4);
    assert_eq!(crons[1]["command"], "sleep 100");
    assert_eq!(crons[1]["pid"].to_string(), pid);
    assert_eq!((&crons[1]["unique"], &crons[1]["minute"]), (&1.into(), &(-1).into()));
    assert_eq!(crons[3]["pid"], -1);
    let _ = nix::sys::signal::killpg(
        nix::unistd::Pid::from_raw(pid.parse().unwrap()),
        nix::sys::signal::Signal::SIGKILL,
    );
    assert!(!site.read("ran").contains("never"));
    server.stop();
}

#[test]
fn a_line_that_is_none_is_named() {
    let site = Site::with("conduct.py");
    site.file("app.ini", "[uwsgi]\nhttp-socket = app.sock\ncron = 1 2 three 4 5 echo\n");
    let finished = site.run(&["app.ini"]);
    assert_eq!(finished.code, Some(1));
    if !crate::support::differs_on_purpose() {
        assert!(finished.text.contains("app.ini:3"), "{}", finished.text);
        assert!(finished.text.contains("`three`"), "{}", finished.text);
    }
}
