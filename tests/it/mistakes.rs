//! Bad input: one screen that names file and line, uWSGI's exit code, nothing half-written.

use crate::support::{Address, Finished, Site, differs_on_purpose, is_uwsgi, unused_port};

/// It ended with this code, said these words, and fits on one screen.
#[track_caller]
fn check(finished: &Finished, code: i32, words: &[&str]) {
    assert_eq!(finished.code, Some(code), "{}", finished.text);
    if is_uwsgi() {
        return;
    }
    for word in words {
        assert!(finished.text.contains(word), "{word:?} in:\n{}", finished.text);
    }
    let lines = finished.text.lines().count();
    assert!(lines <= 24, "{lines} lines:\n{}", finished.text);
    assert!(!finished.text.contains("panicked"), "{}", finished.text);
}

#[test]
fn a_missing_module_is_named_and_its_requests_are_500() {
    let site = Site::new();
    let server = site.start(&["--http-socket", "app.sock", "--module", "nosuch.wsgi", "--master"]);
    let address = Address::socket(site.join("app.sock"));
    let reply = server.get(&address, "/");
    assert_eq!((reply.status, reply.text().as_str()), (500, "Internal Server Error"));
    assert_eq!(reply.header("content-type"), Some("text/plain"));
    server.wait_log("ModuleNotFoundError: No module named 'nosuch'");
    server.wait_log(
        r"^unable to load app 0 \(mountpoint=''\) \(callable not found or import error\)$",
    );
    server.wait_log(r"^\*\*\* no app loaded\. going in full dynamic mode \*\*\*$");
    server.stop();
}

#[test]
fn need_app_makes_a_missing_module_exit_code_22() {
    let site = Site::new();
    let finished = site.run(&[
        "--http-socket",
        "app.sock",
        "--module",
        "nosuch.wsgi",
        "--need-app",
        "--master",
    ]);
    assert_eq!(finished.code, Some(22), "{}", finished.text);
    assert!(finished.text.contains("No module named 'nosuch'"), "{}", finished.text);
}

#[test]
fn a_syntax_error_in_the_app_names_its_file_and_line() {
    let site = Site::new();
    site.file("broken.py", "import os\n\ndef application(environ start_response):\n    pass\n");
    for more in [&[][..], &["--master"][..], &["--master", "--lazy-apps"][..]] {
        let mut arguments =
            vec!["--http-socket", "app.sock", "--wsgi-file", "broken.py", "--need-app"];
        arguments.extend(more);
        let finished = site.run(&arguments);
        assert_eq!(finished.code, Some(22), "{more:?}: {}", finished.text);
        assert!(finished.text.contains("broken.py\", line 3"), "{}", finished.text);
        assert!(finished.text.contains("SyntaxError"), "{}", finished.text);
    }
}

#[test]
fn a_file_without_the_callable_says_which_name_it_looked_for() {
    let site = Site::new();
    site.file("app.py", "app = lambda environ, start: []\n");
    let finished = site.run(&["--http-socket", "app.sock", "--wsgi-file", "app.py", "--need-app"]);
    assert_eq!(finished.code, Some(22), "{}", finished.text);
    assert!(finished.text.contains("application"), "{}", finished.text);
    if !differs_on_purpose() {
        // The nearest fix is in sight: the file does define `app`.
        assert!(finished.text.contains("callable"), "{}", finished.text);
    }
}

#[test]
fn a_missing_file_is_named() {
    let site = Site::new();
    let finished =
        site.run(&["--http-socket", "app.sock", "--wsgi-file", "nosuch.py", "--need-app"]);
    assert_eq!(finished.code, Some(22), "{}", finished.text);
    assert!(finished.text.contains("nosuch.py"), "{}", finished.text);
}

