//! What a worker says to the gateway is the same whatever the pieces.
#![no_main]

mod pieces;

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use ruwsgi::protocol::reply::frame::{Event, Reader};

fuzz_target!(|data: &[u8]| {
    pieces::check(data, |pieces| {
        let (mut reader, mut buffer) = (Reader::default(), BytesMut::new());
        let mut told = String::new();
        for piece in pieces {
            buffer.extend_from_slice(piece);
            loop {
                match reader.take(&mut buffer) {
                    Ok(Some(Event::Body(part))) => told.extend(part.escape_ascii().map(char::from)),
                    Ok(Some(event)) => told.push_str(&format!(" {event:?} ")),
                    Ok(None) => break,
                    Err(nonsense) => return format!("{told} {nonsense}"),
                }
            }
        }
        told
    });
});
