//! `ruwsgi deploy build`, `up` and `down`: the rendered images and containers, by Docker and its Compose.
//!
//! Docker does the work and shows its own progress; what it is given was rendered before. Without containers it is `run`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::Args;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::context::{join, take};
use super::show::say;
use super::spec::{Spec, Tls};
use super::write::{Difference, differing, replace};
use super::{environment, init, read, rendered, run};
use crate::deploy::escape::json;
use crate::deploy::render::Output;
use crate::error::Failure;

/// `ruwsgi deploy build`.
#[derive(Args)]
#[command(after_help = "exit code: 0; 1 when nothing could be built; otherwise that of docker.")]
pub struct Build {
    /// This file, not the ruwsgi.yaml found here or in a folder above.
    #[arg(long, short)]
    file: Option<PathBuf>,
    /// Build every step again.
    #[arg(long)]
    no_cache: bool,
    /// Ask the registry for newer base images.
    #[arg(long)]
    pull: bool,
}

/// `ruwsgi deploy up`.
#[derive(Args)]
#[command(after_help = "exit code: 0; 1 when nothing could be started; otherwise that of docker.")]
pub struct Up {
    /// This file, not the ruwsgi.yaml found here or in a folder above.
    #[arg(long, short)]
    file: Option<PathBuf>,
    /// The environment whose compose.yaml is meant.
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// For development: changes of Python modules reach the running application. Stays until Ctrl-C.
    #[arg(long, conflicts_with = "env")]
    watch: bool,
    /// Take the images as they are.
    #[arg(long)]
    no_build: bool,
}

/// `ruwsgi deploy down`.
#[derive(Args)]
#[command(after_help = "exit code: 0; 1 when nothing could be stopped; otherwise that of docker.")]
pub struct Down {
    /// This file, not the ruwsgi.yaml found here or in a folder above.
    #[arg(long, short)]
    file: Option<PathBuf>,
    /// The environment whose compose.yaml is meant.
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// Remove the volumes too: the database, uploads and everything else that was kept.
    #[arg(long)]
    volumes: bool,
}

/// What `up --watch` lays over compose.yaml; it belongs to this machine.
const WATCH: &str = ".ruwsgi/watch.yaml";

/// How often it is looked whether docker has ended.
const LOOK: Duration = Duration::from_millis(50);

/// Builds the images.
pub(super) fn build(request: &Build) -> Result<ExitCode> {
    let (root, spec) = read(request.file.as_deref())?;
    up_to_date(&root, &spec, &["Dockerfile", ".dockerignore", "uwsgi.ini", "nginx/"])?;
    let more = [request.no_cache.then_some("--no-cache"), request.pull.then_some("--pull")];
    build_images(&root, &spec, &["web", "nginx"], &more.into_iter().flatten().collect::<Vec<_>>())
}

