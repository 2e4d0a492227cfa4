//! The JSON schema of ruwsgi.yaml, for editors that complete and check while one types.
//!
//! Made from the table in `keys`; the rules between keys are `check` and no schema can say them.

use serde_json::{Map, Value, json};

use super::keys::{Fallback, KEYS};
use super::kinds::Kind;

/// The schema as text.
pub(super) fn schema() -> String {
    let mut root = section("How a Django site is deployed: see docs/deploy.md.");
    for key in KEYS {
        let mut value = property(key.kind);
        if let Some(value) = value.as_object_mut() {
            value.insert("description".into(), json!(key.about));
            if let Fallback::Is(text) = key.default {
                value.insert("default".into(), default(key.kind, text));
            }
        }
        let (parent, name) = match key.path.split_once('.') {
            Some((parent, name)) => (Some(parent), name),
            None => (None, key.path),
        };
        let mut place = &mut root;
        if let Some(parent) = parent {
            let entry = place.get_mut("properties").and_then(Value::as_object_mut);
            let Some(entry) = entry else { continue };
            let inner = entry
                .entry(parent)
                .or_insert_with(|| Value::Object(section(&format!("The section `{parent}`."))));
            let Some(inner) = inner.as_object_mut() else { continue };
            place = inner;
        }
        if let Some(properties) = place.get_mut("properties").and_then(Value::as_object_mut) {
            properties.insert(name.to_owned(), value);
        }
        if key.default == Fallback::Required
            && let Some(list) = place.entry("required").or_insert_with(|| json!([])).as_array_mut()
        {
            list.push(json!(name));
        }
    }
    root.insert("$schema".into(), json!("http://json-schema.org/draft-07/schema#"));
    root.insert("title".into(), json!("ruwsgi.yaml"));
    serde_json::to_string_pretty(&Value::Object(root)).unwrap_or_default()
}

fn section(about: &str) -> Map<String, Value> {
    let value = json!({
        "type": "object", "description": about, "additionalProperties": false, "properties": {},
    });
    value.as_object().cloned().unwrap_or_default()
}

fn default(kind: Kind, text: &str) -> Value {
    match kind {
        Kind::Flag => json!(text == "true"),
        Kind::Number(..) => json!(text.parse::<u64>().unwrap_or(0)),
        _ => json!(text),
    }
}

fn property(kind: Kind) -> Value {
    match kind {
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Number(low, high) => json!({"type": "integer", "minimum": low, "maximum": high}),
        Kind::Seconds(..) | Kind::Size(..) | Kind::Python | Kind::Cpu | Kind::Tag => {
            json!({"type": ["string", "number"]})
        }
        Kind::Choice(words) => json!({"enum": words}),
        Kind::Environment => json!({
            "type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]},
        }),
        Kind::Options => json!({
            "type": "object",
            "additionalProperties": {"anyOf": [
                {"type": ["string", "number", "boolean"]},
                {"type": "array", "items": {"type": ["string", "number", "boolean"]}},
            ]},
        }),
        kind if kind.is_list() => json!({"type": "array", "items": {"type": "string"}}),
        _ => json!({"type": "string"}),
    }
}
