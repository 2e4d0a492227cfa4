//! Puts rendered files on disk: all or none, never over a hand-edited one.
//!
//! What we wrote is remembered in `.ruwsgi.lock` as one hash per file. What the texts are is `render`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context as _, Result};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::render::Output;

/// The lock file's name.
pub const LOCK: &str = ".ruwsgi.lock";

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// New, or changed.
    Written,
    /// It was there with this text.
    Unchanged,
    /// It is the user's own.
    Kept,
    /// It is no longer rendered.
    Removed,
}

impl Fate {
    /// The word shown in front of the path.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Unchanged => "unchanged",
            Self::Kept => "kept",
            Self::Removed => "removed",
        }
    }
}

/// Files that were changed by hand, or are not ours.
#[derive(Debug)]
pub struct Conflict {
    /// Path, and true when we once wrote it.
    pub files: Vec<(String, bool)>,
}

impl std::fmt::Display for Conflict {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(out, "these files are not as ruwsgi wrote them:")?;
        for (path, ours) in &self.files {
            let why = if *ours { "changed by hand" } else { "not written by ruwsgi" };
            writeln!(out, "  {path}: {why}")?;
        }
        write!(out, "nothing was written")
    }
}

impl std::error::Error for Conflict {}

/// Path and hash of each file we wrote.
type Lock = BTreeMap<String, String>;

/// Writes all files below `root`; those in `keep` are left to the user.
pub fn write(
    root: &Path,
    outputs: &[Output],
    keep: &[String],
    force: bool,
) -> Result<Vec<(Fate, String)>> {
    let mut lock = read_lock(root)?;
    let mut fates = Vec::new();
    let mut changed: Vec<&Output> = Vec::new();
    let mut conflicts = Vec::new();
    let mut next = Lock::new();
    for output in outputs {
        let known = lock.remove(&output.path);
        if keep.contains(&output.path) {
            fates.push((Fate::Kept, output.path.clone()));
            continue;
        }
        next.insert(output.path.clone(), hash(output.text.as_bytes()));
        match on_disk(root, &output.path)? {
            Some(bytes) if bytes == output.text.as_bytes() => {
                fates.push((Fate::Unchanged, output.path.clone()));
                continue;
            }
            Some(bytes) if !force && known.as_ref() != Some(&hash(&bytes)) => {
                conflicts.push((output.path.clone(), known.is_some()));
            }
            _ => {}
        }
        fates.push((Fate::Written, output.path.clone()));
        changed.push(output);
    }
    if !conflicts.is_empty() {
        return Err(Conflict { files: conflicts }.into());
    }
    // What is left in the lock is no longer rendered.
    let mut stale = Vec::new();
    for (path, known) in lock {
        match on_disk(root, &path)? {
            Some(bytes) if hash(&bytes) == known => {
                fates.push((Fate::Removed, path.clone()));
                stale.push(path);
            }
            Some(_) => fates.push((Fate::Kept, path)),
            None => {}
        }
    }
    let mut text = String::from(
        "# What `ruwsgi deploy` wrote, by SHA-256. Commit this file; do not edit it.\n",
    );
    for (path, hash) in &next {
        let _ = writeln!(text, "{hash}  {path}");
    }
    let lock = Output { path: LOCK.to_owned(), text, mode: 0o644 };
    if on_disk(root, LOCK)?.as_deref() != Some(lock.text.as_bytes()) {
        changed.push(&lock);
    }
    replace(root, &changed)?;
    for path in stale {
        fs::remove_file(root.join(&path)).with_context(|| format!("cannot remove {path}"))?;
    }
    fates.sort_by(|one, other| one.1.cmp(&other.1));
    Ok(fates)
}

/// Files whose text on disk is another.
pub fn differing(
    root: &Path,
    outputs: &[Output],
    keep: &[String],
) -> Result<Vec<(String, &'static str)>> {
    let mut lock = read_lock(root)?;
    let mut list = Vec::new();
    for output in outputs {
        let known = lock.remove(&output.path);
        if keep.contains(&output.path) {
            continue;
        }
        match on_disk(root, &output.path)? {
            None => list.push((output.path.clone(), "missing")),
            Some(bytes) if bytes == output.text.as_bytes() => {}
            Some(bytes) if known == Some(hash(&bytes)) => {
                list.push((output.path.clone(), "out of date"));
            }
            Some(_) => list.push((output.path.clone(), "changed by hand")),
        }
    }
    for path in lock.into_keys() {
        if on_disk(root, &path)?.is_some() && !keep.contains(&path) {
            list.push((path, "no longer rendered"));
        }
    }
    Ok(list)
}

