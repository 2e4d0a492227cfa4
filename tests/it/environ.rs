//! The same ini under the real uWSGI and here gives the same environ, less the differences on purpose.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::client::{packet, variables};
use crate::support::{
    Address, Connection, Nginx, Reply, Request, Server, Site, lacks_option, oracle, program,
};

type Environ = BTreeMap<String, Value>;

/// What differs between any two runs or programs, and says nothing.
fn pass_over(key: &str) -> bool {
    // Ports of the client, and the version of the program itself.
    matches!(
        key,
        "REMOTE_PORT" | "uwsgi.version" | "wsgi.input" | "wsgi.file_wrapper" | "wsgi.errors"
    )
}

/// What ruwsgi adds or changes on purpose.
fn on_purpose(key: &str, theirs: Option<&Value>, ours: Option<&Value>) -> bool {
    match key {
        // The body is always read to its end, chunked or not.
        "wsgi.input_terminated" => theirs.is_none() && ours.is_some(),
        _ => false,
    }
}

/// Starts the same ini under both, asks both with the same function, and compares.
fn compare(ini: &str, more: &[&str], ask: impl Fn(&Site, &Server<'_>) -> Option<Reply>) {
    let Some(oracle) = oracle() else { return };
    let run = |program: &std::path::Path| -> Option<Environ> {
        let site = Site::with("environ.py");
        site.file("app.ini", &format!("[uwsgi]\nwsgi-file = environ.py\nmaster = true\n{ini}"));
        let server =
            Server::start(&site, site.command_of(program, &[&["--ini", "app.ini"], more].concat()));
        let reply = ask(&site, &server)?;
        serde_json::from_slice(&reply.body)
            .unwrap_or_else(|error| panic!("{error}: {}", reply.text()))
    };
    let (Some(theirs), Some(ours)) = (run(&oracle), run(&program())) else { return };
    let keys: std::collections::BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
    let wrong: Vec<String> = keys
        .into_iter()
        .filter(|key| !pass_over(key))
        .filter(|key| theirs.get(*key) != ours.get(*key))
        .filter(|key| !on_purpose(key, theirs.get(*key), ours.get(*key)))
        .map(|key| format!("{key}: uWSGI {:?}, here {:?}", theirs.get(key), ours.get(key)))
        .collect();
    assert!(wrong.is_empty(), "{ini}\n{}", wrong.join("\n"));
    for key in ["wsgi.input", "wsgi.errors"] {
        assert!(ours.contains_key(key), "{key}");
    }
}

fn socket(site: &Site) -> Address {
    Address::socket(site.join("app.sock"))
}

#[test]
fn over_a_uwsgi_socket() {
    compare("socket = app.sock\n", &[], |site, server| {
        server.wait_ready(&socket(site));
        let mut connection = Connection::open(&socket(site));
        connection.send(packet(&variables("GET", "/path"), b""));
        Some(Reply::parse(&connection.read_all()))
    });
}

#[test]
fn over_a_uwsgi_socket_without_the_usual_variables() {
    compare("socket = app.sock\nprocesses = 2\n", &[], |site, server| {
        server.wait_ready(&socket(site));
        let mut connection = Connection::open(&socket(site));
        connection.send(packet(
            &[("REQUEST_METHOD", "GET"), ("HTTPS", "on"), ("HTTP_X_Y", "gr\u{fc}n"), ("EMPTY", "")],
            b"",
        ));
        Some(Reply::parse(&connection.read_all()))
    });
}

#[test]
fn behind_nginx_with_uwsgi_pass() {
    compare("socket = app.sock\nprocesses = 2\nthreads = 2\n", &[], |site, server| {
        server.wait_ready(&socket(site));
        let nginx = Nginx::start(
            site,
            &format!(
                "include /etc/nginx/uwsgi_params; uwsgi_param SERVER_PORT 80; uwsgi_pass unix:{};",
                site.join("app.sock").display()
            ),
        )?;
        let mut reply = Request::get("/a/b%20c?x=1&y=%20")
            .header("X-Custom", "value")
            .header("Cookie", "a=1; b=2")
            .send(&nginx.address);
        // Which of the two threads answered is chance.
        let mut dump: Environ = serde_json::from_slice(&reply.body).unwrap();
        assert!(dump.remove("uwsgi.core").is_some());
        // nginx takes another port in each run, and names the folder in it.
        dump.retain(|key, _| !matches!(key.as_str(), "SERVER_PORT" | "DOCUMENT_ROOT"));
        reply.body = serde_json::to_vec(&dump).unwrap();
        Some(reply)
    });
}

/// What nginx says differs between two runs: its port, the folder, and the client's port.
fn behind_nginx(site: &Site, location: &str) -> Option<Reply> {
    let nginx = Nginx::start(site, location)?;
    let mut reply = Request::get("/a/b%20c?x=1").header("X-Custom", "value").send(&nginx.address);
    let mut dump: Environ = serde_json::from_slice(&reply.body).unwrap();
    dump.retain(|key, _| !matches!(key.as_str(), "SERVER_PORT" | "DOCUMENT_ROOT"));
    reply.body = serde_json::to_vec(&dump).unwrap();
    Some(reply)
}

#[test]
fn behind_nginx_with_scgi_pass() {
    compare("scgi-socket = app.sock\n", &[], |site, server| {
        server.wait_ready(&socket(site));
        let socket = site.join("app.sock");
        let location = format!(
            "include /etc/nginx/scgi_params; scgi_param PATH_INFO $document_uri; scgi_pass \
             unix:{};",
            socket.display()
        );
        behind_nginx(site, &location)
    });
}

#[test]
fn behind_nginx_with_fastcgi_pass() {
    compare("fastcgi-socket = app.sock\n", &[], |site, server| {
        server.wait_ready(&socket(site));
        let socket = site.join("app.sock");
        let location = format!(
            "include /etc/nginx/fastcgi_params; fastcgi_param PATH_INFO $document_uri; \
             fastcgi_param SCRIPT_NAME ''; fastcgi_pass unix:{};",
            socket.display()
        );
        behind_nginx(site, &location)
    });
}

#[test]
fn over_an_http_socket() {
    compare("http-socket = app.sock\n", &[], |site, server| {
        server.wait_ready(&socket(site));
        Some(
            Request::get("/a%20b/%C3%A4/../c?x=%20&y")
                .header("X-Custom", "value")
                .header("Cookie", "a=1")
                .header("Accept", "*/*")
                .send(&socket(site)),
        )
    });
}

#[test]
fn a_post_over_an_http_socket() {
    compare("http-socket = app.sock\nthreads = 2\n", &[], |site, server| {
        server.wait_ready(&socket(site));
        let request = Request::post("/form", "a=1&b=2")
            .header("Content-Type", "application/x-www-form-urlencoded");
        let mut reply = request.send(&socket(site));
        let mut dump: Environ = serde_json::from_slice(&reply.body).unwrap();
        assert!(dump.remove("uwsgi.core").is_some());
        reply.body = serde_json::to_vec(&dump).unwrap();
        Some(reply)
    });
}

#[test]
fn through_the_http_gateway() {
    let port = crate::support::unused_port();
    compare(&format!("http = 127.0.0.1:{port}\n"), &[], |_, server| {
        Some(server.ask(&Address::Port(port), &Request::get("/x?y=z").header("X-Custom", "value")))
    });
}

#[test]
fn over_an_http_socket_on_tcp() {
    let port = crate::support::unused_port();
    compare(&format!("http-socket = 127.0.0.1:{port}\n"), &[], |_, server| {
        Some(server.get(&Address::Port(port), "/x?y=z"))
    });
}

#[test]
fn on_mount_points() {
    if lacks_option("mount") {
        return;
    }
    compare(
        "http-socket = app.sock\nmount = /one=environ.py\nmanage-script-name = true\n",
        &[],
        |site, server| Some(server.get(&socket(site), "/one/two")),
    );
}
