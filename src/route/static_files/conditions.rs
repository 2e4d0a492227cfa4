//! Whether a client may have what it asks for, or has it already (RFC 9110 §13).

use std::time::{Duration, SystemTime};

use crate::app::Vars;

/// What tells one version of a file from another.
pub(super) struct Version {
    /// The entity tag, quoted. None where the front end sends the file, with a tag of its own.
    pub(super) tag: Option<String>,
    /// When the file was changed.
    pub(super) modified: SystemTime,
}

/// What the conditions of a request come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The file is wanted.
    Send,
    /// The client has it.
    Fresh,
    /// The client wanted another version: 412.
    Failed,
}

impl Version {
    /// The verdict, in the order of RFC 9110 §13.2.2.
    pub(super) fn judge(&self, vars: &Vars) -> Verdict {
        let unmodified_since = |name: &[u8]| {
            date(vars.named(name)?)
                .map(|known| whole_seconds(self.modified) <= whole_seconds(known))
        };
        let fits = match vars.get(b"HTTP_IF_MATCH") {
            Some(tags) => self.tag.as_ref().map(|tag| names(tags, tag, false)),
            None => unmodified_since(b"HTTP_IF_UNMODIFIED_SINCE"),
        };
        if fits == Some(false) {
            return Verdict::Failed;
        }
        let fresh = match vars.get(b"HTTP_IF_NONE_MATCH") {
            Some(tags) => self.tag.as_ref().map(|tag| names(tags, tag, true)),
            None => unmodified_since(b"HTTP_IF_MODIFIED_SINCE"),
        };
        if fresh == Some(true) { Verdict::Fresh } else { Verdict::Send }
    }

    /// Whether a part of this version fits what the client has (`If-Range`, RFC 9110 §13.1.5). A
    /// date tells versions apart only when it is older than a second.
    pub(super) fn continues(&self, vars: &Vars) -> bool {
        let Some(known) = vars.get(b"HTTP_IF_RANGE").map(<[u8]>::trim_ascii) else { return true };
        if known.contains(&b'"') {
            return self.tag.as_ref().is_some_and(|tag| known == tag.as_bytes());
        }
        let age = SystemTime::now().duration_since(self.modified).unwrap_or_default();
        let same = |known| whole_seconds(known) == whole_seconds(self.modified);
        age >= Duration::from_secs(1) && date(known).is_some_and(same)
    }
}

/// HTTP dates have no fractions of a second.
fn whole_seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn date(value: &[u8]) -> Option<SystemTime> {
    httpdate::parse_http_date(std::str::from_utf8(value).ok()?.trim()).ok()
}

/// Whether a list of entity tags holds this one. `W/` counts as the tag itself only where that is
/// enough (RFC 9110 §8.8.3.2).
fn names(list: &[u8], tag: &str, weak_is_enough: bool) -> bool {
    if list.trim_ascii() == b"*" {
        return true;
    }
    // A tag is between quotes and may hold a comma: every second part is one.
    let mut parts = list.split(|&byte| byte == b'"');
    let wanted = tag.trim_matches('"').as_bytes();
    while let (Some(before), Some(inside)) = (parts.next(), parts.next()) {
        if inside == wanted && (weak_is_enough || !before.ends_with(b"W/")) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const EARLIER: &str = "Sun, 09 Sep 2001 01:46:39 GMT";
    const SAME: &str = "Sun, 09 Sep 2001 01:46:40 GMT";
    const LATER: &str = "Sun, 09 Sep 2001 01:46:41 GMT";

    fn version() -> Version {
        let modified = SystemTime::UNIX_EPOCH + Duration::from_millis(1_000_000_000_500);
        Version { tag: Some("\"a,b\"".to_owned()), modified }
    }

    fn vars(headers: &[(&str, &str)]) -> Vars {
        let mut vars = Vars::default();
        for (name, value) in headers {
            let name = format!("HTTP_{}", name.to_uppercase().replace('-', "_"));
            vars.push(name.as_bytes(), value.as_bytes()).expect("short");
        }
        vars
    }

    #[test]
    fn conditions_are_judged_in_the_order_of_the_rfc() {
        fn check(headers: &[(&str, &str)], expected: Verdict) {
            assert_eq!(version().judge(&vars(headers)), expected, "{headers:?}");
        }
        check(&[], Verdict::Send);
        check(&[("If-None-Match", "\"a,b\"")], Verdict::Fresh);
        check(&[("If-None-Match", "\"x\", W/\"a,b\"")], Verdict::Fresh);
        check(&[("If-None-Match", "*")], Verdict::Fresh);
        check(&[("If-None-Match", "\"x\"")], Verdict::Send);
        check(&[("If-None-Match", "a,b")], Verdict::Send);
        check(&[("If-None-Match", "\"x\""), ("If-Modified-Since", LATER)], Verdict::Send);
        check(&[("If-Modified-Since", EARLIER)], Verdict::Send);
        check(&[("If-Modified-Since", SAME)], Verdict::Fresh);
        check(&[("If-Modified-Since", LATER)], Verdict::Fresh);
        check(&[("If-Modified-Since", "yesterday")], Verdict::Send);
        check(&[("If-Match", "\"a,b\"")], Verdict::Send);
        check(&[("If-Match", "*")], Verdict::Send);
        check(&[("If-Match", "W/\"a,b\"")], Verdict::Failed);
        check(&[("If-Match", "\"x\"")], Verdict::Failed);
        check(&[("If-Match", "\"a,b\""), ("If-Unmodified-Since", EARLIER)], Verdict::Send);
        check(&[("If-Unmodified-Since", EARLIER)], Verdict::Failed);
        check(&[("If-Unmodified-Since", SAME)], Verdict::Send);
        check(&[("If-Unmodified-Since", "never")], Verdict::Send);
        check(&[("If-Match", "\"x\""), ("If-None-Match", "\"a,b\"")], Verdict::Failed);
        check(&[("If-Match", "\"a,b\""), ("If-None-Match", "\"a,b\"")], Verdict::Fresh);
    }

    #[test]
    fn tags_of_the_front_end_are_left_to_it() {
        let version = Version { tag: None, ..version() };
        let judge = |headers: &[(&str, &str)]| version.judge(&vars(headers));
        assert_eq!(judge(&[("If-Match", "\"x\"")]), Verdict::Send);
        assert_eq!(judge(&[("If-None-Match", "*")]), Verdict::Send);
        assert_eq!(judge(&[("If-Modified-Since", SAME)]), Verdict::Fresh);
    }

    #[test]
    fn a_part_continues_only_the_same_version() {
        fn check(known: &str, expected: bool) {
            assert_eq!(version().continues(&vars(&[("If-Range", known)])), expected, "{known}");
        }
        check("\"a,b\"", true);
        check("W/\"a,b\"", false);
        check("\"x\"", false);
        check(SAME, true);
        check(LATER, false);
        check("yesterday", false);
        assert!(version().continues(&vars(&[])));
        let young = Version { tag: None, modified: SystemTime::now() };
        let now = httpdate::fmt_http_date(young.modified);
        assert!(!young.continues(&vars(&[("If-Range", &now)])));
    }
}
