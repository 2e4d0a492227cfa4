//! The variables of a request, as they stand in a uwsgi packet.
//!
//! One buffer and the places of names and values in it. Reading packets is for
//! [`protocol::uwsgi`](crate::protocol::uwsgi).

use std::borrow::Cow;
use std::cell::RefCell;

/// So many spare buffers a thread keeps at the most, of so many bytes.
const MOST_SPARE: usize = 16;
const LARGEST_SPARE: usize = 4096;

thread_local! {
    /// Buffers of variables that are no more, for those to come.
    static SPARE: RefCell<Vec<Vars>> = const { RefCell::new(Vec::new()) };
}

/// Names and values in order; a name may stand more than once, the last one counts.
#[derive(Clone, Debug, Default)]
pub struct Vars {
    /// The packet's body: two bytes length, name, two bytes length, value, and so on.
    packet: Vec<u8>,
    places: Vec<Place>,
}

/// Where a variable stands in the packet.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// What tells most names apart.
    key: u32,
    /// The first byte of the name; the value stands behind it and its own length.
    start: u32,
    name: u16,
    value: u16,
}

/// The bytes of a length.
const PREFIX: usize = 2;

/// The length of a name, and how it ends.
fn key(name: &[u8]) -> u32 {
    let [first, second, third] = name.last_chunk().copied().unwrap_or_default();
    #[expect(clippy::cast_possible_truncation, reason = "tells most lengths apart")]
    let length = name.len() as u8;
    u32::from_ne_bytes([first, second, third, length])
}

/// A name or value was longer than 65535 bytes, or there are more of them than fit a packet.
#[derive(Debug, PartialEq, Eq)]
pub struct TooLong;

/// The packet ends within a variable.
#[derive(Debug, PartialEq, Eq)]
pub struct Truncated;

impl Vars {
    /// None yet, with room for those of a usual request.
    #[must_use]
    pub fn with_room() -> Self {
        let spare = SPARE.with_borrow_mut(Vec::pop);
        spare.unwrap_or_else(|| Self {
            packet: Vec::with_capacity(1024),
            places: Vec::with_capacity(32),
        })
    }

    /// Leaves the buffers to [`Self::with_room`].
    pub fn recycle(mut self) {
        if self.packet.capacity() <= LARGEST_SPARE && self.places.capacity() > 0 {
            self.packet.clear();
            self.places.clear();
            SPARE.with_borrow_mut(|spare| {
                if spare.len() < MOST_SPARE {
                    spare.push(self);
                }
            });
        }
    }

    /// Takes a packet's body apart.
    pub fn parse(packet: &[u8]) -> Result<Self, Truncated> {
        let Self { packet: mut bytes, mut places } = Self::with_room();
        bytes.extend_from_slice(packet);
        let mut rest = packet;
        while !rest.is_empty() {
            let start = packet.len() - rest.len() + PREFIX;
            let name = take_word(&mut rest)?;
            let value = take_word(&mut rest)?;
            let length = |word: &[u8]| u16::try_from(word.len()).map_err(|_| Truncated);
            places.push(Place {
                key: key(name),
                start: u32::try_from(start).map_err(|_| Truncated)?,
                name: length(name)?,
                value: length(value)?,
            });
        }
        Ok(Self { packet: bytes, places })
    }

    /// Adds a variable at the end.
    pub fn push(&mut self, name: &[u8], value: &[u8]) -> Result<(), TooLong> {
        self.add(name.len(), |packet| packet.extend_from_slice(name), value)
    }

    /// Adds a header of a request: `X-Forwarded-For` is `HTTP_X_FORWARDED_FOR`.
    pub fn push_header(&mut self, name: &[u8], value: &[u8]) -> Result<(), TooLong> {
        const BEFORE: &[u8] = b"HTTP_";
        let letter = |&byte: &u8| if byte == b'-' { b'_' } else { byte.to_ascii_uppercase() };
        let add_name = |packet: &mut Vec<u8>| {
            packet.extend_from_slice(BEFORE);
            packet.extend(name.iter().map(letter));
        };
        self.add(BEFORE.len() + name.len(), add_name, value)
    }

