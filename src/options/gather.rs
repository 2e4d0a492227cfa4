//! Puts everything that was said in order: environment, command line, files in their places.
//!
//! uWSGI's order: `UWSGI_*` variables first, then the command line as it stands, `--ini` expanded
//! where it stands, configurations without an option name at the very end; the last value wins.

use std::net::{IpAddr, ToSocketAddrs};
use std::sync::Arc;

use super::argv::Words;
use super::directive::{Directive, Origin, Warning};
use super::formats::Format;
use super::logic::{Flow, Surroundings};
use super::table::{self, Defines, Effect};
use super::{magic, source};
use crate::error::Failure;

/// Files may include files so deeply.
const DEEPEST: usize = 16;

/// All that was said, with the files it was read from.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Every directive in the order in which it counts, values with their placeholders replaced.
    pub directives: Vec<Directive>,
    /// The configuration files in the order in which they were opened, and their language.
    pub files: Vec<(String, Format)>,
    /// Names that were used as `%(name)`, or defined as placeholders.
    pub referenced: Vec<String>,
    /// What was passed over.
    pub warnings: Vec<Warning>,
    surroundings: Surroundings,
    outer: Option<magic::File>,
}

/// Reads the configurations that the words name, and joins all directives.
pub fn gather(
    words: Words,
    environment: impl IntoIterator<Item = (String, String)>,
    surroundings: Surroundings,
) -> Result<Gathered, Failure> {
    let mut gathered = Gathered { surroundings, ..Gathered::default() };
    let mut said: Vec<Directive> = environment
        .into_iter()
        .filter_map(|(name, value)| from_environment(&name, value))
        .collect();
    said.extend(words.directives);
    for mut directive in said {
        if let Some(Effect::Logic(_)) = table::find(&directive.name).map(|row| row.effect) {
            let why =
                format!("{} decides about lines of a file and only stands there", directive.name);
            return Err(at(&directive.origin, &why));
        }
        // A bare name is true, as `uwsgi.opt` and show-config tell it.
        directive.value.get_or_insert_with(|| "true".to_owned());
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
    Some(Directive::new(option, Some(value), Origin::Environment(name.to_owned())))
}

impl Gathered {
    /// Directives that stand in no file.
    #[cfg(test)]
    pub(super) fn of(directives: Vec<Directive>) -> Self {
        Self { directives, ..Self::default() }
    }

    fn add(&mut self, directive: Directive, depth: usize) -> Result<(), Failure> {
        let effect = table::find(&directive.name).map(|row| row.effect);
        let Directive { name, value, origin, .. } = directive.clone();
        self.directives.push(directive);
        let value = value.unwrap_or_default();
        match effect {
            Some(Effect::Source(format)) => {
                let named = self.replaced(&value).map_err(|why| at(&origin, &why))?;
                self.add_file(&named, format, &origin, depth + 1)
            }
            Some(Effect::Define(defines)) => {
                let pair = value.split_once('=');
                let Some((placeholder, value)) = pair else {
                    return Err(at(&origin, &format!("{name} needs NAME=VALUE")));
                };
                let only = defines != Defines::Option;
                if only && table::find(placeholder).is_some() {
                    let why = format!("{name}: {placeholder} is an option, not a placeholder");
                    return Err(at(&origin, &why));
                }
                let value = match defines {
                    // Like a command, a name server is for a start, not for a look.
                    Defines::Address if !self.surroundings.commands => value.to_owned(),
                    Defines::Address => address_of(value)
                        .map_err(|why| at(&origin, &format!("cannot resolve {value}: {why}")))?,
                    Defines::Option | Defines::Placeholder => value.to_owned(),
                };
                self.referenced.push(placeholder.to_owned());
                let said = Directive::new(placeholder, Some(value), origin);
                self.add(Directive { placeholder: only, ..said }, depth)
            }
            _ => Ok(()),
        }
    }

    fn add_positional(&mut self, name: &str) -> Result<(), Failure> {
        if let Some(format) = Format::of(name) {
            return self.add_file(name, Some(format), &Origin::CommandLine, 1);
        }
        let failure = Failure::new(format!("unable to load configuration from {name}"));
        let extension = std::path::Path::new(name).extension().and_then(|e| e.to_str());
        Err(match extension {
            Some("py" | "wsgi") => failure.hint(format!("to serve this file: --wsgi-file {name}")),
            _ if name.contains(':') => failure.hint(format!(
                "an application is named by --module {name}, a section by --ini {name}"
            )),
            _ => failure.hint(
                "a configuration file ends in .ini, .yaml, .json, .xml or .toml, flags take no \
                 value here, and the commands are serve, check, options, deploy, healthcheck, hold and take",
            ),
        })
    }

    fn add_file(
        &mut self,
        named: &str,
        format: Option<Format>,
        origin: &Origin,
        depth: usize,
    ) -> Result<(), Failure> {
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
        let opened = self.open(&path, format, origin);
        let (format, text, foreign) = match opened {
            Ok(opened) => opened,
            // What it includes may be on the machine that it is for.
            Err(failure) if self.surroundings.elsewhere && matches!(origin, Origin::File(..)) => {
                let message = format!("without what it includes: {}", failure.message);
                self.warnings.push(Warning { origin: origin.clone(), message });
                return Ok(());
            }
            Err(failure) => return Err(failure),
        };
        self.files.push((named.to_owned(), format));
        let file = magic::File::new(&path, section);
        let outer = self.outer.get_or_insert_with(|| file.clone()).clone();
        let name: Arc<str> = Arc::from(path.as_str());
        if let Some(line) = foreign {
            let origin = Origin::File(Arc::clone(&name), line);
            let message = "not UTF-8 text; the letters that cannot be read are replaced".to_owned();
            self.warnings.push(Warning { origin, message });
        }
        let read = format.read(&text, &name, section).map_err(|problem| {
            Failure::new(format!("{path}:{}: {}", problem.line, problem.message))
        })?;
        let Some(read) = read else {
            let message = format!("{path} has no section {}", section.unwrap_or("uwsgi"));
            self.warnings.push(Warning { origin: origin.clone(), message });
            return Ok(());
        };
        self.warnings.extend(read.warnings);
        let mut flow = Flow::new(self.surroundings);
        for mut directive in read.directives {
            if let Some(value) = directive.value.as_mut().filter(|value| value.contains('%')) {
                // uWSGI replaces before it cuts blanks at the end of a line.
                let replaced = magic::letters(value, &file, &outer);
                replaced.trim_end().clone_into(value);
            }
            let Some(Effect::Logic(logic)) = table::find(&directive.name).map(|row| row.effect)
            else {
                for directive in flow.pass(directive) {
                    self.add(directive, depth)?;
                }
                continue;
            };
            let value = directive.value.clone().unwrap_or_default();
            let origin = directive.origin.clone();
            let wrong = |why: String| at(&origin, &format!("{}: {why}", directive.name));
            let counted = flow.counts();
            flow.take(logic, &value, |name| self.values(name)).map_err(wrong)?;
            if counted && ["%(", "$(", "@("].iter().any(|opening| value.contains(opening)) {
                let message = format!("{} sees `{value}` as it is written", directive.name);
                self.warnings.push(Warning { origin, message });
            }
            if counted || flow.counts() {
                self.directives.push(directive);
            }
        }
        Ok(())
    }

    /// The language of a file, its text, and the first line that is not UTF-8.
    fn open(
        &self,
        path: &str,
        format: Option<Format>,
        origin: &Origin,
    ) -> Result<(Format, String, Option<usize>), Failure> {
        // `ini = site.yaml` is not read as ini.
        let format = Format::of(path).or(format).ok_or_else(|| {
            at(origin, &format!("cannot tell the language of {path}"))
                .hint("name it by its option: ini, yaml, json, xml or toml")
        })?;
        let read = source::read_any(path, self.surroundings.commands);
        let (text, foreign) = read.map_err(|why| {
            let failure = at(origin, &format!("cannot read {path}: {why}"));
            match why.kind() {
                std::io::ErrorKind::NotFound => {
                    let here = std::env::current_dir().unwrap_or_default();
                    failure.hint(format!("the current directory is {}", here.display()))
                }
                _ => failure,
            }
        })?;
        Ok((format, text, foreign))
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
            let effect = table::find(&directive.name).map(|row| row.effect);
            if matches!(effect, Some(Effect::Logic(_))) || !value.contains('(') {
                continue;
            }
            let replaced = self.replaced(&value);
            if let Some(directive) = self.directives.get_mut(index) {
                directive.value = Some(replaced.map_err(|why| at(&directive.origin, &why))?);
            }
        }
        Ok(())
    }

    fn replaced(&mut self, value: &str) -> Result<String, String> {
        let Self { directives, referenced, surroundings, .. } = self;
        magic::names(value, *surroundings, &mut |name| {
            // The first one counts, as in uWSGI 2.0.31.
            let found = directives.iter().find(|said| said.name == name)?;
            referenced.push(name.to_owned());
            Some(found.value.clone().unwrap_or_default())
        })
    }
}

