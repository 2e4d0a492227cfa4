//! Loading the application: factories, virtual environments, and what is said when it fails.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{Address, Finished, Server, Site, differs_on_purpose, is_uwsgi, venv};

const FACTORY: &str = r#"
def create_app(*words, **named):
    def app(environ, start_response):
        start_response("200 OK", [])
        return [repr((words, sorted(named.items()))).encode()]
    return app

def create_broken():
    raise RuntimeError("the factory is broken")

def create_nothing():
    return None

class Site:
    create = staticmethod(create_app)

app = create_app("app")
"#;

fn words<'w>(more: &[&'w str]) -> Vec<&'w str> {
    [&["--http-socket", "app.sock", "--master", "--need-app"], more].concat()
}

#[test]
fn a_factory_makes_the_application() {
    let site = Site::new();
    site.file("pkg/__init__.py", "");
    site.file("pkg/web.py", FACTORY);
    let check = |more: &[&str], expected: &str| {
        let server = site.start(&words(more));
        let address = Address::socket(site.join("app.sock"));
        assert_eq!(server.get(&address, "/").text(), expected, "{more:?}");
        server.stop();
        let _ = fs::remove_file(site.join("app.sock"));
    };
    check(&["--module", "pkg.web:create_app()"], "((), [])");
    check(&["--module", "pkg.web:app"], "(('app',), [])");
    if differs_on_purpose() {
        return;
    }
    check(&["--wsgi-file", "pkg/web.py", "--callable", "create_app()"], "((), [])");
    check(
        &["--module", "pkg.web:create_app('a:b', 1, debug=True, names=[\"x\", None])"],
        "(('a:b', 1), [('debug', True), ('names', ['x', None])])",
    );
    check(&["--module", "pkg.web:Site.create('x',)"], "(('x',), [])");
    check(&["--mount", "/=pkg.web:create_app(-1)"], "((-1,), [])");
    let ini = "[uwsgi]\nhttp-socket = app.sock\nmodule = pkg.web:create_app(\"#1\", 2)  # two\n";
    site.file("app.ini", ini);
    check(&["app.ini"], "(('#1', 2), [])");
}

/// It ended with exit code 22 and said all of this, on one screen.
#[track_caller]
fn check_failed(finished: &Finished, said: &[&str]) {
    assert_eq!(finished.code, Some(22), "{}", finished.text);
    if is_uwsgi() {
        return;
    }
    for word in said {
        assert!(finished.text.contains(word), "{word:?} in:\n{}", finished.text);
    }
    assert!(finished.text.lines().count() <= 40, "{}", finished.text);
}

#[test]
fn a_factory_that_fails_is_told() {
    let site = Site::new();
    site.file("web.py", FACTORY);
    let run = |module: &str| site.run(&words(&["--module", module]));
    let broken = run("web:create_broken()");
    check_failed(&broken, &["RuntimeError: the factory is broken", "web.py", "create_broken() in"]);
    check_failed(&run("web:create_none()"), &["there is no `create_none` in web"]);
    if differs_on_purpose() {
        return;
    }
    check_failed(&run("web:create_nothing()"), &["`create_nothing` in web is not callable"]);
    for arguments in ["open('x', 'w')", "1)(2", "1) + f(2", "**{'a': 1}", "*[1]", "1 +", "x"] {
        let finished = run(&format!("web:create_app({arguments})"));
        check_failed(&finished, &["cannot call create_app(", "must be plain literals"]);
    }
    assert!(!site.join("x").exists(), "no code of a configuration is run");
}

#[test]
fn there_is_one_name_for_an_application_unless_another_is_said() {
    let site = Site::new();
    site.file("web.py", FACTORY);
    check_failed(
        &site.run(&words(&["--module", "web"])),
        &["there is no `application` in web: it has", "app", "name one with --callable"],
    );
}

