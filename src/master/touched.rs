//! Files that are watched, and what their change asks for.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::options::daemons::Daemon;
use crate::options::hooks::HookAction;
use crate::options::settings::Settings;

/// What a change asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// A reload.
    Reload,
    /// New workers, all at once.
    Workers,
    /// New workers, one by one.
    Chain,
    /// A command.
    Command(String),
    /// A hook.
    Hook(HookAction),
    /// A new start of the daemon of this command.
    Daemon(String),
}

/// All files that are watched.
#[derive(Debug, Default)]
pub(super) struct Touched(Vec<Watched>);

#[derive(Debug)]
struct Watched {
    path: PathBuf,
    /// Whether what a directory holds is looked at, too.
    deep: bool,
    last: Stamp,
    wish: Wish,
}

/// When something was changed, and of how many things.
type Stamp = Option<(SystemTime, usize)>;

/// Larger directories are looked at only so far.
const MOST_ENTRIES: usize = 10_000;

impl Touched {
    /// What the options name.
    #[must_use]
    pub(super) fn new(settings: &Settings) -> Self {
        let reload = &settings.reload;
        let mut watched = Vec::new();
        let mut watch = |path: &str, deep: bool, wish: Wish| {
            let path = PathBuf::from(path);
            let last = stamp(&path, deep);
            watched.push(Watched { path, deep, last, wish });
        };
        for (paths, deep, wish) in [
            (&reload.touch_reload, false, Wish::Reload),
            (&reload.touch_workers_reload, false, Wish::Workers),
            (&reload.touch_chain_reload, false, Wish::Chain),
            (&reload.fs_reload, true, Wish::Reload),
            (&reload.fs_brutal_reload, true, Wish::Reload),
        ] {
            for said in paths {
                watch(&said.value, deep, wish.clone());
            }
        }
        for (path, command) in &reload.touch_exec {
            watch(path, false, Wish::Command(command.clone()));
        }
        for (path, hook) in &settings.hooks.hook_touch {
            watch(path, false, Wish::Hook(hook.clone()));
        }
        for Daemon { touch, command, .. } in &settings.daemons.attached {
            for path in touch {
                watch(path, false, Wish::Daemon(command.clone()));
            }
        }
        Self(watched)
    }

    /// What changed, appeared or went since the last call.
    pub(super) fn changed(&mut self) -> Vec<(PathBuf, Wish)> {
        let mut changed = Vec::new();
        for watched in &mut self.0 {
            let now = stamp(&watched.path, watched.deep);
            if watched.last != now {
                watched.last = now;
                changed.push((watched.path.clone(), watched.wish.clone()));
            }
        }
        changed
    }
}

fn stamp(path: &Path, deep: bool) -> Stamp {
    let own = path.metadata().ok()?.modified().ok()?;
    let entries = deep.then(|| path.read_dir().ok()).flatten();
    let times = entries.into_iter().flatten().flatten().take(MOST_ENTRIES);
    let times = times.filter_map(|entry| entry.metadata().ok()?.modified().ok());
    Some(times.fold((own, 0), |(latest, count), time| (latest.max(time), count + 1)))
}
