//! Reads ini text as uWSGI does: keys repeat, their order counts, a bare key is a key.
//!
//! Our own reader, because the crates that read ini keep one value per key and no line numbers,
//! and cut comments where uWSGI does not.

use std::sync::Arc;

use super::{Section, directive};

/// The directives of a section. Sections of the same name are read as one.
pub(super) fn read(text: &str, file: &Arc<str>, section: &str) -> Option<Section> {
    let mut inside = false;
    let mut read: Option<Section> = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(header) = line.strip_prefix('[') {
            inside = header.split(']').next() == Some(section);
            if inside {
                read.get_or_insert_default();
            }
            continue;
        }
        let Some(read) = read.as_mut().filter(|_| inside) else { continue };
        let (name, value) = match line.split_once('=') {
            Some((name, value)) => (name.trim_end(), Some(value.trim_start().to_owned())),
            None => (line, None),
        };
        read.directives.push(directive(name, value, file, index + 1));
    }
    read
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;
    use super::*;

    fn check(text: &str, expected: &str) {
        let section = read(text, &Arc::from("x.ini"), "uwsgi").expect(text);
        assert_eq!(shown(&section), expected, "{text}");
    }

    #[test]
    fn lines_become_directives() {
        check("[uwsgi]\na = 1\n\n# no\n; no\n b=2\t\r\nc\nd==", "a=1@2 b=2@6 c@7 d==@8");
        check("[uwsgi]\na=1 ; not a comment here", "a=1 ; not a comment here@2");
    }

    #[test]
    fn keys_repeat_and_sections_add_up() {
        check("[uwsgi]\na=1\na=2\n[x]\na=9\n[uwsgi]\na=3", "a=1@2 a=2@3 a=3@7");
    }
}
