//! A ruwsgi.yaml in the making: keys, values, and where each came from.
//!
//! Knows how it is written down; what stands in it is decided by [`server`](super::server) and [`site`](super::site).

use std::fmt::Write as _;

use crate::deploy::escape;
use crate::deploy::table::KEYS;

/// What stands behind a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// A scalar.
    One(String),
    /// A list of scalars.
    Many(Vec<String>),
    /// Lines of text.
    Text(String),
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The sections and the key.
    pub(super) path: Vec<String>,
    /// Its value.
    pub(super) value: Value,
    /// A comment behind it.
    pub(super) note: Option<String>,
    /// The numbers of the lines it came from; none where it was made up.
    pub(super) lines: Vec<usize>,
}

/// All keys so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Description {
    /// In no order.
    pub(super) entries: Vec<Entry>,
}

impl Description {
    /// Writes a key down; what it said before is forgotten.
    pub(super) fn set(&mut self, path: &str, value: impl Into<Value>, lines: &[usize]) {
        self.entry(path.split('.').map(str::to_owned).collect(), value.into(), lines);
    }

    /// The same for a key whose last name is the user's own and may hold dots.
    pub(super) fn set_named(
        &mut self,
        section: &str,
        name: &str,
        value: impl Into<Value>,
        lines: &[usize],
    ) {
        let path = section.split('.').chain([name]).map(str::to_owned).collect();
        self.entry(path, value.into(), lines);
    }

    /// Puts a comment behind a key.
    pub(super) fn note(&mut self, path: &str, note: &str) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.path.join(".") == path) {
            entry.note = Some(note.to_owned());
        }
    }

    /// What a key says.
    pub(super) fn one(&self, path: &str) -> Option<&str> {
        self.entries.iter().find(|entry| entry.path.join(".") == path).and_then(
            |entry| match &entry.value {
                Value::One(text) => Some(text.as_str()),
                Value::Many(_) | Value::Text(_) => None,
            },
        )
    }

    /// The key is written down.
    pub(super) fn has(&self, path: &str) -> bool {
        self.entries.iter().any(|entry| entry.path.join(".") == path)
    }

    /// Adds an item to a list.
    pub(super) fn push(&mut self, path: &str, item: String, line: usize) {
        match self.entries.iter_mut().find(|entry| entry.path.join(".") == path) {
            Some(Entry { value: Value::Many(items), lines, .. }) => {
                items.push(item);
                lines.push(line);
            }
            _ => self.set(path, vec![item], &[line]),
        }
    }

    /// Adds to lines of text.
    pub(super) fn add_text(&mut self, path: &str, more: &str, line: usize) {
        match self.entries.iter_mut().find(|entry| entry.path.join(".") == path) {
            Some(Entry { value: Value::Text(text), lines, .. }) => {
                text.push('\n');
                text.push_str(more);
                lines.push(line);
            }
            _ => self.set(path, Value::Text(more.to_owned()), &[line]),
        }
    }

    fn entry(&mut self, path: Vec<String>, value: Value, lines: &[usize]) {
        self.entries.retain(|entry| entry.path != path);
        self.entries.push(Entry { path, value, note: None, lines: lines.to_vec() });
    }

    /// The text, and for each of its lines the entry that stands there.
    pub(super) fn yaml(&self, head: &str) -> (String, Vec<Option<Entry>>) {
        let mut sorted: Vec<&Entry> = self.entries.iter().collect();
        sorted.sort_by_key(|entry| rank(&entry.path));
        let block = |text: &str, indent: usize| {
            let lines: String = text
                .lines()
                .map(|line| match line {
                    "" => "\n".to_owned(),
                    line => format!("\n{:indent$}{line}", "", indent = indent + 2),
                })
                .collect();
            format!("|{lines}")
        };
        let mut text = head.to_owned();
        let mut lines: Vec<Option<Entry>> = head.lines().map(|_| None).collect();
        let mut open: &[String] = &[];
        let mut before = None;
        for entry in sorted {
            let Some((key, sections)) = entry.path.split_last() else { continue };
            // A section, and what comes after one, is set off.
            let first =
                before.is_none_or(|before: &Entry| before.path.first() == entry.path.first());
            if !first && open.len() + sections.len() > 0 {
                text.push('\n');
                lines.push(None);
            }
            for (depth, section) in sections.iter().enumerate() {
                if open.get(..=depth) != sections.get(..=depth) {
                    // Writing to a String cannot fail.
                    let _ =
                        writeln!(text, "{:indent$}{}:", "", scalar(section), indent = depth * 2);
                    lines.push(None);
                    open = &[];
                }
            }
            open = sections;
            before = Some(entry);
            let indent = sections.len() * 2;
            let value = match &entry.value {
                Value::One(value) => scalar(value),
                Value::Text(text) => block(text, indent),
                Value::Many(items) => {
                    let items: Vec<_> = items.iter().map(|item| scalar(item)).collect();
                    format!("[{}]", items.join(", "))
                }
            };
            let note = entry.note.as_ref().map(|note| format!("  # {note}")).unwrap_or_default();
            let _ = writeln!(text, "{:indent$}{}: {value}{note}", "", scalar(key));
            lines.extend(value.lines().map(|_| Some(entry.clone())));
        }
        (text, lines)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::One(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::One(text.to_owned())
    }
}

