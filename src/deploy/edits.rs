//! What users change by hand in rendered files: kept as patches, and applied to every later rendering.
//!
//! A patch is a unified diff in `patches/`, to be read, committed and removed by its owner. Who may overwrite a file is
//! `write`; differences are found, and merged three ways, by diffy.

use std::fmt;
use std::path::Path;

use anyhow::{Context as _, Result};
use diffy::{DiffOptions, Patch, apply, create_patch, merge};

use super::render::Output;
use super::write::{Disk, on_disk, replace};

/// The folder of the patches.
pub const PATCHES: &str = "patches";
/// The texts that were rendered last, without any patch; only for merging.
const LAST: &str = ".ruwsgi/rendered";

/// Files whose edits cannot be kept.
#[derive(Debug)]
pub struct Unmerged {
    /// Path, and why.
    pub files: Vec<(String, String)>,
}

impl fmt::Display for Unmerged {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "edits that no longer fit what is rendered:")?;
        for (path, why) in &self.files {
            writeln!(out, "  {path}: {why}")?;
        }
        write!(out, "nothing was written")
    }
}

impl std::error::Error for Unmerged {}

/// What came of the edits.
#[derive(Debug, Default)]
pub struct Edited {
    /// The rendered files with the edits in them.
    pub outputs: Vec<Output>,
    /// Patches that are new or follow what is rendered now.
    pub patches: Vec<Output>,
    /// Files that were changed by hand and whose change is kept.
    pub kept: Vec<String>,
}

/// Puts the edits into what was rendered; `keep` makes patches of files that were changed by hand since.
pub fn edited(root: &Path, outputs: Vec<Output>, disk: &Disk, keep: bool) -> Result<Edited> {
    let mut edited = Edited::default();
    let mut unmerged = Vec::new();
    for mut output in outputs {
        let path = output.path.clone();
        let file = format!("{PATCHES}/{path}.patch");
        let kept = on_disk(root, &file)?.map(String::from_utf8).transpose();
        let kept = kept.with_context(|| format!("{file} is not UTF-8 text"))?;
        let found = Found { root, output: &output, disk, patch: kept.as_deref() };
        let mine = disk.changed_by_hand(root, &output)?.filter(|_| keep);
        let is_mine = mine.is_some();
        let done = match (mine, &kept) {
            (Some(mine), _) => found.take(&mine).map(Some),
            (None, Some(_)) => found.apply().map(Some),
            (None, None) => Ok(None),
        };
        match done {
            Ok(None) => {}
            Ok(Some(text)) => {
                let now = difference(&output.text, &text, &path);
                if kept.as_ref() != Some(&now) && (is_mine || !found.still_fits()) {
                    edited.patches.push(Output { path: file, text: now, mode: 0o644 });
                }
                if is_mine {
                    edited.kept.push(path);
                }
                output.text = text;
            }
            Err(why) => unmerged.push((path, why)),
        }
        edited.outputs.push(output);
    }
    if unmerged.is_empty() { Ok(edited) } else { Err(Unmerged { files: unmerged }.into()) }
}

/// Remembers what was rendered, for the next merge.
pub fn remember(root: &Path, rendered: &[Output]) -> Result<()> {
    let texts: Vec<Output> = rendered
        .iter()
        .map(|output| Output { path: format!("{LAST}/{}", output.path), ..output.clone() })
        .chain([Output { path: ".ruwsgi/.gitignore".into(), text: "*\n".into(), mode: 0o644 }])
        .filter(|output| {
            let there = on_disk(root, &output.path).ok().flatten();
            there.as_deref() != Some(output.text.as_bytes())
        })
        .collect();
    replace(root, &texts.iter().collect::<Vec<_>>())
}

/// A unified diff.
#[must_use]
pub fn difference(from: &str, to: &str, path: &str) -> String {
    let mut options = DiffOptions::new();
    options.set_original_filename(format!("a/{path}")).set_modified_filename(format!("b/{path}"));
    options.create_patch(from, to).to_string()
}

/// One file on its way.
struct Found<'a> {
    root: &'a Path,
    output: &'a Output,
    disk: &'a Disk,
    patch: Option<&'a str>,
}

