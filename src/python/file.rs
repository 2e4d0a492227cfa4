//! `wsgi.file_wrapper`: a file as a reply (PEP 3333, "Optional Platform-Specific File Handling").

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::os::fd::BorrowedFd;

use pyo3::prelude::*;

/// Iterates over a file in blocks.
#[pyclass(name = "FileWrapper", module = "uwsgi")]
pub(super) struct FileWrapper {
    file: Py<PyAny>,
    block: usize,
}

#[pymethods]
impl FileWrapper {
    #[new]
    #[pyo3(signature = (file, block=32768, /))]
    fn new(file: Py<PyAny>, block: usize) -> Self {
        Self { file, block }
    }

    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let block = self.file.bind(py).call_method1("read", (self.block,))?;
        Ok(block.is_truthy()?.then_some(block))
    }

    fn close(&self, py: Python<'_>) -> PyResult<()> {
        let file = self.file.bind(py);
        if file.hasattr("close")? {
            file.call_method0("close")?;
        }
        Ok(())
    }
}

impl FileWrapper {
    /// The file behind it from its position, where it is a real one, and how many bytes that is.
    pub(super) fn real(&self, py: Python<'_>) -> Option<(File, u64)> {
        let wrapped = self.file.bind(py);
        let number: i32 = wrapped.call_method0("fileno").ok()?.extract().ok()?;
        let position: u64 = wrapped.call_method0("tell").ok()?.extract().ok()?;
        if number < 0 {
            return None;
        }
        #[expect(unsafe_code, reason = "Python hands out descriptors as numbers")]
        // SAFETY: borrowed for the copy only; the file object that named it is alive.
        let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
        let mut file = File::from(descriptor.try_clone_to_owned().ok()?);
        let facts = file.metadata().ok()?;
        // Files that the kernel makes up, as in /proc, tell no length.
        if !facts.is_file() || facts.len() == 0 {
            return None;
        }
        file.seek(SeekFrom::Start(position)).ok()?;
        Some((file, facts.len().saturating_sub(position)))
    }
}
