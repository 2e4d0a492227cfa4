//! No value of a ruwsgi.yaml breaks out of its place: it is refused, or the files keep their shape.
//!
//! Judged by a real nginx and a YAML parser. What single escapes do is tested beside them, in `deploy::escape`.

use std::fs;
use std::process::Command;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use ruwsgi::deploy::plan::plan;
use ruwsgi::deploy::render::{Output, render};
use ruwsgi::deploy::spec::{Known, load};

use crate::deploy::{text, tool};

/// A description in which `VALUE` stands where a user's own text can.
const PLACES: &[&str] = &[
    "env: {STRANGE: VALUE}",
    "server: {options: {log-format: VALUE}}",
    "cron: {strange: {schedule: \"1 1 * * *\", command: VALUE}}",
    "workers: {strange: {command: VALUE}}",
    "workers: {strange: {celery: worker, queues: [VALUE]}}",
    "secrets: [VALUE]",
    "images: {tag: VALUE}",
    "images: {web: VALUE}",
    "services: {postgres: {mode: external, host: VALUE}}",
    "services: {postgres: {mode: managed, user: VALUE}}",
    "k8s: {namespace: VALUE}",
    "k8s: {tls_secret: VALUE}",
    "k8s: {metrics_path: VALUE}",
    "compose: {publish: VALUE}",
    "keep: [VALUE]",
];

/// The same for the sections that the base has already.
const INSIDE: &[&str] = &[
    "  server_names: [VALUE]",
    "  redirects: {VALUE: /}",
    "  redirects: {/old/: VALUE}",
    "  rate_limits: {VALUE: 1r/s}",
    "  body_limits: {VALUE: 1m}",
    "  streaming: [VALUE]",
    "  trusted_proxies: [VALUE]",
    "  acme_email: VALUE",
];

const BASE: &str = "name: shop\napp:\n  module: shop.wsgi\n  settings: shop.settings\nnginx:\n";

fn description(place: usize, value: &str) -> String {
    let value = serde_json::to_string(value).expect("a string");
    if let Some(more) = PLACES.get(place) {
        return format!(
            "{BASE}  server_names: [www.example.com]\n{}\n",
            more.replace("VALUE", &value)
        );
    }
    let line = INSIDE[place - PLACES.len()];
    let names =
        if line.contains("server_names") { "" } else { "  server_names: [www.example.com]\n" };
    let tls = if line.contains("acme") { "  tls: acme\n" } else { "" };
    format!("{BASE}{names}{tls}{}\n", line.replace("VALUE", &value))
}

fn rendered(source: &str) -> Option<Vec<Output>> {
    let spec = load("ruwsgi.yaml", source, |_| Known::Yes).ok()?;
    // What an escape refuses ends the rendering: nothing is written then.
    render(&plan(&spec)).ok()
}

/// The keys of a YAML file in their order, with the lengths of its lists.
fn shape(text: &str) -> Vec<String> {
    fn walk(value: &serde_json::Value, path: &str, keys: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(map) => {
                for (key, value) in map {
                    // The names of secrets, of a redirect's host and the like are the value itself.
                    let key = if path.ends_with("secrets") || path.ends_with("labels") {
                        "*"
                    } else {
                        key
                    };
                    keys.push(format!("{path}.{key}"));
                    walk(value, &format!("{path}.{key}"), keys);
                }
            }
            serde_json::Value::Array(list) => {
                for value in list {
                    walk(value, &format!("{path}[]"), keys);
                }
            }
            _ => {}
        }
    }
    let documents: Vec<serde_json::Value> =
        serde_saphyr::from_multiple(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut keys = Vec::new();
    for document in &documents {
        walk(document, "", &mut keys);
    }
    keys.sort();
    keys.dedup();
    keys
}

#[test]
fn no_value_breaks_out_of_its_place() {
    let Some(nginx) = tool("RUWSGI_NGINX", "nginx") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path().display().to_string();
    let nasty = prop_oneof![
        "[a-z]{1,8}[;{}\"'$\\\\#\n\r %|&:,<>`*?!@\\[\\]-]{1,4}[a-z;}]{0,8}",
        "[ -~]{1,24}",
        "[^\\p{Cc}]{1,12}",
        Just("a; } server { listen 1;".to_owned()),
        Just("x\n  evil: true".to_owned()),
        Just("\"\n: [".to_owned()),
        Just("${HOME}".to_owned()),
        Just("$(id)".to_owned()),
        Just("%(evil)".to_owned()),
        Just("a\u{2028}b: c".to_owned()),
        Just("*evil".to_owned()),
        Just("&a b".to_owned()),
        Just("!!python/object x".to_owned()),
        // What is right, so that both ways are gone.
        "[a-z]{3,9}",
        "[A-Z]{3,9}",
        "/[a-z]{1,9}/",
    ];
    let cases = (0..PLACES.len() + INSIDE.len(), nasty);
    let mut runner =
        TestRunner::new(Config { cases: 250, failure_persistence: None, ..Config::default() });
    let written = std::cell::Cell::new(0);
    runner
        .run(&cases, |(place, value)| {
            let Some(files) = rendered(&description(place, &value)) else { return Ok(()) };
            written.set(written.get() + 1);
            // The same place with an innocent value of the same form.
            let innocent: String = value
                .chars()
                .map(|letter| if letter.is_ascii_lowercase() { 'q' } else if letter.is_ascii_uppercase() { 'Q' } else { letter })
                .collect();
            let expected = rendered(&description(place, &innocent));
            for file in &files {
                let path = std::path::Path::new(&file.path);
                if path.extension().is_some_and(|kind| kind == "yaml") {
                    let keys = shape(&file.text);
                    let same = expected.iter().flatten().find(|other| other.path == file.path);
                    if let Some(same) = same {
                        prop_assert_eq!(keys.len(), shape(&same.text).len(), "{}: {}", file.path, value);
                    }
                    prop_assert!(!file.text.contains("\n  evil"), "{}", file.text);
                }
                if file.path == "uwsgi.ini" {
                    prop_assert_eq!(file.text.matches("\n[").count(), 1);
                    prop_assert!(file.text.lines().all(|line| line.is_empty() || line.starts_with([';', '[']) || line.contains(" =")));
                }
            }
            let Some(site) = files.iter().find(|file| file.path == "nginx/shop.conf") else { return Ok(()) };
            // Its certificate is not here; everything else is.
            if site.text.contains("ssl_certificate") {
                return Ok(());
            }
            fs::write(folder.path().join("site.conf"), &site.text).expect("written");
            let main = format!("pid {at}/pid; error_log stderr; events {{}} http {{ access_log off; include {at}/site.conf; }}");
            fs::write(folder.path().join("main.conf"), main).expect("written");
            let output = Command::new(&nginx)
                .args(["-t", "-q", "-e", "stderr", "-c"])
                .arg(folder.path().join("main.conf"))
                .output()
                .expect("nginx");
            let servers = site.text.lines().filter(|line| line.starts_with("server {")).count();
            let redirects = site.text.matches("return 301").count();
            prop_assert!(servers <= 2 + redirects, "{}", site.text);
            prop_assert!(output.status.success(), "{value}: {}{}", text(&output.stderr), site.text);
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(written.get() > 20, "only {} were written: the test proves little", written.get());
}
