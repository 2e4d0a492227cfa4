//! Rows about the configuration itself.

use super::super::formats::Format;
use super::super::logic::{Items, Logic, Test};
use super::{Argument, Command, Defines, Effect, Row};

const BUILT_IN: &str = "everything is built in; there are no plugin files to look for";
const NO_PLUGINS: &str = "nothing has to be built: what common plugins do is built in";
const NO_BINARY: &str = "this program loads and carries no foreign code or data; use a file";

pub(super) static ROWS: &[Row] = &[
    Row::new(
        "ini",
        Argument::Required("FILE[:SECTION]"),
        Effect::Source(Some(Format::Ini)),
        "read an ini file at this place; `:section` alone reads another section of the same file",
    ),
    Row::new(
        "include",
        Argument::Required("FILE[:SECTION]"),
        Effect::Source(None),
        "read another configuration at this place",
    )
    .aliases(&["inherit", "config"]),
    Row::flag("strict", |s| &mut s.strict, "refuse names that are not options, and unclear values"),
    Row::new(
        "set-placeholder",
        Argument::Required("NAME=VALUE"),
        Effect::Define(Defines::Placeholder),
        "define a placeholder for %(name)",
    )
    .aliases(&["set-ph"]),
    Row::new(
        "set",
        Argument::Required("NAME=VALUE"),
        Effect::Define(Defines::Option),
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
    Row::flag(
        "no-server",
        |s| &mut s.no_server,
        "read everything, load the application (not with lazy-apps), bind nothing, and end",
    )
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
    Row::new(
        "yaml",
        Argument::Required("FILE[:SECTION]"),
        Effect::Source(Some(Format::Yaml)),
        "read a YAML file at this place",
    )
    .short('y')
    .aliases(&["yml"]),
    Row::new(
        "json",
        Argument::Required("FILE[:SECTION]"),
        Effect::Source(Some(Format::Json)),
        "read a JSON file at this place",
    )
    .short('j')
    .aliases(&["js"]),
    Row::new(
        "xmlconfig",
        Argument::Required("FILE[:ID]"),
        Effect::Source(Some(Format::Xml)),
        "read an XML file at this place",
    )
    .short('x')
    .aliases(&["xml"]),
    Row::new(
        "toml",
        Argument::Required("FILE[:TABLE]"),
        Effect::Source(Some(Format::Toml)),
        "(ours) read a TOML file at this place",
    ),
    Row::planned(
        "fallback-config",
        Argument::Required("FILE"),
        "start again with this configuration if the start fails with exit code 1",
    ),
    Row::new(
        "declare-option",
        Argument::Required("NAME=OPTION=VALUE[;…]"),
        Effect::Macro,
        "make an option of your own that stands for others; $1, $2… are the words of its value",
    ),
    Row::new(
        "declare-option2",
        Argument::Required("NAME=OPTION=VALUE[;…]"),
        Effect::Macro,
        "the same as declare-option; in uWSGI it takes effect at another time",
    ),
    Row::new(
        "resolve",
        Argument::Required("NAME=HOST"),
        Effect::Define(Defines::Address),
        "define a placeholder with the IPv4 address of a host",
    ),
    Row::logic(
        "for-glob",
        "PATTERN",
        Logic::For(Items::Glob),
        "until endfor: once for each path that fits the pattern, which is %(_)",
    ),
    Row::logic(
        "for-readline",
        "FILE",
        Logic::For(Items::Lines),
        "until endfor: once for each line of a file, which is %(_)",
    ),
    Row::new(
        "if-reload",
        Argument::None,
        Effect::Logic(Logic::If(Test::Reload, true)),
        "until endif: only where a running server is reloaded",
    ),
    Row::new(
        "if-not-reload",
        Argument::None,
        Effect::Logic(Logic::If(Test::Reload, false)),
        "until endif: only at the first start",
    ),
    Row::logic(
        "if-plugin",
        "NAME",
        Logic::If(Test::Plugin, true),
        "until endif: only if what this plugin does is built in",
    )
    .aliases(&["ifplugin"]),
    Row::logic(
        "if-not-plugin",
        "NAME",
        Logic::If(Test::Plugin, false),
        "until endif: only if what this plugin does is not built in",
    ),
    Row::logic(
        "if-hostname-match",
        "REGEXP",
        Logic::If(Test::HostnameMatch, true),
        "until endif: only on machines whose name fits",
    ),
    Row::logic(
        "if-not-hostname-match",
        "REGEXP",
        Logic::If(Test::HostnameMatch, false),
        "until endif: only on machines whose name does not fit",
    ),
    Row::flag("show-config", |s| &mut s.show_config, "log the configuration as it was understood"),
    Row::new(
        "print",
        Argument::Required("TEXT"),
        Effect::Lines(|s| &mut s.prints),
        "log a text when the server starts",
    ),
    Row::new(
        "iprint",
        Argument::Required("TEXT"),
        Effect::Lines(|s| &mut s.prints),
        "the same as print; in uWSGI it is logged earlier",
    ),
    Row::new(
        "get",
        Argument::Required("NAME"),
        Effect::Command(Command::Get),
        "print what the configuration says for an option, and end",
    )
    .repeats(),
    Row::new(
        "exit",
        Argument::Optional("CODE"),
        Effect::Command(Command::Exit),
        "end with this exit code once the configuration is read",
    ),
    Row::new(
        "dump-options",
        Argument::None,
        Effect::Command(Command::DumpOptions),
        "print the names of all options, and end",
    ),
    Row::inert(
        "plugins-dir",
        Argument::Required("DIRECTORY"),
        "look for plugins in a directory",
        BUILT_IN,
    )
    .aliases(&["plugin-dir"])
    .repeats(),
    Row::inert("autoload", Argument::None, "load the plugins that options need", BUILT_IN),
    Row::inert("plugins-list", Argument::None, "list the plugins", BUILT_IN)
        .aliases(&["plugin-list"]),
    Row::inert(
        "mode",
        Argument::Required("TEXT"),
        "set a mode that plugins may ask for",
        "no part of this server asks for it",
    ),
    Row::planned(
        "blacklist",
        Argument::Required("OPTION"),
        "until end-blacklist: ignore an option in what follows",
    ),
    Row::planned("end-blacklist", Argument::None, "end of a blacklist"),
    Row::planned(
        "whitelist",
        Argument::Required("OPTION"),
        "until end-whitelist: ignore every other option in what follows",
    ),
    Row::planned("end-whitelist", Argument::None, "end of a whitelist"),
    Row::planned(
        "inject-before",
        Argument::Required("FILE"),
        "put a text in front of each configuration before it is read",
    )
    .repeats(),
    Row::planned(
        "inject-after",
        Argument::Required("FILE"),
        "put a text behind each configuration before it is read",
    )
    .repeats(),
    Row::planned(
        "allowed-modifiers",
        Argument::Required("NUMBERS"),
        "refuse requests whose first modifier is not in the list",
    ),
    Row::planned(
        "remap-modifier",
        Argument::Required("FROM:TO[,…]"),
        "treat requests of one first modifier as those of another",
    ),
    Row::refused(
        "connect-and-read",
        Argument::Required("ADDRESS"),
        "connect to a socket and print what it sends",
        "use `nc HOST PORT` or `socat - UNIX-CONNECT:PATH`",
    ),
    Row::refused(
        "extract",
        Argument::Required("RESOURCE"),
        "print a resource named by a URI",
        "use cat or curl",
    ),
    Row::refused("dlopen", Argument::Required("FILE"), "load a shared library", NO_BINARY)
        .repeats(),
    Row::refused(
        "print-sym",
        Argument::Required("SYMBOL"),
        "print a symbol of the binary",
        NO_BINARY,
    )
    .aliases(&["print-symbol"]),
    Row::refused(
        "binary-append-data",
        Argument::Required("FILE"),
        "print data in the form in which it can be appended to the binary",
        NO_BINARY,
    )
    .repeats(),
    Row::refused("cflags", Argument::None, "print the flags of the C compiler", NO_PLUGINS),
    Row::refused("dot-h", Argument::None, "print the C header of the server", NO_PLUGINS),
    Row::refused("config-py", Argument::None, "print the build script", NO_PLUGINS),
    Row::refused(
        "build-plugin",
        Argument::Required("DIRECTORY"),
        "build a plugin from its source",
        NO_PLUGINS,
    ),
];
