//! Files that are served without the application, and the headers of replies.

use std::fs;
use std::time::{Duration, SystemTime};

use crate::support::client::{packet, variables};
use crate::support::{
    Address, Connection, Nginx, Reply, Request, Server, Site, differs_on_purpose, is_uwsgi,
};

fn site() -> Site {
    let site = Site::with("hello.py");
    for (name, text) in [
        ("files/a.txt", "plain"),
        ("files/s.css", "css"),
        ("files/r.bin", "0123456789"),
        ("files/m.own", "own"),
        ("files/x.py", "secret"),
        ("files/sub/index.html", "index"),
        ("outside/o.txt", "outside"),
    ] {
        site.file(name, text);
    }
    std::os::unix::fs::symlink(site.join("outside/o.txt"), site.join("files/link.txt")).unwrap();
    site
}

fn start<'s>(site: &'s Site, lines: &str) -> (Server<'s>, Address) {
    // A server that was killed may hold its socket a moment longer than its name among the living.
    let _ = std::fs::remove_file(site.join("app.sock"));
    let ini =
        format!("[uwsgi]\nmaster = true\nhttp-socket = app.sock\nwsgi-file = hello.py\n{lines}");
    site.file("app.ini", &ini);
    (site.start(&["app.ini"]), Address::socket(site.join("app.sock")))
}

const APP: &str = "Hello World";

#[test]
fn directories_are_checked_and_have_an_index() {
    let site = site();
    let (server, address) = start(
        &site,
        "check-static = files\nstatic-index = index.html\nstatic-skip-ext = .py\n\
         static-map2 = /files=.\n",
    );
    let get = |path: &str| server.get(&address, path).text();
    assert_eq!(get("/a.txt"), "plain");
    assert_eq!(get("/sub"), "index");
    assert_eq!(get("/sub/"), "index");
    assert_eq!(get("/files/a.txt"), "plain");
    assert_eq!(get("/x.py"), APP);
    assert_eq!(get("/nothing"), APP);
    assert_eq!(get("/%2e%2e/outside/o.txt"), APP);
    assert_eq!(get("/link.txt"), APP);
    server.wait_log("security error: .*/outside/o.txt is not under .*/files or a safe path");
    server
        .wait_log(r"app: -1\|req: -1/\d+\] .* GET /a.txt => generated 5 bytes .*via sendfile\(\)");
}

#[test]
fn a_front_end_names_the_directory() {
    let site = site();
    site.file(
        "u.ini",
        "[uwsgi]\nmaster = true\nsocket = u.sock\nwsgi-file = hello.py\ncheck-static-docroot = 1\n",
    );
    let server = site.start(&["u.ini"]);
    let address = Address::socket(site.join("u.sock"));
    server.wait_ready(&address);
    let mut variables = variables("GET", "/a.txt");
    let root = site.join("files");
    variables.retain(|(name, _)| *name != "DOCUMENT_ROOT");
    variables.push(("DOCUMENT_ROOT", root.to_str().unwrap()));
    let mut connection = Connection::open(&address);
    connection.send(packet(&variables, b""));
    assert_eq!(Reply::parse(&connection.read_all()).text(), "plain");
}

#[test]
fn links_may_lead_to_a_safe_directory() {
    let site = site();
    let safe = site.join("outside").canonicalize().unwrap();
    let lines = format!("static-map = /s=files\nstatic-safe = {}\n", safe.display());
    let (server, address) = start(&site, &lines);
    assert_eq!(server.get(&address, "/s/link.txt").text(), "outside");
}

