//! Rows about background work: spoolers, mules, cron, timers, RPC.

use super::{Argument, Row};

pub(super) static ROWS: &[Row] = &[
    Row::planned(
        "spooler",
        Argument::Required("DIRECTORY"),
        "run tasks that the application puts into a directory",
    )
    .short('Q')
    .repeats(),
    Row::planned(
        "spooler-external",
        Argument::Required("DIRECTORY"),
        "take tasks into a directory that another server works off",
    )
    .repeats(),
    Row::planned("spooler-ordered", Argument::None, "work tasks off in the order of their names"),
    Row::planned(
        "spooler-processes",
        Argument::Required("COUNT"),
        "work each spooler directory off with this many processes",
    ),
    Row::planned(
        "spooler-frequency",
        Argument::Required("SECONDS"),
        "look for new tasks this often",
    )
    .aliases(&["spooler-freq"]),
    Row::planned(
        "spooler-max-tasks",
        Argument::Required("COUNT"),
        "start a spooler process anew after this many tasks",
    ),
    Row::planned(
        "spooler-harakiri",
        Argument::Required("SECONDS"),
        "kill a spooler whose task takes longer",
    ),
    Row::planned(
        "spooler-chdir",
        Argument::Required("DIRECTORY"),
        "change into a directory before each task",
    ),
    Row::planned(
        "spooler-import",
        Argument::Required("MODULE"),
        "import a module in the spooler processes only",
    )
    .aliases(&["spooler-pyimport", "spooler-py-import", "spooler-python-import"])
    .repeats(),
    Row::planned("spooler-quiet", Argument::None, "do not log each task"),
    Row::planned(
        "mule",
        Argument::Optional("FILE"),
        "start a process beside the workers, running a file where one is named",
    )
    .repeats(),
    Row::planned("mules", Argument::Required("COUNT"), "start this many mules"),
    Row::planned(
        "farm",
        Argument::Required("NAME:MULES"),
        "give a group of mules a common name and queue",
    )
    .repeats(),
    Row::planned(
        "mule-msg-size",
        Argument::Optional("BYTES"),
        "take messages to mules up to this size",
    ),
    Row::planned(
        "mule-harakiri",
        Argument::Required("SECONDS"),
        "kill a mule that is busy for longer",
    ),
    Row::planned(
        "mule-reload-mercy",
        Argument::Required("SECONDS"),
        "wait this long for a mule to end at a reload",
    ),
    Row::planned(
        "legion-cron",
        Argument::Required("LEGION CRON COMMAND"),
        "as cron, but only where this server is the lord of a legion",
    )
    .aliases(&["cron-legion"])
    .repeats(),
    Row::planned(
        "unique-legion-cron",
        Argument::Required("LEGION CRON COMMAND"),
        "as legion-cron, but never while the last run goes on",
    )
    .aliases(&["unique-cron-legion"])
    .repeats(),
    Row::planned(
        "signal",
        Argument::Required("SOCKET,NUMBER"),
        "send a uWSGI signal to a running server and end",
    ),
    Row::planned(
        "signal-timer",
        Argument::Required("SIGNAL SECONDS"),
        "raise a uWSGI signal at an interval",
    )
    .aliases(&["timer"])
    .repeats(),
    Row::planned(
        "signal-rbtimer",
        Argument::Required("SIGNAL SECONDS"),
        "raise a uWSGI signal at an interval kept by the master in a tree",
    )
    .aliases(&["rbtimer"])
    .repeats(),
    Row::planned("signal-bufsize", Argument::Required("BYTES"), "queue this much of uWSGI signals")
        .aliases(&["signals-bufsize"]),
    Row::planned("locks", Argument::Required("COUNT"), "make this many locks for the application"),
    Row::planned("lock-engine", Argument::Required("NAME"), "choose what locks are made of"),
    Row::planned("sharedarea", Argument::Required("PAGES"), "share memory between all processes")
        .short('A')
        .repeats(),
    Row::planned(
        "rpc-max",
        Argument::Required("COUNT"),
        "let the application register this many remote procedures",
    ),
    Row::planned("symcall", Argument::Required("SYMBOL"), "let a C function answer requests")
        .repeats(),
    Row::planned(
        "symcall-post-fork",
        Argument::Required("SYMBOL"),
        "call a C function in each new process",
    )
    .repeats(),
    Row::planned(
        "symcall-register-rpc",
        Argument::Required("NAME SYMBOL"),
        "offer a C function as a remote procedure",
    )
    .repeats(),
    Row::planned(
        "symcall-use-next",
        Argument::None,
        "look for C functions behind the program's own",
    ),
    Row::planned("ping", Argument::Required("ADDRESS"), "ask a server whether it is alive and end"),
    Row::planned(
        "ping-timeout",
        Argument::Required("SECONDS"),
        "wait this long for the answer to a ping",
    ),
];
