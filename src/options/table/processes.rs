//! Rows about processes, their identity and their life.

use super::super::values::{parse_octal, truth};
use super::{Argument, Command, Effect, Row};

pub(super) static ROWS: &[Row] = &[
    Row::flag("master", |s| &mut s.master, "run a master process (there always is one here)")
        .short('M'),
    Row::number("processes", "N", |s| &mut s.processes, "number of workers")
        .short('p')
        .aliases(&["workers"]),
    Row::number("threads", "N", |s| &mut s.threads, "threads per worker, one request in each"),
    Row::inert(
        "enable-threads",
        Argument::None,
        "let the application start threads",
        "threads always run",
    )
    .short('T'),
    Row::inert(
        "thunder-lock",
        Argument::None,
        "serialise accept between workers",
        "accepting never blocks, so there is no lock and nothing to deadlock",
    ),
    Row::flag("lazy-apps", |s| &mut s.lazy_apps, "load the application in each worker"),
    Row::flag("lazy", |s| &mut s.lazy_apps, "the older name of lazy-apps"),
    Row::word("chdir", "DIRECTORY", |s| &mut s.chdir, "change to a directory before loading"),
    Row::word("chdir2", "DIRECTORY", |s| &mut s.chdir2, "change to a directory after loading"),
    Row::word("uid", "USER", |s| &mut s.uid, "become this user, by name or number"),
    Row::word("gid", "GROUP", |s| &mut s.gid, "become this group, by name or number"),
    Row::parsed(
        "umask",
        "MODE",
        |settings, mode, _| {
            settings.umask = Some(parse_octal(mode)?);
            Ok(())
        },
        "file mode creation mask, octal",
    ),
    Row::new(
        "env",
        Argument::Required("NAME=VALUE"),
        Effect::Lines(|s| &mut s.env),
        "set an environment variable",
    ),
    Row::word("pidfile", "FILE", |s| &mut s.pidfile, "write the master's pid, before dropping"),
    Row::word("pidfile2", "FILE", |s| &mut s.pidfile2, "write the master's pid, after dropping"),
    Row::word("safe-pidfile", "FILE", |s| &mut s.pidfile2, "write the master's pid once it serves"),
    Row::word("daemonize", "LOGFILE", |s| &mut s.daemonize, "go to the background, log to a file")
        .short('d'),
    Row::word(
        "daemonize2",
        "LOGFILE",
        |s| &mut s.daemonize2,
        "go to the background once the application is loaded",
    ),
    Row::new(
        "stop",
        Argument::Required("PIDFILE"),
        Effect::Command(Command::Stop),
        "stop the server of a pidfile",
    ),
    Row::new(
        "reload",
        Argument::Required("PIDFILE"),
        Effect::Command(Command::Reload),
        "reload the server of a pidfile gracefully",
    ),
    Row::flag("vacuum", |s| &mut s.vacuum, "remove unix sockets and pidfiles at the end"),
    Row::new(
        "die-on-term",
        Argument::None,
        Effect::Parsed(|settings, value, _| {
            settings.die_on_term = Some(truth(value));
            Ok(())
        }),
        "stop on TERM; `false` makes TERM reload, as uWSGI does",
    ),
    Row::flag("exit-on-reload", |s| &mut s.exit_on_reload, "end where a reload is asked for"),
    Row::flag("need-app", |s| &mut s.need_app, "do not start without an application"),
    Row::inert(
        "single-interpreter",
        Argument::None,
        "use one Python interpreter",
        "there is one interpreter",
    )
    .short('i'),
    Row::flag("auto-procname", |s| &mut s.auto_procname, "name the processes after their work"),
    Row::word(
        "procname-prefix",
        "TEXT",
        |s| &mut s.procname_prefix,
        "put a text before the names of the processes",
    )
    .aliases(&["procname-prefix-spaced"]),
    Row::inert(
        "close-on-exec",
        Argument::None,
        "close sockets in programs the application runs",
        "sockets are never passed on to programs the application runs",
    ),
    Row::inert(
        "no-orphans",
        Argument::None,
        "end workers whose master is gone",
        "workers always finish and end when their master is gone",
    ),
    Row::parsed(
        "hook-master-start",
        "HOOK",
        |_, hook, _| match hook {
            "unix_signal:15 gracefully_kill_them_all" => Ok(()),
            _ => Err("only `unix_signal:15 gracefully_kill_them_all` is known, and it is what \
                      TERM does anyway"
                .to_owned()),
        },
        "run a hook in the master",
    ),
];
