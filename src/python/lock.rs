//! The interpreter's lock, which a thread may keep from one call to the next.
//!
//! Giving it away and taking it back costs as locks do, and wakes another thread that wants it, which comes too
//! late where the next call is soon. So it is given back when the thread is about
//! to wait.

use std::time::{Duration, Instant};

use pyo3::ffi;
use pyo3::prelude::*;

use crate::app::held;

/// What lies between two calls takes a fraction of this.
const LONG: Duration = Duration::from_micros(50);

/// Attaches to the interpreter for a call. Afterwards the lock is held until [`held::let_go`] by a thread that
/// is alone, and by others where calls take long: after short ones they would keep each other waiting.
pub(super) fn call<T>(is_alone: bool, work: impl FnOnce(Python<'_>) -> T) -> T {
    keep();
    let began = (!is_alone).then(Instant::now);
    let done = attach(work);
    if began.is_some_and(|began| began.elapsed() < LONG) {
        held::let_go();
    }
    done
}

/// Attaches to the interpreter; a lock that is held serves, and is held again behind it.
pub(super) fn attach<T>(work: impl FnOnce(Python<'_>) -> T) -> T {
    let _holding = held::take_over().then(|| Holding);
    Python::attach(work)
}

/// Holds the lock once the work is done, or broken off. Not before: nothing in there may let go.
struct Holding;

impl Drop for Holding {
    fn drop(&mut self) {
        held::hold(give_back);
    }
}

/// Holds the lock until [`held::let_go`].
fn keep() {
    // Who has it by other means lets go of it.
    if !held::is_held() && !is_attached() {
        #[expect(unsafe_code, reason = "pyo3 gives the lock back at the end of a scope")]
        // SAFETY: the thread is not attached; `give_back` follows on the same thread.
        unsafe {
            ffi::PyGILState_Ensure();
        }
        held::hold(give_back);
    }
}

fn is_attached() -> bool {
    #[expect(unsafe_code, reason = "asks the interpreter")]
    // SAFETY: for any thread of a process with an interpreter.
    let is_attached = unsafe { ffi::PyGILState_Check() };
    is_attached == 1
}

fn give_back() {
    #[expect(unsafe_code, reason = "pyo3 gives the lock back at the end of a scope")]
    // SAFETY: follows `PyGILState_Ensure` on the same thread, which was not attached before that; no scope of
    // pyo3's is open, because something is held outside of them only.
    unsafe {
        ffi::PyGILState_Release(ffi::PyGILState_STATE::PyGILState_UNLOCKED);
    }
}
