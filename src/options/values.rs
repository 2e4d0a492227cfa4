//! Values that are taken apart as they are read.
//!
//! A refusal is the sentence behind `cannot use …`; which option it was is for
//! [`settings`](super::settings) to say.

use super::settings::{Owner, StaticMap};
use super::table::Refusal;

/// What `plugins` may name because it is built in.
const BUILT_IN: &[&str] = &["0", "http", "corerouter", "logfile"];

/// The names in a list of plugins that are not built in.
pub fn missing_plugins(names: &str) -> impl Iterator<Item = &str> {
    names.split([',', ' ']).filter(|name| !name.is_empty()).filter(|name| {
        let base = name.rsplit('/').next().unwrap_or(name).trim_end_matches("_plugin.so");
        let python = base.strip_prefix("python").is_some_and(|version| {
            version.chars().all(|letter| letter.is_ascii_digit() || letter == '.')
        });
        !python && !BUILT_IN.contains(&base)
    })
}

/// False for `false`, `off`, `no` and `0`, in any case; true for everything else.
#[must_use]
pub fn truth(value: &str) -> bool {
    !["false", "off", "no", "0"].iter().any(|no| value.eq_ignore_ascii_case(no))
}

/// Three octal digits; 666 for nothing and for `1`.
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

/// `/prefix=directory`.
pub fn parse_static_map(pair: &str) -> Result<StaticMap, Refusal> {
    match pair.split_once('=') {
        Some((prefix, directory)) if !directory.is_empty() => {
            Ok(StaticMap { prefix: prefix.to_owned(), directory: directory.to_owned() })
        }
        _ => Err("it needs /prefix=directory".to_owned()),
    }
}
