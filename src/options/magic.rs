//! Replaces what stands for something else in a value.
//!
//! `%d`, `%n`… while a file is read; `$(ENV)`, `@(file)` and `%(name)` once everything has been
//! said. As uWSGI 2.0.31 does, seen by running it.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::logic::Surroundings;
use super::source;

/// A value may not grow beyond this by being expanded, in bytes.
const LARGEST: usize = 1 << 20;
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
                let folders = path.parent().and_then(Path::to_str).unwrap_or_default();
                folders.split('/').skip(1).nth(wanted).unwrap_or_default().to_owned()
            }
            'i' => std::fs::metadata(path).map_or(0, |file| file.ino()).to_string(),
            // As uWSGI prints it: the bytes as they are in the memory of a little-endian machine.
            'j' => format!("{:08X}", djb33x(&self.path).swap_bytes()),
            'b' => std::env::current_exe().map(|p| p.display().to_string()).unwrap_or_default(),
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

/// The hash of Daniel J. Bernstein that multiplies by 33 and xors.
fn djb33x(text: &str) -> u32 {
    text.bytes().fold(5381, |hash, byte| hash.wrapping_mul(33) ^ u32::from(byte))
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
                    'O' | 'D' | 'S' | 'P' | 'C' | 'E' | 'N' | 'X' | 'I' | 'J' => {
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

/// Replaces `$(ENV)`, `@(file)` and `%(name)`; what is unknown stays as it is. Where commands may not be run,
/// `@(exec://…)` stays as well.
pub fn names(
    value: &str,
    surroundings: Surroundings,
    lookup: &mut dyn FnMut(&str) -> Option<String>,
) -> Result<String, String> {
    names_within(value, surroundings, lookup, DEEPEST)
}

fn names_within(
    value: &str,
    surroundings: Surroundings,
    lookup: &mut dyn FnMut(&str) -> Option<String>,
    depth: usize,
) -> Result<String, String> {
    let Surroundings { commands, elsewhere, .. } = surroundings;
    let mut value = value.to_owned();
    if !elsewhere {
        value = replace(&value, "$(", &mut |name| Ok(std::env::var(name).ok()))?;
        value = replace(&value, "@(", &mut |name| {
            if name.starts_with("exec://") && !commands {
                return Ok(None);
            }
            let text =
                source::read(name, commands).map_err(|why| format!("cannot read {name}: {why}"))?;
            Ok(Some(text.trim_end_matches(['\n', '\r']).to_owned()))
        })?;
    }
    let mut within = |name: &str| match lookup(name) {
        Some(_) if depth == 0 => Err(format!("%({name}) stands in itself")),
        Some(found) => names_within(&found, surroundings, lookup, depth - 1).map(Some),
        None => Ok(None),
    };
    replace(&value, "%(", &mut |inner| match inner.contains(' ') {
        true => evaluate(inner, &mut within).map(Some),
        false => within(inner),
    })
}

/// `%(a + 1)`: words from left to right, without precedence. `+ - * /` take whole numbers, `++` and `--`
/// count by one, words side by side are joined. An unknown word is nothing, or 0 to count with.
fn evaluate(
    words: &str,
    lookup: &mut dyn FnMut(&str) -> Result<Option<String>, String>,
) -> Result<String, String> {
    let mut result = String::new();
    let mut operator = None;
    for word in words.split_whitespace() {
        match word {
            "+" | "-" | "*" | "/" => operator = Some(word),
            "++" => result = leading_number(&result).wrapping_add(1).to_string(),
            "--" => result = leading_number(&result).wrapping_sub(1).to_string(),
            word => {
                let value = match word.bytes().all(|byte| byte.is_ascii_digit()) {
                    true => word.to_owned(),
                    false => lookup(word)?.unwrap_or_default(),
                };
                let (left, right) = (leading_number(&result), leading_number(&value));
                result = match operator.take() {
                    Some("+") => left.wrapping_add(right).to_string(),
                    Some("-") => left.wrapping_sub(right).to_string(),
                    Some("*") => left.wrapping_mul(right).to_string(),
                    Some(_) => left.checked_div(right).unwrap_or_default().to_string(),
                    None => result + &value,
                };
                if result.len() > LARGEST {
                    return Err(format!("the value grows beyond {LARGEST} bytes"));
                }
            }
        }
    }
    Ok(result)
}

/// The number a text begins with, as C's `atoll` reads it; 0 where there is none.
fn leading_number(text: &str) -> i64 {
    let unsigned = text.trim_start_matches(['-', '+']);
    let end = unsigned.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(unsigned.len());
    let digits = unsigned.get(..end).unwrap_or_default();
    let number = digits.parse().unwrap_or(if digits.is_empty() { 0 } else { i64::MAX });
    if text.starts_with('-') { -number } else { number }
}

/// What stands before the parenthesis that closes one opened just before, and what stands behind it.
fn split_at_closing(text: &str) -> Option<(&str, &str)> {
    let mut depth = 1_usize;
    let closing = text.char_indices().find(|(_, letter)| {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    let (at, _) = closing?;
    Some((text.get(..at)?, text.get(at + 1..)?))
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
        let Some((name, after)) = split_at_closing(behind) else {
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

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Surroundings = Surroundings { reloading: false, commands: true, elsewhere: false };

    #[test]
    fn letters_stand_for_facts_of_the_file() {
        fn check(value: &str, expected: &str) {
            let file = File::new("/srv/site/app.ini", Some("web"));
            let outer = File::new("/etc/uwsgi/outer.ini", None);
            assert_eq!(letters(value, &file, &outer), expected, "{value}");
        }
        check("%d%s", "/srv/site/app.ini");
        check("%p %n %e %c %x", "/srv/site/app.ini app ini site web");
        check("%0/%1/%2", "srv/site/");
        check("%D%N %S", "/etc/uwsgi/outer outer.ini");
        check("%%Y-%m-%d", "%Y--/srv/site/");
        check("%(home)/%n", "%(home)/app");
        check("100%", "100%");
        check("%a%l", "");
    }

    #[test]
    fn the_hash_of_a_path_is_printed_as_uwsgi_does() {
        let file = File::new("/tmp/x/t.ini", None);
        assert_eq!(letters("%j", &file, &file), "CF8A5594");
    }

    #[test]
    fn names_stand_for_values() {
        fn check(value: &str, expected: &str) {
            let mut lookup = |name: &str| match name {
                "a" => Some("1".to_owned()),
                "b" => Some("<%(a)>".to_owned()),
                _ => None,
            };
            assert_eq!(names(value, HERE, &mut lookup).as_deref(), Ok(expected), "{value}");
        }
        check("%(a)%(b)", "1<1>");
        check("%(no) $(RUWSGI_NO_SUCH_NAME)", "%(no) $(RUWSGI_NO_SUCH_NAME)");
        check("%(a", "%(a");
        check("$(CARGO_PKG_NAME)", "ruwsgi");
    }

    #[test]
    fn sums_are_worked_out_as_uwsgi_does() {
        fn check(value: &str, expected: &str) {
            let mut lookup = |name: &str| match name {
                "base" => Some("10".to_owned()),
                "text" => Some("ab".to_owned()),
                "minus" => Some("-5".to_owned()),
                _ => None,
            };
            assert_eq!(names(value, HERE, &mut lookup).as_deref(), Ok(expected), "{value}");
        }
        check("%(base + 5)", "15");
        check("%(base - 13)", "-3");
        check("%(base * 2) %(base / 3) %(base / 0)", "20 3 0");
        check("%(base + 5 * 2)", "30");
        check("%(2 * 3 + base)", "16");
        check("%(base ++)%(base --)", "119");
        check("x%(base + base)y", "x20y");
        check("%(base base)%(text text)", "1010abab");
        check("%(base foo)", "10");
        check("%(foo + 1) %(text + 1) %(minus + 1)", "1 1 -4");
        check("%( base )", "10");
        check("%(base+5) %(base++)", "%(base+5) %(base++)");
        check("%(base+ 5) %(base +5) %(base + -3)", "5 10 10");
        // Parentheses belong to words, which are then unknown.
        check("%((1 + 2) + 3) %(1 + (2 + 3))", "3 1");
        check("x%((2 * 2) + 1)y)z %((base) %((base))", "x1y)z %((base) %((base))");
    }

    #[test]
    fn a_name_in_itself_is_refused() {
        let refused = names("%(a)", HERE, &mut |_| Some("x%(a)".to_owned()));
        assert!(refused.is_err_and(|message| message.contains("stands in itself")));
    }
}
