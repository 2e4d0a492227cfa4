//! `ruwsgi deploy`, as a user runs it; what it writes is judged by the programs it is for.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::tools::skip;

/// A run of the program.
pub fn ruwsgi(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ruwsgi"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("VIRTUAL_ENV")
        .output()
        .expect("the program starts")
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs it and expects a good end; the text is what was said.
pub fn good(folder: &Path, arguments: &[&str]) -> String {
    let output = ruwsgi(folder, arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// Runs it and expects exit code 1; the text is the complaint.
pub fn bad(folder: &Path, arguments: &[&str]) -> String {
    let output = ruwsgi(folder, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", text(&output.stdout));
    text(&output.stderr)
}

/// A starter project made with these options.
pub fn starter(options: &[&str]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut arguments = vec!["deploy", "init", "mysite"];
    arguments.extend_from_slice(options);
    good(folder.path(), &arguments);
    let root = folder.path().join("mysite");
    (folder, root)
}

/// Every file below, with its bytes, without what belongs to one machine.
pub fn files(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                // What `run` has left behind belongs to this machine.
                if path.file_name().is_some_and(|name| name != ".ruwsgi") {
                    folders.push(path);
                }
            } else {
                let name = path.strip_prefix(root).expect("inside").display().to_string();
                all.push((name, fs::read(&path).expect("a file")));
            }
        }
    }
    all.sort();
    all
}

pub fn change(path: &Path, from: &str, to: &str) {
    let before = fs::read_to_string(path).expect("the file");
    assert!(before.contains(from), "{from} is not in {}", path.display());
    fs::write(path, before.replace(from, to)).expect("written");
}

/// A program named by an environment variable, or found in PATH or a usual place; says why a check is not made.
pub fn tool(variable: &str, name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::var_os(variable).map(PathBuf::from).or_else(|| {
        std::env::split_paths(&path)
            .chain([PathBuf::from("/usr/sbin")])
            .map(|folder| folder.join(name))
            .find(|file| file.is_file())
    });
    if found.is_none() {
        skip(&format!("{name} is not here; name it with {variable}=/path/to/{name}"));
    }
    found
}

pub fn ran(mut command: Command) -> String {
    let output = command.output().expect("the command starts");
    let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{command:?}: {said}");
    said
}

#[test]
fn init_where_nothing_is_writes_a_project_and_its_deployment() {
    let (folder, root) = starter(&[]);
    for path in [
        "manage.py",
        "mysite/settings.py",
        "ruwsgi.yaml",
        "uwsgi.ini",
        "nginx/mysite.conf",
        "Dockerfile",
        ".dockerignore",
        "compose.yaml",
        "k8s/50-deployment.yaml",
        ".ruwsgi.lock",
    ] {
        assert!(root.join(path).is_file(), "{path}");
    }
    let secret = fs::read_to_string(root.join("secrets/django_secret_key")).expect("a secret");
    assert!(secret.trim().len() >= 50);
    for (path, bytes) in files(&root) {
        assert!(
            path.starts_with("secrets/") || !text(&bytes).contains(secret.trim()),
            "the secret is in {path}"
        );
    }
    let again = bad(folder.path(), &["deploy", "init", "mysite"]);
    assert!(again.contains("ruwsgi.yaml is there already"), "{again}");
    assert_eq!(
        fs::read_to_string(root.join("secrets/django_secret_key")).expect("a secret"),
        secret
    );
}

#[test]
fn init_refuses_names_that_cannot_be_projects() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["My_Site", "-x", "a/b", "class", "django", ""] {
        let output = ruwsgi(folder.path(), &["deploy", "init", "--", name]);
        assert!(!output.status.success(), "{name}");
    }
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[test]
fn init_describes_a_project_that_is_there_and_leaves_its_files_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let own = [
        (
            "manage.py",
            "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.local')\n",
        ),
        (
            "shop/settings/base.py",
            "SECRET_KEY = 'x'\nWSGI_APPLICATION = 'shop.wsgi.app'\nSTATIC_URL = '/assets/'\nSTATIC_ROOT = BASE_DIR / 'public'\n",
        ),
        ("shop/settings/production.py", "from .base import *\n"),
        ("shop/wsgi.py", "app = None\n"),
        ("requirements/production.txt", "Django\n"),
        ("Dockerfile", "FROM scratch\n"),
    ];
    for (path, content) in own {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, content).expect("written");
    }
    let said = good(root, &["deploy", "init", "shop"]);
    assert!(said.contains("kept       Dockerfile"), "{said}");
    assert!(said.contains("SECRET_KEY is written in the settings"), "{said}");
    for (path, content) in own {
        assert_eq!(fs::read_to_string(root.join(path)).expect("still there"), content);
    }
    let yaml = fs::read_to_string(root.join("ruwsgi.yaml")).expect("ruwsgi.yaml");
    for line in [
        "module: \"shop.wsgi:app\"",
        "settings: shop.settings.production",
        "requirements: requirements/production.txt",
        "static_url: /assets/",
        "static_root: public",
        "  - Dockerfile",
    ] {
        assert!(yaml.contains(line), "{line} is not in\n{yaml}");
    }
    good(root, &["deploy", "diff", "--exit-code"]);
}

