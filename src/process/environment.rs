//! Changing the environment and the directory of this process, while it has one thread.

/// Sets an environment variable.
///
/// Only to be called before threads are started and before an interpreter is there.
pub fn set(name: &str, value: &str) {
    #[expect(unsafe_code, reason = "the environment is shared by all threads")]
    #[expect(clippy::disallowed_methods, reason = "the one place that sets it")]
    // SAFETY: the process has one thread while it starts; the callers in `cli` keep to that.
    unsafe {
        std::env::set_var(name, value);
    }
}

/// Removes an environment variable, under the same condition as [`set`].
pub fn remove(name: &str) {
    #[expect(unsafe_code, reason = "the environment is shared by all threads")]
    #[expect(clippy::disallowed_methods, reason = "the one place that removes from it")]
    // SAFETY: as in `set`.
    unsafe {
        std::env::remove_var(name);
    }
}

/// Changes the current directory; relative paths that are opened later mean other files.
pub fn change_directory(path: &std::path::Path) -> std::io::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "the one place that changes it")]
    std::env::set_current_dir(path)
}
