//! What a process becomes before it serves: its log, environment, user, directory, limits, name.

use std::path::Path;

use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::Pid;

use super::serve::failed;
use super::{Said, logs};
use crate::error::Failure;
use crate::log::plan::Plan;
use crate::log::{say, target, time::now};
use crate::options::directive::Said as Named;
use crate::options::settings::Settings;
use crate::process::daemon::{self, Launcher};
use crate::process::identity::{self, Identity};
use crate::process::reexec::Legacy;
use crate::process::{capabilities, environment, title};

/// Goes to the background where that was asked for, and opens the log.
pub(super) fn go_to_background(
    settings: &Settings,
    plan: &Plan,
    again: bool,
) -> Result<Option<Launcher>, Failure> {
    let log = settings.processes.daemonize.as_ref().or(settings.processes.daemonize2.as_ref());
    let launcher = match log {
        // Later images are there already.
        Some(_) if again => None,
        Some(log) => {
            // Said on the terminal, while there is one.
            target::append_to(Path::new(&log.value), &plan.rules).map_err(|error| {
                Failure::new(format!("{}: cannot write the log {}: {error}", log.origin, log.value))
            })?;
            let launcher = daemon::detach();
            let launcher = launcher.map_err(|error| failed("go to the background", &error))?;
            logs::open(Path::new(&log.value), plan)?;
            target::close_input().map_err(|error| failed("open /dev/null", &error))?;
            Some(launcher)
        }
        None => None,
    };
    if launcher.is_none() && !again && !settings.processes.honour_stdin {
        target::close_input().map_err(|error| failed("open /dev/null", &error))?;
    }
    if let (Some(log), false) = (settings.logging.file(), again) {
        logs::open(Path::new(&log.value), plan)?;
    }
    Ok(launcher)
}

pub(super) fn greet(settings: &Settings, said: &Said) {
    for (file, format) in &settings.files {
        say!("[uWSGI] getting {} configuration from {file}", format.name());
    }
    for text in &settings.prints {
        say!("{}", text.value);
    }
    if settings.show_config {
        say!("\n;uWSGI instance configuration\n[uwsgi]");
        for (name, value) in said {
            say!("{name} = {}", value.as_deref().unwrap_or_default());
        }
        say!(";end of configuration\n");
    }
    say!("*** Starting uWSGI {} ({}bit) on [{}] ***", crate::version::UWSGI, usize::BITS, now(),);
    say!("this is ruwsgi {}", env!("CARGO_PKG_VERSION"));
    for warning in &settings.warnings {
        say!("{warning}");
    }
}

pub(super) fn prepare_environment(
    settings: &Settings,
    legacy: Option<&Legacy>,
) -> Result<(), Failure> {
    for pair in &settings.processes.env {
        let parsed = crate::options::values::parse_environment(&pair.value);
        let (name, value) =
            parsed.map_err(|why| Failure::new(format!("{}: {why}", pair.origin)))?;
        environment::set(name, value);
    }
    for directory in &settings.processes.envdir {
        read_variables(Path::new(&directory.value)).map_err(|error| {
            Failure::new(format!(
                "{}: cannot read variables from {}: {error}",
                directory.origin, directory.value
            ))
        })?;
    }
    settings.processes.unenv.iter().for_each(|name| environment::remove(&name.value));
    environment::set("UWSGI_RELOADS", &legacy.map_or(0, |legacy| legacy.reloads).to_string());
    let name = std::env::args().next().unwrap_or_default();
    environment::set("UWSGI_ORIGINAL_PROC_NAME", &name);
    if let Some(mask) = settings.privileges.umask {
        nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(mask));
    }
    Ok(())
}

/// Sets a variable for each file of a directory, with its text as the value.
fn read_variables(directory: &Path) -> std::io::Result<()> {
    for entry in directory.read_dir()? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.filter(|name| !name.contains('=') && !name.starts_with('.'));
        if let (Some(name), true) = (name, path.is_file()) {
            let text = std::fs::read_to_string(&path)?;
            environment::set(name, &text.trim_end().replace('\0', "\n"));
        }
    }
    Ok(())
}

/// Becomes the user and group that the options name.
pub(super) fn take_identity(settings: &Settings) -> Result<(), Failure> {
    let said = &settings.privileges;
    drop_privileges(said.uid.as_ref(), said.gid.as_ref(), settings, true)?;
    if nix::unistd::getuid().is_root() && said.uid.is_none() {
        say!("*** WARNING: you are running ruwsgi as root !!! (use the --uid flag) ***");
    }
    Ok(())
}

/// The same for those that are to be taken before anything else.
pub(super) fn take_immediate_identity(settings: &Settings) -> Result<(), Failure> {
    let said = &settings.privileges;
    drop_privileges(said.immediate_uid.as_ref(), said.immediate_gid.as_ref(), settings, false)
}

/// The same for the gateway, where it has an identity of its own.
pub(super) fn take_identity_of_gateway(settings: &Settings) -> Result<(), Failure> {
    drop_privileges(
        settings.http.http_uid.as_ref(),
        settings.http.http_gid.as_ref(),
        settings,
        true,
    )
}

