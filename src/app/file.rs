//! Bytes of a file as a reply, read without the application.

use std::fs::File;
use std::io::Read;

use bytes::Bytes;

use super::{Piece, Pieces};

/// A file is read in pieces of this size, in bytes.
const PIECE: usize = 256 << 10;

/// Bytes of a file from its position, at most so many.
pub struct FilePart {
    /// The file.
    pub file: File,
    /// Bytes that may still be sent.
    pub left: u64,
    /// What the file belongs to; dropped at the end.
    pub owner: Option<Box<dyn Pieces>>,
}

impl Pieces for FilePart {
    fn next(&mut self) -> Piece {
        let size = usize::try_from(self.left).unwrap_or(PIECE).min(PIECE);
        let mut piece = vec![0; size];
        match self.file.read(&mut piece) {
            Ok(0) => Piece::End,
            Ok(length) => {
                piece.truncate(length);
                self.left -= length as u64;
                Piece::Bytes(Bytes::from(piece))
            }
            Err(error) => {
                crate::log::say!("cannot read the file of a reply: {error}");
                Piece::Broken
            }
        }
    }
}
