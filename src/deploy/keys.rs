//! Reads the tree of a ruwsgi.yaml by the table of keys; goes on after an error, so that all are told.
//!
//! Which keys there are is `table`, how keys depend on each other is `check`.

use std::collections::BTreeMap;

use super::kinds::{Kind, is_name, printable};
use super::problem::{Position, Problem};
use super::table::SHORT;
pub use super::table::{Fallback, KEYS, Key, find};
use super::table::{below, matches};
use super::yaml::{Node, Value};

/// A value that has its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// A scalar, normalised: sizes in bytes, times in seconds.
    One(String),
    /// A list of scalars.
    Many(Vec<(String, Position)>),
    /// The user's own names; a value may be a list.
    Pairs(Vec<(String, Vec<String>, Position)>),
}

/// What was read: the values and their places, by path.
#[derive(Debug, Default)]
pub struct Read {
    /// Values.
    pub values: BTreeMap<String, (Given, Position)>,
    /// Sections with a name of the user's own, such as `workers.mail`, in the order of the file.
    pub named: Vec<(String, Position)>,
    /// All that was wrong.
    pub problems: Vec<Problem>,
    /// Keys that were written, right or wrong.
    seen: Vec<String>,
    /// Sections that were written.
    sections: Vec<(String, Position)>,
}

/// Reads the tree by the table.
#[must_use]
pub fn read(root: &Node) -> Read {
    let mut read = Read::default();
    section(root, "", "", &mut read);
    if !matches!(root.value, Value::Map(_)) {
        return read;
    }
    let mut missing = Vec::new();
    for key in KEYS.iter().filter(|key| key.default == Fallback::Required) {
        let (parent, last) = key.path.rsplit_once('.').unwrap_or(("", key.path));
        let places: Vec<(String, Position)> = if parent.contains('*') {
            read.named.iter().filter(|(path, _)| matches(parent, path)).cloned().collect()
        } else {
            let at = read.sections.iter().find(|(name, _)| name == parent).map(|(_, at)| *at);
            vec![(parent.to_owned(), at.unwrap_or(root.at))]
        };
        for (parent, at) in places {
            let path = if parent.is_empty() { last.to_owned() } else { format!("{parent}.{last}") };
            if !read.seen.contains(&path) && !read.seen.contains(&parent) {
                missing.push(
                    Problem::new(
                        at,
                        format!("`{path}` is missing; it must be {}", key.kind.wants()),
                    )
                    .help(key.about),
                );
            }
        }
    }
    read.problems.append(&mut missing);
    read
}

/// `pattern` is the path as the table has it, `actual` with the user's own names; both end in a dot.
fn section(node: &Node, pattern: &str, actual: &str, read: &mut Read) {
    let Value::Map(entries) = &node.value else {
        not_a_section(node, pattern, actual, read);
        return;
    };
    let own_names = below(pattern) == ["*"];
    for (name, value) in entries {
        let text = name.text().unwrap_or_default();
        let path = format!("{actual}{text}");
        let row = if own_names { format!("{pattern}*") } else { format!("{pattern}{text}") };
        if own_names && !(is_name(text) && text.len() <= 30) {
            read.problems.push(Problem::new(
                name.at,
                format!("{} is not {}", name.describe(), Kind::Name.wants().replace("40", "30")),
            ));
        } else if let Some(key) = KEYS.iter().find(|key| key.path == row) {
            read.seen.push(path.clone());
            // `key:` with nothing behind it is the same as leaving the line out.
            if value.value != Value::Null || key.default == Fallback::Required {
                one(key, &path, name, value, read);
            }
        } else if KEYS.iter().any(|key| key.path.starts_with(&format!("{row}."))) {
            read.sections.push((path.clone(), name.at));
            if own_names {
                read.named.push((path.clone(), name.at));
            }
            section(value, &format!("{row}."), &format!("{path}."), read);
        } else {
            read.problems.push(unknown(name, &path, pattern));
        }
    }
}

fn not_a_section(node: &Node, pattern: &str, actual: &str, read: &mut Read) {
    let (row, path) = (pattern.trim_end_matches('.'), actual.trim_end_matches('.'));
    let short = SHORT.iter().find(|(section, _)| *section == row);
    if let (Some((_, last)), Value::Scalar { .. }) = (short, &node.value)
        && let Some(key) = find(&format!("{pattern}{last}"))
    {
        let path = format!("{path}.{last}");
        read.seen.push(path.clone());
        one(key, &path, node, node, read);
        return;
    }
    if node.value == Value::Null && !pattern.is_empty() {
        return;
    }
    let (what, help) = if row.is_empty() {
        (
            "the file".to_owned(),
            "start with `name: mysite`; `ruwsgi deploy init mysite` writes one".to_owned(),
        )
    } else {
        (format!("`{path}`"), format!("known keys: {}", below(pattern).join(", ")))
    };
    // What is missing in it is not told as well.
    read.seen.push(path.to_owned());
    read.problems.push(
        Problem::new(
            node.at,
            format!("{what} must be `key: value` lines, not {}", node.describe()),
        )
        .help(help),
    );
}

