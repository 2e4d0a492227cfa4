//! Reads ini text as uWSGI does: keys repeat, their order counts, a bare key is a key.
//!
//! Our own reader, because the crates that read ini keep one value per key and no line numbers,
//! and cut comments where uWSGI does not. Only splits lines; placeholders are for
//! [`magic`](super::magic).

use std::sync::Arc;

use super::directive::{Directive, Origin};

/// The directives of a section and whether the section is there at all. Sections of the same name
/// are read as one.
#[must_use]
pub fn read(text: &str, file: &Arc<str>, section: &str) -> Option<Vec<Directive>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut found = false;
    let mut inside = false;
    let mut directives = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(header) = line.strip_prefix('[') {
            inside = header.split(']').next() == Some(section);
            found |= inside;
            continue;
        }
        if !inside {
            continue;
        }
        let (name, value) = match line.split_once('=') {
            Some((name, value)) => (name.trim_end(), Some(value.trim_start().to_owned())),
            None => (line, None),
        };
        let origin = Origin::File(Arc::clone(file), index + 1);
        directives.push(Directive { name: name.to_owned(), value, origin });
    }
    found.then_some(directives)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&[(&str, Option<&str>, usize)]>) {
        let file = Arc::from("x.ini");
        let read = read(text, &file, "uwsgi");
        let said: Option<Vec<_>> = read.as_ref().map(|directives| {
            let said = directives.iter().map(|d| match d.origin {
                Origin::File(_, line) => (d.name.as_str(), d.value.as_deref(), line),
                _ => unreachable!("ini lines come from a file"),
            });
            said.collect()
        });
        assert_eq!(said.as_deref(), expected, "{text}");
    }

    #[test]
    fn lines_become_directives() {
        check(
            "[uwsgi]\na = 1\n\n# no\n; no\n b=2\t\r\nc",
            Some(&[("a", Some("1"), 2), ("b", Some("2"), 6), ("c", None, 7)]),
        );
    }

    #[test]
    fn keys_repeat_and_sections_add_up() {
        check(
            "[uwsgi]\na=1\na=2\n[x]\na=9\n[uwsgi]\na=3",
            Some(&[("a", Some("1"), 2), ("a", Some("2"), 3), ("a", Some("3"), 7)]),
        );
    }

    #[test]
    fn a_missing_section_is_told_from_an_empty_one() {
        check("[other]\na=1", None);
        check("[uwsgi]\n", Some(&[]));
        check("\u{feff}[uwsgi]\na=", Some(&[("a", Some(""), 2)]));
    }
}
