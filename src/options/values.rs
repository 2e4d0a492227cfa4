//! Values that are taken apart as they are read.
//!
//! A refusal is the sentence behind `cannot use …`; which option it was is for
//! [`apply`](super::apply) to say.

use super::files::StaticMap;
use super::settings::Owner;
use super::table::Refusal;

/// What `plugins` may name because it is built in.
const BUILT_IN: &[&str] = &["0", "http", "corerouter", "logfile", "logsocket", "syslog", "rsyslog"];

/// The names in a list of plugins that are not built in.
pub fn missing_plugins(names: &str) -> impl Iterator<Item = &str> {
    names.split([',', ' ']).filter(|name| !name.is_empty() && !is_built_in(name))
}

/// Whether what a plugin of uWSGI does is built in here: `python3`, `http`, `/usr/lib/…/http_plugin.so`.
#[must_use]
pub fn is_built_in(name: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or(name).trim_end_matches("_plugin.so");
    let is_python = base.strip_prefix("python").is_some_and(|version| {
        version.chars().all(|letter| letter.is_ascii_digit() || letter == '.')
    });
    is_python || BUILT_IN.contains(&base)
}

/// False for `false`, `off`, `no` and `0`, in any case; true for everything else.
#[must_use]
pub fn truth(value: &str) -> bool {
    !["false", "off", "no", "0"].iter().any(|no| value.eq_ignore_ascii_case(no))
}

/// What is before and in a comment that stands behind a word: `666  # mode`.
#[must_use]
pub fn cut_comment(value: &str) -> Option<(&str, &str)> {
    let blank = |at: usize| {
        value.get(..at).is_some_and(|before| before.is_empty() || before.ends_with([' ', '\t']))
    };
    let at = value.match_indices(['#', ';']).map(|(at, _)| at).find(|&at| blank(at))?;
    let (word, comment) = value.split_at_checked(at)?;
    Some((word.trim_end(), comment))
}

/// Three octal digits; 666 for nothing, `1` and `true`, as a bare name comes.
pub fn parse_mode(mode: &str) -> Result<u32, Refusal> {
    match mode {
        "" | "1" | "true" => Ok(0o666),
        mode if mode.len() == 3 => parse_octal(mode),
        _ => Err("it takes three octal digits, such as 660".to_owned()),
    }
}

/// A file mode.
pub fn parse_octal(mode: &str) -> Result<u32, Refusal> {
    let parsed = u32::from_str_radix(mode, 8).ok().filter(|mode| *mode <= 0o7777);
    parsed.ok_or_else(|| "it takes octal digits, such as 022".to_owned())
}

/// `user` or `user:group`.
pub fn parse_owner(owner: &str) -> Result<Owner, Refusal> {
    let (user, group) = match owner.split_once(':') {
        Some((user, group)) => (user, Some(group.to_owned())),
        None => (owner, None),
    };
    if user.is_empty() {
        return Err("it needs a user".to_owned());
    }
    Ok(Owner { user: user.to_owned(), group })
}

/// `NAME=VALUE`.
pub fn parse_environment(pair: &str) -> Result<(&str, &str), Refusal> {
    match pair.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() && !pair.contains('\0') => {
            Ok((name.trim(), value))
        }
        _ => Err("it needs NAME=VALUE".to_owned()),
    }
}

/// `FILE` and, behind white space, what happens when it changes.
pub fn file_and(words: &str) -> Result<(String, &str), Refusal> {
    let (path, rest) =
        words.trim().split_once([' ', '\t']).ok_or("it needs a file and an action")?;
    Ok((path.to_owned(), rest.trim_start()))
}

/// `/prefix=directory`; whether the prefix stays a part of the path is said by the option.
pub fn parse_static_map(pair: &str, keeps_prefix: bool) -> Result<StaticMap, Refusal> {
    match pair.split_once('=') {
        Some((prefix, directory)) if !directory.is_empty() => {
            let (prefix, directory) = (prefix.to_owned(), directory.to_owned());
            Ok(StaticMap { prefix, directory, keeps_prefix })
        }
        _ => Err("it needs /prefix=directory".to_owned()),
    }
}

/// A modifier: 0 is WSGI, 30 another name for it, and nothing else is served.
pub fn only_wsgi(number: &str) -> Result<(), Refusal> {
    match number {
        "0" | "30" => Ok(()),
        _ => Err("0 (WSGI) is the only kind of request served here".to_owned()),
    }
}

/// `Name: value`, as a header of a reply has it (RFC 9110 §5).
pub fn parse_header(line: &str) -> Result<(Vec<u8>, Vec<u8>), Refusal> {
    let (name, value) = line.split_once(':').ok_or("it needs Name: value")?;
    let (name, value) = (name.trim(), value.trim());
    if http::HeaderName::from_bytes(name.as_bytes()).is_err() {
        return Err(format!("{name} cannot be the name of a header"));
    }
    http::HeaderValue::from_str(value).map_err(|_| "its value holds control characters")?;
    Ok((name.into(), value.into()))
}
