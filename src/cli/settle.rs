//! What a server becomes, step by step, before it has sockets, and how it loads its applications.

use std::path::PathBuf;
use std::sync::Arc;

use super::application::{Loaded, load_unless_lazy, setup};
use super::files::{Leftovers, Pidfile, absolute};
use super::hooks;
use super::prepare::{
    change_directory, change_root, limit_resources, take_identity, take_immediate_identity,
};
use super::sockets::Early;
use crate::error::Failure;
use crate::options::directive::Said as Named;
use crate::options::hooks::{HookAction, Moment};
use crate::options::settings::Settings;
use crate::process::reexec::Heirloom;
use crate::python::{self, Extent, Facts, Wsgi};

/// Starts Python and loads the applications, unless workers do that themselves.
pub(super) fn load_applications(
    settings: &Arc<Settings>,
    facts: &Facts,
    drops: Drops,
    is_reload: bool,
) -> Result<Option<Arc<Wsgi>>, Failure> {
    python::start(&setup(settings))?;
    drops.now(Drops::AfterInit, settings)?;
    hooks::run(settings, Moment::PreApp)?;
    let extent = match settings.python.gc_freeze {
        _ if settings.processes.lazy_apps => None,
        None => Some(Extent::Code),
        Some(true) => Some(Extent::Everything),
        Some(false) => None,
    };
    let sharing = extent.map(python::Sharing::begin);
    let loaded = match load_unless_lazy(settings, facts.clone(), is_reload)? {
        Loaded::Failed(failure) => return Err(failure),
        Loaded::App(app) => Some(app),
        Loaded::Later => None,
    };
    hooks::run(settings, Moment::PostApp)?;
    if loaded.is_some() {
        python::warn_of_threads();
    }
    if let Some(sharing) = sharing {
        sharing.keep();
    }
    drops.now(Drops::AfterApps, settings)?;
    change_directory(settings.processes.chdir2.as_ref())?;
    Ok(loaded)
}

/// What a server has before it has sockets.
pub(super) struct Settled {
    pub(super) pidfiles: Pidfiles,
    pub(super) early: Early,
}

/// The pidfiles of a server.
pub(super) struct Pidfiles {
    /// Those that are still to be written.
    pub(super) new: Vec<Pidfile>,
    /// The paths of all.
    pub(super) all: Vec<PathBuf>,
}

/// Becomes what the server is to be, up to its directory, with the hooks of each step.
pub(super) fn settle(
    settings: &Settings,
    drops: Drops,
    is_later: bool,
    heirlooms: Vec<Heirloom>,
    leftovers: &mut Leftovers,
) -> Result<Settled, Failure> {
    let mut pidfiles = Pidfiles { new: Vec::new(), all: Vec::new() };
    let mut open = |said: Option<&Named>| -> Result<(), Failure> {
        pidfiles.new.extend(Pidfile::open(said, is_later, leftovers)?);
        pidfiles.all.extend(said.map(|said| absolute(said.value.as_ref())));
        Ok(())
    };
    take_immediate_identity(settings)?;
    hooks::run(settings, Moment::Asap)?;
    open(settings.processes.pidfile.as_ref())?;
    let interfaces = &settings.hooks.wait_for_interface;
    hooks::wait_for(settings, interfaces, HookAction::WaitForInterface)?;
    hooks::wait_for(settings, &settings.hooks.wait_for_fs, HookAction::WaitForFile)?;
    hooks::run(settings, Moment::PreJail)?;
    change_root(settings)?;
    hooks::run(settings, Moment::InJail)?;
    hooks::run(settings, Moment::AsRoot)?;
    let early = Early::open(settings, heirlooms)?;
    drops.now(Drops::AtOnce, settings)?;
    limit_resources(settings)?;
    hooks::wait_for(settings, &settings.hooks.wait_for_socket, HookAction::WaitForSocket)?;
    change_directory(settings.processes.chdir.as_ref())?;
    open(settings.processes.pidfile2.as_ref())?;
    Ok(Settled { pidfiles, early })
}

/// When privileges are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drops {
    AtOnce,
    /// After Python has started.
    AfterInit,
    /// After the application is loaded.
    AfterApps,
    /// Only in workers and gateways.
    InChildren,
}

impl Drops {
    pub(super) fn of(settings: &Settings) -> Self {
        let said = &settings.privileges;
        match said {
            _ if said.master_as_root => Self::InChildren,
            _ if said.drop_after_apps => Self::AfterApps,
            _ if said.drop_after_init => Self::AfterInit,
            _ => Self::AtOnce,
        }
    }

    /// Drops privileges if this is the time, and runs the hooks of it.
    pub(super) fn now(self, time: Self, settings: &Settings) -> Result<(), Failure> {
        if self != time {
            return Ok(());
        }
        take_identity(settings)?;
        hooks::run(settings, Moment::AsUser)
    }
}
