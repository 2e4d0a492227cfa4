//! From the text of a ruwsgi.yaml to its specs: read, lay environments over it, check, type.
//!
//! All problems are told at once. What a single key may be is `keys`, what keys must be together `check`.

use super::check;
use super::fill::fill;
use super::keys::{self, Fallback, Given, Key, Read};
use super::patches::Patches;
use super::problem::{Position, Problem, Problems};
use super::spec::Spec;
use super::table::{BUILT, find};
use super::yaml::{self, Form, Node, Value};

/// What the server's table says about an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// There is none of this name.
    No,
    /// It works, or nothing is lost without it.
    Yes,
    /// It has no effect yet.
    Planned,
    /// It is refused, with what to use instead.
    Refused(&'static str),
}

/// Asks the server's table for an option.
pub type Knows = fn(&str) -> Known;

/// Reads and checks a ruwsgi.yaml; all that is wrong is told at once.
pub fn load(file: &str, source: &str, knows: Knows) -> Result<Spec, Problems> {
    let mut root =
        yaml::read(source).map_err(|problem| Problems::new(file, source, vec![problem]))?;
    let twice = yaml::duplicates(&root);
    let (overlays, mut problems) = overlays(&mut root);
    problems.extend(twice);
    let patches = patches(&mut root, &mut problems);
    let (mut spec, found) = one(&root, None, knows);
    problems.extend(found);
    for (name, overlay) in overlays {
        problems.extend(built(&name, &overlay));
        let mut whole = root.clone();
        lay_over(&mut whole, &overlay, "");
        let (environment, found) = one(&whole, Some(&name), knows);
        // What is wrong without the environment has been told.
        for mut problem in found {
            if !problems.iter().any(|other| other.at == problem.at) {
                problem.message = format!("in `{name}`: {}", problem.message);
                problems.push(problem);
            }
        }
        if let (Some(spec), Some(environment)) = (&mut spec, environment) {
            spec.environments.push(environment);
        }
    }
    let wrong = problems.iter().any(|problem| !problem.warning);
    match spec {
        Some(mut spec) if !wrong => {
            spec.warnings = problems;
            spec.patches =
                Patches { files: patches, file: file.to_owned(), source: source.to_owned() };
            Ok(spec)
        }
        _ => Err(Problems::new(file, source, problems)),
    }
}

/// One environment, or the file as it stands.
fn one(root: &Node, name: Option<&str>, knows: Knows) -> (Option<Spec>, Vec<Problem>) {
    let mut read = keys::read(root);
    let mut problems = std::mem::take(&mut read.problems);
    // Rules between keys are checked as far as the keys are there.
    problems.extend(check::check(&read, knows));
    let right = problems.iter().all(|problem| problem.warning);
    (right.then(|| fill(&Reader { read: &read }, name)), problems)
}

/// Takes `environments` out of the tree: their names and what is different there.
fn overlays(root: &mut Node) -> (Vec<(String, Node)>, Vec<Problem>) {
    let mut found = Vec::new();
    let mut problems = Vec::new();
    let Value::Map(entries) = &mut root.value else { return (found, problems) };
    let Some(place) = entries.iter().position(|(name, _)| name.text() == Some("environments"))
    else {
        return (found, problems);
    };
    let (key, section) = entries.remove(place);
    let environments = match section.value {
        Value::Map(environments) => environments,
        Value::Null => Vec::new(),
        _ => {
            let wants = super::kinds::Kind::Overlays.wants();
            let found = section.describe();
            problems.push(Problem::new(
                section.at,
                format!("`environments` must be {wants}, not {found}"),
            ));
            Vec::new()
        }
    };
    for (name, overlay) in environments {
        let text = name.text().unwrap_or_default();
        let right = super::kinds::is_name(text) && text.len() <= 30;
        if right && matches!(overlay.value, Value::Map(_) | Value::Null) {
            found.push((text.to_owned(), overlay));
        } else if right {
            problems.push(Problem::new(
                overlay.at,
                format!(
                    "`environments.{text}` must be `key: value` lines, not {}",
                    overlay.describe()
                ),
            ));
        } else {
            let wants = "a name of at most 30 lower-case letters, digits and `-`";
            problems.push(
                Problem::new(name.at, format!("{} is not {wants}", name.describe()))
                    .help("such as `production:`"),
            );
        }
    }
    if found.is_empty() && problems.is_empty() {
        problems.push(Problem::new(key.at, "`environments` names none").warning());
    }
    (found, problems)
}

