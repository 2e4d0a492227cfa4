//! `ruwsgi deploy adopt`, as a user runs it. What becomes of each line is tested where it is decided.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::deploy::{bad, change, good, ran, ruwsgi, text, tool};

fn fixture(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/adopt")
        .join(name)
        .display()
        .to_string()
}

#[test]
fn a_site_is_adopted_and_renders() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let (ini, conf) = (fixture("shop.ini"), fixture("shop.conf"));
    let said = good(root, &["deploy", "adopt", &ini, "--nginx", &conf]);
    assert!(said.starts_with("written    ruwsgi.yaml\n"), "{said}");
    assert!(said.contains("not carried:") && !said.contains('\u{1b}'), "{said}");
    good(root, &["deploy", "render"]);
    let rendered = fs::read_to_string(root.join("uwsgi.ini")).expect("uwsgi.ini");
    for line in [
        "processes = 6\n",
        "harakiri = 45\n",
        "limit-post = 209715200\n",
        "stats = 127.0.0.1:1717\n",
    ] {
        assert!(rendered.contains(line), "{line} is not in\n{rendered}");
    }
    // What was rendered can be adopted again, and comes to the same.
    let again = tempfile::tempdir().expect("a folder");
    let rendered = root.join("uwsgi.ini").display().to_string();
    good(again.path(), &["deploy", "adopt", &rendered, "--name", "shop"]);
    let yaml = fs::read_to_string(again.path().join("ruwsgi.yaml")).expect("ruwsgi.yaml");
    for line in ["processes: 6\n", "harakiri: 45s\n", "module: \"shop.wsgi:application\"\n"] {
        assert!(yaml.contains(line), "{line} is not in\n{yaml}");
    }
}

#[test]
fn nginx_takes_what_was_adopted_from_it() {
    let Some(nginx) = tool("RUWSGI_NGINX", "nginx") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let (ini, conf) = (fixture("shop.ini"), fixture("shop.conf"));
    good(root, &["deploy", "adopt", &ini, "--nginx", &conf]);
    // Without a certificate here.
    change(&root.join("ruwsgi.yaml"), "tls: files", "tls: none");
    change(&root.join("ruwsgi.yaml"), "  hsts: subdomains\n", "");
    good(root, &["deploy", "render"]);
    let site = fs::read_to_string(root.join("nginx/shop.conf")).expect("the site");
    for line in
        ["uwsgi_intercept_errors on;", "\"~*(bot|spider) \" 1;", "add_header X-Frame-Options DENY;"]
    {
        assert!(site.contains(line), "{line} is not in\n{site}");
    }
    let main = root.join("main.conf");
    let work = root.display();
    let text = format!(
        "pid {work}/pid; error_log stderr; events {{}} http {{ access_log off; include {work}/nginx/shop.conf; }}"
    );
    fs::write(&main, text).expect("written");
    let mut command = Command::new(nginx);
    command.args(["-t", "-q", "-e", "stderr", "-c"]).arg(&main);
    ran(command);
}

#[test]
fn nothing_is_overwritten_and_what_is_wrong_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    fs::write(root.join("ruwsgi.yaml"), "mine\n").expect("written");
    let complaint = bad(root, &["deploy", "adopt", &fixture("shop.ini")]);
    assert!(complaint.contains("ruwsgi.yaml is there already"), "{complaint}");
    let printed = ruwsgi(root, &["deploy", "adopt", &fixture("shop.ini"), "--stdout"]);
    assert!(printed.status.success() && text(&printed.stdout).contains("name: shop\n"));
    assert!(text(&printed.stderr).contains("carried:"));
    assert_eq!(fs::read_to_string(root.join("ruwsgi.yaml")).expect("still there"), "mine\n");
    good(root, &["deploy", "adopt", &fixture("shop.ini"), "--force"]);
    let complaint = bad(root, &["deploy", "adopt", "no.ini", "--stdout"]);
    assert!(complaint.contains("cannot read no.ini"), "{complaint}");
    let complaint =
        bad(root, &["deploy", "adopt", &fixture("shop.ini"), "--name", "A b", "--force"]);
    assert!(complaint.contains("cannot be a project's name"), "{complaint}");
}

#[test]
fn a_script_can_read_the_report() {
    let folder = tempfile::tempdir().expect("a folder");
    let said = good(folder.path(), &["deploy", "adopt", &fixture("api.yaml"), "--json"]);
    let report: Value = serde_json::from_str(&said).expect("JSON");
    let lines = report["lines"].as_array().expect("lines");
    assert!(lines.iter().any(|line| {
        line["text"] == "workers = 3"
            && line["fate"] == "carried"
            && line["why"] == "server.processes"
            && line["origin"].as_str().is_some_and(|origin| origin.ends_with("api.yaml:8"))
    }));
}
