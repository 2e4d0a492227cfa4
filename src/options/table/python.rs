//! Rows about Python and the application.

use super::super::directive::Said;
use super::{Argument, Effect, Row};

/// Settings of this chapter. A field has the name of its option.
#[expect(missing_docs, reason = "the table says what each option does")]
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
}

pub(super) static ROWS: &[Row] = &[
    Row::new(
        "need-app",
        Argument::Optional(""),
        Effect::Flag(|s| &mut s.python.need_app),
        "do not start without an application",
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
    Row::planned("eval", Argument::Required("VALUE"), ""),
    Row::planned("test", Argument::Required("VALUE"), "").short('J'),
    Row::planned("py-programname", Argument::Required("VALUE"), "").aliases(&["py-program-name"]),
    Row::planned("pymodule-alias", Argument::Required("VALUE"), "").repeats(),
    Row::planned("post-pymodule-alias", Argument::Required("VALUE"), "").repeats(),
    Row::planned("import", Argument::Required("VALUE"), "")
        .aliases(&["pyimport", "py-import", "python-import"])
        .repeats(),
    Row::planned("shared-import", Argument::Required("VALUE"), "")
        .aliases(&["shared-pyimport", "shared-py-import", "shared-python-import"])
        .repeats(),
    Row::planned("pecan", Argument::Required("VALUE"), ""),
    Row::planned("paste", Argument::Required("VALUE"), ""),
    Row::planned("paste-logger", Argument::None, ""),
    Row::planned("web3", Argument::Required("VALUE"), ""),
    Row::planned("pump", Argument::Required("VALUE"), ""),
    Row::planned("wsgi-lite", Argument::Required("VALUE"), ""),
    Row::planned("ini-paste", Argument::Required("FILE"), "").repeats(),
    Row::planned("ini-paste-logged", Argument::Required("FILE"), "").repeats(),
    Row::planned("reload-os-env", Argument::None, ""),
    Row::planned("no-site", Argument::None, ""),
    Row::planned("pyshell", Argument::Optional("VALUE"), ""),
    Row::planned("pyshell-oneshot", Argument::Optional("VALUE"), ""),
    Row::planned("python", Argument::Required("VALUE"), "").aliases(&["py", "pyrun"]),
    Row::planned("py-tracebacker", Argument::Required("VALUE"), ""),
    Row::planned("wsgi-env-behaviour", Argument::Required("VALUE"), "")
        .aliases(&["wsgi-env-behavior"]),
    Row::planned("start_response-nodelay", Argument::None, ""),
    Row::planned("wsgi-strict", Argument::None, ""),
    Row::planned("wsgi-accept-buffer", Argument::None, "").aliases(&["wsgi-accept-buffers"]),
    Row::planned("wsgi-disable-file-wrapper", Argument::None, ""),
    Row::planned("python-raw", Argument::Required("VALUE"), ""),
    Row::planned("py-sharedarea", Argument::Required("VALUE"), "").repeats(),
    Row::planned("py-call-osafterfork", Argument::None, ""),
    Row::planned("py-call-uwsgi-fork-hooks", Argument::None, ""),
    Row::planned("python-worker-override", Argument::Required("VALUE"), ""),
    Row::planned("py-executable", Argument::Required("VALUE"), "").aliases(&["py-sys-executable"]),
];
