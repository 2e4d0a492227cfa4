//! Reads YAML into a tree in which every key and value knows its place.
//!
//! Knows no key of ruwsgi.yaml: what is allowed is `keys`. A tree, not serde structs, so that all
//! errors of a file are told at once and `python: 3.10` stays the text 3.10, not the number 3.1.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
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
    let raw: Raw = serde_saphyr::from_str(source).map_err(|error| {
        if let Some(problem) = tab(source) {
            return problem;
        }
        let at = error.location().map(|at| position(at, source)).unwrap_or_default();
        let text = error.without_snippet().to_string();
        let text = text.lines().next().unwrap_or_default();
        // The place is shown by us.
        let text = text.split(" at line ").next().unwrap_or(text).trim_end_matches(':');
        Problem::new(at, format!("this is not YAML: {text}"))
            .help("two spaces of indentation, `key: value` with a blank behind the colon, no tabs")
    })?;
    Ok(raw.into_node(source))
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
            Any::Truth(truth) => Value::Scalar { text: truth.to_string(), form: Form::Truth },
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
        assert_eq!(read("a: 1\na: 2\n").unwrap_err().at.line, 2);
    }
}
