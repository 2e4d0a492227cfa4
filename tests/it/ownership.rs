//! Whose a rendered file is: what `ruwsgi deploy diff` shows, edits that are kept, and an end in the middle.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::deploy::{bad, change, files, good, ruwsgi, starter, text};

#[test]
fn diff_shows_what_render_would_change() {
    let (_folder, root) = starter(&[]);
    assert_eq!(good(&root, &["deploy", "diff", "--exit-code"]), "");
    change(&root.join("ruwsgi.yaml"), "harakiri: 30s", "harakiri: 45s");
    fs::remove_file(root.join("Dockerfile")).expect("removed");
    let before = files(&root);
    let shown = good(&root, &["deploy", "diff"]);
    assert!(shown.contains("\n-harakiri = 30\n+harakiri = 45\n"), "{shown}");
    assert!(shown.contains("# Dockerfile: missing\n"), "{shown}");
    assert!(!shown.contains('\u{1b}'), "no colours where nobody sees them");
    let names = ruwsgi(&root, &["deploy", "diff", "--names", "--exit-code"]);
    assert_eq!(names.status.code(), Some(1));
    assert!(text(&names.stdout).contains("uwsgi.ini: out of date\n"));
    let json: serde_json::Value =
        serde_json::from_str(&good(&root, &["deploy", "diff", "--json"])).expect("JSON");
    assert_eq!(json["same"], false);
    assert!(json["files"].as_array().expect("files").iter().any(|file| {
        file["path"] == "uwsgi.ini"
            && file["how"] == "out of date"
            && file["diff"].as_str().is_some_and(|diff| diff.contains("+harakiri = 45"))
    }));
    assert!(files(&root) == before, "it only looks");
}

#[test]
fn an_edit_that_is_kept_outlives_changes_of_the_description() {
    let (_folder, root) = starter(&[]);
    change(&root.join("uwsgi.ini"), "log-slow = 1000", "log-slow = 700");
    change(&root.join("ruwsgi.yaml"), "harakiri: 30s", "harakiri: 45s");
    let complaint = bad(&root, &["deploy", "render"]);
    assert!(
        complaint.contains("uwsgi.ini: changed by hand") && complaint.contains("--keep-edits"),
        "{complaint}"
    );
    let said = good(&root, &["deploy", "render", "--keep-edits"]);
    assert!(said.contains("written    patches/uwsgi.ini.patch"), "{said}");
    let ini = fs::read_to_string(root.join("uwsgi.ini")).expect("uwsgi.ini");
    assert!(ini.contains("log-slow = 700\n") && ini.contains("harakiri = 45\n"), "{ini}");
    assert_eq!(good(&root, &["deploy", "diff", "--exit-code"]), "");
    // On another machine, without what this one remembers.
    fs::remove_dir_all(root.join(".ruwsgi")).expect("removed");
    change(&root.join("ruwsgi.yaml"), "harakiri: 45s", "harakiri: 50s");
    good(&root, &["deploy", "render"]);
    let ini = fs::read_to_string(root.join("uwsgi.ini")).expect("uwsgi.ini");
    assert!(ini.contains("log-slow = 700\n") && ini.contains("harakiri = 50\n"), "{ini}");
    // The owner takes it back.
    fs::remove_file(root.join("patches/uwsgi.ini.patch")).expect("removed");
    good(&root, &["deploy", "render"]);
    let ini = fs::read_to_string(root.join("uwsgi.ini")).expect("uwsgi.ini");
    assert!(ini.contains("log-slow = 1000\n"), "{ini}");
}

#[test]
fn an_edit_where_the_rendering_changes_too_is_a_conflict_with_a_line() {
    let (_folder, root) = starter(&[]);
    change(&root.join("uwsgi.ini"), "harakiri = 30", "harakiri = 31");
    change(&root.join("ruwsgi.yaml"), "harakiri: 30s", "harakiri: 45s");
    let before = files(&root);
    let complaint = bad(&root, &["deploy", "render", "--keep-edits"]);
    assert!(complaint.contains("uwsgi.ini: near line "), "{complaint}");
    assert!(files(&root) == before, "nothing was written");
}

#[test]
fn an_interrupt_leaves_every_file_old_or_new_and_nothing_else() {
    let (_folder, root) = starter(&[]);
    let texts = ["30s", "40s"].map(|harakiri| {
        change_harakiri(&root, harakiri);
        good(&root, &["deploy", "render"]);
        files(&root)
    });
    let mut interrupted = 0;
    for round in 0..40_u64 {
        change_harakiri(&root, if round % 2 == 0 { "30s" } else { "40s" });
        let mut child = Command::new(env!("CARGO_BIN_EXE_ruwsgi"))
            .args(["deploy", "render"])
            .current_dir(&root)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        // No condition tells when it writes: every moment of a run is tried.
        std::thread::sleep(Duration::from_millis(round * 3));
        let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).expect("a pid"));
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT);
        interrupted += usize::from(child.wait().expect("an end").signal().is_some());
        for (path, bytes) in files(&root) {
            let known = path == "ruwsgi.yaml"
                || texts.iter().flatten().any(|(other, text)| *other == path && *text == bytes);
            assert!(known, "{path} is neither as before nor as after");
        }
        // It goes on from there without a question.
        good(&root, &["deploy", "render"]);
    }
    assert!(interrupted > 0, "no run was interrupted");
}

fn change_harakiri(root: &std::path::Path, to: &str) {
    let path = root.join("ruwsgi.yaml");
    let lines = fs::read_to_string(&path).expect("ruwsgi.yaml");
    let lines = lines.lines().map(|line| match line.contains("harakiri:") {
        true => format!("  harakiri: {to}\n"),
        false => format!("{line}\n"),
    });
    fs::write(path, lines.collect::<String>()).expect("written");
}