/// The first IPv4 address of a name.
fn address_of(name: &str) -> Result<String, String> {
    let addresses = (name, 0).to_socket_addrs().map_err(|error| error.to_string())?;
    let found = addresses.map(|address| address.ip()).find(IpAddr::is_ipv4);
    found.map(|address| address.to_string()).ok_or_else(|| "it has no IPv4 address".to_owned())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::argv;

    #[test]
    fn a_configuration_for_another_machine_is_not_completed_from_this_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.ini");
        let text = "[uwsgi]\nini = no.ini\nhttp-socket = :$(CARGO_PKG_NAME)\nenv = A=@(/no/file)\n";
        std::fs::write(&file, text).expect("a file");
        let words = argv::read(["--ini".to_owned(), file.display().to_string()]).expect("words");
        let surroundings = Surroundings { elsewhere: true, ..Surroundings::default() };
        let gathered = gather(words, [], surroundings).expect("no failure");
        let said: Vec<_> =
            gathered.directives.iter().skip(2).filter_map(|said| said.value.as_deref()).collect();
        assert_eq!(said, [":$(CARGO_PKG_NAME)", "A=@(/no/file)"]);
        assert!(gathered.warnings.iter().any(|warning| warning.message.contains("no.ini")));
    }

    fn gather_in(files: &[(&str, &str)], line: &str) -> Result<Vec<(String, String)>, Failure> {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).expect("a file");
        }
        let here = folder.path().display().to_string();
        let line = line.replace('@', &here);
        let words = argv::read(line.split_whitespace().map(str::to_owned))?;
        let environment = [("UWSGI_THREADS".to_owned(), "7".to_owned())];
        let surroundings = Surroundings { commands: true, ..Surroundings::default() };
        let gathered = gather(words, environment, surroundings)?;
        let shown = ["ini", "include", "if-", "end", "for"];
        let said = gathered.directives.into_iter();
        let said = said.filter(|said| !shown.iter().any(|start| said.name.starts_with(start)));
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
        check(&[("a.ini", "[uwsgi]\ninclude = b")], "@/a.ini", "the language of b");
        check(&[("a.yaml", "uwsgi:\n  - x")], "@/a.yaml", "a.yaml:2: ");
        check(&[("a.ini", "[uwsgi]\nset-ph = processes=2")], "@/a.ini", "processes is an option");
        check(
            &[("a.ini", "[uwsgi]\nif-env = PATH\nfor = a\n")],
            "@/a.ini",
            "a.ini:3: for: conditions and loops do not stand in one another",
        );
        check(&[("a.ini", "[uwsgi]\n\nini = :uwsgi")], "--ini @/a.ini", "a.ini:3: ");
        check(
            &[("a.ini", "[uwsgi]\nini = ./nowhere.ini")],
            "--ini @/a.ini",
            "a.ini:2: cannot read",
        );
    }
}