fn unknown(name: &Node, path: &str, pattern: &str) -> Problem {
    let names = below(pattern);
    let text = name.text().unwrap_or_default();
    let help = match closest(text, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        // The right name in the wrong section.
        None => match KEYS.iter().find(|key| key.path.rsplit('.').next() == Some(text)) {
            Some(key) => format!("there is a key `{}`", key.path.replace('*', "NAME")),
            None => format!("known keys here: {}", names.join(", ")),
        },
    };
    Problem::new(name.at, format!("unknown key `{path}`")).help(help)
}

fn one(key: &'static Key, path: &str, name: &Node, node: &Node, read: &mut Read) {
    let at = if node.value == Value::Null { name.at } else { node.at };
    let wrong = |at: Position, found: String, wants: String| {
        let mut problem = Problem::new(at, format!("`{path}` must be {wants}, not {found}"));
        problem.rule = rule_of(path);
        match key.default {
            Fallback::Is(value) => problem.help(format!(
                "such as: `{}: {value}` (the default)",
                path.rsplit('.').next().unwrap_or(path)
            )),
            _ => problem.help(key.about),
        }
    };
    let given = match (&node.value, key.kind) {
        (Value::List(items), kind) if kind.is_list() => {
            let mut many = Vec::new();
            for item in items {
                match item.text().map(|text| (text, kind.item(text))) {
                    Some((text, Ok(()))) => many.push((text.to_owned(), item.at)),
                    Some((_, Err(wants))) => read.problems.push(wrong(
                        item.at,
                        item.describe(),
                        format!("a list in which each is {wants}"),
                    )),
                    None => read.problems.push(wrong(item.at, item.describe(), kind.wants())),
                }
            }
            if many.is_empty() && key.default == Fallback::Required && items.is_empty() {
                read.problems.push(wrong(at, "an empty list".into(), kind.wants()));
            }
            Given::Many(many)
        }
        (Value::Map(entries), kind) if kind.is_map() => {
            Given::Pairs(pairs(kind, path, entries, read))
        }
        (_, kind) if !kind.is_list() && !kind.is_map() => match kind.scalar(node) {
            Ok(text) => Given::One(text),
            Err(wants) => {
                read.problems.push(wrong(
                    at,
                    node.describe(),
                    wants.unwrap_or_else(|| kind.wants()),
                ));
                return;
            }
        },
        (_, kind) => {
            read.problems.push(wrong(at, node.describe(), kind.wants()));
            return;
        }
    };
    read.values.insert(path.to_owned(), (given, node.at));
}

/// The rule that a value of the wrong form would break.
fn rule_of(path: &str) -> Option<&'static str> {
    match path.split('.').next() {
        Some("nginx") => Some("N22"),
        Some("images") => Some("D03"),
        Some("secrets" | "env") => Some("K13"),
        Some("uid") => Some("X3"),
        _ => None,
    }
}

fn pairs(
    kind: Kind,
    section: &str,
    entries: &[(Node, Node)],
    read: &mut Read,
) -> Vec<(String, Vec<String>, Position)> {
    let mut pairs = Vec::new();
    for (name, value) in entries {
        let text = name.text().unwrap_or_default();
        let path = format!("{section}.{text}");
        if let Err(wants) = kind.name(text) {
            read.problems.push(Problem::new(
                name.at,
                format!("`{section}` holds {}, which is not {wants}", name.describe()),
            ));
            continue;
        }
        let items = match &value.value {
            Value::List(items) if kind == Kind::Options => items.as_slice(),
            Value::Scalar { .. } => std::slice::from_ref(value),
            _ => {
                read.problems.push(
                    Problem::new(
                        if value.value == Value::Null { name.at } else { value.at },
                        format!("`{path}` must be one line of text, not {}", value.describe()),
                    )
                    .help(format!("such as `{text}: \"1\"`")),
                );
                continue;
            }
        };
        let mut texts = Vec::new();
        for item in items {
            let printable = printable(item, &format!("`{path}`"));
            match (item.text(), printable) {
                // `yes` is a word of YAML; an option wants the server's.
                (Some(_), Ok(text)) => match kind.pair(&match item.truth() {
                    Some(truth) if kind == Kind::Options => truth.to_string(),
                    _ => text,
                }) {
                    Ok(text) => texts.push(text),
                    Err(wants) => read.problems.push(Problem::new(
                        item.at,
                        format!("`{path}` must be {wants}, not {}", item.describe()),
                    )),
                },
                (_, Err(problem)) => read.problems.push(problem),
                (None, _) => read.problems.push(Problem::new(
                    item.at,
                    format!("`{path}` must be text, not {}", item.describe()),
                )),
            }
        }
        pairs.push((text.to_owned(), texts, name.at));
    }
    pairs
}

/// The name that is meant, when one is near enough.
pub fn closest<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let plain = text.replace('-', "_").to_lowercase();
    names
        .map(|name| (distance(&plain, &name.replace('-', "_")), name))
        .filter(|(far, name)| *far <= 1.max(name.len() / 3))
        .min_by_key(|(far, _)| *far)
        .map(|(_, name)| name)
}

fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, one) in left.chars().enumerate() {
        let mut next = vec![line + 1];
        for (other, (above, diagonal)) in right.iter().zip(row.iter().skip(1).zip(row.iter())) {
            let left = next.last().copied().unwrap_or(0);
            next.push((left + 1).min(above + 1).min(diagonal + usize::from(one != *other)));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
