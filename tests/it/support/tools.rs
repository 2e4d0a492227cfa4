//! Which programs the tests drive, and what is said when one is not here.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The server under test: the one just built, or `$RUWSGI_TEST_SERVER`.
pub fn program() -> PathBuf {
    std::env::var_os("RUWSGI_TEST_SERVER")
        .map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_ruwsgi")), PathBuf::from)
}

/// Is the server under test the real uWSGI?
pub fn is_uwsgi() -> bool {
    program().file_name().is_some_and(|name| name == "uwsgi")
}

/// Does ruwsgi differ from uWSGI here on purpose? Then the test means nothing for the real one.
pub fn differs_on_purpose() -> bool {
    if is_uwsgi() {
        skip("ruwsgi differs from uWSGI here on purpose");
    }
    is_uwsgi()
}

/// Says that the running test cannot run here, and why; `make test` lists it at its end.
pub fn skip(reason: &str) {
    let thread = std::thread::current();
    let line = format!("{}: {reason}\n", thread.name().unwrap_or("a test"));
    eprint!("SKIPPED {line}");
    if let Some(path) = std::env::var_os("RUWSGI_TEST_SKIPPED") {
        let mut file =
            OpenOptions::new().create(true).append(true).open(path).expect("the list of skipped");
        file.write_all(line.as_bytes()).expect("the list of skipped");
    }
}

/// The real uWSGI, to compare with.
pub fn oracle() -> Option<PathBuf> {
    let path =
        std::env::var_os("RUWSGI_UWSGI").map_or_else(|| venv().join("bin/uwsgi"), PathBuf::from);
    if path.exists() {
        return Some(path);
    }
    skip("the real uWSGI is not here (make need)");
    None
}

/// Does the server under test know this option at all? If not, the test waits for it and is listed.
pub fn lacks_option(name: &str) -> bool {
    let help = Command::new(program()).arg("--help").output().expect("--help");
    let text =
        String::from_utf8_lossy(&help.stdout).into_owned() + &String::from_utf8_lossy(&help.stderr);
    let option = format!("--{name}");
    let known = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '=' | '[' | '|'));
    let lacking = !known.into_iter().any(|word| word == option);
    if lacking {
        skip(&format!("there is no {option} yet"));
    }
    lacking
}

/// A venv with Django for the Python of the server under test.
pub fn venv() -> PathBuf {
    if let Some(path) = std::env::var_os("RUWSGI_TEST_VENV") {
        return PathBuf::from(path);
    }
    let python = option_env!("RUWSGI_PYTHON").unwrap_or("python3");
    let version = Command::new(python)
        .args(["-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
        .output()
        .expect("the Python that was built for");
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    root().join(format!(".tools/py{version}"))
}

/// The path of a program on the PATH, or a skip.
pub fn need(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join(name))
        .find(|path| path.exists());
    if found.is_none() {
        skip(&format!("{name} is not here (make need)"));
    }
    found
}

/// The repository's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
