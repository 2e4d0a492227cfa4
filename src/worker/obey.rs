//! Makes of an application's reply one that may be sent: no headers that are not its business, no
//! body where there is none, and the length that it announced.
//!
//! Knows no protocol: whatever carries the reply can rely on it.

use bytes::Bytes;

use crate::app::{Output, Piece, Pieces, Reply};
use crate::log::say;

/// Headers that are between two neighbours only, and none of an application's business
/// (RFC 9110 §7.6.1, PEP 3333 "Other HTTP Features"). `Upgrade` may say what else is understood.
const HOP_BY_HOP: &[&str] =
    &["connection", "keep-alive", "proxy-connection", "transfer-encoding", "te", "trailer"];

/// Makes a reply one that may be sent: RFC 9110 §6.4.1 (no body for HEAD, 204 and 304), §8.6
/// (`Content-Length`). What is wrong is told in the log, with the `uri` of the request.
pub(super) fn obey_http(reply: &mut Reply, head_only: bool, uri: &str) {
    reply.headers.retain(|(name, _)| {
        !HOP_BY_HOP.iter().any(|hop| name.eq_ignore_ascii_case(hop.as_bytes()))
    });
    let code = reply.code();
    let announced = announced(reply, uri);
    let length = match &reply.body {
        Output::Full(body) => Some(body.len() as u64),
        Output::Stream(..) => None,
    };
    if head_only || matches!(code, 204 | 304) {
        // Dropping a stream lets the application go.
        reply.body = Output::Full(Bytes::new());
    } else if let Some(announced) = announced.filter(|announced| length != Some(*announced)) {
        let body = std::mem::replace(&mut reply.body, Output::Full(Bytes::new()));
        reply.body = measured(body, announced, uri);
    }
    match code {
        204 => reply.headers.retain(|(name, _)| !is_length(name)),
        304 => {}
        _ if announced.is_none() => {
            let length = length.map(|length| length.to_string().into_bytes());
            reply.headers.extend(length.map(|length| (b"Content-Length".to_vec(), length)));
        }
        _ => {}
    }
}

fn is_length(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"content-length")
}

/// The length that a reply announces. What is no number, or two different ones, is taken out: two
/// readers could understand it differently.
fn announced(reply: &mut Reply, uri: &str) -> Option<u64> {
    let mut lengths = reply.headers.iter().filter(|(name, _)| is_length(name));
    let (_, first) = lengths.next()?;
    let rest: Vec<_> = lengths.collect();
    let digits = std::str::from_utf8(first).ok().map(str::trim);
    let length: Option<u64> = digits
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
        .filter(|_| rest.iter().all(|(_, other)| other == first));
    if length.is_some() && rest.is_empty() {
        return length;
    }
    if length.is_none() {
        say!("[warning] a reply to {uri:?} has a Content-Length that is no length; it is left out");
    }
    let mut kept = false;
    reply.headers.retain(|(name, _)| {
        !is_length(name) || (length.is_some() && !std::mem::replace(&mut kept, true))
    });
    length
}

/// A body of the announced length: what is too much is cut off, and what is too short breaks off at
/// its end, so that nobody takes it for whole (PEP 3333, "Handling the `Content-Length` Header").
fn measured(body: Output, announced: u64, uri: &str) -> Output {
    let (first, rest) = match body {
        Output::Full(body) => (body, None),
        Output::Stream(first, rest) => (first, Some(rest)),
    };
    let mut measured = Measured { left: announced, announced, rest, uri: uri.to_owned() };
    let first = measured.cut(first);
    match measured.rest {
        None if measured.left == 0 => Output::Full(first),
        _ => Output::Stream(first, Box::new(measured)),
    }
}

/// The rest of a body of which a length was announced.
struct Measured {
    announced: u64,
    left: u64,
    rest: Option<Box<dyn Pieces>>,
    uri: String,
}

impl Measured {
    /// As much of a piece as was announced. With the first byte too much the application may go.
    fn cut(&mut self, mut piece: Bytes) -> Bytes {
        if piece.len() as u64 > self.left {
            say!(
                "[warning] the body of a reply to {:?} is longer than its Content-Length, which is \
                 {}; the rest is cut off",
                self.uri,
                self.announced
            );
            // It is less than the length of a piece.
            piece.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
            self.rest = None;
        }
        self.left -= piece.len() as u64;
        piece
    }
}

