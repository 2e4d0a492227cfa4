//! Follows the bytes of an HTTP/1.1 connection and finds requests whose end two readers could
//! understand differently (RFC 9112 §6.3, §11.2).
//!
//! hyper resolves such requests by the letter; here they are refused. Only what concerns lengths is
//! looked at: everything else that is wrong is hyper's to refuse.

/// A head that grows beyond this is hyper's to refuse, in bytes.
const LARGEST_HEAD: usize = 16 << 20;

/// Where in the stream of bytes a connection stands.
#[derive(Debug)]
pub struct Guard {
    state: State,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    /// Within a head; what was read of it.
    Head(Vec<u8>),
    /// Within a body of which so much is left.
    Body(u64),
    /// Within a body in chunks.
    Chunks(Chunks),
    /// The bytes cannot be followed any more: hyper is about to refuse them.
    Lost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chunks {
    /// The digits of a length, so far.
    Size(u64),
    /// The rest of the line of a chunk of this length.
    Extension(u64),
    /// So much of a chunk is left, with the line end behind it.
    Data(u64),
    /// Behind the last chunk, on a line of so many letters.
    Trailer(usize),
}

/// From this byte on, the request must not be read.
#[derive(Debug, PartialEq, Eq)]
pub struct Ambiguous {
    /// The place in the bytes that were given last.
    pub at: usize,
}

impl Default for Guard {
    fn default() -> Self {
        Self { state: State::Head(Vec::new()) }
    }
}

impl Guard {
    /// Follows the next bytes of the connection.
    pub fn follow(&mut self, bytes: &[u8]) -> Result<(), Ambiguous> {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            at += match &mut self.state {
                State::Lost => return Ok(()),
                State::Head(head) => {
                    let before = head.len();
                    head.extend_from_slice(rest);
                    let end = head_end(head, before);
                    if has_bare_line_feed(head, before, end.unwrap_or(head.len())) {
                        return Err(Ambiguous { at });
                    }
                    let Some(end) = end else {
                        if head.len() > LARGEST_HEAD {
                            self.state = State::Lost;
                        }
                        return Ok(());
                    };
                    head.truncate(end);
                    let body = body_of(head).map_err(|()| Ambiguous { at })?;
                    self.state = body;
                    end - before
                }
                State::Body(left) => {
                    let taken = rest.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                    *left -= taken as u64;
                    if *left == 0 {
                        self.state = State::Head(Vec::new());
                    }
                    taken
                }
                State::Chunks(chunks) => {
                    let (taken, next) = follow_chunks(*chunks, rest);
                    self.state = next;
                    taken
                }
            };
        }
        Ok(())
    }
}

/// The end of a head, with its empty line; `known` bytes were looked at before.
fn head_end(head: &[u8], known: usize) -> Option<usize> {
    let start = known.saturating_sub(3);
    let found = head.get(start..)?.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(start + found + 4)
}

/// Whether a line between two places of a head ends without a carriage return: some readers take
/// that for an end, some do not (RFC 9112 §2.2 leaves it open).
fn has_bare_line_feed(head: &[u8], from: usize, to: usize) -> bool {
    let mut last = from.checked_sub(1).and_then(|before| head.get(before)).copied();
    head.get(from..to).unwrap_or_default().iter().any(|&byte| {
        let before = last.replace(byte);
        byte == b'\n' && before != Some(b'\r')
    })
}

