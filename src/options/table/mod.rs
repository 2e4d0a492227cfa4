//! The one table of options: a row per option, a file per chapter.
//!
//! Everything that knows an option knows it from here: argv, ini keys, `--help`, the deployer's
//! check of `options:`. A new option is a new row, beside the field of its chapter that it sets.
//! [`Settings`] holds the chapters; [`apply`](super::apply) reads values by the rows.

mod background;
mod cache;
mod cheaper;
mod concurrency;
mod config;
mod daemons;
mod emperor;
mod hooks;
mod http;
mod legion;
mod limits;
mod logging;
mod plugins;
mod privileges;
mod processes;
mod python;
mod reload;
mod routers;
mod routing;
mod sockets;
mod static_files;
mod statistics;
mod subscription;
mod tls;

pub use cheaper::Cheaper;
pub use daemons::Daemons;
pub use hooks::Hooks;
pub use http::Http;
pub use limits::Limits;
pub use logging::Logging;
pub use privileges::Privileges;
pub use processes::Processes;
pub use python::Python;
pub use reload::{Reload, beyond};
pub use routing::Headers;
pub use sockets::Sockets;
pub use static_files::StaticFiles;
pub use statistics::Statistics;

use std::collections::HashMap;
use std::sync::LazyLock;

use super::directive::{Origin, Said};
use super::formats::Format;
use super::logic::Logic;
use super::settings::Settings;

