//! Reads YAML into a tree in which every key and value knows its place.
//!
//! Knows no key of ruwsgi.yaml: what is allowed is `keys`. A tree, not serde structs, so that all
//! errors of a file are told at once and `python: 3.10` stays the text 3.10, not the number 3.1.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::{Location, Spanned};

use super::problem::{Position, Problem};

/// A value and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Where it stands.
    pub at: Position,
    /// What it is.
    pub value: Value,
}

/// A YAML value; scalars keep the text that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing, `null` or `~`.
    Null,
    /// A scalar, as written (quotes removed).
    Scalar {
        /// The text.
        text: String,
        /// What YAML takes it for.
        form: Form,
    },
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the file.
    Map(Vec<(Node, Node)>),
}

/// What YAML takes a scalar for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `text`, or anything in quotes.
    Text,
    /// `12`, `3.13`.
    Number,
    /// `true`, `false`.
    Truth,
}

impl Node {
    /// The text of a scalar.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// What YAML takes for true or false; the text is as it was written.
    #[must_use]
    pub fn truth(&self) -> Option<bool> {
        match &self.value {
            Value::Scalar { text, form: Form::Truth } => {
                Some(!["false", "no", "off", "n"].contains(&text.to_lowercase().as_str()))
            }
            _ => None,
        }
    }

    /// What this is, for a message.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.value {
            Value::Null => "nothing".to_owned(),
            Value::Scalar { text, .. } => {
                let shown: String = text.chars().take(60).collect();
                let more = if text.chars().count() > 60 { "..." } else { "" };
                format!("`{}{more}`", shown.escape_debug())
            }
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a mapping (`key: value` lines)".to_owned(),
        }
    }
}

/// Reads one document.
pub fn read(source: &str) -> Result<Node, Problem> {
    // Both of two equal keys are kept, for `duplicates`.
    let mut options = serde_saphyr::Options::default();
    options.duplicate_keys = DuplicateKeyPolicy::LastWins;
    let raw: Raw = serde_saphyr::from_str_with_options(source, options).map_err(|error| {
        if let Some(problem) = tab(source) {
            return problem;
        }
        let at = error.location().map(|at| position(at, source)).unwrap_or_default();
        let text = error.without_snippet().to_string();
        let text = text.lines().next().unwrap_or_default();
        // The place is shown by us.
        let text = text.split(" at line ").next().unwrap_or(text).trim_end_matches(':');
        if text.starts_with("budget") || text.starts_with("recursion") {
            return Problem::new(at, "the file says more than a ruwsgi.yaml can").help(
                "no anchors that multiply each other, and no values hundreds of levels deep",
            );
        }
        Problem::new(at, format!("this is not YAML: {text}"))
            .help("two spaces of indentation, `key: value` with a blank behind the colon, no tabs")
    })?;
    Ok(raw.into_node(source))
}

/// Keys that are there twice.
#[must_use]
pub fn duplicates(node: &Node) -> Vec<Problem> {
    match &node.value {
        Value::Map(entries) => {
            let mut problems = Vec::new();
            for (index, (name, value)) in entries.iter().enumerate() {
                let before =
                    entries.iter().take(index).find(|(other, _)| other.value == name.value);
                if let (Some((first, _)), Some(text)) = (before, name.text()) {
                    problems.push(
                        Problem::new(name.at, format!("`{text}` is there twice")).help(format!(
                            "one of the two; the first is in line {}",
                            first.at.line
                        )),
                    );
                }
                problems.extend(duplicates(value));
            }
            problems
        }
        Value::List(items) => items.iter().flat_map(duplicates).collect(),
        _ => Vec::new(),
    }
}

/// The parser tells a tab at the place where the line before began.
fn tab(source: &str) -> Option<Problem> {
    source.lines().enumerate().find_map(|(index, line)| {
        let blank = line.len() - line.trim_start().len();
        let column = line.get(..blank)?.find('\t')? + 1;
        let at = Position { line: index + 1, column, length: 1 };
        Some(
            Problem::new(at, "a tab in the indentation")
                .help("YAML takes blanks only, two for each level"),
        )
    })
}

fn position(at: Location, source: &str) -> Position {
    let line = usize::try_from(at.line()).unwrap_or(0);
    let column = usize::try_from(at.column()).unwrap_or(0);
    let rest = source
        .lines()
        .nth(line.saturating_sub(1))
        .map_or(0, |text| text.trim_end().chars().count().saturating_sub(column.saturating_sub(1)));
    let length = usize::try_from(at.span().len()).unwrap_or(1).min(rest).max(1);
    Position { line, column, length }
}

