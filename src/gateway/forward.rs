//! One request through the gateway: collected, handed to a worker, its reply carried back.

use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::Gateway;
use crate::app::vars::TooLong;
use crate::app::{Body, Vars};
use crate::log::say;
use crate::net::http::{collect, say_close, set_head};
use crate::options::settings::Settings;
use crate::process::{channel, scoreboard};
use crate::protocol::REQUEST_START;
use crate::protocol::http::{Connection, vars};
use crate::protocol::reply::frame;
use crate::protocol::uwsgi;

/// A head has at most so many headers.
const MOST_HEADERS: usize = 1024;

/// The giving end of the channel to the workers.
pub(super) struct Channel {
    end: UnixStream,
    /// Who waits for room in the queue waits in line.
    line: tokio::sync::Mutex<()>,
}

impl Channel {
    pub(super) fn new(end: OwnedFd) -> io::Result<Self> {
        let end = UnixStream::from_std(end.into())?;
        Ok(Self { end, line: tokio::sync::Mutex::new(()) })
    }

    /// Hands a connection to the workers.
    async fn give(&self, theirs: &std::os::unix::net::UnixStream) -> io::Result<()> {
        let _turn = self.line.lock().await;
        self.end.async_io(Interest::WRITABLE, || channel::give(&self.end, theirs)).await
    }
}

/// Answers a request.
pub(super) async fn forward(
    gateway: &Gateway,
    facts: &Connection,
    request: Request<Incoming>,
) -> Response<WorkerBody> {
    match exchange(gateway, facts, request).await {
        Ok(response) => response,
        Err(refused) => refused.into_response(),
    }
}

/// Answers what is no request; the end of its connection.
pub(super) fn refusal(status: StatusCode) -> Response<WorkerBody> {
    Refused::from(status).into_response()
}

/// Tells a client to come over HTTPS: the same host without its port, the same target, as uWSGI
/// 2.0.31 does.
pub(super) fn to_https(request: &Request<Incoming>) -> Response<WorkerBody> {
    let said = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = request.uri().authority().map(http::uri::Authority::as_str).or(said);
    let host = host.and_then(|host| host.parse::<http::uri::Authority>().ok());
    let target = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let location = host.map(|host| format!("https://{}{target}", host.host()));
    let Some(Ok(location)) = location.map(HeaderValue::try_from) else {
        return refusal(StatusCode::BAD_REQUEST);
    };
    let mut response = Response::new(WorkerBody::full(Bytes::new()));
    *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
    response.headers_mut().insert(header::LOCATION, location);
    response
}

/// Why there is no reply of a worker.
struct Refused {
    status: StatusCode,
    /// Whether the rest of the connection cannot be trusted.
    close: bool,
}

impl From<StatusCode> for Refused {
    fn from(status: StatusCode) -> Self {
        Self { status, close: true }
    }
}

impl Refused {
    fn of_worker(status: StatusCode) -> Self {
        Self { status, close: false }
    }

