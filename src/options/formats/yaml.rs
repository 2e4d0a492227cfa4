//! Reads YAML as configurations for uWSGI use it: a mapping of lines, keys may repeat.
//!
//! A line reader of our own around a library's scalars, because such files are often no YAML:
//! `log-format: %(addr) uWSGI: …` starts with a reserved sign and holds `: `, and uWSGI 2.0.31 reads it
//! (seen by running it). Beyond uWSGI, which stops there without a word: quotes are removed, and a
//! list repeats its key.

use std::sync::Arc;

use super::{Problem, Section, directive, warning};

/// The directives of a section: the lines below `section:` that are indented.
pub(super) fn read(text: &str, file: &Arc<str>, section: &str) -> Result<Option<Section>, Problem> {
    let mut read: Option<Section> = None;
    let mut inside = false;
    // A key that stands alone: a flag, unless a list follows.
    let mut open: Option<(String, usize)> = None;
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let content = without_comment(line);
        if content.trim().is_empty() || matches!(content, "---" | "...") {
            continue;
        }
        let is_item = content.trim_start().starts_with("- ") || content.trim() == "-";
        // A list may stand as far left as its key, even at the margin.
        let is_indented = content.starts_with([' ', '\t']) || (is_item && open.is_some());
        if !is_indented {
            close(&mut open, read.as_mut(), file);
            inside = content.trim_end().strip_suffix(':') == Some(section);
            if inside {
                read.get_or_insert_default();
            }
            continue;
        }
        let Some(read) = read.as_mut().filter(|_| inside) else { continue };
        let content = content.trim();
        if is_item {
            let Some((name, _)) = &open else {
                let message = format!("`{content}`: a list stands below a `name:`");
                return Err(Problem { line: number, message });
            };
            let item = content.strip_prefix('-').unwrap_or_default().trim();
            for value in values(item, number)? {
                read.directives.push(directive(name, Some(value), file, number));
            }
            open = open.map(|(name, _)| (name, 0));
            continue;
        }
        close(&mut open, Some(read), file);
        let Some((name, value)) = split_pair(content) else {
            let message = format!("`{content}` is passed over: it is no `name: value`");
            read.warnings.push(warning(message, file, number));
            continue;
        };
        if value.is_empty() {
            open = Some((name.to_owned(), number));
            continue;
        }
        for value in values(value, number)? {
            read.directives.push(directive(name, Some(value), file, number));
        }
    }
    close(&mut open, read.as_mut(), file);
    Ok(read)
}

/// A key that stood alone was a flag, unless a list has followed (line 0).
fn close(open: &mut Option<(String, usize)>, read: Option<&mut Section>, file: &Arc<str>) {
    if let (Some((name, line @ 1..)), Some(read)) = (open.take(), read) {
        read.directives.push(directive(&name, None, file, line));
    }
}

/// A `#` at the beginning of a line or behind a blank ends it, unless it stands in quotes.
fn without_comment(line: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, letter) in line.char_indices() {
        match (quote, letter) {
            (None, '#') if before.is_whitespace() => return line.get(..at).unwrap_or(line),
            // A quote opens a value only at its beginning.
            (None, '"' | '\'') if before.is_whitespace() || before == letter => {
                quote = Some(letter);
            }
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
        before = letter;
    }
    match quote {
        // It was no quotation after all.
        Some(_) => line.split(" #").next().unwrap_or(line),
        None => line,
    }
}

/// `name: value`, or `name:`.
fn split_pair(content: &str) -> Option<(&str, &str)> {
    let (name, value) = content.split_once(':')?;
    let separated = value.is_empty() || value.starts_with([' ', '\t']);
    let name = name.trim_end().trim_matches(['"', '\'']);
    (separated && !name.is_empty()).then(|| (name, value.trim()))
}

/// The values that a scalar or a list in brackets stands for.
fn values(written: &str, line: usize) -> Result<Vec<String>, Problem> {
    if matches!(written, "|" | ">" | "|-" | ">-" | "|+" | ">+") {
        let message = "a block of lines is no value of an option; write it on one line".to_owned();
        return Err(Problem { line, message });
    }
    let list = || serde_saphyr::from_str::<Vec<String>>(written).ok();
    let text = || serde_saphyr::from_str::<String>(written).ok().map(|text| vec![text]);
    let read = match (written.chars().next(), written.chars().last()) {
        (Some('['), Some(']')) => list(),
        (Some('"'), Some('"')) | (Some('\''), Some('\'')) => text(),
        (Some('~'), Some('~')) => Some(vec![String::new()]),
        _ => None,
    };
    Ok(read.unwrap_or_else(|| vec![written.to_owned()]))
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;
    use super::*;

    fn check(text: &str, expected: &str) {
        let section = read(text, &Arc::from("x.yaml"), "uwsgi").expect(text).expect(text);
        assert_eq!(shown(&section), expected, "{text}");
    }

    #[test]
    fn lines_become_directives() {
        check("# c\nuwsgi:\n  a: 1\n\n  # no\n    b:\t2  # no\nother:\n  c: 3", "a=1@3 b=2@6");
        check("---\nuwsgi:\n  socket: :5000\n  c : x", "socket=:5000@3 c=x@4");
    }

    #[test]
    fn what_uwsgi_reads_and_yaml_refuses_is_read() {
        check("uwsgi:\n  f: %(addr) uWSGI: \"%(uri)\" x", "f=%(addr) uWSGI: \"%(uri)\" x@2");
        check("uwsgi:\n  d: %d/x\n  s: @(file)", "d=%d/x@2 s=@(file)@3");
    }

    #[test]
    fn quotes_go_and_lists_repeat_their_key() {
        check("uwsgi:\n  p: \"sap \"\n  q: 'it''s # 1' # c", "p=sap @2 q=it's # 1@3");
        check(
            "uwsgi:\n  e:\n    - A=1\n    - \"B=2\"\n  f:\n  - x\n  g:\n  h: [a, 'b']",
            "e=A=1@3 e=B=2@4 f=x@6 g@7 h=a@8 h=b@8",
        );
        check("uwsgi:\ne:\n", "");
    }

    #[test]
    fn what_is_no_pair_is_told() {
        let text = "uwsgi:\n  nospace:1\n  a: 1";
        let section = read(text, &Arc::from("x.yaml"), "uwsgi").expect(text).expect(text);
        assert_eq!(shown(&section), "a=1@3");
        let [warning] = &section.warnings[..] else { panic!("{:?}", section.warnings) };
        assert!(warning.to_string().contains("x.yaml:2: `nospace:1` is passed over"), "{warning}");
        let block = read("uwsgi:\n  a: |\n    x", &Arc::from("x.yaml"), "uwsgi");
        assert_eq!(block.expect_err("a block").line, 2);
        let list = read("uwsgi:\n  - a: 1", &Arc::from("x.yaml"), "uwsgi");
        assert_eq!(list.expect_err("a list").line, 2);
    }
}
