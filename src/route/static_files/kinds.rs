//! Content types by suffix: those of `mimefile`, then the usual ones.

use std::collections::HashMap;
use std::path::Path;

use crate::log::say;
use crate::options::directive::Said;

/// Content types by suffix.
pub(super) struct Kinds {
    own: HashMap<String, String>,
}

impl Kinds {
    pub(super) fn read(files: &[Said]) -> Self {
        let mut own = HashMap::new();
        for file in files {
            match std::fs::read_to_string(&file.value) {
                Ok(text) => own.extend(parse(&text)),
                Err(error) => {
                    say!("[warning] {}: cannot read mimefile {}: {error}", file.origin, file.value);
                }
            }
        }
        Self { own }
    }

    /// The type of a file, where its suffix is known.
    pub(super) fn of(&self, path: &Path) -> Option<&str> {
        let suffix = path.extension()?.to_str()?.to_ascii_lowercase();
        let own = self.own.get(&suffix).map(String::as_str);
        own.or_else(|| mime_guess::from_ext(&suffix).first_raw())
    }
}

/// Lines of a type and its suffixes; what is behind a `#` says nothing.
fn parse(text: &str) -> HashMap<String, String> {
    let mut kinds = HashMap::new();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_whitespace();
        let Some(kind) = words.next() else { continue };
        kinds.extend(words.map(|suffix| (suffix.to_ascii_lowercase(), kind.to_owned())));
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_types_come_before_the_usual_ones() {
        let own = parse("# table\ntext/x-own css OWN # more\n\nempty/line\n");
        let kinds = Kinds { own };
        let check = |path: &str, expected: Option<&str>| {
            assert_eq!(kinds.of(Path::new(path)), expected, "{path}");
        };
        check("a.css", Some("text/x-own"));
        check("a.own", Some("text/x-own"));
        check("a.JS", Some("text/javascript"));
        check("a", None);
        check("a.nobody", None);
    }
}
