//! Objects that are counted no more (PEP 683).
//!
//! Who uses an object writes how often it is used, into the object: the page that it lies on is no longer
//! shared with other processes then. An immortal object, which Python 3.12 brought, is not written to. It is
//! never freed either, which is right for what an application has once it is loaded.

use pyo3::prelude::*;
use pyo3::types::{PyCode, PyTuple};

/// Whether this Python knows of them, and has the count where it is looked for.
const KNOWN: bool =
    cfg!(all(Py_3_12, not(Py_GIL_DISABLED), target_pointer_width = "64", target_endian = "little"));

/// The count of an immortal object; the lower half of the word where Python keeps it.
const IMMORTAL: u32 = if cfg!(Py_3_14) { 3 << 30 } else { u32::MAX };

/// What a code object holds, of which the collector does not know.
const OF_CODE: [&str; 7] = [
    "co_consts",
    "co_names",
    "co_name",
    "co_qualname",
    "co_filename",
    "co_linetable",
    "co_exceptiontable",
];

/// Makes immortal whatever the collector knows and all that hangs on it; says how many objects that were,
/// none where Python cannot.
pub(super) fn make_all(py: Python<'_>) -> PyResult<usize> {
    if !KNOWN {
        return Ok(0);
    }
    let gc = py.import("gc")?;
    let mut found = gc.call_method0("get_objects")?;
    let mut made = 0;
    loop {
        let mut new = Vec::new();
        for object in found.try_iter()? {
            let object = object?;
            if !make(&object) {
                continue;
            }
            if object.is_instance_of::<PyCode>() {
                for name in OF_CODE {
                    new.extend(Some(object.getattr(name)?).filter(make));
                }
            }
            new.push(object);
        }
        made += new.len();
        if new.is_empty() {
            return Ok(made);
        }
        found = gc.call_method1("get_referents", PyTuple::new(py, new)?)?;
    }
}

/// Makes an object immortal; `false` where it was so already.
fn make(object: &Bound<'_, PyAny>) -> bool {
    let count = object.as_ptr().cast::<u32>();
    #[expect(unsafe_code, reason = "reads the count")]
    // SAFETY: an object begins with its count: on 64 bits with the lower half of it, where the lesser
    // byte comes first.
    let is_immortal = unsafe { count.read() } & 1 << 31 != 0;
    if is_immortal {
        return false;
    }
    #[expect(unsafe_code, reason = "Python has no call for it before 3.15")]
    // SAFETY: as above; the interpreter is attached, so nobody else writes to it. No reference is lost by
    // this: they are not counted from now on.
    unsafe {
        count.write(IMMORTAL);
    }
    true
}
