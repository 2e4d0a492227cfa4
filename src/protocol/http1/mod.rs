//! HTTP/1.1 from bytes to requests, by the letter of RFC 9112.
//!
//! A head is one when all of it is there and right; nothing is read behind one that is refused, so
//! no two readers can understand the connection differently. What the lines of a head may be is in
//! [`head`].

pub mod answer;
mod head;

use std::ops::Range;

use bytes::{Buf, BytesMut};
use http::StatusCode;

pub use self::head::{Head, MOST_HEADERS};
use self::head::{Lengths, Parts, is_header};

/// The line before a chunk has at most so many bytes, with its extensions.
const LONGEST_CHUNK_LINE: usize = 4096;

/// Reads the requests of one connection.
#[derive(Debug)]
pub struct Reader {
    /// Largest head, in bytes.
    limit: usize,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Within a head.
    Head(Lines, Parts),
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
    /// Behind a request.
    End,
    /// Nothing more may be read.
    Refused(StatusCode),
}

/// One step of a request.
#[derive(Debug)]
pub enum Event {
    /// The head is complete.
    Head(Head),
    /// A part of the body, not empty.
    Body(BytesMut),
    /// The body is complete.
    End,
}

/// Why a request is refused: the status to answer with. Nothing more of the connection may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused(pub StatusCode);

impl Reader {
    /// Reads a connection from its first byte; its heads may have so many bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, state: State::head() }
    }

    /// Whether the reader stands between two requests; a head that is not complete counts for
    /// nothing.
    #[must_use]
    pub fn is_between(&self) -> bool {
        matches!(self.state, State::Head(..))
    }

    /// Takes the next step from the front of `buffer`; `None` while more is needed.
    pub fn take(&mut self, buffer: &mut BytesMut) -> Result<Option<Event>, Refused> {
        loop {
            match self.step(buffer) {
                Ok(Step::Event(event)) => return Ok(Some(event)),
                Ok(Step::On) => {}
                Ok(Step::More) => return Ok(None),
                Err(status) => {
                    self.state = State::Refused(status);
                    return Err(Refused(status));
                }
            }
        }
    }

    /// How many bytes of the body, or of its chunk, are known to be still to come or in the buffer.
    #[must_use]
    pub fn missing(&self) -> u64 {
        match self.state {
            State::Body(left) | State::Chunk(left) => left,
            _ => 0,
        }
    }

    fn step(&mut self, buffer: &mut BytesMut) -> Result<Step, StatusCode> {
        let bad = |_| StatusCode::BAD_REQUEST;
        let (step, next) = match &mut self.state {
            State::Head(lines, parts) => {
                let Some(lengths) = follow_head(lines, parts, buffer, self.limit)? else {
                    return Ok(Step::More);
                };
                let bytes = buffer.get(..lines.end()).unwrap_or_default().to_vec();
                buffer.advance(lines.end());
                let head = std::mem::take(parts).finish(bytes, lengths);
                (Step::Event(Event::Head(head)), State::after(lengths))
            }
            State::Body(left) => match take_data(left, buffer) {
                None => return Ok(Step::More),
                Some(data) if *left == 0 => (data, State::End),
                Some(data) => return Ok(data),
            },
            State::ChunkLine(lines) => {
                let line = lines.next(buffer, LONGEST_CHUNK_LINE).map_err(bad)?;
                let Some(line) = line else { return Ok(Step::More) };
                let size = chunk_size(buffer.get(line).unwrap_or_default());
                buffer.advance(lines.end());
                let next = match size.ok_or(StatusCode::BAD_REQUEST)? {
                    0 => State::Trailers(Lines::default()),
                    size => State::Chunk(size),
                };
                (Step::On, next)
            }
            State::Chunk(left) => match take_data(left, buffer) {
                None => return Ok(Step::More),
                Some(data) if *left == 0 => (data, State::ChunkEnd(Lines::default())),
                Some(data) => return Ok(data),
            },
            State::ChunkEnd(lines) => {
                // Nothing but the line end.
                if lines.next(buffer, b"\r\n".len()).map_err(bad)?.is_none() {
                    return Ok(Step::More);
                }
                buffer.advance(lines.end());
                (Step::On, State::ChunkLine(Lines::default()))
            }
            State::Trailers(lines) => loop {
                let line = lines.next(buffer, self.limit).map_err(bad)?;
                let Some(line) = line else { return Ok(Step::More) };
                if line.is_empty() {
                    buffer.advance(lines.end());
                    break (Step::On, State::End);
                }
                if !is_header(buffer.get(line).unwrap_or_default()) {
                    return Err(StatusCode::BAD_REQUEST);
                }
            },
            State::End => (Step::Event(Event::End), State::head()),
            State::Refused(status) => return Err(*status),
        };
        self.state = next;
        Ok(step)
    }
}