#[test]
fn the_compressed_file_is_sent_to_who_takes_it() {
    let site = site();
    site.file("files/a.txt.gz", "packed");
    site.file("other/b.txt", "plain");
    site.file("other/b.txt.gz", "packed");
    let folder = site.join("files").canonicalize().unwrap();
    let rules = [
        ("static-gzip-all = true\n".to_owned(), true),
        (format!("static-gzip-dir = {}\n", folder.display()), false),
        ("static-gzip-ext = a.txt\n".to_owned(), false),
    ];
    let patterns = [("static-gzip = /files/.*[.]txt$\n".to_owned(), false)];
    // The one that is built without regular expressions knows no static-gzip.
    let patterns = patterns.into_iter().filter(|_| !is_uwsgi());
    for (rule, other) in rules.into_iter().chain(patterns) {
        let (server, address) =
            start(&site, &format!("static-map = /s=files\nstatic-map = /o=other\n{rule}"));
        let ask = |path: &str| {
            server.ask(&address, &Request::get(path).header("Accept-Encoding", "br, gzip"))
        };
        let packed = ask("/s/a.txt");
        assert_eq!(packed.text(), "packed", "{rule}");
        assert_eq!(packed.header("Content-Encoding"), Some("gzip"));
        assert_eq!(packed.header("Content-Type"), Some("text/plain"));
        assert_eq!(server.get(&address, "/s/a.txt").text(), "plain", "{rule}");
        assert_eq!(ask("/o/b.txt").text(), if other { "packed" } else { "plain" }, "{rule}");
        assert_eq!(ask("/s/s.css").header("Content-Encoding"), None, "{rule}");
        server.stop();
    }
}

#[test]
fn parts_are_sent_where_ranges_are_honoured() {
    let site = site();
    let (server, address) = start(&site, "static-map = /s=files\nhonour-range = true\n");
    let ask = |range: &str| server.ask(&address, &Request::get("/s/r.bin").header("Range", range));
    let part = ask("bytes=2-4");
    assert_eq!((part.status, part.text().as_str()), (206, "234"));
    assert_eq!(part.header("Content-Range"), Some("bytes 2-4/10"));
    assert_eq!(part.header("Content-Length"), Some("3"));
    assert_eq!(ask("bytes=-3").text(), "789");
    let beyond = ask("bytes=20-");
    assert_eq!((beyond.status, beyond.header("Content-Range")), (416, Some("bytes */10")));
    if !is_uwsgi() {
        assert_eq!(part.header("Accept-Ranges"), Some("bytes"));
        age(&site, "files/r.bin");
        let now = ask("bytes=2-4");
        let again = |known: &str| {
            let request = Request::get("/s/r.bin").header("Range", "bytes=2-4");
            server.ask(&address, &request.header("If-Range", known)).status
        };
        assert_eq!(again(now.header("Last-Modified").expect("a date")), 206);
        assert_eq!(again(now.header("ETag").expect("a tag")), 206);
        assert_eq!(again(part.header("ETag").expect("a tag")), 200);
        assert_eq!(again("Sat, 01 Jan 2000 00:00:00 GMT"), 200);
        let head = Request::new("HEAD", "/s/r.bin").header("Range", "bytes=2-4");
        let head = server.ask(&address, &head);
        assert_eq!((head.status, head.header("Content-Length")), (200, Some("10")));
    }
    server.stop();
    let (server, address) = start(&site, "static-map = /s=files\n");
    let whole = server.ask(&address, &Request::get("/s/r.bin").header("Range", "bytes=2-4"));
    assert_eq!((whole.status, whole.text().as_str()), (200, "0123456789"));
}