/// Writes these files, whatever is there: every text is on disk under another name before the first is replaced.
pub fn replace(root: &Path, outputs: &[&Output]) -> Result<()> {
    let mut ready = Vec::new();
    for output in outputs {
        let path = root.join(&output.path);
        let folder = path.parent().unwrap_or(root);
        let doing = || format!("cannot write {}", path.display());
        fs::create_dir_all(folder).with_context(doing)?;
        anyhow::ensure!(!path.is_dir(), "cannot write {}: it is a folder", path.display());
        let mut file = NamedTempFile::with_prefix_in(".ruwsgi-", folder).with_context(doing)?;
        file.write_all(output.text.as_bytes()).with_context(doing)?;
        let mode = fs::Permissions::from_mode(output.mode);
        file.as_file().set_permissions(mode).with_context(doing)?;
        ready.push((file, path));
    }
    for (file, path) in ready {
        file.persist(&path).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn read_lock(root: &Path) -> Result<Lock> {
    let Some(bytes) = on_disk(root, LOCK)? else { return Ok(Lock::new()) };
    let text = String::from_utf8_lossy(&bytes);
    Ok(text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once("  "))
        // A lock names files of the project only, whoever edited it.
        .filter(|(_, path)| !path.starts_with('/') && !path.split('/').any(|part| part == ".."))
        .map(|(hash, path)| (path.to_owned(), hash.to_owned()))
        .collect())
}

fn on_disk(root: &Path, path: &str) -> Result<Option<Vec<u8>>> {
    let path = root.join(path);
    match fs::read(&path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Two digits for each byte.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(path: &str, text: &str) -> Output {
        Output { path: path.into(), text: text.into(), mode: 0o644 }
    }

    fn words(fates: &[(Fate, String)]) -> Vec<String> {
        fates.iter().map(|(fate, path)| format!("{} {path}", fate.word())).collect()
    }

    #[test]
    fn files_are_written_once_then_unchanged_then_removed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let first = [output("a", "1"), output("sub/b", "2")];
        assert_eq!(
            words(&write(root, &first, &[], false).unwrap()),
            ["written a", "written sub/b"]
        );
        assert_eq!(
            words(&write(root, &first, &[], false).unwrap()),
            ["unchanged a", "unchanged sub/b"]
        );
        let second = [output("a", "3")];
        assert_eq!(
            words(&write(root, &second, &[], false).unwrap()),
            ["written a", "removed sub/b"]
        );
        assert!(!root.join("sub/b").exists());
        assert!(differing(root, &second, &[]).unwrap().is_empty());
    }

    #[test]
    fn one_hand_edited_file_stops_all() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        write(root, &[output("a", "1"), output("b", "1")], &[], false).unwrap();
        fs::write(root.join("b"), "mine").unwrap();
        let error = write(root, &[output("a", "2"), output("b", "2")], &[], false).unwrap_err();
        assert!(error.to_string().contains("b: changed by hand"), "{error}");
        assert_eq!(fs::read_to_string(root.join("a")).unwrap(), "1");
        let kept =
            write(root, &[output("a", "2"), output("b", "2")], &["b".into()], false).unwrap();
        assert_eq!(words(&kept), ["written a", "kept b"]);
        write(root, &[output("a", "2"), output("b", "2")], &[], true).unwrap();
        assert_eq!(fs::read_to_string(root.join("b")).unwrap(), "2");
    }

    #[test]
    fn a_failure_in_the_middle_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::write(root.join("k8s"), "a file where a folder must be").unwrap();
        assert!(write(root, &[output("a", "1"), output("k8s/b", "1")], &[], false).is_err());
        let left: Vec<_> =
            fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["k8s"]);
    }
}
