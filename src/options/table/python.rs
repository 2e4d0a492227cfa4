//! Rows about Python and the application.

use super::super::directive::Said;
use super::super::mounts::Mount;
use super::super::values::truth;
use super::{Argument, Effect, Row};

/// Settings of this chapter. A field has the name of its option.
#[expect(missing_docs, reason = "the table says what each option does")]
#[expect(clippy::struct_excessive_bools, reason = "options are flags")]
#[derive(Clone, Debug, Default)]
pub struct Python {
    pub need_app: bool,
    pub module: Option<Said>,
    pub wsgi_file: Option<Said>,
    pub callable: Option<Said>,
    pub home: Option<Said>,
    pub pythonpath: Vec<Said>,
    pub pyargv: Option<Said>,
    pub optimize: u64,
    pub eval: Option<Said>,
    pub import: Vec<Said>,
    pub shared_import: Vec<Said>,
    pub paste: Option<Said>,
    pub paste_logger: bool,
    pub pecan: Option<Said>,
    pub wsgi_disable_file_wrapper: bool,
    pub py_executable: Option<Said>,
    pub mount: Vec<Mount>,
    pub manage_script_name: bool,
    pub ignore_script_name: bool,
    pub no_default_app: bool,
    pub catch_exceptions: bool,
    /// Whether all that is loaded is kept shared, or nothing; code is, unless said.
    pub gc_freeze: Option<bool>,
}

const ONLY_WSGI: &str = "WSGI (PEP 3333) is what is served; say module or wsgi-file";

