//! The table of options against the facts about uWSGI's.

use std::collections::BTreeMap;

use ruwsgi::options::table::{self, Argument};

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
