//! Walks what was said through the table, into the settings.
//!
//! Here values are read as uWSGI reads them, and doubted where that may surprise. What a field means is
//! for the rows; what does not fit together is for [`Settings`] to refuse.

use std::collections::BTreeSet;

use super::directive::{Directive, Origin, Said, Warning};
use super::gather::Gathered;
use super::macros;
use super::settings::Settings;
use super::table::{self, Effect, Refusal, Row};
use super::values::{cut_comment, missing_plugins, truth};
use crate::error::Failure;
use crate::log::say;

/// Turns what was said into what is used; ends with the first thing that is wrong.
pub fn apply(gathered: Gathered) -> Result<Settings, Failure> {
    let Examined { settings, failures, .. } = examine(gathered);
    match failures.into_iter().next() {
        None => Ok(settings),
        Some(failure) => {
            // They may be the reason: a variable that is not set is read as the number 0.
            settings.warnings.iter().for_each(|warning| say!("{warning}"));
            Err(failure)
        }
    }
}

/// A configuration with all that is wrong about it.
#[derive(Debug)]
pub struct Examined {
    /// What came of it, as far as it is right.
    pub settings: Settings,
    /// Every directive, declared options followed by what they stand for, and what it is.
    pub said: Vec<(Directive, Verdict)>,
    /// What keeps a server from starting.
    pub failures: Vec<Failure>,
}

/// What a directive is.
#[derive(Clone, Copy, Debug)]
pub enum Verdict {
    /// An option; its row.
    Option(&'static Row),
    /// A name for `%(name)`, or an option that was declared.
    Placeholder,
    /// Nothing that is known or used.
    Unknown,
    /// An option with a value that cannot be used, or a name that `strict` refuses.
    Wrong,
}

/// Looks at everything that was said and stops at nothing.
pub fn examine(gathered: Gathered) -> Examined {
    // `strict` holds for what stands before it, too.
    let strict = gathered
        .directives
        .iter()
        .any(|said| said.name == "strict" && said.value.as_deref().is_none_or(truth));
    let mut settings = Settings {
        files: gathered.files,
        warnings: gathered.warnings,
        strict,
        ..Settings::default()
    };
    let referenced: BTreeSet<String> = gathered.referenced.into_iter().collect();
    let mut failures = Vec::new();
    let directives = macros::expand(&gathered.directives).unwrap_or_else(|failure| {
        failures.push(failure);
        gathered.directives
    });
    let said = directives.into_iter().map(|directive| {
        let verdict = settings.apply(&directive, &referenced).unwrap_or_else(|failure| {
            failures.push(failure);
            // What is refused says so itself.
            let row = table::find(&directive.name);
            let refused = row.filter(|row| matches!(row.effect, Effect::Refused(_)));
            refused.map_or(Verdict::Wrong, Verdict::Option)
        });
        (directive, verdict)
    });
    let said: Vec<_> = said.collect();
    if let Err(failure) = settings.check(&said) {
        failures.push(failure);
    }
    Examined { settings, said, failures }
}

/// How a warning about an option that is planned ends.
pub const WITHOUT_EFFECT: &str = "is an option of uWSGI that has no effect here yet";

/// Names that people write for an option, and the option.
const SLIPS: &[(&str, &str)] = &[("process", "processes")];

fn slip(name: &str) -> Option<&'static Row> {
    let meant = SLIPS.iter().find(|(typed, _)| *typed == name).map(|(_, meant)| *meant);
    match meant {
        Some(meant) => table::find(meant),
        None if name.contains('_') => table::find(&name.replace('_', "-")),
        None => None,
    }
}

impl Settings {
    fn apply(
        &mut self,
        said: &Directive,
        referenced: &BTreeSet<String>,
    ) -> Result<Verdict, Failure> {
        if said.placeholder {
            return Ok(Verdict::Placeholder);
        }
        if let Some(row) = table::find(&said.name) {
            return self.set(row, said).map(|()| Verdict::Option(row));
        }
        let Directive { name, origin, .. } = said;
        if referenced.contains(name) {
            return Ok(Verdict::Placeholder);
        }
        if let Some(row) = slip(name) {
            let meant = row.name;
            self.doubt(origin, format!("{name} is not an option; read as {meant}"))?;
            return self.set(row, said).map(|()| Verdict::Option(row));
        }
        let meant = table::nearest(name).map(|known| format!("; did you mean {known}?"));
        let meant = meant.unwrap_or_default();
        if self.strict {
            return Err(Failure::new(format!(
                "{origin}: [strict-mode] unknown config directive: {name}{meant}"
            ))
            .hint(format!("a placeholder is defined by set-placeholder = {name}=…")));
        }
        self.warn(origin, format!("{name} is not an option and %({name}) is used nowhere{meant}"));
        Ok(Verdict::Unknown)
    }

