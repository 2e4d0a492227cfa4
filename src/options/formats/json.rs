//! Reads JSON: an object per section; a list repeats its key.
//!
//! As uWSGI 2.0.31 built with jansson: text, numbers and truth values are values. Keys keep their order and
//! may repeat, which is why this walks the object instead of asking for a map.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Problem, Section, directive, line_at, warning};

/// The directives of the object of this name.
pub(super) fn read(text: &str, file: &Arc<str>, section: &str) -> Result<Option<Section>, Problem> {
    let whole: Pairs<'_> = serde_json::from_str(text).map_err(|error| Problem {
        line: error.line().max(1),
        message: format!("this is not JSON: {}", without_place(&error)),
    })?;
    let mut read: Option<Section> = None;
    for (_, inside) in whole.0.iter().filter(|(name, _)| name == section) {
        let line = line_at(text, offset(text, inside));
        let pairs: Pairs<'_> = serde_json::from_str(inside.get()).map_err(|error| Problem {
            line: line + error.line().saturating_sub(1),
            message: format!("\"{section}\" is no object of options: {}", without_place(&error)),
        })?;
        let read = read.get_or_insert_default();
        for (name, value) in pairs.0 {
            add(&name, value, line_at(text, offset(text, value)), file, read);
        }
    }
    Ok(read)
}

fn add(name: &str, value: &RawValue, line: usize, file: &Arc<str>, read: &mut Section) {
    let values = match serde_json::from_str(value.get()) {
        Ok(Value::Array(values)) => values,
        Ok(value) => vec![value],
        // Numbers that are too large for anything.
        Err(_) => vec![Value::String(value.get().to_owned())],
    };
    for value in values {
        let value = match value {
            Value::Null => None,
            Value::Bool(truth) => Some(truth.to_string()),
            Value::Number(number) => Some(number.to_string()),
            Value::String(text) => Some(text),
            Value::Array(_) | Value::Object(_) => {
                let message = format!("{name} is passed over: it is no text, number or truth");
                read.warnings.push(warning(message, file, line));
                continue;
            }
        };
        read.directives.push(directive(name, value, file, line));
    }
}

/// Where a value that was borrowed from a text stands in it, in bytes.
fn offset(text: &str, value: &RawValue) -> usize {
    (value.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

/// An object as it stands.
struct Pairs<'t>(Vec<(String, &'t RawValue)>);

impl<'t> Deserialize<'t> for Pairs<'t> {
    fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor)
    }
}

struct PairsVisitor;

impl<'t> Visitor<'t> for PairsVisitor {
    type Value = Pairs<'t>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Pairs(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;
    use super::*;

    #[test]
    fn objects_become_directives_in_their_order() {
        let text = "{\"uwsgi\": {\n \"z\": \"1\",\n \"a\": 2,\n\"l\": [\n\"x\", true],\n\"z\": \"\\u00e9\",\"n\":null}}";
        let section = read(text, &Arc::from("x.json"), "uwsgi").expect(text).expect(text);
        assert_eq!(shown(&section), "z=1@2 a=2@3 l=x@4 l=true@4 z=é@6 n@6");
    }

    #[test]
    fn what_is_wrong_has_its_line() {
        fn check(text: &str, line: usize, message: &str) {
            let problem = read(text, &Arc::from("x.json"), "uwsgi").expect_err(text);
            assert_eq!(problem.line, line, "{text}: {problem:?}");
            assert!(problem.message.contains(message), "{text}: {problem:?}");
        }
        check("{\n\"uwsgi\": {\n\"a\" 1}}", 3, "expected `:`");
        check("[1]", 1, "an object");
        check("{\"x\":1,\n\"uwsgi\": 3}", 2, "\"uwsgi\" is no object");
        let text = "{\"uwsgi\": {\n\"a\": {\"b\": 1}}}";
        let section = read(text, &Arc::from("x.json"), "uwsgi").expect(text).expect(text);
        assert_eq!(section.warnings.len(), 1);
    }
}
