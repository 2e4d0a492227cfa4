//! Files, order, placeholders, logic: what a configuration means.

use crate::support::{Address, Server, Site, lacks_option};

/// A site whose app answers with the options that `uwsgi.opt` shows, or with its own environment.
const APP: &str = "import json, os, sys
def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'application/json')])
    return [json.dumps({'env': dict(os.environ), 'argv': sys.argv, 'cwd': os.getcwd(), 'path': sys.path}).encode()]
";

fn start<'s>(site: &'s Site, ini: &str, more: &[&str]) -> (Server<'s>, serde_json::Value) {
    site.file("app.py", APP);
    site.file(
        "app.ini",
        &format!(
            "[uwsgi]\nhttp-socket = {}/app.sock\nwsgi-file = app.py\nmaster = true\n{ini}",
            site.path().display()
        ),
    );
    let server = site.start(&[&["--ini", "app.ini"], more].concat());
    let dump = server.get(&Address::socket(site.join("app.sock")), "/").json();
    (server, dump)
}

#[test]
fn placeholders_the_environment_and_files_are_expanded() {
    let site = Site::new();
    site.file("secret", "from-a-file");
    let (_server, dump) = start(
        &site,
        "base = /srv/%(name)\nname = site\nenv = BASE=%(base)\nenv = HOME_OF=$(HOME)\nenv = FILE=@(secret)\n\
         env = UNSET=$(NOSUCH_VARIABLE)\nenv = UNKNOWN=%(nosuch)\n",
        &[],
    );
    let env = &dump["env"];
    assert_eq!(env["BASE"], "/srv/site");
    assert_eq!(env["HOME_OF"], site.path().display().to_string());
    assert_eq!(env["FILE"], "from-a-file");
    assert_eq!(env["UNSET"], "$(NOSUCH_VARIABLE)");
    assert_eq!(env["UNKNOWN"], "%(nosuch)");
}

#[test]
fn one_letter_magic_is_expanded_in_files() {
    let site = Site::new();
    let (_server, dump) = start(
        &site,
        "env = D=%d\nenv = P=%p\nenv = S=%s\nenv = N=%n\nenv = E=%e\nenv = X=%x\nenv = O=%o\n\
         env = PERCENT=100%%\nenv = V=%v\nenv = C=%c\n",
        &[],
    );
    let at = std::fs::canonicalize(site.path()).unwrap().display().to_string();
    let env = &dump["env"];
    assert_eq!(env["D"], format!("{at}/"));
    assert_eq!(env["P"], format!("{at}/app.ini"));
    assert_eq!(env["S"], "app.ini");
    assert_eq!(env["N"], "app");
    assert_eq!(env["E"], "ini");
    assert_eq!(env["X"], "", "only a section that is named");
    assert_eq!(env["O"], "app.ini");
    assert_eq!(env["PERCENT"], "100%");
    assert_eq!(env["V"], at);
    assert_eq!(env["C"], site.path().file_name().unwrap().to_str().unwrap());
}

#[test]
fn sections_conditions_and_loops() {
    if lacks_option("include") {
        return;
    }
    let site = Site::new();
    site.file("more.ini", "[uwsgi]\nenv = MORE=yes\n[other]\nenv = OTHER=yes\n");
    let (_server, dump) = start(
        &site,
        "ini = :second\ninclude = more.ini\nif-env = HOME\nenv = WITH_HOME=1\nendif =\n\
         if-env = NOSUCH\nenv = WITH_NOSUCH=1\nendif =\nif-exists = more.ini\nenv = EXISTS=1\nendif =\n\
         for = a b c\nenv = ITEM_%(_)=%(_)\nendfor =\n[second]\nenv = SECOND=yes\n[third]\nenv = THIRD=yes\n",
        &[],
    );
    let env = dump["env"].as_object().unwrap();
    for name in ["MORE", "SECOND", "WITH_HOME", "EXISTS", "ITEM_a", "ITEM_b", "ITEM_c"] {
        assert!(env.contains_key(name), "{name}");
    }
    for name in ["OTHER", "THIRD", "WITH_NOSUCH"] {
        assert!(!env.contains_key(name), "{name}");
    }
}

