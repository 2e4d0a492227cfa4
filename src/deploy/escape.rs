//! Writes a value into another language, or refuses it.
//!
//! The template engine calls these for every value, so none can be forgotten; templates are `render`.

use std::io::{Error, Result, Write};

/// A value of an ini line: `%` would start one of uWSGI's placeholders.
pub fn ini(value: &str, out: &mut dyn Write) -> Result<()> {
    if let Some(wrong) = value.chars().find(|letter| letter.is_control()) {
        return Err(refused(value, wrong, "uwsgi.ini"));
    }
    out.write_all(value.replace('%', "%%").as_bytes())
}

/// One word of an nginx directive. `$` cannot be escaped there.
pub fn nginx(value: &str, out: &mut dyn Write) -> Result<()> {
    let bad = |letter: &char| letter.is_control() || "$;{}\\\"'".contains(*letter);
    if let Some(wrong) = value.chars().find(bad) {
        return Err(refused(value, wrong, "an nginx file"));
    }
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._/:*@+~[]=,".contains(letter);
    if !value.is_empty() && value.chars().all(plain) {
        out.write_all(value.as_bytes())
    } else {
        write!(out, "\"{value}\"")
    }
}

/// A whole YAML scalar: plain where nothing can be taken for something else, else a JSON string.
pub fn yaml(value: &str, out: &mut dyn Write) -> Result<()> {
    let first = value.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/');
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._/".contains(letter);
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let word = words.contains(&value.to_lowercase().as_str());
    if first && !word && value.chars().all(plain) {
        out.write_all(value.as_bytes())
    } else {
        out.write_all(json(value).as_bytes())
    }
}

/// A word in a Dockerfile or an ignore file, which have no quoting that holds everywhere.
pub fn words(value: &str, out: &mut dyn Write) -> Result<()> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._/:@+,=~".contains(letter);
    match value.chars().find(|letter| !plain(*letter)) {
        Some(wrong) => Err(refused(value, wrong, "a Dockerfile")),
        None => out.write_all(value.as_bytes()),
    }
}

/// A JSON string, which is a YAML string and a word of Docker's exec form too.
///
/// Nearly everything but printable ASCII is escaped: YAML takes U+0085 and U+2028 for line breaks. What JSON escapes
/// with two units, such as an emoji, stays as it is, as readers of YAML refuse half of a letter.
#[must_use]
pub fn json(value: &str) -> String {
    let mut text = String::from("\"");
    for letter in value.chars() {
        match letter {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            ' '..='~' | '\u{10000}'.. => text.push(letter),
            _ => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    let _ = std::fmt::Write::write_fmt(&mut text, format_args!("\\u{unit:04x}"));
                }
            }
        }
    }
    text.push('"');
    text
}

fn refused(value: &str, wrong: char, target: &str) -> Error {
    Error::other(format!(
        "`{}` cannot be written into {target}: it holds `{}`",
        value.escape_debug(),
        wrong.escape_debug()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(escape: fn(&str, &mut dyn Write) -> Result<()>, value: &str) -> Option<String> {
        let mut out = Vec::new();
        escape(value, &mut out).ok().map(|()| String::from_utf8(out).unwrap())
    }

    proptest! {
        #[test]
        fn any_text_comes_back_from_yaml_as_it_was(value in any::<String>()) {
            let line = format!("key: {}\n", text(yaml, &value).unwrap());
            prop_assert_eq!(line.lines().count(), 1);
            let back: std::collections::BTreeMap<String, String> = serde_saphyr::from_str(&line).unwrap();
            prop_assert_eq!(&back["key"], &value);
        }

        #[test]
        fn any_text_is_one_nginx_word_or_refused(value in any::<String>()) {
            if let Some(word) = text(nginx, &value) {
                let inner = word.strip_prefix('"').map_or(word.as_str(), |rest| rest.strip_suffix('"').unwrap());
                prop_assert_eq!(inner, &value);
                let bad = |letter: char| letter.is_control() || "$;{}\\\"'".contains(letter);
                prop_assert!(!inner.chars().any(bad));
                prop_assert!(word.starts_with('"') || !word.contains([' ', '#', '(', ')']));
            }
        }

        #[test]
        fn any_text_is_one_ini_line_without_placeholders_or_refused(value in any::<String>()) {
            if let Some(line) = text(ini, &value) {
                prop_assert_eq!(line.replace("%%", "").matches('%').count(), 0);
                prop_assert_eq!(line.replace("%%", "%"), value);
                prop_assert!(!line.contains(['\n', '\r', '\0']));
            }
        }

        #[test]
        fn any_text_is_plain_words_in_a_dockerfile_or_refused(value in "[ -~]{0,12}") {
            if let Some(word) = text(words, &value) {
                prop_assert!(!word.contains([' ', '$', '\\', '"', '\'', '\n', '#', '`', '!', '*', '?']));
            }
        }
    }

    #[test]
    fn words_yaml_takes_for_something_else_are_quoted() {
        for (value, expected) in [
            ("mysite", "mysite"),
            ("on", "\"on\""),
            ("1", "\"1\""),
            ("", "\"\""),
            ("a: b", "\"a: b\""),
            ("/run/x", "/run/x"),
            ("No", "\"No\""),
            ("a\u{85}b", "\"a\\u0085b\""),
            ("😀", "\"😀\""),
        ] {
            assert_eq!(text(yaml, value).unwrap(), expected);
        }
    }
}
