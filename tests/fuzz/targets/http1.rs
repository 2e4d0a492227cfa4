//! What requests are read from a connection is the same whatever the pieces, and their variables can
//! be told.
#![no_main]

mod pieces;

use std::fmt::Write;

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use ruwsgi::protocol::http::{Facts, vars};
use ruwsgi::protocol::http1::{Event, Reader};

fuzz_target!(|data: &[u8]| {
    pieces::check(data, |pieces| {
        let (mut reader, mut buffer) = (Reader::new(1024), BytesMut::new());
        let mut told = String::new();
        for piece in pieces {
            buffer.extend_from_slice(piece);
            loop {
                match reader.take(&mut buffer) {
                    Ok(Some(Event::Head(head))) => {
                        let vars = vars(&head, &Facts::default()).expect("a head is short");
                        let vars: Vec<_> = vars.iter().collect();
                        let ends = (head.is_persistent(), head.expects_continue(), head.length());
                        let _ = write!(told, "{vars:?} {ends:?} ");
                    }
                    Ok(Some(Event::Body(piece))) => told.extend(piece.escape_ascii().map(char::from)),
                    Ok(Some(Event::End)) => told.push_str(" end "),
                    Ok(None) => break,
                    Err(refused) => return format!("{told} {refused:?}"),
                }
            }
        }
        told
    });
});
