//! Replaces what stands for something else in a value.
//!
//! `%d`, `%n`… while a file is read; `$(ENV)`, `@(file)` and `%(name)` once everything has been
//! said. As uWSGI 2.0.31 does, seen by running it.

use std::path::Path;

/// A value may not grow beyond this by being expanded, in bytes.
const LARGEST: usize = 1 << 20;
/// A file named in `@(…)` may not be larger, in bytes.
const LARGEST_FILE: u64 = 64 << 10;
/// A placeholder may stand in a placeholder so often.
const DEEPEST: usize = 16;

/// The facts behind the one-letter placeholders of one file.
#[derive(Clone, Debug)]
pub struct File {
    /// The name as it was given.
    given: String,
    /// The absolute path.
    path: String,
    section: Option<String>,
}

impl File {
    /// A file by the name it was given, read for a section that was named (or not).
    #[must_use]
    pub fn new(given: &str, section: Option<&str>) -> Self {
        let path = std::path::absolute(given).unwrap_or_else(|_| given.into());
        Self {
            given: given.to_owned(),
            path: path.to_string_lossy().into_owned(),
            section: section.map(str::to_owned),
        }
    }

    /// What a letter stands for; every other letter stands for nothing.
    fn letter(&self, letter: char) -> String {
        let path = Path::new(&self.path);
        let text = |part: Option<&std::ffi::OsStr>| {
            part.map(|part| part.to_string_lossy().into_owned()).unwrap_or_default()
        };
        match letter {
            '%' => "%".to_owned(),
            'v' => std::env::current_dir().map(|p| p.display().to_string()).unwrap_or_default(),
            'p' => self.path.clone(),
            'd' => path.parent().map_or_else(String::new, |dir| {
                let dir = dir.display().to_string();
                if dir.ends_with('/') { dir } else { dir + "/" }
            }),
            's' => text(path.file_name()),
            'n' => text(path.file_stem()),
            'e' => text(path.extension()),
            'c' => text(path.parent().and_then(Path::file_name)),
            'o' => self.given.clone(),
            'x' => self.section.clone().unwrap_or_default(),
            '0'..='9' => {
                let wanted = letter.to_digit(10).unwrap_or_default() as usize;
                self.path.split('/').skip(1).nth(wanted).unwrap_or_default().to_owned()
            }
            'h' => host_name(),
            'k' => cores().to_string(),
            'u' => nix::unistd::getuid().to_string(),
            'U' => user_name(),
            'g' => nix::unistd::getgid().to_string(),
            'G' => group_name(),
            't' => since_epoch().as_secs().to_string(),
            'T' => since_epoch().as_micros().to_string(),
            'V' => crate::version::UWSGI.to_owned(),
            '[' => "\u{1b}".to_owned(),
            _ => String::new(),
        }
    }
}

fn host_name() -> String {
    nix::unistd::gethostname().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The cores this process may use.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn user_name() -> String {
    let user = nix::unistd::User::from_uid(nix::unistd::getuid());
    user.ok().flatten().map(|user| user.name).unwrap_or_default()
}

fn group_name() -> String {
    let group = nix::unistd::Group::from_gid(nix::unistd::getgid());
    group.ok().flatten().map(|group| group.name).unwrap_or_default()
}

fn since_epoch() -> std::time::Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default()
}

/// Replaces the one-letter placeholders of a value that stands in a file. `%(` stays.
#[must_use]
pub fn letters(value: &str, file: &File, outer: &File) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value.chars().peekable();
    while let Some(found) = rest.next() {
        match (found, rest.peek().copied()) {
            ('%', Some('(') | None) => out.push('%'),
            ('%', Some(letter)) => {
                rest.next();
                match letter {
                    // The upper-case letters mean the first file that was read.
                    'O' | 'D' | 'S' | 'P' | 'C' | 'E' | 'N' | 'X' => {
                        out.push_str(&outer.letter(letter.to_ascii_lowercase()));
                    }
                    letter => out.push_str(&file.letter(letter)),
                }
            }
            _ => out.push(found),
        }
    }
    out
}

/// Replaces `$(ENV)`, `@(file)` and `%(name)`; what is unknown stays as it is.
pub fn names(
    value: &str,
    lookup: &mut dyn FnMut(&str) -> Option<String>,
) -> Result<String, String> {
    names_within(value, lookup, DEEPEST)
}

fn names_within(
    value: &str,
    lookup: &mut dyn FnMut(&str) -> Option<String>,
    depth: usize,
) -> Result<String, String> {
    let value = replace(value, "$(", &mut |name| Ok(std::env::var(name).ok()))?;
    let value = replace(&value, "@(", &mut |name| read_file(name).map(Some))?;
    replace(&value, "%(", &mut |name| match lookup(name) {
        Some(_) if depth == 0 => Err(format!("%({name}) stands in itself")),
        Some(found) => names_within(&found, lookup, depth - 1).map(Some),
        None => Ok(None),
    })
}

fn replace(
    value: &str,
    opening: &str,
    with: &mut dyn FnMut(&str) -> Result<Option<String>, String>,
) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = value;
    while let Some((before, behind)) = rest.split_once(opening) {
        out.push_str(before);
        let Some((name, after)) = behind.split_once(')') else {
            out.push_str(opening);
            rest = behind;
            continue;
        };
        match with(name)? {
            Some(found) => out.push_str(&found),
            None => out.extend([opening, name, ")"]),
        }
        if out.len() > LARGEST {
            return Err(format!("the value grows beyond {LARGEST} bytes"));
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

fn read_file(name: &str) -> Result<String, String> {
    use std::io::Read;
    let mut text = String::new();
    let file = std::fs::File::open(name).map_err(|error| format!("cannot read {name}: {error}"))?;
    file.take(LARGEST_FILE)
        .read_to_string(&mut text)
        .map_err(|error| format!("cannot read {name}: {error}"))?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_stand_for_facts_of_the_file() {
        fn check(value: &str, expected: &str) {
            let file = File::new("/srv/site/app.ini", Some("web"));
            let outer = File::new("/etc/uwsgi/outer.ini", None);
            assert_eq!(letters(value, &file, &outer), expected, "{value}");
        }
        check("%d%s", "/srv/site/app.ini");
        check("%p %n %e %c %x", "/srv/site/app.ini app ini site web");
        check("%0/%1/%2", "srv/site/app.ini");
        check("%D%N %S", "/etc/uwsgi/outer outer.ini");
        check("%%Y-%m-%d", "%Y--/srv/site/");
        check("%(home)/%n", "%(home)/app");
        check("100%", "100%");
    }

    #[test]
    fn names_stand_for_values() {
        fn check(value: &str, expected: &str) {
            let mut lookup = |name: &str| match name {
                "a" => Some("1".to_owned()),
                "b" => Some("<%(a)>".to_owned()),
                _ => None,
            };
            assert_eq!(names(value, &mut lookup).as_deref(), Ok(expected), "{value}");
        }
        check("%(a)%(b)", "1<1>");
        check("%(no) $(RUWSGI_NO_SUCH_NAME)", "%(no) $(RUWSGI_NO_SUCH_NAME)");
        check("%(a", "%(a");
        check("$(CARGO_PKG_NAME)", "ruwsgi");
    }

    #[test]
    fn a_name_in_itself_is_refused() {
        let refused = names("%(a)", &mut |_| Some("x%(a)".to_owned()));
        assert!(refused.is_err_and(|message| message.contains("stands in itself")));
    }
}
