//! Rows about subscribing to routers.

use super::{Argument, Row};

pub(super) static ROWS: &[Row] = &[
    Row::planned("subscription-notify-socket", Argument::Required("VALUE"), ""),
    Row::planned("subscriptions-sign-check", Argument::Required("VALUE"), ""),
    Row::planned("subscriptions-sign-check-tolerance", Argument::Required("N"), ""),
    Row::planned("subscriptions-sign-skip-uid", Argument::Required("VALUE"), "").repeats(),
    Row::planned("subscriptions-credentials-check", Argument::Required("VALUE"), "").repeats(),
    Row::planned("subscriptions-use-credentials", Argument::None, ""),
    Row::planned("subscription-algo", Argument::Required("VALUE"), ""),
    Row::planned("subscription-dotsplit", Argument::None, ""),
    Row::planned("subscribe-to", Argument::Required("VALUE"), "")
        .aliases(&["st", "subscribe"])
        .repeats(),
    Row::planned("subscribe2", Argument::Required("VALUE"), "").repeats(),
    Row::planned("subscribe-freq", Argument::Required("N"), ""),
    Row::planned("subscription-tolerance", Argument::Required("N"), ""),
    Row::planned("unsubscribe-on-graceful-reload", Argument::None, ""),
    Row::planned("start-unsubscribed", Argument::None, ""),
    Row::planned("subscribe-with-modifier1", Argument::Required("VALUE"), ""),
];
