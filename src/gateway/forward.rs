//! One request through the gateway: handed to a thread of a worker, its reply carried back.

use std::io::{self, IoSlice};
use std::time::Duration;

use http::StatusCode;

use super::pool::{Lost, Refusal, Thread};
use super::turns::Turn;
use super::{Gateway, tunnel};
use crate::app::vars::TooLong;
use crate::app::{Body, Vars};
use crate::log::say;
use crate::net::http::plain;
use crate::net::stream::Stream;
use crate::net::waiting::Waiting;
use crate::options::settings::Settings;
use crate::process::scoreboard;
use crate::protocol::REQUEST_START;
use crate::protocol::http::{Facts, host_and_target, vars};
use crate::protocol::http1::Head;
use crate::protocol::reply::frame::Event;
use crate::protocol::uwsgi;

/// Bytes that are cheaper to copy than to send as a piece of their own.
const SMALL: usize = 16 << 10;

/// How often a request is handed over again because nobody took it.
const TRIES: usize = 32;

/// A client who waits for a reply.
pub(super) struct Client<'c> {
    /// The connection.
    pub(super) stream: &'c mut Stream,
    /// Longest time in which nothing goes on.
    pub(super) silence: Duration,
    /// How the request waits for a thread that is free.
    pub(super) turn: Turn,
    /// Waits for threads.
    pub(super) waiting: &'c mut Waiting,
    /// Whether a further request may come.
    pub(super) may_go_on: bool,
    /// Whether the client knows HTTP/1.1.
    pub(super) is_http11: bool,
}

/// The connection cannot be used any more.
#[derive(Debug)]
pub(super) struct Broken;

/// Answers a request.
pub(super) async fn forward(
    gateway: &Gateway,
    facts: &Facts,
    (head, body): &mut (Head, Body),
    client: &mut Client<'_>,
) -> Result<bool, Broken> {
    let packet = match packet(gateway, facts, head, body, client.turn.waited) {
        Ok(packet) => packet,
        Err(status) => return client.refuse(status).await,
    };
    if !gateway.elsewhere.is_empty() {
        let head_only = head.method() == b"HEAD";
        client.turn.place = None;
        // In a box, as all that is large and seldom: it is to take no room in what others use.
        return Box::pin(gateway.elsewhere.answer(&packet, body, head_only, client)).await;
    }
    for _ in 0..TRIES {
        let mut thread = match gateway.pool.thread(client.turn.patience, client.waiting).await {
            Ok(thread) => thread,
            Err(Refusal::Overloaded) => {
                say!("[warning] the http gateway is overloaded: too many requests wait");
                return client.refuse(StatusCode::SERVICE_UNAVAILABLE).await;
            }
            Err(Refusal::TooLate) => return client.refuse(StatusCode::GATEWAY_TIMEOUT).await,
        };
        client.turn.place = None;
        match thread.ask(&packet, body, client.silence).await {
            Ok(first) => return client.relay(gateway, thread, first).await,
            Err(Lost::NotTaken) => {}
            Err(Lost::TimedOut) => return client.refuse(StatusCode::GATEWAY_TIMEOUT).await,
            Err(Lost::Died(error)) => {
                say!("a worker went away before it answered: {error}");
                return client.refuse(StatusCode::BAD_GATEWAY).await;
            }
        }
    }
    say!("no worker takes a request");
    client.refuse(StatusCode::BAD_GATEWAY).await
}

/// Hands a request over: its packet and its body.
pub(super) async fn hand_over(
    stream: &mut Stream,
    packet: &[u8],
    body: &mut Body,
    silence: Duration,
) -> io::Result<()> {
    let mut pieces = body.pieces()?;
    let mut behind = pieces.take()?;
    let mut parts = [IoSlice::new(packet), IoSlice::new(&behind)];
    stream.send(&mut parts, silence).await?;
    while !behind.is_empty() {
        behind = pieces.take()?;
        stream.send(&mut [IoSlice::new(&behind)], silence).await?;
    }
    Ok(())
}