/// What a look at the bytes gave.
enum Step {
    Event(Event),
    /// Look again.
    On,
    /// More bytes are needed.
    More,
}

impl State {
    fn head() -> Self {
        Self::Head(Lines::default(), Parts::default())
    }

    fn after(lengths: Lengths) -> Self {
        match lengths {
            Lengths::Known(0) => Self::End,
            Lengths::Known(length) => Self::Body(length),
            Lengths::Chunks => Self::ChunkLine(Lines::default()),
        }
    }
}

/// Goes on through the lines of a head; how long its body is, once it is complete.
fn follow_head(
    lines: &mut Lines,
    parts: &mut Parts,
    buffer: &mut BytesMut,
    limit: usize,
) -> Result<Option<Lengths>, StatusCode> {
    loop {
        let line = lines.next(buffer, limit).map_err(|wrong| match wrong {
            Wrong::Byte => StatusCode::BAD_REQUEST,
            Wrong::Length if !parts.has_begun() => StatusCode::URI_TOO_LONG,
            Wrong::Length => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        })?;
        let Some(line) = line else { return Ok(None) };
        let start = line.start;
        match (parts.has_begun(), buffer.get(line).unwrap_or_default()) {
            // RFC 9112 §2.2: an empty line before a request is passed over.
            (false, b"") => {
                buffer.advance(lines.end());
                *lines = Lines::default();
            }
            (false, line) => parts.begin(line)?,
            (true, b"") => return parts.end().map(Some),
            (true, line) => parts.add(line, start)?,
        }
    }
}

/// As much of a buffer as belongs to data of which so much is left.
fn take_data(left: &mut u64, buffer: &mut BytesMut) -> Option<Step> {
    let taken = buffer.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
    *left -= taken as u64;
    let data = (taken > 0).then(|| buffer.split_to(taken))?;
    Some(Step::Event(Event::Body(data)))
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
    /// How far the bytes are known to be letters of that line.
    seen: usize,
}