pub(super) static ROWS: &[Row] = &[
    Row::new(
        "need-app",
        Argument::Optional(""),
        Effect::Flag(|s| &mut s.python.need_app),
        "do not start without an application",
    ),
    Row::new(
        "gc-freeze",
        Argument::Optional("BOOLEAN"),
        Effect::Parsed(|settings, value, _| {
            settings.python.gc_freeze = Some(truth(value));
            Ok(())
        }),
        "after loading, keep Python's counting of references away from all that workers share and not from code alone, which saves memory; false: from nothing (ours)",
    ),
    Row::word("module", "MODULE[:CALLABLE]", |s| &mut s.python.module, "load a WSGI module")
        .short('w')
        .aliases(&["wsgi"]),
    Row::word("wsgi-file", "FILE", |s| &mut s.python.wsgi_file, "load a .py file")
        .aliases(&["file"]),
    Row::word(
        "callable",
        "NAME",
        |s| &mut s.python.callable,
        "name of the application in its module",
    ),
    Row::word(
        "home",
        "DIRECTORY",
        |s| &mut s.python.home,
        "virtual environment, or home of Python",
    )
    .short('H')
    .aliases(&["virtualenv", "venv", "pyhome"]),
    Row::words(
        "pythonpath",
        "DIRECTORY",
        |s| &mut s.python.pythonpath,
        "add a directory to the module search path",
    )
    .aliases(&["python-path", "pp"]),
    Row::new(
        "pyargv",
        Argument::Required("WORDS"),
        Effect::Line(|s| &mut s.python.pyargv),
        "what follows the program's name in sys.argv",
    ),
    Row::number("optimize", "LEVEL", |s| &mut s.python.optimize, "level of Python's -O").short('O'),
    Row::new(
        "eval",
        Argument::Required("CODE"),
        Effect::Line(|s| &mut s.python.eval),
        "run Python code that defines the application",
    ),
    Row::words(
        "import",
        "MODULE",
        |s| &mut s.python.import,
        "import a module or a .py file before the application",
    )
    .aliases(&["pyimport", "py-import", "python-import"]),
    Row::words(
        "shared-import",
        "MODULE",
        |s| &mut s.python.shared_import,
        "import once in the master, also where each worker loads the application itself",
    )
    .aliases(&["shared-pyimport", "shared-py-import", "shared-python-import"]),
    Row::new(
        "paste",
        Argument::Required("config:FILE"),
        Effect::Line(|s| &mut s.python.paste),
        "load the application that a Paste Deploy configuration describes",
    ),
    Row::flag(
        "paste-logger",
        |s| &mut s.python.paste_logger,
        "set up Python's logging from the file of paste",
    ),
    Row::word(
        "pecan",
        "FILE",
        |s| &mut s.python.pecan,
        "load the application that a Pecan configuration describes",
    ),
    Row::flag(
        "wsgi-disable-file-wrapper",
        |s| &mut s.python.wsgi_disable_file_wrapper,
        "leave wsgi.file_wrapper out of the environ",
    ),
    Row::word("py-executable", "FILE", |s| &mut s.python.py_executable, "what sys.executable says")
        .aliases(&["py-sys-executable"]),
    Row::inert(
        "wsgi-env-behaviour",
        Argument::Required("cheat|holy"),
        "how the environ of a request is made",
        "every request has an environ of its own",
    )
    .aliases(&["wsgi-env-behavior"]),
    Row::inert(
        "wsgi-accept-buffer",
        Argument::None,
        "take bytearray and memoryview for a body",
        "they are always taken",
    )
    .aliases(&["wsgi-accept-buffers"]),
    Row::inert(
        "wsgi-strict",
        Argument::None,
        "keep to PEP 3333 without shortcuts",
        "PEP 3333 is always kept to",
    ),
    Row::inert(
        "start_response-nodelay",
        Argument::None,
        "send the head before the body is there",
        "the head goes with the first bytes, as PEP 3333 wants it",
    ),
    Row::inert(
        "py-call-osafterfork",
        Argument::None,
        "tell Python of forks",
        "Python is always told",
    ),
    Row::inert(
        "py-call-uwsgi-fork-hooks",
        Argument::None,
        "tell Python before and after each fork of a worker",
        "Python's own handlers run around each fork",
    ),
    Row::inert(
        "py-programname",
        Argument::Required("NAME"),
        "name with which Python starts",
        "Python finds its home by the virtual environment and the Python it was built for",
    )
    .aliases(&["py-program-name"]),
    Row::planned(
        "test",
        Argument::Required("MODULE"),
        "import a module and end, telling how it went",
    )
    .short('J'),
    Row::planned("pymodule-alias", Argument::Required("NAME=FILE"), "load a module from elsewhere")
        .repeats(),
    Row::planned(
        "post-pymodule-alias",
        Argument::Required("NAME=FILE"),
        "load a module from elsewhere once the application is loaded",
    )
    .repeats(),
    Row::planned(
        "ini-paste",
        Argument::Required("FILE"),
        "read a file as a configuration and as one of Paste Deploy",
    )
    .repeats(),
    Row::planned(
        "ini-paste-logged",
        Argument::Required("FILE"),
        "read a file as a configuration, for Paste Deploy and for Python's logging",
    )
    .repeats(),
    Row::planned(
        "reload-os-env",
        Argument::None,
        "put variables of the environment into os.environ again at each request",
    ),
    Row::planned("no-site", Argument::None, "start Python without its site module"),
    Row::planned(
        "pyshell",
        Argument::Optional("SHELL"),
        "give a Python prompt in the place of a worker",
    ),
    Row::planned(
        "pyshell-oneshot",
        Argument::Optional("SHELL"),
        "give a Python prompt once in the place of a worker",
    ),
    Row::planned("python", Argument::Required("FILE"), "run a Python program inside the server")
        .aliases(&["py", "pyrun"]),
    Row::planned(
        "py-tracebacker",
        Argument::Required("SOCKET"),
        "tell on unix sockets where the threads of each worker are",
    ),
    Row::planned("python-raw", Argument::Required("CALLABLE"), "Python function of raw-socket"),
    Row::planned(
        "py-sharedarea",
        Argument::Required("NAME=AREA"),
        "share memory with the application as a Python object",
    )
    .repeats(),
    Row::refused(
        "python-worker-override",
        Argument::Required("FILE"),
        "run a Python program in the place of every worker",
        "workers serve requests here; run the program by itself, or name its WSGI application",
    ),
    Row::refused(
        "web3",
        Argument::Required("MODULE"),
        "load a web3 application (PEP 444)",
        ONLY_WSGI,
    ),
    Row::refused("pump", Argument::Required("MODULE"), "load a pump application", ONLY_WSGI),
    Row::refused(
        "wsgi-lite",
        Argument::Required("MODULE"),
        "load a wsgi-lite application",
        ONLY_WSGI,
    ),
];
