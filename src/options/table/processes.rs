//! Rows about processes, their identity and their life.

use super::super::directive::Said;
use super::super::mounts::parse_mount;
use super::super::values::truth;
use super::{Argument, Command, Effect, Row};

/// Settings of this chapter. A field has the name of its option.
#[expect(missing_docs, reason = "the table says what each option does")]
#[expect(clippy::struct_excessive_bools, reason = "options are flags")]
#[derive(Clone, Debug)]
pub struct Processes {
    pub master: bool,
    pub processes: u64,
    pub threads: u64,
    pub lazy_apps: bool,
    pub chdir: Option<Said>,
    pub chdir2: Option<Said>,
    pub env: Vec<Said>,
    pub pidfile: Option<Said>,
    pub pidfile2: Option<Said>,
    pub daemonize: Option<Said>,
    pub daemonize2: Option<Said>,
    pub vacuum: bool,
    pub die_on_term: Option<bool>,
    pub exit_on_reload: bool,
    pub auto_procname: bool,
    pub procname_prefix: Option<Said>,
}

impl Default for Processes {
    fn default() -> Self {
        Self {
            master: false,
            processes: 1,
            threads: 1,
            lazy_apps: false,
            chdir: None,
            chdir2: None,
            env: Vec::new(),
            pidfile: None,
            pidfile2: None,
            daemonize: None,
            daemonize2: None,
            vacuum: false,
            die_on_term: None,
            exit_on_reload: false,
            auto_procname: false,
            procname_prefix: None,
        }
    }
}

