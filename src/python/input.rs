//! `wsgi.input`: the complete body as a file (PEP 3333, "Input and Error Streams").

use std::io::{Read, Seek, SeekFrom};

use bytes::Bytes;
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use crate::app::Body;

/// A line may be read in steps of this size from a file, in bytes.
const STEP: usize = 8 << 10;

/// The body of a request, from its first byte.
#[pyclass(name = "_Input", module = "uwsgi")]
pub(super) struct Input {
    body: Body,
    position: u64,
}

impl Input {
    pub(super) fn new(body: Body) -> Self {
        Self { body, position: 0 }
    }

    /// Up to `size` bytes from the position, which moves on.
    fn take(&mut self, size: Option<u64>) -> std::io::Result<Bytes> {
        let left = self.body.len().saturating_sub(self.position);
        let wanted = size.unwrap_or(left).min(left);
        let taken = match &mut self.body {
            Body::Memory(bytes) => {
                let start = usize::try_from(self.position).unwrap_or(usize::MAX);
                let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
                bytes.slice(start..start + wanted)
            }
            Body::File(file, _) => {
                file.seek(SeekFrom::Start(self.position))?;
                let mut taken = Vec::new();
                file.take(wanted).read_to_end(&mut taken)?;
                taken.into()
            }
        };
        self.position += taken.len() as u64;
        Ok(taken)
    }

    /// One line with its end, of at most `limit` bytes.
    fn take_line(&mut self, limit: Option<u64>) -> std::io::Result<Vec<u8>> {
        let mut line = Vec::new();
        let limit = usize::try_from(limit.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
        while line.len() < limit {
            let step = STEP.min(limit - line.len());
            let bytes = self.take(Some(step as u64))?;
            if bytes.is_empty() {
                break;
            }
            let end = bytes.iter().position(|&byte| byte == b'\n').map(|at| at + 1);
            let kept = end.unwrap_or(bytes.len());
            line.extend(bytes.iter().take(kept));
            self.position -= (bytes.len() - kept) as u64;
            if end.is_some() {
                break;
            }
        }
        Ok(line)
    }
}

/// `None` and negative numbers are no limit.
fn limit(size: Option<i64>) -> Option<u64> {
    size.and_then(|size| u64::try_from(size).ok())
}

#[expect(clippy::needless_pass_by_value, reason = "has the form that map_err wants")]
fn failed(error: std::io::Error) -> PyErr {
    PyOSError::new_err(format!("cannot read wsgi.input: {error}"))
}

#[pymethods]
impl Input {
    #[pyo3(signature = (size=None, /))]
    fn read<'py>(&mut self, py: Python<'py>, size: Option<i64>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.take(limit(size)).map_err(failed)?))
    }

    #[pyo3(signature = (size=None, /))]
    fn readline<'py>(
        &mut self,
        py: Python<'py>,
        size: Option<i64>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.take_line(limit(size)).map_err(failed)?))
    }

    #[pyo3(signature = (hint=None, /))]
    fn readlines<'py>(
        &mut self,
        py: Python<'py>,
        hint: Option<i64>,
    ) -> PyResult<Bound<'py, PyList>> {
        let lines = PyList::empty(py);
        let hint = limit(hint).filter(|&hint| hint > 0).unwrap_or(u64::MAX);
        let mut read = 0;
        while read < hint {
            let line = self.take_line(None).map_err(failed)?;
            if line.is_empty() {
                break;
            }
            read += line.len() as u64;
            lines.append(PyBytes::new(py, &line))?;
        }
        Ok(lines)
    }

    #[pyo3(signature = (offset, whence=0, /))]
    fn seek(&mut self, offset: i64, whence: u8) -> PyResult<u64> {
        let start = match whence {
            0 => 0,
            1 => self.position,
            2 => self.body.len(),
            _ => return Err(PyValueError::new_err("whence is 0, 1 or 2")),
        };
        let position = start
            .checked_add_signed(offset)
            .ok_or_else(|| PyValueError::new_err("negative position"))?;
        self.position = position.min(self.body.len());
        Ok(self.position)
    }

    fn tell(&self) -> u64 {
        self.position
    }

    #[expect(clippy::unused_self, reason = "a method of Python")]
    fn close(&self) {}

    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let line = self.take_line(None).map_err(failed)?;
        Ok((!line.is_empty()).then(|| PyBytes::new(py, &line)))
    }
}