    fn set(&mut self, row: &Row, said: &Directive) -> Result<(), Failure> {
        let Directive { name, origin, value, .. } = said;
        let value = value.as_deref();
        if let Some((word, set)) = row.word
            && value == Some(word)
        {
            set(self);
            return Ok(());
        }
        match row.effect {
            Effect::Flag(field) => {
                let value = value.map(|value| self.word(name, value, origin));
                *field(self) = value.as_deref().is_none_or(truth);
            }
            Effect::Number(field) => {
                let number = self.number(name, value.unwrap_or_default(), origin, false)?;
                *field(self) = number;
            }
            Effect::Size(field) => {
                let number = self.number(name, value.unwrap_or_default(), origin, true)?;
                *field(self) = number;
            }
            Effect::Word(field) => {
                let value = self.word(name, value.unwrap_or_default(), origin);
                *field(self) = Some(Said { value, origin: origin.clone() });
            }
            Effect::Words(field) => {
                let value = self.word(name, value.unwrap_or_default(), origin);
                field(self).push(Said { value, origin: origin.clone() });
            }
            Effect::Line(field) => {
                let value = value.unwrap_or_default().to_owned();
                *field(self) = Some(Said { value, origin: origin.clone() });
            }
            Effect::Lines(field) => {
                let value = value.unwrap_or_default().to_owned();
                field(self).push(Said { value, origin: origin.clone() });
            }
            Effect::Parsed(parse) | Effect::ParsedLine(parse) => {
                let value = value.unwrap_or_default();
                let value = match row.effect {
                    Effect::ParsedLine(_) => value.to_owned(),
                    _ => self.word(name, value, origin),
                };
                parse(self, &value, origin).map_err(|why| {
                    Failure::new(format!("{origin}: cannot use {name} = {value}: {why}"))
                })?;
            }
            Effect::Planned => {
                let message = format!("{name} {WITHOUT_EFFECT}");
                self.warn(origin, message);
            }
            Effect::Refused(instead) => {
                return Err(
                    Failure::new(format!("{origin}: {name} is not done here")).hint(instead)
                );
            }
            Effect::Command(command) => self.command = Some((command, value.map(str::to_owned))),
            Effect::Inert(_)
            | Effect::Source(_)
            | Effect::Define(_)
            | Effect::Macro
            | Effect::Logic(_) => {}
        }
        Ok(())
    }

    pub(super) fn warn(&mut self, origin: &Origin, message: String) {
        self.warnings.push(Warning { origin: origin.clone(), message });
    }

    /// A warning, or the end under `strict`.
    fn doubt(&mut self, origin: &Origin, message: String) -> Result<(), Failure> {
        if self.strict {
            return Err(Failure::new(format!("{origin}: {message}; refused under strict")));
        }
        self.warn(origin, message);
        Ok(())
    }

    /// Cuts a comment that stands behind a word: `666  # mode`.
    fn word(&mut self, name: &str, value: &str, origin: &Origin) -> String {
        let in_file = matches!(origin, Origin::File(..));
        let Some((word, comment)) = cut_comment(value).filter(|_| in_file) else {
            return value.to_owned();
        };
        self.warn(
            origin,
            format!("{name} = {word}: what follows is taken as a comment: {comment}"),
        );
        word.to_owned()
    }

    fn number(
        &mut self,
        name: &str,
        value: &str,
        origin: &Origin,
        size: bool,
    ) -> Result<u64, Failure> {
        let value = self.word(name, value, origin);
        if value.starts_with('-') {
            return Err(Failure::new(format!("{origin}: {name} cannot be negative: {value}")));
        }
        let end = value.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(value.len());
        let (digits, rest) = value.split_at(end);
        let number = match digits {
            "" => 0,
            digits => digits
                .parse::<u64>()
                .map_err(|_| Failure::new(format!("{origin}: {name} = {value} is too large")))?,
        };
        let factor = match rest {
            "k" | "K" if size => 1 << 10,
            "m" | "M" if size => 1 << 20,
            "g" | "G" if size => 1 << 30,
            _ => 1,
        };
        if digits.is_empty() || (factor == 1 && !rest.is_empty()) {
            let message = format!("{name} = `{value}` is not a number; read as {number}");
            self.doubt(origin, message)?;
        }
        number
            .checked_mul(factor)
            .ok_or_else(|| Failure::new(format!("{origin}: {name} = {value} is too large")))
    }

    /// Plugins that are not built in get a log line, as in uWSGI.
    pub(super) fn name_plugins(&mut self, names: &str, origin: &Origin) {
        for name in missing_plugins(names) {
            self.warn(origin, format!("there is no plugin {name} here"));
        }
    }

