//! What passes to hyper is the same whatever the pieces, and nothing is made up.
#![no_main]

mod pieces;

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use ruwsgi::protocol::guard::Guard;

fuzz_target!(|data: &[u8]| {
    pieces::check(data, |pieces| {
        let (mut guard, mut buffer) = (Guard::new(1024), BytesMut::new());
        let (mut passed, mut given) = (Vec::new(), 0);
        for piece in pieces {
            buffer.extend_from_slice(piece);
            given += piece.len();
            loop {
                match guard.take(&mut buffer) {
                    Ok(Some(bytes)) => passed.extend_from_slice(&bytes),
                    Ok(None) => break,
                    Err(refused) => return format!("{} {refused:?}", passed.escape_ascii()),
                }
            }
            assert!(passed.len() + buffer.len() <= given);
        }
        passed.escape_ascii().to_string()
    });
});
