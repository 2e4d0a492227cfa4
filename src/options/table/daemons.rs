//! Rows about programs that run beside the server, all the time or at times.

use super::super::cron::{Cron, parse_cron, parse_cron2};
use super::super::daemons::{Daemon, parse_daemon};
use super::{Argument, Effect, Row};

/// Settings of this chapter. A field has the name of its option.
#[expect(missing_docs, reason = "the table says what each option does")]
#[derive(Clone, Debug, Default)]
pub struct Daemons {
    /// All of them, in the order in which they were said.
    pub attached: Vec<Daemon>,
    pub daemons_honour_stdin: bool,
    pub crons: Vec<Cron>,
    pub cron_harakiri: u64,
}

pub(super) static ROWS: &[Row] = &[
    Row::new(
        "attach-daemon",
        Argument::Required("COMMAND"),
        Effect::ParsedLine(|s, command, _| {
            s.daemons.attached.push(Daemon::new(command)?);
            Ok(())
        }),
        "run a program beside the server: restarted when it ends, stopped with the server",
    )
    .repeats(),
    Row::new(
        "attach-control-daemon",
        Argument::Required("COMMAND"),
        Effect::ParsedLine(|s, command, _| {
            s.daemons.attached.push(Daemon { control: true, ..Daemon::new(command)? });
            Ok(())
        }),
        "run a program beside the server and end the server when it ends",
    )
    .repeats(),
    Row::new(
        "smart-attach-daemon",
        Argument::Required("PIDFILE COMMAND"),
        Effect::ParsedLine(|s, words, _| {
            s.daemons.attached.push(Daemon { daemonizes: true, ..Daemon::smart(words)? });
            Ok(())
        }),
        "start a program that goes to the background, unless its pidfile says that it runs",
    )
    .repeats(),
    Row::new(
        "smart-attach-daemon2",
        Argument::Required("PIDFILE COMMAND"),
        Effect::ParsedLine(|s, words, _| {
            s.daemons.attached.push(Daemon::smart(words)?);
            Ok(())
        }),
        "start a program that stays in the foreground, unless its pidfile says that it runs",
    )
    .repeats(),
    Row::flag(
        "daemons-honour-stdin",
        |s| &mut s.daemons.daemons_honour_stdin,
        "leave the standard input of the server to the programs beside it",
    ),
    Row::new(
        "attach-daemon2",
        Argument::Required("KEY=VALUE,…"),
        Effect::ParsedLine(|s, pairs, origin| {
            let (daemon, warnings) = parse_daemon(pairs)?;
            s.daemons.attached.push(daemon);
            for warning in warnings {
                s.warn(origin, warning);
            }
            Ok(())
        }),
        "the same with keys: command, pidfile, freq, touch, stopsignal, reloadsignal, uid, gid, control",
    )
    .repeats(),
    Row::new(
        "cron",
        Argument::Required("MIN HOUR DAY MONTH WEEKDAY COMMAND"),
        Effect::ParsedLine(|s, line, _| {
            s.daemons.crons.push(parse_cron(line, false)?);
            Ok(())
        }),
        "run a command at times: numbers, -1 for any, -5 for every fifth",
    )
    .repeats(),
    Row::new(
        "cron2",
        Argument::Required("KEY=VALUE,… COMMAND"),
        Effect::ParsedLine(|s, line, origin| {
            let (cron, doubts) = parse_cron2(line)?;
            s.daemons.crons.push(cron);
            for doubt in doubts {
                s.warn(origin, doubt);
            }
            Ok(())
        }),
        "the same with keys: minute, hour, day, month, week, unique, harakiri",
    )
    .repeats(),
    Row::new(
        "unique-cron",
        Argument::Required("MIN HOUR DAY MONTH WEEKDAY COMMAND"),
        Effect::ParsedLine(|s, line, _| {
            s.daemons.crons.push(parse_cron(line, true)?);
            Ok(())
        }),
        "as cron, but never while the last run goes on",
    )
    .repeats(),
    Row::number(
        "cron-harakiri",
        "SECONDS",
        |s| &mut s.daemons.cron_harakiri,
        "kill a cron command that takes longer; 0 is never",
    ),
];
