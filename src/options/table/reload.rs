//! Rows about when workers are replaced.

use super::super::directive::Said;
use super::super::values::file_and;
use super::{Argument, Effect, Row};

/// Settings of this chapter. A field has the name of its option.
#[expect(missing_docs, reason = "the table says what each option does")]
#[derive(Clone, Debug)]
pub struct Reload {
    pub max_requests: u64,
    pub max_requests_delta: u64,
    pub min_worker_lifetime: u64,
    pub max_worker_lifetime: u64,
    pub max_worker_lifetime_delta: u64,
    pub reload_on_rss: u64,
    pub reload_mercy: u64,
    pub worker_reload_mercy: u64,
    pub touch_reload: Vec<Said>,
    pub py_autoreload: u64,
    pub reload_on_as: u64,
    pub evil_reload_on_as: u64,
    pub evil_reload_on_rss: u64,
    pub touch_workers_reload: Vec<Said>,
    pub touch_chain_reload: Vec<Said>,
    pub touch_exec: Vec<(String, String)>,
    pub fs_reload: Vec<Said>,
    pub fs_brutal_reload: Vec<Said>,
    pub reload_on_exception: bool,
}

impl Default for Reload {
    fn default() -> Self {
        Self {
            max_requests: 0,
            max_requests_delta: 0,
            min_worker_lifetime: 10,
            max_worker_lifetime: 0,
            max_worker_lifetime_delta: 0,
            reload_on_rss: 0,
            reload_mercy: 60,
            worker_reload_mercy: 60,
            touch_reload: Vec::new(),
            py_autoreload: 0,
            reload_on_as: 0,
            evil_reload_on_as: 0,
            evil_reload_on_rss: 0,
            touch_workers_reload: Vec::new(),
            touch_chain_reload: Vec::new(),
            touch_exec: Vec::new(),
            fs_reload: Vec::new(),
            fs_brutal_reload: Vec::new(),
            reload_on_exception: false,
        }
    }
}

/// A limit without a delta is reached up to a tenth later: one in so many.
const SPREAD: u64 = 10;

/// How much longer than a limit says a worker goes on: with a delta that for each worker before it, else
/// a part that differs from process to process, so that those that came together do not go together.
#[must_use]
pub fn beyond(limit: u64, delta: u64, number: usize, pid: i32) -> u64 {
    if delta > 0 {
        return delta.saturating_mul(number.saturating_sub(1) as u64);
    }
    // Knuth's multiplicative hash puts neighbours far from each other.
    let part = pid.unsigned_abs().wrapping_mul(2_654_435_761);
    let later = u128::from(limit / SPREAD) * u128::from(part) / u128::from(u32::MAX);
    // At most a tenth of the limit.
    u64::try_from(later).unwrap_or(0)
}

