//! Tries out what was described: the description must load and render, and the rendered uwsgi.ini must say what
//! the old one said.
//!
//! What is refused is taken out again, and the refusal is the reason in the report.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};

use super::description::Entry;
use super::server::Group;
use super::{Adoption, Fate};
use crate::deploy::plan::plan;
use crate::deploy::problem::Problem;
use crate::deploy::render::render;
use crate::deploy::spec::load;
use crate::deploy::{SPEC, knows};
use crate::options::apply::{Examined, Verdict};
use crate::options::directive::Origin;
use crate::options::table::Effect;

/// Where a line stands that the template has anyway.
pub(super) const ALWAYS: &str = "in every rendered uwsgi.ini";
/// The first lines of a ruwsgi.yaml.
const HEAD: &str = "# How this site is deployed; `ruwsgi deploy render` writes everything else from this file.\n\
    # Adopted by `ruwsgi deploy adopt`; docs/deploy.md of ruwsgi has all keys.\n";

/// What the rendered uwsgi.ini says, by the option's own name.
type Said = BTreeMap<&'static str, Vec<String>>;

/// Settles everything; gives the text of the description.
pub(super) fn settle(adoption: &mut Adoption) -> Result<String> {
    memory(adoption);
    let text = loadable(adoption)?;
    let always = said(&rendered(&text)?);
    for group in std::mem::take(&mut adoption.options) {
        let redundant = always.get(group.row.name).is_some_and(|values| *values == wanted(&group));
        let lines = group.values.iter().map(|(line, _)| *line);
        if redundant {
            for line in lines {
                adoption.settle(line, Fate::Carried(ALWAYS.into()));
            }
        } else {
            let key = format!("server.options.{}", group.row.name);
            let last = lines.clone().next_back();
            for line in lines.filter(|line| group.row.repeats || Some(*line) == last) {
                adoption.settle(line, Fate::Carried(key.clone()));
            }
            adoption.description.set_option(&group);
            adoption.options.push(group);
        }
    }
    ordered(adoption);
    let text = agreeing(adoption)?;
    let examined = rendered(&text)?;
    new(adoption, &examined);
    // Every other file can be rendered as well.
    let spec = load(SPEC, &text, knows).map_err(anyhow::Error::new)?;
    render(&plan(&spec))?;
    Ok(text)
}

/// Workers may grow as far as `reload-on-rss` lets them, and the container has room for all of them.
fn memory(adoption: &mut Adoption) {
    let number = |path: &str| {
        let text = adoption.description.one(path)?;
        text.trim_end_matches("Mi").parse::<u64>().ok()
    };
    let (Some(each), Some(processes)) =
        (number("server.reload_on_rss"), number("server.processes"))
    else {
        return;
    };
    // The master, and what one request may take before its worker is looked at.
    let needed = processes.saturating_mul(each).saturating_add(each.max(128));
    if (513..1 << 22).contains(&needed) {
        adoption.description.set("k8s.memory", format!("{needed}Mi"), &[]);
        adoption.description.note("k8s.memory", "processes x reload_on_rss, and one more");
    }
}

/// What the rendered uwsgi.ini must say for an option.
fn wanted(group: &Group) -> Vec<String> {
    let mut values: Vec<String> = group.values.iter().map(|(_, value)| value.clone()).collect();
    if !group.row.repeats {
        values.drain(..values.len().saturating_sub(1));
    }
    values
}

/// Takes out what the description's rules refuse, until it loads.
fn loadable(adoption: &mut Adoption) -> Result<String> {
    loop {
        let (text, lines) = adoption.description.yaml(HEAD);
        let problems = match load(SPEC, &text, knows) {
            Err(problems) => problems,
            Ok(spec) => {
                doubt(adoption, &spec.warnings, &lines);
                return Ok(text);
            }
        };
        let mut refused: Vec<(Vec<String>, Vec<usize>, String)> = Vec::new();
        for problem in problems.list.iter().filter(|problem| !problem.warning) {
            let entry = problem.at.line.checked_sub(1).and_then(|line| lines.get(line)?.as_ref());
            let Some(entry) = entry else { continue };
            if refused.iter().all(|(path, ..)| *path != entry.path) {
                refused.push((entry.path.clone(), entry.lines.clone(), problem.message.clone()));
            }
        }
        anyhow::ensure!(!refused.is_empty(), "what was read cannot be described:\n{problems}");
        for (path, lines, message) in refused {
            remove(adoption, &path, &lines, &message);
        }
        complete_required(adoption);
    }
}

