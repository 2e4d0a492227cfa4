//! Rows about the emperor and its vassals.

use super::{Argument, Row};

pub(super) static ROWS: &[Row] = &[
    Row::planned(
        "emperor",
        Argument::Required("DIRECTORY"),
        "run a server for each configuration in a directory",
    )
    .repeats(),
    Row::planned("early-emperor", Argument::None, "start the emperor before anything else"),
    Row::planned(
        "emperor-freq",
        Argument::Required("SECONDS"),
        "look for new and changed vassals this often",
    ),
    Row::planned(
        "emperor-extra-extension",
        Argument::Required("EXTENSION"),
        "take files with this extension for vassals, too",
    )
    .aliases(&["emperor-extra-ext"])
    .repeats(),
    Row::planned(
        "emperor-nofollow",
        Argument::None,
        "look at a link's own time, not at its target's",
    ),
    Row::planned("emperor-tyrant", Argument::None, "run each vassal as the owner of its file"),
    Row::planned(
        "emperor-tyrant-nofollow",
        Argument::None,
        "take the owner of a link itself in tyrant mode",
    ),
    Row::planned(
        "emperor-cap",
        Argument::Required("CAPABILITIES"),
        "keep these capabilities for vassals in tyrant mode",
    )
    .aliases(&["vassals-cap", "vassal-cap"]),
    Row::planned(
        "emperor-throttle",
        Argument::Required("MILLISECONDS"),
        "hold back a vassal that dies at once",
    ),
    Row::planned(
        "emperor-max-throttle",
        Argument::Required("MILLISECONDS"),
        "hold back a dying vassal no longer than this",
    ),
    Row::planned("emperor-no-blacklist", Argument::None, "do not hold back vassals that fail"),
    Row::planned(
        "emperor-curse-tolerance",
        Argument::Required("SECONDS"),
        "wait this long for a vassal that is to end",
    ),
    Row::planned(
        "emperor-required-heartbeat",
        Argument::Required("SECONDS"),
        "restart a vassal that was silent for longer",
    ),
    Row::planned(
        "emperor-graceful-shutdown",
        Argument::None,
        "let vassals finish their requests when the emperor stops",
    ),
    Row::planned(
        "emperor-pidfile",
        Argument::Required("FILE"),
        "write the emperor's process id into a file",
    ),
    Row::planned("emperor-procname", Argument::Required("NAME"), "name the emperor's process"),
    Row::planned(
        "emperor-stats",
        Argument::Required("ADDRESS"),
        "serve the emperor's statistics as JSON",
    )
    .aliases(&["emperor-stats-server"]),
    Row::planned(
        "emperor-broodlord",
        Argument::Required("COUNT"),
        "start up to this many more vassals where one calls for help",
    ),
    Row::planned(
        "emperor-on-demand-extension",
        Argument::Required("EXTENSION"),
        "start a vassal when its socket, named in a file beside it, is used",
    )
    .aliases(&["emperor-on-demand-ext"]),
    Row::planned(
        "emperor-on-demand-directory",
        Argument::Required("DIRECTORY"),
        "start a vassal when its socket in a directory is used",
    )
    .aliases(&["emperor-on-demand-dir"]),
    Row::planned(
        "emperor-on-demand-exec",
        Argument::Required("COMMAND"),
        "start a vassal when its socket, named by a command, is used",
    ),
    Row::planned(
        "emperor-magic-exec",
        Argument::None,
        "run a vassal's file to get its configuration if it is executable",
    ),
    Row::planned(
        "emperor-wrapper",
        Argument::Required("PROGRAM"),
        "start vassals with another program",
    ),
    Row::planned(
        "emperor-wrapper-override",
        Argument::Required("PROGRAM"),
        "start vassals with this program rather than the emperor's wrapper",
    )
    .repeats(),
    Row::planned(
        "emperor-wrapper-fallback",
        Argument::Required("PROGRAM"),
        "start vassals with this program when no other one works",
    )
    .repeats(),
    Row::planned(
        "emperor-use-clone",
        Argument::Required("FLAGS"),
        "start vassals in namespaces of their own",
    ),
    Row::planned(
        "emperor-proxy-socket",
        Argument::Required("ADDRESS"),
        "let the vassals speak to this emperor through a socket",
    ),
    Row::planned(
        "imperial-monitor-list",
        Argument::None,
        "show where vassals may come from and go on",
    )
    .aliases(&["imperial-monitors-list"]),
    Row::planned(
        "vassals-inherit",
        Argument::Required("FILE"),
        "add a configuration behind each vassal's own, unchanged",
    )
    .repeats(),
    Row::planned(
        "vassals-include",
        Argument::Required("FILE"),
        "add a configuration behind each vassal's own, its placeholders replaced",
    )
    .repeats(),
    Row::planned(
        "vassals-inherit-before",
        Argument::Required("FILE"),
        "add a configuration before each vassal's own, unchanged",
    )
    .repeats(),
    Row::planned(
        "vassals-include-before",
        Argument::Required("FILE"),
        "add a configuration before each vassal's own, its placeholders replaced",
    )
    .repeats(),
    Row::planned("vassals-set", Argument::Required("KEY=VALUE"), "set an option in each vassal")
        .aliases(&["vassal-set"])
        .repeats(),
    Row::planned(
        "vassals-start-hook",
        Argument::Required("COMMAND"),
        "run a command before each vassal starts",
    ),
    Row::planned(
        "vassals-stop-hook",
        Argument::Required("COMMAND"),
        "run a command after each vassal ends",
    ),
    Row::planned(
        "vassal-sos",
        Argument::Required("SECONDS"),
        "call the emperor for help when all workers are busy for this long",
    ),
    Row::planned(
        "vassal-sos-backlog",
        Argument::Required("COUNT"),
        "call the emperor for help when this many connections wait",
    ),
    Row::planned(
        "heartbeat",
        Argument::Required("SECONDS"),
        "tell the emperor this often that the vassal is alive",
    ),
];