impl Found<'_> {
    fn read(&self) -> Result<Option<Patch<'_, str>>, String> {
        let file = format!("{PATCHES}/{}.patch", self.output.path);
        let read = self.patch.map(Patch::from_str).transpose();
        read.map_err(|why| format!("{file} is no unified diff: {why}"))
    }

    fn with_patch(&self, text: &str) -> Result<Option<String>, String> {
        match self.read()? {
            None => Ok(Some(text.to_owned())),
            Some(patch) => Ok(apply(text, &patch).ok()),
        }
    }

    fn still_fits(&self) -> bool {
        matches!(self.with_patch(&self.output.text), Ok(Some(_)))
    }

    /// What was rendered when the file was written last, without the patch.
    fn last(&self) -> Result<String, String> {
        let path = &self.output.path;
        let remembered = on_disk(self.root, &format!("{LAST}/{path}")).ok().flatten();
        let remembered = remembered.and_then(|bytes| String::from_utf8(bytes).ok());
        let reversed = || {
            let text = String::from_utf8(on_disk(self.root, path).ok().flatten()?).ok()?;
            let kept = self.read().ok().flatten()?;
            apply(&text, &kept.reverse()).ok()
        };
        for text in [Some(self.output.text.clone()), remembered, reversed()].into_iter().flatten() {
            if self.with_patch(&text)?.is_some_and(|text| self.disk.wrote(path, &text)) {
                return Ok(text);
            }
        }
        Err("what was rendered before is not known here, so the edit cannot be told from a change of ruwsgi.yaml; render the old ruwsgi.yaml with `--keep-edits` first".to_owned())
    }

    /// What was rendered, with the patch.
    fn apply(&self) -> Result<String, String> {
        if let Some(text) = self.with_patch(&self.output.text)? {
            return Ok(text);
        }
        let last = self.last()?;
        let Some(mine) = self.with_patch(&last)? else {
            return Err("its patch fits neither what is rendered now nor before".to_owned());
        };
        self.merge(&last, &mine)
    }

    /// What was rendered, with what stands in the file.
    fn take(&self, mine: &str) -> Result<String, String> {
        self.merge(&self.last()?, mine)
    }

    fn merge(&self, last: &str, mine: &str) -> Result<String, String> {
        merge(last, mine, &self.output.text).map_err(|marked| {
            let line = marked.lines().position(|line| line.starts_with("<<<<<<<"));
            let lines = create_patch(last, mine).hunks().len();
            format!(
                "near line {}, both the edit ({lines} places) and what is rendered have changed; change or remove {PATCHES}/{}.patch, or the edit",
                line.map_or(1, |line| line + 1),
                self.output.path
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::deploy::write::{Overwrite, Scope, write};

    const FIRST: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n";

    /// Renders a text into the folder, as the command does.
    fn render(root: &Path, text: &str, keep: bool) -> Result<String> {
        let outputs = vec![Output { path: "a/b.conf".into(), text: text.into(), mode: 0o644 }];
        let disk = Disk::read(root)?;
        let edited = edited(root, outputs.clone(), &disk, keep)?;
        write(root, &edited.outputs, &[], &Overwrite::These(edited.kept), Scope::All)?;
        replace(root, &edited.patches.iter().collect::<Vec<_>>())?;
        remember(root, &outputs)?;
        Ok(fs::read_to_string(root.join("a/b.conf"))?)
    }

    fn edit(root: &Path, from: &str, to: &str) {
        let path = root.join("a/b.conf");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from));
        fs::write(path, text.replace(from, to)).unwrap();
    }

    #[test]
    fn an_edit_is_kept_and_applied_to_later_renderings() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        render(root, FIRST, false).unwrap();
        edit(root, "two\n", "two and a half\n");
        let refused = render(root, FIRST, false).unwrap_err().to_string();
        assert!(refused.contains("a/b.conf: changed by hand"), "{refused}");
        let kept = render(root, FIRST, true).unwrap();
        assert_eq!(kept, FIRST.replace("two", "two and a half"));
        let patch = fs::read_to_string(root.join("patches/a/b.conf.patch")).unwrap();
        assert!(patch.contains("-two\n+two and a half\n"), "{patch}");
        // Another rendering, far from the edit, then one beside it, which needs the merge.
        let second = FIRST.replace("seven", "7");
        assert_eq!(render(root, &second, false).unwrap(), second.replace("two", "two and a half"));
        let third = second.replace("four", "4");
        assert_eq!(render(root, &third, false).unwrap(), third.replace("two", "two and a half"));
        // Without the patch it is as rendered.
        fs::remove_file(root.join("patches/a/b.conf.patch")).unwrap();
        assert_eq!(render(root, &third, false).unwrap(), third);
    }

    #[test]
    fn an_edit_and_a_change_of_the_description_are_merged() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        render(root, FIRST, false).unwrap();
        edit(root, "two\n", "2\n");
        let second = FIRST.replace("seven", "7");
        assert_eq!(render(root, &second, true).unwrap(), second.replace("two", "2"));
        edit(root, "five\n", "5\n");
        let third = second.replace("eight", "8");
        let both = third.replace("two", "2").replace("five", "5");
        assert_eq!(render(root, &third, true).unwrap(), both);
        assert_eq!(render(root, &third, false).unwrap(), both);
    }

    #[test]
    fn what_cannot_be_merged_is_told_and_nothing_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        render(root, FIRST, false).unwrap();
        edit(root, "two\n", "2\n");
        let second = FIRST.replace("two", "zwei");
        let refused = render(root, &second, true).unwrap_err().to_string();
        assert!(refused.contains("a/b.conf: near line 2, both"), "{refused}");
        assert!(!root.join("patches").exists());
        // On another machine, nobody remembers.
        fs::remove_dir_all(root.join(".ruwsgi")).unwrap();
        let third = FIRST.replace("seven", "7");
        let refused = render(root, &third, true).unwrap_err().to_string();
        assert!(refused.contains("is not known here"), "{refused}");
        assert!(render(root, FIRST, true).is_ok());
    }

    #[test]
    fn a_patch_that_is_none_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("patches/a")).unwrap();
        fs::write(root.join("patches/a/b.conf.patch"), "--- a\n+++ b\n@@ nothing @@\n").unwrap();
        let refused = render(root, FIRST, false).unwrap_err().to_string();
        assert!(refused.contains("patches/a/b.conf.patch is no unified diff"), "{refused}");
    }
}
