//! `ruwsgi check`: what it tells of a configuration without starting it.

use crate::support::{Finished, Site};

fn check(site: &Site, words: &[&str]) -> Finished {
    site.run(&[&["check"], words].concat())
}

#[test]
fn every_option_is_told_with_value_origin_and_status() {
    let site = Site::new();
    site.file(
        "a.ini",
        "[uwsgi]\nname = site\nsocket = %(name).sock\nmodule = %(name)\nneed-app\nthunder-lock = true\n\
         spooler = /tmp/x\nmax_requests = 9\nvaccuum = true\nprocesses = 2\nharakiri = 20 # s\n",
    );
    let told = check(&site, &["a.ini"]);
    assert_eq!(told.code, Some(0), "{}", told.text);
    let line = |name: &str| {
        let lines = told.text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let found = lines.into_iter().find(|words| words.first() == Some(&name));
        found.unwrap_or_else(|| panic!("{name}: {}", told.text)).join(" ")
    };
    assert_eq!(line("name"), "name site a.ini:2 placeholder");
    assert_eq!(line("socket"), "socket site.sock a.ini:3 works");
    assert!(line("thunder-lock").starts_with("thunder-lock true a.ini:6 inert: accepting"));
    assert_eq!(line("spooler"), "spooler /tmp/x a.ini:7 planned");
    assert_eq!(line("max_requests"), "max_requests 9 a.ini:8 works");
    assert_eq!(line("vaccuum"), "vaccuum true a.ini:9 unknown");
    for expected in [
        "a.ini:9: vaccuum is not an option and %(vaccuum) is used nowhere; did you mean vacuum?",
        "a.ini:8: max_requests is not an option; read as max-requests",
        "a.ini:11: harakiri = 20: what follows is taken as a comment: # s",
        "[recycled-together] ",
        "it would start",
    ] {
        assert!(told.text.contains(expected), "{expected}: {}", told.text);
    }
    assert!(!told.text.contains('\x1b'), "colour in a pipe");
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let site = Site::new();
    site.file(
        "a.ini",
        "[uwsgi]\nstrict\nvaccuum = true\nchmod-socket = 99\nphp-app = x\nprocesses = 0\n",
    );
    let told = check(&site, &["a.ini"]);
    assert_eq!(told.code, Some(1));
    for expected in [
        "a.ini:3: [strict-mode] unknown config directive: vaccuum; did you mean vacuum?",
        "a.ini:4: cannot use chmod-socket = 99",
        "php-app       x      a.ini:5       refused: run PHP with php-fpm",
        "a.ini:5: php-app is not done here",
        "a.ini:6: processes = 0: from 1 to 4096 is possible",
        "--socket option is missing",
        "it would not start",
    ] {
        assert!(told.text.contains(expected), "{expected}: {}", told.text);
    }
}

#[test]
fn several_files_are_told_as_json() {
    let site = Site::new();
    site.file("good.yaml", "uwsgi:\n  http: :8000\n  module: x\n  need-app: true\n");
    site.file("bad.xml", "<uwsgi>\n<http>:8000</uwsgi>");
    let told = check(&site, &["--json", "good.yaml", "bad.xml", "none.ini"]);
    assert_eq!(told.code, Some(1));
    let told: serde_json::Value = serde_json::from_str(&told.text).expect(&told.text);
    assert_eq!(told["starts"], false);
    let files = told["files"].as_array().expect("files");
    let starts: Vec<_> = files.iter().map(|file| file["starts"].as_bool()).collect();
    assert_eq!(starts, [Some(true), Some(false), Some(false)]);
    let http = &files[0]["options"][1];
    assert_eq!(http["name"], "http");
    assert_eq!(http["value"], ":8000");
    assert_eq!(http["origin"], serde_json::json!({"file": "good.yaml", "line": 2}));
    assert_eq!(http["status"], "works");
    let message = files[1]["errors"][0]["message"].as_str().expect("a message");
    assert!(message.starts_with("bad.xml:2: this is not XML"), "{message}");
    let advice = files[0]["advice"].as_array().expect("advice");
    assert!(advice.iter().any(|found| found["lint"] == "no-harakiri"), "{advice:?}");
}

