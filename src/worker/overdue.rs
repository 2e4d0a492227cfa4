//! What a client gets whose request takes too long.
//!
//! The [`watchdog`](crate::process::watchdog) sends it within the handler of a signal, so it is made without allocating.

use std::os::fd::{AsFd, AsRawFd};

use bytes::BufMut;

use super::Wire;
use super::line::Framing;
use crate::process::watchdog::{Client, ROOM};

const HEAD: &[u8] = b"504 Gateway Timeout\r\nContent-Type: text/plain\r\nConnection: close\r\n\
    Content-Length: 16\r\n\r\n";
const BODY: &[u8] = b"Gateway Timeout\n";

/// In the number of a client: the head begins as that of a CGI program.
const CGI: u32 = 1;
/// Frames are around head and body.
const FRAMES: u32 = 2;
/// Records of FastCGI are, of the request in the upper half.
const RECORDS: u32 = 4;

/// A client behind a connection, who understands this.
pub(super) fn client(connection: &impl AsFd, wire: Wire, framing: Framing) -> Client {
    let head = if let Wire::Cgi { nph: false, .. } = wire { CGI } else { 0 };
    let around = match framing {
        // Chunks begin behind a head.
        Framing::None | Framing::Chunks => 0,
        Framing::Frames => FRAMES,
        Framing::Records { id, .. } => RECORDS | u32::from(id) << 16,
    };
    Client { connection: connection.as_fd().as_raw_fd(), number: head | around }
}

/// The answer for a client of this number; gives its length.
pub(super) fn answer(number: u32, room: &mut [u8; ROOM]) -> usize {
    const ENOUGH: usize = 128;
    let mut head = [0; ENOUGH];
    let mut rest = &mut head[..];
    rest.put_slice(if number & CGI > 0 { b"Status: " } else { b"HTTP/1.1 " });
    rest.put_slice(HEAD);
    let length = ENOUGH - rest.len();
    let framing = match number & (FRAMES | RECORDS) {
        0 => Framing::None,
        FRAMES => Framing::Frames,
        _ => Framing::Records { id: (number >> 16) as u16, keep: false },
    };
    let mut rest = &mut room[..];
    framing.wrap(&mut rest, head.get(..length).unwrap_or_default(), BODY);
    ROOM - rest.len()
}

#[cfg(test)]
mod tests {
    use super::super::Cgi;
    use super::*;

    fn check(wire: Wire, framing: Framing, expected: &[u8]) {
        let input = std::io::stdin();
        let Client { number, .. } = client(&input, wire, framing);
        let mut room = [0; ROOM];
        let length = answer(number, &mut room);
        assert_eq!(room[..length].escape_ascii().to_string(), expected.escape_ascii().to_string());
    }

    #[test]
    fn clients_get_what_they_understand() {
        let lines = "504 Gateway Timeout\r\nContent-Type: text/plain\r\nConnection: close\r\n\
                     Content-Length: 16\r\n\r\n";
        let (http, cgi) = (format!("HTTP/1.1 {lines}"), format!("Status: {lines}"));
        let text = "Gateway Timeout\n";
        let scgi = |nph| Wire::Cgi { protocol: Cgi::Scgi, nph };
        check(Wire::Http11, Framing::None, format!("{http}{text}").as_bytes());
        check(Wire::Uwsgi, Framing::None, format!("{http}{text}").as_bytes());
        check(scgi(false), Framing::None, format!("{cgi}{text}").as_bytes());
        check(scgi(true), Framing::None, format!("{http}{text}").as_bytes());
        let frames = format!("\0\0\0\x61{http}\0\0\0\x10{text}\0\0\0\0");
        check(Wire::Gateway, Framing::Frames, frames.as_bytes());
        let records = [
            b"\x01\x06\xff\xfe\0\x60\0\0",
            cgi.as_bytes(),
            b"\x01\x06\xff\xfe\0\x10\0\0",
            text.as_bytes(),
            b"\x01\x06\xff\xfe\0\0\0\0\x01\x03\xff\xfe\0\x08\0\0\0\0\0\0\0\0\0\0",
        ];
        let fastcgi = Wire::Cgi { protocol: Cgi::FastCgi, nph: false };
        check(fastcgi, Framing::Records { id: 0xfffe, keep: true }, &records.concat());
    }
}
