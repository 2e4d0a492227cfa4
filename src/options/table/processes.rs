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
    pub is_auto: bool,
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
    pub procname: Option<Said>,
    pub procname_master: Option<Said>,
    pub procname_prefix: Option<Said>,
    pub procname_prefix_spaced: Option<Said>,
    pub procname_append: Option<Said>,
    pub honour_stdin: bool,
    pub reaper: bool,
    pub master_fifo: Vec<Said>,
    pub check_interval: u64,
    pub forkbomb_delay: u64,
    pub force_cwd: Option<Said>,
    pub thread_stacksize: u64,
    pub envdir: Vec<Said>,
    pub unenv: Vec<Said>,
    pub skip_atexit: bool,
}

impl Default for Processes {
    fn default() -> Self {
        Self {
            master: false,
            processes: 1,
            is_auto: false,
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
            procname: None,
            procname_master: None,
            procname_prefix: None,
            procname_prefix_spaced: None,
            procname_append: None,
            honour_stdin: false,
            reaper: false,
            master_fifo: Vec::new(),
            check_interval: 1,
            forkbomb_delay: 2,
            force_cwd: None,
            thread_stacksize: 0,
            envdir: Vec::new(),
            unenv: Vec::new(),
            skip_atexit: false,
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
    Row::number(
        "processes",
        "N",
        |s| {
            s.processes.is_auto = false;
            &mut s.processes.processes
        },
        "number of workers; `auto` (ours) is as many as the cores and the memory of the cgroup allow",
    )
    .or_word("auto", |s| s.processes.is_auto = true)
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
        |s| &mut s.processes.pidfile,
        "write the master's pid once its sockets are open",
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
    Row::new(
        "procname-prefix",
        Argument::Required("TEXT"),
        Effect::Line(|s| &mut s.processes.procname_prefix),
        "put a text before the names of the processes",
    ),
    Row::new(
        "procname-prefix-spaced",
        Argument::Required("TEXT"),
        Effect::Line(|s| &mut s.processes.procname_prefix_spaced),
        "put a text and a blank before the names of the processes",
    ),
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
    Row::inert(
        "backtrace-depth",
        Argument::Required("N"),
        "number of calls in a backtrace",
        "a traceback of Python is told whole",
    ),
    Row::inert(
        "skip-zero",
        Argument::None,
        "do not look whether descriptor 0 is a socket",
        "sockets are never taken from standard input",
    ),
    Row::flag(
        "skip-atexit",
        |s| &mut s.processes.skip_atexit,
        "end without the handlers that the application left for its exit",
    ),
    Row::inert(
        "skip-atexit-teardown",
        Argument::None,
        "end without taking down the interpreter",
        "it is never taken down",
    ),
    Row::new(
        "pause",
        Argument::Required("PIDFILE"),
        Effect::Command(Command::Pause),
        "let the workers of a running server take no requests; the next time, let them go on",
    )
    .aliases(&["suspend", "resume"]),
    Row::planned("cgi-mode", Argument::None, "answer as a CGI script of another server would")
        .short('c'),
    Row::planned(
        "no-threads-wait",
        Argument::None,
        "do not wait for the threads of a worker that ends",
    ),
    Row::new(
        "procname-append",
        Argument::Required("TEXT"),
        Effect::Line(|s| &mut s.processes.procname_append),
        "put a text behind the names of the processes",
    ),
    Row::new(
        "procname",
        Argument::Required("TEXT"),
        Effect::Line(|s| &mut s.processes.procname),
        "name all processes so",
    ),
    Row::new(
        "procname-master",
        Argument::Required("TEXT"),
        Effect::Line(|s| &mut s.processes.procname_master),
        "name the master so",
    ),
    Row::flag(
        "honour-stdin",
        |s| &mut s.processes.honour_stdin,
        "leave standard input to the workers; otherwise it is /dev/null",
    ),
    Row::inert(
        "force-gateway",
        Argument::None,
        "start gateways without a master",
        "there always is a master",
    ),
    Row::flag(
        "reaper",
        |s| &mut s.processes.reaper,
        "after each request, bury processes that the application started and forgot",
    )
    .short('r'),
    Row::inert(
        "no-fd-passing",
        Argument::None,
        "hand no descriptors to other processes",
        "descriptors travel only between the processes of one server",
    ),
    Row::inert(
        "ftok",
        Argument::Required("FILE"),
        "make the key of semaphores from a file",
        "no semaphores are used",
    ),
    Row::inert(
        "persistent-ipcsem",
        Argument::None,
        "leave semaphores behind at the end",
        "there are none to remove",
    ),
    Row::planned(
        "flock",
        Argument::Required("FILE"),
        "lock a file before the start, and end if another process has the lock",
    )
    .repeats(),
    Row::planned(
        "flock-wait",
        Argument::Required("FILE"),
        "wait for the lock of a file before the start",
    )
    .repeats(),
    Row::planned("flock2", Argument::Required("FILE"), "as flock, after the log is open"),
    Row::planned("flock-wait2", Argument::Required("FILE"), "as flock-wait, after the log is open"),
    Row::word(
        "safe-pidfile2",
        "FILE",
        |s| &mut s.processes.pidfile2,
        "as safe-pidfile, after dropping privileges",
    ),
    Row::planned(
        "weight",
        Argument::Required("N"),
        "share of this server where a balancer spreads requests",
    ),
    Row::planned(
        "auto-weight",
        Argument::Required("FILE"),
        "take the weight from the number of processors",
    ),
    Row::planned(
        "command-mode",
        Argument::None,
        "run a command of the application instead of serving",
    ),
    Row::inert(
        "mem-collector-freq",
        Argument::Required("SECONDS"),
        "how often memory is measured for the evil limits",
        "it is measured each second",
    ),
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
    Row::planned("exception-handler", Argument::Required("NAME"), "tell exceptions to a handler")
        .repeats(),
    Row::words(
        "master-fifo",
        "FILE",
        |s| &mut s.processes.master_fifo,
        "take one-letter commands from this FIFO",
    ),
    Row::planned(
        "notify-socket",
        Argument::Required("FILE"),
        "take notifications for systemd on a socket of this name",
    ),
    Row::number(
        "check-interval",
        "SECONDS",
        |s| &mut s.processes.check_interval,
        "how often the master looks at files, requests and memory",
    ),
    Row::number(
        "forkbomb-delay",
        "SECONDS",
        |s| &mut s.processes.forkbomb_delay,
        "how long to wait where workers end before they serve, and longer each time",
    ),
    Row::inert(
        "binary-path",
        Argument::Required("FILE"),
        "the program that a reload starts",
        "a reload starts the very program that runs",
    ),
    Row::inert(
        "use-abort",
        Argument::None,
        "end with SIGABRT after a crash",
        "a crash leaves what the kernel is told to leave",
    ),
    Row::word(
        "force-cwd",
        "DIRECTORY",
        |s| &mut s.processes.force_cwd,
        "the directory in which a reload starts the program",
    ),
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
    Row::number(
        "thread-stacksize",
        "KILOBYTES",
        |s| &mut s.processes.thread_stacksize,
        "size of the stack of threads beside the first",
    )
    .aliases(&["threads-stacksize", "thread-stack-size", "threads-stack-size"]),
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
    Row::planned("clock", Argument::Required("NAME"), "read the time from this clock"),
    Row::planned("clock-list", Argument::None, "list the clocks").aliases(&["clocks-list"]),
    Row::inert(
        "offload-threads",
        Argument::Required("N"),
        "threads that send files",
        "sending a static file never holds a thread's place in the application",
    )
    .aliases(&["offload-thread"]),
    Row::words(
        "envdir",
        "DIRECTORY",
        |s| &mut s.processes.envdir,
        "set environment variables from the files of a directory, a variable each",
    ),
    Row::planned(
        "early-envdir",
        Argument::Required("DIRECTORY"),
        "as envdir, before the configuration is read",
    )
    .repeats(),
    Row::words("unenv", "NAME", |s| &mut s.processes.unenv, "remove an environment variable"),
    Row::planned("jidfile", Argument::Required("FILE"), "write the number of the jail to a file")
        .aliases(&["jid-file"]),
];