impl From<Vec<String>> for Value {
    fn from(items: Vec<String>) -> Self {
        Self::Many(items)
    }
}

/// The place of a key in the table of keys; what has a name of the user's own stays together.
fn rank(path: &[String]) -> (usize, &str, usize) {
    let fits = |pattern: &str| {
        let mut parts = path.iter();
        pattern.split('.').all(|part| parts.next().is_some_and(|name| part == "*" || part == name))
    };
    let found = KEYS.iter().enumerate().find(|(_, key)| fits(key.path));
    let Some((place, key)) = found else { return (KEYS.len(), "", 0) };
    match key.path.split_once(".*") {
        Some((section, _)) => {
            let first = KEYS.iter().position(|key| key.path.starts_with(section));
            (first.unwrap_or(place), path.get(1).map_or("", String::as_str), place)
        }
        None => (place, "", 0),
    }
}

/// A scalar: numbers, sizes and truth values as they are, everything else as the templates write it.
fn scalar(text: &str) -> String {
    let amount = text.trim_end_matches(['s', 'k', 'm', 'g', 'M', 'G', 'i']);
    let is_amount = !amount.is_empty()
        && (amount == "0" || !amount.starts_with('0'))
        && amount.bytes().all(|byte| byte.is_ascii_digit());
    if is_amount || ["true", "false"].contains(&text) {
        return text.to_owned();
    }
    let mut bytes = Vec::new();
    // Writing to a Vec cannot fail, and every text can be written as YAML.
    let _ = escape::yaml(text, &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stand_in_the_order_of_the_table_in_their_sections() {
        let mut description = Description::default();
        description.set_named(
            "server.options",
            "log.x",
            vec!["a: b".to_owned(), "c".to_owned()],
            &[],
        );
        description.set("server.harakiri", "30s", &[4]);
        description.set("server.processes", "1", &[]);
        description.set("server.processes", "2", &[3]);
        description.set_named("server.options", "listen", "0660", &[5]);
        description.set("cron.two.command", "b", &[]);
        description.set("cron.one.command", "a", &[]);
        description.set("cron.one.schedule", "* * * * *", &[]);
        let snippet = Value::Text("a {\n  b;\n}".to_owned());
        description.set("nginx.snippets.server", snippet, &[6]);
        description.set("name", "on", &[]);
        description.note("name", "why");
        let (text, lines) = description.yaml("# head\n");
        assert_eq!(
            text,
            "# head\nname: \"on\"  # why\n\nserver:\n  processes: 2\n  harakiri: 30s\n  options:\n    log.x: [\"a: b\", c]\n    listen: \"0660\"\n\nnginx:\n  snippets:\n    server: |\n      a {\n        b;\n      }\n\ncron:\n  one:\n    schedule: \"* * * * *\"\n    command: a\n  two:\n    command: b\n"
        );
        assert_eq!(lines.len(), text.lines().count());
        let from: Vec<_> =
            lines.iter().map(|line| line.as_ref().map(|entry| entry.lines.clone())).collect();
        assert_eq!(from.get(4), Some(&Some(vec![3])));
        crate::deploy::yaml::read(&text).expect("YAML");
    }
}
