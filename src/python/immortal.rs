//! Objects that are counted no more (PEP 683).
//!
//! Who uses an object writes how often it is used, into the object: the page that it lies on is no longer
//! shared with other processes then. An immortal object, which Python 3.12 brought, is not written to. It is
//! never freed either.

use std::ffi::{c_int, c_void};

use pyo3::types::{PyCode, PyDict, PyFunction, PyModule, PyString, PyType, PyTypeMethods};
use pyo3::{Borrowed, ffi, prelude::*};

/// Whether this Python knows of them, and has the count where it is looked for.
const KNOWN: bool =
    cfg!(all(Py_3_12, not(Py_GIL_DISABLED), target_pointer_width = "64", target_endian = "little"));

/// The count of an immortal object; the lower half of the word where Python keeps it.
const IMMORTAL: u32 = if cfg!(Py_3_14) { 3 << 30 } else { u32::MAX };

/// What the collector knows of code, beside modules and classes: names in `types`.
const CODE: [&str; 10] = [
    "FunctionType",
    "CodeType",
    "CellType",
    "MethodType",
    "BuiltinFunctionType",
    "MethodDescriptorType",
    "WrapperDescriptorType",
    "ClassMethodDescriptorType",
    "GetSetDescriptorType",
    "MemberDescriptorType",
];

/// What else code is made of: names in `builtins`.
const PARTS: [&str; 9] = [
    "property",
    "classmethod",
    "staticmethod",
    "tuple",
    "frozenset",
    "str",
    "bytes",
    "int",
    "float",
];

/// What runs use of a code object, of which the collector does not know.
const OF_CODE: [&str; 4] = ["co_consts", "co_names", "co_name", "co_qualname"];

/// What becomes immortal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Modules, classes, functions and their constants: they have nothing to do when they end, and nobody
    /// asks how often they are used.
    Code,
    /// Whatever the collector knows and all that hangs on it.
    Everything,
}

/// Makes what is there immortal; says how many objects that were, none where Python cannot.
pub(super) fn make(py: Python<'_>, extent: Extent) -> PyResult<usize> {
    if !KNOWN {
        return Ok(0);
    }
    let mut walk = Walk {
        py,
        code: named(py, "types", &CODE)?,
        parts: named(py, "builtins", &PARTS)?,
        of_code: OF_CODE.map(|name| PyString::intern(py, name)),
        takes_all: extent == Extent::Everything,
        takes_dictionaries: false,
        found: Vec::new(),
    };
    let begin = match extent {
        Extent::Code => {
            let modules = py.import("sys")?.getattr("modules")?;
            modules.call_method0("copy")?.call_method0("values")?
        }
        Extent::Everything => py.import("gc")?.call_method0("get_objects")?,
    };
    let mut made = 0;
    for object in begin.try_iter()? {
        walk.meet(object?.as_borrowed());
        while let Some(object) = walk.found.pop() {
            made += 1;
            walk.follow(object)?;
        }
    }
    Ok(made)
}

fn named(py: Python<'_>, module: &str, names: &[&str]) -> PyResult<Vec<*mut ffi::PyTypeObject>> {
    let module = py.import(module)?;
    let class = |name: &&str| Ok(module.getattr(*name)?.cast_into::<PyType>()?.as_type_ptr());
    names.iter().map(class).collect()
}

/// The way from what is immortal to what it holds.
struct Walk<'py> {
    py: Python<'py>,
    code: Vec<*mut ffi::PyTypeObject>,
    parts: Vec<*mut ffi::PyTypeObject>,
    of_code: [Bound<'py, PyString>; OF_CODE.len()],
    takes_all: bool,
    /// Whether what is followed has its names in a dictionary that is its own.
    takes_dictionaries: bool,
    /// What has become immortal, and was not followed yet.
    found: Vec<Borrowed<'py, 'py, PyAny>>,
}

impl<'py> Walk<'py> {
    fn is_code(&self, object: Borrowed<'_, 'py, PyAny>) -> bool {
        object.is_instance_of::<PyType>()
            || object.is_instance_of::<PyModule>()
            || self.code.contains(&object.get_type_ptr())
    }

    /// Makes what is met on the way immortal, if it is wanted and is not so already.
    fn meet(&mut self, object: Borrowed<'_, 'py, PyAny>) {
        let count = object.as_ptr().cast::<u32>();
        #[expect(unsafe_code, reason = "reads the count")]
        // SAFETY: an object begins with its count: on 64 bits with the lower half of it, where the lesser
        // byte comes first.
        let is_immortal = unsafe { count.read() } & 1 << 31 != 0;
        let is_wanted = |walk: &Self| {
            walk.takes_all
                || walk.parts.contains(&object.get_type_ptr())
                || walk.is_code(object)
                || walk.takes_dictionaries && object.is_exact_instance_of::<PyDict>()
        };
        if is_immortal || !is_wanted(self) {
            return;
        }
        #[expect(unsafe_code, reason = "Python has no call for it before 3.15")]
        // SAFETY: as above; the interpreter is attached, so nobody else writes to it. No reference is lost
        // by this: they are not counted from now on.
        unsafe {
            count.write(IMMORTAL);
        }
        #[expect(unsafe_code, reason = "lengthens a lifetime")]
        // SAFETY: it was an object already, and will be one as long as there is an interpreter.
        let object = unsafe { Borrowed::from_ptr(self.py, object.as_ptr()) };
        self.found.push(object);
    }

    /// Takes what an object holds.
    fn follow(&mut self, object: Borrowed<'py, 'py, PyAny>) -> PyResult<()> {
        self.takes_dictionaries = object.is_instance_of::<PyType>()
            || object.is_instance_of::<PyModule>()
            || object.is_instance_of::<PyFunction>();
        #[expect(unsafe_code, reason = "asks as the collector does")]
        // SAFETY: it is an object.
        let is_known = unsafe { ffi::PyObject_IS_GC(object.as_ptr()) } != 0;
        #[expect(unsafe_code, reason = "reads a type")]
        // SAFETY: each object has a type, which lives as long as it.
        let traverse = unsafe { (*object.get_type_ptr()).tp_traverse };
        if let Some(traverse) = traverse.filter(|_| is_known) {
            #[expect(unsafe_code, reason = "asks as the collector does")]
            // SAFETY: so the collector calls it; `meet_each` gets the walk, which nobody else has meanwhile.
            unsafe {
                traverse(object.as_ptr(), meet_each, (&raw mut *self).cast());
            }
        }
        if object.is_instance_of::<PyCode>() {
            for name in self.of_code.clone() {
                self.meet(object.getattr(name)?.as_borrowed());
            }
        }
        Ok(())
    }
}

extern "C" fn meet_each(object: *mut ffi::PyObject, walk: *mut c_void) -> c_int {
    #[expect(unsafe_code, reason = "comes back from C")]
    // SAFETY: it is the walk that `follow` gave, which waits.
    let walk = unsafe { &mut *walk.cast::<Walk<'_>>() };
    #[expect(unsafe_code, reason = "comes back from C")]
    // SAFETY: it is an object that another one holds.
    let object = unsafe { Borrowed::from_ptr(walk.py, object) };
    walk.meet(object);
    0
}
