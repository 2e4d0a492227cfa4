//! Starts Python as the configuration wants it, and keeps it whole over forks.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use pyo3::ffi;
use pyo3::prelude::*;

use crate::error::Failure;
use crate::log::say;
use crate::process::fork::{ForkHooks, Side};

/// What is said about Python before it starts.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// A virtual environment, or the home of a Python.
    pub home: Option<PathBuf>,
    /// Directories in front of the module search path.
    pub path: Vec<PathBuf>,
    /// `sys.argv`, the name first.
    pub arguments: Vec<String>,
    /// Level of `-O`.
    pub optimize: i32,
    /// What `sys.executable` says, where it is not what Python found.
    pub executable: Option<PathBuf>,
}

/// The version of Python that this program was built with.
#[must_use]
pub fn version() -> String {
    #[expect(unsafe_code, reason = "asks Python, started or not")]
    // SAFETY: may be called at any time.
    let text = unsafe { ffi::Py_GetVersion() };
    #[expect(unsafe_code, reason = "reads the text")]
    // SAFETY: `Py_GetVersion` gives a static C string.
    let text = unsafe { std::ffi::CStr::from_ptr(text) };
    text.to_string_lossy().into_owned()
}

/// The first two numbers of the version, `3.11`.
pub(super) fn short_version() -> String {
    let version = version();
    let mut numbers = version.split(['.', ' ']);
    format!("{}.{}", numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default())
}

/// Starts Python, or fits the one that runs already (in the wheel), and says what it is.
pub fn start(setup: &Setup) -> Result<(), Failure> {
    #[expect(unsafe_code, reason = "asks whether Python runs")]
    // SAFETY: may be called at any time.
    let running = unsafe { ffi::Py_IsInitialized() } != 0;
    let executable = find_executable(setup.home.as_deref(), running)?;
    if !running {
        initialize(setup, executable.as_deref())?;
    }
    say!("Python version: {}", version().replace('\n', " "));
    Python::attach(|py| arrange(py, setup, running))
        .map_err(|error| Failure::new(format!("cannot prepare Python: {error}")))
}

/// The interpreter whose surroundings Python is to take as its own.
fn find_executable(home: Option<&Path>, running: bool) -> Result<Option<PathBuf>, Failure> {
    let Some(home) = home else {
        let active = std::env::var_os("VIRTUAL_ENV").map(PathBuf::from);
        let beside = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.to_owned()));
        let beside = beside
            .filter(|bin| bin.parent().is_some_and(|venv| venv.join("pyvenv.cfg").is_file()))
            .map(|bin| bin.join("python"));
        let active = match (&beside, active) {
            (None, Some(venv)) if !running => active_environment(&venv),
            _ => None,
        };
        let built = Some(PathBuf::from(env!("RUWSGI_PYTHON")));
        let candidates = [beside, active, built].into_iter().flatten();
        return Ok(candidates.filter(|path| path.exists()).find(|_| !running));
    };
    if !home.is_dir() {
        return Err(Failure::new(format!("there is no virtual environment {}", home.display()))
            .hint(format!("make one: python{} -m venv {}", short_version(), home.display())));
    }
    let is_environment = home.join("pyvenv.cfg").is_file();
    let library = home.join(format!("lib/python{}", short_version()));
    if fits(home) && !is_environment && !library.join("encodings").is_dir() {
        return Err(Failure::new(format!(
            "{} is neither a virtual environment (it has no pyvenv.cfg) nor the home of a Python {}",
            home.display(),
            short_version(),
        ))
        .hint("name the folder that holds bin/python and pyvenv.cfg, or leave home out"));
    }
    if !fits(home) {
        return Err(Failure::new(mismatch(home)).hint(format!(
            "make it anew with python{0} -m venv, or use a ruwsgi built for its Python",
            short_version()
        )));
    }
    Ok(Some(home.join("bin/python")))
}

/// The interpreter of the virtual environment in which this program was started (`VIRTUAL_ENV`),
/// where it is of this version.
fn active_environment(venv: &Path) -> Option<PathBuf> {
    if fits(venv) {
        say!("using the virtual environment {} (VIRTUAL_ENV)", venv.display());
        return Some(venv.join("bin/python"));
    }
    say!("[warning] environment VIRTUAL_ENV: {}; it is not used", mismatch(venv));
    None
}

fn mismatch(home: &Path) -> String {
    let found = installed_versions(home);
    let found = if found.is_empty() { "no Python".to_owned() } else { found.join(", ") };
    let wanted = short_version();
    format!("{} is for {found}, and this ruwsgi is for Python {wanted}", home.display())
}

/// Whether there are modules for this version of Python.
pub(super) fn fits(home: &Path) -> bool {
    home.join(format!("lib/python{}", short_version())).is_dir()
}

fn installed_versions(home: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(home.join("lib")).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut found: Vec<_> = names.filter(|name| name.starts_with("python")).collect();
    found.sort();
    found
}

