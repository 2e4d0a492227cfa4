//! The environ of a request (PEP 3333, "environ Variables"), in uWSGI's order.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyBytes, PyDict, PyString};

use super::input::Input;
use crate::app::Request;

/// Names that most requests have.
const COMMON: &[&str] = &[
    "REQUEST_METHOD",
    "REQUEST_URI",
    "PATH_INFO",
    "QUERY_STRING",
    "SERVER_PROTOCOL",
    "SCRIPT_NAME",
    "SERVER_NAME",
    "SERVER_PORT",
    "UWSGI_ROUTER",
    "REMOTE_ADDR",
    "REMOTE_PORT",
    "REMOTE_USER",
    "REQUEST_SCHEME",
    "DOCUMENT_ROOT",
    "HTTPS",
    "CONTENT_TYPE",
    "CONTENT_LENGTH",
    "HTTP_HOST",
    "HTTP_CONNECTION",
    "HTTP_USER_AGENT",
    "HTTP_ACCEPT",
    "HTTP_ACCEPT_ENCODING",
    "HTTP_ACCEPT_LANGUAGE",
    "HTTP_CACHE_CONTROL",
    "HTTP_COOKIE",
    "HTTP_ORIGIN",
    "HTTP_REFERER",
    "HTTP_AUTHORIZATION",
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_UPGRADE_INSECURE_REQUESTS",
    "HTTP_SEC_FETCH_DEST",
    "HTTP_SEC_FETCH_MODE",
    "HTTP_SEC_FETCH_SITE",
    "HTTP_SEC_FETCH_USER",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_REAL_IP",
    "HTTP_X_REQUEST_ID",
];

/// The common names, made once: their hashes are known, and no request makes them anew. By length,
/// which tells most of them apart.
struct Names(Vec<Vec<(&'static [u8], Py<PyString>)>>);

impl Names {
    fn new(py: Python<'_>) -> Self {
        let longest = COMMON.iter().map(|name| name.len()).max().unwrap_or(0);
        let of_length = |length: usize| {
            let names = COMMON.iter().filter(|name| name.len() == length);
            names.map(|name| (name.as_bytes(), PyString::intern(py, name).unbind())).collect()
        };
        Self((0..=longest).map(of_length).collect())
    }

    fn get(&self, name: &[u8]) -> Option<&Py<PyString>> {
        let mut names = self.0.get(name.len())?.iter();
        names.find(|(known, _)| *known == name).map(|(_, text)| text)
    }
}

/// What is the same in every environ.
pub(super) struct Constants {
    names: Names,
    wsgi_version: Py<PyAny>,
    pub(super) errors: Py<PyAny>,
    pub(super) file_wrapper: Option<Py<PyAny>>,
    pub(super) version: Py<PyAny>,
    pub(super) node: Py<PyAny>,
    pub(super) multithread: bool,
    pub(super) multiprocess: bool,
}

impl Constants {
    pub(super) fn new(
        py: Python<'_>,
        threads: u64,
        processes: u64,
        file_wrapper: bool,
    ) -> PyResult<Self> {
        // Unbuffered, so that nothing is lost when a worker ends.
        let io = py.import("io")?;
        let raw =
            io.call_method("open", (2, "wb", 0), Some(&[("closefd", false)].into_py_dict(py)?))?;
        let options = PyDict::new(py);
        options.set_item("encoding", "utf-8")?;
        options.set_item("errors", "backslashreplace")?;
        options.set_item("write_through", true)?;
        let errors = io.call_method("TextIOWrapper", (raw,), Some(&options))?;
        let host = nix::unistd::gethostname().unwrap_or_default();
        Ok(Self {
            names: Names::new(py),
            wsgi_version: (1, 0).into_pyobject(py)?.into_any().unbind(),
            errors: errors.unbind(),
            file_wrapper: file_wrapper
                .then(|| py.get_type::<super::file::FileWrapper>().into_any().unbind()),
            version: PyBytes::new(py, crate::version::UWSGI.as_bytes()).into_any().unbind(),
            node: PyBytes::new(py, host.as_encoded_bytes()).into_any().unbind(),
            multithread: threads > 1,
            multiprocess: processes > 1,
        })
    }
}

/// Bytes as a native string: latin-1 (PEP 3333, "Unicode Issues").
fn native<'py>(py: Python<'py>, bytes: &[u8]) -> Bound<'py, PyString> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => PyString::new(py, text),
        _ => PyString::new(py, &bytes.iter().map(|&byte| char::from(byte)).collect::<String>()),
    }
}

/// Makes the environ of a request.
pub(super) fn environ<'py>(
    py: Python<'py>,
    request: &mut Request,
    constants: &Constants,
) -> PyResult<Bound<'py, PyDict>> {
    let environ = PyDict::new(py);
    for (name, value) in request.vars.iter() {
        let value = native(py, value);
        match constants.names.get(name) {
            Some(name) => environ.set_item(name, value)?,
            None => environ.set_item(native(py, name), value)?,
        }
    }
    if request.input_terminated {
        environ.set_item(intern!(py, "wsgi.input_terminated"), true)?;
    }
    environ.set_item(
        intern!(py, "wsgi.input"),
        Py::new(py, Input::new(std::mem::take(&mut request.body)))?,
    )?;
    if let Some(file_wrapper) = &constants.file_wrapper {
        environ.set_item(intern!(py, "wsgi.file_wrapper"), file_wrapper)?;
    }
    environ.set_item(intern!(py, "wsgi.version"), &constants.wsgi_version)?;
    environ.set_item(intern!(py, "wsgi.errors"), &constants.errors)?;
    environ.set_item(intern!(py, "wsgi.run_once"), false)?;
    environ.set_item(intern!(py, "wsgi.multithread"), constants.multithread)?;
    environ.set_item(intern!(py, "wsgi.multiprocess"), constants.multiprocess)?;
    let scheme = if request.https { intern!(py, "https") } else { intern!(py, "http") };
    environ.set_item(intern!(py, "wsgi.url_scheme"), scheme)?;
    environ.set_item(intern!(py, "uwsgi.version"), &constants.version)?;
    if constants.multithread {
        environ.set_item(intern!(py, "uwsgi.core"), request.core)?;
    }
    environ.set_item(intern!(py, "uwsgi.node"), &constants.node)?;
    Ok(environ)
}
