//! The head of a reply, and the frames in which replies travel to the gateway.

use crate::app::Reply;

/// `HTTP/1.1 200 OK` and the headers, with the empty line.
#[must_use]
pub fn head(reply: &Reply, protocol: &[u8]) -> Vec<u8> {
    let mut head = Vec::with_capacity(256);
    // Never the client's own words: only two versions are known.
    head.extend_from_slice(if protocol == b"HTTP/1.1" { b"HTTP/1.1 " } else { b"HTTP/1.0 " });
    finish(head, reply)
}

/// The same with a header `Status` in the place of the status line (RFC 3875 §6.3.3).
#[must_use]
pub fn cgi_head(reply: &Reply) -> Vec<u8> {
    finish(b"Status: ".to_vec(), reply)
}

/// The status, the headers and the empty line behind the beginning of a head.
fn finish(mut head: Vec<u8>, reply: &Reply) -> Vec<u8> {
    head.extend_from_slice(&reply.status);
    head.extend_from_slice(b"\r\n");
    for (name, value) in &reply.headers {
        head.extend_from_slice(name);
        head.extend_from_slice(b": ");
        head.extend_from_slice(value);
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// The frames between a worker and the gateway: four bytes length (big endian), then the bytes.
/// The first frame is the head, an empty frame is the end; without one the reply is incomplete.
pub mod frame {
    use bytes::{Buf, Bytes, BytesMut};

    /// A frame is never announced longer than this, in bytes.
    pub const LARGEST: usize = 64 << 20;

    /// The four bytes before a frame of this length.
    #[must_use]
    pub fn prefix(length: usize) -> [u8; 4] {
        u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes()
    }

    /// Takes one frame from the front of `buffer`; `None` while it is not all there.
    pub fn take(buffer: &mut BytesMut) -> Result<Option<Bytes>, TooLarge> {
        let Some(length) = buffer.first_chunk::<4>() else { return Ok(None) };
        let length = u32::from_be_bytes(*length) as usize;
        if length > LARGEST {
            return Err(TooLarge);
        }
        if buffer.len() < 4 + length {
            buffer.reserve(4 + length - buffer.len());
            return Ok(None);
        }
        buffer.advance(4);
        Ok(Some(buffer.split_to(length).freeze()))
    }

    /// A frame was announced that is longer than [`LARGEST`].
    #[derive(Debug, thiserror::Error)]
    #[error("a frame of a worker is too large")]
    pub struct TooLarge;
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::BytesMut;

    #[test]
    fn a_head_is_written_with_a_known_version_only() {
        fn check(protocol: &str, expected: &str) {
            let head = head(&Reply::plain("200 OK", ""), protocol.as_bytes());
            assert_eq!(String::from_utf8_lossy(&head), expected);
        }
        check("HTTP/1.1", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n");
        check("", "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n");
        check("HTTP/9\r\nX: y", "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n");
    }

    #[test]
    fn frames_are_taken_whole() {
        let mut buffer = BytesMut::new();
        for byte in [0_u8, 0, 0, 3, b'a', b'b'] {
            buffer.extend_from_slice(&[byte]);
            assert!(frame::take(&mut buffer).expect("valid").is_none());
        }
        buffer.extend_from_slice(b"c\0\0\0\0");
        assert_eq!(frame::take(&mut buffer).expect("valid").expect("whole"), "abc");
        assert_eq!(frame::take(&mut buffer).expect("valid").expect("whole"), "");
        assert!(frame::take(&mut BytesMut::from(&[255_u8; 8][..])).is_err());
    }
}