/// What is allowed and perhaps not meant is told with the line that it came from.
fn doubt(adoption: &mut Adoption, warnings: &[Problem], lines: &[Option<Entry>]) {
    for problem in warnings {
        let entry = problem.at.line.checked_sub(1).and_then(|line| lines.get(line)?.as_ref());
        let from = entry.and_then(|entry| adoption.lines.get(*entry.lines.first()?));
        let note = match from {
            Some(line) => format!("{}: {}", line.origin, problem.message),
            None => problem.message.clone(),
        };
        if !adoption.notes.contains(&note) {
            adoption.notes.push(note);
        }
    }
}

/// A value that must be there and was refused gets one that can be.
fn complete_required(adoption: &mut Adoption) {
    let name = adoption.description.one("name").unwrap_or("site").replace('-', "_");
    for (path, otherwise) in [
        ("app.module", format!("{name}.wsgi:application")),
        ("app.settings", format!("{name}.settings")),
    ] {
        if adoption.description.one(path).is_none() {
            let note = "the files do not tell; a guess to correct";
            adoption.description.set(path, otherwise, &[]);
            adoption.description.note(path, note);
            adoption.notes.push(format!("{path}: {note}"));
        }
    }
}

fn remove(adoption: &mut Adoption, path: &[String], lines: &[usize], why: &str) {
    adoption.description.entries.retain(|entry| entry.path != path);
    if let [server, options, name] = path
        && (server.as_str(), options.as_str()) == ("server", "options")
    {
        adoption.options.retain(|group| group.row.name != name.as_str());
    }
    // A job or worker without one of its keys is none.
    if let [section @ ("cron" | "workers"), name, _] =
        path.iter().map(String::as_str).collect::<Vec<_>>().as_slice()
    {
        let inside = [(*section).to_owned(), (*name).to_owned()];
        adoption.description.entries.retain(|entry| !entry.path.starts_with(&inside));
    }
    // Half of a pair is of no use.
    for (one, other) in [("media_url", "media_root"), ("static_url", "static_root")] {
        let partner = match path.last().map(String::as_str) {
            Some(last) if last == one => other,
            Some(last) if last == other => one,
            _ => continue,
        };
        adoption
            .description
            .entries
            .retain(|entry| entry.path.last().is_none_or(|last| last != partner));
    }
    for line in lines {
        adoption.settle(*line, Fate::Left(why.to_owned()));
    }
}

/// Rules of routing work in the order of their lines, and the description groups lines by option.
fn ordered(adoption: &mut Adoption) {
    let is_rule = |group: &&Group| group.row.name.contains("route");
    let rules: Vec<Group> = adoption.options.iter().filter(is_rule).cloned().collect();
    let lines: Vec<usize> =
        rules.iter().flat_map(|group| group.values.iter().map(|(line, _)| *line)).collect();
    if lines.is_sorted() {
        return;
    }
    for group in &rules {
        let path = ["server", "options", group.row.name].map(str::to_owned);
        let lines: Vec<usize> = group.values.iter().map(|(line, _)| *line).collect();
        let why = "rules of several options count in their order, which ruwsgi.yaml does not keep";
        remove(adoption, &path, &lines, why);
    }
}