#[test]
fn several_parts_are_sent_as_one_body() {
    if differs_on_purpose() {
        return;
    }
    let site = site();
    for door in ["http-socket", "http11-socket"] {
        let lines = format!("{door} = other.sock\nstatic-map = /s=files\nhonour-range = true\n");
        let (server, _) = start(&site, &lines);
        let address = Address::socket(site.join("other.sock"));
        let request = Request::get("/s/r.bin").header("Range", "bytes=0-1, 4-5,-2, 70-");
        let reply = server.ask(&address, &request);
        assert_eq!((reply.status, reply.header("Content-Range")), (206, None));
        let kind = reply.header("Content-Type").expect("a type");
        let boundary = kind.strip_prefix("multipart/byteranges; boundary=").expect("a boundary");
        let part = |range: &str, text: &str| {
            let head = "Content-Type: application/octet-stream\r\nContent-Range: bytes";
            format!("\r\n--{boundary}\r\n{head} {range}/10\r\n\r\n{text}")
        };
        let parts = [part("0-1", "01"), part("4-5", "45"), part("8-9", "89")].concat();
        assert_eq!(reply.text(), format!("{parts}\r\n--{boundary}--\r\n"));
        let length = reply.header("Content-Length").map(|length| length.parse().expect("a number"));
        assert_eq!(length, Some(reply.body.len()));
        let all = Request::get("/s/r.bin").header("Range", "bytes=0-,0-,0-");
        assert_eq!(server.ask(&address, &all).status, 200);
        server.stop();
        let _ = fs::remove_file(site.join("other.sock"));
    }
}

#[test]
fn conditions_decide_what_is_sent() {
    if differs_on_purpose() {
        return;
    }
    let site = site();
    site.file("files/a.txt.gz", "packed");
    age(&site, "files/a.txt");
    let (server, address) =
        start(&site, "static-map = /s=files\nstatic-gzip-all = 1\nstatic-expires = .*=60\n");
    let whole = server.get(&address, "/s/a.txt");
    let (tag, date) = (whole.header("ETag").unwrap(), whole.header("Last-Modified").unwrap());
    assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
    let ask = |method: &str, headers: &[(&str, &str)]| {
        let request = Request::new(method, "/s/a.txt");
        let add = |request: Request, (name, value): &(&str, &str)| request.header(name, value);
        server.ask(&address, &headers.iter().fold(request, add))
    };
    for method in ["GET", "HEAD"] {
        for headers in [("If-None-Match", tag), ("If-Modified-Since", date)] {
            let fresh = ask(method, &[headers]);
            assert_eq!((fresh.status, fresh.text().as_str()), (304, ""), "{method} {headers:?}");
            assert_eq!(fresh.header("ETag"), Some(tag));
            assert_eq!(fresh.header("Last-Modified"), Some(date));
            assert_eq!(fresh.header("Vary"), Some("Accept-Encoding"));
            assert!(fresh.header("Expires").is_some());
            assert_eq!(fresh.header("Content-Length"), None);
        }
    }
    let status = |headers: &[(&str, &str)]| ask("GET", headers).status;
    assert_eq!(status(&[("If-None-Match", "\"other\""), ("If-Modified-Since", date)]), 200);
    assert_eq!(status(&[("If-Match", tag)]), 200);
    assert_eq!(status(&[("If-Match", "\"other\"")]), 412);
    assert_eq!(status(&[("If-Unmodified-Since", date)]), 200);
    assert_eq!(status(&[("If-Unmodified-Since", "Sat, 01 Jan 2000 00:00:00 GMT")]), 412);
    // The compressed file is another version.
    let packed = ask("GET", &[("Accept-Encoding", "gzip"), ("If-None-Match", tag)]);
    assert_eq!((packed.status, packed.text().as_str()), (200, "packed"));
    assert_ne!(packed.header("ETag"), Some(tag));
    // So is the file after a change.
    site.file("files/a.txt", "other");
    assert_eq!(status(&[("If-None-Match", tag)]), 200);
}

