//! Rows about when workers are replaced.

use super::Row;

pub(super) static ROWS: &[Row] = &[
    Row::number(
        "max-requests",
        "N",
        |s| &mut s.max_requests,
        "replace a worker after N requests; 0 is never",
    )
    .short('R'),
    Row::number(
        "max-requests-delta",
        "N",
        |s| &mut s.max_requests_delta,
        "add N times the worker's number less one to max-requests",
    ),
    Row::number(
        "min-worker-lifetime",
        "SECONDS",
        |s| &mut s.min_worker_lifetime,
        "no worker is replaced for its requests or memory before",
    ),
    Row::number(
        "max-worker-lifetime",
        "SECONDS",
        |s| &mut s.max_worker_lifetime,
        "replace a worker after this time; 0 is never",
    ),
    Row::number(
        "max-worker-lifetime-delta",
        "SECONDS",
        |s| &mut s.max_worker_lifetime_delta,
        "add this, times the worker's number less one, to max-worker-lifetime",
    ),
    Row::number(
        "reload-on-rss",
        "MEGABYTES",
        |s| &mut s.reload_on_rss,
        "replace a worker whose resident memory is larger; 0 is never",
    ),
    Row::number(
        "worker-reload-mercy",
        "SECONDS",
        |s| &mut s.worker_reload_mercy,
        "how long a worker may take to finish before it is killed",
    ),
    Row::number(
        "reload-mercy",
        "SECONDS",
        |s| &mut s.reload_mercy,
        "how long the whole server may take to finish before it is killed",
    ),
    Row::words(
        "touch-reload",
        "FILE",
        |s| &mut s.touch_reload,
        "reload when this file changes, appears or goes",
    ),
    Row::number(
        "py-autoreload",
        "SECONDS",
        |s| &mut s.py_autoreload,
        "look for changed Python modules at this interval and reload; 0 is never",
    )
    .aliases(&["py-auto-reload", "python-auto-reload", "python-autoreload"]),
];
