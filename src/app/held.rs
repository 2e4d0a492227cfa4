//! What an application holds beyond a call, because the next one may come before its thread waits: a lock
//! that other threads of the process may want.

use std::cell::Cell;

thread_local! {
    /// How to let go of it.
    static HELD: Cell<Option<fn()>> = const { Cell::new(None) };
}

/// Holds something until [`let_go`], or until somebody takes it over.
pub fn hold(let_go: fn()) {
    HELD.set(Some(let_go));
}

/// Whether something is held.
#[must_use]
pub fn is_held() -> bool {
    HELD.get().is_some()
}

/// Takes over what is held; whether that was anything.
#[must_use]
pub fn take_over() -> bool {
    HELD.take().is_some()
}

/// Lets go of what is held. To be called before the thread waits, or does what may take long.
pub fn let_go() {
    if let Some(let_go) = HELD.take() {
        let_go();
    }
}
