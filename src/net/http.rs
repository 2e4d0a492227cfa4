//! What workers and the gateway share of HTTP with hyper: collecting a body, setting a head.

use std::time::Duration;

use http::{Response, StatusCode};
use http_body::Body as _;
use http_body_util::BodyExt;
use hyper::body::Incoming;

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
