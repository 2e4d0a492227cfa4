//! `patches:` of ruwsgi.yaml: what users change in rendered YAML files, laid over them by key.
//!
//! The files keep their lines and comments; only what a patch names is another. Hand-made edits of any file
//! are `edits`.

use serde_json::{Map, Value as Json};

use super::problem::{Position, Problem, Problems};
use super::render::Output;
use super::yaml::{self, Form, Node, Value};

/// What a ruwsgi.yaml changes in rendered files, and the text to show what is wrong about it.
#[derive(Clone, Debug, Default)]
pub struct Patches {
    /// Paths, and what is laid over the file.
    pub files: Vec<(Node, Node)>,
    /// The name of the ruwsgi.yaml.
    pub file: String,
    /// Its text.
    pub source: String,
}

/// Lays all patches over the rendered files.
pub fn patched(mut outputs: Vec<Output>, patches: &Patches) -> Result<Vec<Output>, Problems> {
    let mut problems = Vec::new();
    for (name, change) in &patches.files {
        let path = name.text().unwrap_or_default();
        let is_yaml = std::path::Path::new(path)
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml");
        let output = outputs.iter_mut().find(|output| output.path == path && is_yaml);
        let Some(output) = output else {
            let message = format!("`{path}` is no YAML file that is rendered");
            problems.push(Problem::new(name.at, message).help("`ruwsgi deploy render --stdout` shows all; other files are changed by hand and `render --keep-edits`"));
            continue;
        };
        match document(&output.text, change) {
            Ok(text) => output.text = text,
            Err(problem) => problems.push(problem),
        }
    }
    match problems.is_empty() {
        true => Ok(outputs),
        false => Err(Problems::new(&patches.file, &patches.source, problems)),
    }
}

/// Lays a change over the document of a text that it is for.
fn document(text: &str, change: &Node) -> Result<String, Problem> {
    let mut documents: Vec<String> = Vec::new();
    for line in text.split_inclusive('\n') {
        match documents.last_mut() {
            Some(last) if !line.starts_with("---") => last.push_str(line),
            _ => documents.push(line.to_owned()),
        }
    }
    // Comments before the first `---` are no document.
    let is_empty = |document: &String| {
        document.lines().all(|line| {
            line.trim().is_empty() || line.starts_with(['#', '-']) && !line.starts_with("- ")
        })
    };
    let several = documents.iter().filter(|document| !is_empty(document)).count() > 1;
    let mut found = false;
    for document in documents.iter_mut().filter(|document| !is_empty(document)) {
        let root = read(document, change.at)?;
        if several && !is_meant(&root, change) {
            continue;
        }
        found = true;
        *document = lay(document, &[], change, change.at)?;
    }
    if found {
        Ok(documents.concat())
    } else {
        Err(Problem::new(change.at, "none of the documents in this file is meant")
            .help("`kind:` and `metadata: {name: …}` of the patch choose the document"))
    }
}

/// The patch names the kind and the name of a document, or says nothing about them.
fn is_meant(root: &Node, change: &Node) -> bool {
    [&["kind"][..], &["metadata", "name"]].iter().all(|path| {
        let wanted = path.iter().try_fold(change, |node, key| child(node, key));
        let there = path.iter().try_fold(root, |node, key| child(node, key));
        wanted.is_none() || wanted.and_then(Node::text) == there.and_then(Node::text)
    })
}

fn read(text: &str, at: Position) -> Result<Node, Problem> {
    let wrong = |problem: Problem| {
        let message = format!("the file cannot be patched: {}", problem.message);
        Problem::new(at, message)
    };
    yaml::read(text.strip_prefix("---\n").map_or(text, |_| text)).map_err(wrong)
}

/// A step down: a key, or the item of a list.
#[derive(Clone, Debug)]
enum Step {
    Key(String),
    Item(usize),
}

