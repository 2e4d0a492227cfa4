//! Makes of an application's reply one that may be sent: no headers that are not its business, no
//! body where there is none, and a length that two readers understand alike.
//!
//! Knows no protocol. Sending as much as was announced is for [`line`](super::line).

use crate::app::{Output, Reply};
use crate::log::say;
use crate::options::settings::Headers;

/// Headers that are between two neighbours only, and none of an application's business
/// (RFC 9110 §7.6.1, PEP 3333 "Other HTTP Features"). `Upgrade` may say what else is understood.
fn is_hop_by_hop(name: &[u8]) -> bool {
    let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
    match name.len() {
        2 => is("te"),
        7 => is("trailer"),
        10 => is("connection") || is("keep-alive"),
        16 => is("proxy-connection"),
        17 => is("transfer-encoding"),
        _ => false,
    }
}

/// What may follow the head of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Allowed {
    /// Whether anything may.
    pub(super) has_body: bool,
    /// The bytes that are still to come; `None` where nobody said how many.
    pub(super) length: Option<u64>,
}

/// Removes and adds the headers that the configuration wants removed and added.
pub(super) fn change_headers(wanted: &Headers, reply: &mut Reply) {
    for removed in &wanted.del_header {
        reply.headers.retain(|name| !name.eq_ignore_ascii_case(removed.value.as_bytes()));
    }
    for (name, value) in &wanted.add_header {
        reply.headers.push(name, value);
    }
}

/// Makes a reply one that may be sent: RFC 9110 §6.4.1 (no body for HEAD, 204 and 304), §8.6
/// (`Content-Length`). What is wrong is told in the log, with the `uri` of the request.
pub(super) fn obey_http(reply: &mut Reply, head_only: bool, uri: &[u8]) -> Allowed {
    reply.headers.retain(|name| !is_hop_by_hop(name));
    let code = reply.code();
    let has_body = !head_only && !matches!(code, 204 | 304);
    let announced = announced(reply, uri);
    let length = match &reply.body {
        Output::Full(body) => Some(body.len() as u64),
        Output::File(part) => Some(part.left),
        Output::Stream(..) => None,
    };
    match (code, announced, length) {
        (204, ..) => reply.headers.retain(|name| !is_length(name)),
        (304, ..) | (_, Some(_), _) | (_, _, None) => {}
        (_, None, Some(length)) => reply.headers.push("Content-Length", length.to_string()),
    }
    Allowed { has_body, length: announced.or(length).filter(|_| has_body) }
}

fn is_length(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"content-length")
}

/// The length that a reply announces. What is no number, or two different ones, is taken out: two
/// readers could understand it differently.
fn announced(reply: &mut Reply, uri: &[u8]) -> Option<u64> {
    let mut lengths = reply.headers.iter().filter(|(name, _)| is_length(name));
    let (_, first) = lengths.next()?;
    let digits = std::str::from_utf8(first).ok().map(str::trim);
    let length: Option<u64> = digits
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok());
    let (mut is_alone, mut are_alike) = (true, true);
    for (_, other) in lengths {
        is_alone = false;
        are_alike &= other == first;
    }
    let length = length.filter(|_| are_alike);
    if length.is_none() {
        let uri = String::from_utf8_lossy(uri);
        say!("[warning] a reply to {uri:?} has a Content-Length that is no length; it is left out");
    }
    if length.is_none() || !is_alone {
        let mut is_kept = length.is_none();
        reply.headers.retain(|name| !is_length(name) || !std::mem::replace(&mut is_kept, true));
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Piece, Pieces};
    use bytes::Bytes;

    struct Nothing;

    impl Pieces for Nothing {
        fn next(&mut self) -> Piece {
            Piece::End
        }
    }

    fn full() -> Output {
        Output::Full("body".into())
    }

    fn stream() -> Output {
        Output::Stream(Bytes::new(), Box::new(Nothing))
    }

    fn check(
        (status, body): (&str, Output),
        lengths: &[&str],
        head_only: bool,
        expected: (&str, Option<u64>, bool),
    ) {
        let mut reply = Reply::plain(status, "");
        reply.body = body;
        reply.headers.push("Connection", "x");
        for length in lengths {
            reply.headers.push("content-length", length);
        }
        let allowed = obey_http(&mut reply, head_only, b"/");
        let lines = String::from_utf8_lossy(reply.headers.lines()).replace("\r\n", ";");
        let lines = lines.strip_prefix("Content-Type: text/plain;").expect("first");
        assert_eq!((lines, allowed.length, allowed.has_body), expected, "{status} {lengths:?}");
    }

    #[test]
    fn replies_obey_http() {
        let added = ("Content-Length: 4;", Some(4), true);
        check(("200 OK", full()), &[], false, added);
        check(("200 OK", full()), &["4"], false, ("content-length: 4;", Some(4), true));
        check(("200 OK", full()), &[], true, ("Content-Length: 4;", None, false));
        check(("200 OK", stream()), &["9"], true, ("content-length: 9;", None, false));
        check(("200 OK", stream()), &["9"], false, ("content-length: 9;", Some(9), true));
        check(("200 OK", stream()), &[], false, ("", None, true));
        check(("204 No Content", full()), &["4"], false, ("", None, false));
        check(("304 Not Modified", full()), &[], false, ("", None, false));
        check(("304 Not Modified", full()), &["4"], false, ("content-length: 4;", None, false));
    }

    #[test]
    fn lengths_that_are_none_are_left_out() {
        check(("200 OK", full()), &["4", "4"], false, ("content-length: 4;", Some(4), true));
        check(("200 OK", full()), &["5"], false, ("content-length: 5;", Some(5), true));
        for wrong in
            [&["many"][..], &[""], &["-4"], &["+4"], &["4", "3"], &["99999999999999999999"]]
        {
            check(("200 OK", full()), wrong, false, ("Content-Length: 4;", Some(4), true));
            check(("200 OK", stream()), wrong, false, ("", None, true));
        }
    }
}
