//! Finds and loads the application, and says clearly why it cannot.

use std::path::{Path, PathBuf};

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::explain::explain_import;
use super::factory;
use crate::log::say;

/// Where the application is.
#[derive(Clone, Debug)]
pub enum Target {
    /// `package.module:callable`.
    Module(String),
    /// A file of Python.
    File(PathBuf),
    /// Code of Python.
    Code(String),
    /// The address of a Paste Deploy configuration, `config:FILE`, and whether it sets up Python's
    /// logging as well.
    Paste(String, bool),
    /// A Pecan configuration.
    Pecan(PathBuf),
}

/// The application could not be loaded; the log says why.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct LoadError(pub String);

/// Loads a target's callable.
pub(super) fn load(
    py: Python<'_>,
    target: &Target,
    callable: Option<&str>,
) -> Result<Py<PyAny>, LoadError> {
    let (module, named, said) = match target {
        Target::Module(name) => {
            let (module, named) = match name.split_once(':') {
                Some((module, named)) => (module, Some(named)),
                None => (name.as_str(), None),
            };
            let module = module.strip_suffix(".py").unwrap_or(module).replace('/', ".");
            let loaded = py.import(module.as_str());
            (loaded.map_err(|error| explain_import(py, &module, &error))?, named, module)
        }
        Target::File(path) => (load_file(py, path)?, None, path.display().to_string()),
        Target::Code(code) => (run_code(py, code)?, None, "the code of eval".to_owned()),
        Target::Paste(address, logging) => return load_paste(py, address, *logging),
        Target::Pecan(path) => {
            let deployed = py
                .import("pecan.deploy")
                .and_then(|pecan| pecan.call_method1("deploy", (path.as_os_str(),)));
            return deployed.map(Bound::unbind).map_err(|error| {
                print_error(py, &error);
                LoadError(format!("pecan cannot load {}", path.display()))
            });
        }
    };
    let name = named.or(callable).unwrap_or("application");
    find_callable(&module, &said, name)
}

/// Imports a module or a `.py` file for what it does.
pub(super) fn import(py: Python<'_>, name: &str) -> Result<(), LoadError> {
    match name.strip_suffix(".py") {
        Some(stem) => {
            let stem = Path::new(stem).file_name().unwrap_or_default().to_string_lossy();
            load_file_as(py, Path::new(name), &stem).map(drop)
        }
        None => py.import(name).map(drop).map_err(|error| explain_import(py, name, &error)),
    }
}

/// A module of its own that ran this code.
fn run_code<'py>(py: Python<'py>, code: &str) -> Result<Bound<'py, PyModule>, LoadError> {
    let ran = || -> PyResult<Bound<'py, PyModule>> {
        let module = PyModule::new(py, "uwsgi_eval")?;
        let dict = module.dict();
        dict.set_item("__builtins__", py.import("builtins")?)?;
        py.import("sys")?.getattr("modules")?.set_item("uwsgi_eval", &module)?;
        let builtins = py.import("builtins")?;
        let compiled = builtins.call_method1("compile", (code, "<eval>", "exec"))?;
        builtins.call_method1("exec", (compiled, dict))?;
        Ok(module)
    };
    ran().map_err(|error| {
        print_error(py, &error);
        LoadError("the code of eval failed".to_owned())
    })
}

/// The application of a Paste Deploy configuration; a relative file is one of the current directory.
fn load_paste(py: Python<'_>, address: &str, logging: bool) -> Result<Py<PyAny>, LoadError> {
    let loaded = || -> PyResult<Py<PyAny>> {
        let here = std::env::current_dir()?;
        let file = address.strip_prefix("config:").unwrap_or(address);
        let file = here.join(file.split('#').next().unwrap_or(file));
        if logging {
            let defaults = PyDict::new(py);
            defaults.set_item("__file__", file.as_os_str())?;
            defaults.set_item("here", file.parent().unwrap_or(&here).as_os_str())?;
            let options = PyDict::new(py);
            options.set_item("defaults", defaults)?;
            options.set_item("disable_existing_loggers", false)?;
            py.import("logging.config")?.call_method(
                "fileConfig",
                (file.as_os_str(),),
                Some(&options),
            )?;
        }
        let options = PyDict::new(py);
        options.set_item("relative_to", here.as_os_str())?;
        let deploy = py.import("paste.deploy")?;
        Ok(deploy.call_method("loadapp", (address,), Some(&options))?.unbind())
    };
    loaded().map_err(|error| {
        print_error(py, &error);
        LoadError(format!("Paste Deploy cannot load {address}"))
    })
}

