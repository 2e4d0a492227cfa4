//! The languages of configuration files: text in, directives with their lines out.
//!
//! A reader knows no option. Placeholders are for [`magic`](super::magic), files and sections for
//! [`gather`](super::gather).

mod ini;
mod json;
mod toml;
mod xml;
mod yaml;

use std::sync::Arc;

use super::directive::{Directive, Origin, Warning};

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `[uwsgi]`, then `name = value`.
    Ini,
    /// `uwsgi:`, then indented `name: value`.
    Yaml,
    /// `{"uwsgi": {"name": "value"}}`.
    Json,
    /// `<uwsgi><name>value</name></uwsgi>`.
    Xml,
    /// `[uwsgi]`, then `name = "value"`; not read by uWSGI.
    Toml,
}

/// What a section says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// Its directives, in order.
    pub directives: Vec<Directive>,
    /// What was passed over.
    pub warnings: Vec<Warning>,
}

/// Why a text cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, counted from 1.
    pub line: usize,
    /// One sentence, lower case.
    pub message: String,
}

/// The extensions of file names and what they stand for.
const EXTENSIONS: &[(&str, Format)] = &[
    ("ini", Format::Ini),
    ("yaml", Format::Yaml),
    ("yml", Format::Yaml),
    ("json", Format::Json),
    ("js", Format::Json),
    ("xml", Format::Xml),
    ("toml", Format::Toml),
];

impl Format {
    /// The language of a file by its name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let extension = std::path::Path::new(name).extension()?;
        EXTENSIONS.iter().find(|(known, _)| extension == *known).map(|(_, format)| *format)
    }

    /// The option that names a file in it.
    #[must_use]
    pub fn option(self) -> &'static str {
        match self {
            Self::Ini => "ini",
            Self::Yaml => "yaml",
            Self::Json => "json",
            Self::Xml => "xml",
            Self::Toml => "toml",
        }
    }

    /// How log lines name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ini => "INI",
            Self::Yaml => "YAML",
            Self::Json => "JSON",
            Self::Xml => "XML",
            Self::Toml => "TOML",
        }
    }

    /// The section of a text; `None` where it is not there. Without a name it is `uwsgi`.
    pub fn read(
        self,
        text: &str,
        file: &Arc<str>,
        section: Option<&str>,
    ) -> Result<Option<Section>, Problem> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let named = section.unwrap_or("uwsgi");
        match self {
            Self::Ini => Ok(ini::read(text, file, named)),
            Self::Yaml => yaml::read(text, file, named),
            Self::Json => json::read(text, file, named),
            Self::Xml => xml::read(text, file, section),
            Self::Toml => toml::read(text, file, named),
        }
    }
}

/// The line of a place in a text, counted from 1.
fn line_at(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|&byte| byte == b'\n').count()
}

fn directive(name: &str, value: Option<String>, file: &Arc<str>, line: usize) -> Directive {
    Directive::new(name, value, Origin::File(Arc::clone(file), line))
}

fn warning(message: String, file: &Arc<str>, line: usize) -> Warning {
    Warning { origin: Origin::File(Arc::clone(file), line), message }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// `name=value@line` for each directive.
    pub(in crate::options) fn shown(section: &Section) -> String {
        let lines = section.directives.iter().map(|said| {
            let Origin::File(_, line) = said.origin else { unreachable!("from a file") };
            match &said.value {
                Some(value) => format!("{}={value}@{line}", said.name),
                None => format!("{}@{line}", said.name),
            }
        });
        lines.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn names_tell_the_language() {
        assert_eq!(Format::of("/etc/uwsgi/site.ini"), Some(Format::Ini));
        assert_eq!(Format::of("a.yml"), Some(Format::Yaml));
        assert_eq!(Format::of("a.py"), None);
        assert_eq!(Format::of("ini"), None);
    }

    #[test]
    fn every_language_says_the_same() {
        let file = Arc::from("x");
        let texts = [
            (Format::Ini, "[uwsgi]\nmaster = true\nenv = A=1\nenv = B=2\nprocesses = 4\nvacuum\n"),
            (
                Format::Yaml,
                "uwsgi:\n  master: true\n  env: [A=1, B=2]\n  processes: 4\n  vacuum:\n",
            ),
            (
                Format::Json,
                r#"{"uwsgi": {"master": true, "env": ["A=1", "B=2"], "processes": 4, "vacuum": null}}"#,
            ),
            (
                Format::Xml,
                "<uwsgi><master>true</master><env>A=1</env><env>B=2</env>\
                 <processes>4</processes><vacuum/></uwsgi>",
            ),
            (
                Format::Toml,
                "[uwsgi]\nmaster = true\nenv = ['A=1', 'B=2']\nprocesses = 4\nvacuum = 1\n",
            ),
        ];
        for (format, text) in texts {
            let section = format.read(text, &file, None).expect(text).expect(text);
            let said: Vec<_> = section
                .directives
                .iter()
                .map(|said| (said.name.as_str(), said.value.as_deref().unwrap_or("1")))
                .collect();
            assert_eq!(
                said,
                [
                    ("master", "true"),
                    ("env", "A=1"),
                    ("env", "B=2"),
                    ("processes", "4"),
                    ("vacuum", "1")
                ],
                "{format:?}"
            );
        }
    }

    #[test]
    fn a_missing_section_is_told_from_an_empty_one() {
        let file = Arc::from("x");
        let texts = [
            (Format::Ini, "[other]\na=1", "[uwsgi]"),
            (Format::Yaml, "other:\n  a: 1", "uwsgi:"),
            (Format::Json, r#"{"other": {"a": 1}}"#, r#"{"uwsgi": {}}"#),
            (Format::Xml, "<other><a>1</a></other>", "<uwsgi/>"),
            (Format::Toml, "[other]\na=1", "[uwsgi]"),
        ];
        for (format, missing, empty) in texts {
            assert_eq!(format.read(missing, &file, None), Ok(None), "{format:?}");
            assert_eq!(format.read(empty, &file, None), Ok(Some(Section::default())), "{format:?}");
        }
    }
}