#[test]
fn a_taken_port_is_exit_code_1_and_names_who_has_it() {
    let site = Site::with("hello.py");
    let holder = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = holder.local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let me = std::process::id().to_string();
    for door in ["--http-socket", "--socket", "--http"] {
        let finished = site.run(&[
            door,
            &address,
            "--wsgi-file",
            "hello.py",
            "--master",
            "--pidfile",
            "app.pid",
            "--vacuum",
        ]);
        check(&finished, 1, &[&address, &me]);
        if !is_uwsgi() {
            assert!(
                !site.join("app.pid").exists(),
                "{door}: no pidfile of a server that never was"
            );
        }
    }
}

#[test]
fn an_unreadable_configuration_is_exit_code_1() {
    let site = Site::with("hello.py");
    check(&site.run(&["--ini", "nosuch.ini"]), 1, &["nosuch.ini"]);
    check(&site.run(&["nosuch.ini"]), 1, &["nosuch.ini"]);
    site.file("folder.ini/file", "");
    check(&site.run(&["--ini", "folder.ini"]), 1, &["folder.ini"]);
    if !nix::unistd::Uid::effective().is_root() {
        let path = site.file("secret.ini", "[uwsgi]\n");
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o000))
            .unwrap();
        check(&site.run(&["--ini", "secret.ini"]), 1, &["secret.ini", "denied"]);
    }
}

#[test]
fn an_unknown_option_under_strict_names_its_line() {
    let site = Site::with("hello.py");
    site.file(
        "strict.ini",
        "[uwsgi]\nhttp-socket = app.sock\nwsgi-file = hello.py\nproceses = 4\nstrict = true\n",
    );
    let finished = site.run(&["--ini", "strict.ini"]);
    check(&finished, 1, &["strict.ini:4", "proceses", "processes"]);
    if !is_uwsgi() {
        assert!(!site.join("app.sock").exists());
    }
}

#[test]
fn without_strict_an_unknown_key_is_warned_about_with_its_line() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::with("hello.py");
    site.file(
        "app.ini",
        "[uwsgi]\nhttp-socket = app.sock\nvaccuum = true\nbase = hello\nwsgi-file = %(base).py\n",
    );
    let server = site.start(&["--ini", "app.ini"]);
    server.get(&Address::socket(site.join("app.sock")), "/");
    let log = server.log();
    let line =
        log.lines().find(|line| line.contains("app.ini:3")).unwrap_or_else(|| panic!("{log}"));
    assert!(line.contains("vaccuum") && log.contains("vacuum"), "{log}");
    assert!(!log.contains("app.ini:4"), "a key that is used as %(base) is fine:\n{log}");
}

#[test]
fn an_unknown_or_ambiguous_word_on_the_command_line_is_exit_code_1() {
    let site = Site::with("hello.py");
    check(&site.run(&["--nosuch-option", "--http-socket", "a.sock"]), 1, &["--nosuch-option"]);
    check(&site.run(&["--pidfil", "x"]), 1, &["--pidfil", "pidfile2"]);
    check(&site.run(&["--http_socket", "a.sock"]), 1, &["--http_socket", "--http-socket"]);
    check(&site.run(&["--master=false", "--http-socket", "a.sock"]), 1, &["--master"]);
}

#[test]
fn an_en_dash_from_a_web_page_is_named() {
    let site = Site::with("hello.py");
    let finished = site.run(&["\u{2013}http", ":8000", "--wsgi-file", "hello.py"]);
    check(&finished, 1, &["en dash", "--http"]);
}

#[test]
fn an_application_as_a_word_of_its_own_is_no_configuration() {
    let site = Site::with("hello.py");
    let port = format!(":{}", unused_port());
    let finished = site.run(&["--http", &port, "hello.py"]);
    check(&finished, 1, &["hello.py", "--wsgi-file"]);
    assert!(
        finished.text.contains("unable to load configuration from hello.py"),
        "{}",
        finished.text
    );
    let finished = site.run(&["hello:application", "--http", &port]);
    check(&finished, 1, &["hello:application", "--module"]);
}

