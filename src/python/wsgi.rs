//! Calls a WSGI application and turns what it gives into a reply.
//!
//! Whatever the application does, there is an answer: an error before the first byte is a 500, one
//! behind it breaks the reply off.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyIterator, PyList, PyMemoryView, PyString, PyTuple};

use super::environ::{self, Constants};
use super::file::FileWrapper;
use super::load::{self, LoadError, Target, print_error};
use super::module::{self, Facts};
use super::noted;
use super::start::StartResponse;
use super::websocket;
use crate::app::{App, FilePart, Headers, Outlet, Output, Piece, Pieces, Reply, Request, Vars};
use crate::log::say;

/// How requests are called, beside what PEP 3333 says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Conduct {
    /// Leaves `wsgi.file_wrapper` out.
    pub no_file_wrapper: bool,
    /// Shows exceptions to the client.
    pub catch_exceptions: bool,
}

/// Python, with applications or without one.
pub struct Wsgi {
    /// The applications that could be loaded, by their numbers.
    applications: Vec<Py<PyAny>>,
    /// The number of each mount's application, where it could be loaded.
    mounts: Vec<Option<usize>>,
    /// The number of the application for everything else.
    default: Option<usize>,
    constants: Constants,
    conduct: Conduct,
}

impl Wsgi {
    /// Makes Python ready for applications: there is none yet, and every request gets a 500.
    pub fn prepare(facts: Facts, conduct: Conduct) -> Result<Self, String> {
        Python::attach(|py| {
            let constants =
                Constants::new(py, facts.threads, facts.processes, !conduct.no_file_wrapper)
                    .and_then(|constants| module::install(py, facts).map(|()| constants))
                    .map_err(|error| format!("cannot prepare Python: {error}"))?;
            let (applications, mounts) = (Vec::new(), Vec::new());
            Ok(Self { applications, mounts, default: None, constants, conduct })
        })
    }

    /// Imports a module or a `.py` file for what it does; the log says why where that fails.
    pub fn import(name: &str) -> Result<(), LoadError> {
        Python::attach(|py| load::import(py, name))
    }

    /// Loads the application for everything that no mount takes; gives its number.
    pub fn load(&mut self, target: &Target, callable: Option<&str>) -> Result<usize, LoadError> {
        let number = self.add(target, callable)?;
        self.default.get_or_insert(number);
        Ok(number)
    }

    /// Loads the application of the next mount; gives its number.
    pub fn mount(&mut self, target: &Target, callable: Option<&str>) -> Result<usize, LoadError> {
        let number = self.add(target, callable);
        self.mounts.push(number.as_ref().ok().copied());
        number
    }

    /// Makes an application the one for everything else, unless there is one.
    pub fn set_default(&mut self, number: usize) -> bool {
        *self.default.get_or_insert(number) == number
    }

    /// Whether an application could be loaded.
    #[must_use]
    pub fn has_application(&self) -> bool {
        !self.applications.is_empty()
    }

    fn add(&mut self, target: &Target, callable: Option<&str>) -> Result<usize, LoadError> {
        let application = Python::attach(|py| load::load(py, target, callable))?;
        self.applications.push(application);
        Ok(self.applications.len() - 1)
    }

    /// Says in a new worker which one it is, and runs what the application wants done there.
    pub fn enter_worker(number: usize) {
        module::set_worker(u32::try_from(number).unwrap_or(u32::MAX));
        Python::attach(|py| {
            if let Err(error) = module::enter_worker(py) {
                print_error(py, &error);
            }
        });
    }

    fn answer(&self, py: Python<'_>, request: &mut Request, outlet: &Arc<dyn Outlet>) -> Reply {
        module::count_request();
        let Some(application) = self.applications.get(request.app) else {
            return Reply::failure();
        };
        // What a reply left that went on after it was logged.
        noted::take();
        match self.run(py, application, request, outlet) {
            Ok(reply) => reply,
            Err(error) => {
                print_error(py, &error);
                if error.is_instance_of::<pyo3::exceptions::PySystemExit>(py) {
                    let subject = request.vars.text(b"REQUEST_URI");
                    say!("the application asked to exit during {subject:?}; the worker goes on");
                }
                let reply = match self.conduct.catch_exceptions {
                    true => exposed(py, &error, &request.vars),
                    false => Reply::failure(),
                };
                Reply { noted: noted::take(), ..reply }
            }
        }
    }