#[test]
fn advice_can_be_left_out_and_options_added() {
    let site = Site::new();
    site.file("a.ini", "[uwsgi]\nmodule = x\nneed-app\nprocesses = 2\nharakiri = 30\n");
    let told = check(&site, &["a.ini"]);
    assert_eq!(told.code, Some(1), "no socket: {}", told.text);
    let told = check(&site, &["a.ini", "--", "--http-socket", ":8000"]);
    assert_eq!(told.code, Some(0), "{}", told.text);
    assert!(told.text.contains("[public-http-socket] command line: "), "{}", told.text);
    let told =
        check(&site, &["--allow", "public-http-socket", "a.ini", "--", "--http-socket", ":8000"]);
    assert!(!told.text.contains("advice"), "{}", told.text);
    let told = check(&site, &["--allow", "nonsense", "a.ini"]);
    assert!(told.text.contains("there is no lint nonsense"), "{}", told.text);
    assert!(check(&site, &["--lints"]).text.lines().count() > 20);
}

#[test]
fn nothing_is_started_and_no_command_is_run() {
    let site = Site::new();
    site.file(
        "a.ini",
        "[uwsgi]\nhttp = :0\ndate = @(exec://touch run-by-check)\nresolve = db=nowhere.invalid\nlogto = a.log\npidfile = a.pid\n\
         daemonize = d.log\nenv = D=%(date)\n",
    );
    let told = check(&site, &["a.ini"]);
    assert_eq!(told.code, Some(0), "{}", told.text);
    assert!(told.text.contains("@(exec://touch"), "{}", told.text);
    let mut files: Vec<_> = std::fs::read_dir(site.path())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    files.sort();
    // The first keeps what the program printed.
    assert_eq!(files, [".finished", "a.ini"]);
}

#[test]
fn comments_in_another_encoding_are_no_hindrance() {
    let site = Site::new();
    let path = site.file("a.ini", "");
    std::fs::write(path, b"[uwsgi]\nhttp = :0\n# d\xe9j\xe0 vu\nmodule = x\n").expect("a file");
    let told = check(&site, &["a.ini"]);
    assert_eq!(told.code, Some(0), "{}", told.text);
    assert!(told.text.contains("a.ini:3: not UTF-8 text"), "{}", told.text);
    assert!(told.text.contains("module"), "{}", told.text);
}

#[test]
fn hostile_files_end_with_a_message() {
    let site = Site::new();
    let deep = 100_000;
    site.file("deep.xml", &format!("<uwsgi>{}{}</uwsgi>", "<a>".repeat(deep), "</a>".repeat(deep)));
    site.file("deep.json", &format!("{{\"uwsgi\":{{\"a\":{}", "[".repeat(deep)));
    site.file("deep.yaml", &format!("uwsgi:\n  a: {}{}\n", "[".repeat(deep), "]".repeat(deep)));
    site.file("deep.toml", &format!("[uwsgi]\na = {}{}\n", "[".repeat(deep), "]".repeat(deep)));
    site.file("long.ini", &format!("[uwsgi]\n{} = 1\n", "x".repeat(1_000_000)));
    let growing: Vec<_> = (0..20).map(|n| format!("n{n} = %(n{0})%(n{0})", n + 1)).collect();
    let growing = growing.join("\n");
    site.file("bomb.ini", &format!("[uwsgi]\n{growing}\nn20 = {}\n", "x".repeat(1000)));
    for name in ["deep.xml", "deep.json", "deep.yaml", "deep.toml", "long.ini", "bomb.ini"] {
        let told = check(&site, &[name]);
        assert_eq!(told.code, Some(1), "{name}: {:.500}", told.text);
        assert!(told.text.contains("it would not start"), "{name}: {:.500}", told.text);
    }
}
