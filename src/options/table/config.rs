//! Rows about the configuration itself.

use super::super::logic::{Items, Logic, Test};
use super::{Argument, Command, Effect, Row};

pub(super) static ROWS: &[Row] = &[
    Row::new(
        "ini",
        Argument::Required("FILE[:SECTION]"),
        Effect::Source,
        "read an ini file at this place; `:section` alone reads another section of the same file",
    ),
    Row::new(
        "include",
        Argument::Required("FILE[:SECTION]"),
        Effect::Source,
        "read another configuration at this place",
    )
    .aliases(&["inherit", "config"]),
    Row::flag("strict", |s| &mut s.strict, "refuse names that are not options, and unclear values"),
    Row::new(
        "set-placeholder",
        Argument::Required("NAME=VALUE"),
        Effect::Define,
        "define a placeholder for %(name)",
    )
    .aliases(&["set-ph"]),
    Row::new(
        "set",
        Argument::Required("NAME=VALUE"),
        Effect::Define,
        "set an option or a placeholder",
    )
    .short('S'),
    Row::parsed(
        "plugins",
        "NAMES",
        |settings, names, origin| {
            settings.name_plugins(names, origin);
            Ok(())
        },
        "name plugins; what is built in is accepted in silence",
    )
    .aliases(&["plugin"]),
    Row::parsed(
        "need-plugins",
        "NAMES",
        |settings, names, _| settings.need_plugins(names),
        "name plugins that must be there",
    )
    .aliases(&["need-plugin"]),
    Row::flag("no-server", |s| &mut s.no_server, "check, load the application, and end")
        .aliases(&["dry-run"]),
    Row::logic(
        "if-env",
        "NAME[=VALUE]",
        Logic::If(Test::Env, true),
        "until endif: only if an environment variable is set, or has a value",
    )
    .aliases(&["ifenv"]),
    Row::logic(
        "if-not-env",
        "NAME[=VALUE]",
        Logic::If(Test::Env, false),
        "until endif: only if an environment variable is not set, or has not a value",
    ),
    Row::logic(
        "if-exists",
        "PATH",
        Logic::If(Test::Exists, true),
        "until endif: only if it exists",
    )
    .aliases(&["ifexists"]),
    Row::logic(
        "if-not-exists",
        "PATH",
        Logic::If(Test::Exists, false),
        "until endif: only if it does not exist",
    ),
    Row::logic("if-file", "PATH", Logic::If(Test::File, true), "until endif: only if it is a file"),
    Row::logic(
        "if-not-file",
        "PATH",
        Logic::If(Test::File, false),
        "until endif: only if it is no file",
    ),
    Row::logic("if-dir", "PATH", Logic::If(Test::Dir, true), "until endif: only if it is a folder")
        .aliases(&["if-directory", "ifdir"]),
    Row::logic(
        "if-not-dir",
        "PATH",
        Logic::If(Test::Dir, false),
        "until endif: only if it is no folder",
    ),
    Row::logic(
        "if-opt",
        "NAME[=VALUE]",
        Logic::If(Test::Opt, true),
        "until endif: only if an option was given before, or with a value",
    ),
    Row::logic(
        "if-not-opt",
        "NAME[=VALUE]",
        Logic::If(Test::Opt, false),
        "until endif: only if an option was not given before, or not with a value",
    ),
    Row::logic(
        "if-hostname",
        "NAME",
        Logic::If(Test::Hostname, true),
        "until endif: only on the machine of this name",
    ),
    Row::logic(
        "if-not-hostname",
        "NAME",
        Logic::If(Test::Hostname, false),
        "until endif: only on machines of other names",
    ),
    Row::logic(
        "for",
        "WORDS",
        Logic::For(Items::Words),
        "until endfor: once for each word, which is %(_)",
    ),
    Row::logic(
        "for-times",
        "N",
        Logic::For(Items::Times),
        "until endfor: N times; %(_) is the number of the round",
    ),
    Row::new("end", Argument::Optional(""), Effect::Logic(Logic::End), "end of an if or a for")
        .aliases(&["endif", "end-if", "endfor", "end-for"]),
    Row::new("help", Argument::None, Effect::Command(Command::Help), "print this list")
        .short('h')
        .aliases(&["usage"]),
    Row::new("version", Argument::None, Effect::Command(Command::Version), "print the version"),
    Row::new(
        "python-version",
        Argument::None,
        Effect::Command(Command::PythonVersion),
        "print the version of Python",
    ),
];