    fn run(
        &self,
        py: Python<'_>,
        application: &Py<PyAny>,
        request: &mut Request,
        outlet: &Arc<dyn Outlet>,
    ) -> PyResult<Reply> {
        let environ = environ::environ(py, request, &self.constants)?;
        let start = Bound::new(py, StartResponse::new(Arc::clone(outlet)))?;
        websocket::enter(&start, &environ);
        let begun = application.bind(py).call1((environ, &start)).and_then(|result| {
            let mut rest = Rest { result: result.unbind(), iterator: None, start: start.unbind() };
            rest.begin(py).map(|body| (rest, body))
        });
        websocket::leave(py);
        let (rest, body) = begun?;
        let pieces = rest.start.borrow(py).writes;
        rest.into_reply(py, body, pieces)
    }
}

/// An exception and the variables of its request, for a client that may see them
/// (`catch-exceptions`).
fn exposed(py: Python<'_>, error: &PyErr, variables: &Vars) -> Reply {
    let mut text = load::traceback(py, error);
    text.push('\n');
    for (name, value) in variables.iter() {
        let (name, value) = (String::from_utf8_lossy(name), String::from_utf8_lossy(value));
        text.extend([&name, " = ", &value, "\n"]);
    }
    let mut reply = Reply::failure();
    reply.headers = Headers::default();
    reply.headers.push("Content-Type", "text/plain; charset=utf-8");
    reply.body = Output::Full(text.into());
    reply
}

/// What the application gave before anything is sent.
enum Begun {
    Full(Vec<u8>, usize),
    More(Vec<u8>),
    File(std::fs::File, u64),
}

/// What the application gave, and what it may still give.
struct Rest {
    result: Py<PyAny>,
    iterator: Option<Py<PyIterator>>,
    start: Py<StartResponse>,
}

impl Rest {
    /// Runs the application until the head of the reply is known.
    fn begin(&mut self, py: Python<'_>) -> PyResult<Begun> {
        let result = self.result.bind(py).clone();
        if let Ok(bytes) = result.cast::<PyBytes>() {
            return Ok(Begun::Full(bytes.as_bytes().to_vec(), 0));
        }
        if let Ok(list) = result.cast_exact::<PyList>() {
            let pieces = list.len();
            let mut body = match list.get_item(0).as_ref().map(|first| first.cast::<PyBytes>()) {
                // Room for all of it, where that is one piece.
                Ok(Ok(first)) => Vec::with_capacity(first.as_bytes().len()),
                _ => Vec::new(),
            };
            for place in 0..pieces {
                append(&mut body, &list.get_item(place)?)?;
            }
            return Ok(Begun::Full(body, pieces));
        }
        if result.is_instance_of::<PyString>() {
            return Err(not_bytes(&result, "the application returned"));
        }
        if result.is_instance_of::<PyList>() || result.is_instance_of::<PyTuple>() {
            let mut body = Vec::new();
            let mut pieces = 0;
            for piece in result.try_iter()? {
                append(&mut body, &piece?)?;
                pieces += 1;
            }
            return Ok(Begun::Full(body, pieces));
        }
        if let Ok(wrapper) = result.cast::<FileWrapper>()
            && let Some((file, length)) = wrapper.borrow().real(py)
        {
            return Ok(Begun::File(file, length));
        }
        let iterator = result.try_iter().map_err(|_| {
            PyTypeError::new_err(format!(
                "the application returned {}, which cannot be iterated over",
                result.get_type()
            ))
        })?;
        self.iterator = Some(iterator.unbind());
        let mut pieces = 0;
        let mut body = Vec::new();
        while body.is_empty() {
            if !self.pull(py, &mut body)? {
                return Ok(Begun::Full(body, pieces));
            }
            pieces += 1;
        }
        // A reply that is as long as it announced is complete once the application agrees.
        let announced = announced_length(&self.start.borrow(py).headers);
        if announced == Some(body.len() as u64) && !self.pull(py, &mut body)? {
            return Ok(Begun::Full(body, pieces));
        }
        Ok(Begun::More(body))
    }

    /// Appends the next piece; `false` at the end.
    fn pull(&self, py: Python<'_>, body: &mut Vec<u8>) -> PyResult<bool> {
        let Some(iterator) = &self.iterator else { return Ok(false) };
        match iterator.bind(py).clone().next() {
            Some(piece) => append(body, &piece?).map(|()| true),
            None => Ok(false),
        }
    }