/// What a row expects behind the name; the text names the value in `--help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// Nothing on the command line; in a file, a truth value.
    None,
    /// A value.
    Required(&'static str),
    /// A value that may be left out.
    Optional(&'static str),
}

/// What is refused about a value: the sentence behind `cannot use …`.
pub type Refusal = String;

/// How a value is read, and where it goes.
#[derive(Clone, Copy)]
pub enum Effect {
    /// True unless the value is `false`, `off`, `no` or `0`.
    Flag(fn(&mut Settings) -> &mut bool),
    /// A whole number, unit as the help says.
    Number(fn(&mut Settings) -> &mut u64),
    /// A number of bytes, with `k`, `m` or `g`.
    Size(fn(&mut Settings) -> &mut u64),
    /// One word: a path, an address, a name. White space and `#` or `;` end it.
    Word(fn(&mut Settings) -> &mut Option<Said>),
    /// The whole rest of the line.
    Line(fn(&mut Settings) -> &mut Option<Said>),
    /// Words that add up.
    Words(fn(&mut Settings) -> &mut Vec<Said>),
    /// Lines that add up.
    Lines(fn(&mut Settings) -> &mut Vec<Said>),
    /// A word that is checked or taken apart as it is read.
    Parsed(fn(&mut Settings, &str, &Origin) -> Result<(), Refusal>),
    /// The same for the whole rest of the line.
    ParsedLine(fn(&mut Settings, &str, &Origin) -> Result<(), Refusal>),
    /// Accepted without effect, with the reason why nothing is lost.
    Inert(&'static str),
    /// Known and not done yet: accepted with a warning.
    Planned,
    /// Never done here: the start ends with what to use instead.
    Refused(&'static str),
    /// Ends the program instead of starting a server.
    Command(Command),
    /// Names a configuration to read at this place; without a language its extension tells.
    Source(Option<Format>),
    /// Defines a name, `name=value`.
    Define(Defines),
    /// Makes an option of one's own, `name=option=$1;option=$2`.
    Macro,
    /// Decides about the lines that follow in a file.
    Logic(Logic),
}

/// What a definition defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defines {
    /// An option, or else a placeholder.
    Option,
    /// A placeholder, which must be no option.
    Placeholder,
    /// A placeholder with the address of a host.
    Address,
}

/// What the program does instead of serving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// `--help`.
    Help,
    /// `--version`.
    Version,
    /// `--python-version`.
    PythonVersion,
    /// `--stop PIDFILE`.
    Stop,
    /// `--reload PIDFILE`.
    Reload,
    /// `--get NAME`: prints what was said under a name.
    Get,
    /// `--exit CODE`.
    Exit,
    /// `--dump-options`: prints the names of all options.
    DumpOptions,
    /// `--pause PIDFILE`.
    Pause,
}

/// A word that may stand in the place of a value, and what it sets.
pub type Word = (&'static str, fn(&mut Settings));

/// One option.
#[derive(Clone, Copy)]
pub struct Row {
    /// The long name, without dashes.
    pub name: &'static str,
    /// Other long names for the same thing.
    pub aliases: &'static [&'static str],
    /// The one-letter name.
    pub short: Option<char>,
    /// What is expected behind the name.
    pub argument: Argument,
    /// Whether saying it again adds to what was said before.
    pub repeats: bool,
    /// How the value is read.
    pub effect: Effect,
    /// What may stand in the place of the value.
    pub word: Option<Word>,
    /// What it does, in one sentence.
    pub help: &'static str,
}

impl Row {
    const fn new(
        name: &'static str,
        argument: Argument,
        effect: Effect,
        help: &'static str,
    ) -> Self {
        let repeats = matches!(
            effect,
            Effect::Words(_)
                | Effect::Lines(_)
                | Effect::Source(_)
                | Effect::Define(_)
                | Effect::Macro
                | Effect::Logic(_)
        );
        Self { name, aliases: &[], short: None, argument, repeats, effect, word: None, help }
    }

    const fn flag(
        name: &'static str,
        field: fn(&mut Settings) -> &mut bool,
        help: &'static str,
    ) -> Self {
        Self::new(name, Argument::None, Effect::Flag(field), help)
    }

    const fn number(
        name: &'static str,
        unit: &'static str,
        field: fn(&mut Settings) -> &mut u64,
        help: &'static str,
    ) -> Self {
        Self::new(name, Argument::Required(unit), Effect::Number(field), help)
    }

    const fn size(
        name: &'static str,
        field: fn(&mut Settings) -> &mut u64,
        help: &'static str,
    ) -> Self {
        Self::new(name, Argument::Required("BYTES"), Effect::Size(field), help)
    }

    const fn word(
        name: &'static str,
        what: &'static str,
        field: fn(&mut Settings) -> &mut Option<Said>,
        help: &'static str,
    ) -> Self {
        Self::new(name, Argument::Required(what), Effect::Word(field), help)
    }

    const fn words(
        name: &'static str,
        what: &'static str,
        field: fn(&mut Settings) -> &mut Vec<Said>,
        help: &'static str,
    ) -> Self {
        Self::new(name, Argument::Required(what), Effect::Words(field), help)
    }

    const fn parsed(
        name: &'static str,
        what: &'static str,
        parse: fn(&mut Settings, &str, &Origin) -> Result<(), Refusal>,
        help: &'static str,
    ) -> Self {
        Self::new(name, Argument::Required(what), Effect::Parsed(parse), help)
    }

    const fn inert(
        name: &'static str,
        argument: Argument,
        help: &'static str,
        reason: &'static str,
    ) -> Self {
        Self::new(name, argument, Effect::Inert(reason), help)
    }

    const fn planned(name: &'static str, argument: Argument, help: &'static str) -> Self {
        Self::new(name, argument, Effect::Planned, help)
    }

    const fn refused(
        name: &'static str,
        argument: Argument,
        help: &'static str,
        instead: &'static str,
    ) -> Self {
        Self::new(name, argument, Effect::Refused(instead), help)
    }

    const fn logic(
        name: &'static str,
        what: &'static str,
        logic: Logic,
        help: &'static str,
    ) -> Self {
        Self::new(name, Argument::Required(what), Effect::Logic(logic), help)
    }

    const fn short(mut self, letter: char) -> Self {
        self.short = Some(letter);
        self
    }

    const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    const fn or_word(mut self, word: &'static str, set: fn(&mut Settings)) -> Self {
        self.word = Some((word, set));
        self
    }

    const fn repeats(mut self) -> Self {
        self.repeats = true;
        self
    }

    /// What comes of saying it.
    #[must_use]
    pub fn status(&self) -> Status {
        match self.effect {
            Effect::Inert(why) => Status::Inert(why),
            Effect::Planned => Status::Planned,
            Effect::Refused(instead) => Status::Refused(instead),
            _ => Status::Works,
        }
    }

    /// The name and the aliases.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }
}

/// What comes of saying an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It does what it says.
    Works,
    /// It is accepted without effect, and nothing is lost: the reason.
    Inert(&'static str),
    /// It is accepted with a warning, and has no effect yet.
    Planned,
    /// It ends the start: what to use instead.
    Refused(&'static str),
}

impl Status {
    /// The status in a word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Inert(_) => "inert",
            Self::Planned => "planned",
            Self::Refused(_) => "refused",
        }
    }

    /// Why it is inert, or what to use instead; nothing else needs a word.
    #[must_use]
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::Works | Self::Planned => None,
            Self::Inert(reason) | Self::Refused(reason) => Some(reason),
        }
    }
}

impl std::fmt::Debug for Row {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Row({})", self.name)
    }
}

