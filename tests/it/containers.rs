//! What `ruwsgi deploy` writes, run by Docker: the images are built and the site is used through its published port.
//!
//! `RUWSGI_IMAGE` names an image of `docker/Dockerfile` for Python 3.11; `tools/containers` makes one for `make test`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::deploy::{change, compose, get, good, ran, starter, text, tool};
use crate::support::tools::skip;

/// The image to build on, or why there is none.
fn base_image() -> Option<String> {
    let image = std::env::var("RUWSGI_IMAGE").ok();
    if image.is_none() {
        let reason = std::env::var("RUWSGI_NO_IMAGE").unwrap_or_else(|_| {
            "name an image with ruwsgi on Python 3.11 with RUWSGI_IMAGE=ruwsgi:0.1.0-python3.11"
                .to_owned()
        });
        skip(&reason);
    }
    image
}

/// A starter on that image, whose own images have a tag that nothing else has.
fn site(image: &str, options: &[&str]) -> (TempDir, PathBuf, String) {
    let run = image.rsplit_once(':').map_or("test", |(_, tag)| tag);
    let tag = format!("{run}-{}", std::process::id());
    let mut all = vec!["--python", "3.11"];
    all.extend_from_slice(options);
    let (folder, root) = starter(&all);
    change(
        &root.join("ruwsgi.yaml"),
        "\nnginx:\n",
        &format!("\nimages:\n  base: {image}\n  tag: {tag}\n\nnginx:\n"),
    );
    good(&root, &["deploy", "render"]);
    (folder, root, tag)
}

/// Both images are built; what must not be in them is not.
#[test]
fn docker_builds_both_images() {
    let Some(base) = base_image() else { return };
    let Some(docker) = tool("RUWSGI_DOCKER", "docker") else { return };
    let (_folder, root, tag) = site(&base, &[]);
    let docker = |arguments: &[&str]| {
        let mut command = Command::new(&docker);
        command.env("DOCKER_BUILDKIT", "1").args(arguments).current_dir(&root);
        ran(command)
    };
    for target in ["web", "nginx"] {
        let tag = format!("mysite-{target}:{tag}");
        docker(&["build", "--quiet", "--target", target, "--tag", &tag, "."]);
        let user = docker(&["inspect", "--format", "{{.Config.User}}", &tag]);
        assert_eq!(user.trim(), "10001:10001");
        if target == "web" {
            let said = docker(&[
                "run",
                "--rm",
                "--entrypoint",
                "ls",
                &tag,
                "-A",
                "/app",
                "/app/staticfiles",
            ]);
            assert!(said.contains("staticfiles.json") && said.contains("manage.py"), "{said}");
            assert!(!said.contains("secrets") && !said.contains("ruwsgi.yaml"), "{said}");
        }
        docker(&["rmi", &tag]);
    }
}

/// A site under `docker compose`; all of it is removed at the end.
struct Site {
    _folder: TempDir,
    root: PathBuf,
    project: String,
    image: String,
    port: u16,
}

impl Site {
    /// Builds the starter and waits until it is healthy. `wsgi` replaces the module of the application.
    fn up(image: &str, options: &[&str], wsgi: Option<&str>) -> Option<Self> {
        compose()?;
        let (folder, root, tag) = site(image, options);
        let port = free_port();
        change(
            &root.join("ruwsgi.yaml"),
            "\nserver:\n",
            &format!("\ncompose:\n  publish: 127.0.0.1:{port}\n\nserver:\n"),
        );
        good(&root, &["deploy", "render"]);
        if let Some(source) = wsgi {
            fs::write(root.join("mysite/wsgi.py"), source).expect("written");
        }
        let project = format!("ruwsgi-{}", tag.replace('.', "-"));
        let image = format!("mysite-web:{tag}");
        let site = Self { _folder: folder, root, project, image, port };
        site.compose(&["up", "--build", "--detach", "--wait", "--quiet-pull"]);
        Some(site)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = compose().expect("it was there before");
        command
            .env("DOCKER_BUILDKIT", "1")
            .args(["--project-name", &self.project, "--progress", "plain"])
            .args(arguments)
            .current_dir(&self.root);
        command
    }

    fn compose(&self, arguments: &[&str]) -> String {
        ran(self.command(arguments))
    }

    /// What a command in the container of the application prints.
    fn inside(&self, script: &str) -> String {
        self.compose(&["exec", "--no-TTY", "web", "sh", "-c", script])
    }

    /// A value of what Docker knows about a container.
    fn inspect(&self, service: &str, format: &str) -> String {
        let id = self.compose(&["ps", "--all", "--quiet", service]);
        let mut command = Command::new("docker");
        command.args(["inspect", "--format", format, id.trim()]);
        ran(command).trim().to_owned()
    }

