//! The other door: the Python module of the wheel, whose `main` runs the same program as the binary.
//!
//! `pip install .` makes a script `ruwsgi` that calls it. What the program does is decided in [`crate::cli`].

use std::ffi::OsString;
use std::process::ExitCode;

use pyo3::prelude::*;

/// Runs the program with the command line of this Python, and returns its exit code.
///
/// Python's own handler of SIGINT is taken off first: it would only set a flag for bytecode that is not
/// running, and the server and `ruwsgi deploy` have their own ways to stop.
#[pyfunction]
fn main(py: Python<'_>) -> PyResult<u8> {
    let signal = py.import("signal")?;
    signal.call_method1("signal", (signal.getattr("SIGINT")?, signal.getattr("SIG_DFL")?))?;
    let arguments: Vec<OsString> = py.import("sys")?.getattr("argv")?.extract()?;
    // Detached, or threads that the application starts in the master could never run.
    let exit = py.detach(|| crate::cli::main(arguments));
    Ok(number(exit))
}

/// The number in an exit code: the standard library only compares them.
fn number(exit: ExitCode) -> u8 {
    (0..=u8::MAX).find(|&number| ExitCode::from(number) == exit).unwrap_or(1)
}

/// The module `ruwsgi`, as the wheel's script imports it.
#[pymodule]
fn ruwsgi(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(main, module)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exit_code_keeps_its_number() {
        for expected in 0..=u8::MAX {
            assert_eq!(number(ExitCode::from(expected)), expected);
        }
    }
}
