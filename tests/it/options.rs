//! The table of options against the facts about uWSGI's.

use std::collections::BTreeMap;

use ruwsgi::options::table::{self, Argument};

use crate::support::tools::root;
use crate::support::{Site, oracle, program};

/// Name, letter, argument, whether it adds up, where it comes from (`core`, `build` for what only
/// some builds have, or a plugin). Made from uWSGI 2.0.31's own `--help` and its plugins.
const FACTS: &str = include_str!("facts/options.tsv");

#[test]
fn every_option_of_uwsgi_is_in_the_table_as_it_is() {
    let mut differences = Vec::new();
    let mut letters = BTreeMap::new();
    let mut count = 0;
    for fact in FACTS.lines() {
        let columns: Vec<_> = fact.split('\t').collect();
        let [name, letter, argument, repeats, _] = columns[..] else { panic!("{fact}") };
        count += 1;
        if letter != "-" {
            letters.entry(letter.chars().next().expect(fact)).or_insert(name);
        }
        let Some(row) = table::find(name) else {
            differences.push(format!("{name} is missing"));
            continue;
        };
        let taken = match row.argument {
            Argument::None => "none",
            Argument::Required(_) => "required",
            Argument::Optional(_) => "optional",
        };
        if taken != argument {
            differences.push(format!("{name}: argument {argument} there, {taken} here"));
        }
        if row.repeats != (repeats == "repeats") {
            differences.push(format!("{name}: {repeats} there"));
        }
    }
    for (letter, name) in letters {
        let row = table::find_short(letter);
        if row.is_none_or(|row| !row.names().any(|known| known == name)) {
            let here = row.map(|row| row.name);
            differences.push(format!("-{letter} is {name} there, {here:?} here"));
        }
    }
    assert_eq!(count, 1261);
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        differences.join("\n")
    );
}

#[test]
fn every_row_has_a_help_text_of_its_own() {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for row in table::rows() {
        assert!(row.help.len() > 5, "{} has no help", row.name);
        if let Some(other) = seen.insert(row.help, row.name) {
            panic!("{} and {other} have the same help: {}", row.name, row.help);
        }
    }
}

/// Configurations of our own that use every part of the languages, and how they are named.
const CONFIGURATIONS: &[&[&str]] = &[
    &["--ini", "plain.ini"],
    &["--ini", "letters.ini"],
    &["plain.ini"],
    &["--ini", "names.ini"],
    &["--ini", "sums.ini"],
    &["--ini", "conditions.ini"],
    &["--ini", "loops.ini"],
    &["--ini", "sections.ini"],
    &["--ini", "sections.ini:third"],
    &["--ini", "sections.ini:second", "--ini", "plain.ini", "more.ini"],
    &["--ini", "macros.ini"],
    &["--yaml", "lines.yaml"],
    &["--yaml", "lines.yaml:next"],
    &["--xml", "elements.xml"],
    &["-Mp2", "--set", "a=b", "--set-ph", "c=d", "--env", "X=%n", "--need-app"],
];

/// The configuration as a program shows it.
fn shown(program: &std::path::Path, site: &Site, words: &[&str]) -> Vec<String> {
    let mut command = site.command_of(program, words);
    command.args(["--show-config", "--no-server"]);
    command.env("UWSGI_BUFFER_SIZE", "8192");
    let output = command.output().expect("a program");
    let text = String::from_utf8_lossy(&output.stderr).into_owned()
        + &String::from_utf8_lossy(&output.stdout);
    let (_, shown) = text.split_once(";uWSGI instance configuration\n").unwrap_or_else(|| {
        panic!("{} {words:?} shows no configuration:\n{text}", program.display())
    });
    let (shown, _) = shown.split_once(";end of configuration").expect("its end");
    shown.lines().map(str::to_owned).collect()
}

#[test]
fn configurations_come_to_the_same_as_under_uwsgi() {
    let Some(oracle) = oracle() else { return };
    for words in CONFIGURATIONS {
        let site = Site::new();
        site.copy("configs");
        let (theirs, ours) = (shown(&oracle, &site, words), shown(&program(), &site, words));
        assert!(theirs.len() > 4, "{words:?}: {theirs:#?}");
        let theirs = theirs.join("\n");
        let ours = ours.join("\n").replace(&program().display().to_string(), "PROGRAM");
        assert_eq!(ours, theirs.replace(&oracle.display().to_string(), "PROGRAM"), "{words:?}");
    }
}

