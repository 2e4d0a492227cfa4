//! Reads the command line as GNU `getopt_long` does, over the table.
//!
//! Long names by unique prefix, `--name value`, `--name=value`, clustered letters (`-Mp2`), `--`.
//! Says what was said; what it means is for [`gather`](super::gather) and
//! [`apply`](super::apply).

use super::directive::{Directive, Origin};
use super::table::{self, Argument, Row};
use crate::error::Failure;

/// The words of a command line, sorted.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// Options in the order in which they were given.
    pub directives: Vec<Directive>,
    /// What is not an option: configurations to read at the end.
    pub positionals: Vec<String>,
}

/// Sorts the words behind the program's name.
pub fn read(words: impl IntoIterator<Item = String>) -> Result<Words, Failure> {
    let mut words = words.into_iter();
    let mut sorted = Words::default();
    while let Some(word) = words.next() {
        if let Some(typed) = word.strip_prefix(['–', '—', '−']) {
            let name = typed.trim_start_matches(['-', '–', '—']);
            return Err(Failure::new(format!("cannot read {word}: that is an en dash"))
                .hint(format!("web pages turn two hyphens into one dash; type --{name}")));
        }
        if word == "--" {
            sorted.positionals.extend(words);
            break;
        } else if let Some(long) = word.strip_prefix("--") {
            read_long(long, &mut words, &mut sorted)?;
        } else if let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            read_letters(letters, &mut words, &mut sorted)?;
        } else if !word.starts_with('[') {
            sorted.positionals.push(word);
        }
    }
    Ok(sorted)
}

fn read_long(
    long: &str,
    words: &mut impl Iterator<Item = String>,
    sorted: &mut Words,
) -> Result<(), Failure> {
    let (typed, value) = match long.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (long, None),
    };
    let (name, row) = match_long(typed)?;
    let value = match (row.argument, value) {
        (Argument::None, Some(value)) => {
            return Err(Failure::new(format!("--{name} takes no value, but `{value}` was given"))
                .hint(format!("say --{name}, or nothing; in an ini file: {name} = {value}")));
        }
        (Argument::Required(what), None) => Some(next_value(words, &format!("--{name}"), what)?),
        (_, value) => value,
    };
    sorted.directives.push(Directive::new(name, value, Origin::CommandLine));
    Ok(())
}

fn read_letters(
    letters: &str,
    words: &mut impl Iterator<Item = String>,
    sorted: &mut Words,
) -> Result<(), Failure> {
    let mut rest = letters.chars();
    while let Some(letter) = rest.next() {
        let row = table::find_short(letter).ok_or_else(|| {
            Failure::new(format!("-{letter} is not an option"))
                .hint("`ruwsgi --help` lists the options")
        })?;
        let value = match row.argument {
            Argument::None => None,
            Argument::Optional(_) => {
                Some(rest.as_str()).filter(|v| !v.is_empty()).map(str::to_owned)
            }
            Argument::Required(what) => match rest.as_str() {
                "" => Some(next_value(words, &format!("-{letter}"), what)?),
                value => Some(value.to_owned()),
            },
        };
        sorted.directives.push(Directive::new(row.name, value, Origin::CommandLine));
        if row.argument != Argument::None {
            break;
        }
    }
    Ok(())
}

fn next_value(
    words: &mut impl Iterator<Item = String>,
    name: &str,
    what: &str,
) -> Result<String, Failure> {
    words.next().ok_or_else(|| Failure::new(format!("{name} needs a value: {name} {what}")))
}

/// The row a long name means: spelt exactly, or by a prefix that fits one row only.
fn match_long(typed: &str) -> Result<(&'static str, &'static Row), Failure> {
    let mut fitting: Vec<(&'static str, &'static Row)> = Vec::new();
    if let Some(exact) = table::named(typed) {
        return Ok(exact);
    }
    for row in table::rows() {
        for name in row.names() {
            if name.starts_with(typed) && !fitting.iter().any(|(_, known)| known.name == row.name) {
                fitting.push((name, row));
            }
        }
    }
    match fitting.as_slice() {
        [only] => Ok(*only),
        [] => {
            let failure = Failure::new(format!("--{typed} is not an option"));
            Err(match table::nearest(typed) {
                Some(known) => failure.hint(format!("did you mean --{known}?")),
                None => failure.hint("`ruwsgi --help` lists the options"),
            })
        }
        several => {
            let names: Vec<_> = several.iter().map(|(name, _)| format!("--{name}")).collect();
            Err(Failure::new(format!("--{typed} could be {}", names.join(", "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, options: &[(&str, Option<&str>)], positionals: &[&str]) {
        let words = read(line.split_whitespace().map(str::to_owned)).expect(line);
        let said: Vec<_> =
            words.directives.iter().map(|d| (d.name.as_str(), d.value.as_deref())).collect();
        assert_eq!(said, options, "{line}");
        assert_eq!(words.positionals, positionals, "{line}");
    }

    fn check_refused(line: &str, message: &str) {
        let failure = read(line.split_whitespace().map(str::to_owned)).expect_err(line);
        assert!(failure.to_string().contains(message), "{line}: {failure}");
    }

    #[test]
    fn names_and_values_are_told_apart() {
        check("--http :9000", &[("http", Some(":9000"))], &[]);
        check("--http=:9000 app.ini", &[("http", Some(":9000"))], &["app.ini"]);
        check("-Mp2", &[("master", None), ("processes", Some("2"))], &[]);
        check("-M -p 2", &[("master", None), ("processes", Some("2"))], &[]);
        check("--callab app", &[("callable", Some("app"))], &[]);
        check("--workers 3", &[("workers", Some("3"))], &[]);
        check("--chmod-socket=664 x.ini", &[("chmod-socket", Some("664"))], &["x.ini"]);
        check("--chmod-socket 664", &[("chmod-socket", None)], &["664"]);
        check("-C664", &[("chmod-socket", Some("664"))], &[]);
        check("-- --http", &[], &["--http"]);
        check("[uwsgi] a.ini", &[], &["a.ini"]);
    }

    #[test]
    fn what_is_no_option_is_refused_with_a_way_out() {
        check_refused("--http_socket :80", "did you mean --http-socket?");
        check_refused("--master=false", "takes no value");
        check_refused("--http", "needs a value");
        check_refused("–http :9000", "that is an en dash");
        check_refused("–http :9000", "type --http");
        check_refused("--max-re 5", "could be");
        check_refused("-€", "is not an option");
    }
}
