//! Requests for other servers (`http-to`): handed over by the uwsgi protocol, a connection for each, and
//! their replies carried back.

use std::cell::Cell;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use http::StatusCode;
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use super::forward::{Broken, Client, hand_over};
use crate::app::Body;
use crate::log::say;
use crate::net::address::Address;
use crate::net::stream::Stream;
use crate::protocol::http1::answer::{self, Answer};

/// Bytes of a head of a reply, at most.
const LONGEST_HEAD: usize = 64 << 10;

/// The other servers.
pub(super) struct Elsewhere {
    addresses: Vec<Address>,
    /// Which of them is next.
    next: Cell<usize>,
}

impl Elsewhere {
    /// The servers at these addresses. What is none is told, and left out.
    pub(super) fn new<'a>(said: impl Iterator<Item = &'a str>) -> Self {
        let read = |said: &str| {
            let address = Address::parse(said);
            address
                .inspect_err(|why| say!("the http gateway cannot use http-to = {said}: {why}"))
                .ok()
        };
        Self { addresses: said.filter_map(read).collect(), next: Cell::new(0) }
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.addresses.is_empty()
    }

    /// A connection to the next server that takes one.
    async fn connect(&self, patience: Duration) -> Result<Stream, StatusCode> {
        let mut status = StatusCode::BAD_GATEWAY;
        for _ in 0..self.addresses.len() {
            let place = self.next.get();
            self.next.set((place + 1) % self.addresses.len());
            let Some(address) = self.addresses.get(place) else { continue };
            match timeout(patience, connect(address)).await {
                Ok(Ok(fd)) => return Ok(Stream::new(fd, None, None)),
                Ok(Err(error)) => say!("the http gateway cannot connect to {address}: {error}"),
                Err(_) => {
                    say!("the http gateway cannot connect to {address} in time");
                    status = StatusCode::GATEWAY_TIMEOUT;
                }
            }
        }
        Err(status)
    }

    /// Answers a request, which is `packet` and a body; whether a further one may come.
    pub(super) async fn answer(
        &self,
        packet: &[u8],
        body: &mut Body,
        head_only: bool,
        client: &mut Client<'_>,
    ) -> Result<bool, Broken> {
        let mut server = match self.connect(client.turn.patience).await {
            Ok(server) => server,
            Err(status) => return client.refuse(status).await,
        };
        let mut buffer = BytesMut::new();
        let silence = client.silence;
        // A server may answer before it took all of a body.
        let _ = hand_over(&mut server, packet, body, silence).await;
        let answer = loop {
            match answer::take(&mut buffer, LONGEST_HEAD) {
                // An interim reply is followed by the one that counts (RFC 9110 §15.2).
                Ok(Some(answer)) if answer.status < 200 => {}
                Ok(Some(answer)) => break answer,
                Ok(None) => match timeout(silence, server.receive(&mut buffer)).await {
                    Ok(Ok(1..)) => {}
                    Ok(_) => {
                        say!("another server ended before it answered");
                        return client.refuse(StatusCode::BAD_GATEWAY).await;
                    }
                    Err(_) => return client.refuse(StatusCode::GATEWAY_TIMEOUT).await,
                },
                Err(error) => {
                    say!("{error}");
                    return client.refuse(StatusCode::BAD_GATEWAY).await;
                }
            }
        };
        carry(&answer, head_only, server, buffer, client).await
    }
}

async fn connect(address: &Address) -> io::Result<OwnedFd> {
    let path = match address {
        Address::Tcp(address) => {
            return Ok(TcpStream::connect(address).await?.into_std()?.into());
        }
        Address::Unix(path) => path.clone(),
        // As the kernel names it.
        Address::Abstract(name) => PathBuf::from(format!("\0{name}")),
    };
    Ok(UnixStream::connect(path).await?.into_std()?.into())
}

/// Carries a reply back as it comes, of which `buffer` has what came behind the head.
async fn carry(
    answer: &Answer,
    head_only: bool,
    mut server: Stream,
    mut buffer: BytesMut,
    client: &mut Client<'_>,
) -> Result<bool, Broken> {
    let has_body = !head_only && !matches!(answer.status, 204 | 304);
    let mut left = if has_body { answer.length.filter(|_| !answer.is_coded) } else { Some(0) };
    let in_chunks = left.is_none() && !answer.is_coded && client.is_http11;
    client.may_go_on &= left.is_some() || in_chunks;
    let mut out = answer.lines.clone();
    client.end_head(&mut out, in_chunks);
    client.send(&out, b"").await?;
    loop {
        if left == Some(0) {
            return Ok(client.may_go_on);
        }
        let taken =
            buffer.len().min(left.and_then(|left| left.try_into().ok()).unwrap_or(usize::MAX));
        let part = buffer.get(..taken).unwrap_or_default();
        if !part.is_empty() {
            match in_chunks {
                true => {
                    client.send(format!("{:x}\r\n", part.len()).as_bytes(), part).await?;
                    client.send(b"\r\n", b"").await?;
                }
                false => client.send(part, b"").await?,
            }
            buffer.advance(taken);
            left = left.map(|left| left - taken as u64);
            continue;
        }
        match timeout(client.silence, server.receive(&mut buffer)).await {
            Ok(Ok(1..)) => {}
            // What has no length ends with the connection.
            Ok(Ok(0)) if left.is_none() => {
                if in_chunks {
                    client.send(b"0\r\n\r\n", b"").await?;
                }
                return Ok(client.may_go_on);
            }
            _ => {
                say!("a reply of another server ended before its end");
                return Err(Broken);
            }
        }
    }
}
