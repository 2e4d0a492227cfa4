//! What workers and the gateway share of HTTP with hyper: collecting a body, setting a head.

use std::time::Duration;

use http::{Response, StatusCode};
use http_body::Body as _;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::HttpService;

use crate::app::Body;
use crate::app::body::{BodyBuffer, BodyError};
use crate::log::say;

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
pub struct Used {
    is_used: std::cell::Cell<bool>,
    first: tokio::sync::Notify,
}

impl Used {
    /// Says that a request is here.
    pub fn set(&self) {
        self.is_used.set(true);
        self.first.notify_one();
    }

    async fn wait(&self) {
        while !self.is_used.get() {
            self.first.notified().await;
        }
    }
}

/// Serves a connection to its end. Once `drained` is over it is closed between two requests, but
/// never before its first: a client that just connected is about to speak.
pub async fn serve<Io, S>(
    connection: http1::Connection<Io, S>,
    used: &Used,
    drained: impl Future<Output = ()>,
) -> hyper::Result<()>
where
    Io: hyper::rt::Read + hyper::rt::Write + Unpin,
    S: HttpService<Incoming>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    S::ResBody: 'static,
    <S::ResBody as http_body::Body>::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    tokio::pin!(connection);
    let over = async {
        drained.await;
        used.wait().await;
    };
    tokio::select! {
        ended = connection.as_mut() => ended,
        () = over => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    }
}

/// Says in the log why a client got a 431.
pub fn tell_large_head(limit: usize) {
    say!("[warning] the head of a request is larger than {limit} bytes (buffer-size): 431");
}
