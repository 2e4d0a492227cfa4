//! The files that a server leaves: pidfiles, and what `vacuum` removes.

use std::path::{Path, PathBuf};

use crate::error::Failure;
use crate::log::say;
use crate::options::directive::Said as Named;
use crate::options::settings::Settings;

/// Files that are removed at the end under `vacuum`.
pub(super) struct Leftovers {
    paths: Vec<PathBuf>,
    wanted: bool,
}

impl Leftovers {
    pub(super) fn new(settings: &Settings) -> Self {
        Self { paths: Vec::new(), wanted: settings.processes.vacuum }
    }

    pub(super) fn add(&mut self, path: &Path) {
        self.paths.push(absolute(path));
    }

    pub(super) fn remove(self) {
        for path in self.paths.iter().filter(|_| self.wanted) {
            match std::fs::remove_file(path) {
                Ok(()) => say!("VACUUM: {} removed.", path.display()),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => say!("VACUUM: cannot remove {}: {error}", path.display()),
            }
        }
    }
}

/// A pidfile: opened early, while this process may, and written once the server is sure to start.
pub(super) struct Pidfile {
    path: PathBuf,
    file: std::fs::File,
    is_new: bool,
}

impl Pidfile {
    /// `None` where there is no pidfile, or it is right already: a later image is the same process.
    pub(super) fn open(
        pidfile: Option<&Named>,
        is_later: bool,
        leftovers: &mut Leftovers,
    ) -> Result<Option<Self>, Failure> {
        let Some(pidfile) = pidfile else { return Ok(None) };
        let path = absolute(Path::new(&pidfile.value));
        leftovers.add(&path);
        if is_later {
            return Ok(None);
        }
        let is_new = !path.exists();
        let mut options = std::fs::OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(|error| {
            Failure::new(format!(
                "{}: cannot write the pidfile {}: {error}",
                pidfile.origin, pidfile.value
            ))
        })?;
        Ok(Some(Self { path, file, is_new }))
    }

    pub(super) fn write(mut self) -> Result<(), Failure> {
        use std::io::Write;
        say!("writing pidfile to {}", self.path.display());
        let written = self.file.set_len(0);
        let written = written.and_then(|()| writeln!(self.file, "{}", std::process::id()));
        self.is_new = false;
        written.map_err(|error| {
            Failure::new(format!("cannot write the pidfile {}: {error}", self.path.display()))
        })
    }
}

/// A start that failed leaves no file behind.
impl Drop for Pidfile {
    fn drop(&mut self) {
        if self.is_new {
            // The directory may be closed to this user by now.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// A path that stays the same when the directory changes.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
