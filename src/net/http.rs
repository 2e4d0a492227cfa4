//! What workers and the gateway share of HTTP with hyper: collecting a body, setting a head.

use std::convert::Infallible;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use http_body::Body as _;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};

use super::guarded::Guarded;
use super::patient::Patient;
use super::stream::Stream;
use crate::app::Body;
use crate::app::body::{BodyBuffer, BodyError};
use crate::log::say;
use crate::protocol::guard::refused_status;

/// Collects a body, or gives the status that refuses it.
pub async fn collect(
    mut incoming: Incoming,
    in_memory: u64,
    limit: u64,
    silence: Duration,
) -> Result<Body, StatusCode> {
    let mut body = BodyBuffer::new(in_memory, limit);
    if limit > 0 && incoming.size_hint().lower() > limit {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    loop {
        let next = tokio::time::timeout(silence, incoming.frame()).await;
        match next.map_err(|_| StatusCode::REQUEST_TIMEOUT)? {
            None => return Ok(body.finish()),
            Some(frame) => {
                let frame = frame.map_err(|_| StatusCode::BAD_REQUEST)?;
                let Ok(bytes) = frame.into_data() else { continue };
                body.push(&bytes).map_err(|error| match error {
                    BodyError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
                    BodyError::Io(_) => {
                        say!("{error}");
                        StatusCode::INSUFFICIENT_STORAGE
                    }
                })?;
            }
        }
    }
}

/// Sets status, reason and headers; each was checked before.
pub fn set_head<T>(response: &mut Response<T>, status: &[u8], headers: &[(Vec<u8>, Vec<u8>)]) {
    let (code, reason) = status.split_at_checked(3).unwrap_or((b"500", b""));
    *response.status_mut() =
        StatusCode::from_bytes(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let reason = reason.trim_ascii();
    let usual = response.status().canonical_reason().map(str::as_bytes);
    if usual != Some(reason)
        && let Ok(reason) = hyper::ext::ReasonPhrase::try_from(reason)
    {
        response.extensions_mut().insert(reason);
    }
    for (name, value) in headers {
        let name = http::HeaderName::from_bytes(name);
        if let (Ok(name), Ok(value)) = (name, http::HeaderValue::from_bytes(value)) {
            response.headers_mut().append(name, value);
        }
    }
}

/// How long a client of a process that goes may be silent between two requests: closing at once
/// would meet a request that is on its way. Requests that come are answered, with the word that
/// the connection ends.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// Says in a reply that the connection ends with it.
pub fn say_close<T>(response: &mut Response<T>) {
    let close = http::HeaderValue::from_static("close");
    response.headers_mut().insert(http::header::CONNECTION, close);
}

/// Whether a connection was used for a request yet.
#[derive(Default)]
struct Used {
    is_used: std::cell::Cell<bool>,
    first: tokio::sync::Notify,
}

impl Used {
    /// Says that a request is here.
    fn set(&self) {
        self.is_used.set(true);
        self.first.notify_one();
    }

    async fn wait(&self) {
        while !self.is_used.get() {
            self.first.notified().await;
        }
    }
}

/// How a connection is served.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Largest head of a request (`buffer-size`), in bytes.
    pub head: u64,
    /// Longest wait for the head of a request, also between two of them.
    pub wait: Duration,
    /// Longest time in which a client takes nothing.
    pub silence: Duration,
    /// Whether more than one request may come.
    pub keep_alive: bool,
}

/// hyper has no smaller buffer for a head, in bytes.
const SMALLEST_HEAD: usize = 8192;

/// A request to be answered, or the status with which it is to be refused; that is the last one of
/// its connection.
pub type Arrived = Result<Request<Incoming>, StatusCode>;

/// Serves a connection to its end. Once `drained` is over it is closed between two requests, but
/// not at once before its first: a client that just connected is about to speak.
pub async fn serve<Answer, Answered, B>(
    stream: Stream,
    rules: Rules,
    answer: Answer,
    drained: impl Future<Output = ()>,
) where
    Answer: Fn(Arrived) -> Answered,
    Answered: Future<Output = Response<B>>,
    B: http_body::Body + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let used = Used::default();
    let head = usize::try_from(rules.head).unwrap_or(usize::MAX).max(SMALLEST_HEAD);
    let service = hyper::service::service_fn(|request: Request<Incoming>| {
        used.set();
        let (parts, body) = request.into_parts();
        let arrived = match refused_status(&parts) {
            Some(status) => {
                tell_too_large(status, head);
                Err(status)
            }
            None => Ok(Request::from_parts(parts, body)),
        };
        let answered = answer(arrived);
        async move { Ok::<_, Infallible>(answered.await) }
    });
    let io = Guarded::new(Patient::new(stream, rules.silence), head);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(rules.wait)
        .keep_alive(rules.keep_alive)
        .half_close(true)
        .title_case_headers(true)
        .max_buf_size(head)
        .serve_connection(TokioIo::new(io), service);
    tokio::pin!(connection);
    let over = async {
        drained.await;
        // Whoever says nothing for so long holds up nobody's end.
        let _ = tokio::time::timeout(PATIENCE, used.wait()).await;
    };
    // Errors are the client's: hyper answered them, or there is nobody to answer.
    let _ = tokio::select! {
        ended = connection.as_mut() => ended,
        () = over => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
}

/// Tells of a head that was too large, and which option says so.
fn tell_too_large(status: StatusCode, limit: usize) {
    if matches!(status, StatusCode::URI_TOO_LONG | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE) {
        say!(
            "[warning] the head of a request is larger than {limit} bytes (buffer-size) or has \
             too many headers: {}",
            status.as_u16()
        );
    }
}