/// What follows a head; an error where its length is ambiguous.
fn body_of(head: &[u8]) -> Result<State, ()> {
    let mut length = None;
    let mut chunked = None;
    for line in head.split(|&byte| byte == b'\n').skip(1) {
        let mut parts = line.splitn(2, |&byte| byte == b':');
        let (name, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let value = value.trim_ascii();
        if name.eq_ignore_ascii_case(b"content-length") && length.replace(value).is_some() {
            return Err(());
        }
        if name.eq_ignore_ascii_case(b"transfer-encoding") && chunked.replace(value).is_some() {
            return Err(());
        }
    }
    Ok(match (length, chunked) {
        (Some(_), Some(_)) => return Err(()),
        (None, Some(coding)) if coding.eq_ignore_ascii_case(b"chunked") => {
            State::Chunks(Chunks::Size(0))
        }
        // Another coding: hyper refuses it.
        (None, Some(_)) => State::Lost,
        (Some(length), None) => {
            let digits = std::str::from_utf8(length).ok();
            match digits.and_then(|digits| digits.parse().ok()) {
                Some(0) => State::Head(Vec::new()),
                Some(length) => State::Body(length),
                // No number: hyper refuses it.
                None => State::Lost,
            }
        }
        (None, None) => State::Head(Vec::new()),
    })
}

/// One step through a body in chunks: how many bytes it took, and what follows.
fn follow_chunks(chunks: Chunks, bytes: &[u8]) -> (usize, State) {
    let first = bytes.first().copied().unwrap_or_default();
    let next = match (chunks, first) {
        (Chunks::Size(size), b'\r' | b';' | b' ' | b'\t') => Chunks::Extension(size),
        (Chunks::Size(size), digit) => {
            let value = char::from(digit).to_digit(16).map(u64::from);
            match value.and_then(|value| size.checked_mul(16)?.checked_add(value)) {
                Some(size) => Chunks::Size(size),
                // No length: hyper refuses it.
                None => return (1, State::Lost),
            }
        }
        (Chunks::Extension(0), b'\n') => Chunks::Trailer(0),
        // The line end behind the data belongs to the chunk.
        (Chunks::Extension(size), b'\n') => Chunks::Data(size.saturating_add(2)),
        (Chunks::Extension(size), _) => Chunks::Extension(size),
        (Chunks::Data(left), _) => {
            let taken = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let left = left - taken as u64;
            let next = if left == 0 { Chunks::Size(0) } else { Chunks::Data(left) };
            return (taken, State::Chunks(next));
        }
        (Chunks::Trailer(0), b'\n') => return (1, State::Head(Vec::new())),
        (Chunks::Trailer(_), b'\n') => Chunks::Trailer(0),
        (Chunks::Trailer(letters), b'\r') => Chunks::Trailer(letters),
        (Chunks::Trailer(letters), _) => Chunks::Trailer(letters + 1),
    };
    (1, State::Chunks(next))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const POST: &str = "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello";
    const CHUNKED: &str = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\
                           5;x=y\r\nhello\r\nA\r\n0123456789\r\n0\r\nX-Trailer: z\r\n\r\n";
    const BOTH: &str = "POST / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n";
    const BARE: &str = "GET / HTTP/1.1\nHost: a\n\n";
    const TWICE: &str = "POST / HTTP/1.1\r\nContent-Length: 4\r\ncontent-length: 4\r\n\r\n";

    /// Follows the bytes in two pieces; the place of the refusal in all of them.
    fn follow(text: &str, cut: usize) -> Option<usize> {
        let mut guard = Guard::default();
        let (first, second) = text.as_bytes().split_at(cut.min(text.len()));
        if let Err(refused) = guard.follow(first) {
            return Some(refused.at);
        }
        guard.follow(second).err().map(|refused| first.len() + refused.at)
    }

    #[test]
    fn ambiguous_heads_are_found_behind_any_request() {
        for before in ["", GET, POST, CHUNKED] {
            assert_eq!(follow(&format!("{before}{GET}{POST}{CHUNKED}{GET}"), 0), None, "{before}");
            for bad in [BOTH, TWICE, BARE] {
                assert_eq!(follow(&format!("{before}{bad}"), 0), Some(before.len()), "{before}");
            }
        }
    }

    #[test]
    fn bodies_are_not_taken_for_heads() {
        let body = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{BOTH}", BOTH.len());
        assert_eq!(follow(&body, 0), None);
        let chunk = format!("{:x}\r\n{BOTH}\r\n0\r\n\r\n", BOTH.len());
        let body = format!("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}");
        assert_eq!(follow(&body, 0), None);
    }

    proptest! {
        #[test]
        fn any_split_finds_the_same(cut in 0_usize..400) {
            let text = format!("{GET}{CHUNKED}{POST}{BOTH}");
            // A head that began before the cut is refused at the cut.
            let start = text.len() - BOTH.len();
            let refused = follow(&text, cut).expect("ambiguous");
            prop_assert!(refused == start || refused == cut, "{refused} {start} {cut}");
            prop_assert_eq!(follow(&format!("{GET}{CHUNKED}{POST}{GET}"), cut), None);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = Guard::default().follow(&bytes);
        }
    }
}
