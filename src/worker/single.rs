//! Serves a connection of one request: the variables, a body, a reply, the end.
//!
//! That is the uwsgi protocol, SCGI and FastCGI, where the front end may keep the connection. The gateway
//! speaks the first, gets its replies in frames, so that it can tell a complete one, and keeps the connection.
//! How replies are sent is in [`line`](mod@super::line).

use std::io::{self, IoSlice};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::AsyncWriteExt;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::exchange::{is_https, is_trusted};
use super::line::{self, Framing, Lent, Line};
use super::reactor::Reactor;
use super::{Cgi, Phase, Wire};
use crate::app::body::{BodyBuffer, BodyError};
use crate::app::{Body, Request, Vars};
use crate::log::say;
use crate::net::ending::Stage;
use crate::net::stream::Stream;
use crate::options::settings::Settings;
use crate::protocol::fastcgi::{self, Event, FastCgiError};
use crate::protocol::reply::frame;
use crate::protocol::scgi::{self, ScgiError};
use crate::protocol::uwsgi::{self, Packet, PacketError};

/// Why a request did not become complete.
#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error("{0}...skip")]
    Packet(#[from] PacketError),
    #[error(transparent)]
    Scgi(#[from] ScgiError),
    #[error(transparent)]
    FastCgi(#[from] FastCgiError),
    #[error("its variables end after {0} bytes")]
    Cut(usize),
    #[error("its body ends after {got} of {expected} bytes")]
    Short { got: u64, expected: u64 },
    #[error("no bytes for {0} seconds")]
    Slow(u64),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// How long a front end may keep a connection without a request: longer than those do that close it
/// themselves (nginx: `keepalive_timeout`, 60 seconds), so that none is closed while one comes.
const KEPT: Duration = Duration::from_secs(75);

/// What a connection asks for.
enum Asked {
    /// A request, with what its reply travels in.
    Request(Request, Framing),
    /// Whether anybody is here.
    Ping,
}

/// Serves one connection; `arrived` is told when a request is complete. It reads into the empty `buffer`.
pub(super) async fn serve(
    reactor: &Rc<Reactor>,
    stream: Stream,
    wire: Wire,
    arrived: &Notify,
    buffer: &mut BytesMut,
) {
    let lent = Arc::new(Lent::default());
    let mut line = reactor.line(stream, wire);
    loop {
        let Some(next) =
            serve_request(reactor, line, &lent, buffer, wire, Some(arrived), None).await
        else {
            return;
        };
        line = next;
        if !line.may_go_on() {
            break;
        }
        if buffer.is_empty() {
            let next = tokio::select! {
                read = line.stream.receive(buffer) => read.unwrap_or(0),
                () = tokio::time::sleep(KEPT) => 0,
                () = reactor.ending.reach(Stage::Here) => 0,
            };
            if next == 0 {
                break;
            }
        }
    }
    if !line.is_over() {
        // A client that is gone needs no end.
        let _ = line.stream.shutdown().await;
    }
}

/// Serves the gateway until it goes, or this worker takes no more requests. `overlong` is told when a
/// client takes its time over a reply that the application has done with: the thread is free then,
/// and this connection is not.
pub(super) async fn serve_gateway(reactor: Rc<Reactor>, stream: Stream, overlong: Rc<Notify>) {
    let mut buffer = BytesMut::new();
    let lent = Arc::new(Lent::default());
    let mut line = reactor.line(stream, Wire::Gateway);
    let mut phase = reactor.shared.phase.subscribe();
    let mut is_wanted = true;
    while is_wanted {
        if buffer.is_empty() {
            let received = tokio::select! {
                biased;
                received = line.stream.receive(&mut buffer) => received.unwrap_or(0),
                // The sender lives as long as the worker.
                _ = phase.wait_for(|phase| *phase != Phase::Serving) => break,
            };
            if received == 0 {
                return;
            }
        }
        let (wire, overlong) = (Wire::Gateway, Some(&*overlong));
        let served = serve_request(&reactor, line, &lent, &mut buffer, wire, None, overlong).await;
        let Some(next) = served else { return };
        line = next;
        is_wanted = line.may_go_on();
    }
    // A request that is on its way here is for somebody else.
    let gone = frame::GONE.to_be_bytes();
    let _ = line.stream.send(&mut [IoSlice::new(&gone)], KEPT).await;
}

/// Serves one request; gives the line back where it is still good for something. `arrived` is told
/// when the request is complete, `overlong` as in [`serve_gateway`].
async fn serve_request(
    reactor: &Rc<Reactor>,
    mut line: Box<Line>,
    lent: &Arc<Lent>,
    buffer: &mut BytesMut,
    wire: Wire,
    arrived: Option<&Notify>,
    overlong: Option<&Notify>,
) -> Option<Box<Line>> {
    line.forget();
    let (request, framing) = match read_request(reactor, &mut line.stream, buffer, wire).await {
        Ok(Some(Asked::Request(request, framing))) => (request, framing),
        Ok(Some(Asked::Ping)) => {
            say!("PING");
            // Who asked and went away wants no answer.
            let _ = line.stream.send(&mut [IoSlice::new(&uwsgi::PONG)], KEPT).await;
            return Some(line);
        }
        Ok(None) => return Some(line),
        Err(error) => {
            reactor.counters.read_errors.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            say!("[warning] a {wire:?} request cannot be read: {error}");
            return Some(line);
        }
    };
    if let Some(arrived) = arrived {
        arrived.notify_one();
    }
    let asked = line::Asked {
        framing,
        is_http11: request.vars.get(b"SERVER_PROTOCOL") == Some(b"HTTP/1.1"),
        head_only: request.vars.get(b"REQUEST_METHOD") == Some(b"HEAD"),
        may_go_on: matches!(framing, Framing::Frames | Framing::Records { keep: true, .. }),
    };
    line.prepare(asked, request.vars.get(b"REQUEST_URI").unwrap_or_default());
    reactor.answer(request, line, lent, overlong).await
}

/// Reads a request; `None` where the client went away without a word.
async fn read_request(
    reactor: &Reactor,
    stream: &mut Stream,
    buffer: &mut BytesMut,
    wire: Wire,
) -> Result<Option<Asked>, ReadError> {
    let settings = &reactor.shared.settings;
    let limit = usize::try_from(settings.limits.buffer_size).unwrap_or(usize::MAX);
    let mut reader = Reader { stream, silence: settings.sockets.socket_timeout };
    // What the gateway sends was measured there.
    let limit = if wire == Wire::Gateway { usize::MAX } else { limit };
    let mut records = fastcgi::Reader::new(limit);
    let vars = loop {
        let vars = match wire {
            Wire::Cgi { protocol: Cgi::FastCgi, .. } => match records.take(buffer)? {
                Some(Event::Vars(vars)) => Some(vars),
                // The body comes behind the variables only.
                Some(Event::Body(_) | Event::End) | None => None,
            },
            Wire::Cgi { protocol: Cgi::Scgi, .. } => scgi::take(buffer, limit)?,
            _ => match uwsgi::take(buffer, limit)? {
                Some(Packet::Ping) => return Ok(Some(Asked::Ping)),
                Some(Packet::Request(vars)) => Some(vars),
                None => None,
            },
        };
        if let Some(vars) = vars {
            break vars;
        }
        if reader.read(buffer).await? == 0 {
            return match buffer.len() {
                0 => Ok(None),
                got => Err(ReadError::Cut(got)),
            };
        }
    };
    let (body, framing) = match wire {
        Wire::Cgi { protocol: Cgi::FastCgi, .. } => {
            let framing = Framing::Records { id: records.id(), keep: records.keeps_connection() };
            (read_records(&mut reader, buffer, records, &vars, settings).await?, framing)
        }
        Wire::Gateway => (read_body(&mut reader, buffer, &vars, settings).await?, Framing::Frames),
        _ => (read_body(&mut reader, buffer, &vars, settings).await?, Framing::None),
    };
    let https = is_https(&vars, || is_trusted(reactor, &vars, wire, true));
    let input_terminated = wire == Wire::Gateway && vars.get(b"HTTP_TRANSFER_ENCODING").is_some();
    let request = Request { vars, body, https, input_terminated, core: reactor.core, app: 0 };
    Ok(Some(Asked::Request(request, framing)))
}

/// Reads a body that comes in records, which say themselves where it ends.
async fn read_records(
    reader: &mut Reader<'_>,
    buffer: &mut BytesMut,
    mut records: fastcgi::Reader,
    vars: &Vars,
    settings: &Settings,
) -> Result<Body, ReadError> {
    let expected = announced(vars);
    let mut body = BodyBuffer::new(settings.limits.post_buffering, settings.limits.limit_post);
    loop {
        match records.take(buffer)? {
            Some(Event::Body(piece)) => body.push(piece)?,
            Some(Event::End) if body.len() >= expected => return Ok(body.finish(buffer)),
            Some(Event::End) => return Err(ReadError::Short { got: body.len(), expected }),
            Some(Event::Vars(_)) => {}
            None => {
                if reader.read(buffer).await? == 0 {
                    return Err(ReadError::Short { got: body.len(), expected });
                }
            }
        }
    }
}

/// The length that a request announces. As uWSGI: what is no number is no body.
fn announced(vars: &Vars) -> u64 {
    let length = vars.get(b"CONTENT_LENGTH").unwrap_or_default();
    std::str::from_utf8(length).ok().and_then(|length| length.parse().ok()).unwrap_or(0)
}

async fn read_body(
    reader: &mut Reader<'_>,
    buffer: &mut BytesMut,
    vars: &Vars,
    settings: &Settings,
) -> Result<Body, ReadError> {
    let expected = announced(vars);
    if settings.limits.limit_post > 0 && expected > settings.limits.limit_post {
        return Err(BodyError::TooLarge(settings.limits.limit_post).into());
    }
    let mut body = BodyBuffer::new(settings.limits.post_buffering, 0);
    while body.len() < expected {
        body.make_room(buffer, expected - body.len());
        if buffer.is_empty() && reader.read(buffer).await? == 0 {
            return Err(ReadError::Short { got: body.len(), expected });
        }
        let missing = usize::try_from(expected - body.len()).unwrap_or(usize::MAX);
        let piece = buffer.split_to(buffer.len().min(missing));
        body.push(piece)?;
    }
    Ok(body.finish(buffer))
}

/// Reads with a limit on silence.
struct Reader<'a> {
    stream: &'a mut Stream,
    /// Seconds.
    silence: u64,
}

impl Reader<'_> {
    async fn read(&mut self, buffer: &mut BytesMut) -> Result<usize, ReadError> {
        match timeout(Duration::from_secs(self.silence), self.stream.receive(buffer)).await {
            Ok(read) => Ok(read?),
            Err(_) => Err(ReadError::Slow(self.silence)),
        }
    }
}
