//! Websockets: `uwsgi.websocket_handshake()` and its kin (RFC 6455), for applications that keep a thread for
//! each.
//!
//! Messages and their frames are tungstenite's; which connection they go over is the reply's
//! [`Outlet`].

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use pyo3::exceptions::{PyOSError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyModule, PyString};
use tungstenite::handshake::derive_accept_key;
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Error, Message, Utf8Bytes, WebSocket};

use super::module;
use super::start::StartResponse;
use crate::app::Outlet;

/// How websockets are kept.
#[derive(Clone, Copy, Debug)]
pub struct Keeping {
    /// How often a client that is silent is asked whether it is there.
    pub ping: Duration,
    /// How long it may take to answer.
    pub tolerance: Duration,
    /// Bytes of a message, at most.
    pub most: usize,
}

impl Default for Keeping {
    /// As uWSGI's.
    fn default() -> Self {
        let (ping, tolerance) = (Duration::from_secs(30), Duration::from_secs(3));
        Self { ping, tolerance, most: 1 << 20 }
    }
}

/// The request that a thread is in.
struct Current {
    start: Py<StartResponse>,
    environ: Py<PyDict>,
    /// Once the handshake was made.
    /// In a box: it is large, and hardly any request has one.
    socket: Option<Box<Socket>>,
}

thread_local!(static CURRENT: RefCell<Option<Current>> = const { RefCell::new(None) });

/// Keeps what a handshake needs while the application is called.
pub(super) fn enter(start: &Bound<'_, StartResponse>, environ: &Bound<'_, PyDict>) {
    let (start, environ) = (start.clone().unbind(), environ.clone().unbind());
    CURRENT.set(Some(Current { start, environ, socket: None }));
}

/// The call is over.
pub(super) fn leave(py: Python<'_>) {
    if let Some(Current { socket: Some(mut socket), .. }) = CURRENT.take() {
        py.detach(|| {
            // Who is gone needs no word.
            let _ = socket.stream.close(None);
            let _ = socket.stream.flush();
        });
    }
}

/// A websocket, and what its client was asked.
struct Socket {
    stream: WebSocket<Wire>,
    keeping: Keeping,
    /// When the client was heard last.
    heard: Instant,
    /// When it was asked whether it is there, if it has not said anything since.
    asked: Option<Instant>,
}

/// The connection.
struct Wire {
    outlet: Arc<dyn Outlet>,
    /// How long to wait for bytes.
    patience: Duration,
}

impl Read for Wire {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.outlet.receive(room, self.patience)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.outlet.pass(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Adds the functions to the `uwsgi` module.
pub(super) fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(websocket_handshake, module)?)?;
    module.add_function(wrap_pyfunction!(websocket_recv, module)?)?;
    module.add_function(wrap_pyfunction!(websocket_recv_nb, module)?)?;
    module.add_function(wrap_pyfunction!(websocket_send, module)?)?;
    module.add_function(wrap_pyfunction!(websocket_send_binary, module)?)
}

/// Makes the connection of this request a websocket. What is not given is taken from the request.
#[pyfunction]
#[pyo3(signature = (key=None, origin=None, proto=None))]
fn websocket_handshake(
    py: Python<'_>,
    key: Option<&Bound<'_, PyAny>>,
    origin: Option<&Bound<'_, PyAny>>,
    proto: Option<&Bound<'_, PyAny>>,
) -> PyResult<()> {
    let current =
        CURRENT.take().ok_or_else(|| PyOSError::new_err("no request is answered here"))?;
    let made = make(py, &current, key, origin, proto);
    let (socket, made) = match made {
        Ok(socket) => (Some(Box::new(socket)), Ok(())),
        Err(error) => (current.socket, Err(error)),
    };
    CURRENT.set(Some(Current { socket, ..current }));
    made
}

fn make(
    py: Python<'_>,
    current: &Current,
    key: Option<&Bound<'_, PyAny>>,
    origin: Option<&Bound<'_, PyAny>>,
    proto: Option<&Bound<'_, PyAny>>,
) -> PyResult<Socket> {
    if current.socket.is_some() {
        return Err(PyOSError::new_err("the websocket handshake was made already"));
    }
    let of_request = |given: Option<&Bound<'_, PyAny>>, name: &str| {
        let value = match given {
            Some(given) => text(given)?,
            None => match current.environ.bind(py).get_item(name)? {
                Some(value) => text(&value)?,
                None => String::new(),
            },
        };
        // Nothing can be said behind a line.
        let is_line = value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        is_line.then_some(value).ok_or_else(|| PyValueError::new_err(format!("{name} is no line")))
    };
    let key = of_request(key, "HTTP_SEC_WEBSOCKET_KEY")?;
    let origin = of_request(origin, "HTTP_ORIGIN")?;
    let proto = of_request(proto, "HTTP_SEC_WEBSOCKET_PROTOCOL")?;
    if key.is_empty() {
        return Err(PyOSError::new_err(
            "unable to complete websocket handshake: the client sent no Sec-WebSocket-Key",
        ));
    }
    let mut head = format!(
        "HTTP/1.1 101 Web Socket Protocol Handshake\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Origin: {}\r\nSec-WebSocket-Accept: {}\r\n",
        if origin.is_empty() { "*" } else { &origin },
        derive_accept_key(key.as_bytes()),
    );
    // Of those that are offered one may be chosen (RFC 6455 §4.2.2).
    if let Some(proto) = proto.split(',').map(str::trim).find(|proto| !proto.is_empty()) {
        head.extend(["Sec-WebSocket-Protocol: ", proto, "\r\n"]);
    }
    head.push_str("\r\n");
    let outlet = current.start.borrow_mut(py).take_over();
    let keeping = module::keeping();
    let upgraded = py.detach(|| outlet.upgrade(head.as_bytes()));
    upgraded.map_err(|error| {
        PyOSError::new_err(format!("unable to complete websocket handshake: {error}"))
    })?;
    let config = WebSocketConfig::default()
        .read_buffer_size(4 << 10)
        .write_buffer_size(0)
        .max_message_size(Some(keeping.most))
        .max_frame_size(Some(keeping.most));
    let wire = Wire { outlet, patience: keeping.ping };
    let stream = WebSocket::from_raw_socket(wire, Role::Server, Some(config));
    Ok(Socket { stream, keeping, heard: Instant::now(), asked: None })
}