#[test]
fn the_same_yaml_renders_the_same_bytes() {
    let (_one, first) = starter(&["--via", "tcp"]);
    let (_two, second) = starter(&["--via", "tcp"]);
    let without_secret = |root: &Path| {
        let mut all = files(root);
        all.retain(|(path, _)| path != "secrets/django_secret_key");
        all
    };
    assert!(without_secret(&first) == without_secret(&second));
    let before = files(&first);
    let said = good(&first, &["deploy", "render"]);
    assert!(said.lines().all(|line| line.starts_with("unchanged")), "{said}");
    assert!(files(&first) == before);
    // From a folder below, and by name, it is the same file.
    good(&first.join("nginx"), &["deploy", "diff", "--exit-code"]);
    good(
        &second,
        &[
            "deploy",
            "diff",
            "--exit-code",
            "--file",
            &first.join("ruwsgi.yaml").display().to_string(),
        ],
    );
}

#[test]
fn a_file_changed_by_hand_is_named_and_nothing_is_written() {
    let (_folder, root) = starter(&[]);
    change(&root.join("uwsgi.ini"), "processes = 2", "processes = 3");
    change(&root.join("ruwsgi.yaml"), "harakiri: 30s", "harakiri: 60s");
    let before = files(&root);
    let complaint = bad(&root, &["deploy", "render"]);
    assert!(complaint.contains("uwsgi.ini: changed by hand"), "{complaint}");
    assert!(files(&root) == before);
    let check = ruwsgi(&root, &["deploy", "diff", "--exit-code"]);
    assert_eq!(check.status.code(), Some(1));
    assert!(text(&check.stdout).contains("compose.yaml: out of date"));
    good(&root, &["deploy", "render", "--force"]);
    good(&root, &["deploy", "diff", "--exit-code"]);
}

#[test]
fn a_wrong_type_is_told_with_its_line_and_nothing_is_written() {
    let (_folder, root) = starter(&[]);
    change(&root.join("ruwsgi.yaml"), "processes: 2", "processes: many");
    let before = files(&root);
    let complaint = bad(&root, &["deploy", "render"]);
    insta::assert_snapshot!(complaint);
    assert!(complaint.lines().count() < 24);
    assert!(files(&root) == before);
}

#[test]
fn what_is_no_longer_described_is_removed() {
    let (_folder, root) = starter(&[]);
    let cron =
        "cron:\n  tidy: {schedule: \"15 3 * * *\", command: python manage.py clearsessions}\n";
    let yaml = fs::read_to_string(root.join("ruwsgi.yaml")).expect("ruwsgi.yaml");
    fs::write(root.join("ruwsgi.yaml"), format!("{yaml}{cron}")).expect("written");
    good(&root, &["deploy", "render"]);
    assert!(root.join("k8s/85-cron.yaml").is_file());
    fs::write(root.join("ruwsgi.yaml"), yaml).expect("written");
    let said = good(&root, &["deploy", "render"]);
    assert!(said.contains("removed    k8s/85-cron.yaml"), "{said}");
    assert!(!root.join("k8s/85-cron.yaml").exists());
}

