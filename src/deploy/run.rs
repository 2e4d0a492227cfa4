//! `ruwsgi deploy run`: nginx and the server on this machine, in the foreground, until Ctrl-C.
//!
//! Renders the templates containers get, with paths of this machine. Processes and their output are
//! `children`, the project's Python is `environment`.

mod children;
mod environment;

use std::ffi::OsString;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::Args;
use nix::sys::signal::Signal;

use super::context::{environment, join};
use super::plan::{Here, Place, plan_here};
use super::render::render;
use super::spec::{Spec, Via};
use super::write::replace;
use super::{init, read};
use crate::error::Failure;
use children::{Children, Next};

/// `ruwsgi deploy run`.
#[derive(Args)]
pub struct Run {
    /// This file, not the ruwsgi.yaml found here or in a folder above.
    #[arg(long, short)]
    file: Option<PathBuf>,
    /// Answer on this port of 127.0.0.1; without it, on a free one.
    #[arg(long, short)]
    port: Option<u16>,
    /// Make `.venv` in the project and install its requirements when Django is not there.
    #[arg(long)]
    install: bool,
    /// The interpreter `--install` makes `.venv` with.
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
}

/// The server must have answered once after this.
const START: Duration = Duration::from_secs(60);

/// Runs until a signal, or until one of the two ends. `server` is the command of the server.
pub(super) fn run(request: &Run, server: &[OsString]) -> Result<ExitCode> {
    let (root, spec) = read(request.file.as_deref())?;
    let root = root.canonicalize().with_context(|| format!("cannot find {}", root.display()))?;
    let nginx = find_nginx()?;
    let server: Vec<OsString> = match std::env::var_os("RUWSGI_SERVER") {
        Some(other) => vec![other],
        None => server.to_vec(),
    };
    let mut children = Children::new()?;
    let python = environment::find(&root, &spec, request, &server, &mut children)?;

    let work = root.join(".ruwsgi/run");
    fs::create_dir_all(&work).with_context(|| format!("cannot create {}", work.display()))?;
    let _ = fs::write(root.join(".ruwsgi/.gitignore"), "*\n");
    init::create_secrets(&root, &spec)?;
    missing_secrets(&root, &spec)?;
    if let Some(folder) = &spec.app.data_dir {
        let folder = root.join(folder);
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
    }

    let port = match request.port {
        Some(port) => {
            TcpListener::bind(("127.0.0.1", port)).map_err(|error| {
                Failure::new(format!("cannot listen on 127.0.0.1:{port}: {error}"))
                    .hint("without `--port` a free one is taken")
            })?;
            port
        }
        None => free_port()?,
    };
    let (address, _short) = meeting_point(&spec, &work)?;
    let here = Here {
        project: text(&root)?,
        work: text(&work)?,
        virtualenv: text(&python)?,
        port,
        address,
        // nginx started by root gives its workers another user, who could not read the project.
        user: nix::unistd::geteuid().is_root().then(|| "root".to_owned()),
        mime_types: [
            "/etc/nginx/mime.types",
            "/opt/homebrew/etc/nginx/mime.types",
            "/usr/local/etc/nginx/mime.types",
        ]
        .into_iter()
        .find(|path| Path::new(path).is_file())
        .map(str::to_owned),
    };
    let outputs = render(&plan_here(&spec, &here))?;
    replace(&work, &outputs.iter().collect::<Vec<_>>())?;

    let variables = environment(&spec, &Place::Here(here));
    for (label, arguments) in [
        ("migrate", ["migrate", "--noinput"].as_slice()),
        ("static", ["collectstatic", "--noinput", "--verbosity", "0"].as_slice()),
    ] {
        let mut command = Command::new(python.join("bin/python"));
        command.arg("manage.py").args(arguments).current_dir(&root).envs(variables.iter().cloned());
        children.finish(label, command).map_err(|failure| match label {
            _ if children.interrupted() => failure,
            "migrate" => failure.hint("the site was not started; the reason is above, after `migrate`"),
            _ => failure.hint(
                "the site was not started; STATIC_ROOT must be set in the settings, and `static_root` in ruwsgi.yaml is the same folder",
            ),
        })?;
    }
    let collected = root.join(&spec.app.static_root);
    if !collected.is_dir() {
        return Err(Failure::new(format!("collectstatic made no {}", collected.display()))
            .hint("`static_root` in ruwsgi.yaml must be the folder of STATIC_ROOT in the settings")
            .into());
    }

    let (program, arguments) = server.split_first().context("no command for the server")?;
    let mut command = Command::new(program);
    command.args(arguments).arg("--ini").arg(work.join("uwsgi.ini")).current_dir(&root);
    command.envs(variables.iter().cloned());
    children.start("ruwsgi", command, Signal::SIGTERM)?;
    let mut command = Command::new(&nginx);
    command.arg("-e").arg("stderr").arg("-p").arg(&work).arg("-c").arg(work.join("nginx.conf"));
    command.args(["-g", "daemon off;"]).current_dir(&root);
    if let Err(error) = children.start("nginx", command, Signal::SIGQUIT) {
        children.stop(Duration::from_secs(spec.server.harakiri + 10));
        return Err(error);
    }
    serve(&mut children, &spec, port)
}

