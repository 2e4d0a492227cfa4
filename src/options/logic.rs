//! Conditions and loops of configuration files: `if-…`, `for…` and their ends.
//!
//! As uWSGI 2.0.31: a condition or loop runs until the next end of its kind or the end of the
//! configuration, and does not nest.

use std::path::Path;

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
}

/// What a loop goes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Items {
    /// Words.
    Words,
    /// The numbers from 1.
    Times,
}

/// The most rounds of a loop.
const MOST_ROUNDS: usize = 4096;

/// Where the reading of a configuration stands.
#[derive(Debug, Default)]
pub struct Flow(Block);

#[derive(Debug, Default)]
enum Block {
    /// Every line counts.
    #[default]
    Open,
    /// Lines count if this holds.
    If(bool),
    /// Lines are kept for the rounds of a loop.
    For(Vec<String>, Vec<Directive>),
}

impl Flow {
    /// Takes a line of logic, its value replaced; gives the lines that a loop at its end makes.
    /// `said` looks up what options were given so far.
    pub fn take(
        &mut self,
        logic: Logic,
        value: &str,
        said: impl Fn(&str) -> Vec<String>,
    ) -> Result<Vec<Directive>, String> {
        match (logic, &mut self.0) {
            // The first end behind a condition that does not hold is its own.
            (Logic::If(..) | Logic::For(_), Block::If(false)) => {}
            (Logic::If(test, wanted), _) => {
                self.0 = Block::If(holds(test, value, said) == wanted);
            }
            (Logic::For(items), _) => self.0 = Block::For(rounds(items, value)?, Vec::new()),
            (Logic::End, block) => {
                if let Block::For(items, body) = std::mem::take(block) {
                    return Ok(items.iter().flat_map(|item| round(&body, item)).collect());
                }
            }
        }
        Ok(Vec::new())
    }

    /// Takes any other line; gives it back if it counts now.
    pub fn pass(&mut self, directive: Directive) -> Option<Directive> {
        match &mut self.0 {
            Block::Open | Block::If(true) => Some(directive),
            Block::If(false) => None,
            Block::For(_, body) => {
                body.push(directive);
                None
            }
        }
    }
}

fn holds(test: Test, value: &str, said: impl Fn(&str) -> Vec<String>) -> bool {
    let path = Path::new(value);
    match test {
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
    }
}

fn rounds(items: Items, value: &str) -> Result<Vec<String>, String> {
    let rounds: Vec<String> = match items {
        Items::Words => value.split_whitespace().map(str::to_owned).collect(),
        Items::Times => {
            let times: usize =
                value.trim().parse().map_err(|_| format!("`{value}` is not a number of rounds"))?;
            (1..=times.min(MOST_ROUNDS + 1)).map(|round| round.to_string()).collect()
        }
    };
    match rounds.len() {
        ..=MOST_ROUNDS => Ok(rounds),
        _ => Err(format!("more than {MOST_ROUNDS} rounds")),
    }
}

fn round(body: &[Directive], item: &str) -> Vec<Directive> {
    let replaced = |directive: &Directive| Directive {
        value: directive.value.as_ref().map(|value| value.replace("%(_)", item)),
        ..directive.clone()
    };
    body.iter().map(replaced).collect()
}
