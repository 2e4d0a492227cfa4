//! `Range`: which parts of a file a client wants, and several of them as one body
//! (RFC 9110 §14).

use std::collections::VecDeque;
use std::fs::File;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::os::unix::fs::FileExt;

use bytes::Bytes;

use crate::app::{Piece, Pieces};
use crate::log::say;

/// A file is read in pieces of this size, in bytes.
const PIECE: u64 = 256 << 10;
/// Who asks for more parts than this gets the whole file (RFC 9110 §14.2).
const MOST_PARTS: usize = 32;

/// A part of a file: offsets in bytes, both inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) start: u64,
    pub(super) end: u64,
}

impl Part {
    pub(super) fn length(self) -> u64 {
        self.end - self.start + 1
    }
}

/// What a client wants of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    All,
    /// At least one.
    Parts(Vec<Part>),
    /// Nothing that the file has: 416.
    Nothing,
}

/// Reads the value of `Range` (RFC 9110 §14.1.2). What cannot be read counts as none, as does what
/// asks for more than the file is long.
pub(super) fn parse(range: &[u8], length: u64) -> Wanted {
    let text = std::str::from_utf8(range).unwrap_or_default();
    let Some((unit, list)) = text.split_once('=') else { return Wanted::All };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Wanted::All;
    }
    let mut parts = Vec::new();
    // Empty members of a list mean nothing (RFC 9110 §5.6.1).
    let said = || list.split(',').map(str::trim).filter(|part| !part.is_empty());
    if said().count() > MOST_PARTS || said().next().is_none() {
        return Wanted::All;
    }
    for part in said() {
        match parse_part(part, length) {
            Ok(part) => parts.extend(part),
            Err(NoRange) => return Wanted::All,
        }
    }
    let all = parts.iter().try_fold(0_u64, |all, part| all.checked_add(part.length()));
    match parts.len() {
        0 => Wanted::Nothing,
        1 => Wanted::Parts(parts),
        // Parts that overlap would send more than the file.
        _ if all.is_none_or(|all| all > length) => Wanted::All,
        _ => Wanted::Parts(parts),
    }
}

/// The text is no range.
struct NoRange;

/// `2-4`, `2-` or `-3`; `None` where the file has nothing of it.
fn parse_part(part: &str, length: u64) -> Result<Option<Part>, NoRange> {
    let number = |digits: &str| {
        let are_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        // A number that is too large is beyond every file.
        are_digits.then(|| digits.parse().unwrap_or(u64::MAX)).ok_or(NoRange)
    };
    let (start, end) = part.split_once('-').ok_or(NoRange)?;
    let last = length.checked_sub(1);
    if start.is_empty() {
        let count: u64 = number(end)?;
        let part = |last| Part { start: length.saturating_sub(count), end: last };
        return Ok(last.filter(|_| count > 0).map(part));
    }
    let start: u64 = number(start)?;
    let end = if end.is_empty() { u64::MAX } else { number(end)? };
    if end < start {
        return Err(NoRange);
    }
    Ok(last.filter(|last| start <= *last).map(|last| Part { start, end: end.min(last) }))
}

/// Several parts of a file as one body (`multipart/byteranges`, RFC 9110 §14.6).
pub(super) struct Multipart {
    file: File,
    /// What is in front of each part, and the part.
    parts: VecDeque<(Bytes, Part)>,
    end: Option<Bytes>,
}

impl Multipart {
    /// The body, its content type and its length in bytes. `kind` is the content type of the file
    /// and `size` its length.
    pub(super) fn new(
        file: File,
        parts: &[Part],
        kind: Option<&str>,
        size: u64,
    ) -> (Self, String, u64) {
        // Nobody can have put it into the file.
        let random = || RandomState::new().build_hasher().finish();
        let boundary = format!("{:016x}{:016x}", random(), random());
        let kind = kind.map(|kind| format!("Content-Type: {kind}\r\n")).unwrap_or_default();
        let head = |part: &Part| {
            let Part { start, end } = part;
            let range = format!("Content-Range: bytes {start}-{end}/{size}\r\n");
            Bytes::from(format!("\r\n--{boundary}\r\n{kind}{range}\r\n"))
        };
        let parts: VecDeque<_> = parts.iter().map(|part| (head(part), *part)).collect();
        let end = Bytes::from(format!("\r\n--{boundary}--\r\n"));
        let length = parts.iter().map(|(head, part)| head.len() as u64 + part.length());
        let length = length.sum::<u64>() + end.len() as u64;
        let kind = format!("multipart/byteranges; boundary={boundary}");
        (Self { file, parts, end: Some(end) }, kind, length)
    }
}

