//! `ruwsgi deploy build`, `up` and `down`: what Docker is asked for. What it makes of it is tested with containers.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use crate::deploy::{change, starter, text};

/// Runs the program with a docker that notes down what it is asked, and ends with this code.
fn with_docker(root: &Path, code: u8, arguments: &[&str]) -> (Output, String) {
    let bin = root.join("../bin");
    fs::create_dir_all(&bin).expect("a folder");
    let log = root.join("../asked");
    let _ = fs::remove_file(&log);
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in --version|'compose version') exit 0 ;; esac\necho \"$*\" >> {}\nexit {code}\n",
        log.display()
    );
    let docker = bin.join("docker");
    fs::write(&docker, script).expect("written");
    fs::set_permissions(&docker, fs::Permissions::from_mode(0o755)).expect("a program");
    let output = Command::new(env!("CARGO_BIN_EXE_ruwsgi"))
        .args(arguments)
        .current_dir(root)
        .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
        .output()
        .expect("the program starts");
    (output, fs::read_to_string(&log).unwrap_or_default())
}

#[test]
fn both_images_are_built_and_a_failure_is_passed_on() {
    let (_folder, root) = starter(&[]);
    let (output, asked) = with_docker(&root, 0, &["deploy", "build", "--pull"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(
        asked,
        "build --target web --tag mysite-web:1 --pull .\nbuild --target nginx --tag mysite-nginx:1 --pull .\n"
    );
    let (output, asked) = with_docker(&root, 7, &["deploy", "build"]);
    assert_eq!(output.status.code(), Some(7));
    assert_eq!(asked.lines().count(), 1, "nothing after the first that failed");
}

#[test]
fn the_site_is_started_and_stopped_by_compose() {
    let (_folder, root) = starter(&[]);
    let (output, asked) = with_docker(&root, 0, &["deploy", "up"]);
    assert!(text(&output.stdout).contains("http://127.0.0.1:8080/"), "{}", text(&output.stderr));
    let built = "build --target web --tag mysite-web:1 .\n";
    let up = "compose --file compose.yaml up --no-build --wait --remove-orphans\n";
    assert_eq!(asked, format!("{built}{up}"));
    let (_, asked) = with_docker(&root, 0, &["deploy", "up", "--watch", "--no-build"]);
    assert!(
        asked.starts_with("compose --file compose.yaml --file .ruwsgi/watch.yaml up"),
        "{asked}"
    );
    let watch = fs::read_to_string(root.join(".ruwsgi/watch.yaml")).expect("the overlay");
    assert!(
        watch.contains(":/app:ro\", \"/app/staticfiles\"]") && watch.contains("--py-autoreload")
    );
    let (_, asked) = with_docker(&root, 0, &["deploy", "down", "--volumes"]);
    assert_eq!(asked, "compose --file compose.yaml down --remove-orphans --volumes\n");
}

#[test]
fn several_containers_of_the_application_are_replaced_one_by_one() {
    let (_folder, root) = starter(&[]);
    change(&root.join("ruwsgi.yaml"), "\nserver:\n", "\ncompose:\n  replicas: 2\n\nserver:\n");
    crate::deploy::good(&root, &["deploy", "render"]);
    let (_, asked) = with_docker(&root, 0, &["deploy", "up"]);
    let asked: Vec<&str> =
        asked.lines().map(|line| line.trim_start_matches("compose --file compose.yaml ")).collect();
    assert_eq!(
        asked,
        [
            "build --target web --tag mysite-web:1 .",
            "up --no-build --wait web",
            "up --no-build --wait web-2",
            "up --no-build --wait --remove-orphans"
        ]
    );
    let nginx = fs::read_to_string(root.join("nginx/mysite.conf")).expect("rendered");
    // Asked twice, where one has lost what it was asked.
    let upstreams = nginx.matches("server unix:/run/socket/app.sock fail_timeout=0;").count();
    assert_eq!(upstreams, 2, "{nginx}");
    // The second stays as it is when the first does not become healthy.
    let (output, asked) = with_docker(&root, 3, &["deploy", "up", "--no-build"]);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(asked, "compose --file compose.yaml up --no-build --wait web\n");
}

#[test]
fn files_that_are_out_of_date_and_secrets_without_a_value_are_told_first() {
    let (_folder, root) = starter(&[]);
    change(&root.join("ruwsgi.yaml"), "harakiri: 30s", "harakiri: 31s");
    let (output, asked) = with_docker(&root, 0, &["deploy", "up"]);
    assert_eq!((output.status.code(), asked.as_str()), (Some(1), ""));
    assert!(text(&output.stderr).contains("uwsgi.ini is out of date"), "{}", text(&output.stderr));
    change(&root.join("ruwsgi.yaml"), "harakiri: 31s", "harakiri: 30s");
    change(&root.join("ruwsgi.yaml"), "[DJANGO_SECRET_KEY]", "[DJANGO_SECRET_KEY, MAIL_KEY]");
    crate::deploy::good(&root, &["deploy", "render"]);
    let (output, asked) = with_docker(&root, 0, &["deploy", "up"]);
    assert_eq!((output.status.code(), asked.as_str()), (Some(1), ""));
    assert!(text(&output.stderr).contains("secrets/mail_key"), "{}", text(&output.stderr));
}