    fn into_response(self) -> Response<WorkerBody> {
        let text = self.status.canonical_reason().unwrap_or("Bad Request");
        let mut response = Response::new(WorkerBody::full(text.into()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        if self.close {
            say_close(&mut response);
        }
        response
    }
}

async fn exchange(
    gateway: &Gateway,
    facts: &Connection,
    request: Request<Incoming>,
) -> Result<Response<WorkerBody>, Refused> {
    let settings = &gateway.settings;
    let silence = Duration::from_secs(settings.http.http_timeout);
    let (head, incoming) = request.into_parts();
    let mut vars = vars(&head, facts)
        .and_then(|vars| add_variables(settings, vars))
        .map_err(|_| StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)?;
    // What is larger fits no packet.
    let limit = usize::try_from(settings.limits.buffer_size)
        .unwrap_or(usize::MAX)
        .min(usize::from(u16::MAX));
    if vars.packet_size() > limit {
        return Err(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE.into());
    }
    let mut body =
        collect(incoming, settings.limits.post_buffering, settings.limits.limit_post, silence)
            .await?;
    if vars.get(b"HTTP_TRANSFER_ENCODING").is_some() {
        // A body that came in chunks has a length now.
        vars.push(b"CONTENT_LENGTH", body.len().to_string().as_bytes())
            .map_err(|_| StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)?;
    }
    if settings.statistics.metrics.is_some() {
        let now = scoreboard::now().as_secs_f64().to_string();
        vars.push(REQUEST_START, now.as_bytes())
            .map_err(|_| StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)?;
    }
    let stream = hand_over(gateway, vars, &mut body).await.map_err(|error| worker_lost(&error))?;
    let mut reply = FrameReader { stream, buffer: BytesMut::with_capacity(4096), silence };
    let head = match reply.next().await {
        Ok(head) => head,
        Err(error) if error.kind() == io::ErrorKind::TimedOut => {
            return Err(Refused::of_worker(StatusCode::GATEWAY_TIMEOUT));
        }
        Err(error) => return Err(worker_lost(&error)),
    };
    let mut response = Response::new(());
    parse_head(&head, &mut response).ok_or_else(|| {
        say!("the http gateway cannot read the reply of a worker");
        Refused::of_worker(StatusCode::BAD_GATEWAY)
    })?;
    // What is all there needs no waiting, and gets a length.
    let first = reply.try_next().map_err(|error| worker_lost(&error))?;
    let body = match first {
        Some(first) if first.is_empty() => WorkerBody::full(Bytes::new()),
        Some(first) => match reply.try_next().map_err(|error| worker_lost(&error))? {
            Some(end) if end.is_empty() => WorkerBody::full(first),
            second => WorkerBody::more(reply, [Some(first), second]),
        },
        None => WorkerBody::more(reply, [None, None]),
    };
    Ok(response.map(|()| body))
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

fn worker_lost(error: &io::Error) -> Refused {
    say!("a worker went away before it answered: {error}");
    Refused::of_worker(StatusCode::BAD_GATEWAY)
}

/// Hands a request to the worker that is idle next, on a connection of its own.
async fn hand_over(gateway: &Gateway, vars: Vars, body: &mut Body) -> io::Result<UnixStream> {
    let packet = uwsgi::encode(vars).ok_or(io::ErrorKind::InvalidData)?;
    let (mine, theirs) = channel::connection()?;
    let mut stream = UnixStream::from_std(mine)?;
    let mut pieces = body.pieces()?;
    let mut bytes = BytesMut::from(&packet[..]);
    // What fits is there before the worker looks, so that it never waits for a request it took.
    while let Ok(1..) = stream.try_write(&bytes).inspect(|written| bytes.advance(*written)) {
        if bytes.is_empty() {
            bytes.extend_from_slice(&pieces.take()?);
        }
    }
    gateway.channel.give(&theirs).await?;
    drop(theirs);
    while !bytes.is_empty() {
        stream.write_all(&bytes).await?;
        bytes = BytesMut::from(&pieces.take()?[..]);
    }
    Ok(stream)
}

fn parse_head(head: &[u8], response: &mut Response<()>) -> Option<()> {
    let mut headers = vec![httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut parsed = httparse::Response::new(&mut headers);
    parsed.parse(head).ok().filter(httparse::Status::is_complete)?;
    // As it stands there: the parser leaves out a reason that is not ASCII.
    let line = head.split(|&byte| byte == b'\r').next()?;
    let status = line.splitn(2, |&byte| byte == b' ').nth(1)?;
    let headers: Vec<_> = parsed
        .headers
        .iter()
        .map(|header| (header.name.as_bytes().to_vec(), header.value.to_vec()))
        .collect();
    set_head(response, status, &headers);
    Some(())
}

/// Reads frames of a reply.
pub(super) struct FrameReader {
    stream: UnixStream,
    buffer: BytesMut,
    silence: Duration,
}

impl FrameReader {
    /// The next frame, where it is here already.
    fn try_next(&mut self) -> io::Result<Option<Bytes>> {
        frame::take(&mut self.buffer).map_err(|error| io::Error::other(error.to_string()))
    }

    /// The next frame.
    async fn next(&mut self) -> io::Result<Bytes> {
        loop {
            if let Some(frame) = self.try_next()? {
                return Ok(frame);
            }
            self.buffer.reserve(16 << 10);
            let read = timeout(self.silence, self.stream.read_buf(&mut self.buffer)).await;
            if read.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

type NextFrame = Pin<Box<dyn Future<Output = (FrameReader, io::Result<Bytes>)>>>;

/// The body of a worker's reply.
pub(super) struct WorkerBody {
    ready: [Option<Bytes>; 2],
    next: Option<NextFrame>,
    /// Why there is no more, while hyper sends what it has.
    broken: Option<io::Error>,
}

impl WorkerBody {
    fn full(bytes: Bytes) -> Self {
        Self {
            ready: [Some(bytes).filter(|bytes| !bytes.is_empty()), None],
            next: None,
            broken: None,
        }
    }

    fn more(reader: FrameReader, ready: [Option<Bytes>; 2]) -> Self {
        Self { ready, next: Some(next_frame(reader)), broken: None }
    }
}

fn next_frame(mut reader: FrameReader) -> NextFrame {
    Box::pin(async move {
        let frame = reader.next().await;
        (reader, frame)
    })
}

impl http_body::Body for WorkerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(ready) = self.ready.iter_mut().find_map(Option::take) {
            return Poll::Ready(Some(Ok(Frame::data(ready))));
        }
        if let Some(error) = self.broken.take() {
            return Poll::Ready(Some(Err(error)));
        }
        let Some(next) = &mut self.next else { return Poll::Ready(None) };
        let (reader, frame) = std::task::ready!(next.as_mut().poll(context));
        self.next = None;
        match frame {
            Ok(frame) if frame.is_empty() => Poll::Ready(None),
            Ok(frame) => {
                self.next = Some(next_frame(reader));
                Poll::Ready(Some(Ok(Frame::data(frame))))
            }
            Err(error) => {
                say!("a reply of a worker ended before its end: {error}");
                self.broken = Some(error);
                context.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.next.is_none() && self.broken.is_none() && self.ready.iter().all(Option::is_none)
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.next, &self.broken) {
            (None, None) => {
                SizeHint::with_exact(self.ready.iter().flatten().map(|b| b.len() as u64).sum())
            }
            _ => SizeHint::default(),
        }
    }
}
