//! The environ of a request (PEP 3333, "environ Variables").
//!
//! Most of it is the same in every request. So each environ begins as a copy of one that has the usual
//! names already, with the values of the last request where they tend to stay.

use std::cell::RefCell;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyBytes, PyDict, PyString};

use super::input::Input;
use crate::app::Request;

/// How values of a name go from one request to the next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Habit {
    /// Most requests have the one of the request before.
    Stay,
    /// They are of the request.
    Change,
}

use Habit::{Change, Stay};

/// Names that every request has which comes by HTTP, and nearly every one from a front end. They have
/// their place in the environ before it is filled.
const USUAL: usize = 10;

/// Names that most requests have; the [`USUAL`] ones first, in uWSGI's order.
const COMMON: &[(&str, Habit)] = &[
    ("REQUEST_METHOD", Stay),
    ("REQUEST_URI", Change),
    ("PATH_INFO", Change),
    ("QUERY_STRING", Change),
    ("SERVER_PROTOCOL", Stay),
    ("SCRIPT_NAME", Stay),
    ("SERVER_NAME", Stay),
    ("SERVER_PORT", Stay),
    ("REMOTE_ADDR", Stay),
    ("HTTP_HOST", Stay),
    ("HTTP_USER_AGENT", Stay),
    ("UWSGI_ROUTER", Stay),
    ("REMOTE_PORT", Change),
    ("REMOTE_USER", Change),
    ("REQUEST_SCHEME", Stay),
    ("DOCUMENT_ROOT", Stay),
    ("HTTPS", Stay),
    ("CONTENT_TYPE", Stay),
    ("CONTENT_LENGTH", Change),
    ("HTTP_CONNECTION", Stay),
    ("HTTP_ACCEPT", Stay),
    ("HTTP_ACCEPT_ENCODING", Stay),
    ("HTTP_ACCEPT_LANGUAGE", Stay),
    ("HTTP_CACHE_CONTROL", Stay),
    ("HTTP_COOKIE", Change),
    ("HTTP_ORIGIN", Stay),
    ("HTTP_REFERER", Change),
    ("HTTP_AUTHORIZATION", Change),
    ("HTTP_IF_NONE_MATCH", Change),
    ("HTTP_IF_MODIFIED_SINCE", Change),
    ("HTTP_UPGRADE_INSECURE_REQUESTS", Stay),
    ("HTTP_SEC_FETCH_DEST", Stay),
    ("HTTP_SEC_FETCH_MODE", Stay),
    ("HTTP_SEC_FETCH_SITE", Stay),
    ("HTTP_SEC_FETCH_USER", Stay),
    ("HTTP_X_FORWARDED_FOR", Change),
    ("HTTP_X_FORWARDED_HOST", Stay),
    ("HTTP_X_FORWARDED_PROTO", Stay),
    ("HTTP_X_REAL_IP", Change),
    ("HTTP_X_REQUEST_ID", Change),
];

/// A common name, made once: its hash is known.
struct Name {
    bytes: &'static [u8],
    text: Py<PyString>,
    /// Its place in [`COMMON`].
    place: usize,
    habit: Habit,
}

/// The common names by what tells nearly all of them apart.
struct Names {
    shelves: Vec<Vec<Name>>,
    /// The [`USUAL`] ones in order.
    usual: Vec<Py<PyString>>,
}

impl Names {
    const SHELVES: usize = 128;

    fn new(py: Python<'_>) -> Self {
        let mut shelves: Vec<Vec<Name>> = (0..Self::SHELVES).map(|_| Vec::new()).collect();
        for (place, (name, habit)) in COMMON.iter().enumerate() {
            let text = PyString::intern(py, name).unbind();
            let name = Name { bytes: name.as_bytes(), text, place, habit: *habit };
            if let Some(shelf) = shelves.get_mut(Self::shelf(name.bytes)) {
                shelf.push(name);
            }
        }
        let usual = COMMON.iter().take(USUAL);
        let usual = usual.map(|(name, _)| PyString::intern(py, name).unbind()).collect();
        Self { shelves, usual }
    }