    fn add(
        &mut self,
        name: usize,
        add_name: impl FnOnce(&mut Vec<u8>),
        value: &[u8],
    ) -> Result<(), TooLong> {
        let length = |length: usize| u16::try_from(length).map_err(|_| TooLong);
        let lengths = (length(name)?, length(value.len())?);
        let start = self.packet.len() + PREFIX;
        let place = u32::try_from(start).map_err(|_| TooLong)?;
        self.packet.reserve(name + value.len() + 2 * PREFIX);
        self.packet.extend_from_slice(&lengths.0.to_le_bytes());
        add_name(&mut self.packet);
        let key = key(self.packet.get(start..).unwrap_or_default());
        self.packet.extend_from_slice(&lengths.1.to_le_bytes());
        self.packet.extend_from_slice(value);
        self.places.push(Place { key, start: place, name: lengths.0, value: lengths.1 });
        Ok(())
    }

    /// All names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.places.iter().map(|place| (place.name(&self.packet), place.value(&self.packet)))
    }

    /// The value of the last variable of this name.
    #[must_use]
    pub fn get<const LENGTH: usize>(&self, name: &[u8; LENGTH]) -> Option<&[u8]> {
        self.find(key(name), |known| known == name)
    }

    /// The same for a name that is not written in the code.
    #[must_use]
    pub fn named(&self, name: &[u8]) -> Option<&[u8]> {
        self.find(key(name), |known| known == name)
    }

    fn find(&self, key: u32, is: impl Fn(&[u8]) -> bool) -> Option<&[u8]> {
        let mut places = self.places.iter().rev();
        let place = places.find(|place| place.key == key && is(place.name(&self.packet)))?;
        Some(place.value(&self.packet))
    }

    /// The value as text, empty where there is none; bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn text<const LENGTH: usize>(&self, name: &[u8; LENGTH]) -> Cow<'_, str> {
        String::from_utf8_lossy(self.get(name).unwrap_or_default())
    }

    /// Removes the variables for which `keep` says no.
    pub fn retain(&mut self, mut keep: impl FnMut(&[u8]) -> bool) {
        let Self { packet, places } = self;
        places.retain(|place| keep(place.name(packet)));
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

impl Place {
    fn name(self, packet: &[u8]) -> &[u8] {
        let start = self.start as usize;
        packet.get(start..start + usize::from(self.name)).unwrap_or_default()
    }

    fn value(self, packet: &[u8]) -> &[u8] {
        let start = self.start as usize + usize::from(self.name) + PREFIX;
        packet.get(start..start + usize::from(self.value)).unwrap_or_default()
    }
}

/// Takes a word, and its length before it, from the front of a packet.
fn take_word<'p>(packet: &mut &'p [u8]) -> Result<&'p [u8], Truncated> {
    let (length, rest) = packet.split_first_chunk().ok_or(Truncated)?;
    let length = usize::from(u16::from_le_bytes(*length));
    let (word, rest) = rest.split_at_checked(length).ok_or(Truncated)?;
    *packet = rest;
    Ok(word)
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
        vars.push_header(b"x-A", b"3").expect("short");
        vars.push_header(b"TE", b"4").expect("short");
        assert_eq!(vars.get(b"HTTP_X_A"), Some(&b"3"[..]));
        assert_eq!(vars.named(b"HTTP_TE"), Some(&b"4"[..]));
    }

    #[test]
    fn nothing_is_left_of_variables_that_were_recycled() {
        let mut vars = Vars::with_room();
        vars.push(b"A", b"1").expect("short");
        let room = vars.packet.as_ptr();
        vars.recycle();
        let again = Vars::with_room();
        assert_eq!((again.len(), again.packet_size(), again.get(b"A")), (0, 0, None));
        assert_eq!(again.packet.as_ptr(), room);
    }

    #[test]
    fn large_buffers_are_not_kept() {
        let mut vars = Vars::with_room();
        vars.push(b"A", &vec![b'x'; 2 * LARGEST_SPARE]).expect("short enough");
        vars.recycle();
        for vars in (0..2 * MOST_SPARE).map(|_| Vars::with_room()).collect::<Vec<_>>() {
            vars.recycle();
        }
        SPARE.with_borrow(|spare| {
            assert_eq!(spare.len(), MOST_SPARE);
            assert!(spare.iter().all(|vars| vars.packet.capacity() <= LARGEST_SPARE));
        });
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
