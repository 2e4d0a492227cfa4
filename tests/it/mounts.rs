//! `mount` and what goes with it: several applications in one server.

use crate::support::client::{packet, variables};
use crate::support::{
    Address, Connection, Reply, Request, Server, Site, differs_on_purpose, wait_until,
};

/// Answers with its module's name and where it stands.
const APP: &str = "def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [f\"{__name__} {environ.get('SCRIPT_NAME', '')!r} {environ['PATH_INFO']!r}\".encode()]
";

fn site() -> Site {
    let site = Site::new();
    for name in ["first.py", "second.py", "package/inner.py", "package/__init__.py"] {
        site.file(name, APP);
    }
    site
}

fn start<'s>(site: &'s Site, lines: &str) -> (Server<'s>, Address) {
    site.file("app.ini", &format!("[uwsgi]\nmaster = true\nhttp-socket = app.sock\n{lines}"));
    (site.start(&["app.ini"]), Address::socket(site.join("app.sock")))
}

fn check(server: &Server<'_>, address: &Address, path: &str, expected: &str) {
    assert_eq!(server.get(address, path).text(), expected, "{path}");
}

#[test]
fn the_longest_path_on_whole_segments_decides() {
    let site = site();
    let (server, address) = start(
        &site,
        "manage-script-name = true\nmount = /one=first.py\nmount = /one/two=second:application\n",
    );
    check(&server, &address, "/one", "uwsgi_file_first '/one' ''");
    check(&server, &address, "/one/", "uwsgi_file_first '/one' '/'");
    check(&server, &address, "/one/x%20y", "uwsgi_file_first '/one' '/x y'");
    check(&server, &address, "/one/two/z", "second '/one/two' '/z'");
    // The first application is the one for everything else.
    check(&server, &address, "/onex", "uwsgi_file_first '' '/onex'");
    check(&server, &address, "/", "uwsgi_file_first '' '/'");
    server.wait_log(r"app: 0\|req: 1/1\] .* GET /one => ");
    server.wait_log(r"app: 1\|req: 1/4\] .* GET /one/two/z => ");
    server.wait_log(r"app: 0\|req: 4/5\] .* GET /onex => ");
    server.wait_log(r"WSGI app 0 \(mountpoint='/one'\) ready .*\(default app\)$");
    server.wait_log(r"WSGI app 1 \(mountpoint='/one/two'\) ready .*pid: \d+$");
}

#[test]
fn an_application_beside_mounts_takes_what_they_leave() {
    let site = site();
    let (server, address) =
        start(&site, "manage-script-name = true\nmount = /one=first.py\nwsgi-file = second.py\n");
    check(&server, &address, "/one/x", "uwsgi_file_first '/one' '/x'");
    check(&server, &address, "/x", "uwsgi_file_second '' '/x'");
    server.wait_log(r"app: 1\|req: 1/1\] .* GET /one/x => ");
    server.wait_log(r"app: 0\|req: 1/2\] .* GET /x => ");
}

#[test]
fn without_a_default_application_what_fits_no_mount_is_a_500() {
    let site = site();
    let (server, address) = start(
        &site,
        "manage-script-name = true\nno-default-app = true\nmount = /one=first.py\n\
         mount = /two=second.py\n",
    );
    check(&server, &address, "/two/x", "uwsgi_file_second '/two' '/x'");
    let reply = server.get(&address, "/other");
    assert_eq!((reply.status, reply.text().as_str()), (500, "Internal Server Error"));
    server.wait_log(r"app: -1\|req: -1/2\] .* GET /other => .* \(HTTP/1.1 500\)");
}

