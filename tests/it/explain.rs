//! `ruwsgi deploy explain` and `capacity`, and `patches:` of ruwsgi.yaml.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::deploy::{bad, change, good, starter};

/// The number of the line of a file that begins so.
fn line(root: &Path, path: &str, start: &str) -> usize {
    let text = fs::read_to_string(root.join(path)).expect("the file");
    let found = text.lines().position(|line| line.trim_start().starts_with(start));
    found.unwrap_or_else(|| panic!("{start} is not in {path}")) + 1
}

fn explained(root: &Path, path: &str, start: &str) -> String {
    good(root, &["deploy", "explain", &format!("{path}:{}", line(root, path, start))])
}

#[test]
fn a_line_is_explained_by_its_key_and_its_rules() {
    let (_folder, root) = starter(&[]);
    let said = explained(&root, "uwsgi.ini", "harakiri = 30");
    let place = format!("ruwsgi.yaml:{}: 30s", line(&root, "ruwsgi.yaml", "harakiri: 30s"));
    assert!(said.contains("server.harakiri") && said.contains(&place), "{said}");
    assert!(said.contains("U03  no request takes longer than harakiri"), "{said}");
    // A key that is not written has a default.
    let said = explained(&root, "uwsgi.ini", "listen =");
    assert!(said.contains("not written; the default is 100"), "{said}");
    // Lines move with an edit before them, and the edit is told.
    change(&root.join("uwsgi.ini"), "[uwsgi]\n", "[uwsgi]\nlog-date = true\n");
    assert!(explained(&root, "uwsgi.ini", "harakiri = 30").contains("server.harakiri"));
    assert!(explained(&root, "uwsgi.ini", "log-date").contains("a change by hand"));
    good(&root, &["deploy", "render", "--keep-edits"]);
    assert!(explained(&root, "uwsgi.ini", "log-date").contains("patches/uwsgi.ini.patch"));
    let json = good(&root, &["deploy", "explain", "--json", "uwsgi.ini:1"]);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["from"]["keys"][0]["key"], "name");
}

#[test]
fn what_cannot_be_explained_is_told() {
    let (_folder, root) = starter(&[]);
    for (place, message) in [
        ("uwsgi.ini", "is no file and line"),
        ("uwsgi.ini:0", "is no file and line"),
        ("uwsgi.ini:9999", "uwsgi.ini has "),
        ("manage.py:1", "manage.py is not rendered from ruwsgi.yaml"),
    ] {
        let complaint = bad(&root, &["deploy", "explain", place]);
        assert!(complaint.contains(message), "{place}: {complaint}");
    }
}

/// A project of one of the descriptions in tests/fixtures/deploy.
fn described(name: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().to_path_buf();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/deploy").join(name);
    fs::copy(fixture, root.join("ruwsgi.yaml")).expect("a description");
    (folder, root)
}

#[test]
fn an_environment_is_explained_by_what_is_different_there() {
    let (_folder, root) = described("environments.yaml");
    good(&root, &["deploy", "render"]);
    let said = explained(&root, "environments/production/uwsgi.ini", "processes =");
    let place = format!("ruwsgi.yaml:{}: 4", line(&root, "ruwsgi.yaml", "processes: 4"));
    assert!(said.contains(&place), "{said}");
}

#[test]
fn capacity_counts_every_environment() {
    let (_folder, root) = described("environments.yaml");
    let table = good(&root, &["deploy", "capacity"]);
    assert!(
        table.lines().any(|line| line.starts_with("production") && line.contains("12 + 1")),
        "{table}"
    );
    let json: Value =
        serde_json::from_str(&good(&root, &["deploy", "capacity", "--json"])).expect("JSON");
    let production = json
        .as_array()
        .expect("environments")
        .iter()
        .find(|load| load["environment"] == "production")
        .expect("production");
    assert_eq!(production["connections"][0]["limit"], 400);
    assert_eq!(production["connections"][0]["needed"], 13 * 4 * 4 + 10);
}

#[test]
fn patches_change_keys_of_rendered_files() {
    let (_folder, root) = starter(&[]);
    let yaml = root.join("ruwsgi.yaml");
    let before = fs::read_to_string(root.join("compose.yaml")).expect("compose.yaml");
    let mut text = fs::read_to_string(&yaml).expect("ruwsgi.yaml");
    text.push_str(
        "\npatches:\n  compose.yaml:\n    services:\n      web: {mem_limit: 2g, labels: {a: b}}\n",
    );
    fs::write(&yaml, &text).expect("written");
    good(&root, &["deploy", "render"]);
    assert_eq!(good(&root, &["deploy", "diff", "--exit-code"]), "");
    let after = fs::read_to_string(root.join("compose.yaml")).expect("compose.yaml");
    assert!(
        after.contains("mem_limit: \"2g\"\n") && after.contains("labels: {\"a\":\"b\"}\n"),
        "{after}"
    );
    assert!(
        before
            .lines()
            .filter(|line| line.trim_start().starts_with('#'))
            .all(|line| after.contains(line))
    );
    assert!(explained(&root, "compose.yaml", "labels: {").contains("`patches` of ruwsgi.yaml"));
    fs::write(&yaml, text.replace("  compose.yaml:", "  no/such.yaml:")).expect("written");
    let complaint = bad(&root, &["deploy", "check"]);
    assert!(complaint.contains("`no/such.yaml` is no YAML file that is rendered"), "{complaint}");
}