/// Starts Python with a configuration of its own.
fn initialize(setup: &Setup, executable: Option<&Path>) -> Result<(), Failure> {
    let text = |bytes: &[u8]| {
        CString::new(bytes).map_err(|_| Failure::new("a Python setting holds a zero byte"))
    };
    let words = setup.arguments.iter().map(|word| text(word.as_bytes()));
    let words = words.collect::<Result<Vec<_>, _>>()?;
    let executable = executable.map(|path| text(path.as_os_str().as_bytes())).transpose()?;
    let home = setup.home.as_deref().filter(|home| !home.join("pyvenv.cfg").is_file());
    let home = home.map(|home| text(home.as_os_str().as_bytes())).transpose()?;

    let mut config = std::mem::MaybeUninit::<ffi::PyConfig>::zeroed();
    let config = config.as_mut_ptr();
    #[expect(unsafe_code, reason = "Python's configuration is a C structure")]
    #[expect(clippy::multiple_unsafe_ops_per_block, reason = "one C structure, filled in order")]
    // SAFETY: PEP 587: the structure is initialised first, strings are copied by the setters,
    // and no other thread runs Python yet.
    let status = unsafe {
        ffi::PyConfig_InitPythonConfig(config);
        (*config).parse_argv = 0;
        (*config).install_signal_handlers = 0;
        (*config).buffered_stdio = 0;
        (*config).optimization_level = setup.optimize;
        let mut pointers: Vec<*mut std::ffi::c_char> =
            words.iter().map(|word| word.as_ptr().cast_mut()).collect();
        let count = pointers.len().cast_signed();
        let mut status = ffi::PyConfig_SetBytesArgv(config, count, pointers.as_mut_ptr().cast());
        let strings = [
            (&raw mut (*config).executable, executable.as_ref()),
            (&raw mut (*config).home, home.as_ref()),
        ];
        for (field, value) in strings {
            if let (0, Some(value)) = (ffi::PyStatus_Exception(status), value) {
                status = ffi::PyConfig_SetBytesString(config, field, value.as_ptr());
            }
        }
        if ffi::PyStatus_Exception(status) == 0 {
            status = ffi::Py_InitializeFromConfig(config);
        }
        ffi::PyConfig_Clear(config);
        status
    };
    #[expect(unsafe_code, reason = "reads the status")]
    // SAFETY: a status is plain data.
    if unsafe { ffi::PyStatus_Exception(status) } != 0 {
        let why = if status.err_msg.is_null() {
            "no reason given".into()
        } else {
            #[expect(unsafe_code, reason = "reads the message")]
            // SAFETY: a message of a status is a static C string.
            unsafe { std::ffi::CStr::from_ptr(status.err_msg) }.to_string_lossy()
        };
        return Err(Failure::new(format!("cannot start Python {}: {why}", short_version())));
    }
    #[expect(unsafe_code, reason = "lets go of the interpreter")]
    // SAFETY: this thread started the interpreter and holds it; `attach` takes it up again.
    unsafe {
        ffi::PyEval_SaveThread();
    }
    Ok(())
}

/// What is set inside of Python once it runs.
fn arrange(py: Python<'_>, setup: &Setup, running: bool) -> PyResult<()> {
    let sys = py.import("sys")?;
    let path = sys.getattr("path")?;
    if running {
        sys.setattr("argv", &setup.arguments)?;
        if let Some(home) = &setup.home {
            let site = home.join(format!("lib/python{}/site-packages", short_version()));
            py.import("site")?.call_method1("addsitedir", (site,))?;
        }
    }
    if let Some(executable) = &setup.executable {
        sys.setattr("executable", executable.as_os_str())?;
    }
    for directory in ["", "."] {
        path.call_method1("insert", (0, directory))?;
    }
    for directory in &setup.path {
        path.call_method1("insert", (0, directory.as_os_str()))?;
        say!("added {}/ to pythonpath.", directory.display());
    }
    Ok(())
}

/// Python's own handlers around a fork (`os.register_at_fork` and those of the runtime).
pub struct Hooks;

impl ForkHooks for Hooks {
    fn around(&self, fork: &mut dyn FnMut() -> Side) {
        Python::attach(|_| {
            #[expect(unsafe_code, reason = "Python wants to know of forks")]
            // SAFETY: attached, on the thread that forks.
            unsafe {
                ffi::PyOS_BeforeFork();
            }
            match fork() {
                Side::Parent => {
                    #[expect(unsafe_code, reason = "Python wants to know of forks")]
                    // SAFETY: after `PyOS_BeforeFork`, in the old process.
                    unsafe {
                        ffi::PyOS_AfterFork_Parent();
                    }
                }
                Side::Child => {
                    #[expect(unsafe_code, reason = "Python wants to know of forks")]
                    // SAFETY: after `PyOS_BeforeFork`, in the new process.
                    unsafe {
                        ffi::PyOS_AfterFork_Child();
                    }
                }
            }
        });
    }
}
