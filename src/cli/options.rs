//! `ruwsgi options`: the reference of the options in the terminal, and the files that are made of it.

use std::fmt::Write;

use clap::{Args, CommandFactory, ValueEnum, ValueHint};
use clap_complete::Shell;
use serde_json::{Value, json};

use crate::error::Failure;
use crate::options::reference;
use crate::options::table::{self, Argument, CHAPTERS, Effect, Row};

/// What to tell.
#[derive(Args)]
pub(super) struct Arguments {
    /// Names of options, or words to look for in names and descriptions
    names: Vec<String>,
    /// Only options of this status
    #[arg(long, value_enum)]
    status: Option<Status>,
    /// As JSON: a list with name, aliases, letter, argument, help, status and reason of each
    #[arg(long)]
    json: bool,
    /// As the page docs/options.md
    #[arg(long, conflicts_with_all = ["names", "status", "json"])]
    markdown: bool,
    /// As the manual page ruwsgi(1)
    #[arg(long, conflicts_with_all = ["names", "status", "json", "markdown"])]
    man: bool,
    /// As completions for a shell
    #[arg(long, value_name = "SHELL", conflicts_with_all = ["names", "status", "json", "markdown", "man"])]
    completions: Option<Shell>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Status {
    /// Does what it says
    Works,
    /// Accepted without effect, and nothing is lost
    Inert,
    /// Accepted with a warning, without effect yet
    Planned,
    /// Ends the start
    Refused,
}

impl Status {
    fn fits(self, row: &Row) -> bool {
        matches!(
            (self, row.status()),
            (Self::Works, table::Status::Works)
                | (Self::Inert, table::Status::Inert(_))
                | (Self::Planned, table::Status::Planned)
                | (Self::Refused, table::Status::Refused(_))
        )
    }
}

/// Prints what was asked for.
pub(super) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    super::print(&match arguments {
        Arguments { markdown: true, .. } => reference::markdown(),
        Arguments { man: true, .. } => man(),
        Arguments { completions: Some(shell), .. } => completions(*shell),
        arguments => listed(arguments)?,
    });
    Ok(0)
}

fn listed(arguments: &Arguments) -> Result<String, Failure> {
    let mut found: Vec<&'static Row> = Vec::new();
    for name in &arguments.names {
        let matching = look_for(name);
        if matching.is_empty() {
            let failure = Failure::new(format!("no option is called {name} or speaks of it"));
            return Err(match table::nearest(name) {
                Some(near) => failure.hint(format!("did you mean {near}?")),
                None => failure,
            });
        }
        found.extend(matching);
    }
    let exact = arguments.names.iter().all(|name| table::find(name).is_some());
    let shown = |row: &&'static Row| {
        (arguments.names.is_empty() || found.iter().any(|known| known.name == row.name))
            && arguments.status.is_none_or(|status| status.fits(row))
    };
    if arguments.json {
        let rows: Vec<_> = CHAPTERS
            .iter()
            .flat_map(|chapter| chapter.rows.iter().map(move |row| (chapter.title, row)))
            .filter(|(_, row)| shown(row))
            .map(|(chapter, row)| as_json(chapter, row))
            .collect();
        return Ok(format!("{:#}\n", Value::Array(rows)));
    }
    let mut text = String::new();
    if exact && !arguments.names.is_empty() {
        let entries: Vec<_> = table::rows().filter(shown).map(reference::entry).collect();
        return Ok(entries.join("\n"));
    }
    for chapter in CHAPTERS {
        let rows: Vec<_> = chapter.rows.iter().filter(shown).collect();
        if !rows.is_empty() {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{}", chapter.title);
        }
        for row in rows {
            let word = row.status().word();
            let _ = writeln!(text, "  {:<30} {word:<8} {}", row.name, row.help);
        }
    }
    Ok(text)
}

/// The option of this name, or those that have the word in name or description.
fn look_for(name: &str) -> Vec<&'static Row> {
    if let Some(row) = table::find(name) {
        return vec![row];
    }
    let word = name.to_lowercase();
    let speaks = |row: &&Row| {
        row.names().any(|known| known.contains(&word)) || row.help.to_lowercase().contains(&word)
    };
    table::rows().filter(speaks).collect()
}

fn as_json(chapter: &str, row: &Row) -> Value {
    let (takes, argument) = match row.argument {
        Argument::None => ("none", None),
        Argument::Required(what) => ("required", Some(what)),
        Argument::Optional(what) => ("optional", Some(what).filter(|what| !what.is_empty())),
    };
    json!({
        "name": row.name,
        "aliases": row.aliases,
        "letter": row.short,
        "chapter": chapter,
        "argument": takes,
        "value": argument,
        "default": reference::default_of(row),
        "repeats": row.repeats,
        "help": row.help,
        "status": row.status().word(),
        "reason": row.status().reason(),
    })
}

/// The whole program as clap sees it: the subcommands, and the options of the server.
fn program(shown: fn(&Row) -> bool) -> clap::Command {
    let mut command = super::Words::command()
        .disable_help_flag(true)
        .disable_version_flag(true)
        .subcommand_required(false);
    for chapter in CHAPTERS {
        for row in chapter.rows.iter().filter(|row| reference::is_done(row) && shown(row)) {
            let mut option = clap::Arg::new(row.name)
                .long(row.name)
                .visible_aliases(row.aliases.iter().copied())
                .help(row.help)
                .help_heading(chapter.title)
                .action(clap::ArgAction::Append);
            if let Some(letter) = row.short {
                option = option.short(letter);
            }
            option = match row.argument {
                Argument::None | Argument::Optional("") => option.action(clap::ArgAction::Count),
                Argument::Required(what) => option.value_name(what).value_hint(hint(what)),
                Argument::Optional(what) => {
                    option.value_name(what).value_hint(hint(what)).num_args(0..=1)
                }
            };
            command = command.arg(option);
        }
    }
    let files = clap::Arg::new("file")
        .value_name("FILE")
        .value_hint(ValueHint::FilePath)
        .num_args(0..)
        .help("configurations (.ini, .yaml, .json, .xml, .toml), read after all options");
    command.arg(files)
}

fn hint(what: &str) -> ValueHint {
    match what {
        _ if what.starts_with("FILE") || what.ends_with("FILE") => ValueHint::FilePath,
        "DIRECTORY" => ValueHint::DirPath,
        "USER" => ValueHint::Username,
        "COMMAND" => ValueHint::CommandString,
        _ => ValueHint::Other,
    }
}

fn completions(shell: Shell) -> String {
    // Conditions and loops only stand in files.
    let mut program = program(|row| !matches!(row.effect, Effect::Logic(_)));
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut program, "ruwsgi", &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

fn man() -> String {
    let page = clap_mangen::Man::new(program(|_| true));
    let mut text = Vec::new();
    // Writing to a Vec cannot fail.
    let _ = page.render_title(&mut text);
    let _ = page.render_name_section(&mut text);
    text.extend_from_slice(
        b".SH SYNOPSIS\n\\fBruwsgi\\fR [\\fIOPTION\\fR...] [\\fIFILE\\fR...]\n.br\n\
          \\fBruwsgi\\fR \\fIsubcommand\\fR [\\fIARGUMENT\\fR...]\n",
    );
    let _ = page.render_options_section(&mut text);
    let _ = page.render_subcommands_section(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}
