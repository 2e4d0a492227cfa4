//! Options about Python: what is imported and loaded, and how the application is called.

use crate::support::{Address, Request, Server, Site, differs_on_purpose, is_uwsgi};

const APP: &str = "import sys
def application(environ, start_response):
    start_response('200 OK', [])
    return [repr(sys.modules.get('early') and sys.modules['early'].SAID).encode()]
";

fn start<'s>(site: &'s Site, arguments: &[&str]) -> (Server<'s>, Address) {
    // A server that was killed may hold its socket a moment longer than its name among the living.
    let _ = std::fs::remove_file(site.join("app.sock"));
    let server = site.start(&[&["--http-socket", "app.sock", "--master"], arguments].concat());
    (server, Address::socket(site.join("app.sock")))
}

#[test]
fn modules_are_imported_before_the_application() {
    let site = Site::new();
    site.file("early.py", "import sys\nSAID = 'app' in sys.modules\n");
    site.file("app.py", APP);
    for name in ["early", "early.py"] {
        let (server, address) = start(&site, &["--import", name, "--module", "app"]);
        assert_eq!(server.get(&address, "/").text(), "False", "{name}");
    }
    let (server, address) = start(&site, &["--import", "nowhere", "--module", "app"]);
    assert_eq!(server.get(&address, "/").text(), "None");
    server.wait_log("No module named 'nowhere'");
}

#[test]
fn shared_modules_are_imported_once_in_the_master() {
    let site = Site::new();
    site.file("early.py", "import os, uwsgi\nSAID = os.getpid() == uwsgi.masterpid()\n");
    site.file("app.py", APP);
    for lazy in [&[][..], &["--lazy-apps"]] {
        let arguments = [&["--shared-import", "early", "--module", "app"], lazy].concat();
        let (server, address) = start(&site, &arguments);
        assert_eq!(server.get(&address, "/").text(), "True", "{lazy:?}");
    }
}

#[test]
fn code_defines_the_application() {
    let site = Site::with("hello.py");
    site.file("app.ini", "[uwsgi]\neval = import hello; application = hello.application\n");
    let (server, address) = start(&site, &["app.ini"]);
    assert_eq!(server.get(&address, "/").text(), "Hello World");
}

#[test]
fn paste_and_pecan_load_applications() {
    let site = Site::with("hello.py");
    // In the place of the packages: what is asked of them is the same.
    site.file("paste/__init__.py", "");
    site.file(
        "paste/deploy.py",
        "import os, hello\ndef loadapp(uri, relative_to=None):\n    assert uri == \
         'config:site.ini', uri\n    assert relative_to in (None, os.getcwd())\n    return \
         hello.application\n",
    );
    site.file("pecan/__init__.py", "");
    site.file(
        "pecan/deploy.py",
        "import hello\ndef deploy(path):\n    assert path == 'config.py', path\n    return \
         hello.application\n",
    );
    site.file(
        "site.ini",
        "[loggers]\nkeys=root\n[handlers]\nkeys=out\n[formatters]\nkeys=own\n[logger_root]\n\
         level=INFO\nhandlers=out\n[handler_out]\nclass=FileHandler\nargs=('%(here)s/own.log',)\n\
         formatter=own\n[formatter_own]\nformat=own %(message)s\n",
    );
    let (server, address) = start(&site, &["--paste", "config:site.ini", "--paste-logger"]);
    assert_eq!(server.get(&address, "/").text(), "Hello World");
    if !is_uwsgi() {
        // That one asks Paste Script for it, which is not here.
        assert!(site.join("own.log").exists());
    }
    server.stop();
    let (server, address) = start(&site, &["--pecan", "config.py"]);
    assert_eq!(server.get(&address, "/").text(), "Hello World");
}

#[test]
fn the_file_wrapper_can_be_left_out() {
    let site = Site::with("environ.py");
    let has = |arguments: &[&str]| {
        let arguments = [&["--wsgi-file", "environ.py"], arguments].concat();
        let (server, address) = start(&site, &arguments);
        server.get(&address, "/").json().get("wsgi.file_wrapper").is_some()
    };
    assert!(has(&[]));
    assert!(!has(&["--wsgi-disable-file-wrapper"]));
}

#[test]
fn exceptions_are_shown_where_that_is_wanted() {
    let site = Site::new();
    site.file(
        "app.py",
        "def application(environ, start_response):\n    raise ValueError('böse')\n",
    );
    let (server, address) = start(&site, &["--module", "app", "--catch-exceptions"]);
    let reply = server.ask(&address, &Request::get("/x").header("X-Own", "value"));
    assert_eq!(reply.status, 500);
    assert!(reply.text().contains("ValueError: böse"), "{}", reply.text());
    assert!(reply.text().contains("HTTP_X_OWN = value"), "{}", reply.text());
    server.stop();
    if differs_on_purpose() {
        return;
    }
    let (server, address) = start(&site, &["--module", "app"]);
    assert_eq!(server.get(&address, "/").text(), "Internal Server Error");
}

#[test]
fn the_end_of_a_worker_is_the_end_of_what_is_open_in_it() {
    let site = Site::new();
    site.file(
        "app.py",
        "import atexit, uwsgi
book = open('book', 'w', buffering=1 << 16)
@atexit.register
def leave():
    book.write('leaves, ')
    raise LookupError('which is told, and holds up nothing')
def application(environ, start_response):
    book.write('answers, ')
    start_response('200 OK', [])
    return [b'']
def end():
    book.write('ends, ')
uwsgi.atexit = end
",
    );
    for (more, told) in [(&[][..], "answers, ends, leaves, "), (&["--skip-atexit"], "")] {
        let (server, address) = start(&site, &[&["--module", "app"], more].concat());
        assert_eq!(server.get(&address, "/").status, 200);
        assert_eq!(site.read("book"), "");
        server.stop();
        assert_eq!(site.read("book"), told, "{more:?}");
    }
}

#[test]
fn buffers_are_bodies() {
    let site = Site::new();
    site.file(
        "app.py",
        "def application(environ, start_response):\n    start_response('200 OK', [])\n    return \
         [bytearray(b'a'), memoryview(b'bc'), b'd']\n",
    );
    let (server, address) = start(&site, &["--module", "app", "--wsgi-accept-buffer"]);
    assert_eq!(server.get(&address, "/").text(), "abcd");
}

#[test]
fn the_executable_is_what_was_said() {
    let site = Site::new();
    site.file(
        "app.py",
        "import sys\ndef application(environ, start_response):\n    start_response('200 OK', \
         [])\n    return [sys.executable.encode()]\n",
    );
    let (server, address) =
        start(&site, &["--module", "app", "--py-executable", "/opt/own/python"]);
    assert_eq!(server.get(&address, "/").text(), "/opt/own/python");
}

#[test]
fn applications_that_are_no_wsgi_are_refused() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::with("hello.py");
    for option in ["--web3", "--pump", "--wsgi-lite", "--python-worker-override"] {
        let finished = site.run(&["--http-socket", "app.sock", option, "hello"]);
        assert_eq!(finished.code, Some(1), "{option}: {}", finished.text);
        assert!(finished.text.contains("hint: "), "{option}: {}", finished.text);
    }
}
