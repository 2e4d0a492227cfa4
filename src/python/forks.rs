//! What is done about Python before its process is forked.

use pyo3::prelude::*;

use super::immortal::{self, Extent};
use crate::log::say;
use crate::process::inspect;

/// Names the threads that run beside this one: no fork takes them along.
pub fn warn_of_threads() {
    attempt(name_threads);
}

fn name_threads(py: Python<'_>) -> PyResult<()> {
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

/// What the master loads for its workers, and how much of it stays shared.
pub struct Sharing {
    extent: Extent,
    /// When the collector looks otherwise.
    usual: Option<Thresholds>,
}

type Thresholds = (u32, u32, u32);

/// After so many new objects the collector looks at them while an application is loaded. What is loaded is
/// there to stay: it finds little, and would take a twelfth of the time.
const SELDOM: u32 = 100_000;

impl Sharing {
    /// Begins before the application is loaded.
    #[must_use]
    pub fn begin(extent: Extent) -> Self {
        let usual = attempt(|py| {
            let gc = py.import("gc")?;
            let usual: Thresholds = gc.call_method0("get_threshold")?.extract()?;
            if usual.0 > 0 {
                gc.call_method1("set_threshold", (SELDOM, usual.1, usual.2))?;
            }
            Ok(usual)
        });
        Self { extent, usual }
    }

    /// Keeps what is loaded out of reach of the collector, and so much of it from being counted. Otherwise
    /// each worker writes to nearly every object, by its use and in the first collection, and the pages are
    /// no longer shared.
    pub fn keep(self) {
        attempt(|py| {
            let gc = py.import("gc")?;
            if self.extent == Extent::Everything {
                gc.call_method0("collect")?;
            }
            let immortal = immortal::make(py, self.extent)?;
            gc.call_method0("freeze")?;
            if self.extent == Extent::Everything {
                let count: usize = gc.call_method0("get_freeze_count")?.extract()?;
                say!(
                    "gc-freeze: {count} objects are left alone by the collector, {immortal} are not counted \
                     any more"
                );
            }
            let now: Thresholds = gc.call_method0("get_threshold")?.extract()?;
            // The application may have thresholds of its own.
            if let Some(usual) = self.usual.filter(|_| now.0 == SELDOM) {
                gc.call_method1("set_threshold", usual)?;
            }
            Ok(())
        });
    }
}

fn attempt<T>(work: impl FnOnce(Python<'_>) -> PyResult<T>) -> Option<T> {
    let done = Python::attach(work);
    done.inspect_err(|error| say!("[warning] cannot look at Python before the fork: {error}")).ok()
}