#[test]
fn the_smallest_coding_that_the_client_wants_is_sent() {
    if differs_on_purpose() {
        return;
    }
    let site = site();
    site.file("files/s.css.br", "brotli");
    site.file("files/s.css.gz", "gzip");
    site.file("secret.gz", "secret");
    std::os::unix::fs::symlink(site.join("secret.gz"), site.join("files/a.txt.gz")).unwrap();
    let (server, address) =
        start(&site, "static-map = /s=files\nstatic-gzip-ext = css\nstatic-gzip-ext = txt\n");
    let ask = |path: &str, accepted: &str| {
        server.ask(&address, &Request::get(path).header("Accept-Encoding", accepted))
    };
    for (accepted, text, coding) in [
        ("gzip, deflate, br", "brotli", Some("br")),
        ("gzip", "gzip", Some("gzip")),
        ("br;q=0.1, gzip;q=0.9", "gzip", Some("gzip")),
        ("br;q=0, gzip;q=0", "css", None),
        ("identity", "css", None),
    ] {
        let reply = ask("/s/s.css", accepted);
        assert_eq!((reply.text().as_str(), reply.header("Content-Encoding")), (text, coding));
        assert_eq!(reply.header("Content-Type"), Some("text/css"));
        assert_eq!(reply.header("Vary"), Some("Accept-Encoding"), "{accepted}");
    }
    let linked = ask("/s/a.txt", "gzip");
    assert_eq!((linked.text().as_str(), linked.header("Vary")), ("plain", None));
}

#[test]
fn no_path_leads_out_of_the_directory() {
    let site = site();
    site.file("secret.txt", "secret");
    site.file("files/caf\u{e9}.txt", "unicode");
    site.file("files/back\\slash", "backslash");
    let (server, address) = start(&site, "static-map = /s=files\n");
    for path in [
        "/s/../secret.txt",
        "/s/%2e%2e/secret.txt",
        "/s/%2e%2e%2fsecret.txt",
        "/s/..%2fsecret.txt",
        "/s/%252e%252e/secret.txt",
        "/s/%252e%252e%252fsecret.txt",
        "/s/%c0%ae%c0%ae/secret.txt",
        "/s/%c0%ae%c0%ae%c0%afsecret.txt",
        "/s/%e0%80%ae%e0%80%ae/secret.txt",
        "/s/..%c0%afsecret.txt",
        "/s/%ef%bc%8e%ef%bc%8e/secret.txt",
        "/s/..\\secret.txt",
        "/s/..%5csecret.txt",
        "/s/sub/..\\..\\secret.txt",
        "/s/sub/../../secret.txt",
        "/s/./../secret.txt",
        "/s//../secret.txt",
        "/s/....//secret.txt",
        "/s/../secret.txt%00",
        "/s/..;/secret.txt",
        "/s/link.txt",
        "/s/../files/../secret.txt",
        "/s%2f..%2fsecret.txt",
        "/secret.txt",
    ] {
        let reply = server.get(&address, path);
        let text = reply.text();
        assert!(!text.contains("secret") && !text.contains("outside"), "{path}: {text}");
        assert!(matches!(reply.status, 200 | 400) || is_uwsgi(), "{path}: {}", reply.line);
        assert!(text == APP || reply.status == 400 || is_uwsgi(), "{path}: {text}");
    }
    // A file is found by its own name, whatever is in it.
    for (path, text) in [
        ("/s/caf%c3%a9.txt", "unicode"),
        ("/s/back%5cslash", "backslash"),
        ("/s/%61.txt", "plain"),
        ("/s//a.txt", "plain"),
    ] {
        assert_eq!(server.get(&address, path).text(), text, "{path}");
    }
    // A NUL ends no name.
    let cut = server.get(&address, "/s/a.txt%00.html");
    assert!(cut.text() != "plain" || is_uwsgi(), "{}", cut.line);
}

#[test]
fn a_name_need_not_be_unicode() {
    use std::os::unix::ffi::OsStrExt;
    let site = site();
    let name = std::ffi::OsStr::from_bytes(b"files/caf\xe9.txt");
    fs::write(site.path().join(name), "latin").unwrap();
    let (server, address) = start(&site, "static-map = /s=files\n");
    assert_eq!(server.get(&address, "/s/caf%e9.txt").text(), "latin");
}