/// Waits for the first answer, tells the address, and stays until something ends.
fn serve(children: &mut Children, spec: &Spec, port: u16) -> Result<ExitCode> {
    let grace = Duration::from_secs(spec.server.harakiri + 10);
    let started = Instant::now();
    let mut answered = false;
    let mut last = String::from("no connection");
    loop {
        match children.next(Duration::from_millis(if answered { 500 } else { 50 })) {
            Next::Nothing => {}
            Next::Signal => {
                children
                    .note("stopping: requests in flight finish first; Ctrl-C again ends at once");
                children.stop(grace);
                children.note("stopped");
                return Ok(ExitCode::SUCCESS);
            }
            Next::Ended(label, status) => {
                children.stop(grace);
                return Err(Failure::new(format!(
                    "{label} ended by itself ({status}), so the rest was stopped"
                ))
                .hint(format!("its last lines are above, after `{label}`"))
                .into());
            }
        }
        if answered {
            continue;
        }
        match health(spec, port) {
            Ok(()) => {
                answered = true;
                let name = spec.name.as_str();
                children
                    .note(&format!("{name} is up: http://127.0.0.1:{port}/   (Ctrl-C stops it)"));
            }
            Err(reason) => last = reason,
        }
        if !answered && started.elapsed() > START {
            children.stop(grace);
            return Err(Failure::new(format!("no good answer at {} after {}s: {last}", spec.app.health, START.as_secs()))
                .hint("`health` in ruwsgi.yaml names a path that answers 200; 400 is mostly ALLOWED_HOSTS")
                .into());
        }
    }
}

/// Asks for the health page through nginx.
fn health(spec: &Spec, port: u16) -> Result<(), String> {
    let told = |error: std::io::Error| error.to_string();
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], port));
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1)).map_err(told)?;
    stream.set_read_timeout(Some(Duration::from_secs(2))).map_err(told)?;
    let host = spec.nginx.server_names.first().map_or("localhost", String::as_str);
    let request = format!("GET {} HTTP/1.0\r\nHost: {host}\r\n\r\n", spec.app.health);
    stream.write_all(request.as_bytes()).map_err(told)?;
    let mut start = [0_u8; 12];
    stream.read_exact(&mut start).map_err(told)?;
    let line = String::from_utf8_lossy(&start).into_owned();
    match line.get(9..12).and_then(|status| status.parse::<u16>().ok()) {
        Some(status) if status < 400 => Ok(()),
        Some(status) => Err(format!("status {status}")),
        None => Err(format!("not HTTP: {line:?}")),
    }
}

fn find_nginx() -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let more = ["/usr/sbin", "/usr/local/sbin", "/usr/local/nginx/sbin", "/opt/homebrew/bin"];
    std::env::split_paths(&path)
        .chain(more.iter().map(PathBuf::from))
        .map(|folder| folder.join("nginx"))
        .find(|file| file.is_file())
        .ok_or_else(|| {
            Failure::new("nginx is not on this machine")
                .hint("`apt-get install nginx-light` (Debian, Ubuntu), `dnf install nginx`, `brew install nginx`")
                .into()
        })
}

pub(super) fn missing_secrets(root: &Path, spec: &Spec) -> Result<()> {
    let missing: Vec<String> = spec
        .secrets
        .iter()
        .map(|name| format!("secrets/{}", name.to_lowercase()))
        .filter(|path| !root.join(path).is_file())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("secrets without a value: {}", missing.join(", ")))
        .hint("write each value into its file")
        .into())
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("cannot find a free port")?;
    Ok(listener.local_addr().context("cannot find a free port")?.port())
}

/// Where nginx and the server meet; the folder, if one was made for it, lives as long as the value.
fn meeting_point(spec: &Spec, work: &Path) -> Result<(String, Option<tempfile::TempDir>)> {
    if spec.nginx.via == Via::Tcp {
        return Ok((format!("127.0.0.1:{}", free_port()?), None));
    }
    let socket = join(&text(work)?, "app.sock");
    // The kernel takes 107 bytes.
    if socket.len() <= 100 {
        return Ok((socket, None));
    }
    let folder = tempfile::Builder::new()
        .prefix("ruwsgi-")
        .tempdir()
        .context("cannot make a folder for the socket")?;
    Ok((join(&text(folder.path())?, "app.sock"), Some(folder)))
}

fn text(path: &Path) -> Result<String> {
    path.to_str().map(str::to_owned).with_context(|| {
        format!("the path {} is not UTF-8 and cannot be written into a file", path.display())
    })
}
