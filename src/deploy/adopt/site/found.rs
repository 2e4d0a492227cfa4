//! The directives of an nginx.conf and of the files that it includes, each with its place.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::deploy::adopt::{Adoption, Fate};
use crate::deploy::nginx::{Directive, read};
use crate::error::Failure;

/// Files may include files so deeply.
const DEEPEST: usize = 8;
/// A file is read up to this many bytes.
const LARGEST: u64 = 4 << 20;

/// Parameter files of distributions.
static PARAMETER_FILES: &[&str] = &["uwsgi_params", "proxy_params", "fastcgi_params", "mime.types"];

/// A directive together with the file it stands in.
#[derive(Clone)]
pub(super) struct Found {
    pub(super) file: String,
    pub(super) directive: Directive,
    pub(super) block: Vec<Found>,
    pub(super) is_block: bool,
}

impl Found {
    pub(super) fn name(&self) -> &str {
        &self.directive.name
    }

    pub(super) fn word(&self, index: usize) -> &str {
        self.directive.words.get(index).map_or("", String::as_str)
    }

    pub(super) fn origin(&self) -> String {
        format!("{}:{}", self.file, self.directive.line)
    }

    pub(super) fn text(&self) -> String {
        let Directive { name, words, .. } = &self.directive;
        let words: String = words.iter().map(|word| [" ", word].concat()).collect();
        format!("{name}{words}{}", if self.is_block { " { }" } else { ";" })
    }

    /// The directive with its block, files that it includes among it.
    pub(super) fn whole(&self) -> Directive {
        let block = self.block.iter().map(Found::whole).collect();
        let block = (!self.block.is_empty() || self.is_block).then_some(block);
        Directive { block, ..self.directive.clone() }
    }

    pub(super) fn children<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f Found> {
        self.block.iter().filter(move |found| found.name() == name)
    }

    /// Where the path of the application passes requests on to; that of any other path otherwise.
    pub(super) fn target(&self) -> Option<&str> {
        let main =
            |found: &&Found| found.name() == "location" && found.word(0) == "/" && found.passes();
        let first = self.block.iter().find(main);
        first.or_else(|| self.block.iter().find(|found| found.passes()))?.passed_to()
    }

    /// Where it passes requests on to.
    pub(super) fn passed_to(&self) -> Option<&str> {
        if ["uwsgi_pass", "proxy_pass"].contains(&self.name()) {
            return Some(self.word(0));
        }
        self.block.iter().find_map(Found::passed_to)
    }

    /// Files and folders of the machine that it names.
    pub(super) fn paths(&self) -> Vec<&str> {
        let naming = [
            "root",
            "alias",
            "auth_basic_user_file",
            "ssl_client_certificate",
            "ssl_trusted_certificate",
        ];
        let own = Some(self.word(0))
            .filter(|path| naming.contains(&self.name()) && path.starts_with('/'));
        own.into_iter().chain(self.block.iter().flat_map(Found::paths)).collect()
    }

    /// This directive passes requests on somewhere in here.
    pub(super) fn passes_by(&self, directive: &str) -> bool {
        self.name() == directive || self.block.iter().any(|found| found.passes_by(directive))
    }

    /// Requests are passed on somewhere in here.
    pub(super) fn passes(&self) -> bool {
        ["uwsgi_pass", "proxy_pass"].iter().any(|directive| self.passes_by(directive))
    }
}

/// Reads a file and those that it includes.
pub(super) fn open(
    path: &str,
    folder: &Path,
    depth: usize,
    adoption: &mut Adoption,
) -> Result<Vec<Found>> {
    use std::io::Read as _;
    let mut text = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(LARGEST).read_to_end(&mut text))
        .with_context(|| format!("cannot read {path}"))?;
    let text = String::from_utf8_lossy(&text);
    let directives = read(&text)
        .map_err(|wrong| Failure::new(format!("{path}:{}: {}", wrong.line, wrong.message)))?;
    included(directives, path, folder, depth, adoption)
}

fn included(
    directives: Vec<Directive>,
    file: &str,
    folder: &Path,
    depth: usize,
    adoption: &mut Adoption,
) -> Result<Vec<Found>> {
    let mut all = Vec::new();
    for mut directive in directives {
        let block = directive.block.take();
        let is_block = block.is_some();
        let block = included(block.unwrap_or_default(), file, folder, depth, adoption)?;
        let found = Found { file: file.to_owned(), directive, block, is_block };
        if found.name() != "include" {
            all.push(found);
            continue;
        }
        let named = found.word(0).to_owned();
        if PARAMETER_FILES.iter().any(|known| named.ends_with(known)) {
            let how = "the site's file has a whole parameter block of its own";
            adoption.add(found.origin(), found.text(), Fate::Replaced(how.into()));
            continue;
        }
        let pattern = folder.join(&named);
        let paths: Vec<PathBuf> = glob::glob(&pattern.to_string_lossy())
            .map(|paths| paths.filter_map(Result::ok).collect())
            .unwrap_or_default();
        if paths.is_empty() || depth == DEEPEST {
            let why = format!("there is no such file here: {}", pattern.display());
            adoption.add(found.origin(), found.text(), Fate::Left(why));
            continue;
        }
        for path in paths {
            all.extend(open(&path.to_string_lossy(), folder, depth + 1, adoption)?);
        }
    }
    Ok(all)
}

/// What stands outside of servers, whether or not the file has an `http` block.
pub(super) fn flatten<'f>(all: &'f [Found], top: &mut Vec<&'f Found>) {
    for found in all {
        match found.name() {
            "http" | "events" => flatten(&found.block, top),
            _ => top.push(found),
        }
    }
}
