//! `ruwsgi deploy adopt`: describes in ruwsgi.yaml what a uwsgi.ini and an nginx.conf say.
//!
//! Every line of theirs ends up in the report: carried, answered in another way, or left out with the reason.
//! What the lines of the server become is `server`, those of nginx `site`; `settle` holds the result against the
//! description's own rules and against what is rendered from it.

mod beside;
mod description;
mod limits;
mod report;
mod server;
mod settle;
mod site;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Args;

use super::SPEC;
use super::detect::{self, GENERIC, Project, label};
use super::kinds::{Kind, is_module, is_name};
use super::render::Output;
use super::secrecy::in_option;
use super::show::{Paint, say, tell};
use super::write::{Fate::Written, replace};
use crate::error::Failure;
use crate::options::apply::{self, Examined};
use crate::options::argv::Words;
use crate::options::directive::{Directive, Origin};
use crate::options::formats::Format;
use crate::options::gather::gather;
use crate::options::logic::Surroundings;
use description::Description;

/// `ruwsgi deploy adopt`.
#[derive(Args)]
#[command(
    after_help = "exit code: 0 when ruwsgi.yaml was written, whatever the report lists; 1 when nothing was."
)]
pub struct Adopt {
    /// The configuration of uWSGI or ruwsgi, in any language they read; with :SECTION where it is not `uwsgi`.
    #[arg(value_name = "UWSGI_INI")]
    server: String,
    /// The configuration of nginx in front of it: nginx.conf, or the file of the site.
    #[arg(long, value_name = "NGINX_CONF")]
    nginx: Option<PathBuf>,
    /// The project's name; without it, one is made of the files.
    #[arg(long)]
    name: Option<String>,
    /// Write nothing; print the description, and the report to standard error.
    #[arg(long)]
    stdout: bool,
    /// The report as JSON.
    #[arg(long)]
    json: bool,
    /// Overwrite a ruwsgi.yaml that is there.
    #[arg(long)]
    force: bool,
}

/// What became of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fate {
    /// The description says it, under this key.
    Carried(String),
    /// The deployment has its own answer.
    Replaced(String),
    /// Nothing stands for it, and why.
    Left(String),
}

/// A line of what was read.
#[derive(Clone, Debug)]
struct Line {
    /// `uwsgi.ini:12`.
    origin: String,
    /// What stands there.
    text: String,
    /// What became of it.
    fate: Fate,
    /// The part of it that the report does not show: it is a secret, or holds one.
    hidden: Option<String>,
}

/// What is being made of the files.
#[derive(Default)]
struct Adoption {
    /// The keys.
    description: Description,
    /// Options that have no key.
    options: Vec<server::Group>,
    /// Every line that was read.
    lines: Vec<Line>,
    /// The project's folder there.
    base: String,
    /// It was said with `chdir`.
    base_is_said: bool,
    /// Where the server listens, so that nginx's own words for it are known.
    address: Option<String>,
    /// The gateway waited this long for an answer.
    gateway_timeout: Option<u64>,
    /// nginx limited bodies.
    body_is_said: bool,
    /// What the rendered uwsgi.ini says and the old configuration did not.
    added: Vec<String>,
    /// What else is to be told.
    notes: Vec<String>,
}