/// `nginx -t` on the server file alone, in a main file as a user has one.
#[test]
fn nginx_takes_the_file_of_every_pass_mode() {
    let Some(nginx) = tool("RUWSGI_NGINX", "nginx") else { return };
    for (pass, via) in [("uwsgi", "socket"), ("uwsgi", "tcp"), ("http", "socket"), ("http", "tcp")]
    {
        let (folder, root) = starter(&["--proxy", pass, "--via", via]);
        let yaml = root.join("ruwsgi.yaml");
        for proxies in [false, true] {
            if proxies {
                change(
                    &yaml,
                    "# trusted_proxies: [10.0.0.0/8]",
                    "trusted_proxies: [10.0.0.0/8, \"fd00::/8\"]",
                );
                change(
                    &yaml,
                    "server_names: [localhost",
                    "server_names: [www.example.com, \"*.example.com\", \"::1\", localhost",
                );
                good(&root, &["deploy", "render"]);
            }
            let main = folder.path().join("main.conf");
            let site = root.join("nginx/mysite.conf");
            let work = folder.path().display();
            fs::write(&main, format!("pid {work}/pid; error_log stderr; events {{}} http {{ access_log off; include {}; }}", site.display())).expect("written");
            let mut command = Command::new(&nginx);
            command.args(["-t", "-q", "-e", "stderr", "-c"]).arg(&main);
            let said = ran(command);
            assert_eq!(said, "", "{pass} {via}");
        }
    }
}

/// The real uWSGI loads the starter with the rendered file, strict as it is.
#[test]
fn the_real_uwsgi_starts_with_the_rendered_file() {
    let Some(uwsgi) = tool("RUWSGI_UWSGI", "uwsgi") else { return };
    for pass in ["uwsgi", "http"] {
        let (_folder, root) = starter(&["--proxy", pass]);
        let mut child = Command::new(&uwsgi)
            .args(["--ini", "uwsgi.ini"])
            .current_dir(&root)
            .process_group(0)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("uWSGI starts");
        let lines = BufReader::new(child.stderr.take().expect("its lines")).lines();
        let mut said = String::new();
        let mut spawned = 0;
        for line in lines.map_while(Result::ok) {
            said.push_str(&line);
            said.push('\n');
            spawned += usize::from(line.starts_with("spawned uWSGI worker"));
            // The last line of the start: the hook is in place.
            if spawned == 2 && line.contains("gracefully_kill_them_all") {
                break;
            }
        }
        assert_eq!(spawned, 2, "{said}");
        // All at once: a worker of uWSGI that hardly lives takes no notice of anything milder.
        let group = nix::unistd::Pid::from_raw(i32::try_from(child.id()).expect("a pid"));
        nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL).expect("sent");
        child.wait().expect("an end");
    }
}

#[test]
fn kubernetes_takes_the_manifests() {
    let Some(validate) = tool("RUWSGI_KUBERNETES_VALIDATE", "kubernetes-validate") else { return };
    for via in ["socket", "tcp"] {
        let (_folder, root) = starter(&["--via", via]);
        let check = |version: &str| {
            let mut command = Command::new(&validate);
            command.args(["--strict", "-k", version]).current_dir(&root);
            for (path, _) in files(&root).into_iter().filter(|(path, _)| {
                path.starts_with("k8s/")
                    && Path::new(path).extension().is_some_and(|kind| kind == "yaml")
            }) {
                command.arg(path);
            }
            let said = ran(command);
            assert!(!said.contains("WARN"), "{said}");
        };
        check("1.30");
        check("1.33");
        change(&root.join("ruwsgi.yaml"), "  data_dir: data", "  # data_dir: data");
        change(&root.join("ruwsgi.yaml"), "  media_url:", "  # media_url:");
        change(&root.join("ruwsgi.yaml"), "  media_root: media\n", "");
        change(&root.join("ruwsgi.yaml"), "# tls: upstream", "tls: upstream");
        change(
            &root.join("ruwsgi.yaml"),
            "# trusted_proxies: [10.0.0.0/8]",
            "trusted_proxies: [10.0.0.0/8]",
        );
        change(
            &root.join("ruwsgi.yaml"),
            "server_names: [localhost",
            "server_names: [www.example.com, \"*.example.com\"",
        );
        good(&root, &["deploy", "render"]);
        assert!(root.join("k8s/40-migrate.yaml").is_file());
        check("1.33");
    }
}

/// The Compose of Docker: the plugin, or where `RUWSGI_COMPOSE` says.
pub fn compose() -> Option<Command> {
    if let Some(path) = std::env::var_os("RUWSGI_COMPOSE") {
        return Some(Command::new(path));
    }
    let plugin = Command::new("docker").args(["compose", "version"]).output();
    if plugin.is_ok_and(|output| output.status.success()) {
        let mut command = Command::new("docker");
        command.arg("compose");
        return Some(command);
    }
    skip(
        "`docker compose` is not here; name version 2 with RUWSGI_COMPOSE=/path/to/docker-compose",
    );
    None
}