/// A group of rows, as `--help` shows them.
pub struct Chapter {
    /// The heading.
    pub title: &'static str,
    /// Its rows, in reading order.
    pub rows: &'static [Row],
}

/// All chapters, in reading order.
pub static CHAPTERS: &[Chapter] = &[
    Chapter { title: "Configuration", rows: config::ROWS },
    Chapter { title: "Sockets", rows: sockets::ROWS },
    Chapter { title: "HTTP", rows: http::ROWS },
    Chapter { title: "TLS", rows: tls::ROWS },
    Chapter { title: "Processes", rows: processes::ROWS },
    Chapter { title: "Number of workers", rows: cheaper::ROWS },
    Chapter { title: "Users and privileges", rows: privileges::ROWS },
    Chapter { title: "Python", rows: python::ROWS },
    Chapter { title: "Limits", rows: limits::ROWS },
    Chapter { title: "Reload", rows: reload::ROWS },
    Chapter { title: "Programs beside the server", rows: daemons::ROWS },
    Chapter { title: "Hooks", rows: hooks::ROWS },
    Chapter { title: "Logging", rows: logging::ROWS },
    Chapter { title: "Statistics", rows: statistics::ROWS },
    Chapter { title: "Static files", rows: static_files::ROWS },
    Chapter { title: "Routing and headers", rows: routing::ROWS },
    Chapter { title: "Background work", rows: background::ROWS },
    Chapter { title: "Cache", rows: cache::ROWS },
    Chapter { title: "Asynchronous loops", rows: concurrency::ROWS },
    Chapter { title: "Emperor", rows: emperor::ROWS },
    Chapter { title: "Other routers", rows: routers::ROWS },
    Chapter { title: "Subscriptions", rows: subscription::ROWS },
    Chapter { title: "Legion", rows: legion::ROWS },
    Chapter { title: "Plugins beside uWSGI", rows: plugins::ROWS },
];

static NAMES: LazyLock<HashMap<&'static str, &'static Row>> =
    LazyLock::new(|| rows().flat_map(|row| row.names().map(move |name| (name, row))).collect());

/// All rows, in reading order.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    CHAPTERS.iter().flat_map(|chapter| chapter.rows)
}

/// The row with this name or alias, spelt exactly.
#[must_use]
pub fn find(name: &str) -> Option<&'static Row> {
    named(name).map(|(_, row)| row)
}

/// The same, with the name as the table has it.
#[must_use]
pub fn named(name: &str) -> Option<(&'static str, &'static Row)> {
    NAMES.get_key_value(name).map(|(name, row)| (*name, *row))
}

/// The row with this letter.
#[must_use]
pub fn find_short(letter: char) -> Option<&'static Row> {
    rows().find(|row| row.short == Some(letter))
}

/// The known name that is closest to a misspelt one, if any is close.
#[must_use]
pub fn nearest(name: &str) -> Option<&'static str> {
    let wanted = name.to_ascii_lowercase().replace('_', "-");
    let most = |known: &str| 1 + known.len() / 5;
    rows()
        .flat_map(Row::names)
        .filter(|known| known.len().abs_diff(wanted.len()) <= most(known))
        .map(|known| (distance(&wanted, known), known))
        .filter(|&(distance, known)| distance <= most(known))
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, known)| known)
}

/// Insertions, deletions and replacements between two words.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut costs: Vec<usize> = (0..=other.len()).collect();
    for (row, left) in one.chars().enumerate() {
        let mut diagonal = row;
        let mut before = row + 1;
        for (cost, &right) in costs.iter_mut().skip(1).zip(&other) {
            let replaced = diagonal + usize::from(left != right);
            diagonal = *cost;
            before = replaced.min(diagonal + 1).min(before + 1);
            *cost = before;
        }
        if let Some(first) = costs.first_mut() {
            *first = row + 1;
        }
    }
    costs.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_in_the_table_once() {
        let mut names: Vec<_> = rows().flat_map(Row::names).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn distance_counts_edits() {
        fn check(one: &str, other: &str, expected: usize) {
            assert_eq!(distance(one, other), expected, "{one} {other}");
        }
        check("vaccuum", "vacuum", 1);
        check("proces", "processes", 3);
        check("", "abc", 3);
        check("abc", "", 3);
        check("kitten", "sitting", 3);
    }

    #[test]
    fn typos_find_their_option() {
        assert_eq!(nearest("vaccuum"), Some("vacuum"));
        assert_eq!(nearest("enable-theads"), Some("enable-threads"));
        assert_eq!(nearest("max_requests"), Some("max-requests"));
        assert_eq!(nearest("my-own-placeholder"), None);
    }
}