fn child<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    match &node.value {
        Value::Map(entries) => {
            entries.iter().find(|(name, _)| name.text() == Some(key)).map(|(_, node)| node)
        }
        _ => None,
    }
}

fn at<'n>(root: &'n Node, path: &[Step]) -> Option<&'n Node> {
    path.iter().try_fold(root, |node, step| match (step, &node.value) {
        (Step::Key(key), _) => child(node, key),
        (Step::Item(index), Value::List(items)) => items.get(*index),
        _ => None,
    })
}

/// Lays a change over what is at a path of a text; read again after each edit, so that lines are right.
fn lay(text: &str, path: &[Step], change: &Node, place: Position) -> Result<String, Problem> {
    let mut text = text.to_owned();
    match &change.value {
        Value::Map(entries) => {
            for (name, value) in entries {
                let key = name.text().unwrap_or_default().to_owned();
                let root = read(&text, place)?;
                let here = at(&root, path);
                let there = here.and_then(|node| child(node, &key)).cloned();
                let lines: Vec<&str> = text.lines().collect();
                let inherited =
                    key_of(here, &key).is_some_and(|name| is_inherited(&lines, name.at));
                let deeper = [path, &[Step::Key(key.clone())]].concat();
                text = match there {
                    // Of an anchor that others take as well.
                    Some(there) if inherited => match merged(json(&there), value) {
                        Some(value) => insert(&text, here, &key, &value, name.at)?,
                        None => insert(&text, here, &key, &Json::Null, name.at)?,
                    },
                    Some(there)
                        if is_block(&lines, key_of(here, &key), &there)
                            && mergeable(&there, value) =>
                    {
                        lay(&text, &deeper, value, name.at)?
                    }
                    Some(there) => {
                        let old = json(&there);
                        match merged(old.clone(), value) {
                            Some(new) if new == old => text,
                            new => replace(&text, here, &key, new.as_ref(), name.at)?,
                        }
                    }
                    None => match merged(Json::Null, value) {
                        Some(value) => insert(&text, here, &key, &value, name.at)?,
                        None => text,
                    },
                };
            }
        }
        Value::List(items) => {
            for item in items {
                let name = child(item, "name").and_then(Node::text);
                let root = read(&text, place)?;
                let Some(Value::List(there)) = at(&root, path).map(|node| &node.value) else {
                    continue;
                };
                let found = there.iter().position(|other| {
                    name.is_some() && child(other, "name").and_then(Node::text) == name
                });
                text = match found {
                    Some(index) => {
                        lay(&text, &[path, &[Step::Item(index)]].concat(), item, item.at)?
                    }
                    None => append(&text, there, item, item.at)?,
                };
            }
        }
        _ => {}
    }
    Ok(text)
}

/// Keys or named items go into what is there; everything else takes its place.
fn mergeable(there: &Node, change: &Node) -> bool {
    let named = |items: &[Node]| {
        !items.is_empty() && items.iter().all(|item| child(item, "name").is_some())
    };
    match (&there.value, &change.value) {
        (Value::Map(_), Value::Map(_)) => true,
        (Value::List(old), Value::List(new)) => named(old) && named(new),
        _ => false,
    }
}

/// Each key or item stands on a line of its own, below the key.
fn is_block(lines: &[&str], key: Option<&Node>, node: &Node) -> bool {
    let first = match &node.value {
        Value::Map(entries) => entries.first().map(|(name, _)| name.at),
        Value::List(items) => items.first().map(|item| item.at),
        _ => None,
    };
    !begins_with(lines, node.at, "{[*")
        && key.zip(first).is_some_and(|(key, first)| first.line > key.at.line)
}

fn json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Scalar { text, form: Form::Truth } => Json::Bool(text == "true"),
        Value::Scalar { text, form: Form::Number } => {
            text.parse().map_or_else(|_| Json::String(text.clone()), Json::Number)
        }
        Value::Scalar { text, form: Form::Text } => Json::String(text.clone()),
        Value::List(items) => Json::Array(items.iter().map(json).collect()),
        Value::Map(entries) => {
            let entry = |(name, value): &(Node, Node)| {
                (name.text().unwrap_or_default().to_owned(), json(value))
            };
            Json::Object(entries.iter().map(entry).collect())
        }
    }
}

