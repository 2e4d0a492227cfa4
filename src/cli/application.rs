//! Python and the application: what they are told, and how loading went.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use nix::sys::signal::Signal;

use super::Said;
use super::serve::{tell_master, total_requests};
use crate::error::{Exit, Failure};
use crate::log::say;
use crate::options::settings::Settings;
use crate::python::{self, Facts, Target, Wsgi};

pub(super) fn setup(settings: &Settings) -> python::Setup {
    let extra = settings.python.pyargv.as_ref().map(|said| said.value.as_str()).unwrap_or_default();
    let arguments = std::iter::once("uwsgi").chain(extra.split_whitespace());
    python::Setup {
        home: settings.python.home.as_ref().map(|said| PathBuf::from(&said.value)),
        path: settings.python.pythonpath.iter().map(|said| PathBuf::from(&said.value)).collect(),
        arguments: arguments.map(str::to_owned).collect(),
        optimize: i32::try_from(settings.python.optimize).unwrap_or(0),
    }
}

pub(super) fn facts(settings: &Settings, said: Said, reloads: u32) -> Facts {
    Facts {
        processes: settings.processes.processes,
        threads: settings.processes.threads,
        buffer_size: settings.limits.buffer_size,
        is_a_reload: reloads > 0,
        started_on: crate::process::scoreboard::now().as_secs(),
        options: said,
        master: std::process::id(),
        total_requests,
        reload: || tell_master(Signal::SIGHUP),
        stop: || tell_master(Signal::SIGINT),
    }
}

/// What became of the application before the fork.
pub(super) enum Loaded {
    App(Arc<Wsgi>),
    Failed(Failure),
    /// The workers load it.
    Later,
}

/// Loads the application now, unless the workers do. Without it a server that needs one fails, and
/// so does a successor whose elders still have one.
pub(super) fn load_unless_lazy(
    settings: &Settings,
    facts: Facts,
    has_elders: bool,
) -> Result<Loaded, Failure> {
    if settings.processes.lazy_apps {
        return Ok(Loaded::Later);
    }
    let (app, error) = load(settings, facts)?;
    Ok(match error {
        Some(failure) if settings.python.need_app || has_elders => Loaded::Failed(failure),
        _ => Loaded::App(Arc::new(app)),
    })
}

/// Loads the application, and says how that went.
pub(super) fn load(settings: &Settings, facts: Facts) -> Result<(Wsgi, Option<Failure>), Failure> {
    let began = Instant::now();
    let module =
        settings.python.module.as_ref().map(|said| (Target::Module(said.value.clone()), said));
    let file =
        settings.python.wsgi_file.as_ref().map(|said| (Target::File((&said.value).into()), said));
    let target = module.or(file);
    let callable = settings.python.callable.as_ref().map(|said| said.value.as_str());
    let (app, error) = Wsgi::load(target.as_ref().map(|(target, _)| target), callable, facts)
        .map_err(Failure::new)?;
    let failure = match (error, &target) {
        (Some(error), Some((_, said))) => {
            say!("unable to load app 0 (mountpoint='') (callable not found or import error)");
            Some(Failure::new(format!("{}: {error}", said.origin)).exit(Exit::NoApp))
        }
        (Some(error), None) => Some(Failure::new(error.to_string()).exit(Exit::NoApp)),
        (None, None) => Some(
            Failure::new("no application is named")
                .exit(Exit::NoApp)
                .hint("name one with module = mysite.wsgi or wsgi-file = app.py"),
        ),
        (None, Some(_)) => None,
    };
    match &failure {
        None => say!(
            "WSGI app 0 (mountpoint='') ready in {} seconds pid: {} (default app)",
            began.elapsed().as_secs(),
            std::process::id(),
        ),
        // Said where the server ends because of it.
        Some(_) if settings.python.need_app => {}
        Some(failure) => {
            say!("{failure}");
            say!("*** no app loaded. going in full dynamic mode ***");
        }
    }
    Ok((app, failure))
}
