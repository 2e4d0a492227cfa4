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
    pub stats_no_cores: bool,
    pub metrics: Option<Said>,
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
    Row::flag(
        "stats-no-cores",
        |s| &mut s.statistics.stats_no_cores,
        "leave the threads out of the statistics",
    ),
    Row::word(
        "metrics",
        "ADDRESS",
        |s| &mut s.statistics.metrics,
        "serve /metrics for Prometheus, /-/live and /-/ready over HTTP on an address (ours)",
    ),
    Row::inert(
        "stats-no-metrics",
        Argument::None,
        "leave the metrics out of the statistics",
        "there are none in the statistics",
    ),
    Row::planned(
        "stats-push",
        Argument::Required("PLUGIN:ADDRESS"),
        "send the statistics to another place at an interval",
    )
    .repeats(),
    Row::planned(
        "stats-pusher-default-freq",
        Argument::Required("SECONDS"),
        "send the statistics this often",
    )
    .aliases(&["stats-pushers-default-freq"]),
    Row::planned("enable-metrics", Argument::None, "collect numbers about the server under names"),
    Row::planned(
        "metric",
        Argument::Required("KEY=VALUE,…"),
        "add a number of one's own to the metrics",
    )
    .repeats(),
    Row::planned(
        "metric-threshold",
        Argument::Required("KEY=VALUE,…"),
        "raise an alarm when a metric passes a value",
    )
    .aliases(&["metric-alarm", "alarm-metric"])
    .repeats(),
    Row::planned("metrics-dir", Argument::Required("DIRECTORY"), "write each metric into a file")
        .aliases(&["metric-dir"]),
    Row::planned(
        "metrics-dir-restore",
        Argument::None,
        "start metrics from the files of the last run",
    )
    .aliases(&["metric-dir-restore"]),
    Row::planned("metrics-no-cores", Argument::None, "do not collect metrics of single threads"),
    Row::planned("carbon", Argument::Required("ADDRESS"), "send numbers to a Graphite server")
        .repeats(),
    Row::planned("carbon-freq", Argument::Required("SECONDS"), "send to Graphite this often"),
    Row::planned("carbon-timeout", Argument::Required("SECONDS"), "wait this long for Graphite"),
    Row::planned(
        "carbon-max-retry",
        Argument::Required("COUNT"),
        "try Graphite this often before giving up",
    ),
    Row::planned(
        "carbon-retry-delay",
        Argument::Required("SECONDS"),
        "wait this long before trying Graphite again",
    ),
    Row::planned("carbon-id", Argument::Required("NAME"), "name this server in Graphite"),
    Row::planned(
        "carbon-root",
        Argument::Required("NAME"),
        "what the names in Graphite begin with",
    ),
    Row::planned(
        "carbon-hostname-dots",
        Argument::Required("CHARACTER"),
        "put this for the dots of the host name in Graphite",
    ),
    Row::planned("carbon-name-resolve", Argument::None, "look the name of the Graphite server up")
        .aliases(&["carbon-resolve-names"]),
    Row::planned(
        "carbon-no-workers",
        Argument::None,
        "send no numbers of single workers to Graphite",
    ),
    Row::planned(
        "carbon-idle-avg",
        Argument::Required("MODE"),
        "what to send to Graphite as average while nothing happens",
    ),
    Row::planned(
        "carbon-use-metrics",
        Argument::None,
        "send the metrics to Graphite rather than own numbers",
    ),
    Row::planned("snmp", Argument::Optional("ADDRESS"), "answer SNMP queries on a UDP address"),
    Row::planned(
        "snmp-community",
        Argument::Required("NAME"),
        "answer SNMP queries of this community",
    ),
    Row::planned("udp", Argument::Required("ADDRESS"), "listen for messages on a UDP address"),
    Row::planned(
        "multicast",
        Argument::Required("ADDRESS"),
        "listen for messages of a multicast group",
    ),
    Row::planned(
        "multicast-ttl",
        Argument::Required("HOPS"),
        "let multicast messages travel this far",
    ),
    Row::planned(
        "multicast-loop",
        Argument::Required("0 or 1"),
        "whether multicast messages come back to the sender",
    ),
    Row::planned(
        "nagios",
        Argument::None,
        "ask a server how it is in the form of a Nagios check and end",
    ),
    Row::planned("rrdtool", Argument::Required("DIRECTORY"), "draw numbers into RRD files")
        .repeats(),
    Row::planned("rrdtool-freq", Argument::Required("SECONDS"), "write RRD files this often"),
    Row::planned(
        "rrdtool-lib",
        Argument::Required("FILE"),
        "name of the library that writes RRD files",
    ),
    Row::planned("profiler", Argument::Required("NAME"), "run Python code under a profiler"),
];
