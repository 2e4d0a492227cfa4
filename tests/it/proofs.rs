//! What the rendered files promise, shown live: client → nginx → ruwsgi → an application that tells what it was told.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::deploy::{change, django, get, good, interrupt, ran, run, starter, tool};

/// Tells its environ, and how long a body it has read.
const ECHO: &str = r#"
import json, time

def application(environ, start):
    path = environ["PATH_INFO"]
    if path == "/slow":
        time.sleep(8)
    length = len(environ["wsgi.input"].read())
    told = {name: str(value) for name, value in environ.items() if name.isupper() or name == "wsgi.url_scheme"}
    text = json.dumps({"length": length, "path": path, "told": told}).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(text)))]
    if path == "/give":
        headers = [("Content-Type", "text/plain"), ("X-Accel-Redirect", "/media/private/letter.txt")]
    start("200 OK", headers)
    return [text]
"#;

/// A running starter whose application is the one above; it stops when it goes.
struct Live {
    _folder: TempDir,
    root: PathBuf,
    child: Child,
    port: u16,
}

impl Live {
    /// With these lines below `nginx:`; none when nginx or Django is not here.
    fn start(pass: &str, nginx: &str, server: &str) -> Option<Self> {
        let (Some(_), Some(python)) = (tool("RUWSGI_NGINX", "nginx"), django()) else {
            return None;
        };
        let (folder, root) = starter(&["--proxy", pass]);
        change(&root.join("ruwsgi.yaml"), "nginx:\n", &format!("nginx:\n{nginx}"));
        change(&root.join("ruwsgi.yaml"), "  harakiri: 30s", server);
        let private = "  media_root: media\n  media_private: private\n";
        change(&root.join("ruwsgi.yaml"), "  media_root: media\n", private);
        fs::write(root.join("mysite/wsgi.py"), ECHO).expect("written");
        let (child, port, lines) = run(&root, &python);
        // Somebody has to read what it says.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self { _folder: folder, root, child, port })
    }

    fn get(&self, path: &str, more: &str) -> String {
        get(self.port, &format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n{more}\r\n"))
    }

    /// The status of a body of this length.
    fn post(port: u16, path: &str, length: usize) -> String {
        let head =
            format!("POST {path} HTTP/1.0\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n");
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("set");
        // Who refuses it by its length may close before all is sent.
        let _ =
            stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&vec![b'x'; length]));
        let mut answer = Vec::new();
        let _ = std::io::Read::read_to_end(&mut stream, &mut answer);
        String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
    }

    /// A file of the site.
    fn file(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("written");
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        interrupt(&self.child);
        let _ = self.child.wait();
    }
}

#[test]
fn what_a_client_says_of_itself_does_not_reach_the_application() {
    for pass in ["uwsgi", "http"] {
        let Some(live) = Live::start(pass, "", "  harakiri: 30s") else { return };
        let lies = "X-Forwarded-Proto: https\r\nX-Forwarded-For: 6.6.6.6\r\nX_Forwarded_For: 6.6.6.6\r\nX-Forwarded-Host: evil.example\r\n\
                    X-Real-IP: 6.6.6.6\r\nX-Request-ID: evil\r\nProxy: http://evil.example/\r\nForwarded: for=6.6.6.6;proto=https\r\n";
        let page = live.get("/", lies);
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        let (_, body) = page.split_once("\r\n\r\n").expect("a body");
        assert!(!body.contains("6.6.6.6") && !body.contains("evil"), "{pass}: {body}");
        for told in [
            "\"HTTP_X_FORWARDED_PROTO\": \"http\"",
            "\"HTTP_X_FORWARDED_FOR\": \"127.0.0.1\"",
            "\"HTTP_X_FORWARDED_HOST\": \"localhost\"",
            "\"wsgi.url_scheme\": \"http\"",
        ] {
            assert!(body.contains(told), "{pass}: {told} is not in {body}");
        }
    }
}

#[test]
fn a_proxy_that_is_trusted_is_believed() {
    for pass in ["uwsgi", "http"] {
        let proxies = "  trusted_proxies: [127.0.0.0/8]\n";
        let Some(live) = Live::start(pass, proxies, "  harakiri: 30s") else { return };
        let page =
            live.get("/", "X-Forwarded-Proto: https\r\nX-Forwarded-For: 6.6.6.6, 203.0.113.9\r\n");
        let (_, body) = page.split_once("\r\n\r\n").expect("a body");
        assert!(body.contains("\"HTTP_X_FORWARDED_PROTO\": \"https\""), "{body}");
        // The last address that no trusted proxy has; what the client wrote before it is a lie for all we know.
        assert!(
            body.contains("\"HTTP_X_FORWARDED_FOR\": \"203.0.113.9\"") && !body.contains("6.6.6.6"),
            "{body}"
        );
    }
}

