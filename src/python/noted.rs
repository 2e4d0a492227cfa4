//! What an application says for the log of its request: `uwsgi.set_logvar` and its kin.
//!
//! Kept by thread, because a thread has one request at a time.

use std::cell::RefCell;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyModule, PyString};

use crate::app::Noted;

thread_local!(static NOTED: RefCell<Noted> = RefCell::default());

/// Takes what was said since the last call.
pub(super) fn take() -> Noted {
    NOTED.take()
}

/// Adds the functions to the `uwsgi` module.
pub(super) fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(set_logvar, module)?)?;
    module.add_function(wrap_pyfunction!(get_logvar, module)?)?;
    module.add_function(wrap_pyfunction!(log_this_request, module)?)
}

/// Names a value for `%(name)` in `log-format`.
#[pyfunction]
fn set_logvar(name: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
    let (name, value) = (bytes(name)?, bytes(value)?);
    NOTED.with_borrow_mut(|noted| {
        noted.values.retain(|(known, _)| *known != name);
        noted.values.push((name, value));
    });
    Ok(())
}

#[pyfunction]
fn get_logvar<'py>(
    py: Python<'py>,
    name: &Bound<'py, PyAny>,
) -> PyResult<Option<Bound<'py, PyBytes>>> {
    let name = bytes(name)?;
    Ok(NOTED.with_borrow(|noted| {
        let found = noted.values.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| PyBytes::new(py, value))
    }))
}

/// Has the request logged under `disable-logging`, too.
#[pyfunction]
fn log_this_request() {
    NOTED.with_borrow_mut(|noted| noted.wanted = true);
}

fn bytes(text: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    if let Ok(bytes) = text.cast::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    match text.cast::<PyString>() {
        Ok(text) => Ok(text.to_str()?.as_bytes().to_vec()),
        Err(_) => Err(PyTypeError::new_err(format!("bytes or str, not {}", text.get_type()))),
    }
}
