//! The arguments of a factory, as `module = app:create_app("test", debug=True)` writes them.
//!
//! Plain literals only: a configuration is no place for code.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

/// What a factory is called with.
pub(super) struct Arguments<'py> {
    positional: Bound<'py, PyTuple>,
    named: Bound<'py, PyDict>,
}

impl<'py> Arguments<'py> {
    pub(super) fn call(&self, factory: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        factory.call(&self.positional, Some(&self.named))
    }
}

/// Reads what stands between the parentheses; else what is wrong with it.
pub(super) fn arguments<'py>(py: Python<'py>, text: &str) -> Result<Arguments<'py>, String> {
    read(py, text)
        .map_err(|error| format!("its arguments must be plain literals: {}", error.value(py)))?
        .ok_or_else(|| {
            "its arguments must be plain literals, such as \"test\" or debug=True".into()
        })
}

/// `None` where it is more than the arguments of one call.
fn read<'py>(py: Python<'py>, text: &str) -> PyResult<Option<Arguments<'py>>> {
    let ast = py.import("ast")?;
    let parsed = ast.call_method1("parse", (format!("f({text}\n)"), "<arguments>", "eval"))?;
    let call = parsed.getattr("body")?;
    if !call.is_instance(&ast.getattr("Call")?)?
        || !call.getattr("func")?.is_instance(&ast.getattr("Name")?)?
    {
        return Ok(None);
    }
    let literal = |node: &Bound<'py, PyAny>| ast.call_method1("literal_eval", (node,));
    let positional = PyList::empty(py);
    for node in call.getattr("args")?.try_iter()? {
        positional.append(literal(&node?)?)?;
    }
    let named = PyDict::new(py);
    for keyword in call.getattr("keywords")?.try_iter()? {
        let keyword = keyword?;
        let name = keyword.getattr("arg")?;
        if name.is_none() {
            return Ok(None);
        }
        named.set_item(name, literal(&keyword.getattr("value")?)?)?;
    }
    Ok(Some(Arguments { positional: positional.to_tuple(), named }))
}
