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
use nix::sys::signal::{SigSet, SigmaskHow, Signal};
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

/// Which files may be overwritten although they were changed by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overwrite {
    /// None.
    None,
    /// These: their changes are kept in another way.
    These(Vec<String>),
    /// All.
    All,
}

impl Overwrite {
    fn allows(&self, path: &str) -> bool {
        match self {
            Self::None => false,
            Self::These(paths) => paths.iter().any(|other| other == path),
            Self::All => true,
        }
    }
}

/// Which files are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All: what was written before and is not among them is no longer rendered.
    All,
    /// Some: the others stay as they are.
    Part,
}

/// What we wrote last.
#[derive(Debug)]
pub struct Disk {
    lock: Lock,
}

impl Disk {
    /// Reads the lock file.
    pub fn read(root: &Path) -> Result<Self> {
        Ok(Self { lock: read_lock(root)? })
    }

    /// This text was written to that path last.
    #[must_use]
    pub fn wrote(&self, path: &str, text: &str) -> bool {
        self.lock.get(path) == Some(&hash(text.as_bytes()))
    }

    /// What stands in a file that we wrote and somebody changed; nothing where it is as it would be rendered.
    pub fn changed_by_hand(&self, root: &Path, output: &Output) -> Result<Option<String>> {
        let Some(known) = self.lock.get(&output.path) else { return Ok(None) };
        let Some(bytes) = on_disk(root, &output.path)? else { return Ok(None) };
        if *known == hash(&bytes) || bytes == output.text.as_bytes() {
            return Ok(None);
        }
        let text = String::from_utf8(bytes);
        text.map(Some).with_context(|| format!("{} is not UTF-8 text", output.path))
    }
}

/// Writes all files below `root`; those in `keep` are left to the user.
pub fn write(
    root: &Path,
    outputs: &[Output],
    keep: &[String],
    overwrite: &Overwrite,
    scope: Scope,
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
            Some(bytes)
                if !overwrite.allows(&output.path) && known.as_ref() != Some(&hash(&bytes)) =>
            {
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
    if scope == Scope::Part {
        next.append(&mut lock);
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

/// How a file differs from what would be rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// It is not there.
    Missing,
    /// It is what was rendered before.
    OutOfDate,
    /// Somebody changed it.
    ChangedByHand,
    /// It was rendered before.
    NoLongerRendered,
}

impl Difference {
    /// In a few words.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::OutOfDate => "out of date",
            Self::ChangedByHand => "changed by hand",
            Self::NoLongerRendered => "no longer rendered",
        }
    }
}

/// A file that differs: what stands there, and what would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differing {
    /// Relative to the project.
    pub path: String,
    /// How it differs.
    pub how: Difference,
    /// Its text on disk; empty when it is missing.
    pub disk: String,
    /// Its text as it would be rendered; empty when it is not.
    pub rendered: String,
}

/// Files whose text on disk is another.
pub fn differing(root: &Path, outputs: &[Output], keep: &[String]) -> Result<Vec<Differing>> {
    let mut lock = read_lock(root)?;
    let mut list = Vec::new();
    for output in outputs {
        let known = lock.remove(&output.path);
        if keep.contains(&output.path) {
            continue;
        }
        let disk = on_disk(root, &output.path)?;
        let how = match &disk {
            None => Difference::Missing,
            Some(bytes) if bytes == output.text.as_bytes() => continue,
            Some(bytes) if known == Some(hash(bytes)) => Difference::OutOfDate,
            Some(_) => Difference::ChangedByHand,
        };
        list.push(Differing {
            path: output.path.clone(),
            how,
            disk: String::from_utf8_lossy(&disk.unwrap_or_default()).into_owned(),
            rendered: output.text.clone(),
        });
    }
    for path in lock.into_keys().filter(|path| !keep.contains(path)) {
        if let Some(bytes) = on_disk(root, &path)? {
            list.push(Differing {
                path,
                how: Difference::NoLongerRendered,
                disk: String::from_utf8_lossy(&bytes).into_owned(),
                rendered: String::new(),
            });
        }
    }
    list.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(list)
}

/// Writes these files, whatever is there: every text is on disk under another name before the first is replaced.
///
/// Ctrl-C waits until all is done.
pub fn replace(root: &Path, outputs: &[&Output]) -> Result<()> {
    let _signals = Held::hold();
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

/// Holds back the signals that end the program.
pub struct Held(Option<SigSet>);

impl Held {
    /// From now on, until it is dropped.
    #[must_use]
    pub fn hold() -> Self {
        let ending = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP];
        let before = SigSet::from_iter(ending).thread_swap_mask(SigmaskHow::SIG_BLOCK);
        Self(before.ok())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            // What has come meanwhile ends the program here.
            let _ = before.thread_set_mask();
        }
    }
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

/// The bytes of a file, if it is there.
pub fn on_disk(root: &Path, path: &str) -> Result<Option<Vec<u8>>> {
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
            words(&write(root, &first, &[], &Overwrite::None, Scope::All).unwrap()),
            ["written a", "written sub/b"]
        );
        assert_eq!(
            words(&write(root, &first, &[], &Overwrite::None, Scope::All).unwrap()),
            ["unchanged a", "unchanged sub/b"]
        );
        let second = [output("a", "3")];
        assert_eq!(
            words(&write(root, &second, &[], &Overwrite::None, Scope::All).unwrap()),
            ["written a", "removed sub/b"]
        );
        assert!(!root.join("sub/b").exists());
        assert!(differing(root, &second, &[]).unwrap().is_empty());
    }

    #[test]
    fn a_part_leaves_the_rest_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let both = |text: &str| [output("a", text), output("b", text)];
        write(root, &both("1"), &[], &Overwrite::None, Scope::All).unwrap();
        let part = [output("b", "2")];
        let fates = write(root, &part, &[], &Overwrite::None, Scope::Part).unwrap();
        assert_eq!(words(&fates), ["written b"]);
        assert_eq!(fs::read_to_string(root.join("a")).unwrap(), "1");
        // It is still known to be ours.
        let fates = write(root, &both("3"), &[], &Overwrite::None, Scope::All).unwrap();
        assert_eq!(words(&fates), ["written a", "written b"]);
    }

    #[test]
    fn one_hand_edited_file_stops_all() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        write(root, &[output("a", "1"), output("b", "1")], &[], &Overwrite::None, Scope::All)
            .unwrap();
        fs::write(root.join("b"), "mine").unwrap();
        let error =
            write(root, &[output("a", "2"), output("b", "2")], &[], &Overwrite::None, Scope::All)
                .unwrap_err();
        assert!(error.to_string().contains("b: changed by hand"), "{error}");
        assert_eq!(fs::read_to_string(root.join("a")).unwrap(), "1");
        let kept = write(
            root,
            &[output("a", "2"), output("b", "2")],
            &["b".into()],
            &Overwrite::None,
            Scope::All,
        )
        .unwrap();
        assert_eq!(words(&kept), ["written a", "kept b"]);
        write(root, &[output("a", "2"), output("b", "2")], &[], &Overwrite::All, Scope::All)
            .unwrap();
        assert_eq!(fs::read_to_string(root.join("b")).unwrap(), "2");
    }

    #[test]
    fn a_failure_in_the_middle_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::write(root.join("k8s"), "a file where a folder must be").unwrap();
        assert!(
            write(
                root,
                &[output("a", "1"), output("k8s/b", "1")],
                &[],
                &Overwrite::None,
                Scope::All
            )
            .is_err()
        );
        let left: Vec<_> =
            fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["k8s"]);
    }
}