/// The callable of this name in a module, which was called `said` where it was named.
fn find_callable(
    module: &Bound<'_, PyModule>,
    said: &str,
    name: &str,
) -> Result<Py<PyAny>, LoadError> {
    let py = module.py();
    // `create_app()` is a factory: what it gives is the application.
    let (name, arguments) = match name.strip_suffix(')').and_then(|name| name.split_once('(')) {
        Some((name, arguments)) => (name.trim(), Some(arguments)),
        None => (name, None),
    };
    let mut found: Bound<'_, PyAny> = module.clone().into_any();
    for part in name.split('.') {
        found = found.getattr(part).map_err(|_| {
            let others = callables(module);
            let others = match others.is_empty() {
                true => "it defines no callable".to_owned(),
                false => format!("it has {}; name one with --callable", others.join(", ")),
            };
            LoadError(format!("there is no `{name}` in {said}: {others}"))
        })?;
    }
    if let Some(arguments) = arguments {
        let arguments = factory::arguments(py, arguments).map_err(|why| {
            LoadError(format!("cannot call {name}({arguments}) in {said}: {why}"))
        })?;
        found = arguments.call(&found).map_err(|error| {
            print_error(py, &error);
            LoadError(format!("{name}() in {said} failed"))
        })?;
    }
    if !found.is_callable() {
        return Err(LoadError(format!("`{name}` in {said} is not callable")));
    }
    Ok(found.unbind())
}

/// What a module defines that could be meant.
fn callables(module: &Bound<'_, PyModule>) -> Vec<String> {
    let own = |value: &Bound<'_, PyAny>| {
        value.is_callable() && !value.is_instance_of::<pyo3::types::PyType>()
    };
    let members = module.dict();
    let names = members.iter().filter(|(_, value)| own(value));
    let names = names.map(|(name, _)| name.to_string()).filter(|name| !name.starts_with('_'));
    names.take(8).collect()
}

fn load_file<'py>(py: Python<'py>, path: &Path) -> Result<Bound<'py, PyModule>, LoadError> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = format!("uwsgi_file_{}", stem.replace(|c: char| !c.is_alphanumeric(), "_"));
    load_file_as(py, path, &name)
}

/// Loads a file as a module of this name.
fn load_file_as<'py>(
    py: Python<'py>,
    path: &Path,
    name: &str,
) -> Result<Bound<'py, PyModule>, LoadError> {
    if let Err(error) = std::fs::File::open(path) {
        let here = std::env::current_dir().unwrap_or_default();
        return Err(LoadError(format!(
            "cannot open {}: {error} (the current directory is {})",
            path.display(),
            here.display(),
        )));
    }
    let loaded = || -> PyResult<Bound<'py, PyModule>> {
        let loader = py.import("importlib.machinery")?.getattr("SourceFileLoader")?;
        let loader = loader.call1((name, path.as_os_str()))?;
        let util = py.import("importlib.util")?;
        let spec = util.call_method1("spec_from_loader", (name, &loader))?;
        let module = util.call_method1("module_from_spec", (spec,))?;
        let modules = py.import("sys")?.getattr("modules")?.cast_into::<PyDict>()?;
        modules.set_item(name, &module)?;
        if let Err(error) = loader.call_method1("exec_module", (&module,)) {
            modules.del_item(name)?;
            return Err(error);
        }
        Ok(module.cast_into::<PyModule>()?)
    };
    loaded().map_err(|error| {
        print_error(py, &error);
        LoadError(format!("{} failed to load", path.display()))
    })
}

/// Prints an error with its traceback, whatever kind it is.
pub(super) fn print_error(py: Python<'_>, error: &PyErr) {
    // A `SystemExit` must not end the server: `PyErr::print` would obey it.
    let printed = py.import("traceback").and_then(|traceback| {
        let printed = (error.get_type(py), error.value(py), error.traceback(py));
        traceback.call_method1("print_exception", printed)
    });
    if printed.is_err() {
        say!("{error}");
    }
}

/// The text of an error with its traceback.
pub(super) fn traceback(py: Python<'_>, error: &PyErr) -> String {
    let lines = py.import("traceback").and_then(|traceback| {
        let parts = (error.get_type(py), error.value(py), error.traceback(py));
        traceback.call_method1("format_exception", parts)?.extract::<Vec<String>>()
    });
    lines.map_or_else(|_| error.to_string(), |lines| lines.concat())
}