#[test]
fn static_files_have_their_headers_and_hidden_ones_are_nobodys() {
    let Some(live) = Live::start("uwsgi", "", "  harakiri: 30s") else { return };
    for (path, text) in [
        ("staticfiles/site.0123456789ab.css", "a {}"),
        ("staticfiles/plain.css", "a {}"),
        ("staticfiles/.env", "SECRET=1"),
        ("staticfiles/settings.py", "SECRET = 1"),
        ("media/page.html", "<script>alert(1)</script>"),
        ("media/.hidden", "x"),
        ("media/private/letter.txt", "for you alone"),
    ] {
        live.file(path, text);
    }
    let hashed = live.get("/static/site.0123456789ab.css", "");
    assert!(hashed.contains("Cache-Control: public, max-age=31536000, immutable"), "{hashed}");
    let plain = live.get("/static/plain.css", "");
    assert!(
        plain.contains("Cache-Control: public, max-age=3600") && plain.contains("ETag: "),
        "{plain}"
    );
    let upload = live.get("/media/page.html", "");
    assert!(upload.contains("sandbox") && upload.contains("Cache-Control: private"), "{upload}");
    for page in [&hashed, &plain, &upload] {
        assert!(
            page.contains("X-Content-Type-Options: nosniff")
                && page.contains("X-Frame-Options: DENY"),
            "{page}"
        );
        assert!(!page.to_lowercase().contains("server: nginx/"), "{page}");
    }
    // The application answers everything with 200, so these are nginx's own answers.
    for path in [
        "/.git/config",
        "/.env",
        "/a/.hidden",
        "/static/.env",
        "/static/settings.py",
        "/static/none.css",
        "/media/.hidden",
        "/media/private/letter.txt",
    ] {
        let answer = live.get(path, "");
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
    }
    assert!(live.get("/.well-known/security.txt", "").starts_with("HTTP/1.1 200"));
    // Only the application gives it, and says what it is.
    let given = live.get("/give", "");
    assert!(
        given.ends_with("for you alone") && given.contains("Content-Type: text/plain"),
        "{given}"
    );
    assert!(given.contains("X-Content-Type-Options: nosniff"), "{given}");
}

#[test]
fn a_body_that_is_too_large_is_refused_at_the_same_size_everywhere() {
    let nginx = "  via: tcp\n  body_limits: {/upload/: 128k}\n";
    let Some(live) = Live::start("http", nginx, "  harakiri: 30s\n  max_body: 64k") else { return };
    let limit = 64 << 10;
    assert_eq!(Live::post(live.port, "/", limit), "HTTP/1.1 200 OK");
    assert_eq!(Live::post(live.port, "/", limit + 1), "HTTP/1.1 413 Request Entity Too Large");
    assert_eq!(Live::post(live.port, "/upload/", 2 * limit), "HTTP/1.1 200 OK");
    assert_eq!(
        Live::post(live.port, "/upload/", 2 * limit + 1),
        "HTTP/1.1 413 Request Entity Too Large"
    );
    // The server alone takes what the largest of nginx's locations takes, and not a byte more.
    let ini = fs::read_to_string(live.root.join(".ruwsgi/run/uwsgi.ini")).expect("its file");
    let port = ini.lines().find_map(|line| line.strip_prefix("http-socket = 127.0.0.1:"));
    let port = port.and_then(|port| port.parse().ok()).expect("its port");
    assert!(Live::post(port, "/", 2 * limit).contains(" 200 "));
    assert!(Live::post(port, "/", 2 * limit + 1).contains(" 413 "));
    // Django's own limit and the Ingress's are the same numbers.
    good(&live.root, &["deploy", "render"]);
    let compose = fs::read_to_string(live.root.join("compose.yaml")).expect("compose.yaml");
    assert!(compose.contains("DJANGO_MAX_BODY: \"65536\""));
    let ingress = fs::read_to_string(live.root.join("k8s/90-ingress.yaml")).expect("the Ingress");
    assert!(ingress.contains("proxy-body-size: \"128k\""));
}

