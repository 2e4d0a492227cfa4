//! The records of FastCGI say the same whatever the pieces.
#![no_main]

mod pieces;

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use ruwsgi::protocol::fastcgi::{Event, Reader};

fuzz_target!(|data: &[u8]| {
    pieces::check(data, |pieces| {
        let (mut reader, mut buffer) = (Reader::new(1024), BytesMut::new());
        let (mut told, mut body) = (String::new(), Vec::new());
        for piece in pieces {
            buffer.extend_from_slice(piece);
            loop {
                match reader.take(&mut buffer) {
                    Ok(Some(Event::Body(part))) => body.extend_from_slice(&part),
                    Ok(Some(event)) => told += &format!("{event:?} "),
                    Ok(None) => break,
                    Err(error) => return format!("{told}{body:?} {error}"),
                }
            }
        }
        format!("{told}{body:?} {} {}", reader.id(), reader.keeps_connection())
    });
});
