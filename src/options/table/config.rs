//! Rows about the configuration itself.

use super::{Argument, Command, Effect, Row};

pub(super) static ROWS: &[Row] = &[
    Row::new(
        "ini",
        Argument::Required("FILE[:SECTION]"),
        Effect::Source,
        "read an ini file at this place; `:section` alone reads another section of the same file",
    ),
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
