//! The `uwsgi` module that applications import: what they ask of the server.
//!
//! As uWSGI 2.0.31 has it: text comes out as bytes. Only what needs no further service of the
//! server is here.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyModule};

use super::websocket::{self, Keeping};
use crate::log::say;
use crate::process::inspect;
use crate::process::signals::TELL_WHERE;

/// What the module tells of the server.
#[derive(Clone)]
pub struct Facts {
    /// Number of workers.
    pub processes: u64,
    /// Threads of each.
    pub threads: u64,
    /// Largest head of a request in bytes.
    pub buffer_size: u64,
    /// Whether an earlier image ran before this one.
    pub is_a_reload: bool,
    /// When the server was started, seconds since 1970.
    pub started_on: u64,
    /// All that was said, for `uwsgi.opt`; `None` is a bare name.
    pub options: Vec<(String, Option<String>)>,
    /// The process of the master.
    pub master: u32,
    /// How websockets are kept.
    pub websockets: Keeping,
    /// Requests of all workers.
    pub total_requests: fn() -> u64,
    /// Asks the master to reload.
    pub reload: fn(),
    /// Asks the master to stop.
    pub stop: fn(),
}

static FACTS: OnceLock<Facts> = OnceLock::new();
static WORKER: AtomicU32 = AtomicU32::new(0);
static REQUESTS: AtomicU64 = AtomicU64::new(0);

/// Says in a new worker which one it is.
pub(super) fn set_worker(number: u32) {
    WORKER.store(number, Ordering::Relaxed);
}

/// How websockets are kept.
pub(super) fn keeping() -> Keeping {
    FACTS.get().map_or(Keeping::default(), |facts| facts.websockets)
}

/// Counts a request for `request_id()`.
pub(super) fn count_request() {
    REQUESTS.fetch_add(1, Ordering::Relaxed);
}

/// Makes the module and puts it where `import uwsgi` finds it. One that is there stays: modules
/// that the master imported may have set its hooks.
pub(super) fn install(py: Python<'_>, facts: Facts) -> PyResult<()> {
    if FACTS.get().is_some() {
        return Ok(());
    }
    let module = PyModule::new(py, "uwsgi")?;
    let bytes = |text: &str| PyBytes::new(py, text.as_bytes());
    let host = nix::unistd::gethostname().unwrap_or_default();
    module.add("version", bytes(crate::version::UWSGI))?;
    module.add("version_info", (2, 0, 31, 0, bytes("")))?;
    module.add("ruwsgi_version", bytes(env!("CARGO_PKG_VERSION")))?;
    module.add("hostname", PyBytes::new(py, host.as_encoded_bytes()))?;
    module.add("numproc", facts.processes)?;
    module.add("cores", facts.threads)?;
    module.add("has_threads", 1)?;
    module.add("buffer_size", facts.buffer_size)?;
    module.add("started_on", facts.started_on)?;
    module.add("is_a_reload", facts.is_a_reload)?;
    module.add("applications", py.None())?;
    module.add("loop", py.None())?;
    module.add("_Input", py.get_type::<super::input::Input>())?;
    let options = PyDict::new(py);
    for (name, value) in &facts.options {
        match value {
            Some(value) => options.set_item(name, bytes(value))?,
            None => options.set_item(name, true)?,
        }
    }
    module.add("opt", options)?;
    websocket::install(&module)?;
    module.add_function(wrap_pyfunction!(worker_id, &module)?)?;
    module.add_function(wrap_pyfunction!(mule_id, &module)?)?;
    module.add_function(wrap_pyfunction!(masterpid, &module)?)?;
    module.add_function(wrap_pyfunction!(request_id, &module)?)?;
    module.add_function(wrap_pyfunction!(total_requests, &module)?)?;
    module.add_function(wrap_pyfunction!(mem, &module)?)?;
    module.add_function(wrap_pyfunction!(log, &module)?)?;
    super::noted::install(&module)?;
    module.add_function(wrap_pyfunction!(reload, &module)?)?;
    module.add_function(wrap_pyfunction!(stop, &module)?)?;
    py.import("sys")?.getattr("modules")?.set_item("uwsgi", module)?;
    // Nobody else sets them: Python is held.
    let _ = FACTS.set(facts);
    Ok(())
}

/// Runs what the application registered for its end: `uwsgi.atexit`, then Python's `atexit`. Files are written
/// as at the end of an interpreter, which is not taken down: its threads may still run.
pub(super) fn run_at_exit(py: Python<'_>) -> PyResult<()> {
    let hook = py.import("uwsgi")?.getattr_opt("atexit")?;
    let hooked = hook.map_or(Ok(()), |hook| hook.call0().map(drop));
    let exited = py.import("atexit")?.call_method0("_run_exitfuncs").map(drop);
    flush_files(py)?;
    hooked.and(exited)
}

fn flush_files(py: Python<'_>) -> PyResult<()> {
    let gc = py.import("gc")?;
    gc.call_method0("unfreeze")?;
    let file = py.import("_io")?.getattr("_IOBase")?;
    for object in gc.call_method0("get_objects")?.try_iter()? {
        let object = object?;
        // Its type is asked, as an object may say of itself what it likes.
        if object.get_type().is_subclass(&file)? {
            // One that is closed, or whose reader is gone, has nothing to write.
            let _ = object.call_method0("flush");
        }
    }
    Ok(())
}

/// Prepares a new worker and runs `uwsgi.post_fork_hook` in it.
pub(super) fn enter_worker(py: Python<'_>) -> PyResult<()> {
    let log = 2;
    py.import("faulthandler")?.call_method1("register", (TELL_WHERE as i32, log, true))?;
    if let Some(hook) = py.import("uwsgi")?.getattr_opt("post_fork_hook")? {
        hook.call0()?;
    }
    Ok(())
}

#[pyfunction]
fn worker_id() -> u32 {
    WORKER.load(Ordering::Relaxed)
}

#[pyfunction]
fn mule_id() -> u32 {
    0
}

#[pyfunction]
fn masterpid() -> u32 {
    FACTS.get().map_or(0, |facts| facts.master)
}

#[pyfunction]
fn request_id() -> u64 {
    REQUESTS.load(Ordering::Relaxed)
}

#[pyfunction]
fn total_requests() -> u64 {
    FACTS.get().map_or(0, |facts| (facts.total_requests)())
}

#[pyfunction]
fn mem() -> (u64, u64) {
    let (space, resident) = inspect::memory();
    (resident, space)
}

#[pyfunction]
fn log(message: &str) -> bool {
    say!("{message}");
    true
}

#[pyfunction]
fn reload() -> bool {
    FACTS.get().map(|facts| (facts.reload)()).is_some()
}

#[pyfunction]
fn stop() -> bool {
    FACTS.get().map(|facts| (facts.stop)()).is_some()
}
