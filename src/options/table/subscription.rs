//! Rows about subscribing to routers.

use super::{Argument, Row};

pub(super) static ROWS: &[Row] = &[
    Row::planned(
        "subscribe-to",
        Argument::Required("ADDRESS:KEY"),
        "tell a router to send the requests for a name here",
    )
    .aliases(&["st", "subscribe"])
    .repeats(),
    Row::planned(
        "subscribe2",
        Argument::Required("KEY=VALUE,…"),
        "tell a router about this server, with keys for how",
    )
    .repeats(),
    Row::planned("subscribe-freq", Argument::Required("SECONDS"), "tell routers again this often"),
    Row::planned(
        "subscribe-with-modifier1",
        Argument::Required("N"),
        "ask routers to send requests with this modifier",
    ),
    Row::planned(
        "start-unsubscribed",
        Argument::None,
        "tell routers nothing until the master is asked to",
    ),
    Row::planned(
        "unsubscribe-on-graceful-reload",
        Argument::None,
        "tell routers to send nothing here during a reload",
    ),
    Row::planned(
        "subscription-tolerance",
        Argument::Required("SECONDS"),
        "take a subscribed server for gone after this silence",
    ),
    Row::planned(
        "subscription-algo",
        Argument::Required("NAME"),
        "choose how requests are spread over subscribed servers",
    ),
    Row::planned(
        "subscription-dotsplit",
        Argument::None,
        "let a subscribed name stand for its subdomains, too",
    ),
    Row::planned(
        "subscription-notify-socket",
        Argument::Required("ADDRESS"),
        "tell each subscription to a socket",
    ),
    Row::planned(
        "subscriptions-sign-check",
        Argument::Required("ALGORITHM:DIRECTORY"),
        "accept only subscriptions signed with a key of a directory",
    ),
    Row::planned(
        "subscriptions-sign-check-tolerance",
        Argument::Required("SECONDS"),
        "accept signed subscriptions that are up to this old",
    ),
    Row::planned(
        "subscriptions-sign-skip-uid",
        Argument::Required("UID"),
        "accept subscriptions of this user without a signature",
    )
    .repeats(),
    Row::planned(
        "subscriptions-credentials-check",
        Argument::Required("DIRECTORY"),
        "accept only subscriptions of those who may read a file of a directory",
    )
    .repeats(),
    Row::planned(
        "subscriptions-use-credentials",
        Argument::None,
        "send the process's user along with a subscription",
    ),
];
