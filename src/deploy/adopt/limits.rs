//! What the old configuration did not limit, and the description must: how long a request may take, how long its
//! body may be.
//!
//! What nobody said was nginx's or the server's own default, so that is what is described.

use super::Adoption;
use crate::deploy::kinds::{size, units};

/// How long nginx, and the server's gateway, wait by themselves.
const WAITS: u64 = 60;
/// Between the server's limit and nginx's, as the description has it.
const BETWEEN: u64 = 10;

/// Writes down what counted although nobody said it; `whole` when all of nginx's configuration was read.
pub(super) fn describe(adoption: &mut Adoption, nginx: Option<bool>) {
    let seconds = |text: &str| units(text, &[("s", 1), ("m", 60), ("h", 3600)]);
    if !adoption.description.has("server.harakiri") {
        let said = adoption.description.one("nginx.read_timeout").and_then(seconds);
        let waits = said.or(adoption.gateway_timeout).unwrap_or(WAITS).clamp(2, 3600);
        let limit = if waits > 2 * BETWEEN { waits - BETWEEN } else { waits / 2 };
        adoption.description.set("server.harakiri", format!("{limit}s"), &[]);
        if said.is_none() && limit + BETWEEN != waits {
            adoption.description.set("nginx.read_timeout", format!("{waits}s"), &[]);
        }
        adoption.notes.push(format!(
            "server.harakiri: there was no limit, and nobody waited longer than {waits}s for an answer"
        ));
    }
    let own = 1 << 20;
    let known = adoption.description.one("server.max_body").map(str::to_owned);
    let known =
        known.and_then(|text| units(&text, &[("k", 1 << 10), ("m", 1 << 20), ("g", 1 << 30)]));
    match (nginx, adoption.body_is_said) {
        (Some(true), false) if known.is_none_or(|bytes| bytes > own) => {
            adoption.description.set("server.max_body", size(own), &[]);
            let note = "server.max_body: nginx said no client_max_body_size, and its own is 1m";
            adoption.notes.push(note.into());
        }
        (_, false) if known.is_none() => {
            let note = "server.max_body: the files say no limit; bodies over 10m are refused now";
            adoption.notes.push(note.into());
        }
        _ => {}
    }
}
