//! Rows about when workers are replaced.

use super::super::directive::Said;
use super::{Argument, Row};

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
        }
    }
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
        "add N times the worker's number less one to max-requests",
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
    Row::planned("reload-on-as", Argument::Required("MEGABYTES"), ""),
    Row::planned("evil-reload-on-as", Argument::Required("MEGABYTES"), ""),
    Row::planned("evil-reload-on-rss", Argument::Required("MEGABYTES"), ""),
    Row::planned("reload-on-fd", Argument::Required("VALUE"), "").repeats(),
    Row::planned("brutal-reload-on-fd", Argument::Required("VALUE"), "").repeats(),
    Row::planned("touch-workers-reload", Argument::Required("VALUE"), "").repeats(),
    Row::planned("touch-mules-reload", Argument::Required("VALUE"), "").repeats(),
    Row::planned("touch-spoolers-reload", Argument::Required("VALUE"), "").repeats(),
    Row::planned("touch-chain-reload", Argument::Required("VALUE"), "").repeats(),
    Row::planned("touch-exec", Argument::Required("VALUE"), "").repeats(),
    Row::planned("touch-signal", Argument::Required("VALUE"), "").repeats(),
    Row::planned("fs-reload", Argument::Required("VALUE"), "").repeats(),
    Row::planned("fs-brutal-reload", Argument::Required("VALUE"), "").repeats(),
    Row::planned("fs-signal", Argument::Required("VALUE"), "").repeats(),
    Row::planned("check-mountpoint", Argument::Required("VALUE"), "")
        .aliases(&["mountpoint-check", "check-mount", "mount-check"])
        .repeats(),
    Row::planned("propagate-touch", Argument::None, ""),
    Row::planned("reload-on-exception", Argument::None, ""),
    Row::planned("reload-on-exception-type", Argument::Required("VALUE"), "").repeats(),
    Row::planned("reload-on-exception-value", Argument::Required("VALUE"), "").repeats(),
    Row::planned("reload-on-exception-repr", Argument::Required("VALUE"), "").repeats(),
    Row::planned("py-auto-reload-ignore", Argument::Required("VALUE"), "").repeats(),
];
