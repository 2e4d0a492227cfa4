//! The variables of a request, as they stand in a uwsgi packet.
//!
//! One buffer and the places of names and values in it. Reading packets is for
//! [`protocol::uwsgi`](crate::protocol::uwsgi).

use std::ops::Range;

/// Names and values in order; a name may stand more than once, the last one counts.
#[derive(Clone, Debug, Default)]
pub struct Vars {
    /// The packet's body: two bytes length, name, two bytes length, value, and so on.
    packet: Vec<u8>,
    places: Vec<(Range<usize>, Range<usize>)>,
}

/// A name or value was longer than 65535 bytes, or there are more of them than fit a packet.
#[derive(Debug, PartialEq, Eq)]
pub struct TooLong;

/// The packet ends within a variable.
#[derive(Debug, PartialEq, Eq)]
pub struct Truncated;

impl Vars {
    /// None yet, with room for so many bytes.
    #[must_use]
    pub fn with_room(bytes: usize) -> Self {
        Self { packet: Vec::with_capacity(bytes), places: Vec::with_capacity(32) }
    }

    /// Takes a packet's body apart.
    pub fn parse(packet: &[u8]) -> Result<Self, Truncated> {
        let mut places = Vec::with_capacity(32);
        let mut at = 0;
        while at < packet.len() {
            let name = word_at(packet, at).ok_or(Truncated)?;
            let value = word_at(packet, name.end).ok_or(Truncated)?;
            at = value.end;
            places.push((name, value));
        }
        Ok(Self { packet: packet.to_vec(), places })
    }

    /// Adds a variable at the end.
    pub fn push(&mut self, name: &[u8], value: &[u8]) -> Result<(), TooLong> {
        let length = |word: &[u8]| u16::try_from(word.len()).map_err(|_| TooLong);
        let lengths = (length(name)?, length(value)?);
        self.packet.reserve(name.len() + value.len() + 4);
        self.packet.extend_from_slice(&lengths.0.to_le_bytes());
        self.packet.extend_from_slice(name);
        let end = self.packet.len();
        self.packet.extend_from_slice(&lengths.1.to_le_bytes());
        let start = self.packet.len();
        self.packet.extend_from_slice(value);
        self.places.push((end - name.len()..end, start..self.packet.len()));
        Ok(())
    }

    /// All names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.places.iter().map(|(name, value)| (self.at(name), self.at(value)))
    }

    fn at(&self, place: &Range<usize>) -> &[u8] {
        self.packet.get(place.clone()).unwrap_or_default()
    }

    /// The value of the last variable of this name.
    #[must_use]
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        let mut places = self.places.iter().rev();
        places.find(|(known, _)| self.at(known) == name).map(|(_, value)| self.at(value))
    }

    /// The value as text, empty where there is none; bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn text(&self, name: &[u8]) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.get(name).unwrap_or_default())
    }

    /// Removes the variables for which `keep` says no.
    pub fn retain(&mut self, mut keep: impl FnMut(&[u8]) -> bool) {
        let Self { packet, places } = self;
        places.retain(|(name, _)| keep(packet.get(name.clone()).unwrap_or_default()));
    }

    /// How many variables there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The size of the packet's body in bytes.
    #[must_use]
    pub fn packet_size(&self) -> usize {
        self.packet.len()
    }

    /// The packet's body.
    #[must_use]
    pub fn into_packet(self) -> Vec<u8> {
        self.packet
    }
}

/// The place of a word whose length stands at `at`.
fn word_at(packet: &[u8], at: usize) -> Option<Range<usize>> {
    let length = packet.get(at..at.checked_add(2)?)?;
    let length = usize::from(u16::from_le_bytes(length.try_into().ok()?));
    let start = at + 2;
    let end = start + length;
    (end <= packet.len()).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_last_variable_of_a_name_counts() {
        let mut vars = Vars::default();
        vars.push(b"A", b"1").expect("short");
        vars.push(b"B", b"").expect("short");
        vars.push(b"A", b"2").expect("short");
        assert_eq!(vars.get(b"A"), Some(&b"2"[..]));
        assert_eq!(vars.get(b"B"), Some(&b""[..]));
        assert_eq!(vars.get(b"C"), None);
        assert_eq!(vars.packet_size(), 17);
    }

    #[test]
    fn a_long_value_is_refused() {
        assert_eq!(Vars::default().push(b"A", &vec![b'x'; 65536]), Err(TooLong));
    }

    proptest! {
        #[test]
        fn what_was_pushed_is_parsed(pairs: Vec<(Vec<u8>, Vec<u8>)>) {
            let mut vars = Vars::default();
            for (name, value) in &pairs {
                vars.push(name, value).expect("short");
            }
            let parsed = Vars::parse(&vars.into_packet()).expect("whole");
            let read: Vec<_> = parsed.iter().map(|(n, v)| (n.to_vec(), v.to_vec())).collect();
            prop_assert_eq!(read, pairs);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = Vars::parse(&bytes);
        }
    }
}