/// Builds images, one after the other. Not by Compose: it writes into an image which project and
/// service it was built for, so the same files would be another image, and their containers replaced.
fn build_images(root: &Path, spec: &Spec, targets: &[&str], more: &[&str]) -> Result<ExitCode> {
    let mut images = vec![("web", &spec.images.web), ("nginx", &spec.images.nginx)];
    images.retain(|(target, _)| targets.contains(target));
    for (number, (target, image)) in images.iter().enumerate() {
        say(&format!("[{}/{}] {image}", number + 1, images.len()));
        let mut command = docker(root)?;
        command.args(["build", "--target", target, "--tag", image]).args(more).arg(".");
        let started = Instant::now();
        let code = finish(command)?;
        if code != ExitCode::SUCCESS {
            return Ok(code);
        }
        say(&format!(
            "[{}/{}] {image} in {}s",
            number + 1,
            images.len(),
            started.elapsed().as_secs()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Starts the containers.
pub(super) fn up(request: &Up) -> Result<ExitCode> {
    let (root, spec) = read(request.file.as_deref())?;
    up_to_date(
        &root,
        &spec,
        &["compose.yaml", "environments/", "Dockerfile", ".dockerignore", "uwsgi.ini", "nginx/"],
    )?;
    init::create_secrets(&root, &spec)?;
    run::missing_secrets(&root, &spec)?;
    let env = request.env.as_deref();
    let this = match env {
        Some(name) => environment(&spec, name)?,
        None => &spec,
    };
    if !request.no_build {
        // nginx's own image is for clusters; here it makes the first certificate at most.
        let targets: &[&str] =
            if this.nginx.tls == Tls::Acme { &["web", "nginx"] } else { &["web"] };
        let code = build_images(&root, &spec, targets, &[])?;
        if code != ExitCode::SUCCESS {
            return Ok(code);
        }
    }
    if !request.watch && this.compose.replicas > 1 {
        for arguments in roll(this) {
            let mut command = compose(&root, &spec, env)?;
            command.args(arguments);
            let code = finish(command)?;
            if code != ExitCode::SUCCESS {
                return Ok(code);
            }
        }
    }
    let mut command = compose(&root, &spec, env)?;
    if request.watch {
        watch(&root, &spec)?;
        command.args(["--file", WATCH]);
    }
    command.args(["up", "--no-build"]);
    command.args(match request.watch {
        // What was collected into the image is taken anew.
        true => ["--renew-anon-volumes", "--remove-orphans"],
        false => ["--wait", "--remove-orphans"],
    });
    let code = finish(command)?;
    if code == ExitCode::SUCCESS && !request.watch {
        say(&format!(
            "{} is up: http://{}/   (`ruwsgi deploy down` stops it)",
            spec.name, this.compose.publish
        ));
    }
    Ok(code)
}

/// What Compose is asked for so that one container of the application always answers: by itself it stops all whose image
/// is another before it starts the first. One that does not become healthy leaves those after it as they were.
fn roll(spec: &Spec) -> Vec<Vec<String>> {
    let up = |name: &String| {
        ["up", "--no-build", "--wait", name].iter().map(|&word| word.to_owned()).collect()
    };
    spec.compose.web().iter().map(up).collect()
}

/// Stops and removes the containers.
pub(super) fn down(request: &Down) -> Result<ExitCode> {
    let (root, spec) = read(request.file.as_deref())?;
    let mut command = compose(&root, &spec, request.env.as_deref())?;
    command.args(["down", "--remove-orphans"]);
    command.args(request.volumes.then_some("--volumes"));
    finish(command)
}

/// The project's own files take the place of those in the image, and the server looks at them every second.
fn watch(root: &Path, spec: &Spec) -> Result<()> {
    let here = root.canonicalize().with_context(|| format!("cannot find {}", root.display()))?;
    let here = here.to_str().context("the path of the project is not UTF-8")?;
    let mut mounts = vec![format!("{here}:/app:ro")];
    let media = spec.app.media.as_ref().map(|(_, folder)| folder);
    let inside = [Some(&spec.app.static_root), media, spec.app.data_dir.as_ref()];
    for folder in inside.into_iter().flatten().filter(|folder| !folder.starts_with('/')) {
        // Docker mounts onto folders that are there.
        let path = root.join(folder);
        fs::create_dir_all(&path).with_context(|| format!("cannot create {}", path.display()))?;
    }
    // collectstatic has run in the image; this keeps what it made.
    mounts.push(join("/app", &spec.app.static_root));
    let list =
        |words: &[String]| words.iter().map(|word| json(word)).collect::<Vec<_>>().join(", ");
    let (mounts, command) = (list(&mounts), list(&take(spec, &["--py-autoreload", "1"])));
    let service =
        |name: &String| format!("  {name}:\n    command: [{command}]\n    volumes: [{mounts}]\n");
    let services: Vec<_> = spec.compose.web().iter().map(service).collect();
    let text = format!(
        "# Written by `ruwsgi deploy up --watch`, for this machine.\nservices:\n{}",
        services.concat()
    );
    let ignore = Output { path: ".ruwsgi/.gitignore".into(), text: "*\n".into(), mode: 0o644 };
    let output = Output { path: WATCH.to_owned(), text, mode: 0o644 };
    replace(root, &[&ignore, &output])
}

/// Containers are made of the files on disk, which must be those of the description.
fn up_to_date(root: &Path, spec: &Spec, needed: &[&str]) -> Result<()> {
    let list = differing(root, &rendered(root, spec)?, &spec.keep)?;
    let stale: Vec<String> = list
        .iter()
        .filter(|file| file.how != Difference::ChangedByHand)
        .filter(|file| needed.iter().any(|path| file.path.starts_with(path)))
        .map(|file| format!("{} is {}", file.path, file.how.word()))
        .collect();
    if stale.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("the files are not what ruwsgi.yaml says: {}", stale.join(", ")))
        .hint("`ruwsgi deploy render` writes them, `ruwsgi deploy diff` shows what changes")
        .into())
}

fn docker(root: &Path) -> Result<Command> {
    let mut command = Command::new("docker");
    command.current_dir(root).env("DOCKER_BUILDKIT", "1");
    let there = Command::new("docker").arg("--version").output().is_ok();
    if there {
        return Ok(command);
    }
    Err(Failure::new("docker is not on this machine")
        .hint("`ruwsgi deploy run` needs no containers; https://docs.docker.com/engine/install/")
        .into())
}

fn compose(root: &Path, spec: &Spec, env: Option<&str>) -> Result<Command> {
    let file = match env {
        Some(name) => {
            environment(spec, name)?;
            format!("environments/{name}/compose.yaml")
        }
        None => "compose.yaml".to_owned(),
    };
    let mut command = docker(root)?;
    let mut version = docker(root)?;
    let version = version.args(["compose", "version"]).output();
    if version.is_ok_and(|output| output.status.success()) {
        command.args(["compose", "--file", &file]);
        return Ok(command);
    }
    Err(Failure::new("docker has no `compose` (version 2)")
        .hint("`apt-get install docker-compose-plugin`, or docker-compose-v2, or docker-compose of Debian 13")
        .into())
}

/// Runs docker to its end; gives its exit code. Ctrl-C reaches docker from the terminal, which it sends to
/// both; a TERM is for this process alone, and is passed on.
fn finish(mut command: Command) -> Result<ExitCode> {
    let (told, interrupted) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let handlers: Vec<_> = [(SIGTERM, &told), (SIGINT, &interrupted)]
        .into_iter()
        .filter_map(|(signal, flag)| flag::register(signal, Arc::clone(flag)).ok())
        .collect();
    let status = command.spawn().and_then(|mut child| {
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            if told.swap(false, Ordering::Relaxed) {
                let pid = i32::try_from(child.id()).map(Pid::from_raw);
                // One that is gone is seen in the next turn.
                let _ = pid.map(|pid| kill(pid, Signal::SIGTERM));
            }
            std::thread::sleep(LOOK);
        }
    });
    for handler in handlers {
        signal_hook::low_level::unregister(handler);
    }
    let code = status.context("cannot start docker")?.code();
    Ok(ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}
