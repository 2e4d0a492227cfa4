//! Calls a WSGI application and turns what it gives into a reply.
//!
//! Whatever the application does, there is an answer: an error before the first byte is a 500, one
//! behind it breaks the reply off.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyIterator, PyList, PyString, PyTuple};

use super::environ::{self, Constants};
use super::file::FileWrapper;
use super::load::{self, LoadError, Target, print_error};
use super::lock;
use super::module::{self, Facts};
use super::noted;
use super::piece;
use super::start::StartResponse;
use super::websocket;
use crate::app::held;
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

/// Where pieces come from, in what is said of those that are none.
const IN_BODY: &str = "the body holds";

/// What the application gave before anything is sent.
enum Begun {
    Full(Bytes, usize),
    More(Bytes),
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
        if result.is_instance_of::<PyBytes>() || result.is_instance_of::<PyString>() {
            let bytes = piece::checked(&result, "the application returned")?;
            return Ok(Begun::Full(piece::kept(bytes), 0));
        }
        if result.is_instance_of::<PyList>() || result.is_instance_of::<PyTuple>() {
            let (body, pieces) = all_of(&result)?;
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
        let mut body = Bytes::new();
        while body.is_empty() {
            let Some(piece) = self.pull(py)? else { return Ok(Begun::Full(body, pieces)) };
            body = piece;
            pieces += 1;
        }
        // A reply that is as long as it announced is complete once the application agrees.
        let announced = announced_length(&self.start.borrow(py).headers);
        if announced == Some(body.len() as u64) {
            match self.pull(py)? {
                None => return Ok(Begun::Full(body, pieces)),
                Some(more) => body = joined(body, more),
            }
        }
        Ok(Begun::More(body))
    }

    /// The next piece.
    fn pull(&self, py: Python<'_>) -> PyResult<Option<Bytes>> {
        let Some(iterator) = &self.iterator else { return Ok(None) };
        let Some(given) = iterator.bind(py).clone().next() else { return Ok(None) };
        Ok(Some(piece::kept(piece::checked(&given?, IN_BODY)?)))
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
            Begun::Full(body, pieces) => (Output::Full(body), pieces),
            Begun::More(body) => (Output::Stream(body, Box::new(self)), 1),
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

/// All pieces of a list or tuple as one, and how many they are.
fn all_of(list: &Bound<'_, PyAny>) -> PyResult<(Bytes, usize)> {
    if let Ok(list) = list.cast_exact::<PyList>()
        && list.len() == 1
    {
        let only = list.get_item(0)?;
        return Ok((piece::kept(piece::checked(&only, IN_BODY)?), 1));
    }
    let mut body = Vec::new();
    let mut pieces = 0;
    for given in list.try_iter()? {
        body.extend_from_slice(piece::checked(&given?, IN_BODY)?.as_bytes());
        pieces += 1;
    }
    Ok((body.into(), pieces))
}

/// Two pieces as one.
fn joined(first: Bytes, second: Bytes) -> Bytes {
    match (first.is_empty(), second.is_empty()) {
        (true, _) => second,
        (_, true) => first,
        _ => [first, second].concat().into(),
    }
}

impl Pieces for Rest {
    fn next(&mut self) -> Piece {
        lock::attach(|py| {
            loop {
                let pulled = match self.pull(py) {
                    Ok(pulled) => pulled,
                    Err(error) => {
                        print_error(py, &error);
                        return Piece::Broken;
                    }
                };
                let written = std::mem::take(&mut self.start.borrow_mut(py).written);
                let is_end = pulled.is_none();
                let piece = joined(written.into(), pulled.unwrap_or_default());
                match (piece.is_empty(), is_end) {
                    (false, _) => return Piece::Bytes(piece),
                    (true, true) => return Piece::End,
                    (true, false) => {}
                }
            }
        })
    }
}

/// Calls `close()`, once, whatever happened before.
impl Drop for Rest {
    fn drop(&mut self) {
        lock::attach(|py| {
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
        lock::call(self.constants.is_alone(), |py| self.answer(py, request, outlet))
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
            py.detach(|| {
                work();
                held::let_go();
            });
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

    fn end(&self) {
        Python::attach(|py| {
            if let Err(error) = module::run_at_exit(py) {
                print_error(py, &error);
            }
        });
    }
}
