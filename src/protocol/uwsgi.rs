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
    #[error("modifier1 {0} is not served")]
    Modifier(u8),
    /// The lengths of the variables do not fit the packet.
    #[error("the lengths of the variables do not fit the packet")]
    Truncated,
}

/// How requests of HTTP begin.
const METHODS: [&[u8]; 7] = [b"GET ", b"HEAD", b"POST", b"PUT ", b"PATC", b"DELE", b"OPTI"];

/// Takes one packet from the front of `buffer`; `None` while it is not all there.
pub fn take(buffer: &mut BytesMut, limit: usize) -> Result<Option<Vars>, PacketError> {
    let Some(header) = read_header(buffer) else { return Ok(None) };
    if METHODS.iter().any(|method| buffer.starts_with(method)) {
        return Err(PacketError::Http(header.size));
    }
    if header.size > limit {
        return Err(PacketError::TooLarge { size: header.size, limit });
    }
    // 30 asked for something long ago, and is a WSGI request like any other since.
    if !matches!(header.modifier1, 0 | 30) {
        return Err(PacketError::Modifier(header.modifier1));
    }
    if buffer.len() < HEADER + header.size {
        buffer.reserve(HEADER + header.size - buffer.len());
        return Ok(None);
    }
    buffer.advance(HEADER);
    let vars = buffer.split_to(header.size);
    Vars::parse(vars).map(Some).map_err(|_| PacketError::Truncated)
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

    proptest! {
        #[test]
        fn any_split_gives_the_same_request(cut in 0_usize..42) {
            let packet = [packet(), b"body".to_vec()].concat();
            let (first, second) = packet.split_at(cut);
            let mut buffer = BytesMut::from(first);
            let early = take(&mut buffer, 4096).expect("valid");
            buffer.extend_from_slice(second);
            let vars = match early {
                Some(vars) => vars,
                None => take(&mut buffer, 4096).expect("valid").expect("whole"),
            };
            prop_assert_eq!(vars.get(b"PATH_INFO"), Some(&b"/"[..]));
            prop_assert_eq!(&buffer[..], b"body");
        }
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
        check(&[5, 0, 0, 0], "modifier1 5 is not served");
        check(&[0, 3, 0, 0, 9, 0, 0], "the lengths of the variables do not fit the packet");
    }
}
