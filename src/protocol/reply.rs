//! The head of a reply, and the frames in which replies travel to the gateway.

use crate::app::Reply;

/// `HTTP/1.1 200 OK` and the headers, without the empty line behind them.
#[must_use]
pub fn head(reply: &Reply, protocol: &[u8]) -> Vec<u8> {
    // Never the client's own words: only two versions are known.
    lines(if protocol == b"HTTP/1.1" { b"HTTP/1.1 " } else { b"HTTP/1.0 " }, reply)
}

/// The same with a header `Status` in the place of the status line (RFC 3875 §6.3.3).
#[must_use]
pub fn cgi_head(reply: &Reply) -> Vec<u8> {
    lines(b"Status: ", reply)
}

fn lines(begin: &[u8], reply: &Reply) -> Vec<u8> {
    // Room for what a server adds, and for a short body.
    let length = begin.len() + reply.status.len() + reply.headers.lines().len();
    let mut head = Vec::with_capacity(length + 512);
    head.extend_from_slice(begin);
    head.extend_from_slice(&reply.status);
    head.extend_from_slice(b"\r\n");
    head.extend_from_slice(reply.headers.lines());
    head
}

/// The frames in which a worker answers the gateway: four bytes (big endian), then the content. The
/// first frame is the head, an empty one the end; without an end the reply is incomplete.
pub mod frame {
    use bytes::{Buf, Bytes, BytesMut};

    /// Most bytes of a frame.
    pub const LARGEST: usize = 64 << 20;
    /// Set in the frame of a head that does not tell how long the body is.
    pub const OPEN_END: u32 = 1 << 31;
    /// In the place of a reply: the worker takes no more requests, and did not take this one.
    pub const GONE: u32 = u32::MAX;

    /// The four bytes before a frame of this length.
    #[must_use]
    pub fn prefix(length: usize) -> [u8; 4] {
        u32::try_from(length).unwrap_or(0).to_be_bytes()
    }

    /// What a worker says.
    #[derive(Debug, PartialEq, Eq)]
    pub enum Event {
        /// The head of a reply, and whether the body has an end that was not announced.
        Head(Bytes, bool),
        /// A part of the body, not empty.
        Body(Bytes),
        /// The reply is complete.
        End,
        /// The worker takes no more requests.
        Gone,
    }

    /// A frame that is none.
    #[derive(Debug, PartialEq, Eq, thiserror::Error)]
    #[error("a worker said what makes no sense")]
    pub struct Nonsense;

    /// Reads replies, one after another.
    #[derive(Debug, Default)]
    pub struct Reader {
        /// Whether a head was read, and no end since.
        is_within: bool,
        /// Bytes of the frame that were not read yet.
        left: usize,
    }

    impl Reader {
        /// Takes what comes next from the front of `buffer`; `None` while more is needed.
        pub fn take(&mut self, buffer: &mut BytesMut) -> Result<Option<Event>, Nonsense> {
            if self.left == 0 {
                let Some(prefix) = buffer.first_chunk::<4>() else { return Ok(None) };
                let prefix = u32::from_be_bytes(*prefix);
                let length = (prefix & !OPEN_END) as usize;
                match (self.is_within, prefix) {
                    (false, GONE) => {
                        buffer.advance(4);
                        return Ok(Some(Event::Gone));
                    }
                    (false, _) => {
                        return Self::head(buffer, length, prefix & OPEN_END != 0)
                            .inspect(|event| self.is_within = event.is_some());
                    }
                    (true, 0) => {
                        buffer.advance(4);
                        self.is_within = false;
                        return Ok(Some(Event::End));
                    }
                    (true, _) if length > LARGEST || prefix & OPEN_END != 0 => {
                        return Err(Nonsense);
                    }
                    (true, _) => {
                        buffer.advance(4);
                        self.left = length;
                    }
                }
            }
            let part = buffer.split_to(buffer.len().min(self.left));
            self.left -= part.len();
            Ok(Some(part.freeze()).filter(|part| !part.is_empty()).map(Event::Body))
        }

        fn head(
            buffer: &mut BytesMut,
            length: usize,
            has_open_end: bool,
        ) -> Result<Option<Event>, Nonsense> {
            if length == 0 || length > LARGEST {
                return Err(Nonsense);
            }
            if buffer.len() < 4 + length {
                return Ok(None);
            }
            buffer.advance(4);
            Ok(Some(Event::Head(buffer.split_to(length).freeze(), has_open_end)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::frame::{Event, Nonsense, Reader};
    use super::*;
    use bytes::BytesMut;

    #[test]
    fn a_head_is_written_with_a_known_version_only() {
        fn check(protocol: &str, expected: &str) {
            let head = head(&Reply::plain("200 OK", ""), protocol.as_bytes());
            assert_eq!(String::from_utf8_lossy(&head), expected);
        }
        check("HTTP/1.1", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n");
        check("", "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n");
        check("HTTP/9\r\nX: y", "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n");
    }

    fn read(pieces: &[&[u8]]) -> Result<Vec<Event>, Nonsense> {
        let (mut reader, mut buffer) = (Reader::default(), BytesMut::new());
        let mut events: Vec<Event> = Vec::new();
        for piece in pieces {
            buffer.extend_from_slice(piece);
            while let Some(event) = reader.take(&mut buffer)? {
                match (events.last_mut(), event) {
                    // A body may come in any parts.
                    (Some(Event::Body(before)), Event::Body(part)) => {
                        *before = [&before[..], &part].concat().into();
                    }
                    (_, event) => events.push(event),
                }
            }
        }
        Ok(events)
    }

    #[test]
    fn replies_come_in_frames() {
        let said =
            b"\0\0\0\x01h\0\0\0\x02ab\0\0\0\x01c\0\0\0\0\x80\0\0\x01H\0\0\0\0\xff\xff\xff\xff";
        let expected = vec![
            Event::Head("h".into(), false),
            Event::Body("abc".into()),
            Event::End,
            Event::Head("H".into(), true),
            Event::End,
            Event::Gone,
        ];
        assert_eq!(read(&[said]), Ok(expected));
        for at in 0..said.len() {
            let (first, second) = said.split_at(at);
            assert_eq!(read(&[first, second]), read(&[said]), "{at}");
        }
        for wrong in [&b"\0\0\0\0"[..], b"\x7f\0\0\x01", b"\0\0\0\x01h\x80\0\0\x01"] {
            assert_eq!(read(&[wrong]), Err(Nonsense));
        }
    }
}
