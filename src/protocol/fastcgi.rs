//! FastCGI, version 1: records to a request, and a reply to records.
//!
//! One request at a time on a connection; the front end says whether it keeps it for the next.

use bytes::{Buf, BufMut, BytesMut};

use crate::app::Vars;

/// Bytes of a record before its content.
const HEADER: usize = 8;
/// The content of a record has at most so many bytes.
pub const LARGEST: usize = 65535;

const BEGIN: u8 = 1;
const ABORT: u8 = 2;
const END: u8 = 3;
const PARAMS: u8 = 4;
const STDIN: u8 = 5;
const STDOUT: u8 = 6;
const RESPONDER: u16 = 1;
/// The flag with which a front end keeps the connection.
const KEEP_CONNECTION: u8 = 1;

/// Why a request is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FastCgiError {
    /// The first byte of a record is not the version.
    #[error("this is no FastCGI: a record of version {0}")]
    Version(u8),
    /// More bytes of variables than `buffer-size` allows.
    #[error("the variables of a request take more than {0} bytes (see buffer-size)")]
    TooLarge(usize),
    /// The variables do not fit their record.
    #[error("the variables of a request cannot be told apart")]
    Variables,
    /// Something else is asked for than an answer to a request.
    #[error("a FastCGI role that is not served: {0}")]
    Role(u16),
    /// A record of another request, or one out of order.
    #[error("a FastCGI record out of order: type {0}")]
    Order(u8),
    /// The front end wants no answer any more.
    #[error("the front end gave the request up")]
    Aborted,
}

/// One step of a request.
#[derive(Debug)]
pub enum Event {
    /// The variables are complete.
    Vars(Vars),
    /// A part of the body.
    Body(BytesMut),
    /// The body is complete.
    End,
}

/// Reads the records of one request.
#[derive(Debug)]
pub struct Reader {
    /// The number of the request, once it has begun.
    id: Option<u16>,
    /// The encoded variables so far; `None` once they are complete.
    params: Option<BytesMut>,
    limit: usize,
    keep: bool,
}

