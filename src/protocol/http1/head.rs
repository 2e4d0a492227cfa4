//! The head of a request: which lines are right, what they say, how long the body is.
//!
//! By RFC 9112, strictly: where it leaves a choice, what two readers could understand differently
//! is refused. Where lines end, and how many bytes they may have, is known before.

use std::net::Ipv6Addr;
use std::ops::Range;

use http::StatusCode;

use crate::app::headers::{Letters, is_token};

/// Headers of a request, at most.
pub const MOST_HEADERS: usize = 100;

/// How long a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lengths {
    /// So many bytes.
    Known(u64),
    /// As many as there are chunks.
    Chunks,
}

/// A head that is right.
#[derive(Debug)]
pub struct Head {
    bytes: Vec<u8>,
    parts: Parts,
    lengths: Lengths,
}

impl Head {
    /// The method, a token.
    #[must_use]
    pub fn method(&self) -> &[u8] {
        self.at(&self.parts.method)
    }

    /// The target as it was sent: a path, a whole URI, or `*`.
    #[must_use]
    pub fn target(&self) -> &[u8] {
        self.at(&self.parts.target)
    }

    /// The version in its own words, one of two.
    #[must_use]
    pub fn version(&self) -> &'static [u8] {
        if self.parts.minor == Some(0) { b"HTTP/1.0" } else { b"HTTP/1.1" }
    }

    /// Names and values in order, without the white space around values.
    pub fn headers(&self) -> impl Iterator<Item = (&[u8], &[u8])> + Clone {
        self.parts.headers.iter().map(|(name, value)| (self.at(name), self.at(value)))
    }

    /// The value of a header that stands once, by its name in any case.
    #[must_use]
    pub fn header(&self, name: &[u8]) -> Option<&[u8]> {
        self.headers().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The length of the body in bytes; `None` where it comes in chunks.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        match self.lengths {
            Lengths::Known(length) => Some(length),
            Lengths::Chunks => None,
        }
    }

    /// Whether the client may send a further request (RFC 9112 §9.3).
    #[must_use]
    pub fn is_persistent(&self) -> bool {
        !self.parts.closes && (self.parts.minor == Some(1) || self.parts.keeps)
    }

    /// Whether the client waits for a word before it sends the body (RFC 9110 §10.1.1).
    #[must_use]
    pub fn expects_continue(&self) -> bool {
        self.parts.expects && self.parts.minor == Some(1)
    }

    fn at(&self, place: &Range<usize>) -> &[u8] {
        self.bytes.get(place.clone()).unwrap_or_default()
    }
}

/// What was seen of a head, with places in its bytes.
#[expect(clippy::struct_excessive_bools, reason = "each is a header of its own")]
#[derive(Debug, Default)]
pub(super) struct Parts {
    method: Range<usize>,
    target: Range<usize>,
    /// The minor version, once the first line is there.
    minor: Option<u8>,
    headers: Vec<(Range<usize>, Range<usize>)>,
    hosts: usize,
    length: Option<u64>,
    /// Whether there is a `Transfer-Encoding`.
    is_coded: bool,
    /// Whether `Connection` says `close`.
    closes: bool,
    /// Whether `Connection` says `keep-alive`.
    keeps: bool,
    /// Whether `Expect` says `100-continue`.
    expects: bool,
}

impl Parts {
    /// Whether the first line is there.
    pub(super) fn has_begun(&self) -> bool {
        self.minor.is_some()
    }