#[test]
fn compose_takes_its_file() {
    for via in ["socket", "tcp"] {
        let Some(mut command) = compose() else { return };
        let (_folder, root) = starter(&["--via", via]);
        command.args(["config", "--quiet"]).current_dir(&root);
        assert_eq!(ran(command), "");
    }
}

/// The starter's own tests and Django's deployment check, in the Python of `RUWSGI_DJANGO_PYTHON`.
#[test]
fn the_starter_passes_its_tests_and_the_deployment_check() {
    let Some(python) = django() else { return };
    let (_folder, root) = starter(&[]);
    let manage = |arguments: &[&str], more: &[(&str, &str)]| {
        let mut command = Command::new(&python);
        command.arg("manage.py").args(arguments).current_dir(&root).envs(more.iter().copied());
        ran(command)
    };
    assert!(manage(&["test"], &[]).contains("OK"));
    manage(&["makemigrations", "--check", "--dry-run"], &[]);
    let https = [
        ("DJANGO_HTTPS", "1"),
        ("DJANGO_TRUST_PROXY", "1"),
        ("DJANGO_ALLOWED_HOSTS", "www.example.com"),
        // As `nginx.hsts: preload` has it.
        ("DJANGO_HSTS_INCLUDE_SUBDOMAINS", "1"),
        ("DJANGO_HSTS_PRELOAD", "1"),
    ];
    let said = manage(&["check", "--deploy", "--fail-level", "WARNING"], &https);
    assert!(said.contains("no issues"), "{said}");
}

/// A Python that has Django.
pub fn django() -> Option<PathBuf> {
    let found = std::env::var_os("RUWSGI_DJANGO_PYTHON").map(PathBuf::from).or_else(|| {
        // The real uWSGI mostly lives in an environment with Django.
        let uwsgi = std::env::var_os("RUWSGI_UWSGI").map(PathBuf::from)?;
        Some(uwsgi.with_file_name("python"))
    });
    let works = found.filter(|python| {
        Command::new(python)
            .args(["-c", "import django"])
            .output()
            .is_ok_and(|output| output.status.success())
    });
    if works.is_none() {
        skip("no Python with Django; name one with RUWSGI_DJANGO_PYTHON=/path/to/python");
    }
    works
}

/// A page of the site, as a client sees it.
pub fn get(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("nginx listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("set");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    text(&answer)
}

/// `deploy run`; gives the running program and the port it told.
pub fn run(
    root: &Path,
    python: &Path,
) -> (std::process::Child, u16, Box<dyn Iterator<Item = String> + Send>) {
    let venv = python.parent().and_then(Path::parent).expect("an environment");
    let mut child = Command::new(env!("CARGO_BIN_EXE_ruwsgi"))
        .args(["deploy", "run"])
        .current_dir(root)
        .env("VIRTUAL_ENV", venv)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("the program starts");
    let mut lines =
        BufReader::new(child.stdout.take().expect("its lines")).lines().map_while(Result::ok);
    let mut said = String::new();
    let port = lines.by_ref().find_map(|line| {
        said.push_str(&line);
        said.push('\n');
        line.split_once("http://127.0.0.1:")
            .and_then(|(_, rest)| rest.split('/').next()?.parse::<u16>().ok())
    });
    assert!(port.is_some(), "it ended before it was up:\n{said}");
    (child, port.unwrap_or_default(), Box::new(lines))
}

pub fn interrupt(child: &std::process::Child) {
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).expect("a pid"));
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).expect("sent");
}

