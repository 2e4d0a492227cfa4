//! Serves a connection of HTTP/1.1 with hyper.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request as Head, Response, StatusCode};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use tokio::sync::Notify;

use super::exchange::{Exchange, is_https, is_trusted};
use super::reactor::Reactor;
use super::writer::Framing;
use super::{Client, Phase, Wire};
use crate::app::{Output, Piece, Pieces, Reply, Request};
use crate::net::http::{Arrived, Rules, collect, say_close, serve as serve_http, set_head};
use crate::net::stream::Stream;
use crate::protocol::http::{Connection, vars};

/// Serves one connection to its end; `arrived` is told when a request is complete.
pub(super) async fn serve(reactor: &Rc<Reactor>, stream: Stream, wire: Wire, arrived: &Notify) {
    let settings = &reactor.shared.settings;
    let facts = Rc::new(Facts {
        wire,
        unix: stream.client().is_none(),
        copy: reactor.client(&stream, wire, Framing::None),
        connection: Connection {
            client: stream.client(),
            server_port: stream.port().to_string(),
            server_name: reactor.shared.server_name.clone(),
            underscores: settings.http.http_allow_underscores,
            gateway: false,
            proxied: stream.is_proxied(),
            tls: stream.is_tls(),
            certificate: stream.certificate(),
            export_certificate: settings.http.https_export_cert,
        },
    });
    let silence = Duration::from_secs(settings.sockets.socket_timeout);
    let rules = Rules {
        head: settings.limits.buffer_size,
        wait: silence,
        silence,
        keep_alive: wire == Wire::Http11,
    };
    let answer = |request: Arrived| {
        let (reactor, facts) = (Rc::clone(reactor), Rc::clone(&facts));
        async move {
            match request {
                Ok(request) => answer(&reactor, &facts, request, arrived).await,
                Err(status) => refusal(status),
            }
        }
    };
    serve_http(stream, rules, answer, reactor.drained(wire == Wire::Http11)).await;
}

/// What is known of a connection.
struct Facts {
    wire: Wire,
    unix: bool,
    /// A copy of the connection where requests may take too long.
    copy: Option<Client>,
    connection: Connection,
}

async fn answer(
    reactor: &Rc<Reactor>,
    facts: &Facts,
    request: Head<Incoming>,
    arrived: &Notify,
) -> Response<ReplyBody> {
    match read(reactor, facts, request).await {
        Ok(request) => {
            arrived.notify_one();
            let client = facts.copy.as_ref().and_then(|client| client.again().ok());
            let (exchange, reply) = Exchange::answer(reactor, request, client).await;
            let mut response = respond(exchange, reply);
            if *reactor.shared.phase.borrow() == Phase::Draining {
                say_close(&mut response);
            }
            response
        }
        Err(status) => refusal(status),
    }
}

/// Reads the body and makes a request of it.
async fn read(
    reactor: &Reactor,
    facts: &Facts,
    request: Head<Incoming>,
) -> Result<Request, StatusCode> {
    let settings = &reactor.shared.settings;
    let (head, body) = request.into_parts();
    let mut vars =
        vars(&head, &facts.connection).map_err(|_| StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)?;
    let input_terminated = head.headers.contains_key(http::header::TRANSFER_ENCODING);
    let silence = Duration::from_secs(settings.sockets.socket_timeout);
    let body =
        collect(body, settings.limits.post_buffering, settings.limits.limit_post, silence).await?;
    if input_terminated {
        // A body that came in chunks has a length now.
        vars.push(b"CONTENT_LENGTH", body.len().to_string().as_bytes())
            .map_err(|_| StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)?;
    }
    let trusted = is_trusted(reactor, &vars, facts.wire, facts.unix);
    let https = is_https(&vars, trusted);
    Ok(Request { vars, body, https, input_terminated, core: reactor.core, app: 0 })
}

/// A short answer, and the end of the connection: what follows cannot be trusted.
fn refusal(status: StatusCode) -> Response<ReplyBody> {
    let text = status.canonical_reason().unwrap_or("Bad Request");
    let body = ReplyBody { full: Some(text.into()), rest: None, exchange: None, yielded: false };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    say_close(&mut response);
    response
}

fn respond(exchange: Exchange, reply: Reply) -> Response<ReplyBody> {
    let mut response = Response::new(());
    set_head(&mut response, &reply.status, &reply.headers);
    let (full, rest) = match reply.body {
        Output::Full(body) => (Some(body), None),
        Output::Stream(first, rest) => (Some(first).filter(|first| !first.is_empty()), Some(rest)),
    };
    let body = ReplyBody { full, rest, exchange: Some(exchange), yielded: false };
    response.map(|()| body)
}

/// The body of a reply, pulled from the application as the client takes it.
pub(super) struct ReplyBody {
    full: Option<Bytes>,
    rest: Option<Box<dyn Pieces>>,
    exchange: Option<Exchange>,
    /// Whether hyper had a chance to send what it has before the application is asked for more.
    yielded: bool,
}

/// The application failed within its body.
#[derive(Debug, thiserror::Error)]
#[error("the application failed within its body")]
pub(super) struct Broken;

impl http_body::Body for ReplyBody {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let body = self.get_mut();
        if let Some(full) = body.full.take() {
            if let Some(exchange) = &mut body.exchange {
                exchange.sent(full.len());
            }
            return Poll::Ready((!full.is_empty()).then(|| Ok(Frame::data(full))));
        }
        let Some(rest) = &mut body.rest else { return Poll::Ready(None) };
        // PEP 3333: no piece may be held back until the next one is there.
        if !std::mem::replace(&mut body.yielded, true) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        body.yielded = false;
        match rest.next() {
            Piece::Bytes(piece) => {
                if let Some(exchange) = &mut body.exchange {
                    exchange.pulled();
                    exchange.sent(piece.len());
                }
                Poll::Ready(Some(Ok(Frame::data(piece))))
            }
            Piece::End => {
                body.rest = None;
                Poll::Ready(None)
            }
            Piece::Broken => {
                body.rest = None;
                Poll::Ready(Some(Err(Broken)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_none() && self.full.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.full, &self.rest) {
            (Some(full), None) => SizeHint::with_exact(full.len() as u64),
            (None, None) => SizeHint::with_exact(0),
            _ => SizeHint::default(),
        }
    }
}
