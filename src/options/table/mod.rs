//! The one table of options: a row per option, a file per chapter.
//!
//! Everything that knows an option knows it from here: argv, ini keys, `--help`, the deployer's
//! check of `options:`. A new option is a new row.

/// What a row expects behind the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// Nothing on the command line; in a file, a truth value.
    None,
    /// A value; the text names it in `--help`.
    Required(&'static str),
    /// A value that may be left out.
    Optional(&'static str),
}

/// One option.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The long name, without dashes.
    pub name: &'static str,
    /// Other long names for the same thing.
    pub aliases: &'static [&'static str],
    /// What is expected behind the name.
    pub argument: Argument,
}

/// The row with this name or alias, spelt exactly.
#[must_use]
pub fn find(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name == name || row.aliases.contains(&name))
}

static ROWS: &[Row] = &[];
