//! A connection of a client: its requests, one after another.
//!
//! Where thousands are connected, what one of them keeps is far from the processor when its next request comes: it keeps
//! little, and what serves a request is in a box, which was used for the last one.

use std::future::poll_fn;
use std::io::IoSlice;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use super::Gateway;
use super::forward::{self, Broken};
use super::turns::{Turn, Waiter};
use crate::net::ending::Stage;
use crate::net::http::{Arrived, Requests, plain};
use crate::net::stream::Stream;
use crate::process::ahead;
use crate::protocol::http::{Facts, client_address};

/// A connection of a client.
pub(super) struct Connection<'g> {
    gateway: &'g Gateway,
    facts: Facts,
    requests: Requests<'g>,
    stream: Stream,
    /// Waits for turns.
    waiter: Waiter,
    /// Whether the client is only told to come over HTTPS.
    to_https: bool,
}

impl<'g> Connection<'g> {
    /// One that has begun.
    pub(super) fn new(gateway: &'g Gateway, stream: Stream, to_https: bool) -> Self {
        Self {
            gateway,
            facts: facts(gateway, &stream),
            requests: Requests::new(&gateway.rules, &gateway.ending),
            stream,
            waiter: Waiter::new(&gateway.pool.turns),
            to_https,
        }
    }

    /// Answers its requests.
    pub(super) async fn serve(&mut self) -> Result<(), Broken> {
        let mut turn = match self.first_turn().await {
            None => self.turn().await,
            first => first,
        };
        while let Some(given) = turn {
            if !Box::pin(self.serve_request(given)).await? {
                break;
            }
            turn = self.turn().await;
        }
        Ok(())
    }

    /// Ends it so that the client gets all of what it was sent.
    pub(super) async fn end(self) {
        self.requests.end(self.stream).await;
    }

    /// The turn of the first request, where that can be read now: most clients have spoken when they are accepted.
    async fn first_turn(&mut self) -> Option<Turn> {
        let turn = self.gateway.pool.turns.free_turn(self.gateway.patience)?;
        self.requests.has_spoken(&mut self.stream).await.then_some(turn)
    }

    /// The turn of the next request; `None` where none comes.
    async fn turn(&mut self) -> Option<Turn> {
        let addresses = ahead::addresses(self);
        let Self { gateway, requests, stream, waiter, to_https, .. } = self;
        let patience = gateway.patience;
        if requests.has_begun() {
            return Some(Turn::at_once(patience));
        }
        let needs_worker = !*to_https && gateway.elsewhere.is_empty();
        let turn = requests.wait(|context| match needs_worker {
            true => waiter.poll_turn(context, &addresses, stream, patience),
            false => stream.poll_readable(context).map(|_| Turn::at_once(patience)).into(),
        });
        turn.await
    }

    /// Reads and answers a request; whether a further one may come.
    async fn serve_request(&mut self, mut turn: Turn) -> Result<bool, Broken> {
        let Self { gateway, facts, requests, stream, to_https, .. } = self;
        let arrived = arrival(requests, stream, &mut turn).await;
        let silence = gateway.rules.silence;
        let mut request = match arrived {
            Some(Ok(request)) => request,
            Some(Err(status)) => {
                turn.place = None;
                let reply = plain(status, "", true);
                // Who is gone needs no word.
                let _ = stream.send(&mut [IoSlice::new(&reply)], silence).await;
                return Ok(false);
            }
            None => return Ok(false),
        };
        let mut client = forward::Client {
            stream,
            silence,
            turn,
            may_go_on: requests.may_go_on(&request.0) && gateway.ending.stage() == Stage::Far,
            is_http11: request.0.version() == b"HTTP/1.1",
            waiting: &mut requests.waiting,
        };
        match to_https {
            true => Box::pin(client.send_to_https(&request.0)).await,
            false => forward::forward(gateway, facts, &mut request, &mut client).await,
        }
    }
}

/// Reads a request whose turn it is.
async fn arrival(
    requests: &mut Requests<'_>,
    stream: &mut Stream,
    turn: &mut Turn,
) -> Option<Arrived> {
    let mut next = pin!(requests.next(stream));
    match poll_fn(|context| Poll::Ready(next.as_mut().poll(context))).await {
        Poll::Ready(arrived) => arrived,
        Poll::Pending => {
            // A client that takes its time keeps no place.
            turn.place = None;
            next.await
        }
    }
}

/// What is known of a connection.
fn facts(gateway: &Gateway, stream: &Stream) -> Facts {
    let settings = &gateway.settings;
    Facts {
        client: client_address(stream.client()),
        client_port: stream.client().map(|client| client.port()),
        server_port: stream.port(),
        server_name: Arc::clone(&gateway.server_name),
        underscores: settings.http.http_allow_underscores,
        gateway: true,
        tls: stream.is_tls(),
        certificate: stream.certificate().map(Box::new),
        export_certificate: settings.http.https_export_cert,
    }
}
