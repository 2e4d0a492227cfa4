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
    .aliases(&["plugin"])
    .repeats(),
    Row::parsed(
        "need-plugins",
        "NAMES",
        |settings, names, _| settings.need_plugins(names),
        "name plugins that must be there",
    )
    .aliases(&["need-plugin"])
    .repeats(),
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
    Row::new("version", Argument::None, Effect::Command(Command::Version), "print the version")
        .repeats(),
    Row::new(
        "python-version",
        Argument::None,
        Effect::Command(Command::PythonVersion),
        "print the version of Python",
    ),
    Row::planned("xmlconfig", Argument::Required("FILE"), "")
        .short('x')
        .aliases(&["xml"])
        .repeats(),
    Row::planned("fallback-config", Argument::Required("VALUE"), ""),
    Row::planned("get", Argument::Required("VALUE"), "").repeats(),
    Row::planned("declare-option", Argument::Required("VALUE"), "").repeats(),
    Row::planned("declare-option2", Argument::Required("VALUE"), "").repeats(),
    Row::planned("resolve", Argument::Required("VALUE"), "").repeats(),
    Row::planned("for-glob", Argument::Required("VALUE"), "").repeats(),
    Row::planned("for-readline", Argument::Required("VALUE"), "").repeats(),
    Row::planned("if-reload", Argument::None, "").repeats(),
    Row::planned("if-not-reload", Argument::None, "").repeats(),
    Row::planned("if-plugin", Argument::Required("VALUE"), "").aliases(&["ifplugin"]).repeats(),
    Row::planned("if-not-plugin", Argument::Required("VALUE"), "").repeats(),
    Row::planned("blacklist", Argument::Required("VALUE"), ""),
    Row::planned("end-blacklist", Argument::None, ""),
    Row::planned("whitelist", Argument::Required("VALUE"), ""),
    Row::planned("end-whitelist", Argument::None, ""),
    Row::planned("inject-before", Argument::Required("VALUE"), "").repeats(),
    Row::planned("inject-after", Argument::Required("VALUE"), "").repeats(),
    Row::planned("connect-and-read", Argument::Required("VALUE"), ""),
    Row::planned("extract", Argument::Required("VALUE"), ""),
    Row::planned("print-sym", Argument::Required("VALUE"), "").aliases(&["print-symbol"]),
    Row::planned("yaml", Argument::Required("FILE"), "").short('y').aliases(&["yml"]).repeats(),
    Row::planned("mode", Argument::Required("VALUE"), ""),
    Row::planned("plugins-dir", Argument::Required("VALUE"), "").aliases(&["plugin-dir"]).repeats(),
    Row::planned("plugins-list", Argument::None, "").aliases(&["plugin-list"]),
    Row::planned("autoload", Argument::None, ""),
    Row::planned("dlopen", Argument::Required("FILE"), "").repeats(),
    Row::planned("allowed-modifiers", Argument::Required("VALUE"), ""),
    Row::planned("remap-modifier", Argument::Required("VALUE"), ""),
    Row::planned("dump-options", Argument::None, ""),
    Row::planned("show-config", Argument::None, ""),
    Row::planned("binary-append-data", Argument::Required("VALUE"), "").repeats(),
    Row::planned("print", Argument::Required("VALUE"), "").repeats(),
    Row::planned("iprint", Argument::Required("VALUE"), "").repeats(),
    Row::planned("exit", Argument::Optional("VALUE"), ""),
    Row::planned("cflags", Argument::None, ""),
    Row::planned("dot-h", Argument::None, ""),
    Row::planned("config-py", Argument::None, ""),
    Row::planned("build-plugin", Argument::Required("VALUE"), ""),
    Row::planned("if-hostname-match", Argument::Required("VALUE"), "").repeats(),
    Row::planned("if-not-hostname-match", Argument::Required("VALUE"), "").repeats(),
    Row::planned("json", Argument::Required("FILE"), "").short('j').aliases(&["js"]).repeats(),
];
