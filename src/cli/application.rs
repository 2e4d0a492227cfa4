//! Python and the application: what they are told, and how loading went.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::Said;
use super::serve::{tell_master, total_requests};
use crate::error::{Exit, Failure};
use crate::log::say;
use crate::options::directive::Said as Named;
use crate::options::mounts::Mount;
use crate::options::settings::Settings;
use crate::python::{self, Conduct, Facts, Keeping, Target, Wsgi};

pub(super) fn setup(settings: &Settings) -> python::Setup {
    let extra = settings.python.pyargv.as_ref().map(|said| said.value.as_str()).unwrap_or_default();
    let arguments = std::iter::once("uwsgi").chain(extra.split_whitespace());
    python::Setup {
        home: settings.python.home.as_ref().map(|said| PathBuf::from(&said.value)),
        path: settings.python.pythonpath.iter().map(|said| PathBuf::from(&said.value)).collect(),
        arguments: arguments.map(str::to_owned).collect(),
        optimize: i32::try_from(settings.python.optimize).unwrap_or(0),
        executable: settings.python.py_executable.as_ref().map(|said| PathBuf::from(&said.value)),
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
        websockets: Keeping {
            ping: Duration::from_secs(settings.http.websockets_ping_freq.max(1)),
            tolerance: Duration::from_secs(settings.http.websockets_pong_tolerance.max(1)),
            most: usize::try_from(settings.http.websockets_max_size).unwrap_or(usize::MAX >> 10)
                << 10,
        },
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
        if !settings.python.shared_import.is_empty() {
            // For the module `uwsgi`, which what is imported may want.
            Wsgi::prepare(facts, conduct(settings)).map_err(Failure::new)?;
            import(&settings.python.shared_import);
        }
        return Ok(Loaded::Later);
    }
    let (app, error) = load(settings, facts)?;
    Ok(match error {
        Some(failure) if has_elders || lacks_needed(settings, &app) => Loaded::Failed(failure),
        _ => Loaded::App(Arc::new(app)),
    })
}

fn conduct(settings: &Settings) -> Conduct {
    Conduct {
        no_file_wrapper: settings.python.wsgi_disable_file_wrapper,
        catch_exceptions: settings.python.catch_exceptions,
    }
}

/// Imports modules for what they do. One that fails is told and left out, as in uWSGI.
fn import(names: &[Named]) {
    for name in names {
        if let Err(error) = Wsgi::import(&name.value) {
            say!("[warning] {}: {error}", name.origin);
        }
    }
}

/// The application for everything that no mount takes, and where it was named.
fn target(settings: &Settings) -> Option<(Target, &Named)> {
    let python = &settings.python;
    let module = python.module.as_ref().map(|said| (Target::Module(said.value.clone()), said));
    let file = || python.wsgi_file.as_ref().map(|said| (Target::File((&said.value).into()), said));
    let code = || python.eval.as_ref().map(|said| (Target::Code(said.value.clone()), said));
    let paste = || {
        let said = python.paste.as_ref()?;
        Some((Target::Paste(said.value.clone(), python.paste_logger), said))
    };
    let pecan = || python.pecan.as_ref().map(|said| (Target::Pecan((&said.value).into()), said));
    module.or_else(file).or_else(code).or_else(paste).or_else(pecan)
}

/// Loads the applications, and says how that went. The failure is that of the application for
/// everything, or of the first one where none could be loaded: a mount alone fails for itself.
pub(super) fn load(settings: &Settings, facts: Facts) -> Result<(Wsgi, Option<Failure>), Failure> {
    let mut wsgi = Wsgi::prepare(facts, conduct(settings)).map_err(Failure::new)?;
    if !settings.processes.lazy_apps {
        import(&settings.python.shared_import);
    }
    import(&settings.python.import);
    let callable = settings.python.callable.as_ref().map(|said| said.value.as_str());
    let mut failures = Vec::new();
    if let Some((target, said)) = target(settings) {
        let began = Instant::now();
        match wsgi.load(&target, callable) {
            Ok(number) => ready(number, "", began, true),
            Err(error) => {
                say!("unable to load app 0 (mountpoint='') (callable not found or import error)");
                failures.push(Failure::new(format!("{}: {error}", said.origin)).exit(Exit::NoApp));
            }
        }
    }
    let main_failed = !failures.is_empty();
    for mount in &settings.python.mount {
        failures.extend(load_mount(&mut wsgi, settings, mount, callable).err());
    }
    if failures.is_empty() && !wsgi.has_application() {
        failures.push(
            Failure::new("no application is named")
                .exit(Exit::NoApp)
                .hint("name one with module = mysite.wsgi or wsgi-file = app.py"),
        );
    }
    // What ends the server is said there.
    if !lacks_needed(settings, &wsgi) {
        for failure in &failures {
            say!("{failure}");
        }
        if !wsgi.has_application() {
            say!("*** no app loaded. going in full dynamic mode ***");
        }
    }
    let counts = main_failed || !wsgi.has_application();
    Ok((wsgi, failures.into_iter().next().filter(|_| counts)))
}

/// Whether there is no application where one is needed; as uWSGI counts, any one is enough.
pub(super) fn lacks_needed(settings: &Settings, wsgi: &Wsgi) -> bool {
    settings.python.need_app && !wsgi.has_application()
}

/// Loads the application of a mount. The first one of all is the one for everything else, unless
/// its mount names a host or `no-default-app` is said.
fn load_mount(
    wsgi: &mut Wsgi,
    settings: &Settings,
    mount: &Mount,
    callable: Option<&str>,
) -> Result<(), Failure> {
    let began = Instant::now();
    let app = &mount.app.value;
    say!("mounting {app} on {}", mount.said);
    let is_file = Path::new(app).extension().is_some_and(|end| end == "py" || end == "wsgi");
    let target = match is_file {
        true => Target::File(app.into()),
        false => Target::Module(app.clone()),
    };
    let number = wsgi.mount(&target, callable).map_err(|error| {
        say!("unable to load an app (mountpoint='{}')", mount.said);
        Failure::new(format!("{}: {error}", mount.app.origin)).exit(Exit::NoApp)
    })?;
    let may_be_default = mount.host.is_none() && !settings.python.no_default_app;
    ready(number, &mount.said, began, may_be_default && wsgi.set_default(number));
    Ok(())
}

fn ready(number: usize, mountpoint: &str, began: Instant, is_default: bool) {
    say!(
        "WSGI app {number} (mountpoint='{mountpoint}') ready in {} seconds pid: {}{}",
        began.elapsed().as_secs(),
        std::process::id(),
        if is_default { " (default app)" } else { "" },
    );
}