/// Takes out options until the rendered uwsgi.ini starts and says what they said.
fn agreeing(adoption: &mut Adoption) -> Result<String> {
    loop {
        let text = loadable(adoption)?;
        let examined = rendered(&text)?;
        let now = said(&examined);
        let mut refused: Vec<(&'static str, Vec<usize>, String)> = Vec::new();
        for group in &adoption.options {
            let name = group.row.name;
            let wrong = examined.said.iter().find(|(directive, verdict)| {
                directive.name == name && !matches!(verdict, Verdict::Option(_))
            });
            let why = if let Some((directive, _)) = wrong {
                let origin = directive.origin.to_string();
                let failure = examined.failures.iter().find(|it| it.message.contains(&origin));
                failure.map_or_else(
                    || "the rendered uwsgi.ini would not start with it".to_owned(),
                    |failure| failure.message.replace(&format!("{origin}: "), ""),
                )
            } else if now.get(name).is_none_or(|values| !values.ends_with(&wanted(group))) {
                "the rendered uwsgi.ini does not come to the same".to_owned()
            } else {
                continue;
            };
            refused.push((name, group.values.iter().map(|(line, _)| *line).collect(), why));
        }
        if refused.is_empty() {
            // What is wrong about options together names one of them.
            let Some(failure) = examined.failures.first() else { return Ok(text) };
            let named = examined.said.iter().find_map(|(directive, _)| {
                let message = failure.message.strip_prefix(&format!("{}: ", directive.origin))?;
                let group = adoption.options.iter().find(|it| it.row.name == directive.name)?;
                Some((group.clone(), message.to_owned()))
            });
            let (group, message) = match named {
                Some(named) => named,
                None => match adoption.options.last() {
                    Some(group) => (group.clone(), failure.message.clone()),
                    None => return Ok(text),
                },
            };
            let lines = group.values.iter().map(|(line, _)| *line).collect();
            refused.push((group.row.name, lines, message));
        }
        for (name, lines, why) in refused {
            remove(adoption, &["server", "options", name].map(str::to_owned), &lines, &why);
        }
    }
}

/// What the server makes of the uwsgi.ini that is rendered from a description.
pub(super) fn rendered(text: &str) -> Result<Examined> {
    let spec = load(SPEC, text, knows).map_err(anyhow::Error::new)?;
    let files: Vec<_> = plan(&spec).into_iter().filter(|file| file.path == "uwsgi.ini").collect();
    let outputs = render(&files)?;
    let output = outputs.first();
    let output = output.context("no uwsgi.ini was rendered")?;
    let folder = tempfile::tempdir().context("cannot make a folder to try the result in")?;
    let path = folder.path().join("uwsgi.ini");
    std::fs::write(&path, &output.text).context("cannot write into a temporary folder")?;
    super::examine(&path.to_string_lossy())
}

/// Values by option.
fn said(examined: &Examined) -> Said {
    let mut said = Said::new();
    for (directive, verdict) in &examined.said {
        if let (Verdict::Option(row), Origin::File(..)) = (verdict, &directive.origin) {
            let value = directive.value.clone().unwrap_or_else(|| "true".to_owned());
            said.entry(row.name).or_default().push(value);
        }
    }
    said
}

/// Options of the rendered uwsgi.ini that follow from keys, or from where it is.
static FOLLOWING: &[&str] = &[
    "chdir",
    "module",
    "socket",
    "http-socket",
    "processes",
    "threads",
    "chmod-socket",
    "procname-prefix-spaced",
    "hook-master-start",
];

/// Names what the rendered uwsgi.ini says and the old configuration did not.
fn new(adoption: &mut Adoption, examined: &Examined) {
    let old: Vec<&str> =
        adoption.lines.iter().filter_map(|line| line.text.split(" = ").next()).collect();
    let mut names: Vec<String> = Vec::new();
    for (directive, verdict) in &examined.said {
        let Verdict::Option(row) = verdict else { continue };
        let decides = matches!(row.effect, Effect::Logic(_));
        if !decides
            && !FOLLOWING.contains(&row.name)
            && matches!(directive.origin, Origin::File(..))
            && !row.names().any(|name| old.contains(&name))
        {
            let value = directive.value.as_deref().filter(|value| *value != "true");
            names.push(match value {
                Some(value) => format!("{} = {value}", row.name),
                None => row.name.to_owned(),
            });
        }
    }
    adoption.added = names;
}
