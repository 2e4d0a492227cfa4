//! `start_response` and `write` (PEP 3333, "The `start_response()` Callable").

use pyo3::exceptions::{PyAssertionError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};

/// What the application said of its reply so far.
#[pyclass(module = "uwsgi")]
#[derive(Default)]
pub(super) struct StartResponse {
    pub(super) status: Option<Vec<u8>>,
    pub(super) headers: Vec<(Vec<u8>, Vec<u8>)>,
    /// What `write()` was given and nobody took yet.
    pub(super) written: Vec<u8>,
    /// How often `write()` was called.
    pub(super) writes: usize,
    /// Whether the head of the reply is on its way.
    pub(super) sent: bool,
}

#[pymethods]
impl StartResponse {
    #[pyo3(signature = (status, headers, exc_info=None, /))]
    fn __call__(
        this: &Bound<'_, Self>,
        status: &Bound<'_, PyAny>,
        headers: &Bound<'_, PyAny>,
        exc_info: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Write> {
        let mut state = this.borrow_mut();
        let exc_info = exc_info.filter(|info| !info.is_none());
        // What write() took counts as sent, although it waits for what the application returns.
        let is_sent = state.sent || state.writes > 0;
        match exc_info {
            Some(info) if is_sent => return Err(raised(info)),
            None if is_sent => {
                return Err(PyAssertionError::new_err("the headers are already sent"));
            }
            // Before that the last call counts, as in uWSGI.
            _ => {}
        }
        let status = checked_status(status)?;
        let headers = checked_headers(headers)?;
        state.status = Some(status);
        state.headers = headers;
        Ok(Write { start: this.clone().unbind() })
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
        (Some(_), Some(b' ')) => Ok(text),
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

fn checked_headers(headers: &Bound<'_, PyAny>) -> PyResult<Vec<(Vec<u8>, Vec<u8>)>> {
    let headers = headers
        .cast::<PyList>()
        .map_err(|_| PyTypeError::new_err("the headers must be a list of (name, value) tuples"))?;
    let mut checked = Vec::with_capacity(headers.len());
    for pair in headers {
        let pair = pair
            .cast::<PyTuple>()
            .map_err(|_| PyTypeError::new_err("a header must be a (name, value) tuple"))?;
        if pair.len() != 2 {
            return Err(PyTypeError::new_err("a header must be a (name, value) tuple"));
        }
        let name = native(&pair.get_item(0)?, "a header name")?;
        if http::HeaderName::from_bytes(&name).is_err() {
            let shown = name.escape_ascii();
            return Err(PyValueError::new_err(format!("'{shown}' cannot be a header name")));
        }
        let value = native(&pair.get_item(1)?, "a header value")?;
        checked.push((name, value));
    }
    Ok(checked)
}

/// The bytes of a native string (PEP 3333, "A Note On String Types"): latin-1, and no control
/// characters, so that a reply cannot be split (RFC 9110 §5.5).
fn native(text: &Bound<'_, PyAny>, what: &str) -> PyResult<Vec<u8>> {
    let text = text.cast::<PyString>().map_err(|_| {
        let kind = text.get_type();
        PyTypeError::new_err(format!("{what} must be a str, not {kind}"))
    })?;
    let mut bytes = Vec::with_capacity(text.len()?);
    for letter in text.to_str()?.chars() {
        match u8::try_from(u32::from(letter)) {
            Ok(byte) if byte == b'\t' || !byte.is_ascii_control() => bytes.push(byte),
            Ok(_) => {
                return Err(PyValueError::new_err(format!(
                    "{what} must not hold control characters: {}",
                    text.repr()?
                )));
            }
            Err(_) => {
                return Err(PyValueError::new_err(format!(
                    "{what} must fit latin-1: {}",
                    text.repr()?
                )));
            }
        }
    }
    Ok(bytes)
}

/// The `write()` that `start_response` gives. What it takes is sent before what the application
/// returns.
#[pyclass(module = "uwsgi")]
pub(super) struct Write {
    start: Py<StartResponse>,
}

#[pymethods]
impl Write {
    fn __call__(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<()> {
        let data = data.cast::<PyBytes>().map_err(|_| {
            PyTypeError::new_err(format!("write() takes bytes, not {}", data.get_type()))
        })?;
        let mut state = self.start.borrow_mut(py);
        state.written.extend_from_slice(data.as_bytes());
        state.writes += 1;
        Ok(())
    }
}