/// Waits for the next message.
#[pyfunction]
fn websocket_recv(py: Python<'_>) -> PyResult<Bound<'_, PyBytes>> {
    let message = with_socket(py, |socket| {
        loop {
            let look = match socket.asked {
                Some(asked) => asked + socket.keeping.tolerance,
                None => socket.heard + socket.keeping.ping,
            };
            let patience = look.saturating_duration_since(Instant::now());
            if let Some(message) = socket.read(patience)? {
                return Ok(message);
            }
            socket.look()?;
        }
    })?;
    Ok(PyBytes::new(py, &message))
}

/// The next message where it is there already, else nothing.
#[pyfunction]
fn websocket_recv_nb(py: Python<'_>) -> PyResult<Bound<'_, PyBytes>> {
    let message = with_socket(py, |socket| {
        let message = socket.read(Duration::ZERO)?;
        if message.is_none() {
            socket.look()?;
        }
        Ok(message)
    })?;
    Ok(PyBytes::new(py, &message.unwrap_or_default()))
}

/// Sends a message of text.
#[pyfunction]
fn websocket_send(py: Python<'_>, message: &Bound<'_, PyAny>) -> PyResult<()> {
    let text = Utf8Bytes::try_from(bytes(message)?).map_err(|_| {
        PyValueError::new_err("a message of text must be UTF-8; there is websocket_send_binary")
    })?;
    with_socket(py, |socket| socket.stream.send(Message::Text(text)))
}

/// Sends a message of bytes.
#[pyfunction]
fn websocket_send_binary(py: Python<'_>, message: &Bound<'_, PyAny>) -> PyResult<()> {
    let bytes = bytes(message)?;
    with_socket(py, |socket| socket.stream.send(Message::Binary(bytes)))
}

impl Socket {
    /// The next message; `None` where none comes for so long.
    fn read(&mut self, patience: Duration) -> Result<Option<bytes::Bytes>, Error> {
        self.stream.get_mut().patience = patience;
        loop {
            match self.stream.read() {
                Ok(message) => {
                    (self.heard, self.asked) = (Instant::now(), None);
                    match message {
                        Message::Text(text) => return Ok(Some(text.into())),
                        Message::Binary(bytes) => return Ok(Some(bytes)),
                        // Pings are answered, and an end is told by the next read.
                        _ => {}
                    }
                }
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(None);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Asks a client that is silent whether it is there; an error where it did not answer that.
    fn look(&mut self) -> Result<(), Error> {
        match self.asked {
            Some(asked) if asked.elapsed() >= self.keeping.tolerance => {
                Err(Error::Io(io::Error::new(io::ErrorKind::TimedOut, "no PONG received in time")))
            }
            None if self.heard.elapsed() >= self.keeping.ping => {
                self.asked = Some(Instant::now());
                self.stream.send(Message::Ping(bytes::Bytes::new()))
            }
            _ => Ok(()),
        }
    }
}

/// Does something with the websocket of this request, without the interpreter's lock.
fn with_socket<T: Send>(
    py: Python<'_>,
    work: impl FnOnce(&mut Socket) -> Result<T, Error> + Send,
) -> PyResult<T> {
    let taken = CURRENT.take();
    let Some(Current { start, environ, socket: Some(mut socket) }) = taken else {
        CURRENT.set(taken);
        return Err(PyOSError::new_err("there was no websocket handshake in this request"));
    };
    let done = py.detach(|| work(&mut socket));
    CURRENT.set(Some(Current { start, environ, socket: Some(socket) }));
    done.map_err(|error| match error {
        Error::ConnectionClosed | Error::AlreadyClosed => {
            PyOSError::new_err("the websocket was closed")
        }
        error => PyOSError::new_err(format!("the websocket is broken: {error}")),
    })
}

fn bytes(message: &Bound<'_, PyAny>) -> PyResult<bytes::Bytes> {
    if let Ok(message) = message.cast::<PyBytes>() {
        return Ok(bytes::Bytes::copy_from_slice(message.as_bytes()));
    }
    let text = message.cast::<PyString>();
    let text = text.map_err(|_| {
        PyTypeError::new_err(format!("a message is bytes or str, not {}", message.get_type()))
    })?;
    Ok(bytes::Bytes::copy_from_slice(text.to_str()?.as_bytes()))
}

fn text(value: &Bound<'_, PyAny>) -> PyResult<String> {
    if value.is_none() {
        return Ok(String::new());
    }
    match value.cast::<PyBytes>() {
        Ok(bytes) => Ok(String::from_utf8_lossy(bytes.as_bytes()).into_owned()),
        Err(_) => value.extract(),
    }
}
