//! What is wrong in a ruwsgi.yaml: where, what was found, what would be right.
//!
//! Only shows problems; who finds them is `yaml`, `keys` and `check`.

use std::fmt;

/// A place in ruwsgi.yaml, both counted from 1; line 0 means "not written there".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line.
    pub line: usize,
    /// Column, in characters.
    pub column: usize,
    /// How many characters are meant.
    pub length: usize,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub at: Position,
    /// What was found and what is allowed, lower case, no full stop.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// The id of the rule in docs/deploy.md, for rules that tie two files together.
    pub rule: Option<&'static str>,
    /// It is allowed, and perhaps not meant.
    pub warning: bool,
    /// So many letters of the line are shown; behind them is a secret.
    pub shown: Option<usize>,
}

impl Problem {
    /// A problem at this place.
    pub fn new(at: Position, message: impl Into<String>) -> Self {
        Self { at, message: message.into(), help: None, rule: None, warning: false, shown: None }
    }

    /// The same, with what to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same, as a warning.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.warning = true;
        self
    }

    /// The same, without the secret that is behind the name here.
    #[must_use]
    pub fn secret_behind(mut self) -> Self {
        self.shown = Some(self.at.column.max(1) - 1 + self.at.length);
        self
    }

    /// The same, without the secret that is here.
    #[must_use]
    pub fn secret_here(mut self) -> Self {
        self.at.length = 1;
        self.shown = Some(self.at.column.max(1) - 1);
        self
    }

    /// The same, with the id of a rule.
    #[must_use]
    pub fn rule(mut self, rule: &'static str) -> Self {
        self.rule = Some(rule);
        self
    }
}

/// All problems of one file, in the order of its lines.
#[derive(Debug)]
pub struct Problems {
    /// The file's name as the user knows it.
    pub file: String,
    /// Its text, for showing the lines.
    pub source: String,
    /// What is wrong.
    pub list: Vec<Problem>,
}

/// So many letters of a line are shown.
const WIDEST: usize = 120;
/// So many are shown with their line and what to write; the rest without the line, so that it stays on one screen.
const SHOWN: usize = 6;

impl Problems {
    /// Sorted by place.
    #[must_use]
    pub fn new(file: &str, source: &str, mut list: Vec<Problem>) -> Self {
        // Errors first; what is nowhere in the file comes last.
        list.sort_by_key(|problem| (problem.warning, problem.at.line == 0, problem.at));
        Self { file: file.to_owned(), source: source.to_owned(), list }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in self.list.iter().take(SHOWN) {
            show(out, &self.file, &self.source, problem)?;
        }
        for problem in self.list.iter().skip(SHOWN) {
            head(out, &self.file, problem)?;
            if let Some(help) = problem.help.as_deref().and_then(|help| help.lines().next()) {
                writeln!(out, "  = {help}")?;
            }
        }
        if self.list.len() > SHOWN {
            writeln!(out)?;
        }
        let counted = |warning: bool, word: &str| {
            let count = self.list.iter().filter(|problem| problem.warning == warning).count();
            format!("{count} {word}{}", if count == 1 { "" } else { "s" })
        };
        let (errors, warnings) = (counted(false, "error"), counted(true, "warning"));
        match (errors.starts_with("0 "), warnings.starts_with("0 ")) {
            (true, _) => write!(out, "{} has {warnings}", self.file),
            (_, true) => write!(out, "{} has {errors}; nothing was written", self.file),
            _ => write!(out, "{} has {errors} and {warnings}; nothing was written", self.file),
        }
    }
}

impl std::error::Error for Problems {}

/// Where, and what was found.
fn head(out: &mut fmt::Formatter<'_>, file: &str, problem: &Problem) -> fmt::Result {
    let Position { line, column, .. } = problem.at;
    let rule = problem.rule.map(|rule| format!("[{rule}]")).unwrap_or_default();
    let word = if problem.warning { "warning" } else { "error" };
    let place = if line == 0 { String::new() } else { format!(":{line}:{column}") };
    writeln!(out, "{file}{place}: {word}{rule}: {}", problem.message)
}

fn show(out: &mut fmt::Formatter<'_>, file: &str, source: &str, problem: &Problem) -> fmt::Result {
    let Position { line, column, length } = problem.at;
    head(out, file, problem)?;
    if let Some(text) = line.checked_sub(1).and_then(|index| source.lines().nth(index)) {
        let width = line.to_string().len();
        // Of a long line, the part that is meant.
        let skipped = if column > WIDEST { column - WIDEST / 2 } else { 0 };
        let shown =
            text.chars().take(problem.shown.unwrap_or(usize::MAX)).skip(skipped).take(WIDEST);
        let mut shown: String = shown.collect();
        if problem.shown.is_some() {
            shown.push('…');
        }
        let column = column.max(1) - skipped;
        let marks = "^".repeat(length.clamp(1, 60));
        writeln!(out, "{:width$} |\n{line} | {shown}", "")?;
        writeln!(out, "{:width$} | {:indent$}{marks}", "", "", indent = column - 1)?;
    }
    if let Some(help) = &problem.help {
        for line in help.lines() {
            writeln!(out, "  = {line}")?;
        }
    }
    writeln!(out)
}