    fn into_reply(self, py: Python<'_>, begun: Begun, writes: usize) -> PyResult<Reply> {
        let (status, headers) = {
            let mut start = self.start.borrow_mut(py);
            start.sent = true;
            (start.status.take(), std::mem::take(&mut start.headers))
        };
        let Some(status) = status else {
            return Err(pyo3::exceptions::PyAssertionError::new_err(
                "the application gave a body without calling start_response()",
            ));
        };
        let (body, pieces) = match begun {
            Begun::Full(body, pieces) => (Output::Full(body.into()), pieces),
            Begun::More(body) => (Output::Stream(body.into(), Box::new(self)), 1),
            Begun::File(file, length) => {
                let left = announced_length(&headers).unwrap_or(length).min(length);
                (Output::File(FilePart { file, left, owner: Some(Box::new(self)) }), 0)
            }
        };
        let pieces = pieces + writes;
        Ok(Reply { status, headers, body, pieces, failed: false, noted: noted::take() })
    }
}

fn announced_length(headers: &Headers) -> Option<u64> {
    std::str::from_utf8(headers.get("content-length")?).ok()?.trim().parse().ok()
}

fn append(body: &mut Vec<u8>, piece: &Bound<'_, PyAny>) -> PyResult<()> {
    if let Ok(bytes) = piece.cast::<PyBytes>() {
        body.extend_from_slice(bytes.as_bytes());
    } else if piece.is_instance_of::<PyByteArray>() || piece.is_instance_of::<PyMemoryView>() {
        let bytes = piece.py().get_type::<PyBytes>().call1((piece,))?;
        body.extend_from_slice(bytes.cast::<PyBytes>()?.as_bytes());
    } else {
        return Err(not_bytes(piece, "the body holds"));
    }
    Ok(())
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

impl Pieces for Rest {
    fn next(&mut self) -> Piece {
        Python::attach(|py| {
            loop {
                let mut body = Vec::new();
                let more = match self.pull(py, &mut body) {
                    Ok(more) => more,
                    Err(error) => {
                        print_error(py, &error);
                        return Piece::Broken;
                    }
                };
                let mut written = std::mem::take(&mut self.start.borrow_mut(py).written);
                written.append(&mut body);
                match (written.is_empty(), more) {
                    (false, _) => return Piece::Bytes(Bytes::from(written)),
                    (true, false) => return Piece::End,
                    (true, true) => {}
                }
            }
        })
    }
}

/// Calls `close()`, once, whatever happened before.
impl Drop for Rest {
    fn drop(&mut self) {
        Python::attach(|py| {
            let result = self.result.bind(py);
            // These have no close().
            if result.is_exact_instance_of::<PyList>() || result.is_exact_instance_of::<PyBytes>() {
                return;
            }
            let closed = match result.getattr_opt(pyo3::intern!(py, "close")) {
                Ok(Some(close)) => close.call0().map(|_| ()),
                Ok(None) => Ok(()),
                Err(error) => Err(error),
            };
            if let Err(error) = closed {
                print_error(py, &error);
            }
        });
    }
}

impl App for Wsgi {
    fn call(&self, request: &mut Request, outlet: &Arc<dyn Outlet>) -> Reply {
        Python::attach(|py| self.answer(py, request, outlet))
    }

    fn number(&self, mount: Option<usize>) -> Option<usize> {
        match mount {
            Some(mount) => self.mounts.get(mount).copied().flatten(),
            None => self.default,
        }
    }

    fn on_thread(&self, name: &str, work: &mut (dyn FnMut() + Send)) {
        Python::attach(|py| {
            let named = py.import("threading").and_then(|threading| {
                threading.call_method0("current_thread")?.setattr("name", name)
            });
            if let Err(error) = named {
                print_error(py, &error);
            }
            py.detach(work);
        });
    }

    fn sources(&self) -> Vec<PathBuf> {
        let sources = |py: Python<'_>| -> PyResult<Vec<PathBuf>> {
            let modules = py.import("sys")?.getattr("modules")?.call_method0("values")?;
            let mut files = Vec::new();
            for module in PyList::new(py, modules.try_iter()?.collect::<PyResult<Vec<_>>>()?)? {
                let file = module.getattr_opt("__file__").ok().flatten();
                if let Some(file) = file.and_then(|file| file.extract::<PathBuf>().ok()) {
                    files.push(file);
                }
            }
            Ok(files)
        };
        Python::attach(|py| sources(py).unwrap_or_default())
    }

    fn tell_where(&self) {
        // Python's fault handler writes from within the signal, without the interpreter's lock.
        let _ = nix::sys::signal::raise(module::TELL_WHERE);
    }

    fn end(&self) {
        Python::attach(|py| {
            if let Err(error) = module::run_at_exit(py) {
                print_error(py, &error);
            }
        });
    }
}