    /// By length, last letter and the one in the middle.
    fn shelf(name: &[u8]) -> usize {
        let letter = |at: usize| name.get(at).map_or(0, |&letter| usize::from(letter));
        let sum = name.len() + 4 * letter(name.len().wrapping_sub(1)) + letter(name.len() / 2);
        sum % Self::SHELVES
    }

    fn get(&self, name: &[u8]) -> Option<&Name> {
        self.shelves.get(Self::shelf(name))?.iter().find(|known| same(known.bytes, name))
    }
}

/// Whether two words are the same; for short ones without a call, which would cost more than the look.
fn same(one: &[u8], other: &[u8]) -> bool {
    fn ends(word: &[u8]) -> Option<(&[u8; 8], &[u8; 8])> {
        Some((word.first_chunk()?, word.last_chunk()?))
    }
    one.len() == other.len()
        && match (ends(one), ends(other)) {
            (Some(one), Some(other)) if one != other => false,
            (Some(_), _) => one.len() <= 16 || one == other,
            (None, _) => one.iter().zip(other).all(|(one, other)| one == other),
        }
}

/// Values of more bytes are not kept for the next request.
const MOST_KEPT: usize = 1024;

/// What the last request of a thread leaves for the next one.
struct Last {
    /// The environ that the next one begins as: of the usual names, those that stay have their last values.
    environ: Py<PyDict>,
    values: [Option<Kept>; COMMON.len()],
}

/// The last value of a name that stays.
struct Kept {
    bytes: Box<[u8]>,
    text: Py<PyString>,
}

thread_local! {
    static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
}

impl Last {
    fn new(py: Python<'_>, constants: &Constants) -> PyResult<Self> {
        let environ = constants.template.bind(py).copy()?.unbind();
        Ok(Self { environ, values: [const { None }; COMMON.len()] })
    }

    /// Gives an environ the value of a common name.
    fn fill(&mut self, environ: &Bound<'_, PyDict>, name: &Name, value: &[u8]) -> PyResult<()> {
        let py = environ.py();
        let Some(kept) = self.values.get_mut(name.place).filter(|_| name.habit == Stay) else {
            return environ.set_item(&name.text, native(py, value)?);
        };
        match kept {
            Some(kept) if same(&kept.bytes, value) => {
                // The environ began with it.
                let is_there = name.place < USUAL;
                if is_there { Ok(()) } else { environ.set_item(&name.text, &kept.text) }
            }
            _ => {
                let text = native(py, value)?;
                environ.set_item(&name.text, &text)?;
                let is_kept = value.len() <= MOST_KEPT;
                if is_kept && name.place < USUAL {
                    self.environ.bind(py).set_item(&name.text, &text)?;
                }
                *kept = is_kept.then(|| Kept { bytes: value.into(), text: text.unbind() });
                Ok(())
            }
        }
    }
}

/// What is the same in every environ.
pub(super) struct Constants {
    names: Names,
    /// The usual names without their values, and all that never changes.
    template: Py<PyDict>,
    multithread: bool,
}

impl Constants {
    /// Whether no other thread of the worker serves.
    pub(super) fn is_alone(&self) -> bool {
        !self.multithread
    }

    pub(super) fn new(
        py: Python<'_>,
        threads: u64,
        processes: u64,
        file_wrapper: bool,
    ) -> PyResult<Self> {
        let names = Names::new(py);
        let template = PyDict::new(py);
        for name in &names.usual {
            template.set_item(name, py.None())?;
        }
        template.set_item("wsgi.input", py.None())?;
        if file_wrapper {
            template.set_item("wsgi.file_wrapper", py.get_type::<super::file::FileWrapper>())?;
        }
        template.set_item("wsgi.version", (1, 0))?;
        template.set_item("wsgi.errors", errors(py)?)?;
        template.set_item("wsgi.run_once", false)?;
        template.set_item("wsgi.multithread", threads > 1)?;
        template.set_item("wsgi.multiprocess", processes > 1)?;
        template.set_item("wsgi.url_scheme", "http")?;
        template.set_item("uwsgi.version", PyBytes::new(py, crate::version::UWSGI.as_bytes()))?;
        let host = nix::unistd::gethostname().unwrap_or_default();
        template.set_item("uwsgi.node", PyBytes::new(py, host.as_encoded_bytes()))?;
        // Dicts grow by leaps; after this one a copy has room for some headers.
        for room in ["1", "2"] {
            template.set_item(room, py.None())?;
            template.del_item(room)?;
        }
        Ok(Self { names, template: template.unbind(), multithread: threads > 1 })
    }
}