/// What is made from the table, and the words that make it.
const GENERATED: &[(&str, &[&str])] = &[
    ("docs/options.md", &["options", "--markdown"]),
    ("docs/ruwsgi.1", &["options", "--man"]),
    ("docs/completions/ruwsgi.bash", &["options", "--completions", "bash"]),
    ("docs/completions/_ruwsgi", &["options", "--completions", "zsh"]),
    ("docs/completions/ruwsgi.fish", &["options", "--completions", "fish"]),
];

/// The files in docs/ are what the program writes: UPDATE=1 writes them again.
#[test]
fn the_reference_is_made_from_the_table() {
    let mut differing = Vec::new();
    for (name, words) in GENERATED {
        let output = std::process::Command::new(program()).args(*words).output().expect(name);
        assert!(output.status.success(), "{name}");
        let path = root().join(name);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(&path, &output.stdout).expect(name);
        }
        if std::fs::read(&path).unwrap_or_default() != output.stdout {
            differing.push(*name);
        }
    }
    assert!(differing.is_empty(), "run again with UPDATE=1: {differing:?}");
}

#[test]
fn the_reference_is_searched_and_told() {
    let told = |words: &[&str]| Site::new().run(&[&["options"], words].concat());
    let workers = told(&["workers", "harakiri"]);
    assert_eq!(workers.code, Some(0));
    assert!(workers.text.starts_with("-p, --processes N\n"), "{}", workers.text);
    assert!(workers.text.contains("-t, --harakiri SECONDS\n"), "{}", workers.text);
    let found = told(&["harakiri-"]).text;
    assert!(found.lines().count() > 3 && found.contains("harakiri-verbose"), "{found}");
    let inert = told(&["--status", "inert"]).text;
    assert!(inert.contains(" inert ") && !inert.contains(" works "), "{inert}");
    let nearest = told(&["procesess"]);
    assert_eq!(nearest.code, Some(1));
    assert!(nearest.text.contains("did you mean processes?"), "{}", nearest.text);
}

#[test]
fn the_reference_is_told_as_json() {
    let told = Site::new().run(&["options", "--json"]);
    let rows: serde_json::Value = serde_json::from_str(&told.text).expect("JSON");
    let rows = rows.as_array().expect("a list");
    let names: usize =
        rows.iter().map(|row| 1 + row["aliases"].as_array().expect("aliases").len()).sum();
    assert!(names >= 1261, "{names}");
    let row = rows.iter().find(|row| row["name"] == "thunder-lock").expect("thunder-lock");
    assert_eq!(row["status"], "inert");
    assert!(row["reason"].as_str().is_some_and(|reason| reason.contains("lock")), "{row}");
    assert_eq!(row["argument"], "none");
}

#[test]
fn reading_200_lines_takes_less_than_5_milliseconds() {
    use ruwsgi::options::logic::Surroundings;
    use ruwsgi::options::{apply, argv, gather};
    let site = Site::new();
    let mut text = String::from("[uwsgi]\nbase = /srv\nsocket = %(base)/app.sock\n");
    for line in 0..160 {
        let lines = [
            "env = NAME_#=%(base)/%n\n",
            "max-requests = #\n",
            "static-map = /#=%(base)/static\n",
            "own-# = $(HOME)/%(base)\nenv = OWN_#=%(own-#)\n",
        ];
        text += &lines[line % 4].replace('#', &line.to_string());
    }
    let file = site.file("long.ini", &text).display().to_string();
    let read = || {
        let began = std::time::Instant::now();
        let words = argv::read(["--ini".to_owned(), file.clone()]).expect("words");
        let gathered = gather::gather(words, [], Surroundings::default()).expect("directives");
        apply::apply(gathered).expect("settings");
        began.elapsed()
    };
    let best = (0..20).map(|_| read()).min().expect("a time");
    assert!(best < std::time::Duration::from_millis(5), "{best:?}");
}
