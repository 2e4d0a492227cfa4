//! Programs of other people run unchanged: frameworks behind the server, clients before it.

use std::process::Command;

use crate::support::client::get_uwsgi;
use crate::support::tools::{need, skip};
use crate::support::{
    Address, Reply, Request, Server, Site, Way, differs_on_purpose, unused_port, venv,
};

const FLASK: &str = "
import flask

app = flask.Flask(__name__)
app.secret_key = 'for tests'

@app.route('/hello/<name>')
def hello(name):
    return f'hello {name} {flask.request.args.get(\"q\")} {flask.request.host}'

@app.route('/form', methods=['POST'])
def form():
    flask.session['name'] = flask.request.form['name']
    return flask.redirect('/name')

@app.route('/name')
def name():
    return flask.session.get('name', 'nobody')

@app.route('/upload', methods=['POST'])
def upload():
    return str(len(flask.request.files['file'].read()))

@app.route('/stream')
def stream():
    return flask.Response((f'{number} ' for number in range(1000)), mimetype='text/plain')

@app.route('/file')
def file():
    return flask.send_file('app.py', conditional=True)

@app.route('/json', methods=['PUT'])
def json():
    return flask.jsonify(flask.request.get_json())

@app.route('/fail')
def fail():
    raise ValueError('by the view')
";

const BOTTLE: &str = "
import bottle

application = bottle.Bottle()

@application.get('/hello/<name>')
def hello(name):
    bottle.response.set_cookie('seen', 'yes')
    return f'hello {name} {bottle.request.query.q} {bottle.request.urlparts.netloc}'

@application.post('/form')
def form():
    return bottle.request.forms.name

@application.post('/upload')
def upload():
    return str(len(bottle.request.files['file'].file.read()))

@application.get('/stream')
def stream():
    for number in range(1000):
        yield f'{number} '

@application.get('/file')
def file():
    return bottle.static_file('app.py', root='.')

@application.get('/fail')
def fail():
    raise ValueError('by the view')
";

/// Whether the tests' venv has a module; else a skip.
fn has(module: &str) -> bool {
    let import = format!("import {module}");
    let python = venv().join("bin/python");
    let found = Command::new(&python).args(["-I", "-c", &import]).output();
    let found = found.is_ok_and(|output| output.status.success());
    if !found {
        skip(&format!("there is no {module} for {} (make need)", python.display()));
    }
    found
}

fn start<'s>(site: &'s Site, way: Way, callable: &str) -> (Server<'s>, Address) {
    let address = match way {
        Way::Uwsgi => Address::socket(site.join("app.sock")),
        _ => Address::Port(unused_port()),
    };
    let home = venv().display().to_string();
    let words = [way.option(), &address.to_string(), "--module", callable, "--home", &home];
    let server = site.start(&[&words[..], &["--master", "--threads", "2"]].concat());
    server.wait_ready(&address);
    (server, address)
}

/// A form with a file of so many bytes.
fn upload(size: usize) -> Request {
    let body = format!(
        "--end\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n{}\r\n--end--\r\n",
        "x".repeat(size)
    );
    Request::post("/upload", body).header("Content-Type", "multipart/form-data; boundary=end")
}

fn form(text: &str) -> Request {
    Request::post("/form", text).header("Content-Type", "application/x-www-form-urlencoded")
}

/// What both frameworks answer alike.
fn ask(server: &Server<'_>, address: &Address) {
    let reply = server.get(address, "/hello/J%C3%BCrg?q=%26");
    assert_eq!(reply.text(), "hello J\u{fc}rg & example.org");
    let numbers: Vec<String> = (0..1000).map(|number| number.to_string()).collect();
    assert_eq!(server.get(address, "/stream").text().trim_end(), numbers.join(" "));
    for size in [10, 3_000_000] {
        assert_eq!(server.ask(address, &upload(size)).text(), size.to_string());
    }
    let file = server.get(address, "/file");
    assert_eq!(file.header("content-length"), Some(file.body.len().to_string().as_str()));
    let part = server.ask(address, &Request::get("/file").header("Range", "bytes=8-20"));
    assert_eq!((part.status, &part.body[..]), (206, &file.body[8..=20]));
    let changed = file.header("last-modified").expect("a date");
    let since = Request::get("/file").header("If-Modified-Since", changed);
    assert_eq!(
        (server.ask(address, &since).status, server.ask(address, &since).body.len()),
        (304, 0)
    );
    let head = server.ask(address, &Request::new("HEAD", "/file"));
    assert_eq!(
        (head.header("content-length"), head.body.len()),
        (file.header("content-length"), 0)
    );
    assert_eq!(server.get(address, "/missing").status, 404);
    assert_eq!(server.get(address, "/fail").status, 500);
    server.wait_log("ValueError: by the view");
}