/// How many bytes from the first one on may stand within a line.
fn letters(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    // Eight bytes at once: one below the least gets a highest bit that it did not have. 0x7f is the only one
    // that is below 1 when its bits are turned round.
    let below = |word: u64, least: u64| word.wrapping_sub(ONES * least) & !word & (ONES * 0x80);
    let has_none = |word: &&[u8; 8]| {
        let word = u64::from_ne_bytes(**word);
        below(word, 0x20) == 0 && below(word ^ (ONES * 0x7f), 1) == 0
    };
    let (words, _) = bytes.as_chunks();
    let known = 8 * words.iter().take_while(has_none).count();
    let is_special = |byte: u8| byte.is_ascii_control() && byte != b'\t';
    let rest = bytes.get(known..).unwrap_or_default();
    known + rest.iter().position(|&byte| is_special(byte)).unwrap_or(rest.len())
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
        let within = buffer.get(..buffer.len().min(limit)).unwrap_or_default();
        let unseen = within.get(self.seen..).unwrap_or_default();
        self.seen += letters(unseen);
        let longer = || if buffer.len() > limit { Err(Wrong::Length) } else { Ok(None) };
        match (within.get(self.seen), within.get(self.seen + 1)) {
            (Some(b'\r'), Some(b'\n')) => {
                let line = self.start..self.seen;
                self.start = self.seen + 2;
                self.seen = self.start;
                Ok(Some(line))
            }
            (None, _) | (Some(b'\r'), None) => longer(),
            // Readers differ in what a carriage return or a line feed means alone (RFC 9112 §2.2).
            _ => Err(Wrong::Byte),
        }
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

    #[test]
    fn letters_end_at_control_characters() {
        for byte in 0..=u8::MAX {
            for place in [0, 7, 8, 17] {
                let mut bytes = *b"0123456789 abcdefgh";
                bytes[place] = byte;
                let is_letter = byte == b'\t' || !byte.is_ascii_control();
                let expected = if is_letter { bytes.len() } else { place };
                assert_eq!(letters(&bytes), expected, "{bytes:?}");
            }
        }
    }

    /// Every request of the pieces as it was understood, and how it ends.
    fn read(pieces: &[&[u8]]) -> (String, Option<u16>) {
        let (mut reader, mut buffer) = (Reader::new(200), BytesMut::new());
        let mut told = String::new();
        for piece in pieces {
            buffer.extend_from_slice(piece);
            loop {
                match reader.take(&mut buffer) {
                    Ok(Some(Event::Head(head))) => {
                        told.extend([head.method(), b" ", head.target()].map(escaped));
                        for (name, value) in head.headers() {
                            told.extend([b"|", name, b"=", value].map(escaped));
                        }
                        told.push('{');
                    }
                    Ok(Some(Event::Body(piece))) => told.push_str(&escaped(&piece)),
                    Ok(Some(Event::End)) => told.push('}'),
                    Ok(None) => break,
                    Err(Refused(status)) => {
                        assert_eq!(
                            reader.take(&mut buffer).expect_err("for good"),
                            Refused(status)
                        );
                        return (told, Some(status.as_u16()));
                    }
                }
            }
        }
        (told, None)
    }

    fn escaped(bytes: &[u8]) -> String {
        bytes.escape_ascii().to_string()
    }

    const READ: [(&str, &str); 3] = [
        (GET, "GET /|Host=a{}"),
        (POST, "POST /|Host=a|Content-Length=5{hello}"),
        (CHUNKED, "POST /|Host=a|Transfer-Encoding=chunked{hello0123456789}"),
    ];

    #[test]
    fn requests_are_read_and_nothing_behind_one_that_is_wrong() {
        for (before, first) in READ.into_iter().chain([("", "")]) {
            let (bytes, told): (Vec<_>, Vec<_>) = READ.into_iter().unzip();
            let (bytes, told) = (bytes.concat(), told.concat());
            let whole = read(&[before.as_bytes(), bytes.as_bytes()]);
            assert_eq!(whole, (format!("{first}{told}"), None));
            for wrong in ["GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\n\r\n", "\0", "a\r\n"] {
                let refused = read(&[format!("{before}{wrong}{GET}").as_bytes()]);
                assert_eq!(refused, (first.to_owned(), Some(400)), "{wrong:?}");
            }
        }
    }

    #[test]
    fn bodies_are_not_taken_for_heads() {
        let inner = "GET / HTTP/9\n\n";
        let told = escaped(inner.as_bytes());
        let length = inner.len();
        let body = format!("POST / HTTP/1.0\r\nContent-Length: {length}\r\n\r\n{inner}{GET}");
        let expected = format!("POST /|Content-Length={length}{{{told}}}GET /|Host=a{{}}");
        assert_eq!(read(&[body.as_bytes()]), (expected, None));
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        let body = format!("{head}{length:x}\r\n{inner}\r\n0\r\n\r\n{GET}");
        let expected = format!("POST /|Host=a|Transfer-Encoding=chunked{{{told}}}GET /|Host=a{{}}");
        assert_eq!(read(&[body.as_bytes()]), (expected, None));
    }

    #[test]
    fn empty_lines_before_a_request_are_passed_over() {
        assert_eq!(read(&[format!("\r\n\r\n{GET}").as_bytes()]), (READ[0].1.to_owned(), None));
    }

    #[test]
    fn what_a_client_wants_of_the_connection_is_known() {
        let check = |lines: &str, persistent: bool, expects: bool| {
            let (mut reader, mut buffer) = (Reader::new(200), BytesMut::from(lines.as_bytes()));
            let Ok(Some(Event::Head(head))) = reader.take(&mut buffer) else { panic!("{lines:?}") };
            assert_eq!((head.is_persistent(), head.expects_continue()), (persistent, expects));
        };
        check("GET / HTTP/1.0\r\n\r\n", false, false);
        check("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true, false);
        check("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true, false);
        check("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", false, false);
        let both =
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n";
        check(both, false, false);
        check("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n\r\n", true, true);
        check("PUT / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", false, false);
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
    fn a_head_has_a_limit_and_a_connection_has_none() {
        let long = "x".repeat(300);
        let many = GET.repeat(50);
        assert_eq!(read(&[many.as_bytes()]), (READ[0].1.repeat(50), None));
        let check = |bytes: &str, status| {
            assert_eq!(read(&[bytes.as_bytes()]), (String::new(), Some(status)));
        };
        check(&format!("GET /{long}"), 414);
        check(&format!("GET / HTTP/1.1\r\nA: {long}"), 431);
        check(&format!("GET / HTTP/1.1\r\nHost: a\r\nA: {long}\r\n\r\n"), 431);
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
            prop_assert_eq!(read(&pieces), read(&[text.as_bytes()]));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            read(&[&bytes]);
            read(&[CHUNKED.split_at(60).0.as_bytes(), &bytes]);
        }
    }
}
