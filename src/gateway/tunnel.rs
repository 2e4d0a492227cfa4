//! A connection that is something else than HTTP from a reply with status 101 on: bytes of the client
//! go to the thread as they are, what the thread sends in frames goes to the client.

use std::io::IoSlice;
use std::time::Duration;

use bytes::BytesMut;
use tokio::time::timeout;

use super::pool::Thread;
use crate::net::stream::Stream;
use crate::protocol::reply::frame::Event;

/// Whether the head of a reply hands the connection over.
pub(super) fn is_handed_over(head: &[u8]) -> bool {
    head.get(b"HTTP/1.1 ".len()..).is_some_and(|rest| rest.starts_with(b"101"))
}

/// What came from one of the two sides.
enum News {
    Client(usize),
    Thread(Option<Event>),
}

/// Carries bytes between a client and a thread until one of them ends, or both are silent for so long.
pub(super) async fn carry(
    client: &mut Stream,
    thread: &mut Thread,
    head: &[u8],
    silence: Duration,
) -> std::io::Result<()> {
    client.send(&mut [IoSlice::new(head)], silence).await?;
    let mut buffer = BytesMut::new();
    loop {
        let news = timeout(silence, async {
            tokio::select! {
                received = client.receive(&mut buffer) => received.map(News::Client),
                event = thread.next_event() => event.map(News::Thread),
            }
        });
        match news.await?? {
            // The thread hears of it when its connection ends.
            News::Client(0) => return Ok(()),
            News::Client(_) => {
                thread.pass(&buffer, silence).await?;
                buffer.clear();
            }
            News::Thread(Some(Event::Body(bytes))) => {
                client.send(&mut [IoSlice::new(&bytes)], silence).await?;
            }
            News::Thread(_) => return Ok(()),
        }
    }
}