#[test]
fn flask() {
    if !has("flask") {
        return;
    }
    let site = Site::new();
    site.file("app.py", FLASK);
    for way in [Way::HttpSocket, Way::Http] {
        let (server, address) = start(&site, way, "app:app");
        ask(&server, &address);
        let reply = server.ask(&address, &form("name=J%C3%BCrg"));
        assert_eq!((reply.status, reply.header("location")), (302, Some("/name")));
        let cookie = reply.header("set-cookie").expect("a session");
        let cookie = cookie.split(';').next().expect("a cookie");
        let name = server.ask(&address, &Request::get("/name").header("Cookie", cookie));
        assert_eq!(name.text(), "J\u{fc}rg");
    }
    let (_server, address) = start(&site, Way::Uwsgi, "app:app");
    assert!(get_uwsgi(&address, "/hello/you").text().starts_with("hello you None"));
}

#[test]
fn bottle() {
    if !has("bottle") {
        return;
    }
    let site = Site::new();
    site.file("app.py", BOTTLE);
    for way in [Way::HttpSocket, Way::Http] {
        let (server, address) = start(&site, way, "app");
        ask(&server, &address);
        assert_eq!(server.ask(&address, &form("name=J%C3%BCrg")).text(), "J\u{fc}rg");
        assert_eq!(server.get(&address, "/hello/a").header("set-cookie"), Some("seen=yes"));
    }
    let (_server, address) = start(&site, Way::Uwsgi, "app");
    assert!(get_uwsgi(&address, "/hello/you").text().starts_with("hello you "));
}

fn output(command: &mut Command) -> String {
    let output = command.output().expect("a program");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}{text}", String::from_utf8_lossy(&output.stderr));
    text
}

#[test]
fn uwsgi_curl() {
    if !has("uwsgi_tools") {
        return;
    }
    let site = Site::with("environ.py");
    let (port, path) = (Address::Port(unused_port()), site.join("app.sock").display().to_string());
    let sockets = ["--socket", &port.to_string(), "--socket", &path];
    let words = [&sockets[..], &["--wsgi-file", "environ.py", "--master"]].concat();
    let server = site.start(&words);
    for address in [port, Address::Socket(path.into())] {
        server.wait_ready(&address);
        // It sends few of the usual variables, and a header `X-Y` as `HTTP_X-Y`.
        let words =
            [&address.to_string(), "example.org/some/path?x=y", "-X", "PUT", "-H", "X-Y: z"];
        let said = output(Command::new(venv().join("bin/uwsgi_curl")).args(words));
        let reply = Reply::parse(&said.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes());
        assert_eq!(reply.line, "HTTP/1.1 200 OK");
        let environ = reply.json();
        assert_eq!(environ["PATH_INFO"], "/some/path");
        assert_eq!(environ["QUERY_STRING"], "x=y");
        assert_eq!(environ["REQUEST_METHOD"], "PUT");
        assert_eq!(environ["HTTP_X-Y"], "z");
        assert_eq!(environ["HTTP_HOST"], "example.org");
    }
}

#[test]
fn curl_to_each_http_listener() {
    let Some(program) = need("curl") else { return };
    if differs_on_purpose() {
        return;
    }
    for way in [Way::HttpSocket, Way::Http11Socket, Way::Http] {
        let site = Site::with("conduct.py");
        site.file("big", &"0123456789".repeat(300_000));
        let address = Address::Port(unused_port());
        let url = format!("http://{address}");
        let words = [way.option(), &address.to_string(), "--wsgi-file", "conduct.py", "--master"];
        let server = site.start(&words);
        server.wait_ready(&address);
        let curl = |words: &[&str], path: &str| {
            let mut command = Command::new(&program);
            command.args(["-q", "-sS", "--max-time", "20", "--noproxy", "*"]).args(words);
            output(command.arg(format!("{url}{path}")).current_dir(site.path()))
        };
        assert_eq!(curl(&[], "/list"), "one two three", "{way:?}");
        assert_eq!(curl(&["--http1.0"], "/pieces"), "piece1 piece2 piece3 ", "{way:?}");
        assert_eq!(curl(&[], "/pieces"), "piece1 piece2 piece3 ", "{way:?}");
        let head = curl(&["--head"], "/length");
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{way:?} {head}");
        assert!(head.to_ascii_lowercase().contains("content-length: 6\r\n"), "{way:?} {head}");
        assert_eq!(curl(&["-d", "a=b&c=d"], "/body"), "a=b&c=d", "{way:?}");
        // It waits for `100 Continue` before it sends this much.
        let begun = std::time::Instant::now();
        let big = curl(
            &["-T", "big", "-H", "Expect: 100-continue", "--expect100-timeout", "15"],
            "/body",
        );
        assert_eq!(big.len(), 3_000_000, "{way:?}");
        assert!(begun.elapsed().as_secs() < 10, "{way:?} did not say that it may be sent");
        let chunked = curl(&["-T", "big", "-H", "Transfer-Encoding: chunked"], "/body");
        assert_eq!(chunked.len(), 3_000_000, "{way:?}");
        assert_eq!(
            curl(&["-o", "/dev/null", "-w", "%{size_download}"], "/big?n=20000000"),
            "20000000"
        );
        // The second request goes over the same connection where that is kept.
        let first = format!("{url}/length");
        let said = curl(&["-w", "%{num_connects} ", &first], "/length");
        let expected = if way == Way::HttpSocket { "length1 length1 " } else { "length1 length0 " };
        assert_eq!(said, expected, "{way:?}");
    }
}
