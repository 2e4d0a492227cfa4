//! Texts about the options that are made from the table: `--help`, one entry, docs/options.md.

use std::fmt::Write;

use super::advice::LINTS;
use super::settings::Settings;
use super::table::{self, Argument, CHAPTERS, Effect, Row, Status};

/// What `--help` prints: every option that has an effect or needs none.
#[must_use]
pub fn help() -> String {
    let mut text = String::from(
        "ruwsgi runs WSGI applications from uWSGI's configurations.\n\n\
         usage: ruwsgi [OPTIONS] [FILE.ini …]\n       \
         ruwsgi serve [OPTIONS] [FILE.ini …]\n       \
         ruwsgi check FILE…           (see ruwsgi check --help)\n       \
         ruwsgi options [NAME…]       (see ruwsgi options --help)\n       \
         ruwsgi deploy COMMAND        (see ruwsgi deploy --help)\n       \
         ruwsgi healthcheck ADDRESS   (see ruwsgi healthcheck --help)\n       \
         ruwsgi hold, ruwsgi take     (see ruwsgi hold --help)\n\n\
         first steps:\n  \
         ruwsgi --http :9000 --wsgi-file app.py\n  \
         ruwsgi --ini uwsgi.ini\n  \
         ruwsgi --reload site.pid\n  \
         ruwsgi --stop site.pid\n\n\
         In an ini file the same names stand in a [uwsgi] section, without dashes in front.\n",
    );
    for chapter in CHAPTERS {
        let mut rows = chapter.rows.iter().filter(|row| is_done(row)).peekable();
        if rows.peek().is_none() {
            continue;
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "\n{}:\n", chapter.title);
        for row in rows {
            let names = usage(row);
            let also: Vec<_> = row.aliases.iter().map(|alias| format!(" [--{alias}]")).collect();
            let also = also.concat();
            let _ = match names.chars().count() {
                ..=34 => writeln!(text, "  {names:<34}  {}{also}", row.help),
                _ => writeln!(text, "  {names}\n{:38}{}{also}", "", row.help),
            };
        }
    }
    let Counts { planned, refused, .. } = Counts::of_all();
    let _ = writeln!(
        text,
        "\n{planned} more names of uWSGI's are known and have no effect yet, and {refused} are refused with what \
         to use\ninstead; a message says so. `ruwsgi options` lists them all."
    );
    text
}

/// Whether it has an effect, or needs none.
#[must_use]
pub fn is_done(row: &Row) -> bool {
    matches!(row.status(), Status::Works | Status::Inert(_))
}

/// `-p, --processes N`.
fn usage(row: &Row) -> String {
    let mut names = match row.short {
        Some(letter) => format!("-{letter}, --{}", row.name),
        None => format!("    --{}", row.name),
    };
    match row.argument {
        Argument::None | Argument::Optional("") => {}
        Argument::Required(what) => names.extend([" ", what]),
        Argument::Optional(what) => names.extend(["[=", what, "]"]),
    }
    names
}

/// The default of a number, where it is not 0.
#[must_use]
pub fn default_of(row: &Row) -> Option<String> {
    let mut settings = Settings::default();
    let (Effect::Number(field) | Effect::Size(field)) = row.effect else { return None };
    let default = *field(&mut settings);
    (default != 0).then(|| default.to_string())
}

/// Everything about one option, as `ruwsgi options NAME` prints it.
#[must_use]
pub fn entry(row: &Row) -> String {
    let mut text = format!("{}\n    {}\n", usage(row).trim_start(), row.help);
    let mut fact = |what: &str, fact: &str| {
        let _ = writeln!(text, "    {what:<9} {fact}");
    };
    if !row.aliases.is_empty() {
        fact("aliases", &row.aliases.join(", "));
    }
    if let Some(default) = default_of(row) {
        fact("default", &default);
    }
    if row.repeats {
        fact("repeats", "saying it again adds to what was said before");
    }
    let example = match (row.argument, row.effect) {
        (_, Effect::Command(_)) => None,
        (Argument::None | Argument::Optional(""), _) => Some(format!("{} = true", row.name)),
        (Argument::Required(what) | Argument::Optional(what), _) => {
            Some(format!("{} = {what}", row.name))
        }
    };
    if let Some(example) = example {
        fact("in a file", &example);
    }
    let status = row.status();
    match status.reason() {
        Some(reason) => fact("status", &format!("{}: {reason}", status.word())),
        None => fact("status", status.word()),
    }
    text
}