/// Carries it out.
pub(super) fn adopt(request: &Adopt) -> Result<ExitCode> {
    let here = std::env::current_dir().context("cannot tell the current folder")?;
    if let Some(name) = request.name.as_ref().filter(|name| !is_name(name)) {
        return Err(Failure::new(format!("`{name}` cannot be a project's name"))
            .hint(Kind::Name.wants())
            .into());
    }
    if here.join(SPEC).exists() && !request.force && !request.stdout {
        return Err(Failure::new(format!("{SPEC} is there already"))
            .hint("`--stdout` only prints; `--force` overwrites it")
            .into());
    }
    let (adoption, text) = describe(request, &here)?;
    if request.stdout {
        say(text.trim_end());
    } else {
        let output = Output { path: SPEC.to_owned(), text: text.clone(), mode: 0o644 };
        replace(&here, &[&output])?;
    }
    let paint = if request.stdout { Paint::of(&std::io::stderr()) } else { Paint::of_stdout() };
    let report = match request.json {
        true => format!("{:#}", report::json(&adoption)),
        false => report::text(&adoption, paint),
    };
    match (request.stdout, request.json) {
        (true, _) => tell(&report),
        (false, true) => say(&report),
        (false, false) => {
            say(&format!("{:<10} {SPEC}\n\n{report}", Written.word()));
            say(
                "\nnext:\n  ruwsgi deploy render    writes uwsgi.ini, nginx and everything else from it",
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads both files and makes a description of them that renders.
fn describe(request: &Adopt, here: &Path) -> Result<(Adoption, String)> {
    let examined = examine(&request.server)?;
    let mut adoption = Adoption::default();
    for warning in &examined.settings.warnings {
        if let Some(missing) = warning.message.strip_prefix("without what it includes: ") {
            adoption.notes.push(format!("not read: {missing}"));
        }
    }
    let file = request.server.rsplit_once(':').map_or(request.server.as_str(), |(path, _)| path);
    let folder = here.join(file).parent().map_or_else(|| here.to_path_buf(), Path::to_path_buf);
    server::describe(&examined, &folder.to_string_lossy(), &mut adoption);
    let mut whole = None;
    if let Some(path) = &request.nginx {
        whole = Some(site::describe(path, &mut adoption)?);
    }
    limits::describe(&mut adoption, whole);
    let project = [here.to_path_buf(), folder, PathBuf::from(&adoption.base)]
        .into_iter()
        .find(|folder| folder.join("manage.py").is_file())
        .map(|folder| detect::detect(&folder));
    complete(request, project.as_ref(), &mut adoption);
    let text = settle::settle(&mut adoption)?;
    Ok((adoption, text))
}

/// What the server would make of a configuration, on the machine it is for.
fn examine(named: &str) -> Result<Examined> {
    let path = named.rsplit_once(':').map_or(named, |(path, _)| path);
    // A file of another name is most likely ini.
    let format = Format::of(named).or_else(|| Format::of(path)).unwrap_or(Format::Ini);
    let directive = Directive::new(format.option(), Some(named.to_owned()), Origin::CommandLine);
    let words = Words { directives: vec![directive], ..Words::default() };
    let surroundings = Surroundings { elsewhere: true, ..Surroundings::default() };
    Ok(apply::examine(gather(words, [], surroundings)?))
}

/// Writes down what neither file says and the description needs.
fn complete(request: &Adopt, project: Option<&Project>, adoption: &mut Adoption) {
    let module = adoption.description.one("app.module").map(str::to_owned);
    let package = module.as_deref().and_then(|module| module.split(['.', ':']).next());
    let last = Path::new(&adoption.base).file_name().and_then(|name| name.to_str());
    let named = [package, last]
        .into_iter()
        .flatten()
        .filter(|name| !GENERIC.contains(name))
        .find_map(label)
        .or_else(|| [last, package].into_iter().flatten().find_map(label))
        .unwrap_or_else(|| "site".to_owned());
    let name = request.name.clone().unwrap_or(named);
    adoption.description.set("name", name.as_str(), &[]);
    let mut make_up = |path: &str, found: Option<String>, otherwise: String, note: &str| {
        if adoption.description.one(path).is_none() {
            let known = found.is_some();
            adoption.description.set(path, found.unwrap_or(otherwise), &[]);
            if !known {
                adoption.description.note(path, note);
                adoption.notes.push(format!("{path}: {note}"));
            }
        }
    };
    let python = name.replace('-', "_");
    let found = |field: fn(&Project) -> &Option<String>| project.and_then(|it| field(it).clone());
    make_up(
        "app.module",
        found(|project| &project.module),
        format!("{python}.wsgi:application"),
        "the files do not tell; a guess to correct",
    );
    let beside = module.as_deref().and_then(|module| module.split(':').next());
    let beside = beside.and_then(|module| module.strip_suffix(".wsgi"));
    make_up(
        "app.settings",
        found(|project| &project.settings),
        format!("{}.settings", beside.unwrap_or(&python)),
        "the files do not tell; a guess to correct",
    );
    if let Some(project) = project {
        for (path, value) in [
            ("app.requirements", &project.requirements),
            ("app.static_url", &project.static_url),
            ("app.static_root", &project.static_root),
            ("app.health", &project.health),
        ] {
            if let (Some(value), None) = (value, adoption.description.one(path)) {
                adoption.description.set(path, value.as_str(), &[]);
            }
        }
    }
    if !adoption.description.has("nginx.server_names") {
        let hosts =
            vec!["localhost".to_owned(), "127.0.0.1".to_owned(), format!("{name}.localhost")];
        adoption.description.set("nginx.server_names", hosts, &[]);
        adoption.description.note("nginx.server_names", "put the site's own name first");
        adoption.notes.push("nginx.server_names: put the site's own name first".to_owned());
    }
}

impl Line {
    /// Takes what is hidden out of all that is told.
    fn cover(&mut self) {
        let Some(secret) = self.hidden.as_deref().filter(|secret| !secret.is_empty()) else {
            return;
        };
        self.text = self.text.replace(secret, "…");
        // What refused it may repeat it.
        if let Fate::Left(told) = &mut self.fate {
            *told = told.replace(secret, "…");
        }
    }
}

impl Adoption {
    /// Adds a line of the server's configuration; the number it has in the report.
    fn line(&mut self, said: &Directive, fate: Fate) -> usize {
        let text = match said.value.as_deref() {
            Some(value) => format!("{} = {value}", said.name),
            None => said.name.clone(),
        };
        let line = self.add(said.origin.to_string(), text, fate);
        if let Some(value) = said.value.as_deref().filter(|value| in_option(&said.name, value)) {
            // The name of a variable may be shown.
            let plain =
                |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            let behind = value.split_once('=').filter(|(name, _)| plain(name));
            self.hide(line, behind.map_or(value, |(_, behind)| behind));
        }
        line
    }

    /// Adds a line of any file.
    fn add(&mut self, origin: String, text: String, fate: Fate) -> usize {
        self.lines.push(Line { origin, text, fate, hidden: None });
        self.lines.len() - 1
    }

    /// What became of a line is known now.
    fn settle(&mut self, line: usize, fate: Fate) {
        if let Some(line) = self.lines.get_mut(line) {
            line.fate = fate;
            line.cover();
        }
    }

    /// The report does not show this part of a line.
    fn hide(&mut self, line: usize, secret: &str) {
        if let Some(line) = self.lines.get_mut(line) {
            line.hidden = Some(secret.to_owned());
            line.cover();
        }
    }

    /// A line holds a secret.
    fn is_hidden(&self, line: usize) -> bool {
        self.lines.get(line).is_some_and(|line| line.hidden.is_some())
    }

    /// Paths below the project's folder are relative to it: it is elsewhere in the image.
    fn relative(&self, value: &str) -> String {
        if self.base.len() < 2 {
            return value.to_owned();
        }
        let folder = format!("{}/", self.base);
        let mut text = String::new();
        let mut rest = value;
        while let Some(at) = rest.find(&folder) {
            let (before, found) = rest.split_at(at);
            text.push_str(before);
            let starts = text.is_empty() || text.ends_with(['=', ',', ':', ' ']);
            if !starts {
                text.push_str(&folder);
            }
            rest = found.get(folder.len()..).unwrap_or_default();
        }
        text.push_str(rest);
        text.strip_prefix("./").map_or(text.clone(), str::to_owned)
    }

    /// Without `chdir`, the project is where the package of /srv/site/mysite/wsgi.py is.
    fn guess_base(&mut self, file: &str) {
        let inside = self.relative(file) != file || !file.starts_with('/');
        if let (false, false, Some(package)) = (self.base_is_said, inside, Path::new(file).parent())
        {
            let folder = package.parent().unwrap_or(package);
            folder.to_string_lossy().trim_end_matches('/').clone_into(&mut self.base);
        }
    }

    /// `mysite.wsgi` for the file mysite/wsgi.py of the project.
    fn module_of(&self, file: &str) -> Option<String> {
        let file = self.relative(file);
        let path = file.trim_start_matches("./").strip_suffix(".py")?;
        let module = path.replace('/', ".");
        is_module(&module).then_some(module)
    }

    /// Has nginx serve a folder; false where it is neither static files nor uploads, or there are such already.
    fn serve(&mut self, url: &str, folder: &str, lines: &[usize]) -> bool {
        let url = format!("/{}/", url.trim_matches('/'));
        let folder = folder.trim_end_matches('/');
        let uploads = ["media", "upload"].iter().any(|word| url.contains(word));
        let (url_key, root_key) = match uploads {
            true => ("app.media_url", "app.media_root"),
            false => ("app.static_url", "app.static_root"),
        };
        let known = uploads || ["static", "asset"].iter().any(|word| url.contains(word));
        // Said again, by nginx mostly, it is the folder that clients got the files from.
        let other = self.description.one(url_key).is_some_and(|said| said != url);
        if url == "//" || folder.is_empty() || !known || other {
            return false;
        }
        self.description.set(url_key, url, lines);
        self.description.set(root_key, folder, lines);
        for line in lines {
            self.settle(*line, Fate::Carried(format!("{url_key}, {root_key}")));
        }
        true
    }
}