/// RFC 7396: null takes a key away.
fn merged(there: Json, change: &Node) -> Option<Json> {
    match &change.value {
        Value::Null => None,
        Value::Map(entries) => {
            let mut map = match there {
                Json::Object(map) => map,
                _ => Map::new(),
            };
            for (name, value) in entries {
                let key = name.text().unwrap_or_default();
                let old = map.remove(key).unwrap_or(Json::Null);
                if let Some(new) = merged(old, value) {
                    map.insert(key.to_owned(), new);
                }
            }
            Some(Json::Object(map))
        }
        _ => Some(json(change)),
    }
}

/// The lines of a key and what belongs to it, counted from 0.
fn extent(lines: &[&str], key: Position) -> std::ops::Range<usize> {
    let start = key.line.saturating_sub(1);
    let indent = key.column.saturating_sub(1);
    let mut end = start + 1;
    for (index, line) in lines.iter().enumerate().skip(start + 1) {
        let blank = line.len() - line.trim_start().len();
        let content = line.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let is_item = content == "-" || content.starts_with("- ");
        // Items of a list may stand below their key, unless the key is in an item itself.
        let in_item = lines.get(start).is_some_and(|first| first.trim_start().starts_with("- "));
        if blank > indent || (blank == indent && is_item && !in_item) {
            end = index + 1;
        } else {
            break;
        }
    }
    start..end
}

/// What is taken from an anchor has the place where that is named, `*name`.
fn is_inherited(lines: &[&str], at: Position) -> bool {
    begins_with(lines, at, "*")
}

fn begins_with(lines: &[&str], at: Position, letters: &str) -> bool {
    let line = lines.get(at.line.saturating_sub(1));
    let letter = line.and_then(|line| line.chars().nth(at.column.saturating_sub(1)));
    letter.is_some_and(|letter| letters.contains(letter))
}

fn key_of<'n>(node: Option<&'n Node>, key: &str) -> Option<&'n Node> {
    match node.map(|node| &node.value) {
        Some(Value::Map(entries)) => {
            entries.iter().map(|(name, _)| name).find(|name| name.text() == Some(key))
        }
        _ => None,
    }
}

fn entry(key: &str, value: &Json) -> String {
    let key = written(&Json::String(key.to_owned()));
    format!("{key}: {}", written(value))
}