/// How many names have which status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Names that do what they say.
    pub works: usize,
    /// Names that are accepted without effect, and nothing is lost.
    pub inert: usize,
    /// Names that have no effect yet.
    pub planned: usize,
    /// Names that end the start.
    pub refused: usize,
}

impl Counts {
    /// Over the whole table, aliases counted.
    #[must_use]
    pub fn of_all() -> Self {
        let mut counts = Self::default();
        for row in table::rows() {
            let count = match row.status() {
                Status::Works => &mut counts.works,
                Status::Inert(_) => &mut counts.inert,
                Status::Planned => &mut counts.planned,
                Status::Refused(_) => &mut counts.refused,
            };
            *count += row.names().count();
        }
        counts
    }
}

/// docs/options.md.
#[must_use]
pub fn markdown() -> String {
    let Counts { works, inert, planned, refused } = Counts::of_all();
    let mut text = format!(
        "# Options\n\n\
         <!-- Made by `ruwsgi options --markdown`; a test compares. Change src/options/table/ instead. -->\n\n\
         Every name that uWSGI {} and its plugins know, and ours. The same names stand on the command line \
         (`--name VALUE`), in\nconfiguration files (`name = VALUE`) and in the environment (`UWSGI_NAME`). \
         `ruwsgi options NAME` tells one of them,\n`ruwsgi check FILE` tells what a configuration's options \
         come to.\n\n\
         | status | names | what it means |\n| --- | --- | --- |\n\
         | works | {works} | it does what it says |\n\
         | inert | {inert} | it is accepted without effect, and nothing is lost: the reason is given |\n\
         | planned | {planned} | it is accepted with a warning that names file and line, and has no effect yet |\n\
         | refused | {refused} | it ends the start, with what to use instead |\n\n\
         An option marked *repeats* adds to what was said before; otherwise the last one counts.\n",
        crate::version::UWSGI
    );
    for chapter in CHAPTERS {
        let _ = write!(
            text,
            "\n## {}\n\n| option | what it does | status |\n| --- | --- | --- |\n",
            chapter.title
        );
        for row in chapter.rows {
            let mut name = format!("`{}`", usage(row).trim_start().replace('|', "\\|"));
            for alias in row.aliases {
                let _ = write!(name, ", `--{alias}`");
            }
            let mut help = for_markdown(row.help);
            if let Some(default) = default_of(row) {
                let _ = write!(help, " (default {default})");
            }
            if row.repeats {
                help.push_str("; *repeats*");
            }
            let status = row.status();
            let reason = status.reason().map(|reason| format!(": {}", for_markdown(reason)));
            let reason = reason.unwrap_or_default();
            let _ = writeln!(text, "| {name} | {help} | {}{reason} |", status.word());
        }
    }
    text.push_str(
        "\n## Advice of `ruwsgi check`\n\nWhat is allowed and yet worth a second look; `--allow LINT` leaves one out.\n\n\
         | lint | why |\n| --- | --- |\n",
    );
    for lint in LINTS {
        let _ = writeln!(text, "| `{}` | {} |", lint.id, for_markdown(lint.why));
    }
    text
}

/// Text in a cell of a table.
fn for_markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut code = false;
    for letter in text.chars() {
        code ^= letter == '`';
        match letter {
            '|' => out.push_str("\\|"),
            '<' | '*' | '_' | '[' if !code => out.extend(['\\', letter]),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_names_every_option_that_is_done_and_no_other() {
        let help = help();
        for row in table::rows() {
            let listed = help.contains(&format!("--{} ", row.name))
                || help.contains(&format!("--{}\n", row.name))
                || help.contains(&format!("--{}[=", row.name));
            assert_eq!(listed, is_done(row), "{}", row.name);
        }
    }

    #[test]
    fn an_entry_tells_everything() {
        let row = table::find("workers").expect("an option");
        assert_eq!(
            entry(row),
            "-p, --processes N\n    number of workers; `auto` (ours) is as many as the cores and the memory of the \
             cgroup allow\n    aliases   workers\n    default   1\n    in a file processes = N\n    status    \
             works\n"
        );
    }
}