#[test]
fn only_get_and_head_are_for_files() {
    let site = site();
    let (server, address) = start(&site, "static-map = /s=files\n");
    let head = server.ask(&address, &Request::new("HEAD", "/s/a.txt"));
    assert_eq!((head.status, head.header("Content-Length")), (200, Some("5")));
    assert!(head.body.is_empty() && head.header("Last-Modified").is_some());
    assert_eq!(server.ask(&address, &Request::post("/s/a.txt", "x")).text(), APP);
    // Directories and what is no file are the application's.
    nix::unistd::mkfifo(&site.join("files/pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    for path in ["/s", "/s/", "/s/sub", "/s/sub/", "/s/pipe", "/s/a.txt/", "/s/a.txt/more"] {
        assert!(server.get(&address, path).text() == APP || is_uwsgi(), "{path}");
    }
}

#[test]
fn a_large_file_does_not_fill_the_memory() {
    const SIZE: u64 = 96 << 20;
    let site = site();
    fs::File::create(site.join("files/large")).unwrap().set_len(SIZE).unwrap();
    let (server, address) = start(&site, "static-map = /s=files\n");
    server.get(&address, "/s/a.txt");
    let reply = server.get(&address, "/s/large");
    assert_eq!(reply.body.len() as u64, SIZE);
    for worker in server.children() {
        let status = fs::read_to_string(format!("/proc/{worker}/status")).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
        assert!(peak << 10 < SIZE / 2, "{peak} kB");
    }
}

/// Gives a file a date of long ago.
fn age(site: &Site, name: &str) {
    let changed = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::open(site.join(name)).unwrap().set_modified(changed).unwrap();
}

#[test]
fn files_may_be_kept_as_long_as_the_rules_say() {
    if differs_on_purpose() {
        // The one that is built without regular expressions knows no static-expires.
        return;
    }
    let site = site();
    let changed = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    for name in ["files/a.txt", "files/s.css", "files/r.bin", "files/m.own"] {
        fs::File::open(site.join(name)).unwrap().set_modified(changed).unwrap();
    }
    let (server, address) = start(
        &site,
        "static-map = /s=files\nstatic-expires-type-mtime = text/plain=60\n\
         static-expires = files/s\\.css$ 3600\nstatic-expires-uri-mtime = \\?v=\\d+=120\n\
         static-expires-path-info-mtime = ^/s/m=180\n",
    );
    let expires = |path: &str| {
        let reply = server.get(&address, path);
        let date = reply.header("Expires").map(str::to_owned);
        date.map(|date| jiff_seconds(&date))
    };
    assert_eq!(expires("/s/a.txt"), Some(1_000_000_060));
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let kept = expires("/s/s.css").expect("Expires");
    assert!((now + 3500..now + 3700).contains(&kept), "{kept}");
    assert_eq!(expires("/s/r.bin"), None);
    assert_eq!(expires("/s/r.bin?v=7"), Some(1_000_000_120));
    assert_eq!(expires("/s/m.own"), Some(1_000_000_180));
}

/// Seconds since 1970 of an HTTP date.
fn jiff_seconds(date: &str) -> u64 {
    let parsed = jiff::fmt::rfc2822::parse(date).unwrap_or_else(|error| panic!("{date}: {error}"));
    parsed.timestamp().as_second().cast_unsigned()
}

#[test]
fn a_file_from_before_1970_is_sent() {
    let site = site();
    let early = SystemTime::UNIX_EPOCH - Duration::from_secs(1000);
    fs::File::open(site.join("files/a.txt")).unwrap().set_modified(early).unwrap();
    let (server, address) = start(&site, "static-map = /s=files\n");
    assert_eq!(server.get(&address, "/s/a.txt").text(), "plain");
}

#[test]
fn types_come_from_a_table() {
    let site = site();
    site.file("types", "# comment\ntext/x-own own\n");
    let (server, address) = start(&site, "static-map = /s=files\nmimefile = types\n");
    let kind = |path: &str| {
        server.get(&address, path).header("Content-Type").unwrap_or_default().to_owned()
    };
    assert_eq!(kind("/s/m.own"), "text/x-own");
    if differs_on_purpose() {
        return;
    }
    // The usual ones stay known.
    assert_eq!(kind("/s/s.css"), "text/css");
}

#[test]
fn a_front_end_is_told_which_file_to_send() {
    let site = site();
    let (server, address) = start(&site, "static-map = /s=files\nfile-serve-mode = x-sendfile\n");
    let reply = server.get(&address, "/s/a.txt");
    let path = site.join("files/a.txt").canonicalize().unwrap();
    assert_eq!(reply.header("X-Sendfile"), path.to_str());
    assert_eq!((reply.text().as_str(), reply.header("Content-Type")), ("", Some("text/plain")));
    server.stop();
    site.file("files/a.txt.gz", "packed");
    let lines = "static-map = /s=files\nfile-serve-mode = x-sendfile\nstatic-gzip-all = true\n";
    let (server, address) = start(&site, lines);
    let packed = Request::get("/s/a.txt").header("Accept-Encoding", "gzip");
    let packed = server.ask(&address, &packed);
    assert_eq!(packed.header("Content-Encoding"), Some("gzip"));
    assert!(packed.header("X-Sendfile").is_some_and(|path| path.ends_with("/a.txt.gz")));
    server.stop();
    let lines =
        "static-map = /s=files\nfile-serve-mode = x-accel-redirect\nstatic-gzip-all = true\n";
    let (server, address) = start(&site, lines);
    server.wait_ready(&address);
    let location = format!(
        "proxy_pass http://unix:{}:; }} location {} {{ internal; alias {}/;",
        site.join("app.sock").display(),
        site.join("files/").display(),
        site.join("files").display(),
    );
    let Some(nginx) = Nginx::start(&site, &location) else { return };
    assert_eq!(Request::get("/s/a.txt").send(&nginx.address).text(), "plain");
    if differs_on_purpose() {
        // It names the compressed file, whose coding nginx does not tell.
        return;
    }
    let request = Request::get("/s/a.txt").header("Accept-Encoding", "gzip");
    assert_eq!(request.send(&nginx.address).text(), "plain");
    let direct = request.send(&address);
    assert_eq!(direct.header("ETag"), None, "nginx has its own");
}

#[test]
fn headers_are_added_and_removed() {
    let site = site();
    site.file(
        "h.py",
        "def application(environ, start_response):\n    start_response('200 OK', [('X-Gone', '1'), \
         ('x-gone', '2'), ('X-Kept', '3')])\n    return [b'x']\n",
    );
    let server = site.start(&[
        "--http-socket",
        "app.sock",
        "--wsgi-file",
        "h.py",
        "--static-map",
        "/s=files",
        "--add-header",
        "X-Frame-Options: SAMEORIGIN",
        "--add-header",
        "X-Kept: 4",
        "--del-header",
        "X-Gone",
    ]);
    let address = Address::socket(site.join("app.sock"));
    let reply = server.get(&address, "/");
    assert_eq!(reply.header("X-Frame-Options"), Some("SAMEORIGIN"));
    assert_eq!(reply.header("X-Gone"), None);
    assert_eq!(reply.all("X-Kept").collect::<Vec<_>>(), ["3", "4"]);
    let file = server.get(&address, "/s/a.txt");
    assert_eq!(file.header("X-Frame-Options"), Some("SAMEORIGIN"));
}

#[test]
fn a_header_that_cannot_be_one_is_refused() {
    if differs_on_purpose() {
        return;
    }
    let site = site();
    site.file("app.ini", "[uwsgi]\nhttp-socket = app.sock\nadd-header = nocolon\n");
    let finished = site.run(&["app.ini"]);
    assert_eq!(finished.code, Some(1));
    assert!(finished.text.contains("app.ini:3: cannot use add-header"), "{}", finished.text);
}
