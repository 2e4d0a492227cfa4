//! Rows about clusters that elect a lord.

use super::{Argument, Row};

pub(super) static ROWS: &[Row] = &[
    Row::planned(
        "legion",
        Argument::Required("NAME ADDRESS VALOR ALGORITHM:SECRET"),
        "join servers that elect one of them as lord",
    )
    .repeats(),
    Row::planned(
        "legion-mcast",
        Argument::Required("NAME ADDRESS VALOR ALGORITHM:SECRET"),
        "join a legion over multicast",
    )
    .repeats(),
    Row::planned(
        "legion-node",
        Argument::Required("NAME ADDRESS"),
        "name another server of a legion",
    )
    .repeats(),
    Row::planned(
        "legion-freq",
        Argument::Required("SECONDS"),
        "speak to the other servers of legions this often",
    ),
    Row::planned(
        "legion-tolerance",
        Argument::Required("SECONDS"),
        "take a server of a legion for dead after this silence",
    ),
    Row::planned(
        "legion-skew-tolerance",
        Argument::Required("SECONDS"),
        "accept clocks in a legion that differ by this much",
    ),
    Row::planned(
        "legion-quorum",
        Argument::Required("NAME VOTES"),
        "elect a lord only with this many votes",
    )
    .repeats(),
    Row::planned(
        "legion-death-on-lord-error",
        Argument::Required("SECONDS"),
        "leave a legion for this long when the lord's action fails",
    ),
    Row::planned(
        "legion-lord",
        Argument::Required("NAME ACTION"),
        "do this when the server becomes the lord of a legion",
    )
    .repeats(),
    Row::planned(
        "legion-unlord",
        Argument::Required("NAME ACTION"),
        "do this when the server is the lord no more",
    )
    .repeats(),
    Row::planned(
        "legion-setup",
        Argument::Required("NAME ACTION"),
        "do this when the legion is set up",
    )
    .repeats(),
    Row::planned(
        "legion-death",
        Argument::Required("NAME ACTION"),
        "do this when the server leaves the legion",
    )
    .repeats(),
    Row::planned(
        "legion-join",
        Argument::Required("NAME ACTION"),
        "do this when the server has joined the legion",
    )
    .repeats(),
    Row::planned(
        "legion-node-joined",
        Argument::Required("NAME ACTION"),
        "do this when another server joins the legion",
    )
    .repeats(),
    Row::planned(
        "legion-node-left",
        Argument::Required("NAME ACTION"),
        "do this when another server leaves the legion",
    )
    .repeats(),
    Row::planned(
        "legion-scroll",
        Argument::Required("NAME TEXT"),
        "tell the other servers of a legion a text about this one",
    )
    .repeats(),
    Row::planned(
        "legion-scroll-max-size",
        Argument::Required("BYTES"),
        "take texts about servers of a legion up to this size",
    ),
    Row::planned(
        "legion-scroll-list-max-size",
        Argument::Required("BYTES"),
        "keep texts about the servers of a legion up to this size in all",
    ),
    Row::planned(
        "legion-attach-daemon",
        Argument::Required("NAME COMMAND"),
        "run a program beside the lord of a legion",
    )
    .repeats(),
    Row::planned(
        "legion-smart-attach-daemon",
        Argument::Required("NAME PIDFILE COMMAND"),
        "run a program with a pidfile beside the lord of a legion",
    )
    .repeats(),
    Row::planned(
        "legion-smart-attach-daemon2",
        Argument::Required("NAME PIDFILE COMMAND"),
        "run a program with a pidfile beside the lord, reloaded with it",
    )
    .repeats(),
];
