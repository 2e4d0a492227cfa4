//! Follows the bytes of an HTTP/1 connection and lets pass what is a request by the letter of RFC 9112.
//!
//! A head passes when all of it is there and right; nothing passes behind one that is refused, so no
//! two readers can understand the connection differently. What the lines of a head may be is in
//! [`head`]; hyper parses what passed.

mod head;

use std::ops::Range;

use bytes::{Buf, BytesMut};
use http::StatusCode;

use self::head::{Framing, Head, is_header};

/// The method of the request that stands in the place of a refused one. No client can send it: it
/// is refused itself.
const REFUSED: &str = "RUWSGI-REFUSED";

/// The line before a chunk has at most so many bytes, with its extensions.
const LONGEST_CHUNK_LINE: usize = 4096;

/// Where in the stream of bytes a connection stands.
#[derive(Debug)]
pub struct Guard {
    /// Largest head, in bytes.
    limit: usize,
    state: State,
    is_refused: bool,
}

#[derive(Debug)]
enum State {
    /// Within a head.
    Head(Lines, Head),
    /// Within a body of which so much is left.
    Body(u64),
    /// Within the line before a chunk.
    ChunkLine(Lines),
    /// Within a chunk of which so much is left.
    Chunk(u64),
    /// Behind the data of a chunk, before its line end.
    ChunkEnd(Lines),
    /// Behind the last chunk.
    Trailers(Lines),
}

/// Nothing more of the connection may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// A head, to be answered with this status.
    Head(StatusCode),
    /// The rest of a body whose head has passed.
    Body,
}

impl Guard {
    /// Follows a connection from its first byte; its heads may have so many bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, state: State::head(), is_refused: false }
    }

    /// Whether all that the client began to say has passed; a head that is not complete counts for
    /// nothing.
    #[must_use]
    pub fn is_satisfied(&self) -> bool {
        matches!(self.state, State::Head(..)) && !self.is_refused
    }

    /// Takes from the front of `buffer` what may pass next: a whole head, or a part of a body.
    /// `None` while more is needed.
    pub fn take(&mut self, buffer: &mut BytesMut) -> Result<Option<BytesMut>, Refused> {
        self.follow(buffer).inspect_err(|_| self.is_refused = true)
    }

    fn follow(&mut self, buffer: &mut BytesMut) -> Result<Option<BytesMut>, Refused> {
        let (length, next) = match &mut self.state {
            State::Head(lines, head) => match follow_head(lines, head, buffer, self.limit) {
                Ok(Some(framing)) => (lines.end(), State::after(framing)),
                Ok(None) => return Ok(None),
                Err(status) => return Err(Refused::Head(status)),
            },
            State::Body(left) => match take_data(left, buffer) {
                0 => return Ok(None),
                taken if *left == 0 => (taken, State::head()),
                taken => return Ok(Some(buffer.split_to(taken))),
            },
            State::ChunkLine(lines) => {
                let line = lines.next(buffer, LONGEST_CHUNK_LINE).map_err(|_| Refused::Body)?;
                let Some(line) = line else { return Ok(None) };
                let size = chunk_size(buffer.get(line).unwrap_or_default());
                let next = match size.ok_or(Refused::Body)? {
                    0 => State::Trailers(Lines::default()),
                    size => State::Chunk(size),
                };
                (lines.end(), next)
            }
            State::Chunk(left) => match take_data(left, buffer) {
                0 => return Ok(None),
                taken if *left == 0 => (taken, State::ChunkEnd(Lines::default())),
                taken => return Ok(Some(buffer.split_to(taken))),
            },
            State::ChunkEnd(lines) => {
                // Nothing but the line end.
                let line = lines.next(buffer, b"\r\n".len()).map_err(|_| Refused::Body)?;
                if line.is_none() {
                    return Ok(None);
                }
                (lines.end(), State::ChunkLine(Lines::default()))
            }
            State::Trailers(lines) => loop {
                let line = lines.next(buffer, self.limit).map_err(|_| Refused::Body)?;
                let Some(line) = line else { return Ok(None) };
                if line.is_empty() {
                    break (lines.end(), State::head());
                }
                if !is_header(buffer.get(line).unwrap_or_default()) {
                    return Err(Refused::Body);
                }
            },
        };
        self.state = next;
        Ok(Some(buffer.split_to(length)))
    }
}

impl State {
    fn head() -> Self {
        Self::Head(Lines::default(), Head::default())
    }

    fn after(framing: Framing) -> Self {
        match framing {
            Framing::Length(0) => Self::head(),
            Framing::Length(length) => Self::Body(length),
            Framing::Chunks => Self::ChunkLine(Lines::default()),
        }
    }
}