#[test]
fn a_failing_import_names_the_nearest_fix() {
    let site = Site::new();
    for name in ["mysite/__init__.py", "deep/there/__init__.py", "deep/there/wsgi.py"] {
        site.file(name, "");
    }
    site.file("mysite/wsgi.py", "import flaskk_nosuch\n");
    site.file("mysite/typo.py", "import mysite.wsgy\n");
    site.file("mysite/name.py", "from os import nosuch\n");
    let run = |module: &str, more: &[&str]| {
        site.run(&[words(&["--module", module]), more.to_vec()].concat())
    };
    let here = site.path().display().to_string();
    // A slip.
    let searched = ["the module search path (sys.path) was:", "  ''", "/python3."];
    for (module, meant) in [("mysit.wsgi", "mysite"), ("mysite.wsg:app", "mysite.wsgi")] {
        let finished = run(module, &[]);
        let meant = format!("did you mean {meant}?");
        check_failed(&finished, &[&searched[..], &["ModuleNotFoundError", &meant]].concat());
    }
    check_failed(&run("mysite.typo", &[]), &["did you mean mysite.wsgi?"]);
    // A folder too high, and one too deep.
    let chdir = format!("say chdir = {here}/deep");
    check_failed(&run("there.wsgi", &[]), &[&chdir]);
    let chdir = format!("say chdir = {here}");
    check_failed(&run("mysite.wsgi", &["--chdir", "mysite"]), &[&chdir]);
    // Nowhere in sight.
    check_failed(&run("qqqqqq", &[]), &["no module qqqqqq; is chdir (now", "pythonpath or home"]);
    // Something that the application needs.
    let needs = "mysite.wsgi needs the module flaskk_nosuch, which is not installed in /";
    let finished = run("mysite.wsgi", &[]);
    check_failed(&finished, &[&searched[..], &[needs, "(Python 3.", "home (virtualenv)"]].concat());
    // What is no question of the path does not show it.
    let finished = run("mysite.name", &[]);
    check_failed(
        &finished,
        &[
            "Traceback",
            "mysite/name.py",
            "ImportError: cannot import name 'nosuch'",
            "failed to load",
        ],
    );
    assert!(!finished.text.contains("sys.path"), "{}", finished.text);
}

/// The version of the Python that the server runs, `3.13`.
fn version() -> String {
    let python = venv().join("bin/python");
    let show = "import sys; print('%d.%d' % sys.version_info[:2])";
    let output = Command::new(python).args(["-c", show]).output().expect("Python");
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

/// A virtual environment with a module `only_there`, for this version of Python.
fn environment(site: &Site, name: &str, version: &str) -> String {
    let python = fs::canonicalize(venv().join("bin/python")).expect("Python");
    let home = python.parent().expect("a folder").display().to_string();
    site.file(&format!("{name}/pyvenv.cfg"), &format!("home = {home}\nversion = {version}\n"));
    site.file(
        &format!("{name}/lib/python{version}/site-packages/only_there.py"),
        "import sys\ndef application(environ, start):\n    start('200 OK', [])\n    \
         return [sys.prefix.encode()]\n",
    );
    fs::create_dir(site.join(name).join("bin")).expect("a folder");
    std::os::unix::fs::symlink(&python, site.join(name).join("bin/python")).expect("a link");
    site.join(name).display().to_string()
}

#[test]
fn the_virtual_environment_that_is_active_is_used() {
    if differs_on_purpose() || is_in_environment() {
        return;
    }
    let site = Site::new();
    let mine = environment(&site, "mine", &version());
    let mut command = site.command(&words(&["--module", "only_there"]));
    command.env("VIRTUAL_ENV", &mine);
    let server = Server::start(&site, command);
    let address = Address::socket(site.join("app.sock"));
    assert_eq!(server.get(&address, "/").text(), mine);
    server.wait_log("using the virtual environment .*/mine \\(VIRTUAL_ENV\\)");
    server.stop();
    // Without it, the error names the one that lies beside the application.
    site.file("app.py", "import only_there\n");
    fs::rename(&mine, site.join(".venv")).expect("a new name");
    let finished = site.run(&words(&["--module", "app"]));
    let fix = format!("say home = {}?", site.join(".venv").display());
    check_failed(&finished, &["app needs the module only_there", &fix]);
}

#[test]
fn an_environment_of_another_python_is_told() {
    if differs_on_purpose() || is_in_environment() {
        return;
    }
    let site = Site::with("hello.py");
    let old = environment(&site, "old", "3.4");
    let mut command = site.command(&words(&["--wsgi-file", "hello.py"]));
    command.env("VIRTUAL_ENV", &old);
    let server = Server::start(&site, command);
    let address = Address::socket(site.join("app.sock"));
    assert_eq!(server.get(&address, "/").text(), "Hello World");
    let said = format!("/old is for python3.4, and this ruwsgi is for Python {}", version());
    server.wait_log(&format!("^\\[warning\\] environment VIRTUAL_ENV: .*{said}; it is not used"));
    server.stop();
    let finished = site.run(&words(&["--wsgi-file", "hello.py", "--home", &old]));
    assert_eq!(finished.code, Some(1), "{}", finished.text);
    assert!(finished.text.contains(&said), "{}", finished.text);
    assert!(finished.text.contains("-m venv"), "{}", finished.text);
}

/// Whether the program lies in a virtual environment, which is the one it then uses.
fn is_in_environment() -> bool {
    let program = crate::support::program();
    let folder = program.parent().and_then(Path::parent);
    folder.is_some_and(|folder| folder.join("pyvenv.cfg").is_file())
}
