//! Conditions and loops of configuration files: `if-…`, `for…` and their ends.
//!
//! As uWSGI 2.0.31, seen by running it: a condition or loop runs until the next end or the end of the
//! configuration, does not nest, and takes its value as it is written, names unreplaced.

use std::path::Path;

use regex::Regex;

use super::source;
use super::values::is_built_in;

use super::directive::Directive;

/// What a line does to the lines behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logic {
    /// Those lines count only if this holds.
    If(Test, bool),
    /// Those lines are repeated.
    For(Items),
    /// The end.
    End,
}

/// What a condition looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// An environment variable is set, or has a value (`NAME=VALUE`).
    Env,
    /// A path exists.
    Exists,
    /// A path is a file.
    File,
    /// A path is a directory.
    Dir,
    /// An option was said, or has a value (`NAME=VALUE`).
    Opt,
    /// The machine has this name.
    Hostname,
    /// The name of the machine fits a regular expression.
    HostnameMatch,
    /// A plugin is there; here: built in.
    Plugin,
    /// This is not the first image of the server.
    Reload,
}

/// What a loop goes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Items {
    /// Words.
    Words,
    /// The numbers from 1.
    Times,
    /// The paths that fit a pattern; the pattern itself if none does.
    Glob,
    /// The lines of a file.
    Lines,
}

/// The most rounds of a loop.
const MOST_ROUNDS: usize = 4096;

/// What is known outside of the configuration.
#[derive(Clone, Copy, Debug, Default)]
pub struct Surroundings {
    /// Whether a server before this one is being reloaded.
    pub reloading: bool,
    /// Whether `exec://` may run commands, and `resolve` ask a name server.
    pub commands: bool,
    /// Whether the configuration is for another machine: `$(…)` and `@(…)` stay as they are written, and
    /// a file that it includes may be missing.
    pub elsewhere: bool,
}

/// Where the reading of a configuration stands.
#[derive(Debug)]
pub struct Flow {
    block: Block,
    surroundings: Surroundings,
}

#[derive(Debug, Default)]
enum Block {
    /// Every line counts.
    #[default]
    Open,
    /// Lines count if this holds.
    If(bool),
    /// Each line counts once for each of these.
    For(Vec<String>),
}

impl Flow {
    /// The beginning of a configuration.
    #[must_use]
    pub fn new(surroundings: Surroundings) -> Self {
        Self { block: Block::Open, surroundings }
    }

    /// Whether lines count now, so that a line of logic is taken.
    #[must_use]
    pub fn counts(&self) -> bool {
        !matches!(self.block, Block::If(false))
    }

    /// Takes a line of logic. `said` looks up what options were given so far.
    pub fn take(
        &mut self,
        logic: Logic,
        value: &str,
        said: impl Fn(&str) -> Vec<String>,
    ) -> Result<(), String> {
        self.block = match (logic, &self.block) {
            (Logic::End, _) => Block::Open,
            // The first end behind a condition that does not hold is its own.
            (_, Block::If(false)) => return Ok(()),
            (Logic::If(test, wanted), Block::Open) => {
                Block::If(holds(test, value, self.surroundings, said)? == wanted)
            }
            (Logic::For(items), Block::Open) => {
                Block::For(rounds(items, value, self.surroundings)?)
            }
            (_, Block::If(true) | Block::For(_)) => {
                return Err("conditions and loops do not stand in one another, as in uWSGI; \
                            end the one before with `end =`"
                    .to_owned());
            }
        };
        Ok(())
    }

    /// Takes any other line; gives it back as often as it counts. In a loop that is once for each
    /// item, before the next line has its turn, as in uWSGI.
    pub fn pass(&self, directive: Directive) -> Vec<Directive> {
        match &self.block {
            Block::Open | Block::If(true) => vec![directive],
            Block::If(false) => Vec::new(),
            Block::For(items) => items.iter().map(|item| with_item(&directive, item)).collect(),
        }
    }
}

fn holds(
    test: Test,
    value: &str,
    surroundings: Surroundings,
    said: impl Fn(&str) -> Vec<String>,
) -> Result<bool, String> {
    let path = Path::new(value);
    Ok(match test {
        Test::Env => match value.split_once('=') {
            Some((name, wanted)) => std::env::var(name).is_ok_and(|value| value == wanted),
            None => std::env::var_os(value).is_some(),
        },
        Test::Exists => path.exists(),
        Test::File => path.is_file(),
        Test::Dir => path.is_dir(),
        Test::Opt => match value.split_once('=') {
            Some((name, wanted)) => said(name).iter().any(|value| value == wanted),
            None => !said(value).is_empty(),
        },
        Test::Hostname => nix::unistd::gethostname().is_ok_and(|name| name == value),
        Test::HostnameMatch => {
            let pattern = Regex::new(value)
                .map_err(|error| format!("`{value}` is no regular expression: {error}"))?;
            let name = nix::unistd::gethostname().unwrap_or_default();
            pattern.is_match(&name.to_string_lossy())
        }
        Test::Plugin => is_built_in(value),
        Test::Reload => surroundings.reloading,
    })
}

fn rounds(items: Items, value: &str, surroundings: Surroundings) -> Result<Vec<String>, String> {
    let rounds: Vec<String> = match items {
        Items::Words => value.split_whitespace().map(str::to_owned).collect(),
        Items::Times => {
            let times: usize =
                value.trim().parse().map_err(|_| format!("`{value}` is not a number of rounds"))?;
            (1..=times.min(MOST_ROUNDS + 1)).map(|round| round.to_string()).collect()
        }
        Items::Glob => {
            let paths = glob::glob(value).map_err(|error| format!("`{value}`: {error}"))?;
            let found = paths.filter_map(Result::ok).take(MOST_ROUNDS + 1);
            let found: Vec<_> = found.map(|path| path.display().to_string()).collect();
            if found.is_empty() { vec![value.to_owned()] } else { found }
        }
        Items::Lines => {
            let text = source::read(value, surroundings.commands)
                .map_err(|why| format!("cannot read {value}: {why}"))?;
            text.lines().take(MOST_ROUNDS + 1).map(str::to_owned).collect()
        }
    };
    match rounds.len() {
        ..=MOST_ROUNDS => Ok(rounds),
        _ => Err(format!("more than {MOST_ROUNDS} rounds")),
    }
}

fn with_item(directive: &Directive, item: &str) -> Directive {
    Directive {
        value: directive.value.as_ref().map(|value| value.replace("%(_)", item)),
        ..directive.clone()
    }
}