/// The request that stands in the place of one that is refused with this status.
#[must_use]
pub fn refused_request(status: StatusCode) -> BytesMut {
    let text = format!("{REFUSED} /{} HTTP/1.1\r\nConnection: close\r\n\r\n", status.as_u16());
    BytesMut::from(text.as_bytes())
}

/// The status with which a request is to be refused, where it stands for a refused one.
#[must_use]
pub fn refused_status(head: &http::request::Parts) -> Option<StatusCode> {
    let status = head.uri.path().strip_prefix('/').filter(|_| head.method.as_str() == REFUSED)?;
    StatusCode::from_bytes(status.as_bytes()).ok()
}

/// Goes on through the lines of a head; how long its body is, once it is complete.
fn follow_head(
    lines: &mut Lines,
    head: &mut Head,
    buffer: &mut BytesMut,
    limit: usize,
) -> Result<Option<Framing>, StatusCode> {
    loop {
        let line = lines.next(buffer, limit).map_err(|wrong| match wrong {
            Wrong::Byte => StatusCode::BAD_REQUEST,
            Wrong::Length if !head.has_begun() => StatusCode::URI_TOO_LONG,
            Wrong::Length => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        })?;
        let Some(line) = line else { return Ok(None) };
        match (head.has_begun(), buffer.get(line).unwrap_or_default()) {
            // RFC 9112 §2.2: an empty line before a request is passed over.
            (false, b"") => {
                buffer.advance(lines.end());
                *lines = Lines::default();
            }
            (false, line) => head.begin(line)?,
            (true, b"") => return head.end().map(Some),
            (true, line) => head.add(line)?,
        }
    }
}

/// How much of a buffer belongs to data of which so much is left.
fn take_data(left: &mut u64, buffer: &BytesMut) -> usize {
    let taken = buffer.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
    *left -= taken as u64;
    taken
}

/// The size that the line before a chunk tells (RFC 9112 §7.1).
fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.iter().position(|byte| !byte.is_ascii_hexdigit()).unwrap_or(line.len());
    let (digits, extension) = line.split_at_checked(digits)?;
    if !matches!(extension.trim_ascii_start(), b"" | [b';', ..])
        || (!extension.is_empty() && extension.trim_ascii().is_empty())
    {
        return None;
    }
    let size = i64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    u64::try_from(size).ok()
}

/// Finds the lines at the front of a buffer that grows.
#[derive(Debug, Default)]
struct Lines {
    /// Where the line begins that is not complete.
    start: usize,
    /// Bytes that were looked at.
    seen: usize,
}

/// Why there is no further line.
enum Wrong {
    /// A byte that no line may have, or a line end of one byte.
    Byte,
    /// The lines have more bytes than they may.
    Length,
}

impl Lines {
    /// The place of the next line, without its end; `None` while it is not complete.
    fn next(&mut self, buffer: &[u8], limit: usize) -> Result<Option<Range<usize>>, Wrong> {
        let mut last = self.seen.checked_sub(1).and_then(|last| buffer.get(last)).copied();
        while let Some(&byte) = buffer.get(self.seen) {
            if self.seen >= limit {
                return Err(Wrong::Length);
            }
            self.seen += 1;
            match (last.replace(byte), byte) {
                (Some(b'\r'), b'\n') => {
                    let line = self.start..self.seen - 2;
                    self.start = self.seen;
                    return Ok(Some(line));
                }
                // Readers differ in what either of them means alone (RFC 9112 §2.2).
                (Some(b'\r'), _) | (_, b'\n') => return Err(Wrong::Byte),
                (_, b'\t' | b'\r') => {}
                (_, byte) if byte.is_ascii_control() => return Err(Wrong::Byte),
                _ => {}
            }
        }
        Ok(None)
    }