/// Takes `patches` out of the tree: files, and what is different in them.
fn patches(root: &mut Node, problems: &mut Vec<Problem>) -> Vec<(Node, Node)> {
    let Value::Map(entries) = &mut root.value else { return Vec::new() };
    let Some(place) = entries.iter().position(|(name, _)| name.text() == Some("patches")) else {
        return Vec::new();
    };
    let (_, section) = entries.remove(place);
    let wants = super::kinds::Kind::Patches.wants();
    let mut wrong = |node: &Node| {
        let message = format!("`patches` must be {wants}, not {}", node.describe());
        problems.push(Problem::new(node.at, message));
    };
    match section.value {
        Value::Map(files) => {
            let other = |(_, change): &&(Node, Node)| !matches!(change.value, Value::Map(_));
            files.iter().filter(other).for_each(|(_, change)| wrong(change));
            for (_, change) in &files {
                check::patch(change, problems);
            }
            files
        }
        Value::Null => Vec::new(),
        _ => {
            wrong(&section);
            Vec::new()
        }
    }
}

/// Mappings are joined; everything else is replaced, by the default when nothing stands behind the key.
fn lay_over(under: &mut Node, over: &Node, path: &str) {
    match (&mut under.value, &over.value) {
        (Value::Map(entries), Value::Map(more)) => {
            // A name of the user's own has no default: it goes.
            let own = find(path).is_some_and(|key| key.kind.is_map());
            for (name, value) in more {
                let text = name.text().unwrap_or_default();
                if own && value.value == Value::Null {
                    entries.retain(|(other, _)| other.text() != Some(text));
                    continue;
                }
                let path = if path.is_empty() { text.to_owned() } else { format!("{path}.{text}") };
                match entries.iter_mut().find(|(other, _)| other.text() == name.text()) {
                    Some((_, node)) => lay_over(node, value, &path),
                    None => entries.push((name.clone(), value.clone())),
                }
            }
        }
        _ => *under = over.clone(),
    }
}

/// What an environment cannot have its own way, as one image serves all.
fn built(environment: &str, overlay: &Node) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut sections = vec![(String::new(), overlay)];
    while let Some((prefix, node)) = sections.pop() {
        let Value::Map(entries) = &node.value else { continue };
        for (name, value) in entries {
            let path = format!("{prefix}{}", name.text().unwrap_or_default());
            if BUILT.contains(&path.as_str()) {
                problems.push(
                    Problem::new(name.at, format!("`{path}` is the same in all environments, as one image serves them all, and not for `{environment}`"))
                        .help("outside of `environments`")
                        .rule("X11"),
                );
            } else if find(&path).is_none() {
                sections.push((format!("{path}."), value));
            }
        }
    }
    problems
}

/// Access by path; defaults come from the table.
pub struct Reader<'a> {
    /// What was read.
    pub read: &'a Read,
}

impl Reader<'_> {
    /// The scalar, when it is written or has a default.
    #[must_use]
    pub fn maybe(&self, path: &str) -> Option<String> {
        match self.read.values.get(path) {
            Some((Given::One(text), _)) => Some(text.clone()),
            _ => find(path).and_then(|key| match key.default {
                Fallback::Is(value) => normal(key, value),
                _ => None,
            }),
        }
    }

    /// The scalar; empty only when a required key is missing, which is told elsewhere.
    #[must_use]
    pub fn text(&self, path: &str) -> String {
        self.maybe(path).unwrap_or_default()
    }

    /// A number.
    #[must_use]
    pub fn number(&self, path: &str) -> u64 {
        self.text(path).parse().unwrap_or(0)
    }

    /// A truth.
    #[must_use]
    pub fn flag(&self, path: &str) -> bool {
        self.text(path) == "true"
    }

    /// A list.
    #[must_use]
    pub fn many(&self, path: &str) -> Vec<(String, Position)> {
        match self.read.values.get(path) {
            Some((Given::Many(many), _)) => many.clone(),
            _ => Vec::new(),
        }
    }

    /// The user's own names.
    #[must_use]
    pub fn pairs(&self, path: &str) -> Vec<(String, Vec<String>, Position)> {
        match self.read.values.get(path) {
            Some((Given::Pairs(pairs), _)) => pairs.clone(),
            _ => Vec::new(),
        }
    }

    /// The user's own sections in this one, such as the names of `workers`, and where they are.
    #[must_use]
    pub fn named(&self, section: &str) -> Vec<(String, Position)> {
        self.read
            .named
            .iter()
            .filter_map(|(path, at)| {
                let name = path.strip_prefix(section)?.strip_prefix('.')?;
                Some((name.to_owned(), *at))
            })
            .collect()
    }

    /// Where a key was written.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<Position> {
        self.read.values.get(path).map(|(_, at)| *at)
    }
}

fn normal(key: &Key, value: &str) -> Option<String> {
    let form = if value == "true" || value == "false" { Form::Truth } else { Form::Text };
    let value = Value::Scalar { text: value.to_owned(), form };
    key.kind.scalar(&Node { at: Position::default(), value }).ok()
}
