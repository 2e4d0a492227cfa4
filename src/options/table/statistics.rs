//! Rows about statistics.

use super::super::directive::Said;
use super::{Argument, Row};

/// Settings of this chapter. A field has the name of its option.
#[expect(missing_docs, reason = "the table says what each option does")]
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    pub stats: Option<Said>,
    pub stats_http: bool,
    pub stats_minified: bool,
}

pub(super) static ROWS: &[Row] = &[
    Row::word(
        "stats",
        "ADDRESS",
        |s| &mut s.statistics.stats,
        "serve statistics as JSON on an address",
    )
    .aliases(&["stats-server"]),
    Row::flag(
        "stats-http",
        |s| &mut s.statistics.stats_http,
        "put an HTTP head before the statistics",
    ),
    Row::flag("stats-minified", |s| &mut s.statistics.stats_minified, "statistics on one line")
        .aliases(&["stats-min"]),
    Row::planned("profiler", Argument::Required("VALUE"), ""),
    Row::planned("enable-metrics", Argument::None, ""),
    Row::planned("metric", Argument::Required("VALUE"), "").repeats(),
    Row::planned("metric-threshold", Argument::Required("VALUE"), "")
        .aliases(&["metric-alarm", "alarm-metric"])
        .repeats(),
    Row::planned("metrics-dir", Argument::Required("VALUE"), "").aliases(&["metric-dir"]),
    Row::planned("metrics-dir-restore", Argument::None, "").aliases(&["metric-dir-restore"]),
    Row::planned("metrics-no-cores", Argument::None, ""),
    Row::planned("udp", Argument::Required("VALUE"), ""),
    Row::planned("stats-push", Argument::Required("VALUE"), "").repeats(),
    Row::planned("stats-pusher-default-freq", Argument::Required("N"), "")
        .aliases(&["stats-pushers-default-freq"]),
    Row::planned("stats-no-cores", Argument::None, ""),
    Row::planned("stats-no-metrics", Argument::None, ""),
    Row::planned("multicast", Argument::Required("VALUE"), ""),
    Row::planned("multicast-ttl", Argument::Required("N"), ""),
    Row::planned("multicast-loop", Argument::Required("N"), ""),
    Row::planned("snmp", Argument::Optional("ADDRESS"), ""),
    Row::planned("snmp-community", Argument::Required("VALUE"), ""),
    Row::planned("nagios", Argument::None, ""),
    Row::planned("rrdtool", Argument::Required("VALUE"), "").repeats(),
    Row::planned("rrdtool-freq", Argument::Required("N"), ""),
    Row::planned("rrdtool-lib", Argument::Required("VALUE"), ""),
    Row::planned("carbon", Argument::Required("VALUE"), "").repeats(),
    Row::planned("carbon-timeout", Argument::Required("N"), ""),
    Row::planned("carbon-freq", Argument::Required("N"), ""),
    Row::planned("carbon-id", Argument::Required("VALUE"), ""),
    Row::planned("carbon-no-workers", Argument::None, ""),
    Row::planned("carbon-max-retry", Argument::Required("N"), ""),
    Row::planned("carbon-retry-delay", Argument::Required("N"), ""),
    Row::planned("carbon-root", Argument::Required("VALUE"), ""),
    Row::planned("carbon-hostname-dots", Argument::Required("VALUE"), ""),
    Row::planned("carbon-name-resolve", Argument::None, "").aliases(&["carbon-resolve-names"]),
    Row::planned("carbon-idle-avg", Argument::Required("VALUE"), ""),
    Row::planned("carbon-use-metrics", Argument::None, ""),
];
