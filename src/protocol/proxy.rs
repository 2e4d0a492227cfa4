//! The header of the PROXY protocol, versions 1 and 2: who a client behind a proxy is.
//!
//! Finds where it ends and what it says; the fields are taken apart by `ppp`. A connection without
//! one is as good as one that says nothing (uWSGI 2.0.31 takes both).

use std::net::SocketAddr;

use ppp::{HeaderResult, v1, v2};

/// The longest header of version 1, in bytes (specification, 2.1).
const LONGEST_LINE: usize = 107;
/// More than this is not read of version 2, in bytes: addresses have 216, the rest is for extensions.
const LONGEST_BINARY: usize = 4096;
const LINE_START: &[u8] = b"PROXY ";

/// What the first bytes of a connection are.
#[derive(Debug, PartialEq, Eq)]
pub enum Start {
    /// They may become a header.
    Incomplete,
    /// They are no header.
    Other,
    /// A header of so many bytes, and the client where it names one.
    Header(usize, Option<SocketAddr>),
}

/// The header begins like one and is none.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the header of the PROXY protocol is broken")]
pub struct Broken;

/// Reads the header at the front of a connection.
pub fn read(bytes: &[u8]) -> Result<Start, Broken> {
    let length = if begins(bytes, v2::PROTOCOL_PREFIX) {
        match bytes.get(14..16).and_then(|length| length.try_into().ok()) {
            Some(length) => 16 + usize::from(u16::from_be_bytes(length)),
            None => return Ok(Start::Incomplete),
        }
    } else if begins(bytes, LINE_START) {
        let line = bytes.get(..bytes.len().min(LONGEST_LINE)).unwrap_or_default();
        match line.windows(2).position(|two| two == b"\r\n") {
            Some(end) => end + 2,
            None if bytes.len() >= LONGEST_LINE => return Err(Broken),
            None => return Ok(Start::Incomplete),
        }
    } else {
        return Ok(Start::Other);
    };
    if length > LONGEST_BINARY {
        return Err(Broken);
    }
    let Some(header) = bytes.get(..length) else { return Ok(Start::Incomplete) };
    match HeaderResult::parse(header) {
        HeaderResult::V1(Ok(header)) => Ok(Start::Header(length, source_of_line(header.addresses))),
        HeaderResult::V2(Ok(header)) => {
            // `LOCAL` is the proxy itself, asking whether anybody is here.
            let is_client = header.command == v2::Command::Proxy;
            Ok(Start::Header(length, source(&header.addresses).filter(|_| is_client)))
        }
        HeaderResult::V1(Err(_)) | HeaderResult::V2(Err(_)) => Err(Broken),
    }
}

/// Whether the bytes are the beginning of these, or begin with them.
fn begins(bytes: &[u8], with: &[u8]) -> bool {
    let common = bytes.len().min(with.len());
    bytes.get(..common) == with.get(..common)
}

fn source_of_line(addresses: v1::Addresses) -> Option<SocketAddr> {
    match addresses {
        v1::Addresses::Tcp4(ip) => Some((ip.source_address, ip.source_port).into()),
        v1::Addresses::Tcp6(ip) => Some((ip.source_address, ip.source_port).into()),
        v1::Addresses::Unknown => None,
    }
}

fn source(addresses: &v2::Addresses) -> Option<SocketAddr> {
    match addresses {
        v2::Addresses::IPv4(ip) => Some((ip.source_address, ip.source_port).into()),
        v2::Addresses::IPv6(ip) => Some((ip.source_address, ip.source_port).into()),
        v2::Addresses::Unix(_) | v2::Addresses::Unspecified => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BINARY: &[u8] =
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x01\x02\x03\x04\x05\x06\x07\x08\x04\x57\0\x50";

    fn check(bytes: &[u8], expected: &str) {
        let read = match read(bytes) {
            Ok(Start::Header(length, source)) => {
                let source = source.map(|source| source.to_string()).unwrap_or_default();
                format!("{length} {source}")
            }
            Ok(start) => format!("{start:?}"),
            Err(broken) => broken.to_string(),
        };
        assert_eq!(read, expected, "{}", bytes.escape_ascii());
    }

    #[test]
    fn both_versions_are_read() {
        check(b"PROXY TCP4 1.2.3.4 5.6.7.8 1111 80\r\nGET", "36 1.2.3.4:1111");
        check(b"PROXY TCP6 2001:db8::1 ::1 2222 80\r\n", "36 [2001:db8::1]:2222");
        check(b"PROXY UNKNOWN\r\nGET", "15 ");
        check(b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", "35 ");
        check(&[BINARY, b"GET"].concat(), "28 1.2.3.4:1111");
        let mut local = BINARY.to_vec();
        local[12] = 0x20;
        check(&local, "28 ");
    }

    #[test]
    fn what_is_no_header_is_left_and_what_is_broken_is_refused() {
        let broken = "the header of the PROXY protocol is broken";
        check(b"GET / HTTP/1.1\r\n", "Other");
        check(b"PROPFIND / HTTP/1.1\r\n", "Other");
        check(b"PROXY garbage\r\n", broken);
        check(b"PROXY TCP4 1.2.3.4\r\n", broken);
        check(b"PROXY TCP4 1.2.3.400 5.6.7.8 1111 80\r\n", broken);
        check(&[b"PROXY ", &[b'x'; 200][..]].concat(), broken);
        let mut long = BINARY.to_vec();
        long[14] = 0xff;
        check(&long, broken);
        let mut version = BINARY.to_vec();
        version[12] = 0x11;
        check(&version, broken);
    }

    proptest! {
        #[test]
        fn a_part_of_a_header_is_incomplete(cut in 0_usize..28) {
            prop_assert_eq!(read(&BINARY[..cut]), Ok(Start::Incomplete));
            prop_assert_eq!(
                read(&b"PROXY TCP4 1.2.3.4 5.6.7.8 1111 80\r\n"[..cut]),
                Ok(Start::Incomplete)
            );
        }

        #[test]
        fn any_split_tells_the_same(
            binary: bool,
            cut in 0_usize..60,
            place in 0_usize..60,
            byte: u8,
        ) {
            let line = b"PROXY TCP4 1.2.3.4 5.6.7.8 1111 80\r\n";
            let header: &[u8] = if binary { BINARY } else { line };
            let mut bytes = [header, b"GET / HTTP/1.1\r\n"].concat();
            if let Some(wrong) = bytes.get_mut(place) {
                *wrong = byte;
            }
            // What is known of a part holds for the whole.
            let early = read(&bytes[..cut.min(bytes.len())]);
            if early != Ok(Start::Incomplete) {
                prop_assert_eq!(early, read(&bytes));
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = read(&bytes);
            let _ = read(&[BINARY, &bytes].concat());
        }
    }
}