/// `last` where this is what the processes stay: then capabilities are chosen, too.
fn drop_privileges(
    uid: Option<&Named>,
    gid: Option<&Named>,
    settings: &Settings,
    last: bool,
) -> Result<(), Failure> {
    let origin = uid.or(gid).map(|said| said.origin.to_string()).unwrap_or_default();
    let kept = settings.privileges.cap.as_ref().filter(|_| last);
    let origin =
        if origin.is_empty() { kept.map(|said| said.origin.to_string()) } else { Some(origin) };
    let failed = |error: &dyn std::fmt::Display| {
        Failure::new(format!("{}: {error}", origin.as_deref().unwrap_or_default()))
    };
    let kept = kept.map(|said| capabilities::parse(&said.value)).transpose();
    let kept = kept.map_err(|error| failed(&error))?.filter(|_| nix::unistd::getuid().is_root());
    if kept.is_some() {
        capabilities::survive().map_err(|error| failed(&error))?;
    }
    let identity = identity(settings, uid, gid);
    identity::become_them(&identity).map_err(|error| failed(&error))?;
    match kept {
        Some(kept) => capabilities::keep_only(&kept).map_err(|error| failed(&error)),
        None => Ok(()),
    }
}

/// A user and a group, with the further groups that the options name.
pub(super) fn identity<'s>(
    settings: &'s Settings,
    uid: Option<&'s Named>,
    gid: Option<&'s Named>,
) -> Identity<'s> {
    Identity {
        uid: uid.map(|said| said.value.as_str()),
        gid: gid.map(|said| said.value.as_str()),
        more: settings.privileges.add_gid.iter().map(|said| said.value.as_str()).collect(),
        alone: settings.privileges.no_initgroups,
    }
}

/// Makes the directory of `chroot` the root directory.
pub(super) fn change_root(settings: &Settings) -> Result<(), Failure> {
    let Some(root) = &settings.privileges.chroot else { return Ok(()) };
    say!("chroot() to {}", root.value);
    let changed = nix::unistd::chroot(root.value.as_str()).map_err(std::io::Error::from);
    let changed = changed.and_then(|()| environment::change_directory(Path::new("/")));
    changed.map_err(|error| {
        Failure::new(format!(
            "{}: cannot make {} the root directory: {error}",
            root.origin, root.value
        ))
    })
}

/// Sets the limits of the kernel that the options name. Only the soft ones, so that a later image
/// may have others.
pub(super) fn limit_resources(settings: &Settings) -> Result<(), Failure> {
    let limits = &settings.limits;
    for (name, resource, limit) in [
        ("limit-as", Resource::RLIMIT_AS, limits.limit_as.saturating_mul(1 << 20)),
        ("limit-nproc", Resource::RLIMIT_NPROC, limits.limit_nproc),
    ] {
        if limit > 0 {
            let set = getrlimit(resource).and_then(|(_, hard)| setrlimit(resource, limit, hard));
            set.map_err(|error| Failure::new(format!("cannot set {name} = {limit}: {error}")))?;
        }
    }
    Ok(())
}

/// Binds a worker to its processors.
pub(super) fn choose_processors(settings: &Settings, number: usize) {
    let each = usize::try_from(settings.limits.cpu_affinity).unwrap_or(0);
    let all = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if each == 0 {
        return;
    }
    let chosen: Vec<_> =
        (0..each.min(all)).map(|index| ((number - 1) * each + index) % all).collect();
    let mut set = CpuSet::new();
    let bound = chosen.iter().try_for_each(|processor| set.set(*processor));
    match bound.and_then(|()| sched_setaffinity(Pid::from_raw(0), &set)) {
        Ok(()) => say!("mapping worker {number} to CPUs: {chosen:?}"),
        Err(error) => say!("cannot bind worker {number} to its processors: {error}"),
    }
}

/// Gives this process its name, where one is wanted; `usual` is what auto-procname calls it.
pub(super) fn name_process(settings: &Settings, usual: &str, is_master: bool) {
    let said = &settings.processes;
    let own = said.procname_master.as_ref().filter(|_| is_master).or(said.procname.as_ref());
    let name = own.map(|own| own.value.as_str()).or(said.auto_procname.then_some(usual));
    let text =
        |part: &Option<Named>| part.as_ref().map_or("", |said| said.value.as_str()).to_owned();
    if let Some(name) = name {
        let spaced = said.procname_prefix_spaced.as_ref().map(|said| format!("{} ", said.value));
        let prefix = text(&said.procname_prefix) + &spaced.unwrap_or_default();
        title::set(&format!("{prefix}{name}{}", text(&said.procname_append)));
    }
}

pub(super) fn change_directory(directory: Option<&Named>) -> Result<(), Failure> {
    let Some(directory) = directory else { return Ok(()) };
    say!("chdir() to {}", directory.value);
    environment::change_directory(Path::new(&directory.value)).map_err(|error| {
        Failure::new(format!(
            "{}: cannot change to the directory {}: {error}",
            directory.origin, directory.value
        ))
    })
}
