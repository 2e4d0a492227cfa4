//! `start_response` and `write` (PEP 3333, "The `start_response()` Callable").

use std::sync::Arc;

use pyo3::exceptions::{PyAssertionError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::string::PyStringData;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};

use crate::app::headers::{is_plain, is_token};
use crate::app::{Headers, Outlet};

/// What the application said of its reply so far.
#[pyclass(module = "uwsgi")]
pub(super) struct StartResponse {
    pub(super) status: Option<Vec<u8>>,
    pub(super) headers: Headers,
    /// Where `write()` sends.
    outlet: Arc<dyn Outlet>,
    /// How often `write()` was called.
    pub(super) writes: usize,
    /// What `write()` was given within the body; it goes before the next piece of that.
    pub(super) written: Vec<u8>,
    /// Whether the head of the reply is on its way.
    pub(super) sent: bool,
}

impl StartResponse {
    pub(super) fn new(outlet: Arc<dyn Outlet>) -> Self {
        Self {
            status: None,
            headers: Headers::default(),
            outlet,
            writes: 0,
            written: Vec::new(),
            sent: false,
        }
    }
}

impl StartResponse {
    /// The way to the client, for who sends the head and all else past this.
    pub(super) fn take_over(&mut self) -> Arc<dyn Outlet> {
        self.status = Some(b"101 Web Socket Protocol Handshake".to_vec());
        self.sent = true;
        Arc::clone(&self.outlet)
    }
}

#[pymethods]
impl StartResponse {
    /// `start_response(status, headers, exc_info=None)`, which gives a `write(data)`: the same object,
    /// so that no other one is made for what hardly anybody uses.
    #[pyo3(signature = (status, headers=None, exc_info=None, /))]
    fn __call__<'py>(
        this: &Bound<'py, Self>,
        status: &Bound<'py, PyAny>,
        headers: Option<&Bound<'py, PyAny>>,
        exc_info: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, Self>>> {
        let Some(headers) = headers else {
            return write(this, status).map(|()| None);
        };
        let mut state = this.borrow_mut();
        let exc_info = exc_info.filter(|info| !info.is_none());
        match exc_info {
            Some(info) if state.sent => return Err(raised(info)),
            None if state.sent => {
                return Err(PyAssertionError::new_err("the headers are already sent"));
            }
            // Before that the last call counts, as in uWSGI.
            _ => {}
        }
        let status = checked_status(status)?;
        let headers = checked_headers(headers)?;
        state.status = Some(status);
        state.headers = headers;
        Ok(Some(this.clone()))
    }
}

/// The exception of an `exc_info` tuple, to be raised again.
fn raised(info: &Bound<'_, PyAny>) -> PyErr {
    match info.get_item(1) {
        Ok(value) => PyErr::from_value(value),
        Err(error) => error,
    }
}

/// `200 OK`: three digits, a space, a reason; a reason is found for a bare code. Interim replies
/// (below 200) are none of an application's.
fn checked_status(status: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    let text = native(status, "the status")?;
    let code = text.get(..3).filter(|code| code.iter().all(u8::is_ascii_digit));
    if code.is_some_and(|code| code < b"200".as_slice()) {
        return Err(PyValueError::new_err(format!(
            "the status must be 200 or more, not {}",
            status.repr()?
        )));
    }
    match (code, text.get(3)) {
        (Some(_), Some(b' ')) => Ok(text.to_vec()),
        (Some(code), None) => {
            let reason = http::StatusCode::from_bytes(code).ok();
            let reason = reason.and_then(|status| status.canonical_reason()).unwrap_or("Unknown");
            Ok([code, b" ", reason.as_bytes()].concat())
        }
        _ => Err(PyValueError::new_err(format!(
            "the status must look like '200 OK', not {}",
            status.repr()?
        ))),
    }
}

fn checked_headers(headers: &Bound<'_, PyAny>) -> PyResult<Headers> {
    let headers = headers
        .cast::<PyList>()
        .map_err(|_| PyTypeError::new_err("the headers must be a list of (name, value) tuples"))?;
    let mut checked = Headers::default();
    for pair in headers {
        let pair = pair
            .cast::<PyTuple>()
            .map_err(|_| PyTypeError::new_err("a header must be a (name, value) tuple"))?;
        if pair.len() != 2 {
            return Err(PyTypeError::new_err("a header must be a (name, value) tuple"));
        }
        let (name, value) = (pair.get_borrowed_item(0)?, pair.get_borrowed_item(1)?);
        let name = native(&name, "a header name")?;
        if !is_token(name) {
            let shown = name.escape_ascii();
            return Err(PyValueError::new_err(format!("'{shown}' cannot be a header name")));
        }
        checked.push(name, native(&value, "a header value")?);
    }
    Ok(checked)
}

/// The bytes of a native string (PEP 3333, "A Note On String Types"): latin-1, and no control
/// characters, so that a reply cannot be split (RFC 9110 §5.5).
fn native<'t>(text: &'t Bound<'_, PyAny>, what: &str) -> PyResult<&'t [u8]> {
    let text = text.cast::<PyString>().map_err(|_| {
        let kind = text.get_type();
        PyTypeError::new_err(format!("{what} must be a str, not {kind}"))
    })?;
    #[expect(unsafe_code, reason = "text that fits latin-1 is kept as latin-1")]
    // SAFETY: text does not change.
    let letters = unsafe { text.data() }?;
    let PyStringData::Ucs1(bytes) = letters else {
        let shown = text.repr()?;
        return Err(PyValueError::new_err(format!("{what} must fit latin-1: {shown}")));
    };
    let is_letter = |byte: &u8| *byte == b'\t' || !byte.is_ascii_control();
    if is_plain(bytes) || bytes.iter().all(is_letter) {
        return Ok(bytes);
    }
    let shown = text.repr()?;
    Err(PyValueError::new_err(format!("{what} must not hold control characters: {shown}")))
}

/// What `write()` takes is on its way when it returns.
fn write(this: &Bound<'_, StartResponse>, data: &Bound<'_, PyAny>) -> PyResult<()> {
    let data = data.cast::<PyBytes>().map_err(|_| {
        PyTypeError::new_err(format!(
            "write() takes bytes, and start_response() takes a status and headers; not {} alone",
            data.get_type()
        ))
    })?;
    let (status, headers, outlet) = {
        let mut state = this.borrow_mut();
        state.writes += 1;
        let head = match std::mem::replace(&mut state.sent, true) {
            // The head goes once.
            true => (Vec::new(), Headers::default()),
            false => (state.status.clone().unwrap_or_default(), state.headers.clone()),
        };
        (head.0, head.1, Arc::clone(&state.outlet))
    };
    let bytes = data.as_bytes();
    let sent = this.py().detach(|| outlet.send(&status, &headers, bytes));
    // A client that is gone is no error of the application; the end of the reply tells of it.
    if sent.is_err_and(|error| error.kind() == std::io::ErrorKind::NotConnected) {
        this.borrow_mut().written.extend_from_slice(bytes);
    }
    Ok(())
}