#[test]
fn run_serves_the_starter_behind_nginx_until_interrupted() {
    let (Some(_), Some(python)) = (tool("RUWSGI_NGINX", "nginx"), django()) else { return };
    for (pass, via) in [("uwsgi", "socket"), ("http", "socket"), ("uwsgi", "tcp"), ("http", "tcp")]
    {
        let (_folder, root) = starter(&["--proxy", pass, "--via", via]);
        let (mut child, port, lines) = run(&root, &python);
        let page = get(
            port,
            &format!(
                "GET / HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nX-Forwarded-Proto: https\r\nProxy: http://evil/\r\n\r\n"
            ),
        );
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        assert!(
            page.contains("<dd>http</dd>"),
            "the client's X-Forwarded-Proto was believed: {page}"
        );
        assert!(page.contains(&format!("<dd>127.0.0.1:{port}</dd>")), "{page}");
        let style =
            page.split('"').find(|part| part.contains("/site.")).expect("a style sheet").to_owned();
        let style = get(port, &format!("GET {style} HTTP/1.0\r\nHost: localhost\r\n\r\n"));
        assert!(style.contains("immutable") && style.contains("nosniff"), "{style}");
        let unknown = get(port, "GET / HTTP/1.0\r\nHost: evil.example\r\n\r\n");
        assert_eq!(unknown, "", "a name that is not ours was answered");
        // nginx chooses by the request line; the header must not contradict it further in.
        let two = get(
            port,
            "GET http://localhost/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        );
        assert!(two.contains("<dd>localhost</dd>") && !two.contains("evil.example"), "{two}");
        interrupt(&child);
        let rest: Vec<String> = lines.collect();
        assert!(child.wait().expect("an end").success(), "{rest:?}");
        assert!(rest.iter().any(|line| line.starts_with("nginx   | ")), "{rest:?}");
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "nginx is still there");
    }
}

#[test]
fn a_request_in_flight_is_answered_when_run_is_interrupted() {
    let (Some(_), Some(python)) = (tool("RUWSGI_NGINX", "nginx"), django()) else { return };
    let (_folder, root) = starter(&[]);
    let slow = "import time\nfrom pathlib import Path\n\ndef application(environ, start):\n    if environ['PATH_INFO'] == '/slow':\n        Path('reached').touch()\n        time.sleep(2)\n    start('200 OK', [('Content-Length', '4')])\n    return [b'done']\n";
    fs::write(root.join("mysite/wsgi.py"), slow).expect("written");
    let (mut child, port, lines) = run(&root, &python);
    let request =
        std::thread::spawn(move || get(port, "GET /slow HTTP/1.0\r\nHost: localhost\r\n\r\n"));
    let until = Instant::now() + Duration::from_secs(10);
    while !root.join("reached").exists() {
        assert!(Instant::now() < until, "the request never came");
        std::thread::sleep(Duration::from_millis(10));
    }
    interrupt(&child);
    let answer = request.join().expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("done"), "{answer}");
    let rest: Vec<String> = lines.collect();
    assert!(child.wait().expect("an end").success(), "{rest:?}");
}