/// The request as a packet of the uwsgi protocol.
fn packet(
    gateway: &Gateway,
    facts: &Facts,
    head: &Head,
    body: &Body,
    waited: Duration,
) -> Result<Vec<u8>, StatusCode> {
    let settings = &gateway.settings;
    let made =
        vars(head, facts).and_then(|vars| add_variables(settings, vars)).and_then(|mut vars| {
            if head.length().is_none() {
                // A body that came in chunks has a length now.
                vars.push(b"CONTENT_LENGTH", body.len().to_string().as_bytes())?;
            }
            if settings.statistics.metrics.is_some() {
                let since = scoreboard::now().saturating_sub(waited);
                vars.push(REQUEST_START, since.as_secs_f64().to_string().as_bytes())?;
            }
            Ok(vars)
        });
    let vars = made.map_err(|_| StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)?;
    let limit = usize::try_from(settings.limits.buffer_size).unwrap_or(usize::MAX);
    if vars.packet_size() > limit {
        return Err(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    }
    // What is larger fits no packet.
    uwsgi::encode(vars).ok_or(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
}

/// Adds what the configuration wants said of every request.
fn add_variables(settings: &Settings, mut vars: Vars) -> Result<Vars, TooLong> {
    if settings.http.http_server_name_as_http_host
        && let Some(host) = vars.get(b"HTTP_HOST").map(<[u8]>::to_vec)
    {
        vars.push(b"SERVER_NAME", &host)?;
    }
    for (name, value) in &settings.http.http_var {
        vars.push(name.as_bytes(), value.as_bytes())?;
    }
    Ok(vars)
}

/// Where a client is sent that is to come over HTTPS: the same host without its port, the same
/// target, as uWSGI 2.0.31 does.
fn https_location(head: &Head) -> Option<String> {
    let (host, target) = host_and_target(head);
    let host = std::str::from_utf8(host?).ok()?.parse::<http::uri::Authority>().ok()?;
    let location = format!("https://{}{}", host.host(), String::from_utf8_lossy(&target));
    http::HeaderValue::try_from(&location).is_ok().then_some(location)
}

impl Client<'_> {
    /// Answers without a worker; whether a further request may come.
    pub(super) async fn refuse(&mut self, status: StatusCode) -> Result<bool, Broken> {
        // What was too large was not read to its end.
        self.may_go_on &= status.is_server_error();
        let more = match status {
            StatusCode::SERVICE_UNAVAILABLE => "Retry-After: 1\r\n",
            _ => "",
        };
        self.send(&plain(status, more, !self.may_go_on), b"").await?;
        Ok(self.may_go_on)
    }

    /// Sends the client to HTTPS; whether a further request may come.
    pub(super) async fn send_to_https(mut self, head: &Head) -> Result<bool, Broken> {
        let Some(location) = https_location(head) else {
            return self.refuse(StatusCode::BAD_REQUEST).await;
        };
        let more = format!("Location: {location}\r\n");
        self.send(&plain(StatusCode::MOVED_PERMANENTLY, &more, !self.may_go_on), b"").await?;
        Ok(self.may_go_on)
    }

    /// Sends bytes, in one piece.
    pub(super) async fn send(&mut self, first: &[u8], second: &[u8]) -> Result<(), Broken> {
        // A client that takes its time over this keeps no place.
        self.turn.place = None;
        let mut pieces = [IoSlice::new(first), IoSlice::new(second)];
        self.stream.send(&mut pieces, self.silence).await.map_err(|_| Broken)
    }

    /// Adds what a client needs to know of the connection, and the end of the head.
    pub(super) fn end_head(&self, head: &mut Vec<u8>, in_chunks: bool) {
        if in_chunks {
            head.extend_from_slice(b"Transfer-Encoding: chunked\r\n");
        }
        head.extend_from_slice(match (self.may_go_on, self.is_http11) {
            (false, _) => b"Connection: close\r\n\r\n",
            (true, false) => b"Connection: keep-alive\r\n\r\n",
            (true, true) => b"\r\n",
        });
    }

    /// Carries a reply back, as it comes.
    async fn relay(
        &mut self,
        gateway: &Gateway,
        mut thread: Box<Thread>,
        first: Event,
    ) -> Result<bool, Broken> {
        let Event::Head(head, has_open_end) = first else {
            say!("the http gateway cannot understand a worker");
            return self.refuse(StatusCode::BAD_GATEWAY).await;
        };
        if tunnel::is_handed_over(&head) {
            if !gateway.settings.http.http_websockets {
                say!(
                    "[warning] the application made a connection something else than HTTP, which the \
                     http gateway lets through with http-websockets only"
                );
                return self.refuse(StatusCode::BAD_GATEWAY).await;
            }
            self.may_go_on = false;
            // Both sides know themselves how far they came.
            let _ = Box::pin(tunnel::carry(self.stream, &mut thread, &head, self.silence)).await;
            return Ok(false);
        }
        let mut out = Vec::with_capacity(head.len() + 1024);
        // The empty line comes behind what is added.
        out.extend_from_slice(head.strip_suffix(b"\r\n").unwrap_or(&head));
        let in_chunks = has_open_end && self.is_http11;
        self.may_go_on &= in_chunks || !has_open_end;
        self.end_head(&mut out, in_chunks);
        loop {
            // What is all there goes in one piece.
            let event = match thread.try_next() {
                Ok(Some(event)) => Ok(event),
                Ok(None) => {
                    self.send(&out, b"").await?;
                    out.clear();
                    thread.next(self.silence).await
                }
                Err(lost) => Err(lost),
            };
            match event {
                Ok(Event::Body(part)) => {
                    if in_chunks {
                        out.extend_from_slice(format!("{:x}\r\n", part.len()).as_bytes());
                    }
                    if part.len() > SMALL {
                        self.send(&out, &part).await?;
                        out.clear();
                    } else {
                        out.extend_from_slice(&part);
                    }
                    if in_chunks {
                        out.extend_from_slice(b"\r\n");
                    }
                }
                Ok(Event::End) => {
                    if in_chunks {
                        out.extend_from_slice(b"0\r\n\r\n");
                    }
                    gateway.pool.give_back(thread);
                    self.send(&out, b"").await?;
                    return Ok(self.may_go_on);
                }
                Ok(Event::Head(..) | Event::Gone) => return Err(Broken),
                Err(lost) => {
                    say!("a reply of a worker ended before its end: {lost}");
                    // What came is carried on; without an end it is known to be incomplete.
                    let _ = self.send(&out, b"").await;
                    return Err(Broken);
                }
            }
        }
    }
}