    fn page(&self, path: &str) -> String {
        get(self.port, &format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n"))
    }

    /// Writes an entry into the guest book; the answer is what the POST got.
    fn sign(&self, message: &str) -> String {
        let form = self.page("/");
        let cookie = between(&form, "csrftoken=", ";");
        let token = between(&form, "csrfmiddlewaretoken\" value=\"", "\"");
        let fields = [("csrfmiddlewaretoken", token), ("name", "Ann"), ("message", message)];
        let mut body = String::new();
        for (name, value) in fields {
            body += "--line\r\nContent-Disposition: form-data; name=\"";
            body += &[name, "\"\r\n\r\n", value, "\r\n"].concat();
        }
        body += "--line\r\nContent-Disposition: form-data; name=\"attachment\"; filename=\"note.txt\"\r\nContent-Type: text/plain\r\n\r\nof paper\r\n--line--\r\n";
        get(
            self.port,
            &format!(
                "POST / HTTP/1.0\r\nHost: localhost\r\nCookie: csrftoken={cookie}\r\nContent-Type: multipart/form-data; boundary=line\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            ),
        )
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let logs = self.command(&["logs", "--no-color"]).output();
            eprintln!("{}", logs.map(|output| text(&output.stdout)).unwrap_or_default());
        }
        let _ = self.command(&["down", "--volumes", "--timeout", "1"]).output();
        // Not `--rmi all`: the others are not of this test alone.
        let _ = Command::new("docker").args(["rmi", &self.image]).output();
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    listener.local_addr().expect("its address").port()
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("no {from} in {text}"));
    rest.split(to).next().unwrap_or(rest)
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(20);
    while !done() {
        assert!(Instant::now() < until, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A page, a form with a file, a file of the site's and one of a visitor's: all through nginx.
fn uses(site: &Site) {
    let page = site.page("/");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains(">ruwsgi<"), "{page}");
    let style = site.page(page.split('"').find(|part| part.contains("/site.")).expect("a style"));
    assert!(style.starts_with("HTTP/1.1 200") && style.contains("immutable"), "{style}");
    let answer = site.sign("from a container");
    assert!(answer.starts_with("HTTP/1.1 302"), "{answer}");
    let page = site.page("/");
    assert!(page.contains("from a container"), "{page}");
    let media = site.page(page.split('"').find(|part| part.contains("/media/")).expect("a file"));
    assert!(media.starts_with("HTTP/1.1 200") && media.ends_with("of paper"), "{media}");
}

/// The application of the starter, with two more paths.
const PROBES: &str = r#"
import pathlib
import subprocess
import time

from django.core.wsgi import get_wsgi_application

django = get_wsgi_application()


def application(environ, start):
    said = b"done"
    if environ["PATH_INFO"] == "/slow":
        pathlib.Path("/tmp/reached").touch()
        time.sleep(2)
    elif environ["PATH_INFO"] == "/orphan":
        shell = subprocess.run(["sh", "-c", "sleep 0.5 >/dev/null & echo $!"], stdout=subprocess.PIPE)
        pid = int(shell.stdout)
        parent = pathlib.Path(f"/proc/{pid}/stat").read_text().split()[3]
        said = f"{pid} {parent}".encode()
    else:
        return django(environ, start)
    start("200 OK", [("Content-Length", str(len(said)))])
    return [said]
"#;

#[test]
fn docker_runs_the_site_confined_and_stops_it_gracefully() {
    let Some(base) = base_image() else { return };
    let Some(site) = Site::up(&base, &[], Some(PROBES)) else { return };
    uses(&site);

    // Nothing of it is root, and nothing it could change is on the image.
    assert_eq!(site.inside("id -u").trim(), "10001");
    let fixed = site.inside("touch /app/x 2>&1 || true");
    assert!(fixed.contains("Read-only file system"), "{fixed}");
    assert_eq!(site.inside("grep -c 'CapBnd:.*0000000000000000' /proc/1/status").trim(), "1");
    assert_eq!(site.inspect("web", "{{.State.Health.Status}}"), "healthy");

    // Process 1 buries what others left behind.
    let answer = site.page("/orphan");
    let (_, said) = answer.rsplit_once("\r\n\r\n").expect("a body");
    let (pid, parent) = said.split_once(' ').unwrap_or_else(|| panic!("{answer}"));
    assert_eq!(parent, "1", "{answer}");
    wait_until("the orphan is never buried", || {
        site.inside(&format!("test -e /proc/{pid} || echo buried")).contains("buried")
    });

    // The guest book outlives a restart.
    site.compose(&["restart", "web"]);
    site.compose(&["up", "--detach", "--wait"]);
    let page = site.page("/");
    assert!(page.contains("from a container"), "{page}");

    // A request in flight gets its answer, and the end is a good one.
    let port = site.port;
    let request =
        std::thread::spawn(move || get(port, "GET /slow HTTP/1.0\r\nHost: localhost\r\n\r\n"));
    wait_until("the request never came", || {
        site.inside("test -e /tmp/reached && echo reached || true").contains("reached")
    });
    let started = Instant::now();
    site.compose(&["stop", "web"]);
    let answer = request.join().expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("done"), "{answer}");
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    assert_eq!(site.inspect("web", "{{.State.ExitCode}}"), "0");
}

/// The other way from nginx to the application: HTTP over TCP, between two containers.
#[test]
fn docker_runs_the_site_over_http_and_tcp() {
    let Some(base) = base_image() else { return };
    let Some(site) = Site::up(&base, &["--proxy", "http", "--via", "tcp"], None) else { return };
    uses(&site);
    assert_eq!(site.inspect("web", "{{.State.Health.Status}}"), "healthy");
}
