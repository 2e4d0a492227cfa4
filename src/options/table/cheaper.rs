//! Rows about how many workers there are while the load changes.

use super::super::directive::Said;
use super::{Argument, Row};

const LIST: &str = "the algorithms are spare, spare2, backlog, busyness and manual";

/// Settings of this chapter. A field has the name of its option.
#[expect(missing_docs, reason = "the table says what each option does")]
#[derive(Clone, Debug)]
pub struct Cheaper {
    pub cheap: bool,
    pub cheaper: u64,
    pub cheaper_initial: u64,
    pub cheaper_algo: Option<Said>,
    pub cheaper_step: u64,
    pub cheaper_overload: u64,
    pub cheaper_idle: u64,
    pub cheaper_rss_limit_soft: u64,
    pub cheaper_rss_limit_hard: u64,
    pub cheaper_busyness_max: u64,
    pub cheaper_busyness_min: u64,
    pub cheaper_busyness_multiplier: u64,
    pub cheaper_busyness_penalty: u64,
    pub cheaper_busyness_verbose: bool,
    pub cheaper_busyness_backlog_alert: u64,
    pub cheaper_busyness_backlog_multiplier: u64,
    pub cheaper_busyness_backlog_step: u64,
    pub cheaper_busyness_backlog_nonzero: u64,
    pub idle: u64,
    pub die_on_idle: bool,
}

impl Default for Cheaper {
    fn default() -> Self {
        Self {
            cheap: false,
            cheaper: 0,
            cheaper_initial: 0,
            cheaper_algo: None,
            cheaper_step: 1,
            cheaper_overload: 3,
            cheaper_idle: 10,
            cheaper_rss_limit_soft: 0,
            cheaper_rss_limit_hard: 0,
            cheaper_busyness_max: 50,
            cheaper_busyness_min: 25,
            cheaper_busyness_multiplier: 10,
            cheaper_busyness_penalty: 2,
            cheaper_busyness_verbose: false,
            cheaper_busyness_backlog_alert: 33,
            cheaper_busyness_backlog_multiplier: 3,
            cheaper_busyness_backlog_step: 1,
            cheaper_busyness_backlog_nonzero: 60,
            idle: 0,
            die_on_idle: false,
        }
    }
}

pub(super) static ROWS: &[Row] = &[
    Row::number(
        "cheaper",
        "N",
        |s| &mut s.cheaper.cheaper,
        "keep at least N workers and start others, up to processes, as they are needed",
    ),
    Row::number(
        "cheaper-initial",
        "N",
        |s| &mut s.cheaper.cheaper_initial,
        "number of workers at the start under cheaper",
    ),
    Row::word(
        "cheaper-algo",
        "NAME",
        |s| &mut s.cheaper.cheaper_algo,
        "what decides about further workers: spare, spare2, backlog, busyness or manual",
    ),
    Row::number(
        "cheaper-step",
        "N",
        |s| &mut s.cheaper.cheaper_step,
        "number of workers that are started at a time under cheaper",
    ),
    Row::number(
        "cheaper-overload",
        "SECONDS",
        |s| &mut s.cheaper.cheaper_overload,
        "how long a load lasts before the number of workers follows; for backlog the clients that may wait",
    ),
    Row::number(
        "cheaper-idle",
        "SECONDS",
        |s| &mut s.cheaper.cheaper_idle,
        "how long under spare2 more workers than cheaper are idle before one goes (of later uWSGI)",
    ),
    Row::inert("cheaper-algo-list", Argument::None, "list the algorithms of cheaper-algo", LIST)
        .aliases(&["cheaper-algos-list", "cheaper-list"]),
    Row::size(
        "cheaper-rss-limit-soft",
        |s| &mut s.cheaper.cheaper_rss_limit_soft,
        "start no further worker while all use more resident memory than this",
    ),
    Row::size(
        "cheaper-rss-limit-hard",
        |s| &mut s.cheaper.cheaper_rss_limit_hard,
        "let workers go, down to cheaper, while all use more resident memory than this",
    ),
    Row::number(
        "cheaper-busyness-max",
        "PERCENT",
        |s| &mut s.cheaper.cheaper_busyness_max,
        "share of their time that workers may be busy before others are started",
    ),
    Row::number(
        "cheaper-busyness-min",
        "PERCENT",
        |s| &mut s.cheaper.cheaper_busyness_min,
        "share of their time below which one of the workers is too many",
    ),
    Row::number(
        "cheaper-busyness-multiplier",
        "N",
        |s| &mut s.cheaper.cheaper_busyness_multiplier,
        "number of times cheaper-overload passes before a worker too many goes",
    ),
    Row::number(
        "cheaper-busyness-penalty",
        "N",
        |s| &mut s.cheaper.cheaper_busyness_penalty,
        "added to the multiplier when a worker that went is missed soon",
    ),
    Row::flag(
        "cheaper-busyness-verbose",
        |s| &mut s.cheaper.cheaper_busyness_verbose,
        "log the busyness each time it is measured",
    ),
    Row::number(
        "cheaper-busyness-backlog-alert",
        "N",
        |s| &mut s.cheaper.cheaper_busyness_backlog_alert,
        "start workers at once when more clients than this wait",
    ),
    Row::number(
        "cheaper-busyness-backlog-multiplier",
        "N",
        |s| &mut s.cheaper.cheaper_busyness_backlog_multiplier,
        "the multiplier while there are workers that were started for waiting clients",
    ),
    Row::number(
        "cheaper-busyness-backlog-step",
        "N",
        |s| &mut s.cheaper.cheaper_busyness_backlog_step,
        "number of workers that are started at a time for waiting clients",
    ),
    Row::number(
        "cheaper-busyness-backlog-nonzero",
        "SECONDS",
        |s| &mut s.cheaper.cheaper_busyness_backlog_nonzero,
        "start a worker when clients have been waiting for so long",
    ),
    Row::flag("cheap", |s| &mut s.cheaper.cheap, "start workers when the first client comes"),
    Row::number(
        "idle",
        "SECONDS",
        |s| &mut s.cheaper.idle,
        "end all workers after so long without a request, until a client comes",
    ),
    Row::flag("die-on-idle", |s| &mut s.cheaper.die_on_idle, "end the server instead, under idle"),
];
