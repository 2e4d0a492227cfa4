//! The headers of a reply, as they stand on the wire.

use std::ops::Range;

/// The letters and digits of ASCII, and some further bytes.
pub struct Letters([bool; 256]);

impl Letters {
    /// With these.
    #[must_use]
    pub const fn and(mut more: &[u8]) -> Self {
        let mut known = [false; 256];
        let mut byte = 0_u8;
        while byte < 128 {
            #[expect(clippy::indexing_slicing, reason = "worked out by the compiler")]
            {
                known[byte as usize] = byte.is_ascii_alphanumeric();
            }
            byte += 1;
        }
        while let [byte, rest @ ..] = more {
            #[expect(clippy::indexing_slicing, reason = "worked out by the compiler")]
            {
                known[*byte as usize] = true;
            }
            more = rest;
        }
        Self(known)
    }

    /// Whether a byte is one of them.
    #[must_use]
    pub fn has(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte)).is_some_and(|is_known| *is_known)
    }
}

/// Whether a word is a token, as names of headers are (RFC 9110 §5.6.2).
#[must_use]
pub fn is_token(word: &[u8]) -> bool {
    static LETTERS: Letters = Letters::and(b"!#$%&'*+-.^_`|~");
    !word.is_empty() && word.iter().all(|byte| LETTERS.has(*byte))
}

/// Whether all bytes are letters, digits, signs of ASCII or blanks.
#[must_use]
pub fn is_plain(bytes: &[u8]) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    // Eight bytes at once: one that is none has, or gives, a highest bit.
    let is_plain = |word: &[u8; 8]| {
        let word = u64::from_ne_bytes(*word);
        let (below, above) = (word.wrapping_sub(ONES * 0x20), word.wrapping_add(ONES));
        (word | below | above) & (ONES * 0x80) == 0
    };
    match bytes.last_chunk() {
        Some(last) => is_plain(last) && bytes.as_chunks().0.iter().all(is_plain),
        None => bytes.iter().all(|byte| (b' '..=b'~').contains(byte)),
    }
}

/// Names and values in order, each of them checked: no control characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    /// `Name: value\r\n`, one behind the other.
    bytes: Vec<u8>,
    places: Vec<(Range<usize>, Range<usize>)>,
}

impl Headers {
    /// Adds a header at the end.
    pub fn push(&mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        if self.places.is_empty() {
            self.bytes.reserve(256);
        }
        let name_place = self.extend(name.as_ref(), b": ");
        let value_place = self.extend(value.as_ref(), b"\r\n");
        self.places.push((name_place, value_place));
    }

    fn extend(&mut self, word: &[u8], behind: &[u8]) -> Range<usize> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(word);
        let place = start..self.bytes.len();
        self.bytes.extend_from_slice(behind);
        place
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.places.iter().map(|(name, value)| (self.at(name), self.at(value)))
    }

    fn at(&self, place: &Range<usize>) -> &[u8] {
        self.bytes.get(place.clone()).unwrap_or_default()
    }

    /// The first value of a header, by its name in any case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let is = |known: &[u8]| known.eq_ignore_ascii_case(name.as_bytes());
        self.iter().find(|(known, _)| is(known)).map(|(_, value)| value)
    }

    /// Removes the headers for whose name `keep` says no.
    pub fn retain(&mut self, mut keep: impl FnMut(&[u8]) -> bool) {
        let Some(first) = self.iter().position(|(name, _)| !keep(name)) else { return };
        let old = std::mem::take(self);
        for (place, (name, value)) in old.iter().enumerate() {
            // Each is asked about once.
            if place < first || (place > first && keep(name)) {
                self.push(name, value);
            }
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The lines, each with its end.
    #[must_use]
    pub fn lines(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_have_the_bytes_of_the_rfc() {
        for byte in 0..=u8::MAX {
            let expected = byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            assert_eq!(is_token(&[b'a', byte]), expected, "{byte}");
        }
        assert!(!is_token(b""));
    }

    #[test]
    fn plain_bytes_can_be_seen() {
        for byte in 0..=u8::MAX {
            for place in [0, 7, 8, 9] {
                let mut bytes = *b"0123456789";
                bytes[place] = byte;
                assert_eq!(is_plain(&bytes), (b' '..=b'~').contains(&byte), "{bytes:?}");
            }
        }
        assert!(is_plain(b""));
    }

    #[test]
    fn headers_are_lines() {
        let mut headers = Headers::default();
        headers.push("A", "1");
        headers.push(b"Set-Cookie", "a");
        headers.push("set-cookie", b"b");
        assert_eq!(headers.lines(), b"A: 1\r\nSet-Cookie: a\r\nset-cookie: b\r\n");
        assert_eq!((headers.len(), headers.get("SET-COOKIE")), (3, Some(&b"a"[..])));
        headers.retain(|name| name != b"A");
        assert_eq!(headers.lines(), b"Set-Cookie: a\r\nset-cookie: b\r\n");
        assert_eq!(headers.get("a"), None);
        headers.retain(|_| false);
        assert!(headers.is_empty() && headers.lines().is_empty());
    }
}