#[test]
fn without_a_socket_there_is_nothing_to_do() {
    let site = Site::with("hello.py");
    let finished = site.run(&["--wsgi-file", "hello.py"]);
    assert_eq!(finished.code, Some(1), "{}", finished.text);
    assert!(
        finished.text.contains("The -s/--socket option is missing and stdin is not a socket."),
        "{}",
        finished.text
    );
}

#[test]
fn folders_and_users_that_are_not_there_are_exit_code_1() {
    let site = Site::with("hello.py");
    let base = ["--http-socket", "app.sock", "--wsgi-file", "hello.py", "--master"];
    for (more, word) in [
        (&["--chdir", "/nosuch"][..], "/nosuch"),
        (&["--pidfile", "/nosuch/app.pid"][..], "/nosuch/app.pid"),
        (&["--logto", "/nosuch/app.log"][..], "/nosuch/app.log"),
        (&["--chmod-socket=abc"][..], "abc"),
    ] {
        check(&site.run(&[&base[..], more].concat()), 1, &[word]);
    }
    check(
        &site.run(&["--http-socket", "/nosuch/app.sock", "--wsgi-file", "hello.py"]),
        1,
        &["/nosuch/app.sock"],
    );
    if nix::unistd::Uid::effective().is_root() {
        check(&site.run(&[&base[..], &["--uid", "nosuchuser"]].concat()), 1, &["nosuchuser"]);
        check(&site.run(&[&base[..], &["--gid", "nosuchgroup"]].concat()), 1, &["nosuchgroup"]);
    }
}

#[test]
fn a_backlog_beyond_the_kernels_is_told() {
    let site = Site::with("hello.py");
    let words = ["--http-socket", "app.sock", "--wsgi-file", "hello.py", "--listen", "999999"];
    if is_uwsgi() {
        check(&site.run(&words), 1, &[]);
        return;
    }
    let server = site.start(&words);
    assert_eq!(server.get(&Address::socket(site.join("app.sock")), "/").text(), "Hello World");
    server.wait_log("^\\[warning\\] listen = 999999 is more than the kernel allows; .*somaxconn");
    server.stop();
    let server = site.start(&[&words[..4], &["--listen", "5"]].concat());
    server.get(&Address::socket(site.join("app.sock")), "/");
    assert!(!server.logged("somaxconn"));
}

#[test]
fn a_home_that_is_no_venv_is_exit_code_1() {
    let site = Site::with("hello.py");
    let finished = site.run(&[
        "--http-socket",
        "app.sock",
        "--wsgi-file",
        "hello.py",
        "--home",
        "/nosuch/venv",
    ]);
    check(&finished, 1, &["/nosuch/venv"]);
}

#[test]
fn a_number_that_is_none_is_warned_about_with_its_line() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::with("hello.py");
    let text =
        "[uwsgi]\nhttp-socket = app.sock\nwsgi-file = hello.py\nmaster = true\nharakiri = 30s\n";
    site.file("app.ini", text);
    let server = site.start(&["--ini", "app.ini"]);
    server.get(&Address::socket(site.join("app.sock")), "/");
    assert!(server.log().contains("app.ini:5"), "{}", server.log());
    server.stop();
    site.file("strict.ini", &format!("{text}strict = true\n"));
    check(&site.run(&["--ini", "strict.ini"]), 1, &["strict.ini:5", "30s"]);
}

#[test]
fn a_missing_plugin_matters_only_when_it_is_needed() {
    let site = Site::with("hello.py");
    let server = site.start(&[
        "--plugins",
        "python3,http",
        "--plugin",
        "nosuch",
        "--http-socket",
        "app.sock",
        "--wsgi-file",
        "hello.py",
    ]);
    assert_eq!(server.get(&Address::socket(site.join("app.sock")), "/").text(), "Hello World");
    server.wait_log("nosuch");
    drop(server);
    let finished = site.run(&[
        "--need-plugin",
        "nosuch",
        "--http-socket",
        "b.sock",
        "--wsgi-file",
        "hello.py",
    ]);
    check(&finished, 1, &["nosuch"]);
}
