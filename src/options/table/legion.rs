//! Rows about clusters that elect a lord.

use super::{Argument, Row};

pub(super) static ROWS: &[Row] = &[
    Row::planned("legion", Argument::Required("VALUE"), "").repeats(),
    Row::planned("legion-mcast", Argument::Required("VALUE"), "").repeats(),
    Row::planned("legion-node", Argument::Required("VALUE"), "").repeats(),
    Row::planned("legion-freq", Argument::Required("N"), ""),
    Row::planned("legion-tolerance", Argument::Required("N"), ""),
    Row::planned("legion-death-on-lord-error", Argument::Required("N"), ""),
    Row::planned("legion-skew-tolerance", Argument::Required("N"), ""),
    Row::planned("legion-lord", Argument::Required("VALUE"), "").repeats(),
    Row::planned("legion-unlord", Argument::Required("VALUE"), "").repeats(),
    Row::planned("legion-setup", Argument::Required("VALUE"), "").repeats(),
    Row::planned("legion-death", Argument::Required("VALUE"), "").repeats(),
    Row::planned("legion-join", Argument::Required("VALUE"), "").repeats(),
    Row::planned("legion-node-joined", Argument::Required("VALUE"), "").repeats(),
    Row::planned("legion-node-left", Argument::Required("VALUE"), "").repeats(),
    Row::planned("legion-quorum", Argument::Required("VALUE"), "").repeats(),
    Row::planned("legion-scroll", Argument::Required("VALUE"), "").repeats(),
    Row::planned("legion-scroll-max-size", Argument::Required("N"), ""),
    Row::planned("legion-scroll-list-max-size", Argument::Required("N"), ""),
    Row::planned("legion-attach-daemon", Argument::Required("COMMAND"), "").repeats(),
    Row::planned("legion-smart-attach-daemon", Argument::Required("COMMAND"), "").repeats(),
    Row::planned("legion-smart-attach-daemon2", Argument::Required("COMMAND"), "").repeats(),
];
