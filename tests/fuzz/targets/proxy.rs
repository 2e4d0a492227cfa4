//! A header of the PROXY protocol is the same whatever the pieces.
#![no_main]

mod pieces;

use libfuzzer_sys::fuzz_target;
use ruwsgi::protocol::proxy::{Start, read};

const BINARY: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21";

fuzz_target!(|data: &[u8]| {
    let Some((lengths, bytes)) = data.split_first_chunk::<3>() else { return };
    for beginning in [&b""[..], b"PROXY ", BINARY] {
        let data = [&lengths[..], beginning, bytes].concat();
        pieces::check(&data, |pieces| {
            let mut buffer = Vec::new();
            for piece in pieces {
                buffer.extend_from_slice(piece);
                let start = read(&buffer);
                if start != Ok(Start::Incomplete) {
                    if let Ok(Start::Header(length, _)) = start {
                        assert!(length <= buffer.len());
                    }
                    return format!("{start:?}");
                }
            }
            String::new()
        });
    }
});