impl Pieces for Multipart {
    fn next(&mut self) -> Piece {
        let Some((head, part)) = self.parts.front_mut() else {
            return self.end.take().map_or(Piece::End, Piece::Bytes);
        };
        if !head.is_empty() {
            return Piece::Bytes(std::mem::take(head));
        }
        let size = part.length().min(PIECE);
        let mut piece = vec![0; usize::try_from(size).unwrap_or_default()];
        if let Err(error) = self.file.read_exact_at(&mut piece, part.start) {
            say!("cannot read the file of a reply: {error}");
            return Piece::Broken;
        }
        if size == part.length() {
            self.parts.pop_front();
        } else {
            part.start += size;
        }
        Piece::Bytes(piece.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn check(range: &str, length: u64, expected: &[(u64, u64)]) {
        let parts = expected.iter().map(|&(start, end)| Part { start, end }).collect();
        assert_eq!(parse(range.as_bytes(), length), Wanted::Parts(parts), "{range}");
    }

    #[test]
    fn ranges_are_read() {
        check("bytes=2-4", 10, &[(2, 4)]);
        check("Bytes = 2-4", 10, &[(2, 4)]);
        check("bytes=2-", 10, &[(2, 9)]);
        check("bytes=2-99", 10, &[(2, 9)]);
        check("bytes=2-99999999999999999999999", 10, &[(2, 9)]);
        check("bytes=-3", 10, &[(7, 9)]);
        check("bytes=-30", 10, &[(0, 9)]);
        check("bytes=0-0", 10, &[(0, 0)]);
        check("bytes=0-1, 3-4,,-1", 10, &[(0, 1), (3, 4), (9, 9)]);
        check("bytes=0-1,20-30", 10, &[(0, 1)]);
    }

    #[test]
    fn what_the_file_does_not_have_is_told_from_what_is_no_range() {
        fn check(range: &str, length: u64, expected: &Wanted) {
            assert_eq!(parse(range.as_bytes(), length), *expected, "{range}");
        }
        for range in ["bytes=10-", "bytes=-0", "bytes=10-20,30-", "bytes=99999999999999999999-"] {
            check(range, 10, &Wanted::Nothing);
        }
        check("bytes=-1", 0, &Wanted::Nothing);
        check("bytes=0-", 0, &Wanted::Nothing);
        for range in [
            "bytes=4-2",
            "bytes=x-y",
            "bytes=+1-2",
            "bytes=1-2,x",
            "bytes=",
            "bytes=,",
            "bytes=-",
            "bytes=1",
            "lines=1-2",
            "bytes",
            "",
        ] {
            check(range, 10, &Wanted::All);
        }
    }

    #[test]
    fn who_asks_for_more_than_the_file_gets_the_file() {
        let many = format!("bytes={}", vec!["0-0"; MOST_PARTS + 1].join(","));
        assert_eq!(parse(many.as_bytes(), 1000), Wanted::All);
        assert_eq!(parse(b"bytes=0-,0-,0-", 1000), Wanted::All);
        assert_eq!(parse(b"bytes=0-600,400-", 1000), Wanted::All);
    }

    #[test]
    fn several_parts_have_the_length_that_was_told() {
        let mut file = tempfile::tempfile().expect("a file");
        let size = 3 * PIECE + 5;
        let text: Vec<u8> = (0..size).map(|number| b'a' + (number % 23) as u8).collect();
        file.write_all(&text).expect("room");
        let parts = [Part { start: 1, end: 2 }, Part { start: 3, end: size - 1 }];
        let (mut body, kind, length) = Multipart::new(file, &parts, Some("text/x"), size);
        let mut all = Vec::new();
        loop {
            match body.next() {
                Piece::Bytes(piece) => all.extend_from_slice(&piece),
                Piece::End => break,
                Piece::Broken => panic!("broken"),
            }
        }
        assert_eq!(all.len() as u64, length);
        let boundary = kind.strip_prefix("multipart/byteranges; boundary=").expect("a boundary");
        let head = |part: Part| {
            let range = format!("bytes {}-{}/{size}", part.start, part.end);
            let head = "Content-Type: text/x\r\nContent-Range: ";
            format!("\r\n--{boundary}\r\n{head}{range}\r\n\r\n").into_bytes()
        };
        let end = format!("\r\n--{boundary}--\r\n").into_bytes();
        let expected = [&head(parts[0]), &text[1..3], &head(parts[1]), &text[3..], &end];
        assert!(all == expected.concat());
    }
}
