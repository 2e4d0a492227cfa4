//! Rows about background work: spoolers, mules, cron, timers, RPC.

use super::{Argument, Row};

pub(super) static ROWS: &[Row] = &[
    Row::planned("mule-harakiri", Argument::Required("N"), ""),
    Row::planned("mule-reload-mercy", Argument::Required("N"), ""),
    Row::planned("locks", Argument::Required("N"), ""),
    Row::planned("lock-engine", Argument::Required("VALUE"), ""),
    Row::planned("sharedarea", Argument::Required("VALUE"), "").short('A').repeats(),
    Row::planned("spooler", Argument::Required("DIRECTORY"), "").short('Q').repeats(),
    Row::planned("spooler-external", Argument::Required("DIRECTORY"), "").repeats(),
    Row::planned("spooler-ordered", Argument::None, ""),
    Row::planned("spooler-chdir", Argument::Required("VALUE"), ""),
    Row::planned("spooler-processes", Argument::Required("N"), ""),
    Row::planned("spooler-quiet", Argument::None, ""),
    Row::planned("spooler-max-tasks", Argument::Required("N"), ""),
    Row::planned("spooler-harakiri", Argument::Required("N"), ""),
    Row::planned("spooler-frequency", Argument::Required("N"), "").aliases(&["spooler-freq"]),
    Row::planned("mule", Argument::Optional("VALUE"), "").repeats(),
    Row::planned("mules", Argument::Required("N"), ""),
    Row::planned("farm", Argument::Required("VALUE"), "").repeats(),
    Row::planned("mule-msg-size", Argument::Optional("N"), ""),
    Row::planned("signal", Argument::Required("VALUE"), ""),
    Row::planned("signal-bufsize", Argument::Required("N"), "").aliases(&["signals-bufsize"]),
    Row::planned("signal-timer", Argument::Required("VALUE"), "").aliases(&["timer"]).repeats(),
    Row::planned("signal-rbtimer", Argument::Required("VALUE"), "").aliases(&["rbtimer"]).repeats(),
    Row::planned("rpc-max", Argument::Required("N"), ""),
    Row::planned("cron", Argument::Required("CRON"), "").repeats(),
    Row::planned("cron2", Argument::Required("VALUE"), "").repeats(),
    Row::planned("unique-cron", Argument::Required("CRON"), "").repeats(),
    Row::planned("cron-harakiri", Argument::Required("N"), ""),
    Row::planned("legion-cron", Argument::Required("CRON"), "").aliases(&["cron-legion"]).repeats(),
    Row::planned("unique-legion-cron", Argument::Required("CRON"), "")
        .aliases(&["unique-cron-legion"])
        .repeats(),
    Row::planned("spooler-import", Argument::Required("VALUE"), "")
        .aliases(&["spooler-pyimport", "spooler-py-import", "spooler-python-import"])
        .repeats(),
    Row::planned("symcall", Argument::Required("VALUE"), "").repeats(),
    Row::planned("symcall-use-next", Argument::None, ""),
    Row::planned("symcall-register-rpc", Argument::Required("VALUE"), "").repeats(),
    Row::planned("symcall-post-fork", Argument::Required("VALUE"), "").repeats(),
    Row::planned("ping", Argument::Required("VALUE"), ""),
    Row::planned("ping-timeout", Argument::Required("N"), ""),
];
