//! Compressed siblings: `style.css.br` and `style.css.gz` in the place of `style.css`.

use std::path::{Path, PathBuf};

use crate::app::Vars;
use crate::options::settings::StaticFiles;

/// What is read for a file that has compressed siblings.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Choice {
    /// The sibling, or the file itself.
    pub(super) path: PathBuf,
    /// The coding of the sibling.
    pub(super) coding: Option<&'static str>,
}

/// Codings, the ones that make files smaller first, and what they add to a name.
const CODINGS: &[(&str, &str)] = &[("br", ".br"), ("gzip", ".gz")];

/// What is to be read for a file, where a rule says that siblings may stand for it and there is
/// one.
pub(super) fn choose(said: &StaticFiles, path: &Path, vars: &Vars) -> Option<Choice> {
    if !is_wanted(said, path) {
        return None;
    }
    let siblings = CODINGS.iter().filter_map(|(coding, end)| {
        let mut sibling = path.as_os_str().to_owned();
        sibling.push(end);
        let sibling = PathBuf::from(sibling);
        // A link could lead out of the directory.
        let is_file = sibling.symlink_metadata().is_ok_and(|facts| facts.is_file());
        is_file.then_some((*coding, sibling))
    });
    let siblings: Vec<_> = siblings.collect();
    if siblings.is_empty() {
        return None;
    }
    let accepted = vars.get(b"HTTP_ACCEPT_ENCODING").unwrap_or_default();
    let plain = weight(accepted, "identity");
    let mut best = (0, None);
    for (coding, sibling) in siblings {
        let weight = weight(accepted, coding).unwrap_or(0);
        // Who names a coding wants it, unless the file as it is was named with more weight.
        if weight > best.0 && plain.is_none_or(|plain| weight >= plain) {
            best = (weight, Some((coding, sibling)));
        }
    }
    Some(match best.1 {
        Some((coding, path)) => Choice { path, coding: Some(coding) },
        None => Choice { path: path.to_owned(), coding: None },
    })
}

fn is_wanted(said: &StaticFiles, path: &Path) -> bool {
    let text = path.to_string_lossy();
    let is_below = |directory: &str| {
        Path::new(directory).canonicalize().is_ok_and(|directory| path.starts_with(directory))
    };
    said.static_gzip_all
        || said.static_gzip_dir.iter().any(|directory| is_below(&directory.value))
        || said.static_gzip_ext.iter().any(|suffix| text.ends_with(&suffix.value))
        || said.static_gzip.iter().any(|pattern| pattern.0.is_match(&text))
}

/// How much a coding is wanted by `Accept-Encoding`, in thousandths; by its name, else by `*`
/// (RFC 9110 §12.5.3). Plain files are wanted by their name only.
fn weight(accepted: &[u8], coding: &str) -> Option<u16> {
    let mut any = None;
    for member in accepted.split(|&byte| byte == b',') {
        let mut parts = member.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
        let name = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| {
            part.strip_prefix(b"q=").or_else(|| part.strip_prefix(b"Q=")).map(thousandths)
        });
        // `x-gzip` is an old name (RFC 9110 §8.4.1.3).
        let name = match name.len() > 2 && name.to_ascii_lowercase().starts_with(b"x-") {
            true => name.get(2..).unwrap_or_default(),
            false => name,
        };
        if name.eq_ignore_ascii_case(coding.as_bytes()) {
            return Some(weight.unwrap_or(1000));
        }
        if name == b"*" {
            any = Some(weight.unwrap_or(1000));
        }
    }
    any.filter(|_| coding != "identity")
}

/// Reads `1`, `0.5`, `0.125`; what is no weight is none at all.
fn thousandths(weight: &[u8]) -> u16 {
    let parsed = std::str::from_utf8(weight).ok().and_then(|text| {
        let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
        let whole: u16 = whole.parse().ok().filter(|whole| *whole <= 1)?;
        let rest: u16 = format!("{rest:0<3}").parse().ok().filter(|_| rest.len() <= 3)?;
        Some((whole * 1000 + rest).min(1000))
    });
    parsed.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is chosen of a file with these siblings.
    fn check(siblings: &[&str], accepted: Option<&str>, expected: &str) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.css");
        std::fs::write(&path, "x").expect("a file");
        for end in siblings {
            std::fs::write(folder.path().join(format!("a.css{end}")), "x").expect("a file");
        }
        let mut vars = Vars::default();
        if let Some(accepted) = accepted {
            vars.push(b"HTTP_ACCEPT_ENCODING", accepted.as_bytes()).expect("short");
        }
        let said = StaticFiles { static_gzip_all: true, ..StaticFiles::default() };
        let choice = choose(&said, &path, &vars);
        let chosen = choice.map(|choice| choice.coding.unwrap_or("plain"));
        assert_eq!(chosen.unwrap_or("no choice"), expected, "{accepted:?}");
    }

    #[test]
    fn the_coding_with_the_most_weight_is_chosen() {
        let both = &[".br", ".gz"];
        check(&[], Some("gzip, br"), "no choice");
        check(both, None, "plain");
        check(both, Some(""), "plain");
        check(both, Some("gzip, deflate, br"), "br");
        check(both, Some("gzip"), "gzip");
        check(both, Some("X-GZip"), "gzip");
        check(both, Some("br;q=0.5, gzip;q=0.8"), "gzip");
        check(both, Some("br;q=0, gzip"), "gzip");
        check(both, Some("br; q=0.000, gzip;Q=0"), "plain");
        check(both, Some("*"), "br");
        check(both, Some("*;q=0.1, br;q=0"), "gzip");
        check(both, Some("*;q=0"), "plain");
        check(both, Some("identity, gzip;q=0.5"), "plain");
        check(both, Some("identity;q=0.5, gzip"), "gzip");
        check(both, Some("gzip;q=much"), "plain");
        check(&[".gz"], Some("gzip, br"), "gzip");
        check(&[".br"], Some("gzip"), "plain");
    }

    #[test]
    fn weights_are_read() {
        for (text, expected) in
            [("1", 1000), ("1.000", 1000), ("0.5", 500), ("0.125", 125), ("0", 0), ("0.", 0)]
        {
            assert_eq!(thousandths(text.as_bytes()), expected, "{text}");
        }
        for text in ["2", "0.1234", "-1", "x", ""] {
            assert_eq!(thousandths(text.as_bytes()), 0, "{text}");
        }
    }
}
