//! Rows about Python and the application.

use super::{Argument, Effect, Row};

pub(super) static ROWS: &[Row] = &[
    Row::word("module", "MODULE[:CALLABLE]", |s| &mut s.module, "load a WSGI module")
        .short('w')
        .aliases(&["wsgi"]),
    Row::word("wsgi-file", "FILE", |s| &mut s.wsgi_file, "load a .py file").aliases(&["file"]),
    Row::word("callable", "NAME", |s| &mut s.callable, "name of the application in its module"),
    Row::word("home", "DIRECTORY", |s| &mut s.home, "virtual environment, or home of Python")
        .short('H')
        .aliases(&["virtualenv", "venv", "pyhome"]),
    Row::words(
        "pythonpath",
        "DIRECTORY",
        |s| &mut s.pythonpath,
        "add a directory to the module search path",
    )
    .aliases(&["python-path", "pp"]),
    Row::new(
        "pyargv",
        Argument::Required("WORDS"),
        Effect::Line(|s| &mut s.pyargv),
        "what follows the program's name in sys.argv",
    ),
    Row::number("optimize", "LEVEL", |s| &mut s.optimize, "level of Python's -O").short('O'),
];