/// `wsgi.errors`: the log, unbuffered, so that nothing is lost when a worker ends.
fn errors(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let io = py.import("io")?;
    let options = [("closefd", false)].into_py_dict(py)?;
    let raw = io.call_method("open", (2, "wb", 0), Some(&options))?;
    let options = PyDict::new(py);
    options.set_item("encoding", "utf-8")?;
    options.set_item("errors", "backslashreplace")?;
    options.set_item("write_through", true)?;
    io.call_method("TextIOWrapper", (raw,), Some(&options))
}

/// Bytes as a native string: latin-1 (PEP 3333, "Unicode Issues").
fn native<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyString>> {
    let length = bytes.len().try_into()?;
    #[expect(unsafe_code, reason = "pyo3 makes strings of UTF-8 only")]
    // SAFETY: the interpreter is attached, and reads `length` bytes; no name of a way to handle
    // errors is the usual one.
    let text = unsafe {
        pyo3::ffi::PyUnicode_DecodeLatin1(bytes.as_ptr().cast(), length, std::ptr::null())
    };
    #[expect(unsafe_code, reason = "takes over what the interpreter made")]
    // SAFETY: a new reference, or null with an exception set.
    let text = unsafe { Bound::from_owned_ptr_or_err(py, text) }?;
    Ok(text.cast_into()?)
}

/// Makes the environ of a request.
pub(super) fn environ<'py>(
    py: Python<'py>,
    request: &mut Request,
    constants: &Constants,
) -> PyResult<Bound<'py, PyDict>> {
    LAST.with_borrow_mut(|last| {
        let last = match last {
            Some(last) => last,
            None => last.insert(Last::new(py, constants)?),
        };
        begin(py, request, constants, last)
    })
    .and_then(|environ| finish(environ, request, constants))
}

/// The variables of a request.
fn begin<'py>(
    py: Python<'py>,
    request: &Request,
    constants: &Constants,
    last: &mut Last,
) -> PyResult<Bound<'py, PyDict>> {
    let environ = last.environ.bind(py).copy()?;
    let mut filled = 0_u64;
    for (name, value) in request.vars.iter() {
        match constants.names.get(name) {
            Some(name) => {
                filled |= 1 << name.place;
                last.fill(&environ, name, value)?;
            }
            None => environ.set_item(native(py, name)?, native(py, value)?)?,
        }
    }
    for (place, name) in constants.names.usual.iter().enumerate() {
        if filled & 1 << place == 0 {
            environ.del_item(name)?;
        }
    }
    Ok(environ)
}

/// Adds what the server has for the application.
fn finish<'py>(
    environ: Bound<'py, PyDict>,
    request: &mut Request,
    constants: &Constants,
) -> PyResult<Bound<'py, PyDict>> {
    let py = environ.py();
    let input = Input::new(std::mem::take(&mut request.body));
    environ.set_item(intern!(py, "wsgi.input"), Py::new(py, input)?)?;
    if request.input_terminated {
        environ.set_item(intern!(py, "wsgi.input_terminated"), true)?;
    }
    if request.https {
        environ.set_item(intern!(py, "wsgi.url_scheme"), intern!(py, "https"))?;
    }
    if constants.multithread {
        environ.set_item(intern!(py, "uwsgi.core"), request.core)?;
    }
    Ok(environ)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_are_the_same() {
        for length in 0..40 {
            let word = vec![b'x'; length];
            assert!(same(&word, &word.clone()), "{length}");
            assert!(!same(&word, &[&word[..], b"x"].concat()), "{length}");
            for place in 0..length {
                let mut other = word.clone();
                other[place] = b'y';
                assert!(!same(&word, &other), "{length}, {place}");
            }
        }
    }
}
