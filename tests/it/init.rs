//! `ruwsgi deploy init`: what it finds, whom it asks, and what it writes.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};

use crate::deploy::{bad, good};

fn project(root: &Path) {
    for (path, text) in [
        (
            "manage.py",
            "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
        ),
        (
            "shop/settings.py",
            "WSGI_APPLICATION = 'shop.wsgi.application'\nSTATIC_ROOT = BASE_DIR / 'staticfiles'\n",
        ),
        ("shop/wsgi.py", "application = None\n"),
        ("pyproject.toml", "[tool.poetry]\n"),
        ("poetry.lock", ""),
        (".python-version", "3.12.3\n"),
    ] {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("written");
    }
}

#[test]
fn a_project_has_a_name_and_a_python_of_its_own_and_nobody_is_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    project(root);
    good(root, &["deploy", "init", "--host", "shop.example.com"]);
    let yaml = fs::read_to_string(root.join("ruwsgi.yaml")).expect("ruwsgi.yaml");
    for line in [
        "name: shop\n",
        "python: \"3.12\"\n",
        "  requirements: poetry.lock\n",
        "  server_names: [shop.example.com, localhost,",
    ] {
        assert!(yaml.contains(line), "{line} is not in\n{yaml}");
    }
    let keys = yaml.lines().filter(|line| {
        let line = line.trim_start();
        !line.is_empty() && !line.starts_with('#') && !line.ends_with(':')
    });
    assert!(keys.count() <= 10, "{yaml}");
}

#[test]
fn without_a_project_a_name_is_needed_where_nobody_can_be_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    let complaint = bad(folder.path(), &["deploy", "init"]);
    assert!(complaint.contains("ruwsgi deploy init mysite"), "{complaint}");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[test]
fn on_a_terminal_what_nobody_said_is_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    project(root);
    let said = answered(root, &["deploy", "init"], "\nhttps://x\nwww.example.com\n");
    assert!(said.contains("The project's name [shop]: "), "{said}");
    assert!(said.contains("it must be a host name without `https://`"), "{said}");
    let yaml = fs::read_to_string(root.join("ruwsgi.yaml")).expect("ruwsgi.yaml");
    assert!(
        yaml.contains("name: shop\n") && yaml.contains("[www.example.com, localhost"),
        "{yaml}"
    );
    // `--yes` is asked nothing there.
    let said = answered(root, &["deploy", "init", "--yes", "--force"], "");
    assert!(!said.contains("The project's name"), "{said}");
}

/// Runs it on a terminal of its own, with these answers typed.
fn answered(root: &Path, arguments: &[&str], answers: &str) -> String {
    let terminal = nix::pty::openpty(None, None).expect("a terminal");
    // Or what is typed would appear within what is said, at any place.
    let mut modes = tcgetattr(&terminal.slave).expect("its modes");
    modes.local_flags.remove(LocalFlags::ECHO);
    tcsetattr(&terminal.slave, SetArg::TCSANOW, &modes).expect("no echo");
    let slave = || Stdio::from(terminal.slave.try_clone().expect("the other end"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_ruwsgi"));
    command.args(arguments).current_dir(root).env("NO_COLOR", "1");
    let mut child =
        command.stdin(slave()).stdout(slave()).stderr(slave()).spawn().expect("the program starts");
    drop(command);
    drop(terminal.slave);
    let mut master = fs::File::from(terminal.master);
    master.write_all(answers.as_bytes()).expect("typed");
    let mut said = Vec::new();
    let mut buffer = [0; 4096];
    // The end of a terminal is an error on Linux.
    while let Ok(count) = master.read(&mut buffer) {
        if count == 0 {
            break;
        }
        said.extend_from_slice(&buffer[..count]);
    }
    assert!(child.wait().expect("an end").success(), "{}", String::from_utf8_lossy(&said));
    String::from_utf8_lossy(&said).into_owned()
}
