//! A real Django: sessions, a CSRF form, an upload, static files, streaming, by each way in.

use std::fmt::Write as _;

use sha2::Digest as _;

use crate::support::{Address, Nginx, Reply, Request, Server, Site, unused_port, venv};

/// Starts the site; `door` names the option and the address.
fn start<'s>(site: &'s Site, door: &str, address: &str) -> Server<'s> {
    let home = venv().display().to_string();
    site.start(&[
        door,
        address,
        "--module",
        "mysite.wsgi",
        "--master",
        "--processes",
        "2",
        "--threads",
        "2",
        "--home",
        &home,
        "--static-map",
        &format!("/static={}", site.join("collected").display()),
    ])
}

/// A browser's jar: the cookies of a reply, as the next request sends them.
fn cookies(reply: &Reply, jar: &mut Vec<(String, String)>) {
    for cookie in reply.all("set-cookie") {
        let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
        jar.retain(|(have, _)| have != name);
        jar.push((name.to_owned(), value.to_owned()));
    }
}

fn jar_header(jar: &[(String, String)]) -> String {
    jar.iter().fold(String::new(), |mut text, (name, value)| {
        let _ = write!(text, "{}{name}={value}", if text.is_empty() { "" } else { "; " });
        text
    })
}

/// What a person does on the site.
fn browse(address: &Address) {
    let reply = Request::get("/").send(address);
    assert_eq!(reply.status, 200);
    assert!(reply.text().contains("Grüße"));

    // A session that counts.
    let mut jar = Vec::new();
    for visit in 1..=3 {
        let reply = Request::get("/count/").header("Cookie", &jar_header(&jar)).send(address);
        assert_eq!(reply.text(), format!("visits: {visit}"));
        cookies(&reply, &mut jar);
    }

    // A form with its token, and the same without.
    let reply = Request::get("/form/").header("Cookie", &jar_header(&jar)).send(address);
    cookies(&reply, &mut jar);
    let page = reply.text();
    let token =
        page.split("csrfmiddlewaretoken\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let form = Request::post("/form/", format!("name=Zo%C3%AB&csrfmiddlewaretoken={token}"))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .header("Cookie", &jar_header(&jar));
    let reply = form.send(address);
    assert_eq!((reply.status, reply.header("location")), (302, Some("/form/")), "{}", reply.text());
    let reply = Request::get("/form/").header("Cookie", &jar_header(&jar)).send(address);
    assert!(reply.text().contains("<b>Zoë</b>"), "{}", reply.text());
    let reply = Request::post("/form/", "name=x")
        .header("Content-Type", "application/x-www-form-urlencoded");
    assert_eq!(reply.send(address).status, 403);

    // An upload of more than Django keeps in memory.
    let content: Vec<u8> = (0..4_000_000_u32).map(|n| u8::try_from(n % 251).unwrap()).collect();
    let mut body = format!(
        "--b0undary\r\nContent-Disposition: form-data; name=\"csrfmiddlewaretoken\"\r\n\r\n{token}\r\n\
         --b0undary\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(&content);
    body.extend_from_slice(b"\r\n--b0undary--\r\n");
    let reply = Request::post("/upload/", body)
        .header("Content-Type", "multipart/form-data; boundary=b0undary")
        .header("Cookie", &jar_header(&jar))
        .send(address);
    let answer = reply.json();
    assert_eq!((&answer["name"], &answer["size"]), (&"a.bin".into(), &4_000_000.into()));
    let digest = sha2::Sha256::digest(&content).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    assert_eq!(answer["sha256"], digest);

    // Streaming, a file, an error page.
    let reply = Request::get("/stream/").send(address);
    assert_eq!(reply.text().lines().count(), 1000);
    let reply = Request::get("/download/").send(address);
    assert!(reply.text().contains("font-family"));
    let reply = Request::get("/error/").send(address);
    assert_eq!(reply.status, 500);
    assert_eq!(Request::get("/nosuch/").send(address).status, 404);
}

#[test]
fn behind_nginx_with_uwsgi_pass() {
    let site = Site::django();
    let server = start(&site, "--socket", "app.sock");
    let address = Address::socket(site.join("app.sock"));
    server.wait_ready(&address);
    let Some(nginx) = Nginx::uwsgi(&site, &address) else { return };
    browse(&nginx.address);
    let reply = Request::get("/where/").send(&nginx.address).json();
    assert_eq!((&reply["address"], &reply["secure"]), (&"127.0.0.1".into(), &false.into()));
    assert!(reply["uri"].as_str().unwrap().starts_with("http://example.org"), "{reply}");
    server.wait_log("RuntimeError: raised in a view");
    server.stop();
}

#[test]
fn behind_nginx_with_proxy_pass() {
    let site = Site::django();
    let server = start(&site, "--http-socket", "app.sock");
    let address = Address::socket(site.join("app.sock"));
    server.wait_ready(&address);
    let Some(nginx) = Nginx::proxy(&site, &address) else { return };
    browse(&nginx.address);
}

#[test]
fn straight_over_http() {
    let site = Site::django();
    let port = unused_port();
    let server = start(&site, "--http", &format!("127.0.0.1:{port}"));
    server.wait_ready(&Address::Port(port));
    browse(&Address::Port(port));
    server.stop();
}

#[test]
fn static_files_are_served_without_the_application() {
    let site = Site::django();
    let server = start(&site, "--http-socket", "app.sock");
    let address = Address::socket(site.join("app.sock"));
    let reply = server.get(&address, "/static/site.css");
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/css")));
    let text = site.read("mysite/static/site.css");
    assert_eq!(reply.text(), text);
    assert_eq!(reply.header("content-length"), Some(text.len().to_string().as_str()));
    let modified = reply.header("last-modified").unwrap().to_owned();
    let reply = server
        .ask(&address, &Request::get("/static/site.css").header("If-Modified-Since", &modified));
    assert_eq!((reply.status, reply.body.len()), (304, 0));
    for path in [
        "/static/../db.sqlite3",
        "/static/%2e%2e/db.sqlite3",
        "/static/..%2fdb.sqlite3",
        "/static//etc/passwd",
    ] {
        let reply = server.get(&address, path);
        assert!(
            !reply.text().contains("SQLite format") && !reply.text().contains("root:"),
            "{path}"
        );
    }
}

/// Django's management command writes no `.pyc` of a running site; a reload sees changed code.
#[test]
fn a_reload_sees_changed_code() {
    let site = Site::django();
    let server = start(&site, "--http-socket", "app.sock");
    let address = Address::socket(site.join("app.sock"));
    assert!(server.get(&address, "/").text().contains("It works"));
    let page = site.read("mysite/templates/index.html");
    site.file("mysite/templates/index.html", &page.replace("It works", "It changed"));
    server.signal(nix::sys::signal::Signal::SIGHUP);
    crate::support::wait_until("the new page", || {
        server.get(&address, "/").text().contains("It changed")
    });
    server.stop();
}
