//! The commands that people copy from uWSGI's documentation, Django's, and blogs.

use crate::support::client::get_uwsgi;
use crate::support::{
    Address, Nginx, Request, Site, differs_on_purpose, lacks_option, program, unused_port, venv,
    wait_until,
};

#[test]
fn http_and_a_file_answer_with_the_tutorials_bare_bytes() {
    let site = Site::with("test_uwsgi.py");
    let port = unused_port();
    let server = site.start(&["--http", &format!(":{port}"), "--wsgi-file", "test_uwsgi.py"]);
    let reply = server.get(&Address::Port(port), "/");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("text/html"));
    assert_eq!(reply.text(), "Hello World");
}

#[test]
fn http_with_master_processes_and_threads() {
    let site = Site::with("hello.py");
    let port = unused_port();
    let server = site.start(&[
        "--http",
        &format!(":{port}"),
        "--wsgi-file",
        "hello.py",
        "--master",
        "--processes",
        "2",
        "--threads",
        "2",
    ]);
    assert_eq!(server.get(&Address::Port(port), "/").text(), "Hello World");
    server.wait_log(r"^spawned uWSGI master process \(pid: \d+\)$");
    server.wait_log(r"^spawned uWSGI worker 2 \(pid: \d+, cores: 2\)$");
    server.stop();
}

#[test]
fn a_uwsgi_socket_with_stats_behind_nginx() {
    let site = Site::with("hello.py");
    let (port, stats) = (unused_port(), unused_port());
    let server = site.start(&[
        "--socket",
        &format!("127.0.0.1:{port}"),
        "--wsgi-file",
        "hello.py",
        "--master",
        "--processes",
        "2",
        "--threads",
        "2",
        "--stats",
        &format!("127.0.0.1:{stats}"),
    ]);
    server.wait_ready(&Address::Port(port));
    let Some(nginx) = Nginx::uwsgi(&site, &Address::Port(port)) else { return };
    for _ in 0..20 {
        let reply = Request::get("/").send(&nginx.address);
        assert_eq!((reply.status, reply.text().as_str()), (200, "Hello World"));
    }
    let mut connection = crate::support::Connection::open(&Address::Port(stats));
    let stats: serde_json::Value = serde_json::from_slice(&connection.read_all()).unwrap();
    let requests: u64 =
        stats["workers"].as_array().unwrap().iter().map(|w| w["requests"].as_u64().unwrap()).sum();
    assert_eq!(requests, 20);
    server.stop();
}

#[test]
fn an_http_socket_behind_proxy_pass() {
    let site = Site::with("hello.py");
    let port = unused_port();
    let address = Address::Port(port);
    let server =
        site.start(&["--http-socket", &format!("127.0.0.1:{port}"), "--wsgi-file", "hello.py"]);
    server.wait_ready(&address);
    let Some(nginx) = Nginx::proxy(&site, &address) else { return };
    assert_eq!(Request::get("/").send(&nginx.address).text(), "Hello World");
}

/// The ini of many a Django tutorial, run from the folder above it, as it is written there.
#[test]
fn the_tutorials_ini_daemonizes_writes_its_pidfile_and_serves_django() {
    let site = Site::django();
    site.file("logs/.keep", "");
    let user = if nix::unistd::Uid::effective().is_root() { "uid=root\ngid=root\n" } else { "" };
    site.file(
        "uwsgi/uwsgi.ini",
        &format!(
            "[uwsgi]
chdir=./
module=mysite.wsgi
home={}
socket=./uwsgi/uwsgi.sock
workers=2
pidfile=./uwsgi/uwsgi.pid
{user}master=true
vacuum=true
daemonize=./logs/uwsgi.log
py-autoreload=1
thunder-lock=true
",
            venv().display()
        ),
    );
    let finished = site.run(&["--ini", "./uwsgi/uwsgi.ini"]);
    assert_eq!(finished.code, Some(0), "{}", finished.text);
    let pid = site.pid("uwsgi/uwsgi.pid");
    let address = Address::socket(site.join("uwsgi/uwsgi.sock"));
    wait_until("the daemon serves", || crate::support::Connection::try_open(&address).is_some());
    assert!(
        get_uwsgi(&address, "/").text().contains("It works"),
        "{}",
        site.read("logs/uwsgi.log")
    );
    assert!(site.read("logs/uwsgi.log").contains("*** Starting "));

    let finished = site.run(&["--stop", "uwsgi/uwsgi.pid"]);
    assert_eq!(finished.code, Some(0), "{}", finished.text);
    wait_until("the daemon is gone", || !crate::support::is_alive(pid));
    wait_until("vacuum has removed the socket and the pidfile", || {
        !site.join("uwsgi/uwsgi.sock").exists() && !site.join("uwsgi/uwsgi.pid").exists()
    });
}