#[test]
fn a_front_end_names_the_mount_by_its_script_name() {
    let site = site();
    site.file(
        "app.ini",
        "[uwsgi]\nmaster = true\nsocket = u.sock\nwsgi-file = second.py\nmount = /one=first.py\n",
    );
    let server = site.start(&["app.ini"]);
    let address = Address::socket(site.join("u.sock"));
    server.wait_ready(&address);
    let ask = |script: &str, path: &str, modifier: u8| {
        let mut variables = variables("GET", path);
        variables.push(("SCRIPT_NAME", script));
        let mut packet = packet(&variables, b"");
        packet[0] = modifier;
        let mut connection = Connection::open(&address);
        connection.send(packet);
        Reply::parse(&connection.read_all()).text()
    };
    assert_eq!(ask("/one", "/x", 0), "uwsgi_file_first '/one' '/x'");
    // Old configurations of nginx say uwsgi_modifier1 30.
    assert_eq!(ask("/one", "/one/x", 30), "uwsgi_file_first '/one' '/one/x'");
    assert_eq!(ask("/other", "/x", 0), "uwsgi_file_second '/other' '/x'");
    assert_eq!(ask("", "/one/x", 0), "uwsgi_file_second '' '/one/x'");
}

#[test]
fn files_are_looked_for_below_the_mount() {
    let site = site();
    site.file("files/a.txt", "a file");
    let (server, address) = start(
        &site,
        "manage-script-name = true\nmount = /one=first.py\nstatic-map = /static=files\n",
    );
    check(&server, &address, "/one/static/a.txt", "a file");
    check(&server, &address, "/static/a.txt", "a file");
    check(&server, &address, "/one/static/b.txt", "uwsgi_file_first '/one' '/static/b.txt'");
}

#[test]
fn a_host_has_its_own_application() {
    let site = site();
    let (server, address) = start(
        &site,
        "vhost = true\nvhost-host = true\nmount = one.org|=first.py\nmount = two.org|=second.py\n",
    );
    let ask = |host: &str| server.ask(&address, &Request::get("/x").header("Host", host));
    assert_eq!(ask("one.org").text(), "uwsgi_file_first '' '/x'");
    assert_eq!(ask("two.org").text(), "uwsgi_file_second '' '/x'");
    assert_eq!(ask("three.org").status, 500);
}

#[test]
fn a_mount_of_everything_and_a_package_are_taken() {
    if differs_on_purpose() {
        return;
    }
    let site = site();
    let (server, address) = start(
        &site,
        "manage-script-name = true\nlazy-apps = true\nmount = /one/=package.inner\n\
         mount = /=second.py\nmount = three.org/x=first.py\n",
    );
    check(&server, &address, "/one/x", "package.inner '/one' '/x'");
    check(&server, &address, "/x", "uwsgi_file_second '' '/x'");
    let reply = server.ask(&address, &Request::get("/x/y").header("Host", "Three.org:8000"));
    assert_eq!(reply.text(), "uwsgi_file_first '/x' '/y'");
}

#[test]
fn a_mount_that_fails_is_told_and_the_others_serve() {
    if differs_on_purpose() {
        return;
    }
    let site = site();
    let (server, address) = start(
        &site,
        "need-app = true\nmanage-script-name = true\nmount = /bad=nowhere:app\n\
         mount = /good=second.py\n",
    );
    check(&server, &address, "/good/x", "uwsgi_file_second '/good' '/x'");
    assert_eq!(server.get(&address, "/bad/x").status, 500);
    server.wait_log(r"app\.ini:6: there is no module nowhere");
    // What else was changed comes with a reload all the same.
    site.file("second.py", &APP.replace("__name__", "__name__.upper()"));
    server.signal(nix::sys::signal::Signal::SIGHUP);
    wait_until("the new code", || {
        server.get(&address, "/good/x").text() == "UWSGI_FILE_SECOND '/good' '/x'"
    });
    site.file("second.py", APP);
    server.stop();
    let (server, address) = start(
        &site,
        "need-app = true\nmanage-script-name = true\nmodule = nothing\nmount = /good=second.py\n",
    );
    check(&server, &address, "/good/x", "uwsgi_file_second '/good' '/x'");
    server.wait_log(r"app\.ini:6: there is no module nothing");
    let finished =
        site.run(&["--http-socket", "b.sock", "--mount", "/bad=nowhere:app", "--need-app"]);
    assert_eq!(finished.code, Some(22), "{}", finished.text);
}

#[test]
fn a_mount_without_a_path_or_an_application_is_refused() {
    let site = site();
    let finished = site.run(&["--http-socket", "a.sock", "--mount", "/one"]);
    assert_eq!(finished.code, Some(1), "{}", finished.text);
}
