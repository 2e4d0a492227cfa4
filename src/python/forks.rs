//! What is done about Python before its process is forked.

use pyo3::prelude::*;

use super::immortal::{self, Extent};
use crate::log::say;
use crate::process::inspect;

/// Warns of threads, which no fork takes along, and keeps what is loaded out of reach of the collector, and
/// so much of it from being counted.
pub fn before_forks(shared: Option<Extent>) {
    Python::attach(|py| {
        let kept = |()| shared.map_or(Ok(()), |extent| keep_shared(py, extent));
        let done = warn_of_threads(py).and_then(kept);
        if let Err(error) = done {
            say!("[warning] cannot look at Python before the fork: {error}");
        }
    });
}

/// Names the threads that run beside this one.
fn warn_of_threads(py: Python<'_>) -> PyResult<()> {
    let threading = py.import("threading")?;
    let current = threading.call_method0("current_thread")?;
    let mut names = Vec::new();
    for thread in threading.call_method0("enumerate")?.try_iter()? {
        let found = thread?;
        if !found.is(&current) {
            names.push(found.getattr("name")?.extract::<String>()?);
        }
    }
    // Libraries start threads that Python does not know.
    let unnamed = inspect::threads().saturating_sub(1 + names.len());
    let of_libraries = (unnamed > 0).then(|| format!("{unnamed} of libraries"));
    let all: Vec<_> = names.iter().map(|name| format!("{name:?}")).chain(of_libraries).collect();
    if !all.is_empty() {
        say!(
            "[warning] the application started threads while it was loaded: {}; they do not run in \
             the workers (start them in a postfork hook, or say lazy-apps)",
            all.join(", ")
        );
    }
    Ok(())
}

/// Otherwise each worker writes to nearly every object, by its use and in the first collection, and the
/// pages are no longer shared.
fn keep_shared(py: Python<'_>, extent: Extent) -> PyResult<()> {
    let gc = py.import("gc")?;
    if extent == Extent::Everything {
        gc.call_method0("collect")?;
    }
    let immortal = immortal::make(py, extent)?;
    gc.call_method0("freeze")?;
    if extent == Extent::Everything {
        let count: usize = gc.call_method0("get_freeze_count")?.extract()?;
        say!(
            "gc-freeze: {count} objects are left alone by the collector, {immortal} are not counted any more"
        );
    }
    Ok(())
}