/// The long command line of the Django documentation.
#[test]
fn the_long_command_line_of_djangos_documentation() {
    let site = Site::django();
    let at = site.path().display().to_string();
    let (chdir, socket) = (format!("--chdir={at}"), format!("--socket={at}/project.sock"));
    let (pidfile, daemonize) =
        (format!("--pidfile={at}/project-master.pid"), format!("--daemonize={at}/project.log"));
    let home = format!("--home={}", venv().display());
    let mut arguments = vec![
        chdir.as_str(),
        "--module=mysite.wsgi:application",
        "--env",
        "DJANGO_SETTINGS_MODULE=mysite.settings",
        "--master",
        &pidfile,
        &socket,
        "--processes=5",
    ];
    if nix::unistd::Uid::effective().is_root() {
        arguments.extend(["--uid=root", "--gid=root"]);
    }
    arguments.extend(["--harakiri=20", "--max-requests=5000", "--vacuum", &home, &daemonize]);
    let finished = site.run(&arguments);
    assert_eq!(finished.code, Some(0), "{}", finished.text);
    let pid = site.pid("project-master.pid");
    let address = Address::socket(site.join("project.sock"));
    wait_until("the daemon serves", || crate::support::Connection::try_open(&address).is_some());
    assert!(get_uwsgi(&address, "/").text().contains("It works"), "{}", site.read("project.log"));
    wait_until("five workers", || crate::support::server::children_of(pid).len() == 5);

    let finished = site.run(&["--stop", "project-master.pid"]);
    assert_eq!(finished.code, Some(0), "{}", finished.text);
    wait_until("the daemon is gone", || !crate::support::is_alive(pid));
}

/// Comments behind values, `_` for `-`, and `process` for `processes`: under uWSGI these slips pass
/// without a word and mean something else.
#[test]
fn an_ini_with_comments_behind_its_values_means_what_it_says() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::with("hello.py");
    site.file(
        "uwsgi.ini",
        "[uwsgi]
# a site
socket = app.sock        # where nginx looks
chmod-socket = 666       # for nginx
wsgi-file = hello.py     ; the app
master = true            # always
process = 4              # workers
max_requests = 5000      # then a fresh one
buffer_size = 32768
pidfile = app.pid  # here
vacuum = true  # tidy
",
    );
    let server = site.start(&["--ini", "uwsgi.ini"]);
    let address = Address::socket(site.join("app.sock"));
    server.wait_ready(&address);
    assert_eq!(get_uwsgi(&address, "/").text(), "Hello World");
    wait_until("four workers", || server.children().len() == 4);
    let mode =
        std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(site.join("app.sock")).unwrap());
    assert_eq!(mode & 0o777, 0o666);
    assert_eq!(site.pid("app.pid"), server.pid());
    // Each slip is named with its place.
    let log = server.log();
    for (line, word) in
        [(7, "process"), (8, "max_requests"), (9, "buffer_size"), (3, "where nginx")]
    {
        assert!(
            log.lines()
                .any(|text| text.contains(&format!("uwsgi.ini:{line}")) && text.contains(word)),
            "line {line}, {word}, in:\n{log}"
        );
    }
    server.stop();
    assert!(!site.join("app.sock").exists() && !site.join("app.pid").exists(), "vacuum");
}

#[test]
fn clustered_short_options_unique_prefixes_and_equal_signs() {
    let site = Site::with("hello.py");
    // -M master, -p2 two processes; `--wsgi-fil` and `--callab` can mean only one option each.
    let server = site.start(&[
        "-Mp2",
        "--http-socket=app.sock",
        "--wsgi-fil",
        "hello.py",
        "--callab=application",
    ]);
    let address = Address::socket(site.join("app.sock"));
    assert_eq!(server.get(&address, "/").text(), "Hello World");
    wait_until("two workers", || server.children().len() == 2);
    server.stop();
}

