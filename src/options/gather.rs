//! Puts everything that was said in order: environment, command line, files in their places.
//!
//! uWSGI's order: `UWSGI_*` variables first, then the command line as it stands, `--ini` expanded
//! where it stands, configurations without an option name at the very end; the last value wins.

use std::sync::Arc;

use super::argv::Words;
use super::directive::{Directive, Origin};
use super::logic::Flow;
use super::table::{self, Effect};
use super::{ini, magic};
use crate::error::Failure;

/// Files may include files so deeply.
const DEEPEST: usize = 16;
/// A configuration file may not be larger, in bytes.
const LARGEST: u64 = 4 << 20;

/// All that was said, with the files it was read from.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Every directive in the order in which it counts, values with their placeholders replaced.
    pub directives: Vec<Directive>,
    /// The configuration files in the order in which they were opened.
    pub files: Vec<String>,
    /// Names that were used as `%(name)`.
    pub referenced: Vec<String>,
    outer: Option<magic::File>,
}

/// Reads the configurations that the words name, and joins all directives.
pub fn gather(
    words: Words,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Gathered, Failure> {
    let mut gathered = Gathered::default();
    let mut said: Vec<Directive> = environment
        .into_iter()
        .filter_map(|(name, value)| from_environment(&name, value))
        .collect();
    said.extend(words.directives);
    for directive in said {
        if let Some(Effect::Logic(_)) = table::find(&directive.name).map(|row| row.effect) {
            let why =
                format!("{} decides about lines of a file and only stands there", directive.name);
            return Err(at(&directive.origin, &why));
        }
        gathered.add(directive, 0)?;
    }
    for positional in &words.positionals {
        gathered.add_positional(positional)?;
    }
    gathered.replace_names()?;
    Ok(gathered)
}

/// `UWSGI_HTTP_SOCKET=…` is `http-socket = …`; names that are no option are not for us.
fn from_environment(name: &str, value: String) -> Option<Directive> {
    let option = name.strip_prefix("UWSGI_")?.to_ascii_lowercase().replace('_', "-");
    let row = table::find(&option)?;
    if let Effect::Command(_) = row.effect {
        return None;
    }
    let origin = Origin::Environment(name.to_owned());
    Some(Directive { name: option, value: Some(value), origin })
}

impl Gathered {
    /// Directives that stand in no file.
    #[cfg(test)]
    pub(super) fn of(directives: Vec<Directive>) -> Self {
        Self { directives, ..Self::default() }
    }

    fn add(&mut self, directive: Directive, depth: usize) -> Result<(), Failure> {
        match table::find(&directive.name).map(|row| row.effect) {
            Some(Effect::Source) => {
                let named = directive.value.clone().unwrap_or_default();
                let named = self.replaced(&named).map_err(|why| at(&directive.origin, &why))?;
                self.add_ini(&named, &directive.origin, depth + 1)
            }
            Some(Effect::Define) => {
                let pair = directive.value.as_deref().and_then(|value| value.split_once('='));
                let Some((name, value)) = pair else {
                    return Err(at(
                        &directive.origin,
                        &format!("{} needs NAME=VALUE", directive.name),
                    ));
                };
                let (name, value) = (name.to_owned(), Some(value.to_owned()));
                self.referenced.push(name.clone());
                self.add(Directive { name, value, origin: directive.origin }, depth)
            }
            _ => {
                self.directives.push(directive);
                Ok(())
            }
        }
    }

    fn add_positional(&mut self, name: &str) -> Result<(), Failure> {
        let extension = std::path::Path::new(name).extension().and_then(|e| e.to_str());
        match extension {
            Some("ini") => self.add_ini(name, &Origin::CommandLine, 1),
            Some(other) if OTHER_FORMATS.contains(&other) => Err(not_ini(name)),
            Some("py" | "wsgi") => {
                Err(Failure::new(format!("unable to load configuration from {name}"))
                    .hint(format!("to serve this file: --wsgi-file {name}")))
            }
            _ if name.contains(':') => Err(Failure::new(format!(
                "unable to load configuration from {name}"
            ))
            .hint(format!(
                "an application is named by --module {name}, a section by --ini {name}"
            ))),
            _ => Err(Failure::new(format!("unable to load configuration from {name}")).hint(
                "a configuration file ends in .ini, flags take no value here, and the \
                     commands are serve, deploy and healthcheck",
            )),
        }
    }

    fn add_ini(&mut self, named: &str, origin: &Origin, depth: usize) -> Result<(), Failure> {
        if depth > DEEPEST {
            let why = format!("files include each other more than {DEEPEST} deep at {named}");
            return Err(at(origin, &why));
        }
        let (path, section) = split_section(named);
        let path = match (path, origin) {
            ("", Origin::File(file, _)) => file.to_string(),
            ("", _) => return Err(at(origin, &format!("`{named}` names no file"))),
            (path, _) => path.to_owned(),
        };
        let extension = std::path::Path::new(&path).extension().and_then(|e| e.to_str());
        if extension.is_some_and(|extension| OTHER_FORMATS.contains(&extension)) {
            return Err(not_ini(&format!("{path} ({origin})")));
        }
        let text = read_text(&path).map_err(|why| {
            let failure = at(origin, &format!("cannot read {path}: {why}"));
            match why.kind() {
                std::io::ErrorKind::NotFound => {
                    let here = std::env::current_dir().unwrap_or_default();
                    failure.hint(format!("the current directory is {}", here.display()))
                }
                _ => failure,
            }
        })?;
        self.files.push(named.to_owned());
        let file = magic::File::new(&path, section);
        let outer = self.outer.get_or_insert_with(|| file.clone()).clone();
        let name: Arc<str> = Arc::from(path.as_str());
        let section = section.unwrap_or("uwsgi");
        let Some(directives) = ini::read(&text, &name, section) else {
            crate::log::say!("{origin}: {path} has no section [{section}]");
            return Ok(());
        };
        let letters = |text: String| magic::letters(&text, &file, &outer);
        let mut flow = Flow::default();
        for mut directive in directives {
            directive.value = directive.value.map(letters);
            let Some(Effect::Logic(logic)) = table::find(&directive.name).map(|row| row.effect)
            else {
                if let Some(directive) = flow.pass(directive) {
                    self.add(directive, depth)?;
                }
                continue;
            };
            let value = directive.value.as_deref().unwrap_or_default();
            let value = self.replaced(value).map_err(|why| at(&directive.origin, &why))?;
            let repeated = flow.take(logic, &value, |name| self.values(name));
            for directive in repeated.map_err(|why| at(&directive.origin, &why))? {
                self.add(directive, depth)?;
            }
        }
        Ok(())
    }

    /// What was said so far under a name.
    fn values(&self, name: &str) -> Vec<String> {
        let said = self.directives.iter().filter(|said| said.name == name);
        said.map(|said| said.value.clone().unwrap_or_default()).collect()
    }

    /// Replaces `$(…)`, `@(…)` and `%(…)` everywhere, once every name is known.
    fn replace_names(&mut self) -> Result<(), Failure> {
        for index in 0..self.directives.len() {
            let Some(directive) = self.directives.get(index) else { break };
            let Some(value) = directive.value.clone() else { continue };
            let replaced = self.replaced(&value);
            if let Some(directive) = self.directives.get_mut(index) {
                directive.value = Some(replaced.map_err(|why| at(&directive.origin, &why))?);
            }
        }
        Ok(())
    }

    fn replaced(&mut self, value: &str) -> Result<String, String> {
        let Self { directives, referenced, .. } = self;
        magic::names(value, &mut |name| {
            // The first one counts, as in uWSGI 2.0.31.
            let found = directives.iter().find(|said| said.name == name)?;
            referenced.push(name.to_owned());
            Some(found.value.clone().unwrap_or_default())
        })
    }
}

/// Formats of configurations that uWSGI reads and this server does not yet.
const OTHER_FORMATS: &[&str] = &["xml", "yaml", "yml", "json", "js", "toml"];

fn not_ini(name: &str) -> Failure {
    Failure::new(format!("cannot read {name}: only ini configurations are read"))
        .hint("write the same options into a [uwsgi] section of an .ini file")
}

/// A failure that names the place.
fn at(origin: &Origin, message: &str) -> Failure {
    Failure::new(match origin {
        Origin::CommandLine => message.to_owned(),
        origin => format!("{origin}: {message}"),
    })
}

/// `file.ini:section`, unless a file of exactly that name is there.
fn split_section(named: &str) -> (&str, Option<&str>) {
    match named.rsplit_once(':') {
        Some((path, section))
            if !section.contains('/') && !std::path::Path::new(named).exists() =>
        {
            (path, Some(section))
        }
        _ => (named, None),
    }
}

fn read_text(path: &str) -> std::io::Result<String> {
    use std::io::{Error, ErrorKind, Read};
    let mut bytes = Vec::new();
    if path == "-" {
        std::io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes)?;
    } else {
        std::fs::File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    }
    if bytes.len() as u64 > LARGEST {
        return Err(Error::new(
            ErrorKind::InvalidData,
            format!("it is larger than {LARGEST} bytes"),
        ));
    }
    let text = String::from_utf8(bytes);
    text.map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes().iter().take(valid).filter(|&&byte| byte == b'\n').count();
        Error::new(ErrorKind::InvalidData, format!("line {line} is not UTF-8 text"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::argv;

    fn gather_in(files: &[(&str, &str)], line: &str) -> Result<Vec<(String, String)>, Failure> {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).expect("a file");
        }
        let here = folder.path().display().to_string();
        let line = line.replace('@', &here);
        let words = argv::read(line.split_whitespace().map(str::to_owned))?;
        let gathered = gather(words, [("UWSGI_THREADS".to_owned(), "7".to_owned())])?;
        let said = gathered.directives.into_iter();
        Ok(said.map(|d| (d.name, d.value.unwrap_or_default().replace(&here, "@"))).collect())
    }

    fn check(files: &[(&str, &str)], line: &str, expected: &[(&str, &str)]) {
        let said = gather_in(files, line).expect(line);
        let said: Vec<_> = said.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(said, expected, "{line}");
    }

    #[test]
    fn files_stand_where_they_are_named_and_bare_ones_at_the_end() {
        let files = [("a.ini", "[uwsgi]\nprocesses=2"), ("b.ini", "[uwsgi]\nprocesses=3")];
        check(
            &files,
            "@/b.ini --ini @/a.ini -p 4",
            &[("threads", "7"), ("processes", "2"), ("processes", "4"), ("processes", "3")],
        );
    }

    #[test]
    fn sections_and_placeholders_are_followed() {
        let text = "[uwsgi]\nbase=/srv/%n\nini=:more\n[more]\nchdir=%(base)/x\nthreads = %(n)\nn=2";
        check(
            &[("a.ini", text)],
            "--ini @/a.ini",
            &[
                ("threads", "7"),
                ("base", "/srv/a"),
                ("chdir", "/srv/a/x"),
                ("threads", "2"),
                ("n", "2"),
            ],
        );
    }

    #[test]
    fn conditions_and_loops_decide_what_counts() {
        let text = "[uwsgi]\nif-env = CARGO_PKG_NAME\na = 1\nendif =\nif-not-env = CARGO_PKG_NAME\n\
                    b = 1\nif-env = X\nendif =\nif-opt = threads=7\nc = 1\nendif\n\
                    if-dir = /nowhere\nd = 1\nend-if\nfor = x y\ne = <%(_)>\nendfor\n\
                    for-times = 2\nf = %(_)\nendfor =\ng = 1";
        check(
            &[("a.ini", text)],
            "--ini @/a.ini",
            &[
                ("threads", "7"),
                ("a", "1"),
                ("c", "1"),
                ("e", "<x>"),
                ("e", "<y>"),
                ("f", "1"),
                ("f", "2"),
                ("g", "1"),
            ],
        );
    }

    #[test]
    fn what_cannot_be_read_is_refused_by_name() {
        fn check(files: &[(&str, &str)], line: &str, message: &str) {
            let failure = gather_in(files, line).expect_err(line).to_string();
            assert!(failure.contains(message), "{line}: {failure}");
        }
        check(&[], "--ini @/no.ini", "/no.ini: No such file");
        check(&[], "--http :80 app.py", "--wsgi-file app.py");
        check(&[], "mysite:application", "--module mysite:application");
        check(&[], "--master true", "flags take no value");
        check(&[], "--if-env HOME", "only stands there");
        check(&[("a.ini", "[uwsgi]\ninclude = b.yaml")], "@/a.ini", "b.yaml");
        check(&[("a.ini", "[uwsgi]\n\nini = :uwsgi")], "--ini @/a.ini", "a.ini:3: ");
        check(
            &[("a.ini", "[uwsgi]\nini = ./nowhere.ini")],
            "--ini @/a.ini",
            "a.ini:2: cannot read",
        );
    }
}
