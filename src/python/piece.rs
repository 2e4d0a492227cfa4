//! The bytes that an application gives, checked, as the server takes them.

use bytes::Bytes;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView, PyString};

/// Bytes up to so many are copied: that costs less than to come back for the interpreter's lock.
const SMALL: usize = 16 << 10;

/// An object of Python that is kept until its bytes are sent.
struct Kept(Option<PyBackedBytes>);

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        self.0.as_deref().unwrap_or_default()
    }
}

/// Lets go at once, not when the next request attaches.
impl Drop for Kept {
    fn drop(&mut self) {
        Python::attach(|_| self.0.take());
    }
}

/// What an application gave as a piece of a body; an error says where it came from, if it is no bytes.
pub(super) fn checked<'py>(
    given: &Bound<'py, PyAny>,
    where_from: &str,
) -> PyResult<Bound<'py, PyBytes>> {
    if let Ok(bytes) = given.cast::<PyBytes>() {
        return Ok(bytes.clone());
    }
    if given.is_instance_of::<PyByteArray>() || given.is_instance_of::<PyMemoryView>() {
        let bytes = given.py().get_type::<PyBytes>().call1((given,))?;
        return Ok(bytes.cast_into()?);
    }
    Err(not_bytes(given, where_from))
}

/// The same bytes for who is outside of the interpreter.
pub(super) fn kept(bytes: Bound<'_, PyBytes>) -> Bytes {
    match bytes.as_bytes() {
        small if small.len() <= SMALL => Bytes::copy_from_slice(small),
        _ => Bytes::from_owner(Kept(Some(bytes.into()))),
    }
}

fn not_bytes(what: &Bound<'_, PyAny>, where_from: &str) -> PyErr {
    let repr = what.repr().map(|repr| repr.to_string()).unwrap_or_default();
    let shown: String = repr.chars().take(60).collect();
    let advice = match what.is_instance_of::<PyString>() {
        true => "; encode it to bytes, as in 'text'.encode()",
        false => "",
    };
    PyTypeError::new_err(format!(
        "{where_from} {} where WSGI wants bytes: {shown}{advice}",
        what.get_type().name().map(|name| name.to_string()).unwrap_or_default(),
    ))
}
