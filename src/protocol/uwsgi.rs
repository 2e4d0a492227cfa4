//! The uwsgi protocol: a header of four bytes, then variables.
//!
//! The body of a request follows the packet, as long as its `CONTENT_LENGTH`.

use bytes::{Buf, BytesMut};

use crate::app::Vars;

/// Bytes of a packet before its variables.
pub const HEADER: usize = 4;

/// What stands before the variables: modifier1, size (little endian), modifier2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What is asked for: 0 is a WSGI request.
    pub modifier1: u8,
    /// Bytes of variables that follow.
    pub size: usize,
    /// Detail of modifier1.
    pub modifier2: u8,
}

/// Why a packet is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    /// More bytes of variables than `buffer-size` allows.
    #[error("invalid request block size: {size} (max {limit}, see buffer-size)")]
    TooLarge {
        /// Bytes that were announced.
        size: usize,
        /// Bytes that are allowed.
        limit: usize,
    },
    /// A client that speaks HTTP.
    #[error(
        "invalid request block size: {0}: this is HTTP, and the socket speaks the uwsgi protocol; \
         HTTP is spoken on an http-socket"
    )]
    Http(usize),
    /// Not a WSGI request.
    #[error("unavailable modifier requested: {0}: only WSGI requests (modifier1 0) are served")]
    Modifier(u8),
    /// A request without variables.
    #[error("empty python request")]
    Empty,
    /// The lengths of the variables do not fit the packet.
    #[error("the lengths of the variables do not fit the packet")]
    Truncated,
}

/// How requests of HTTP begin.
const METHODS: [&[u8]; 7] = [b"GET ", b"HEAD", b"POST", b"PUT ", b"PATC", b"DELE", b"OPTI"];

/// modifier1 of a client that asks whether anybody is here.
const PING: u8 = 100;

/// The answer to a [`Packet::Ping`], as uWSGI 2.0.31 gives it.
pub const PONG: [u8; HEADER] = [PING, 0, 0, 1];

/// What a client asks for.
#[derive(Debug)]
pub enum Packet {
    /// An answer to a request.
    Request(Vars),
    /// Any answer.
    Ping,
}

/// Takes one packet from the front of `buffer`; `None` while it is not all there.
pub fn take(buffer: &mut BytesMut, limit: usize) -> Result<Option<Packet>, PacketError> {
    let Some(header) = read_header(buffer) else { return Ok(None) };
    if METHODS.iter().any(|method| buffer.starts_with(method)) {
        return Err(PacketError::Http(header.size));
    }
    if header.size > limit {
        return Err(PacketError::TooLarge { size: header.size, limit });
    }
    // 30 asked for something long ago, and is a WSGI request like any other since.
    if !matches!(header.modifier1, 0 | 30 | PING) {
        return Err(PacketError::Modifier(header.modifier1));
    }
    if buffer.len() < HEADER + header.size {
        buffer.reserve(HEADER + header.size - buffer.len());
        return Ok(None);
    }
    buffer.advance(HEADER);
    let packet = match buffer.get(..header.size).unwrap_or_default() {
        _ if header.modifier1 == PING => Ok(Packet::Ping),
        [] => Err(PacketError::Empty),
        vars => Vars::parse(vars).map(Packet::Request).map_err(|_| PacketError::Truncated),
    };
    buffer.advance(header.size);
    packet.map(Some)
}

fn read_header(buffer: &[u8]) -> Option<Header> {
    match *buffer {
        [modifier1, low, high, modifier2, ..] => Some(Header {
            modifier1,
            size: usize::from(u16::from_le_bytes([low, high])),
            modifier2,
        }),
        _ => None,
    }
}

/// The packet of a WSGI request; `None` where the variables do not fit one.
#[must_use]
pub fn encode(vars: Vars) -> Option<Vec<u8>> {
    let body = vars.into_packet();
    let size = u16::try_from(body.len()).ok()?;
    let [low, high] = size.to_le_bytes();
    let mut packet = Vec::with_capacity(HEADER + body.len());
    packet.extend_from_slice(&[0, low, high, 0]);
    packet.extend_from_slice(&body);
    Some(packet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packet() -> Vec<u8> {
        let mut vars = Vars::default();
        vars.push(b"REQUEST_METHOD", b"GET").expect("short");
        vars.push(b"PATH_INFO", b"/").expect("short");
        encode(vars).expect("small")
    }

    /// What the pieces say, and what is left of them.
    fn read(pieces: &[&[u8]]) -> (Result<Option<String>, PacketError>, Vec<u8>) {
        let mut buffer = BytesMut::new();
        let mut taken = Ok(None);
        for piece in pieces {
            buffer.extend_from_slice(piece);
            if matches!(taken, Ok(None)) {
                taken = take(&mut buffer, 4096).map(|packet| packet.map(|p| format!("{p:?}")));
            }
        }
        (taken, buffer.to_vec())
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_request(
            first in proptest::sample::select(&[0_u8, 5, 30, 100][..]),
            size in 0_usize..42,
            cuts in proptest::array::uniform2(0_usize..46),
        ) {
            let mut packet = [packet(), b"body".to_vec()].concat();
            packet[0] = first;
            if size < 8 {
                packet[1] = u8::try_from(size).expect("small");
            }
            let [one, two] = cuts.map(|cut| cut.min(packet.len()));
            let (one, two) = (one.min(two), one.max(two));
            let (whole, left) = read(&[&packet]);
            let (split, still) = read(&[&packet[..one], &packet[one..two], &packet[two..]]);
            prop_assert_eq!(&whole, &split);
            if whole.is_ok() {
                prop_assert_eq!(left, still);
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = read(&[&bytes]);
            let _ = read(&[&[0, 10, 0, 0], &bytes]);
        }
    }

    #[test]
    fn requests_and_pings_are_told_apart() {
        let (taken, left) = read(&[&packet(), b"body"]);
        let taken = taken.expect("valid").expect("whole");
        assert!(taken.starts_with("Request("), "{taken}");
        assert_eq!(left, b"body");
        assert_eq!(read(&[&[100, 0, 0, 0]]).0, Ok(Some("Ping".to_owned())));
    }

    #[test]
    fn what_is_no_request_is_refused() {
        fn check(bytes: &[u8], expected: &str) {
            let refused = take(&mut BytesMut::from(bytes), 4096).expect_err("refused");
            assert_eq!(refused.to_string(), expected);
        }
        check(
            b"GET / HTTP/1.1\r\n",
            "invalid request block size: 21573: this is HTTP, and the socket speaks the uwsgi \
             protocol; HTTP is spoken on an http-socket",
        );
        check(&[0, 1, 17, 0], "invalid request block size: 4353 (max 4096, see buffer-size)");
        check(
            &[5, 0, 0, 0],
            "unavailable modifier requested: 5: only WSGI requests (modifier1 0) are served",
        );
        check(&[0, 0, 0, 0], "empty python request");
        check(&[0, 3, 0, 0, 9, 0, 0], "the lengths of the variables do not fit the packet");
    }
}