impl Pieces for Measured {
    fn next(&mut self) -> Piece {
        match self.rest.as_mut().map_or(Piece::End, |rest| rest.next()) {
            Piece::Bytes(piece) => match self.cut(piece) {
                none if none.is_empty() => Piece::End,
                piece => Piece::Bytes(piece),
            },
            Piece::End if self.left > 0 => {
                say!(
                    "[warning] the body of a reply to {:?} is shorter than its Content-Length, which \
                     is {}; the connection is closed",
                    self.uri,
                    self.announced
                );
                Piece::Broken
            }
            end => end,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: &str, length: Option<&str>, head_only: bool, expected: &str) {
        let mut reply = Reply::plain(status, "body");
        reply.headers.push((b"Connection".to_vec(), b"x".to_vec()));
        if let Some(length) = length {
            reply.headers.push((b"content-length".to_vec(), length.into()));
        }
        obey_http(&mut reply, head_only, "/");
        let headers = reply
            .headers
            .iter()
            .skip(1)
            .map(|(name, value)| format!("{}: {}", name.escape_ascii(), value.escape_ascii()));
        let mut parts: Vec<_> = headers.collect();
        match reply.body {
            Output::Full(body) => parts.push(body.escape_ascii().to_string()),
            Output::Stream(..) => unreachable!("it was full"),
        }
        assert_eq!(parts.join(" "), expected, "{status}");
    }

    #[test]
    fn replies_obey_http() {
        check("200 OK", None, false, "Content-Length: 4 body");
        check("200 OK", Some("4"), false, "content-length: 4 body");
        check("200 OK", None, true, "Content-Length: 4 ");
        check("204 No Content", None, false, "");
        check("304 Not Modified", None, false, "");
    }

    /// Gives these pieces.
    struct Given(Vec<&'static str>);

    impl Pieces for Given {
        fn next(&mut self) -> Piece {
            match self.0.is_empty() {
                true => Piece::End,
                false => Piece::Bytes(self.0.remove(0).into()),
            }
        }
    }

    #[test]
    fn a_body_has_the_length_that_was_announced() {
        fn check(lengths: &[&str], body: Output, length: Option<&str>, expected: &str) {
            let mut reply = Reply::plain("200 OK", "");
            reply.body = body;
            let header = |length: &&str| (b"Content-Length".to_vec(), length.as_bytes().to_vec());
            reply.headers.extend(lengths.iter().map(header));
            obey_http(&mut reply, false, "/");
            let found = reply.headers.iter().filter(|(name, _)| is_length(name));
            let found: Vec<_> = found.map(|(_, value)| String::from_utf8_lossy(value)).collect();
            assert_eq!(found, length.into_iter().collect::<Vec<_>>(), "{lengths:?}");
            let mut text = String::new();
            match reply.body {
                Output::Full(body) => text.push_str(&String::from_utf8_lossy(&body)),
                Output::Stream(first, mut rest) => {
                    text.push_str(&String::from_utf8_lossy(&first));
                    loop {
                        match rest.next() {
                            Piece::Bytes(piece) => text.push_str(&String::from_utf8_lossy(&piece)),
                            Piece::End => break,
                            Piece::Broken => break text.push_str(" broken"),
                        }
                    }
                }
            }
            assert_eq!(text, expected, "{lengths:?}");
        }
        let full = || Output::Full("body".into());
        let stream = || Output::Stream("bo".into(), Box::new(Given(vec!["d", "y"])));
        for body in [full, stream] {
            check(&["4"], body(), Some("4"), "body");
            check(&["4", "4"], body(), Some("4"), "body");
            check(&["3"], body(), Some("3"), "bod");
            check(&["1"], body(), Some("1"), "b");
            check(&["0"], body(), Some("0"), "");
            check(&["5"], body(), Some("5"), "body broken");
        }
        for wrong in
            [&["many"][..], &[""], &["-4"], &["+4"], &["4", "3"], &["99999999999999999999"]]
        {
            check(wrong, full(), Some("4"), "body");
            check(wrong, stream(), None, "body");
        }
    }
}
