//! SCGI: the variables of a request as one netstring, then the body.
//!
//! The body follows as long as `CONTENT_LENGTH` says, as in the uwsgi protocol.

use bytes::{Buf, BytesMut};

use crate::app::Vars;

/// The length of a netstring has at most so many digits here.
const MOST_DIGITS: usize = 8;

/// Why a request is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScgiError {
    /// It does not begin with a length.
    #[error("this is no SCGI: it does not begin with a length")]
    Length,
    /// More bytes of variables than `buffer-size` allows.
    #[error("the variables of a request take {size} bytes (max {limit}, see buffer-size)")]
    TooLarge {
        /// Bytes that were announced.
        size: usize,
        /// Bytes that are allowed.
        limit: usize,
    },
    /// The variables are not names and values with a zero byte behind each.
    #[error("the variables of a request cannot be told apart")]
    Variables,
}

/// Takes the variables of a request from the front of `buffer`; `None` while they are not all there.
pub fn take(buffer: &mut BytesMut, limit: usize) -> Result<Option<Vars>, ScgiError> {
    let Some(digits) = buffer.iter().position(|byte| !byte.is_ascii_digit()) else {
        return if buffer.len() > MOST_DIGITS { Err(ScgiError::Length) } else { Ok(None) };
    };
    let size = buffer.get(..digits).and_then(|digits| std::str::from_utf8(digits).ok());
    let size = size.filter(|_| digits <= MOST_DIGITS && buffer.get(digits) == Some(&b':'));
    let size: usize = size.and_then(|size| size.parse().ok()).ok_or(ScgiError::Length)?;
    if size > limit {
        return Err(ScgiError::TooLarge { size, limit });
    }
    // The colon in front, the comma behind.
    let whole = digits + 1 + size + 1;
    if buffer.len() < whole {
        buffer.reserve(whole - buffer.len());
        return Ok(None);
    }
    buffer.advance(digits + 1);
    let words = buffer.split_to(size);
    let comma = buffer.split_to(1);
    match parse(&words) {
        Some(vars) if &comma[..] == b"," => Ok(Some(vars)),
        _ => Err(ScgiError::Variables),
    }
}

fn parse(words: &[u8]) -> Option<Vars> {
    let mut vars = Vars::default();
    if words.is_empty() {
        return Some(vars);
    }
    let mut words = words.strip_suffix(b"\0")?.split(|&byte| byte == 0);
    while let Some(name) = words.next() {
        vars.push(name, words.next()?).ok()?;
    }
    Some(vars)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REQUEST: &[u8] = b"35:CONTENT_LENGTH\x004\0SCGI\x001\0PATH_INFO\0\0,body";

    proptest! {
        #[test]
        fn any_split_gives_the_same_request(cut in 0_usize..43) {
            let (first, second) = REQUEST.split_at(cut);
            let mut buffer = BytesMut::from(first);
            let early = take(&mut buffer, 4096).expect("valid");
            buffer.extend_from_slice(second);
            let vars = match early {
                Some(vars) => vars,
                None => take(&mut buffer, 4096).expect("valid").expect("whole"),
            };
            prop_assert_eq!(vars.get(b"CONTENT_LENGTH"), Some(&b"4"[..]));
            prop_assert_eq!(vars.get(b"PATH_INFO"), Some(&b""[..]));
            prop_assert_eq!(&buffer[..], b"body");
        }

        #[test]
        fn any_split_tells_the_same(
            cuts in proptest::array::uniform2(0_usize..46),
            place in 0_usize..43,
            byte: u8,
        ) {
            let mut request = REQUEST.to_vec();
            request[place] = byte;
            let tell = |pieces: &[&[u8]]| {
                let mut buffer = BytesMut::new();
                for piece in pieces {
                    buffer.extend_from_slice(piece);
                    match take(&mut buffer, 100) {
                        Ok(None) => {}
                        taken => return format!("{taken:?}"),
                    }
                }
                String::new()
            };
            let [one, two] = cuts.map(|cut| cut.min(request.len()));
            let (one, two) = (one.min(two), one.max(two));
            let split = tell(&[&request[..one], &request[one..two], &request[two..]]);
            prop_assert_eq!(split, tell(&[&request]));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = take(&mut BytesMut::from(&bytes[..]), 4096);
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        fn check(bytes: &[u8], expected: &ScgiError) {
            let refused = take(&mut BytesMut::from(bytes), 100).expect_err("refused");
            assert_eq!(&refused, expected, "{}", bytes.escape_ascii());
        }
        check(b"GET / HTTP/1.1", &ScgiError::Length);
        check(b":", &ScgiError::Length);
        check(b"999999999999", &ScgiError::Length);
        check(b"101:", &ScgiError::TooLarge { size: 101, limit: 100 });
        check(b"4:A\0B\0;", &ScgiError::Variables);
        check(b"3:A\0B,", &ScgiError::Variables);
        check(b"2:A\0,", &ScgiError::Variables);
    }
}
