//! The JSON schema of ruwsgi.yaml, for editors that complete and check while one types.
//!
//! Made from the table of keys; the rules between keys are `check` and no schema can say them.

use serde_json::{Map, Value, json};

use super::kinds::Kind;
use super::table::{BUILT, Fallback, KEYS, Key, SHORT, below};

/// The schema as text.
pub(super) fn schema() -> String {
    let mut root = section("", true);
    if let Some(root) = root.as_object_mut() {
        root.insert("$schema".into(), json!("http://json-schema.org/draft-07/schema#"));
        root.insert("title".into(), json!("ruwsgi.yaml"));
        root.insert("definitions".into(), json!({"overlay": section("", false)}));
    }
    serde_json::to_string_pretty(&root).unwrap_or_default()
}

/// What may stand below a prefix such as `k8s.`; an environment (`whole` is false) need not have it all.
fn section(prefix: &str, whole: bool) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    let mut others = json!(false);
    for name in below(prefix) {
        let path = format!("{prefix}{name}");
        if !whole && BUILT.contains(&path.as_str()) {
            continue;
        }
        let row = KEYS.iter().find(|key| key.path == path);
        let value = match row {
            Some(key) => property(key, whole),
            None => short_or_section(&path, whole),
        };
        if whole && row.is_some_and(|key| key.default == Fallback::Required) {
            required.push(json!(name));
        }
        if name == "*" {
            others = value;
        } else {
            properties.insert(name.to_owned(), value);
        }
    }
    json!({
        "type": if prefix.is_empty() { json!("object") } else { json!(["object", "null"]) },
        "description": about(prefix),
        "additionalProperties": others,
        "properties": properties,
        "required": required,
    })
}

fn about(prefix: &str) -> String {
    match prefix.trim_end_matches('.') {
        "" => "How a Django site is deployed: see docs/deploy.md.".to_owned(),
        path => format!("The section `{}`.", path.replace('*', "NAME")),
    }
}

fn short_or_section(path: &str, whole: bool) -> Value {
    let inner = section(&format!("{path}."), whole);
    let short = SHORT.iter().find(|(section, _)| *section == path);
    let key = short.and_then(|(_, last)| {
        let path = format!("{path}.{last}");
        KEYS.iter().find(|key| key.path == path)
    });
    match key {
        Some(key) => json!({"anyOf": [property(key, whole), inner]}),
        None => inner,
    }
}

fn property(key: &Key, whole: bool) -> Value {
    let mut value = kind(key.kind, whole);
    if let Some(value) = value.as_object_mut() {
        // An empty key is the same as none.
        if key.default != Fallback::Required {
            for list in ["type", "enum"] {
                match value.get_mut(list) {
                    Some(Value::Array(items)) => {
                        items.push(if list == "type" { json!("null") } else { Value::Null });
                    }
                    Some(one) => *one = json!([one.take(), "null"]),
                    None => {}
                }
            }
        }
        value.insert("description".into(), json!(key.about));
        if let Fallback::Is(text) = key.default {
            value.insert("default".into(), default(key.kind, text));
        }
    }
    value
}

fn default(kind: Kind, text: &str) -> Value {
    match kind {
        Kind::Flag => json!(text == "true"),
        Kind::Number(..) => json!(text.parse::<u64>().unwrap_or(0)),
        _ => json!(text),
    }
}

fn kind(kind: Kind, whole: bool) -> Value {
    let mut scalar = json!({"type": ["string", "number", "boolean"]});
    if !whole {
        // An environment takes away what is named with nothing.
        scalar = json!({"type": ["string", "number", "boolean", "null"]});
    }
    match kind {
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Number(low, high) => json!({"type": "integer", "minimum": low, "maximum": high}),
        Kind::Seconds(..) => json!({"type": ["string", "integer"], "pattern": "^[0-9]+[smh]?$"}),
        Kind::Size(..) => json!({"type": ["string", "integer"], "pattern": "^[0-9]+[kKmMgG]?$"}),
        Kind::Cpu => json!({"type": ["string", "integer"], "pattern": "^[0-9]+m?$"}),
        Kind::Python | Kind::Tag | Kind::Version => json!({"type": ["string", "number"]}),
        Kind::Bytes => json!({"type": "string", "pattern": "^[1-9][0-9]*(Ki|Mi|Gi|Ti)$"}),
        Kind::Name => json!({"type": "string", "pattern": "^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$"}),
        Kind::Url => json!({"type": "string", "pattern": "^/.*/$"}),
        Kind::UrlPath => json!({"type": "string", "pattern": "^/"}),
        Kind::Digest => json!({"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}),
        Kind::Publish => json!({"type": "string", "pattern": "^[0-9.]+:[0-9]+$"}),
        // Readers of YAML 1.1 take `on` and `off` for truths.
        Kind::Choice(words) if words.contains(&"on") => {
            let words = words.iter().map(|word| json!(word)).chain([json!(true), json!(false)]);
            json!({"enum": words.collect::<Vec<_>>()})
        }
        Kind::Choice(words) => json!({"enum": words}),
        Kind::Words(words) => json!({"type": "array", "items": {"enum": words}}),
        Kind::Options => json!({
            "type": "object",
            "additionalProperties": {"anyOf": [scalar, {"type": "array", "items": scalar}]},
        }),
        Kind::Overlays => json!({
            "type": "object", "additionalProperties": {"anyOf": [{"type": "null"}, {"$ref": "#/definitions/overlay"}]},
        }),
        Kind::Patches => json!({"type": "object", "additionalProperties": {"type": "object"}}),
        kind if kind.is_map() => json!({"type": "object", "additionalProperties": scalar}),
        kind if kind.is_list() => json!({"type": "array", "items": {"type": "string"}}),
        _ => json!({"type": "string"}),
    }
}