/// Strictly in order of appearance, the last scalar wins; a file named as a word of its own comes last.
#[test]
fn the_last_word_wins_and_positional_files_come_last() {
    let site = Site::with("hello.py");
    site.file(
        "two.ini",
        "[uwsgi]\nprocesses = 2\nhttp-socket = app.sock\nwsgi-file = hello.py\nmaster = true\n",
    );
    for (arguments, workers) in [
        (&["--ini", "two.ini", "--processes", "3"][..], 3),
        (&["--processes", "3", "--ini", "two.ini"][..], 2),
        (&["two.ini", "--processes", "3"][..], 2),
    ] {
        let server = site.start(arguments);
        server.get(&Address::socket(site.join("app.sock")), "/");
        crate::support::wait_until(&format!("{workers} workers of {arguments:?}"), || {
            server.children().len() == workers
        });
        server.stop();
    }
}

#[test]
fn only_the_named_section_counts() {
    let site = Site::with("hello.py");
    site.file(
        "app.ini",
        "[uwsgi]\nhttp-socket = wrong.sock\n[live]\nhttp-socket = app.sock\nwsgi-file = hello.py\nmaster = true\n",
    );
    let server = site.start(&["--ini", "app.ini:live"]);
    assert_eq!(server.get(&Address::socket(site.join("app.sock")), "/").text(), "Hello World");
    assert!(!site.join("wrong.sock").exists());
}

#[test]
fn the_environment_says_options_too_and_is_overruled() {
    let site = Site::with("hello.py");
    let mut command = site.command(&["--processes", "3"]);
    command.envs([
        ("UWSGI_HTTP_SOCKET", "app.sock"),
        ("UWSGI_WSGI_FILE", "hello.py"),
        ("UWSGI_MASTER", "1"),
        ("UWSGI_PROCESSES", "1"),
    ]);
    let server = Server::start(&site, command);
    server.get(&Address::socket(site.join("app.sock")), "/");
    crate::support::wait_until("three workers", || server.children().len() == 3);
}

#[test]
fn yaml_is_read_too() {
    if lacks_option("yaml") {
        return;
    }
    let site = Site::with("hello.py");
    site.file(
        "app.yaml",
        "uwsgi:\n  http-socket: app.sock\n  wsgi-file: hello.py\n  master: true\n  processes: 2\n",
    );
    let server = site.start(&["--yaml", "app.yaml"]);
    assert_eq!(server.get(&Address::socket(site.join("app.sock")), "/").text(), "Hello World");
    crate::support::wait_until("two workers", || server.children().len() == 2);
}

#[test]
fn false_no_off_and_0_switch_a_flag_off() {
    for word in ["false", "no", "OFF", "0"] {
        let site = Site::with("hello.py");
        site.file("app.ini", &format!("[uwsgi]\nhttp-socket = app.sock\nwsgi-file = hello.py\nmaster = true\nvacuum = {word}\n"));
        let server = site.start(&["--ini", "app.ini"]);
        server.get(&Address::socket(site.join("app.sock")), "/");
        server.stop();
        assert!(site.join("app.sock").exists(), "{word}");
    }
}

#[test]
fn chdir_pythonpath_and_pyargv() {
    let site = Site::new();
    site.file("code/.keep", "");
    site.file("lib/helper.py", "");
    let at = site.path().display().to_string();
    site.file("code/app.py", APP);
    let server = site.start(&[
        "--http-socket",
        &format!("{at}/app.sock"),
        "--chdir",
        &format!("{at}/code"),
        "--wsgi-file",
        "app.py",
        "--pythonpath",
        &format!("{at}/lib"),
        "--pyargv",
        "one two",
        "--env",
        "A=b",
        "--master",
    ]);
    let dump = server.get(&Address::socket(site.join("app.sock")), "/").json();
    assert_eq!(
        dump["cwd"],
        std::fs::canonicalize(site.join("code")).unwrap().display().to_string()
    );
    assert_eq!(dump["argv"], serde_json::json!(["uwsgi", "one", "two"]));
    assert_eq!(dump["env"]["A"], "b");
    let path = dump["path"].as_array().unwrap();
    let lib = format!("{at}/lib");
    assert!(
        path.iter().any(|entry| entry.as_str().unwrap().trim_end_matches('/') == lib),
        "{path:?}"
    );
}