pub(super) static ROWS: &[Row] = &[
    Row::number(
        "max-requests",
        "N",
        |s| &mut s.reload.max_requests,
        "replace a worker after N requests; 0 is never",
    )
    .short('R'),
    Row::number(
        "max-requests-delta",
        "N",
        |s| &mut s.reload.max_requests_delta,
        "add N times the worker's number less one to max-requests; without it up to a tenth differs by chance",
    ),
    Row::number(
        "min-worker-lifetime",
        "SECONDS",
        |s| &mut s.reload.min_worker_lifetime,
        "no worker is replaced for its requests or memory before",
    ),
    Row::number(
        "max-worker-lifetime",
        "SECONDS",
        |s| &mut s.reload.max_worker_lifetime,
        "replace a worker after this time; 0 is never",
    ),
    Row::number(
        "max-worker-lifetime-delta",
        "SECONDS",
        |s| &mut s.reload.max_worker_lifetime_delta,
        "add this, times the worker's number less one, to max-worker-lifetime",
    ),
    Row::number(
        "reload-on-rss",
        "MEGABYTES",
        |s| &mut s.reload.reload_on_rss,
        "replace a worker whose resident memory is larger; 0 is never",
    ),
    Row::number(
        "worker-reload-mercy",
        "SECONDS",
        |s| &mut s.reload.worker_reload_mercy,
        "how long a worker may take to finish before it is killed",
    ),
    Row::number(
        "reload-mercy",
        "SECONDS",
        |s| &mut s.reload.reload_mercy,
        "how long the whole server may take to finish before it is killed",
    ),
    Row::words(
        "touch-reload",
        "FILE",
        |s| &mut s.reload.touch_reload,
        "reload when this file changes, appears or goes",
    ),
    Row::number(
        "py-autoreload",
        "SECONDS",
        |s| &mut s.reload.py_autoreload,
        "look for changed Python modules at this interval and reload; 0 is never",
    )
    .aliases(&["py-auto-reload", "python-auto-reload", "python-autoreload"]),
    Row::number(
        "reload-on-as",
        "MEGABYTES",
        |s| &mut s.reload.reload_on_as,
        "replace a worker whose address space is larger; 0 is never",
    ),
    Row::number(
        "evil-reload-on-as",
        "MEGABYTES",
        |s| &mut s.reload.evil_reload_on_as,
        "kill a worker whose address space is larger, whatever it does",
    ),
    Row::number(
        "evil-reload-on-rss",
        "MEGABYTES",
        |s| &mut s.reload.evil_reload_on_rss,
        "kill a worker whose resident memory is larger, whatever it does",
    ),
    Row::planned("reload-on-fd", Argument::Required("FD"), "reload when a descriptor can be read")
        .repeats(),
    Row::planned(
        "brutal-reload-on-fd",
        Argument::Required("FD"),
        "reload at once when a descriptor can be read",
    )
    .repeats(),
    Row::words(
        "touch-workers-reload",
        "FILE",
        |s| &mut s.reload.touch_workers_reload,
        "replace all workers when this file changes, appears or goes",
    ),
    Row::planned(
        "touch-mules-reload",
        Argument::Required("FILE"),
        "replace the mules when this file changes",
    )
    .repeats(),
    Row::planned(
        "touch-spoolers-reload",
        Argument::Required("FILE"),
        "replace the spoolers when this file changes",
    )
    .repeats(),
    Row::words(
        "touch-chain-reload",
        "FILE",
        |s| &mut s.reload.touch_chain_reload,
        "replace the workers one by one when this file changes, appears or goes",
    ),
    Row::new(
        "touch-exec",
        Argument::Required("FILE COMMAND"),
        Effect::ParsedLine(|s, words, _| {
            let (path, command) = file_and(words)?;
            s.reload.touch_exec.push((path, command.to_owned()));
            Ok(())
        }),
        "run a command when this file changes, appears or goes",
    )
    .repeats(),
    Row::planned(
        "touch-signal",
        Argument::Required("FILE SIGNAL"),
        "raise a signal of the application when this file changes",
    )
    .repeats(),
    Row::words(
        "fs-reload",
        "PATH",
        |s| &mut s.reload.fs_reload,
        "reload when this file or something in this directory changes",
    ),
    Row::words(
        "fs-brutal-reload",
        "PATH",
        |s| &mut s.reload.fs_brutal_reload,
        "as fs-reload; requests are never cut here",
    ),
    Row::planned(
        "fs-signal",
        Argument::Required("PATH SIGNAL"),
        "raise a signal of the application when a file or directory changes",
    )
    .repeats(),
    Row::planned(
        "check-mountpoint",
        Argument::Required("DIRECTORY"),
        "end when a file system is no longer mounted",
    )
    .aliases(&["mountpoint-check", "check-mount", "mount-check"])
    .repeats(),
    Row::inert(
        "propagate-touch",
        Argument::None,
        "tell the gateways of a reload in another way",
        "they always hear of it",
    ),
    Row::flag(
        "reload-on-exception",
        |s| &mut s.reload.reload_on_exception,
        "replace a worker when the application raises an exception",
    ),
    Row::planned(
        "reload-on-exception-type",
        Argument::Required("TYPE"),
        "replace a worker when the application raises an exception of this type",
    )
    .repeats(),
    Row::planned(
        "reload-on-exception-value",
        Argument::Required("TEXT"),
        "replace a worker when the application raises an exception with this text",
    )
    .repeats(),
    Row::planned(
        "reload-on-exception-repr",
        Argument::Required("TEXT"),
        "replace a worker when the application raises an exception of this type and text",
    )
    .repeats(),
    Row::planned(
        "py-auto-reload-ignore",
        Argument::Required("MODULE"),
        "do not look at this module under py-autoreload",
    )
    .repeats(),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_of_one_age_go_at_different_times_and_none_early() {
        let longer: Vec<_> = (4000..4010).map(|pid| beyond(1000, 0, 1, pid)).collect();
        let mut apart = longer.clone();
        apart.sort_unstable();
        apart.dedup();
        assert_eq!(apart.len(), longer.len(), "{longer:?}");
        assert!(longer.iter().all(|more| *more <= 100), "{longer:?}");
        assert_eq!(beyond(9, 0, 4, 4711), 0, "small limits are exact");
        assert_eq!(beyond(u64::MAX, 0, 1, 0), 0);
    }

    #[test]
    fn a_delta_that_was_said_is_all_there_is() {
        assert_eq!(beyond(100, 7, 1, 4711), 0);
        assert_eq!(beyond(100, 7, 3, 4711), 14);
    }
}