    /// Where the last line that was found ends.
    fn end(&self) -> usize {
        self.start
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const POST: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
    const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
                           5;x=y\r\nhello\r\nA\r\n0123456789\r\n0\r\nX-Trailer: z\r\n\r\n";

    /// Everything that passes of the pieces, and how it ends.
    fn pass(pieces: &[&[u8]]) -> (String, Option<Refused>) {
        let (mut guard, mut buffer) = (Guard::new(200), BytesMut::new());
        let mut passed = Vec::new();
        for piece in pieces {
            buffer.extend_from_slice(piece);
            loop {
                match guard.take(&mut buffer) {
                    Ok(Some(bytes)) => passed.extend_from_slice(&bytes),
                    Ok(None) => break,
                    Err(refused) => return (passed.escape_ascii().to_string(), Some(refused)),
                }
            }
        }
        (passed.escape_ascii().to_string(), None)
    }

    fn text(text: &str) -> String {
        text.as_bytes().escape_ascii().to_string()
    }

    #[test]
    fn requests_pass_and_nothing_behind_one_that_is_wrong() {
        let bad = Some(Refused::Head(StatusCode::BAD_REQUEST));
        for before in ["", GET, POST, CHUNKED] {
            let whole = format!("{before}{GET}{POST}{CHUNKED}{GET}");
            assert_eq!(pass(&[whole.as_bytes()]), (text(&whole), None));
            for wrong in ["GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\n\r\n", "\0", "a\r\n"] {
                let passed = pass(&[format!("{before}{wrong}{GET}").as_bytes()]);
                assert_eq!(passed, (text(before), bad), "{wrong:?}");
            }
        }
    }

    #[test]
    fn bodies_are_not_taken_for_heads() {
        let inner = "GET / HTTP/9\n\n";
        let length = inner.len();
        let body = format!("POST / HTTP/1.0\r\nContent-Length: {length}\r\n\r\n{inner}{GET}");
        assert_eq!(pass(&[body.as_bytes()]), (text(&body), None));
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        let body = format!("{head}{length:x}\r\n{inner}\r\n0\r\n\r\n{GET}");
        assert_eq!(pass(&[body.as_bytes()]), (text(&body), None));
    }

    #[test]
    fn empty_lines_before_a_request_do_not_pass() {
        assert_eq!(pass(&[format!("\r\n\r\n{GET}").as_bytes()]), (text(GET), None));
    }

    #[test]
    fn sizes_of_chunks_are_hexadecimal() {
        for (line, expected) in [
            ("0", Some(0)),
            ("0000000000000000000000a", Some(10)),
            ("fF;a=b", Some(255)),
            ("5 ;a", Some(5)),
            ("5 ", None),
            ("", None),
            (";a", None),
            ("0x5", None),
            ("+5", None),
            ("-0", None),
            ("5_0", None),
            ("ffffffffffffffff", None),
            ("10000000000000005", None),
        ] {
            assert_eq!(chunk_size(line.as_bytes()), expected, "{line:?}");
        }
    }

    #[test]
    fn who_stands_for_a_refused_request_is_known_and_cannot_be_sent() {
        let request = refused_request(StatusCode::URI_TOO_LONG);
        let not_there = Some(Refused::Head(StatusCode::NOT_IMPLEMENTED));
        assert_eq!(pass(&[&request]), (String::new(), not_there));
        let (head, ()) = http::Request::builder()
            .method(REFUSED)
            .uri("/414")
            .body(())
            .expect("one")
            .into_parts();
        assert_eq!(refused_status(&head), Some(StatusCode::URI_TOO_LONG));
    }

    #[test]
    fn a_head_has_a_limit_and_a_connection_has_none() {
        let long = "x".repeat(300);
        let many = GET.repeat(50);
        assert_eq!(pass(&[many.as_bytes()]), (text(&many), None));
        let check = |bytes: &str, status| {
            assert_eq!(pass(&[bytes.as_bytes()]), (String::new(), Some(Refused::Head(status))));
        };
        check(&format!("GET /{long}"), StatusCode::URI_TOO_LONG);
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        check(&format!("GET / HTTP/1.1\r\nA: {long}"), status);
        check(&format!("GET / HTTP/1.1\r\nHost: a\r\nA: {long}\r\n\r\n"), status);
    }

    /// Pieces of what may be said on a connection, right and wrong.
    fn said() -> impl Strategy<Value = String> {
        const WORDS: &[&str] = &[
            GET,
            POST,
            CHUNKED,
            "\r\n",
            "\n",
            "\r",
            "GET ",
            "/",
            " HTTP/1.1\r\n",
            "Host: a\r\n",
            "X : b\r\n",
            " c\r\n",
            "Content-Length: 3\r\n",
            "Transfer-Encoding: chunked\r\n",
            "3\r\n",
            "abc",
            "0\r\n",
            "\0",
            "x",
        ];
        proptest::collection::vec(proptest::sample::select(WORDS), 1..12)
            .prop_map(|words| words.concat())
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same(text in said(), cuts in proptest::collection::vec(0_usize..400, 0..6)) {
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let pieces: Vec<_> =
                cuts.windows(2).map(|two| &text.as_bytes()[two[0]..two[1]]).collect();
            prop_assert_eq!(pass(&pieces), pass(&[text.as_bytes()]));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            pass(&[&bytes]);
            pass(&[CHUNKED.split_at(60).0.as_bytes(), &bytes]);
        }
    }
}