struct Raw(Spanned<Any>);

enum Any {
    Null,
    Text(String),
    Number,
    Truth(bool),
    List(Vec<Raw>),
    Map(Vec<(Raw, Raw)>),
}

impl Raw {
    fn into_node(self, source: &str) -> Node {
        let Spanned { value, referenced, .. } = self.0;
        let at = position(referenced, source);
        let written = || {
            let span = referenced.span();
            let start = usize::try_from(span.byte_offset()?).ok()?;
            let length = usize::try_from(span.byte_len()?).ok()?;
            source.get(start..start + length).map(|text| text.trim().to_owned())
        };
        let value = match value {
            Any::Null => Value::Null,
            Any::Text(text) => Value::Scalar { text, form: Form::Text },
            Any::Number => {
                Value::Scalar { text: written().unwrap_or_default(), form: Form::Number }
            }
            Any::Truth(truth) => {
                let text = written().filter(|text| text.len() <= 5);
                Value::Scalar { text: text.unwrap_or_else(|| truth.to_string()), form: Form::Truth }
            }
            Any::List(list) => {
                Value::List(list.into_iter().map(|raw| raw.into_node(source)).collect())
            }
            Any::Map(map) => Value::Map(
                map.into_iter()
                    .map(|(key, value)| (key.into_node(source), value.into_node(source)))
                    .collect(),
            ),
        };
        Node { at, value }
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::deserialize(deserializer).map(Raw)
    }
}

impl<'de> Deserialize<'de> for Any {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyVisitor)
    }
}

struct AnyVisitor;

impl<'de> Visitor<'de> for AnyVisitor {
    type Value = Any;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Any, E> {
        Ok(Any::Null)
    }

    fn visit_none<E>(self) -> Result<Any, E> {
        Ok(Any::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Any, D::Error> {
        Any::deserialize(deserializer)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Any, E> {
        Ok(Any::Truth(truth))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Any, E> {
        Ok(Any::Number)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Any, E> {
        Ok(Any::Number)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Any, E> {
        Ok(Any::Number)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Any, E> {
        Ok(Any::Number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Any, E> {
        Ok(Any::Number)
    }

    fn visit_str<E>(self, text: &str) -> Result<Any, E> {
        Ok(Any::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Any, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Any::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Any, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Any::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scalar(node: &Node, key: &str) -> (String, Form, usize, usize) {
        let Value::Map(map) = &node.value else { panic!("not a map") };
        let (_, value) = map.iter().find(|(name, _)| name.text() == Some(key)).expect("the key");
        let Value::Scalar { text, form } = &value.value else { panic!("not a scalar") };
        (text.clone(), *form, value.at.line, value.at.column)
    }

    #[test]
    fn scalars_keep_the_text_that_was_written() {
        let node = read("a: 3.10\nb: \"3.10\"\nc: true\nd:   word # why\ne: 0x1f\n").unwrap();
        assert_eq!(scalar(&node, "a"), ("3.10".into(), Form::Number, 1, 4));
        assert_eq!(scalar(&node, "b"), ("3.10".into(), Form::Text, 2, 4));
        assert_eq!(scalar(&node, "c"), ("true".into(), Form::Truth, 3, 4));
        assert_eq!(scalar(&node, "d"), ("word".into(), Form::Text, 4, 6));
        assert_eq!(scalar(&node, "e").1, Form::Number);
    }

    #[test]
    fn a_file_that_is_not_yaml_is_told_with_its_line() {
        let problem = read("name: x\n\tpython: 3\n").unwrap_err();
        assert_eq!((problem.at.line, problem.at.column), (2, 1), "{problem:?}");
    }

    #[test]
    fn keys_that_are_there_twice_are_told() {
        let node = read(
            "a: 1\nb: {c: 1, d: [{e: 1, e: 2}], c: 3}\na: 2\nf: &f {g: 1}\nh: {<<: *f, g: 2}\n",
        );
        let problems = duplicates(&node.unwrap());
        let places: Vec<_> = problems.iter().map(|it| (it.at.line, it.at.column)).collect();
        assert_eq!(places, [(2, 22), (2, 30), (3, 1)]);
        assert!(problems.iter().all(|it| it.message.ends_with(" is there twice")));
    }
}
