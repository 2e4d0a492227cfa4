//! The head of a reply that another server gave, as one that carries it on needs it.

use bytes::{Buf, BytesMut};

use super::head::split_header;
use super::{Lines, Wrong};

/// The head of a reply, read to its end.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Status line and headers, each with its end, without those between neighbours
    /// (RFC 9110 §7.6.1) but `Transfer-Encoding`.
    pub lines: Vec<u8>,
    /// The bytes of the body, where the head tells how many.
    pub length: Option<u64>,
    /// Whether the body comes in codings of its own, which are carried as they are.
    pub is_coded: bool,
}

/// What was read is no head of a reply, or a longer one than is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("another server gave no reply of HTTP")]
pub struct NoAnswer;

/// Headers that are between two neighbours only.
const BETWEEN: &[&[u8]] = &[b"connection", b"keep-alive", b"proxy-connection", b"upgrade"];

/// Takes the head of a reply from the front of a buffer; `None` while it is not complete.
pub fn take(buffer: &mut BytesMut, limit: usize) -> Result<Option<Answer>, NoAnswer> {
    let mut lines = Lines::default();
    let mut next = || match lines.next(buffer, limit) {
        Ok(line) => Ok(line.map(|line| (line.clone(), lines.end()))),
        Err(Wrong::Byte | Wrong::Length) => Err(NoAnswer),
    };
    let at = |line: std::ops::Range<usize>| buffer.get(line).unwrap_or_default();
    let Some((first, _)) = next()? else { return Ok(None) };
    let mut answer = Answer {
        status: status(at(first.clone())).ok_or(NoAnswer)?,
        lines: [at(first), b"\r\n"].concat(),
        length: None,
        is_coded: false,
    };
    loop {
        let Some((line, end)) = next()? else { return Ok(None) };
        let line = at(line);
        if line.is_empty() {
            buffer.advance(end);
            return Ok(Some(answer));
        }
        let (name, value) = split_header(line).ok_or(NoAnswer)?;
        let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
        if is(b"content-length") {
            let length = std::str::from_utf8(value).ok().and_then(|length| length.parse().ok());
            let length: u64 = length.ok_or(NoAnswer)?;
            match answer.length.replace(length) {
                None => {}
                Some(same) if same == length => continue,
                // Two that differ mean two different ends.
                Some(_) => return Err(NoAnswer),
            }
        }
        answer.is_coded |= is(b"transfer-encoding");
        if !BETWEEN.iter().any(|between| is(between)) {
            answer.lines.extend_from_slice(line);
            answer.lines.extend_from_slice(b"\r\n");
        }
    }
}

/// The code of a status line (RFC 9112 §4).
fn status(line: &[u8]) -> Option<u16> {
    let rest = line.strip_prefix(b"HTTP/1.0 ").or_else(|| line.strip_prefix(b"HTTP/1.1 "))?;
    let digits = rest.get(..3).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
    let is_whole = matches!(rest.get(3), None | Some(b' '));
    std::str::from_utf8(digits).ok()?.parse().ok().filter(|code| is_whole && *code >= 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REPLY: &str =
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\nA:  b\r\n\r\nhi";

    #[test]
    fn a_head_is_read_when_it_is_complete() {
        let end = REPLY.len() - "hi".len();
        for cut in 0..end {
            let mut buffer = BytesMut::from(&REPLY.as_bytes()[..cut]);
            assert_eq!(take(&mut buffer, 1000), Ok(None), "{cut}");
        }
        let mut buffer = BytesMut::from(REPLY.as_bytes());
        let answer = take(&mut buffer, 1000).expect("a reply").expect("complete");
        assert_eq!((answer.status, answer.length, answer.is_coded), (200, Some(2), false));
        assert_eq!(answer.lines, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nA:  b\r\n");
        assert_eq!(&buffer[..], b"hi");
    }

    #[test]
    fn what_is_no_reply_is_refused() {
        for wrong in [
            "HTTP/2 200 OK\r\n",
            "HTTP/1.1 20 OK\r\n",
            "HTTP/1.1 2000\r\n",
            "HTTP/1.1 200 OK\r\nno header\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: x\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
            "HTTP/1.1 200 OK\n",
            "nothing of the kind\r\n",
        ] {
            assert_eq!(take(&mut BytesMut::from(wrong), 1000), Err(NoAnswer), "{wrong:?}");
        }
        assert_eq!(take(&mut BytesMut::from(REPLY), 20), Err(NoAnswer));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = take(&mut BytesMut::from(&bytes[..]), 100);
            let reply = [b"HTTP/1.1 200 OK\r\n", &bytes[..]].concat();
            let _ = take(&mut BytesMut::from(&reply[..]), 100);
        }
    }
}
