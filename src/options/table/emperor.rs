//! Rows about the emperor and its vassals.

use super::{Argument, Row};

pub(super) static ROWS: &[Row] = &[
    Row::planned("emperor", Argument::Required("VALUE"), "").repeats(),
    Row::planned("emperor-proxy-socket", Argument::Required("VALUE"), ""),
    Row::planned("emperor-wrapper", Argument::Required("VALUE"), ""),
    Row::planned("emperor-wrapper-override", Argument::Required("VALUE"), "").repeats(),
    Row::planned("emperor-wrapper-fallback", Argument::Required("VALUE"), "").repeats(),
    Row::planned("emperor-nofollow", Argument::None, ""),
    Row::planned("emperor-procname", Argument::Required("VALUE"), ""),
    Row::planned("emperor-freq", Argument::Required("N"), ""),
    Row::planned("emperor-required-heartbeat", Argument::Required("N"), ""),
    Row::planned("emperor-curse-tolerance", Argument::Required("N"), ""),
    Row::planned("emperor-pidfile", Argument::Required("VALUE"), ""),
    Row::planned("emperor-tyrant", Argument::None, ""),
    Row::planned("emperor-tyrant-nofollow", Argument::None, ""),
    Row::planned("emperor-stats", Argument::Required("VALUE"), "")
        .aliases(&["emperor-stats-server"]),
    Row::planned("early-emperor", Argument::None, ""),
    Row::planned("emperor-broodlord", Argument::Required("N"), ""),
    Row::planned("emperor-throttle", Argument::Required("N"), ""),
    Row::planned("emperor-max-throttle", Argument::Required("N"), ""),
    Row::planned("emperor-magic-exec", Argument::None, ""),
    Row::planned("emperor-on-demand-extension", Argument::Required("VALUE"), "")
        .aliases(&["emperor-on-demand-ext"]),
    Row::planned("emperor-on-demand-directory", Argument::Required("VALUE"), "")
        .aliases(&["emperor-on-demand-dir"]),
    Row::planned("emperor-on-demand-exec", Argument::Required("VALUE"), ""),
    Row::planned("emperor-extra-extension", Argument::Required("VALUE"), "")
        .aliases(&["emperor-extra-ext"])
        .repeats(),
    Row::planned("emperor-no-blacklist", Argument::None, ""),
    Row::planned("emperor-use-clone", Argument::Required("VALUE"), ""),
    Row::planned("emperor-graceful-shutdown", Argument::None, ""),
    Row::planned("imperial-monitor-list", Argument::None, "").aliases(&["imperial-monitors-list"]),
    Row::planned("vassals-inherit", Argument::Required("VALUE"), "").repeats(),
    Row::planned("vassals-include", Argument::Required("VALUE"), "").repeats(),
    Row::planned("vassals-inherit-before", Argument::Required("VALUE"), "").repeats(),
    Row::planned("vassals-include-before", Argument::Required("VALUE"), "").repeats(),
    Row::planned("vassals-start-hook", Argument::Required("VALUE"), ""),
    Row::planned("vassals-stop-hook", Argument::Required("VALUE"), ""),
    Row::planned("vassal-sos", Argument::Required("N"), ""),
    Row::planned("vassal-sos-backlog", Argument::Required("N"), ""),
    Row::planned("vassals-set", Argument::Required("VALUE"), "").aliases(&["vassal-set"]).repeats(),
    Row::planned("heartbeat", Argument::Required("N"), ""),
    Row::planned("emperor-cap", Argument::Required("VALUE"), "")
        .aliases(&["vassals-cap", "vassal-cap"]),
];
