//! Says why a module could not be imported, and what is nearest to a fix.

use std::path::{Path, PathBuf};

use pyo3::exceptions::PyModuleNotFoundError;
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::load::{LoadError, print_error};
use crate::log::say;

/// Prints the traceback and, where a module is missing, the search path; names what is wrong.
pub(super) fn explain_import(py: Python<'_>, module: &str, error: &PyErr) -> LoadError {
    print_error(py, error);
    let name = error.value(py).getattr("name").and_then(|name| name.extract::<String>());
    let missing = match name {
        Ok(name) if error.is_instance_of::<PyModuleNotFoundError>(py) => name,
        _ => return LoadError(format!("{module} failed to load; the traceback says why")),
    };
    say!("the module search path (sys.path) was:");
    for directory in search_path(py) {
        say!("  {}", if directory.is_empty() { "''" } else { &directory });
    }
    let here = std::env::current_dir().unwrap_or_default();
    let is_asked_for = module == missing || module.starts_with(&format!("{missing}."));
    let nearest = nearest(py, &missing);
    LoadError(match (is_asked_for, nearest) {
        (true, nearest) => {
            let near = find_near(&here, &missing);
            let here = here.display();
            match (near, nearest) {
                (Some(near), _) => {
                    let near = near.display();
                    format!(
                        "there is no module {missing} from {here}, but in {near}; say chdir = {near}"
                    )
                }
                (None, Some(nearest)) => {
                    format!("there is no module {missing} from {here}; did you mean {nearest}?")
                }
                (None, None) => format!(
                    "there is no module {missing}; is chdir (now {here}), pythonpath or home right?"
                ),
            }
        }
        (false, nearest) => {
            let python = describe_python(py);
            let advice = match (nearest, find_environment(&here)) {
                (Some(nearest), _) => format!("did you mean {nearest}?"),
                (None, Some(environment)) => format!("say home = {}?", environment.display()),
                (None, None) => "install it there, or set home (virtualenv) to the environment of \
                                 the application"
                    .to_owned(),
            };
            format!(
                "{module} needs the module {missing}, which is not installed in {python}: {advice}"
            )
        }
    })
}

fn search_path(py: Python<'_>) -> Vec<String> {
    let path = py.import("sys").and_then(|sys| sys.getattr("path"));
    let path = path.ok().and_then(|path| path.cast_into::<PyList>().ok());
    path.map(|path| path.iter().map(|entry| entry.to_string()).collect()).unwrap_or_default()
}

/// The environment that runs, and its version.
fn describe_python(py: Python<'_>) -> String {
    let prefix = py.import("sys").and_then(|sys| sys.getattr("prefix"));
    let prefix = prefix.map(|prefix| prefix.to_string()).unwrap_or_default();
    format!("{prefix} (Python {})", super::interpreter::short_version())
}

/// The module that there is and whose name is closest to a missing one, if any is close.
fn nearest(py: Python<'_>, missing: &str) -> Option<String> {
    let found = || -> PyResult<Option<String>> {
        let (parent, last) = match missing.rsplit_once('.') {
            Some((parent, last)) => (Some(parent), last),
            None => (None, missing),
        };
        let path = match parent {
            Some(parent) => py.import(parent)?.getattr("__path__")?,
            None => py.import("sys")?.getattr("path")?,
        };
        let mut names = Vec::new();
        for module in py.import("pkgutil")?.call_method1("iter_modules", (path,))?.try_iter()? {
            names.push(module?.getattr("name")?.extract::<String>()?);
        }
        let close = py.import("difflib")?.call_method1("get_close_matches", (last, names, 1, 0.75));
        let close: Vec<String> = close?.extract()?;
        let name = close.into_iter().next();
        Ok(name.map(|name| match parent {
            Some(parent) => format!("{parent}.{name}"),
            None => name,
        }))
    };
    found().ok().flatten()
}

/// A folder one level down or up that has the top module.
fn find_near(here: &Path, missing: &str) -> Option<PathBuf> {
    // What is missing in a package is not somewhere else.
    if missing.contains('.') {
        return None;
    }
    let folders = std::fs::read_dir(here).ok()?.flatten().map(|entry| entry.path());
    let mut folders: Vec<_> = folders.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders.extend(here.parent().map(Path::to_owned));
    folders.into_iter().find(|folder| {
        folder.join(missing).join("__init__.py").is_file()
            || folder.join(format!("{missing}.py")).is_file()
    })
}

/// A virtual environment beside the application that is not the one that runs.
fn find_environment(here: &Path) -> Option<PathBuf> {
    let folders = [here.to_owned()].into_iter().chain(here.parent().map(Path::to_owned));
    let mut found = folders.flat_map(|folder| [".venv", "venv", "env"].map(|n| folder.join(n)));
    found.find(|path| path.join("pyvenv.cfg").is_file() && super::interpreter::fits(path))
}
