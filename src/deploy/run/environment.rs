//! The project's Python: a virtual environment in which Django can be imported.
//!
//! Makes one only when asked to; otherwise says which commands would.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Result;

use super::Run;
use super::children::Children;
use crate::deploy::spec::Spec;
use crate::error::Failure;

/// The folder of the environment.
pub(super) fn find(
    root: &Path,
    spec: &Spec,
    request: &Run,
    server: &[OsString],
    children: &mut Children,
) -> Result<PathBuf> {
    let own = root.join(".venv");
    let active = std::env::var_os("VIRTUAL_ENV").map(PathBuf::from);
    let wanted = server_python(server);
    for folder in [Some(own.clone()), active].into_iter().flatten() {
        if has_django(&folder) {
            return same_python(&folder, wanted.as_deref()).map(|()| folder);
        }
    }
    let python = request.python.clone().unwrap_or_else(|| interpreter(wanted.as_deref()));
    let (folder, file) =
        spec.app.requirements.rsplit_once('/').unwrap_or(("", &spec.app.requirements));
    if !request.install {
        let inside = if folder.is_empty() { String::new() } else { format!("cd {folder} && ") };
        let install = match file {
            "uv.lock" => format!("{inside}uv sync"),
            "poetry.lock" => format!("{inside}poetry install --only main --no-root"),
            "pyproject.toml" => format!(".venv/bin/pip install ./{folder}"),
            _ => format!(".venv/bin/pip install -r {}", spec.app.requirements),
        };
        return Err(Failure::new(format!("Django is in no virtual environment of this project (looked at {} and VIRTUAL_ENV)", own.display()))
            .hint(format!(
                "`ruwsgi deploy run --install` does these for you:\n    cd {}\n    {} -m venv .venv\n    {install}",
                root.display(),
                python.display()
            ))
            .into());
    }
    if !own.join("bin/python").is_file() {
        let mut command = Command::new(&python);
        command.args(["-m", "venv"]).arg(&own);
        children.finish("venv", command)?;
    }
    let mut command = Command::new(own.join("bin/python"));
    command.current_dir(root).args([
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--quiet",
    ]);
    match file {
        "uv.lock" => {
            command = Command::new("uv");
            command.args(["sync", "--locked", "--no-dev"]).env("UV_PROJECT_ENVIRONMENT", &own);
            command.current_dir(root.join(folder));
        }
        "poetry.lock" => {
            command = Command::new("poetry");
            command.args(["install", "--only", "main", "--no-root", "--no-interaction"]);
            command.env("VIRTUAL_ENV", &own).current_dir(root.join(folder));
        }
        "pyproject.toml" => {
            command = Command::new(own.join("bin/python"));
            command.args(["-c", FROM_PYPROJECT]).current_dir(root.join(folder));
        }
        _ => {
            command.args(["--requirement", &spec.app.requirements]);
        }
    }
    children.note(&format!("installing {} into .venv", spec.app.requirements));
    children.finish("install", command)?;
    if !has_django(&own) {
        return Err(Failure::new(format!(
            "{} was installed into .venv, and Django still cannot be imported there",
            spec.app.requirements
        ))
        .hint("add Django to it")
        .into());
    }
    same_python(&own, wanted.as_deref())?;
    Ok(own)
}

/// Installs what `[project] dependencies` of pyproject.toml lists, and not the project itself.
const FROM_PYPROJECT: &str = "import subprocess, sys
try:
    import tomllib
except ImportError:
    from pip._vendor import tomli as tomllib
names = tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies']
sys.exit(subprocess.call([sys.executable, '-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--quiet', *names]))";

fn has_django(folder: &Path) -> bool {
    let mut command = Command::new(folder.join("bin/python"));
    command
        .args(["-c", "import django"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// `3.11`, when the server tells with uWSGI's `--python-version`.
fn server_python(server: &[OsString]) -> Option<String> {
    let (program, arguments) = server.split_first()?;
    let mut command = Command::new(program);
    command.args(arguments).arg("--python-version").stdin(Stdio::null()).stderr(Stdio::null());
    let output = command.output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    minor(text.lines().next().unwrap_or_default())
}

fn minor(text: &str) -> Option<String> {
    let mut parts = text.trim().split('.');
    let (major, minor) = (parts.next()?, parts.next()?);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    (digits(major) && digits(minor)).then(|| format!("{major}.{minor}"))
}

fn interpreter(wanted: Option<&str>) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let name = wanted.map(|version| format!("python{version}"));
    let works = |file: &PathBuf| {
        let mut command = Command::new(file);
        command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    // The one that this program was built for, if that is on this machine.
    let built = option_env!("RUWSGI_PYTHON").map(PathBuf::from);
    name.iter()
        .flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)))
        .chain(built)
        .find(|file| file.is_file() && works(file))
        .unwrap_or_else(|| PathBuf::from("python3"))
}

/// The server has one Python built in; packages of another are not found by it.
fn same_python(folder: &Path, wanted: Option<&str>) -> Result<()> {
    let Some(wanted) = wanted else { return Ok(()) };
    let code = "import sys; print('%d.%d' % sys.version_info[:2])";
    let mut command = Command::new(folder.join("bin/python"));
    command.args(["-c", code]).stdin(Stdio::null()).stderr(Stdio::null());
    let Ok(output) = command.output() else { return Ok(()) };
    let found = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if found == wanted {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{} is Python {found}, and the server runs Python {wanted}",
        folder.display()
    ))
    .hint(format!(
        "remove it and run again with `--install`, with python{wanted} in PATH or `--python PATH`"
    ))
    .into())
}
