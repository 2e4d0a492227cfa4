//! The body of a request: in memory while it is small, in a temporary file beyond.
//!
//! Takes bytes and gives them back; where they come from is for the caller.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use bytes::{Bytes, BytesMut};

use super::held;

/// A complete body.
#[derive(Debug)]
pub enum Body {
    /// In memory.
    Memory(Bytes),
    /// In an unnamed file, from its start, of this length in bytes.
    File(File, u64),
}

impl Default for Body {
    fn default() -> Self {
        Self::Memory(Bytes::new())
    }
}

impl Body {
    /// The length in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File(_, length) => *length,
        }
    }

    /// Whether there are no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes piece by piece, from the start.
    pub fn pieces(&mut self) -> io::Result<BodyPieces<'_>> {
        Ok(match self {
            Self::Memory(bytes) => BodyPieces::Memory(bytes.clone()),
            Self::File(file, _) => {
                file.seek(SeekFrom::Start(0))?;
                BodyPieces::File(file)
            }
        })
    }
}

/// See [`Body::pieces`].
pub enum BodyPieces<'a> {
    /// What is left in memory.
    Memory(Bytes),
    /// What is left in the file.
    File(&'a mut File),
}

impl BodyPieces<'_> {
    /// The next piece; empty at the end.
    pub fn take(&mut self) -> io::Result<Bytes> {
        match self {
            Self::Memory(bytes) => Ok(std::mem::take(bytes)),
            Self::File(file) => {
                let mut piece = vec![0; 64 << 10];
                let length = file.read(&mut piece)?;
                piece.truncate(length);
                Ok(piece.into())
            }
        }
    }
}

/// The client sent more than `limit-post` allows.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// More bytes came than the limit allows.
    #[error("the body is larger than {0} bytes")]
    TooLarge(u64),
    /// The temporary file could not be written.
    #[error("cannot keep the body in a temporary file: {0}")]
    Io(#[from] io::Error),
}

/// Most bytes that are read at once into memory where they stay.
const MOST_ROOM: usize = 1 << 20;
/// The same where they do not.
const ROOM: usize = 256 << 10;
/// Room behind a body: who reads its end does not need more.
const SPARE: usize = 8 << 10;

/// Collects a body.
#[derive(Debug)]
pub struct BodyBuffer {
    memory: BytesMut,
    file: Option<File>,
    length: u64,
    in_memory: u64,
    limit: u64,
}

impl BodyBuffer {
    /// A collector that keeps `in_memory` bytes in memory and refuses more than `limit` bytes (0
    /// is no limit).
    #[must_use]
    pub fn new(in_memory: u64, limit: u64) -> Self {
        let limit = if limit == 0 { u64::MAX } else { limit };
        Self { memory: BytesMut::new(), file: None, length: 0, in_memory, limit }
    }

    /// Makes room in the buffer that a body is read into for bytes that are still `missing`: so much is read
    /// at once, and what comes to lie side by side need not be moved.
    pub fn make_room(&self, buffer: &mut BytesMut, missing: u64) {
        let is_for_memory =
            self.file.is_none() && self.length.saturating_add(missing) <= self.in_memory;
        let most = if is_for_memory { MOST_ROOM } else { ROOM };
        let wanted = usize::try_from(missing).unwrap_or(usize::MAX).min(most);
        // Once bytes came, what is left of the room is used up first.
        let enough = if self.is_empty() { wanted } else { wanted.min(SPARE) };
        if buffer.capacity() < enough {
            buffer.reserve(wanted + SPARE - buffer.len());
        }
    }

    /// Adds bytes.
    pub fn push(&mut self, bytes: BytesMut) -> Result<(), BodyError> {
        self.length += bytes.len() as u64;
        if self.length > self.limit {
            return Err(BodyError::TooLarge(self.limit));
        }
        if self.length > self.in_memory {
            held::let_go();
        }
        match &mut self.file {
            Some(file) => file.write_all(&bytes)?,
            None if self.length > self.in_memory => {
                let mut file = tempfile::tempfile()?;
                file.write_all(&self.memory)?;
                file.write_all(&bytes)?;
                self.memory = BytesMut::new();
                self.file = Some(file);
            }
            None => self.memory.unsplit(bytes),
        }
        Ok(())
    }

    /// How many bytes were added.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.length
    }

    /// Whether no bytes were added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The body. What stands behind it in the buffer that it was read into leaves the room that was made
    /// for it.
    #[must_use]
    pub fn finish(self, buffer: &mut BytesMut) -> Body {
        if self.length > SPARE as u64 {
            *buffer = BytesMut::from(&**buffer);
        }
        match self.file {
            Some(file) => Body::File(file, self.length),
            None => Body::Memory(self.memory.freeze()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(in_memory: u64, pushes: &[&[u8]], in_file: bool) {
        let mut buffer = BodyBuffer::new(in_memory, 0);
        for bytes in pushes {
            buffer.push((*bytes).into()).expect("room");
        }
        let mut body = buffer.finish(&mut BytesMut::new());
        assert_eq!(matches!(body, Body::File(..)), in_file);
        let mut read = Vec::new();
        let mut pieces = body.pieces().expect("a start");
        loop {
            let piece = pieces.take().expect("a piece");
            if piece.is_empty() {
                break;
            }
            read.extend_from_slice(&piece);
        }
        assert_eq!(read, pushes.concat());
    }

    #[test]
    fn small_bodies_stay_in_memory_and_large_ones_do_not() {
        check(4, &[], false);
        check(4, &[b"ab", b"cd"], false);
        check(4, &[b"ab", b"cd", b"e"], true);
        check(0, &[b"ab"], true);
    }

    #[test]
    fn a_body_that_stays_in_memory_is_not_moved() {
        let mut buffer = BytesMut::from(&b"be"[..]);
        let mut body = BodyBuffer::new(1 << 20, 0);
        let length = 3 * SPARE;
        body.make_room(&mut buffer, length as u64);
        let start = buffer.as_ptr();
        while body.len() < length as u64 {
            body.make_room(&mut buffer, length as u64 - body.len());
            let missing = length - usize::try_from(body.len()).expect("small");
            buffer
                .extend_from_slice(&[b'x'; 1000][..missing.saturating_sub(buffer.len()).min(1000)]);
            body.push(buffer.split()).expect("room");
        }
        buffer.extend_from_slice(b"next");
        let Body::Memory(bytes) = body.finish(&mut buffer) else { panic!("not in memory") };
        assert_eq!((bytes.as_ptr(), bytes.len()), (start, length));
        assert_eq!(buffer, b"next"[..]);
        assert!(buffer.capacity() < SPARE, "{}", buffer.capacity());
    }

    #[test]
    fn no_length_is_too_large_to_be_told() {
        let mut buffer = BytesMut::new();
        let mut body = BodyBuffer::new(10, 0);
        body.push(b"abc"[..].into()).expect("room");
        body.make_room(&mut buffer, u64::MAX);
        assert!(buffer.capacity() <= 2 * ROOM);
    }

    #[test]
    fn a_limit_is_kept() {
        let mut buffer = BodyBuffer::new(10, 3);
        buffer.push(b"abc"[..].into()).expect("just fits");
        assert!(matches!(buffer.push(b"d"[..].into()), Err(BodyError::TooLarge(3))));
    }
}