/// A scalar as the templates write it, anything else as JSON, which is YAML.
fn written(value: &Json) -> String {
    let Json::String(text) = value else { return value.to_string() };
    let mut bytes = Vec::new();
    // Writing to a Vec cannot fail, and every text can be written as YAML.
    let _ = super::escape::yaml(text, &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn replace(
    text: &str,
    node: Option<&Node>,
    key: &str,
    value: Option<&Json>,
    place: Position,
) -> Result<String, Problem> {
    let lines: Vec<&str> = text.lines().collect();
    let Some(name) = key_of(node, key) else { return Ok(text.to_owned()) };
    let range = extent(&lines, name.at);
    let first = lines.get(range.start).copied().unwrap_or_default();
    let before: String = first.chars().take(name.at.column.saturating_sub(1)).collect();
    let in_item = before.contains('-');
    let line = match value {
        Some(value) => Some(format!("{before}{}", entry(key, value))),
        None if in_item => {
            return Err(Problem::new(
                place,
                format!("`{key}` begins an item of a list and cannot be taken away"),
            )
            .help("give it another value, or keep the file as it is by hand"));
        }
        None => None,
    };
    Ok(joined(&lines, range, line))
}

fn insert(
    text: &str,
    node: Option<&Node>,
    key: &str,
    value: &Json,
    place: Position,
) -> Result<String, Problem> {
    let lines: Vec<&str> = text.lines().collect();
    let last = match node.map(|node| &node.value) {
        Some(Value::Map(entries)) => {
            entries.iter().rfind(|(name, _)| !is_inherited(&lines, name.at))
        }
        _ => None,
    };
    let Some((name, _)) = last else {
        return Err(Problem::new(place, format!("`{key}` has no mapping to go into")));
    };
    let end = extent(&lines, name.at).end;
    let indent = " ".repeat(name.at.column.saturating_sub(1));
    Ok(joined(&lines, end..end, Some(format!("{indent}{}", entry(key, value)))))
}

fn append(text: &str, there: &[Node], item: &Node, place: Position) -> Result<String, Problem> {
    let lines: Vec<&str> = text.lines().collect();
    let Some(last) = there.last() else {
        return Err(Problem::new(place, "this list has no items to go on from"));
    };
    let first = match &last.value {
        Value::Map(entries) => entries.first().map_or(last.at, |(name, _)| name.at),
        _ => last.at,
    };
    let line = lines.get(first.line.saturating_sub(1)).copied().unwrap_or_default();
    let indent = line.len() - line.trim_start().len();
    let dash = Position { line: first.line, column: indent + 1, length: 1 };
    let end = extent(&lines, dash).end;
    let value = merged(Json::Null, item).unwrap_or(Json::Null);
    Ok(joined(&lines, end..end, Some(format!("{}- {value}", " ".repeat(indent)))))
}

/// The lines with a range of them exchanged.
fn joined(lines: &[&str], range: std::ops::Range<usize>, new: Option<String>) -> String {
    let before = lines.iter().take(range.start).map(|line| (*line).to_owned());
    let after = lines.iter().skip(range.end).map(|line| (*line).to_owned());
    before.chain(new).chain(after).map(|line| line + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPOSE: &str = "# The site.\nservices:\n  web:\n    image: web:1  # ours\n    ports: [\"1:1\", \"2:2\"]\n    environment:\n      A: \"1\"\n      B: \"2\"\n\n    # Not for ever.\n    restart: always\n  nginx:\n    image: nginx:1\n    volumes:\n      - a:/a\n      - b:/b\nvolumes:\n  a: {}\n";
    const POD: &str = "kind: Pod\nmetadata:\n  name: one\nspec:\n  containers:\n    - name: web\n      image: a\n      resources:\n        limits:\n          memory: 1Gi\n    # The other.\n    - name: nginx\n      image: b\n---\nkind: Service\nmetadata:\n  name: two\nspec: {ports: [1], type: ClusterIP}\n";

    fn lay_over(text: &str, patch: &str) -> Result<String, Problem> {
        document(text, &yaml::read(patch).unwrap())
    }

    /// The lines that are another, as a diff tells them.
    fn check(text: &str, patch: &str, expected: &[&str]) {
        let after = lay_over(text, patch).unwrap_or_else(|problem| panic!("{patch}: {problem:?}"));
        let changed = crate::deploy::edits::difference(text, &after, "x");
        let changed: Vec<&str> =
            changed.lines().skip(2).filter(|line| line.starts_with(['+', '-'])).collect();
        assert_eq!(changed, expected, "{patch}\n{after}");
        for document in after.split("---\n") {
            yaml::read(document).expect("still YAML");
        }
    }

    #[test]
    fn only_what_a_patch_names_is_another() {
        check(
            COMPOSE,
            "services: {web: {image: mine, mem_limit: 1g}}",
            &["-    image: web:1  # ours", "+    image: mine", "+    mem_limit: \"1g\""],
        );
        check(COMPOSE, "services: {web: {environment: {B: null}}}", &["-      B: \"2\""]);
        check(
            COMPOSE,
            "services: {web: {environment: null}}",
            &["-    environment:", "-      A: \"1\"", "-      B: \"2\""],
        );
        check(
            COMPOSE,
            "services: {web: {ports: [3]}, redis: {image: redis}}",
            &[
                "-    ports: [\"1:1\", \"2:2\"]",
                "+    ports: [3]",
                "+  redis: {\"image\":\"redis\"}",
            ],
        );
        check(
            COMPOSE,
            "services: {nginx: {volumes: [c:/c]}}",
            &["-    volumes:", "-      - a:/a", "-      - b:/b", "+    volumes: [\"c:/c\"]"],
        );
        check(COMPOSE, "volumes: {b: {}}", &["+  b: {}"]);
        check(COMPOSE, "x-mine: is so", &["+x-mine: \"is so\""]);
        check(COMPOSE, "services: {web: {restart: always}}", &[]);
    }

    #[test]
    fn items_with_names_are_found_by_them() {
        check(
            POD,
            "kind: Pod\nspec: {containers: [{name: web, resources: {limits: {memory: 2Gi}}}]}",
            &["-          memory: 1Gi", "+          memory: \"2Gi\""],
        );
        check(
            POD,
            "metadata: {name: two}\nspec: {type: NodePort, ports: null}",
            &["-spec: {ports: [1], type: ClusterIP}", "+spec: {\"type\":\"NodePort\"}"],
        );
        check(
            POD,
            "kind: Pod\nspec: {containers: [{name: extra, image: c}]}",
            &["+    - {\"image\":\"c\",\"name\":\"extra\"}"],
        );
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(48))]
        #[test]
        fn a_value_of_any_text_stays_one_value(strange in "[^\\p{C}]{1,30}|[ -~]{1,30}") {
            let quoted = crate::deploy::escape::json(&strange);
            let patch = format!("services: {{web: {{environment: {{A: {quoted}, {quoted}: 1}}}}}}");
            let after = lay_over(COMPOSE, &patch).unwrap();
            let root = yaml::read(&after).unwrap();
            let environment = ["services", "web", "environment"]
                .iter()
                .try_fold(&root, |node, key| child(node, key))
                .unwrap();
            if strange != "A" {
                proptest::prop_assert_eq!(child(environment, "A").and_then(Node::text), Some(strange.as_str()));
            }
            proptest::prop_assert!(child(environment, &strange).is_some());
        }
    }

    #[test]
    fn what_is_taken_from_an_anchor_becomes_its_own() {
        let text = "x-app: &app\n  environment:\n    A: a\n  user: one\nservices:\n  web:\n    <<: *app\n    image: w\n  job:\n    <<: *app\n    image: j\n";
        check(
            text,
            "services: {web: {environment: {B: b}, image: x}}",
            &["-    image: w", "+    image: x", "+    environment: {\"A\":\"a\",\"B\":\"b\"}"],
        );
        check(text, "services: {job: {user: null}}", &["+    user: null"]);
    }

    #[test]
    fn what_cannot_be_patched_is_told() {
        assert!(lay_over(POD, "kind: Job\nspec: {}").is_err());
        let refused = lay_over(POD, "kind: Pod\nspec: {containers: [{name: web, image: null}]}");
        assert!(refused.is_ok_and(|text| !text.contains("image: a")));
        let output = |path: &str| Output { path: path.into(), text: COMPOSE.into(), mode: 0o644 };
        let source = "Dockerfile: {a: 1}\nno.yaml: {a: 1}\ncompose.yaml: {a: 1}\n".to_owned();
        let Value::Map(files) = yaml::read(&source).unwrap().value else { panic!("a mapping") };
        let patches = Patches { files, file: "ruwsgi.yaml".to_owned(), source };
        let outputs = vec![output("compose.yaml"), output("Dockerfile")];
        let problems = patched(outputs, &patches).unwrap_err();
        let lines: Vec<usize> = problems.list.iter().map(|problem| problem.at.line).collect();
        assert_eq!(lines, [1, 2]);
    }
}