#[test]
fn a_second_interrupt_ends_at_once_and_leaves_nothing_running() {
    let (Some(_), Some(python)) = (tool("RUWSGI_NGINX", "nginx"), django()) else { return };
    let (_folder, root) = starter(&[]);
    let slow = "import os, time\nfrom pathlib import Path\n\ndef application(environ, start):\n    if environ['PATH_INFO'] == '/slow':\n        Path('pid').write_text(str(os.getpid()))\n        time.sleep(25)\n    start('200 OK', [('Content-Length', '4')])\n    return [b'done']\n";
    fs::write(root.join("mysite/wsgi.py"), slow).expect("written");
    let (mut child, port, mut lines) = run(&root, &python);
    let request =
        std::thread::spawn(move || get(port, "GET /slow HTTP/1.0\r\nHost: localhost\r\n\r\n"));
    let worker = loop {
        match fs::read_to_string(root.join("pid")).unwrap_or_default().parse::<i32>() {
            Ok(pid) => break nix::unistd::Pid::from_raw(pid),
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    let started = Instant::now();
    interrupt(&child);
    assert!(lines.any(|line| line.contains("Ctrl-C again")));
    interrupt(&child);
    let rest: Vec<String> = lines.collect();
    assert!(rest.iter().any(|line| line.contains("is killed")), "{rest:?}");
    child.wait().expect("an end");
    assert!(started.elapsed() < Duration::from_secs(15));
    // It is nobody's child now: whoever adopts it may take its time to bury it.
    let state = || fs::read_to_string(format!("/proc/{worker}/stat")).unwrap_or_default();
    while !state().is_empty() && !state().contains(") Z ") {
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "a worker is still there: {}",
            state()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    let _ = request.join();
}

#[test]
fn run_stops_and_says_so_when_the_server_ends() {
    let (Some(_), Some(python)) = (tool("RUWSGI_NGINX", "nginx"), django()) else { return };
    let (_folder, root) = starter(&[]);
    fs::write(root.join("mysite/wsgi.py"), "raise RuntimeError('on purpose')\n").expect("written");
    let started = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_ruwsgi"))
        .args(["deploy", "run"])
        .current_dir(&root)
        .env("VIRTUAL_ENV", python.parent().and_then(Path::parent).expect("an environment"))
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("on purpose"));
    assert!(
        text(&output.stderr).contains("ruwsgi ended by itself (exit code 22)"),
        "{}",
        text(&output.stderr)
    );
    assert!(started.elapsed() < Duration::from_secs(50));
}

/// `compose/` (the starter and what is rendered for it) and `k8s/` of this repository are what
/// compose/ruwsgi.yaml makes: UPDATE=1 writes them again.
#[test]
fn the_reference_site_is_what_its_yaml_renders() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (_folder, root) = starter(&[]);
    fs::copy(top.join("compose/ruwsgi.yaml"), root.join("ruwsgi.yaml"))
        .expect("compose/ruwsgi.yaml");
    good(&root, &["deploy", "render"]);
    let update = std::env::var_os("UPDATE").is_some();
    let mut differing = Vec::new();
    let mut manifests = Vec::new();
    for (path, bytes) in files(&root) {
        if path.starts_with("secrets/") || path == ".ruwsgi.lock" {
            continue;
        }
        let folder = if path.starts_with("k8s/") { top.to_path_buf() } else { top.join("compose") };
        let place = folder.join(&path);
        manifests.push(place.clone());
        if fs::read(&place).ok().as_deref() == Some(bytes.as_slice()) {
            continue;
        }
        if update {
            fs::create_dir_all(place.parent().expect("a parent")).expect("a folder");
            fs::write(&place, &bytes).expect("written");
        } else {
            differing.push(place.display().to_string());
        }
    }
    for entry in fs::read_dir(top.join("k8s")).expect("k8s/") {
        let path = entry.expect("an entry").path();
        if !manifests.contains(&path) {
            differing.push(format!("{} (no longer rendered)", path.display()));
        }
    }
    assert!(differing.is_empty(), "run again with UPDATE=1: {differing:?}");
}

#[test]
fn render_on_a_fresh_clone_makes_the_key_that_is_in_no_repository() {
    let (_folder, root) = starter(&[]);
    fs::remove_dir_all(root.join("secrets")).expect("removed");
    good(&root, &["deploy", "diff", "--exit-code"]);
    let printed = good(&root, &["deploy", "render", "--stdout"]);
    assert!(printed.contains("# ==> compose.yaml <==") && !root.join("secrets").exists());
    let said = good(&root, &["deploy", "render"]);
    assert!(said.contains("secrets/django_secret_key"), "{said}");
    let key = fs::read(root.join("secrets/django_secret_key")).expect("the key");
    good(&root, &["deploy", "render", "--force"]);
    assert_eq!(fs::read(root.join("secrets/django_secret_key")).expect("the key"), key);
}

/// The tables of keys and rules in docs/deploy.md are those in the program: UPDATE=1 writes them again.
#[test]
fn the_manual_has_the_tables_of_keys_and_rules() {
    use ruwsgi::deploy::keys::{Fallback, KEYS};
    let mut table = String::from("| key | default | what for |\n| --- | --- | --- |\n");
    for key in KEYS {
        let default = match key.default {
            Fallback::Required => "required".to_owned(),
            Fallback::Is(value) => format!("`{value}`"),
            Fallback::From(how) => how.to_owned(),
            Fallback::Off => "none".to_owned(),
        };
        let row = format!("| `{}` | {default} | {} |\n", key.path, key.about);
        table.push_str(&row);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/deploy.md");
    let before = fs::read_to_string(&path).expect("docs/deploy.md");
    let (head, rest) = before.split_once("UPDATE=1 -->\n").expect("the mark");
    let (_, tail) = rest.split_once("<!-- end -->").expect("the other mark");
    let after = format!("{head}UPDATE=1 -->\n{table}<!-- end -->{tail}");
    let (head, rest) =
        after.split_once("rules: written by a test, UPDATE=1 -->\n").expect("the mark");
    let (_, tail) = rest.split_once("<!-- end of rules -->").expect("the other mark");
    let mut rules = String::from("| id | rule |\n| --- | --- |\n");
    for (id, rule) in ruwsgi::deploy::rules::RULES {
        let row = format!("| {id} | {rule} |\n");
        rules.push_str(&row);
    }
    let after =
        format!("{head}rules: written by a test, UPDATE=1 -->\n{rules}<!-- end of rules -->{tail}");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &after).expect("written");
    }
    assert!(before == after || std::env::var_os("UPDATE").is_some(), "run again with UPDATE=1");
}