impl Reader {
    /// A reader that takes at most `limit` bytes of variables.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { id: None, params: Some(BytesMut::new()), limit, keep: false }
    }

    /// The number of the request, which the records of its reply carry.
    #[must_use]
    pub fn id(&self) -> u16 {
        self.id.unwrap_or(1)
    }

    /// Whether the front end keeps the connection for another request.
    #[must_use]
    pub fn keeps_connection(&self) -> bool {
        self.keep
    }

    /// Takes records from the front of `buffer` until they say something; `None` while none is
    /// whole.
    pub fn take(&mut self, buffer: &mut BytesMut) -> Result<Option<Event>, FastCgiError> {
        while let Some((kind, id, content)) = take_record(buffer)? {
            // Records of no request ask for facts about the server, and need no answer.
            if id == 0 {
                continue;
            }
            if let Some(event) = self.understand(kind, id, content)? {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    fn understand(
        &mut self,
        kind: u8,
        id: u16,
        content: BytesMut,
    ) -> Result<Option<Event>, FastCgiError> {
        match (kind, self.id) {
            (BEGIN, None) => {
                let role = content.first_chunk::<2>().map_or(0, |role| u16::from_be_bytes(*role));
                if role != RESPONDER {
                    return Err(FastCgiError::Role(role));
                }
                self.id = Some(id);
                self.keep = content.get(2).is_some_and(|flags| flags & KEEP_CONNECTION != 0);
                Ok(None)
            }
            // Of a request that was answered already.
            (ABORT, None) => Ok(None),
            (ABORT, Some(own)) if own == id => Err(FastCgiError::Aborted),
            (PARAMS, Some(own)) if own == id => self.collect(&content),
            (STDIN, Some(own)) if own == id && self.params.is_none() => {
                Ok(Some(if content.is_empty() { Event::End } else { Event::Body(content) }))
            }
            _ => Err(FastCgiError::Order(kind)),
        }
    }

    /// Collects encoded variables; an empty record ends them.
    fn collect(&mut self, content: &[u8]) -> Result<Option<Event>, FastCgiError> {
        let params = self.params.as_mut().ok_or(FastCgiError::Order(PARAMS))?;
        if !content.is_empty() {
            if params.len() + content.len() > self.limit {
                return Err(FastCgiError::TooLarge(self.limit));
            }
            params.extend_from_slice(content);
            return Ok(None);
        }
        let mut params = self.params.take().unwrap_or_default();
        let mut vars = Vars::default();
        while params.has_remaining() {
            let name = take_length(&mut params).ok_or(FastCgiError::Variables)?;
            let value = take_length(&mut params).ok_or(FastCgiError::Variables)?;
            if name.checked_add(value).is_none_or(|both| both > params.len()) {
                return Err(FastCgiError::Variables);
            }
            let (name, value) = (params.split_to(name), params.split_to(value));
            vars.push(&name, &value).map_err(|_| FastCgiError::Variables)?;
        }
        Ok(Some(Event::Vars(vars)))
    }
}

/// Type, number of the request and content of the next record.
fn take_record(buffer: &mut BytesMut) -> Result<Option<(u8, u16, BytesMut)>, FastCgiError> {
    if let Some(&version) = buffer.first().filter(|version| **version != 1) {
        return Err(FastCgiError::Version(version));
    }
    let Some(&[_, kind, id_high, id_low, high, low, padding, _]) = buffer.first_chunk::<HEADER>()
    else {
        return Ok(None);
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    let whole = HEADER + length + usize::from(padding);
    if buffer.len() < whole {
        buffer.reserve(whole - buffer.len());
        return Ok(None);
    }
    let mut record = buffer.split_to(whole);
    record.advance(HEADER);
    record.truncate(length);
    Ok(Some((kind, u16::from_be_bytes([id_high, id_low]), record)))
}

/// A length of one byte, or of four where the first bit is set.
fn take_length(params: &mut BytesMut) -> Option<usize> {
    let first = *params.first()?;
    if first < 0x80 {
        params.advance(1);
        return Some(usize::from(first));
    }
    let length = u32::from_be_bytes(*params.first_chunk::<4>()?) & 0x7fff_ffff;
    params.advance(4);
    usize::try_from(length).ok()
}

/// Appends what stands before a part of a reply, of at most [`LARGEST`] bytes.
pub fn open_output(out: &mut impl BufMut, id: u16, length: usize) {
    put_header(out, STDOUT, id, length);
}

/// Appends the end of a reply.
pub fn put_end(out: &mut impl BufMut, id: u16) {
    put_record(out, STDOUT, id, b"");
    // All went well: what failed is told by the status of the reply.
    put_record(out, END, id, &[0; 8]);
}

fn put_record(out: &mut impl BufMut, kind: u8, id: u16, content: &[u8]) {
    put_header(out, kind, id, content.len());
    out.put_slice(content);
}

fn put_header(out: &mut impl BufMut, kind: u8, id: u16, length: usize) {
    out.put_slice(&[1, kind]);
    out.put_u16(id);
    out.put_u16(u16::try_from(length).unwrap_or(u16::MAX));
    out.put_u16(0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(kind: u8, content: &[u8]) -> Vec<u8> {
        let mut out = BytesMut::new();
        put_record(&mut out, kind, 7, content);
        // As front ends pad.
        out[6] = 3;
        out.extend_from_slice(b"pad");
        out.to_vec()
    }

    fn params() -> Vec<u8> {
        let mut params = vec![1, 2];
        params.extend_from_slice(b"Ayz");
        params.extend_from_slice(&[4, 0x80, 0, 1, 0]);
        params.extend_from_slice(b"LONG");
        params.extend_from_slice(&[b'x'; 256]);
        params
    }

    fn request() -> Vec<u8> {
        let (first, second) = (params()[..4].to_vec(), params()[4..].to_vec());
        [
            record(BEGIN, &[0, 1, 0, 0, 0, 0, 0, 0]),
            record(PARAMS, &first),
            record(PARAMS, &second),
            record(PARAMS, b""),
            record(STDIN, b"bo"),
            record(STDIN, b"dy"),
            record(STDIN, b""),
        ]
        .concat()
    }

    fn read(pieces: &[&[u8]], limit: usize) -> Result<(Vars, Vec<u8>), FastCgiError> {
        let (mut reader, mut buffer) = (Reader::new(limit), BytesMut::new());
        let (mut vars, mut body) = (Vars::default(), Vec::new());
        for piece in pieces {
            buffer.extend_from_slice(piece);
            while let Some(event) = reader.take(&mut buffer)? {
                match event {
                    Event::Vars(read) => vars = read,
                    Event::Body(part) => body.extend_from_slice(&part),
                    Event::End => {
                        assert_eq!(reader.id(), 7);
                        return Ok((vars, body));
                    }
                }
            }
        }
        panic!("no end")
    }

    /// Everything that is told of bytes in pieces.
    fn tell(pieces: &[&[u8]]) -> String {
        let (mut reader, mut buffer) = (Reader::new(300), BytesMut::new());
        let (mut told, mut body) = (Vec::new(), Vec::new());
        for piece in pieces {
            buffer.extend_from_slice(piece);
            loop {
                match reader.take(&mut buffer) {
                    Ok(Some(Event::Body(part))) => body.extend_from_slice(&part),
                    Ok(Some(event)) => told.push(format!("{event:?}")),
                    Ok(None) => break,
                    Err(error) => return format!("{told:?} {body:?} {error}"),
                }
            }
        }
        format!("{told:?} {body:?}")
    }

    proptest! {
        #[test]
        fn any_split_tells_the_same(
            cuts in proptest::array::uniform2(0_usize..500),
            wrong in proptest::option::of((0_usize..400, any::<u8>())),
        ) {
            let mut request = request();
            if let Some((place, byte)) = wrong {
                let place = place % request.len();
                request[place] = byte;
            }
            let [one, two] = cuts.map(|cut| cut.min(request.len()));
            let (one, two) = (one.min(two), one.max(two));
            let pieces = [&request[..one], &request[one..two], &request[two..]];
            prop_assert_eq!(tell(&pieces), tell(&[&request]));
        }

        #[test]
        fn any_split_gives_the_same_request(cut in 0_usize..300) {
            let request = request();
            let (first, second) = request.split_at(cut);
            let (vars, body) = read(&[first, second], 4096).expect("valid");
            prop_assert_eq!(vars.get(b"A"), Some(&b"yz"[..]));
            prop_assert_eq!(vars.get(b"LONG").map(<[u8]>::len), Some(256));
            prop_assert_eq!(body, b"body");
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let mut reader = Reader::new(4096);
            let mut buffer = BytesMut::from(&bytes[..]);
            while let Ok(Some(_)) = reader.take(&mut buffer) {}
            let mut reader = Reader { id: Some(0x0101), ..Reader::new(4096) };
            let mut buffer = BytesMut::from(&[&[1, 4, 1, 1][..], &bytes].concat()[..]);
            while let Ok(Some(_)) = reader.take(&mut buffer) {}
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        fn check(bytes: &[u8], expected: &FastCgiError) {
            assert_eq!(&read(&[bytes], 100).expect_err("refused"), expected);
        }
        check(b"GET / HTTP/1.1", &FastCgiError::Version(b'G'));
        check(&request(), &FastCgiError::TooLarge(100));
        check(&record(BEGIN, &[0, 2, 0]), &FastCgiError::Role(2));
        check(&record(STDIN, b""), &FastCgiError::Order(STDIN));
        let begin = record(BEGIN, &[0, 1, 0, 0, 0, 0, 0, 0]);
        check(&[begin.clone(), begin.clone()].concat(), &FastCgiError::Order(BEGIN));
        check(&[begin.clone(), record(ABORT, b"")].concat(), &FastCgiError::Aborted);
        let wrong = [begin, record(PARAMS, &[1, 9, b'A']), record(PARAMS, b"")].concat();
        check(&wrong, &FastCgiError::Variables);
    }

    #[test]
    fn a_front_end_says_whether_it_keeps_the_connection() {
        for (flags, expected) in [(0, false), (1, true), (0x81, true), (2, false)] {
            let mut reader = Reader::new(100);
            let begin = record(BEGIN, &[0, 1, flags, 0, 0, 0, 0, 0]);
            let mut buffer = BytesMut::from(&[record(ABORT, b""), begin].concat()[..]);
            assert!(matches!(reader.take(&mut buffer), Ok(None)));
            assert_eq!(reader.keeps_connection(), expected, "{flags}");
        }
    }

    #[test]
    fn a_reply_becomes_records() {
        let mut out = BytesMut::new();
        open_output(&mut out, 1, 2);
        out.put_slice(b"ab");
        put_end(&mut out, 1);
        let expected = b"\x01\x06\0\x01\0\x02\0\0ab\x01\x06\0\x01\0\0\0\0\x01\x03\0\x01\0\x08\0\0\0\0\0\0\0\0\0\0";
        assert_eq!(&out[..], expected);
    }
}