    /// The first line, which begins the head.
    pub(super) fn begin(&mut self, line: &[u8]) -> Result<(), StatusCode> {
        let mut words = line.split(|&byte| byte == b' ');
        let (Some(method), Some(target), Some(version), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(StatusCode::BAD_REQUEST);
        };
        self.minor = Some(match version {
            b"HTTP/1.1" => 1,
            b"HTTP/1.0" => 0,
            [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
                if major.is_ascii_digit() && minor.is_ascii_digit() =>
            {
                return Err(StatusCode::HTTP_VERSION_NOT_SUPPORTED);
            }
            _ => return Err(StatusCode::BAD_REQUEST),
        });
        if !is_token(method) {
            return Err(StatusCode::BAD_REQUEST);
        }
        // An application is no proxy that tunnels could go through.
        if method == b"CONNECT" {
            return Err(StatusCode::NOT_IMPLEMENTED);
        }
        let is_right = match target {
            target if target.contains(&b'\t') => false,
            b"*" => method == b"OPTIONS",
            [b'/', ..] => true,
            target => is_absolute(target),
        };
        self.method = 0..method.len();
        self.target = method.len() + 1..method.len() + 1 + target.len();
        if is_right { Ok(()) } else { Err(StatusCode::BAD_REQUEST) }
    }

    /// A further line, which is a header; it begins at `start`.
    pub(super) fn add(&mut self, line: &[u8], start: usize) -> Result<(), StatusCode> {
        let (name, value) = split_header(line).ok_or(StatusCode::BAD_REQUEST)?;
        if self.headers.len() == MOST_HEADERS {
            return Err(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
        }
        if self.headers.is_empty() {
            self.headers.reserve(16);
        }
        let blanks = line.len() - name.len() - 1;
        let leading =
            blanks - line.get(name.len() + 1..).unwrap_or_default().trim_ascii_start().len();
        let value_start = start + name.len() + 1 + leading;
        self.headers.push((start..start + name.len(), value_start..value_start + value.len()));
        let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
        match name.len() {
            4 if is(b"host") => {
                self.hosts += 1;
                if self.hosts > 1 || !(value.is_empty() || is_host(value)) {
                    return Err(StatusCode::BAD_REQUEST);
                }
            }
            6 if is(b"expect") => self.expects |= value.eq_ignore_ascii_case(b"100-continue"),
            10 if is(b"connection") => {
                for word in value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
                    self.closes |= word.eq_ignore_ascii_case(b"close");
                    self.keeps |= word.eq_ignore_ascii_case(b"keep-alive");
                }
            }
            14 if is(b"content-length") => {
                let length = content_length(value).ok_or(StatusCode::BAD_REQUEST)?;
                if self.length.replace(length).is_some() {
                    return Err(StatusCode::BAD_REQUEST);
                }
            }
            17 if is(b"transfer-encoding") => {
                // RFC 9112 §6.1: a version that does not know it frames its bodies in another way.
                if std::mem::replace(&mut self.is_coded, true) || self.minor != Some(1) {
                    return Err(StatusCode::BAD_REQUEST);
                }
                check_codings(value)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The empty line behind a head.
    pub(super) fn end(&self) -> Result<Lengths, StatusCode> {
        // RFC 9112 §3.2.
        if self.minor == Some(1) && self.hosts == 0 {
            return Err(StatusCode::BAD_REQUEST);
        }
        match (self.length, self.is_coded) {
            (Some(_), true) => Err(StatusCode::BAD_REQUEST),
            (None, true) => Ok(Lengths::Chunks),
            (length, false) => Ok(Lengths::Known(length.unwrap_or(0))),
        }
    }

    /// The head, with its bytes.
    pub(super) fn finish(self, bytes: Vec<u8>, lengths: Lengths) -> Head {
        Head { bytes, parts: self, lengths }
    }
}

/// Whether a line is a header.
pub(super) fn is_header(line: &[u8]) -> bool {
    split_header(line).is_some()
}

/// Name and value of a header. A line that goes on with the one before begins with white space, so
/// it has no name (RFC 9112 §5.2).
pub(super) fn split_header(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let (name, value) = (line.get(..colon)?, line.get(colon + 1..)?);
    is_token(name).then(|| (name, value.trim_ascii()))
}

/// A length in bytes (RFC 9110 §8.6); one that fits no file is none.
fn content_length(value: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(value).ok()?;
    let is_number = digits.bytes().all(|digit| digit.is_ascii_digit());
    let length = digits.parse::<i64>().ok().filter(|_| is_number)?;
    u64::try_from(length).ok()
}

/// Codings of a body: chunks and nothing else can be read (RFC 9112 §6.1); without chunks at the end,
/// and only there, nobody knows how long it is (§6.3).
fn check_codings(value: &[u8]) -> Result<(), StatusCode> {
    let is_chunks = |coding: &[u8]| coding.trim_ascii().eq_ignore_ascii_case(b"chunked");
    let mut codings = value.rsplit(|&byte| byte == b',');
    let is_last = codings.next().is_some_and(is_chunks);
    match (is_last, codings.next()) {
        (true, None) => Ok(()),
        (true, Some(other)) if is_token(other.trim_ascii()) && !is_chunks(other) => {
            Err(StatusCode::NOT_IMPLEMENTED)
        }
        _ => Err(StatusCode::BAD_REQUEST),
    }
}

/// Whether a target is a whole URI of this server's schemes.
fn is_absolute(target: &[u8]) -> bool {
    let rest = [&b"http://"[..], b"https://"].into_iter().find_map(|scheme| {
        let (begin, rest) = target.split_at_checked(scheme.len())?;
        begin.eq_ignore_ascii_case(scheme).then_some(rest)
    });
    let Some(rest) = rest else { return false };
    is_host(rest.split(|byte| b"/?#".contains(byte)).next().unwrap_or_default())
}

/// A host that is not empty, with or without a port (RFC 3986 §3.2.2).
fn is_host(value: &[u8]) -> bool {
    let (is_right, port) = if let [b'[', rest @ ..] = value {
        let end = rest.iter().position(|&byte| byte == b']').unwrap_or(rest.len());
        let address = rest.get(..end).and_then(|address| std::str::from_utf8(address).ok());
        let is_right = address.is_some_and(|address| address.parse::<Ipv6Addr>().is_ok());
        // Without a bracket at its end there is nothing behind it.
        (is_right && end < rest.len(), rest.get(end + 1..).unwrap_or_default())
    } else {
        let end = value.iter().position(|&byte| byte == b':').unwrap_or(value.len());
        let (name, port) = value.split_at_checked(end).unwrap_or((value, b""));
        (!name.is_empty() && is_name(name), port)
    };
    is_right && is_port(port)
}

/// Nothing, or a colon and digits that are no more than a port can be.
fn is_port(port: &[u8]) -> bool {
    let [b':', digits @ ..] = port else { return port.is_empty() };
    let number = digits.iter().try_fold(0_u32, |number, byte| {
        let digit = byte.wrapping_sub(b'0');
        let number = number.saturating_mul(10).saturating_add(u32::from(digit));
        (digit < 10 && u16::try_from(number).is_ok()).then_some(number)
    });
    number.is_some()
}

/// Letters that a registered name may have, and percent signs with their digits.
fn is_name(name: &[u8]) -> bool {
    static LETTERS: Letters = Letters::and(b"-._~!$&'()*+,;=");
    let mut rest = name.iter();
    while let Some(&byte) = rest.next() {
        if LETTERS.has(byte) {
            continue;
        }
        let mut digits = rest.by_ref().take(2);
        let mut is_digit = || digits.next().is_some_and(u8::is_ascii_hexdigit);
        if byte != b'%' || !is_digit() || !is_digit() {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Result<Lengths, u16> {
        let mut head = Parts::default();
        let mut lines = lines.iter().map(|line| line.as_bytes());
        head.begin(lines.next().unwrap_or_default()).map_err(|status| status.as_u16())?;
        for line in lines {
            head.add(line, 0).map_err(|status| status.as_u16())?;
        }
        head.end().map_err(|status| status.as_u16())
    }

    #[test]
    fn targets_have_four_forms_of_which_three_are_served() {
        for (line, expected) in [
            ("GET / HTTP/1.0", Ok(Lengths::Known(0))),
            ("GET http://a HTTP/1.0", Ok(Lengths::Known(0))),
            ("GET HTTPS://a:8/b HTTP/1.0", Ok(Lengths::Known(0))),
            ("GET http:///b HTTP/1.0", Err(400)),
            ("GET http://u@a/b HTTP/1.0", Err(400)),
            ("GET ftp://a/b HTTP/1.0", Err(400)),
            ("GET a/b HTTP/1.0", Err(400)),
            ("OPTIONS * HTTP/1.0", Ok(Lengths::Known(0))),
            ("GET * HTTP/1.0", Err(400)),
            ("CONNECT a:80 HTTP/1.0", Err(501)),
            ("GET / HTTP/2.0", Err(505)),
            ("GET / http/1.0", Err(400)),
            ("GET /", Err(400)),
            ("GET  / HTTP/1.0", Err(400)),
        ] {
            assert_eq!(read(&[line]), expected, "{line}");
        }
    }

    #[test]
    fn hosts_are_names_or_addresses() {
        for host in ["a", "a.b:80", "a:", "a_b", "%41", "[::1]", "[::1]:80", "1.2.3.4", "xn--a"] {
            assert!(is_host(host.as_bytes()), "{host}");
        }
        for host in [
            "", ":80", "a b", "a/b", "a@b", "a:b", "a:99999", "a:1:2", "::1", "[::1", "[a]", "%4",
            "\u{e4}",
        ] {
            assert!(!is_host(host.as_bytes()), "{host}");
        }
    }

    #[test]
    fn lengths_are_told_once_and_in_one_way() {
        let check = |headers: &[&str], expected| {
            let lines = [&["POST / HTTP/1.1", "Host: a"], headers].concat();
            assert_eq!(read(&lines), expected, "{headers:?}");
        };
        check(&["Content-Length: 5"], Ok(Lengths::Known(5)));
        check(&["content-length:\t007 "], Ok(Lengths::Known(7)));
        check(&["Transfer-Encoding: Chunked"], Ok(Lengths::Chunks));
        for wrong in ["", "+5", "-5", "5, 5", "0x5", "5.0", "5 5", "9223372036854775808"] {
            check(&[&format!("Content-Length: {wrong}")], Err(400));
        }
        for wrong in [
            "",
            "identity",
            "xchunked",
            "chunked, gzip",
            "chunked, chunked",
            "chunked;q=1",
            ", chunked",
        ] {
            check(&[&format!("Transfer-Encoding: {wrong}")], Err(400));
        }
        check(&["Transfer-Encoding: gzip, chunked"], Err(501));
        check(&["Content-Length: 5", "Content-Length: 5"], Err(400));
        check(&["Content-Length: 5", "Transfer-Encoding: chunked"], Err(400));
        check(&["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], Err(400));
        assert_eq!(read(&["POST / HTTP/1.0", "Transfer-Encoding: chunked"]), Err(400));
    }
}