    /// Plugins that must be there.
    #[expect(clippy::unused_self, reason = "has the form of a setter of the table")]
    pub(super) fn need_plugins(&mut self, names: &str) -> Result<(), Refusal> {
        match missing_plugins(names).next() {
            Some(name) => Err(format!("there is no plugin {name} here")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::options::argv;
    use crate::options::formats::Format;
    use crate::options::gather::gather;
    use crate::options::logic::Surroundings;
    use crate::options::table::Argument;

    fn read(lines: &str) -> Result<Settings, Failure> {
        let file = std::sync::Arc::from("x.ini");
        let text = format!("[uwsgi]\n{lines}");
        let section = Format::Ini.read(&text, &file, None).expect("ini has no errors");
        apply(Gathered::of(section.expect("the section").directives))
    }

    #[expect(clippy::needless_pass_by_value, reason = "reads better where it is called")]
    fn check<T: PartialEq + std::fmt::Debug>(
        lines: &str,
        value: impl FnOnce(&Settings) -> T,
        expected: T,
        warning: &str,
    ) {
        let settings = read(lines).expect(lines);
        assert_eq!(value(&settings), expected, "{lines}");
        let warnings: Vec<_> = settings.warnings.iter().map(ToString::to_string).collect();
        assert_eq!(warnings.is_empty(), warning.is_empty(), "{lines}: {warnings:?}");
        assert!(warnings.join("\n").contains(warning), "{lines}: {warnings:?}");
    }

    fn check_refused(lines: &str, message: &str) {
        let failure = read(lines).expect_err(lines).to_string();
        assert!(failure.contains(message), "{lines}: {failure}");
    }

    #[test]
    fn values_are_read_by_kind() {
        check("master", |s| s.processes.master, true, "");
        check("master = Off", |s| s.processes.master, false, "");
        check("vacuum = whatever", |s| s.processes.vacuum, true, "");
        check("processes = 4", |s| s.processes.processes, 4, "");
        check("processes = auto\nprocesses = 4", |s| s.processes.processes, 4, "");
        check("processes = auto", |s| u64::from(s.processes.processes > 0), 1, "");
        check("processes = 4x", |s| s.processes.processes, 4, "x.ini:2: processes = `4x`");
        check("buffer-size = 32k", |s| s.limits.buffer_size, 32 << 10, "");
        check("harakiri = 30s", |s| s.limits.harakiri, 30, "not a number; read as 30");
        check("chmod-socket", |s| s.sockets.chmod_socket, Some(0o666), "");
        check("chmod-socket = 660", |s| s.sockets.chmod_socket, Some(0o660), "");
        check("die-on-term = false", |s| s.processes.die_on_term, Some(false), "");
        check(
            "uid = www-data",
            |s| s.privileges.uid.as_ref().map(|u| u.value.clone()).unwrap_or_default(),
            "www-data".to_owned(),
            "",
        );
        check(
            "http = 8000",
            |s| s.sockets.asked.first().map(|s| s.address.value.clone()),
            Some(":8000".to_owned()),
            "port :8000",
        );
    }

    #[test]
    fn comments_behind_words_are_cut_and_told() {
        check(
            "chmod-socket = 666  # mode",
            |s| s.sockets.chmod_socket,
            Some(0o666),
            "comment: # mode",
        );
        check("master = false # x", |s| s.processes.master, false, "comment: # x");
        check("processes = 2\t; two", |s| s.processes.processes, 2, "comment: ; two");
        check(
            "env = A=b # c",
            |s| s.processes.env.first().map(|e| e.value.clone()),
            Some("A=b # c".to_owned()),
            "",
        );
        check(
            "chdir = /a#b",
            |s| s.processes.chdir.as_ref().map(|c| c.value.clone()),
            Some("/a#b".to_owned()),
            "",
        );
    }

    #[test]
    fn the_number_of_workers_at_first_is_within_bounds() {
        fn initial(settings: &Settings) -> u64 {
            settings.cheaper.cheaper_initial
        }
        check("processes = 4", initial, 4, "");
        check("processes = 4\ncheaper = 2", initial, 2, "");
        check("processes = 4\ncheaper = 2\ncheaper-initial = 3", initial, 3, "");
        check(
            "processes = 4\ncheaper = 2\ncheaper-initial = 9",
            initial,
            4,
            "x.ini:4: invalid cheaper-initial value (9)",
        );
    }

    #[test]
    fn no_processes_with_threads_are_one() {
        check("processes = 0\nthreads = 2", |s| s.processes.processes, 1, "read as 1");
        check_refused("processes = 0", "x.ini:2: processes = 0: from 1 to 4096 is possible");
    }

    #[test]
    fn slips_are_applied_and_told() {
        check("max_requests = 5", |s| s.reload.max_requests, 5, "read as max-requests");
        check("process=4", |s| s.processes.processes, 4, "read as processes");
        check("vaccuum = true", |s| s.processes.vacuum, false, "did you mean vacuum?");
    }

    #[test]
    fn options_that_are_not_done_yet_are_told() {
        check(
            "strict\nlegion-freq = 2",
            |s| s.processes.processes,
            1,
            "legion-freq is an option of uWSGI that has no",
        );
    }

    #[test]
    fn strict_refuses_what_is_unclear() {
        check_refused(
            "vaccuum = 1\nstrict",
            "x.ini:2: [strict-mode] unknown config directive: vaccuum; did you mean vacuum?",
        );
        check_refused("strict\nmax_requests = 5", "read as max-requests; refused under strict");
        check_refused("strict\nharakiri = 30s", "refused under strict");
    }

    /// An option with a value that suits it, as a word of the command line and a line of a file.
    fn anything() -> impl Strategy<Value = (&'static str, Option<String>)> {
        let settable = |row: &&'static Row| {
            matches!(
                row.effect,
                Effect::Flag(_)
                    | Effect::Number(_)
                    | Effect::Size(_)
                    | Effect::Word(_)
                    | Effect::Line(_)
                    | Effect::Words(_)
                    | Effect::Lines(_)
                    | Effect::Planned
                    | Effect::Inert(_)
            )
        };
        let rows: Vec<_> = table::rows().filter(settable).collect();
        (proptest::sample::select(rows), 0usize..8, 0u32..5000, "[a-z/:=._-]{1,12}").prop_map(
            |(row, name, number, text)| {
                let names: Vec<_> = row.names().collect();
                let name = names.get(name % names.len()).copied().unwrap_or(row.name);
                let value = match (row.argument, row.effect) {
                    (Argument::None, _) => None,
                    (_, Effect::Number(_) | Effect::Size(_)) => Some(number.to_string()),
                    _ => Some(format!("x{text}")),
                };
                (name, value)
            },
        )
    }

    /// The settings and warnings without the places where they were said.
    fn without_origins(settings: &Result<Settings, Failure>) -> String {
        let text = match settings {
            Ok(settings) => format!("{:?}", Settings { files: Vec::new(), ..settings.clone() }),
            Err(failure) => failure.to_string(),
        };
        let place =
            regex::Regex::new(r#"CommandLine|File\("[^"]*", \d+\)|command line|[^ ]*\.ini:\d+"#);
        place.expect("an expression").replace_all(&text, "<place>").into_owned()
    }

    proptest! {
        #[test]
        fn a_file_says_the_same_as_a_command_line(
            said in proptest::collection::vec(anything(), 0..12),
        ) {
            let mut words = Vec::new();
            let mut text = String::from("[uwsgi]\n");
            for (name, value) in &said {
                words.push(match value {
                    Some(value) => format!("--{name}={value}"),
                    None => format!("--{name}"),
                });
                let value = value.as_deref().unwrap_or("true");
                text.extend([name, " = ", value, "\n"]);
            }
            let folder = tempfile::tempdir().expect("a folder");
            let file = folder.path().join("x.ini");
            std::fs::write(&file, text).expect("a file");
            let read = |words: Vec<String>| {
                let gathered = gather(argv::read(words)?, [], Surroundings::default())?;
                let said = gathered.directives.into_iter().filter(|said| said.name != "ini");
                apply(Gathered::of(said.collect()))
            };
            let line = read(words);
            let file = read(vec!["--ini".to_owned(), file.display().to_string()]);
            prop_assert_eq!(without_origins(&line), without_origins(&file));
        }
    }

    #[test]
    fn impossible_values_are_refused() {
        check_refused("chmod-socket = 0666", "x.ini:2: cannot use chmod-socket = 0666");
        check_refused("processes = -1", "cannot be negative");
        check_refused("processes = 99999", "from 1 to 4096");
        check_refused("env = nothing", "NAME=VALUE");
        check_refused("static-map = /static", "/prefix=directory");
        check_refused("need-plugin = php", "no plugin php");
        check_refused("processes = 2\ncheaper = 2", "must be lower than processes");
        check_refused("harakiri-graceful-signal = 99", "from 1 to 31");
        check_refused("touch-exec = /just/a/file", "it needs a file and an action");
        check_refused("hook-touch = /a/file explode:now", "there is no hook action explode");
        check_refused("smart-attach-daemon = memcached", "a pidfile and a command");
    }
}
