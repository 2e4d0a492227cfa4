//! A packet is the same whatever the pieces.
#![no_main]

mod pieces;

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use ruwsgi::protocol::uwsgi::take;

fuzz_target!(|data: &[u8]| {
    pieces::check(data, |pieces| {
        let mut buffer = BytesMut::new();
        let mut taken = None;
        for piece in pieces {
            buffer.extend_from_slice(piece);
            if taken.is_none() {
                taken = match take(&mut buffer, 1024) {
                    Ok(packet) => packet.map(|packet| format!("{packet:?}")),
                    Err(error) => return error.to_string(),
                };
            }
        }
        format!("{taken:?} {}", buffer.escape_ascii())
    });
});
