//! Where a line of a rendered file comes from: keys of ruwsgi.yaml and rules.
//!
//! A template says it at the end of a line: `harakiri = {{ harakiri }} ⟦server.harakiri U03 X1⟧`. The renderer
//! takes these marks out of its texts and remembers them by line. A mark holds for its line and for deeper lines
//! below it; the mark of a file's first line holds for all that have no other.
//!
//! While a template is rendered the brackets are control characters, which `escape` lets no value contain.

use super::rules::rule;
use super::table::find;

/// What a line comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// The line, from 1.
    pub line: usize,
    /// Keys of ruwsgi.yaml, or sections of it.
    pub keys: Vec<String>,
    /// Ids of rules.
    pub rules: Vec<String>,
}

const OPEN: char = '\u{1}';
const CLOSE: char = '\u{2}';

/// A template as it is given to the engine: without the last line break, which is the includer's.
pub(super) fn arm(template: &str) -> String {
    let template = template.strip_suffix('\n').unwrap_or(template);
    template.replace('⟦', "\u{1}").replace('⟧', "\u{2}")
}

/// The text without its marks, and the marks.
pub(super) fn take(text: &str) -> (String, Vec<Mark>) {
    let mut clean = String::with_capacity(text.len());
    let mut marks: Vec<Mark> = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            clean.push('\n');
        }
        let mut rest = line;
        let mut mark = Mark { line: index + 1, ..Mark::default() };
        while let Some((before, after)) = rest.split_once(OPEN) {
            let (inside, after) = after.split_once(CLOSE).unwrap_or((after, ""));
            // The blank in front of a mark is the mark's.
            clean.push_str(before.strip_suffix(' ').unwrap_or(before));
            for word in inside.split_whitespace() {
                let list = if rule(word).is_some() { &mut mark.rules } else { &mut mark.keys };
                if !list.iter().any(|other| other == word) {
                    list.push(word.to_owned());
                }
            }
            rest = after;
        }
        clean.push_str(rest);
        if !mark.keys.is_empty() || !mark.rules.is_empty() {
            marks.push(mark);
        }
    }
    (clean, marks)
}

/// What a line of a text comes from: its own mark, or the one of the nearest line that it is under.
#[must_use]
pub fn why<'a>(text: &str, marks: &'a [Mark], line: usize) -> Option<&'a Mark> {
    let lines: Vec<&str> = text.split('\n').collect();
    let indent = |text: &str| text.len() - text.trim_start().len();
    let own = |line: usize| marks.iter().find(|mark| mark.line == line);
    let mut depth = usize::MAX;
    for number in (1..=line.min(lines.len())).rev() {
        let text = lines.get(number - 1).copied().unwrap_or_default();
        if text.trim().is_empty() && number != line {
            continue;
        }
        if number == line || indent(text) < depth {
            depth = indent(text);
            if let Some(mark) = own(number) {
                return Some(mark);
            }
        }
    }
    marks.first()
}

/// Words of a mark that are neither a key, nor a section, nor a rule: typing errors in a template.
#[must_use]
pub fn unknown(mark: &Mark) -> Vec<&str> {
    mark.keys
        .iter()
        .map(String::as_str)
        .filter(|word| find(word).is_none() && super::table::below(&format!("{word}.")).is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_taken_out_and_hold_for_what_is_below_them() {
        let armed = arm(
            "# a file ⟦name⟧\nserver: ⟦server.threads U03⟧\n  deep:\n\n    deeper: 1 ⟦env⟧ x\nother: 2\n\n",
        );
        let (text, marks) = take(&armed);
        assert_eq!(text, "# a file\nserver:\n  deep:\n\n    deeper: 1 x\nother: 2\n");
        let keys = |line| why(&text, &marks, line).unwrap().keys.join(" ");
        assert_eq!(keys(1), "name");
        assert_eq!((keys(2), keys(3)), ("server.threads".into(), "server.threads".into()));
        assert_eq!((keys(5), keys(6)), ("env".into(), "name".into()));
        assert_eq!(marks[1].rules, ["U03"]);
        assert!(marks.iter().all(|mark| unknown(mark).is_empty()));
    }
}
