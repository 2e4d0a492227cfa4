//! Texts about the options that are made from the table.

use std::fmt::Write;

use super::table::{self, Argument, CHAPTERS, Effect, Row};

/// What `--help` prints.
#[must_use]
pub fn help() -> String {
    let mut text = String::from(
        "ruwsgi runs WSGI applications from uWSGI's configurations.\n\n\
         usage: ruwsgi [OPTIONS] [FILE.ini …]\n       \
         ruwsgi serve [OPTIONS] [FILE.ini …]\n       \
         ruwsgi deploy COMMAND        (see ruwsgi deploy --help)\n       \
         ruwsgi healthcheck ADDRESS   (see ruwsgi healthcheck --help)\n\n\
         first steps:\n  \
         ruwsgi --http :9000 --wsgi-file app.py\n  \
         ruwsgi --ini uwsgi.ini\n  \
         ruwsgi --reload site.pid\n  \
         ruwsgi --stop site.pid\n\n\
         In an ini file the same names stand in a [uwsgi] section, without dashes in front.\n",
    );
    let is_planned = |row: &&Row| matches!(row.effect, Effect::Planned);
    for chapter in CHAPTERS {
        if chapter.rows.iter().all(|row| is_planned(&row)) {
            continue;
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "\n{}:\n", chapter.title);
        for row in chapter.rows {
            let mut names = match row.short {
                Some(letter) => format!("-{letter}, --{}", row.name),
                None => format!("    --{}", row.name),
            };
            match row.argument {
                Argument::None | Argument::Optional("") => {}
                Argument::Required(what) => names.extend([" ", what]),
                Argument::Optional(what) => names.extend(["[=", what, "]"]),
            }
            let also: Vec<_> = row.aliases.iter().map(|alias| format!(" [--{alias}]")).collect();
            let also = also.concat();
            let _ = match names.chars().count() {
                ..=34 => writeln!(text, "  {names:<34}  {}{also}", row.help),
                _ => writeln!(text, "  {names}\n{:38}{}{also}", "", row.help),
            };
        }
    }
    let planned: usize = table::rows().filter(is_planned).map(|row| row.names().count()).sum();
    let _ = writeln!(
        text,
        "\n{planned} more names of uWSGI's are known; they have no effect yet, and a warning says so."
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_names_every_option_that_works() {
        let help = help();
        let done = table::rows().filter(|row| !matches!(row.effect, Effect::Planned));
        for row in done {
            assert!(help.contains(&format!("--{}", row.name)), "{}", row.name);
        }
    }
}