pub(super) static ROWS: &[Row] = &[
    Row::flag(
        "master",
        |s| &mut s.processes.master,
        "run a master process (there always is one here)",
    )
    .short('M'),
    Row::number("processes", "N", |s| &mut s.processes.processes, "number of workers")
        .short('p')
        .aliases(&["workers"]),
    Row::number(
        "threads",
        "N",
        |s| &mut s.processes.threads,
        "threads per worker, one request in each",
    ),
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
    Row::flag("lazy-apps", |s| &mut s.processes.lazy_apps, "load the application in each worker"),
    Row::flag("lazy", |s| &mut s.processes.lazy_apps, "the older name of lazy-apps"),
    Row::word(
        "chdir",
        "DIRECTORY",
        |s| &mut s.processes.chdir,
        "change to a directory before loading",
    ),
    Row::word(
        "chdir2",
        "DIRECTORY",
        |s| &mut s.processes.chdir2,
        "change to a directory after loading",
    ),
    Row::new(
        "env",
        Argument::Required("NAME=VALUE"),
        Effect::Lines(|s| &mut s.processes.env),
        "set an environment variable",
    ),
    Row::word(
        "pidfile",
        "FILE",
        |s| &mut s.processes.pidfile,
        "write the master's pid, before dropping",
    ),
    Row::word(
        "pidfile2",
        "FILE",
        |s| &mut s.processes.pidfile2,
        "write the master's pid, after dropping",
    ),
    Row::word(
        "safe-pidfile",
        "FILE",
        |s| &mut s.processes.pidfile2,
        "write the master's pid once it serves",
    ),
    Row::word(
        "daemonize",
        "LOGFILE",
        |s| &mut s.processes.daemonize,
        "go to the background, log to a file",
    )
    .short('d'),
    Row::word(
        "daemonize2",
        "LOGFILE",
        |s| &mut s.processes.daemonize2,
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
    Row::flag("vacuum", |s| &mut s.processes.vacuum, "remove unix sockets and pidfiles at the end"),
    Row::new(
        "die-on-term",
        Argument::None,
        Effect::Parsed(|settings, value, _| {
            settings.processes.die_on_term = Some(truth(value));
            Ok(())
        }),
        "stop on TERM; `false` makes TERM reload, as uWSGI does",
    ),
    Row::flag(
        "exit-on-reload",
        |s| &mut s.processes.exit_on_reload,
        "end where a reload is asked for",
    ),
    Row::inert(
        "single-interpreter",
        Argument::None,
        "use one Python interpreter",
        "there is one interpreter",
    )
    .short('i'),
    Row::flag(
        "auto-procname",
        |s| &mut s.processes.auto_procname,
        "name the processes after their work",
    ),
    Row::word(
        "procname-prefix",
        "TEXT",
        |s| &mut s.processes.procname_prefix,
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
    Row::planned("backtrace-depth", Argument::Required("N"), ""),
    Row::planned("skip-zero", Argument::None, ""),
    Row::planned("skip-atexit", Argument::None, ""),
    Row::planned("skip-atexit-teardown", Argument::None, ""),
    Row::planned("pause", Argument::Required("VALUE"), "").aliases(&["suspend", "resume"]),
    Row::planned("cgi-mode", Argument::None, "").short('c'),
    Row::planned("no-threads-wait", Argument::None, ""),
    Row::planned("procname-append", Argument::Required("VALUE"), ""),
    Row::planned("procname", Argument::Required("VALUE"), ""),
    Row::planned("procname-master", Argument::Required("VALUE"), ""),
    Row::planned("honour-stdin", Argument::None, ""),
    Row::planned("force-gateway", Argument::None, ""),
    Row::planned("reaper", Argument::None, "").short('r'),
    Row::planned("no-fd-passing", Argument::None, ""),
    Row::planned("ftok", Argument::Required("VALUE"), ""),
    Row::planned("persistent-ipcsem", Argument::None, ""),
    Row::planned("flock", Argument::Required("FILE"), "").repeats(),
    Row::planned("flock-wait", Argument::Required("FILE"), "").repeats(),
    Row::planned("flock2", Argument::Required("VALUE"), ""),
    Row::planned("flock-wait2", Argument::Required("VALUE"), ""),
    Row::planned("safe-pidfile2", Argument::Required("VALUE"), ""),
    Row::planned("weight", Argument::Required("N"), ""),
    Row::planned("auto-weight", Argument::Required("VALUE"), ""),
    Row::planned("command-mode", Argument::None, ""),
    Row::planned("mem-collector-freq", Argument::Required("N"), ""),
    Row::flag(
        "no-default-app",
        |s| &mut s.python.no_default_app,
        "answer 500 where no mount fits, instead of asking the first application",
    ),
    Row::flag(
        "catch-exceptions",
        |s| &mut s.python.catch_exceptions,
        "show exceptions and the variables of the request to the client",
    ),
    Row::planned("exception-handler", Argument::Required("VALUE"), "").repeats(),
    Row::planned("master-fifo", Argument::Required("VALUE"), "").repeats(),
    Row::planned("notify-socket", Argument::Required("VALUE"), ""),
    Row::planned("check-interval", Argument::Required("N"), ""),
    Row::planned("forkbomb-delay", Argument::Required("N"), ""),
    Row::planned("binary-path", Argument::Required("VALUE"), ""),
    Row::planned("use-abort", Argument::None, ""),
    Row::planned("force-cwd", Argument::Required("VALUE"), ""),
    Row::planned("cheap", Argument::None, ""),
    Row::planned("cheaper", Argument::Required("N"), ""),
    Row::planned("cheaper-initial", Argument::Required("N"), ""),
    Row::planned("cheaper-algo", Argument::Required("VALUE"), ""),
    Row::planned("cheaper-step", Argument::Required("N"), ""),
    Row::planned("cheaper-overload", Argument::Required("N"), ""),
    Row::planned("cheaper-algo-list", Argument::None, "")
        .aliases(&["cheaper-algos-list", "cheaper-list"]),
    Row::planned("cheaper-rss-limit-soft", Argument::Required("N"), ""),
    Row::planned("cheaper-rss-limit-hard", Argument::Required("N"), ""),
    Row::planned("idle", Argument::Required("N"), ""),
    Row::planned("die-on-idle", Argument::None, ""),
    Row::parsed(
        "mount",
        "[HOST]/PATH=APPLICATION",
        |settings, value, origin| {
            settings.python.mount.push(parse_mount(value, origin)?);
            Ok(())
        },
        "load an application for a path: a .py file, a module or module:callable",
    )
    .aliases(&["worker-mount"])
    .repeats(),
    Row::planned("thread-stacksize", Argument::Required("N"), "").aliases(&[
        "threads-stacksize",
        "thread-stack-size",
        "threads-stack-size",
    ]),
    Row::inert(
        "vhost",
        Argument::None,
        "choose applications by host as well",
        "mounts that name a host are always chosen by it",
    ),
    Row::inert(
        "vhost-host",
        Argument::None,
        "take the host from the Host header",
        "both the Host header and SERVER_NAME are looked at",
    ),
    Row::planned("clock", Argument::Required("VALUE"), ""),
    Row::planned("clock-list", Argument::None, "").aliases(&["clocks-list"]),
    Row::inert(
        "offload-threads",
        Argument::Required("N"),
        "threads that send files",
        "sending a static file never holds a thread's place in the application",
    )
    .aliases(&["offload-thread"]),
    Row::planned("envdir", Argument::Required("VALUE"), "").repeats(),
    Row::planned("early-envdir", Argument::Required("FILE"), "").repeats(),
    Row::planned("unenv", Argument::Required("VALUE"), "").repeats(),
    Row::planned("cheaper-busyness-max", Argument::Required("N"), ""),
    Row::planned("cheaper-busyness-min", Argument::Required("N"), ""),
    Row::planned("cheaper-busyness-multiplier", Argument::Required("N"), ""),
    Row::planned("cheaper-busyness-penalty", Argument::Required("N"), ""),
    Row::planned("cheaper-busyness-verbose", Argument::None, ""),
    Row::planned("cheaper-busyness-backlog-alert", Argument::Required("N"), ""),
    Row::planned("cheaper-busyness-backlog-multiplier", Argument::Required("N"), ""),
    Row::planned("cheaper-busyness-backlog-step", Argument::Required("N"), ""),
    Row::planned("cheaper-busyness-backlog-nonzero", Argument::Required("N"), ""),
    Row::planned("jidfile", Argument::Required("VALUE"), "").aliases(&["jid-file"]),
];