#[test]
fn the_server_gives_up_before_nginx_does() {
    let Some(live) = Live::start("uwsgi", "", "  harakiri: 2s") else { return };
    let started = Instant::now();
    let answer = live.get("/slow", "");
    let took = started.elapsed();
    // nginx would have waited for 12 seconds; the application for 8.
    assert!(took > Duration::from_secs(1) && took < Duration::from_secs(7), "{took:?}: {answer}");
    assert!(answer.starts_with("HTTP/1.1 504"), "{answer}");
    assert!(!answer.contains("<center>nginx"), "nginx answered: {answer}");
}

#[test]
fn redirects_and_rates_are_kept() {
    let nginx = "  redirects: {old.example.com: /, /old/: /new/, /docs/: \"https://docs.example.com/\"}\n  rate_limits: {/login/: 1r/m}\n";
    let Some(live) = Live::start("uwsgi", nginx, "  harakiri: 30s") else { return };
    let location = |answer: &str| {
        answer
            .lines()
            .find_map(|line| line.strip_prefix("Location: "))
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    assert_eq!(location(&live.get("/old/?a=b", "")), "/new/?a=b");
    assert_eq!(location(&live.get("/docs/", "")), "https://docs.example.com/");
    let port = live.port;
    let host = get(port, &format!("GET /a?b HTTP/1.0\r\nHost: old.example.com:{port}\r\n\r\n"));
    assert_eq!(location(&host), format!("http://localhost:{port}/a?b"));
    // A few more at once are let through; then it is too many.
    let answers: Vec<String> = (0..14).map(|_| live.get("/login/", "")).collect();
    let refused = answers.iter().filter(|answer| answer.starts_with("HTTP/1.1 429")).count();
    assert!((2..=4).contains(&refused), "{refused} of 14 were refused");
    assert!(live.get("/", "").starts_with("HTTP/1.1 200"));
}

/// The command that the container of static files runs, here.
#[test]
fn static_files_of_an_earlier_release_are_served_beside_the_new_ones() {
    let (_folder, root) = starter(&[]);
    let compose = fs::read_to_string(root.join("compose.yaml")).expect("compose.yaml");
    let line =
        compose.lines().find_map(|line| line.trim().strip_prefix("- cp -R ")).expect("the command");
    let srv = root.join("srv");
    let (release, shared) = (srv.join("static"), srv.join("shared"));
    let line = line.replace("/app/staticfiles", &release.display().to_string());
    let command = format!("cp -R {}", line.replace("/srv/mysite", &srv.display().to_string()));
    fs::create_dir_all(&shared).expect("a folder");
    let bring = |name: &str, text: &str| {
        let _ = fs::remove_dir_all(&release);
        fs::create_dir_all(release.join("css")).expect("a folder");
        fs::write(release.join("css").join(name), text).expect("written");
        fs::write(release.join("staticfiles.json"), text).expect("written");
        let mut shell = Command::new("sh");
        shell.args(["-c", &command]);
        assert_eq!(ran(shell), "");
    };
    bring("site.1111aaaa.css", "old");
    bring("site.2222bbbb.css", "new");
    let read = |path: &str| fs::read_to_string(shared.join(path)).ok();
    assert_eq!(read("css/site.1111aaaa.css").as_deref(), Some("old"));
    assert_eq!(read("css/site.2222bbbb.css").as_deref(), Some("new"));
    assert_eq!(read("staticfiles.json").as_deref(), Some("new"));
    // What nobody can have open any more goes with the next release.
    let mut touch = Command::new("touch");
    touch.args(["-d", "40 days ago"]).arg(shared.join("css/site.1111aaaa.css"));
    ran(touch);
    bring("site.3333cccc.css", "newest");
    assert_eq!(read("css/site.1111aaaa.css"), None);
    assert!(read("css/site.2222bbbb.css").is_some() && read("css/site.3333cccc.css").is_some());
}

/// Every description that `make judge` judges passes `check`, and a wrong one does not.
#[test]
fn check_tells_right_from_wrong_and_writes_nothing() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/deploy");
    let folder = tempfile::tempdir().expect("a folder");
    for entry in fs::read_dir(fixtures).expect("the fixtures") {
        let path = entry.expect("an entry").path().display().to_string();
        let said = good(folder.path(), &["deploy", "check", "--file", &path]);
        assert!(said.contains("nothing is wrong"), "{said}");
    }
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
}