#[test]
fn short_socket_and_module() {
    let site = Site::with("hello.py");
    let server = site.start(&["-s", "app.sock", "-w", "hello:application"]);
    let address = Address::socket(site.join("app.sock"));
    server.wait_ready(&address);
    assert_eq!(get_uwsgi(&address, "/").text(), "Hello World");
}

#[test]
fn a_symlink_named_uwsgi_behaves_the_same() {
    let site = Site::with("hello.py");
    let link = site.join("uwsgi");
    std::os::unix::fs::symlink(program(), &link).unwrap();
    let command = site
        .command_of(&link, &["--http-socket", "app.sock", "--wsgi-file", "hello.py", "--master"]);
    let server = crate::support::Server::start(&site, command);
    assert_eq!(server.get(&Address::socket(site.join("app.sock")), "/").text(), "Hello World");
    server.stop();
}

#[test]
fn serve_in_so_many_words() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::with("hello.py");
    let server = site.start(&["serve", "--http-socket", "app.sock", "--wsgi-file", "hello.py"]);
    assert_eq!(server.get(&Address::socket(site.join("app.sock")), "/").text(), "Hello World");
}

#[test]
fn the_program_says_what_it_is() {
    let site = Site::new();
    let version = site.run(&["--version"]);
    assert_eq!(version.code, Some(0));
    assert_eq!(version.text.lines().count(), 1, "{}", version.text);
    let python = site.run(&["--python-version"]);
    assert_eq!(python.code, Some(0), "{}", python.text);
    assert!(python.text.lines().any(|line| line.starts_with("3.")), "{}", python.text);
    let help = site.run(&["--help"]);
    assert_eq!(help.code, Some(0));
    for option in ["--wsgi-file", "--http-socket", "--master", "--harakiri", "--vacuum"] {
        assert!(help.text.contains(option), "{option} in --help");
    }
}

#[test]
fn a_bare_port_number_is_a_port() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::with("hello.py");
    for option in ["--http", "--http-socket"] {
        let port = unused_port();
        let server = site.start(&[option, &port.to_string(), "--wsgi-file", "hello.py"]);
        assert_eq!(server.get(&Address::Port(port), "/").text(), "Hello World", "{option}");
        assert!(!site.join(&port.to_string()).exists(), "no socket file of that name");
        assert!(server.log().contains(&port.to_string()), "it is said");
    }
}

#[test]
fn http_beside_http_socket_both_work() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::with("hello.py");
    let port = unused_port();
    let server = site.start(&[
        "--http",
        &format!("127.0.0.1:{port}"),
        "--http-socket",
        "app.sock",
        "--wsgi-file",
        "hello.py",
        "--processes",
        "2",
        "--master",
    ]);
    assert_eq!(server.get(&Address::Port(port), "/").text(), "Hello World");
    assert_eq!(server.get(&Address::socket(site.join("app.sock")), "/").text(), "Hello World");
    server.stop();
}

#[test]
fn an_app_on_a_mount_point() {
    if lacks_option("mount") {
        return;
    }
    let site = Site::with("environ.py");
    let server = site.start(&[
        "--http-socket",
        "app.sock",
        "--mount",
        "/one=environ.py",
        "--manage-script-name",
        "--master",
    ]);
    let address = Address::socket(site.join("app.sock"));
    let environ = server.get(&address, "/one/two?x=1").json();
    assert_eq!(environ["SCRIPT_NAME"], "/one");
    assert_eq!(environ["PATH_INFO"], "/two");
    let environ = server.get(&address, "/one").json();
    assert_eq!((&environ["SCRIPT_NAME"], &environ["PATH_INFO"]), (&"/one".into(), &"".into()));
}

#[test]
fn callable_names_another_object() {
    let site = Site::new();
    site.file(
        "flask_like.py",
        "class App:\n    def __call__(self, environ, start):\n        start('200 OK', [])\n        \
         return [b'from app']\n\napp = App()\n",
    );
    let server = site.start(&[
        "--http-socket",
        "app.sock",
        "--wsgi-file",
        "flask_like.py",
        "--callable",
        "app",
    ]);
    assert_eq!(server.get(&Address::socket(site.join("app.sock")), "/").text(), "from app");
}
