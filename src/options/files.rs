//! What is said about static files: where they are, how long they may be kept, how they are sent.

use regex::Regex;

use super::table::Refusal;

/// Paths below `prefix` are files below `directory`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticMap {
    /// Beginning of the path, as it was written.
    pub prefix: String,
    /// A directory, or one file.
    pub directory: String,
    /// Whether the prefix is a part of the path below the directory, too.
    pub keeps_prefix: bool,
}

/// A regular expression; equal to another where it is written the same.
#[derive(Clone, Debug)]
pub struct Pattern(pub Regex);

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The path on disk.
    File,
    /// The content type, which must be equal.
    Type,
    /// `REQUEST_URI`.
    Uri,
    /// `PATH_INFO`.
    PathInfo,
}

/// From when on the time of a rule is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// The request.
    Now,
    /// The last change of the file.
    Changed,
}

/// How long a client may keep a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Expires {
    /// What the pattern is held against.
    pub subject: Subject,
    /// What must match.
    pub pattern: Pattern,
    /// From when on the time is counted.
    pub since: Since,
    /// Seconds.
    pub seconds: u64,
}

/// `REGEXP SECONDS` or `REGEXP=SECONDS`; a type is taken by the letter.
pub(super) fn parse_expires(
    value: &str,
    subject: Subject,
    since: Since,
) -> Result<Expires, Refusal> {
    let pair = value.rsplit_once(' ').or_else(|| value.rsplit_once('='));
    let parsed = pair.and_then(|(what, seconds)| Some((what.trim(), seconds.parse().ok()?)));
    let (what, seconds) = parsed.ok_or("it needs REGEXP=SECONDS")?;
    let pattern = match subject {
        Subject::Type => parse_pattern(&format!("^{}$", regex::escape(what)))?,
        _ => parse_pattern(what)?,
    };
    Ok(Expires { subject, pattern, since, seconds })
}

/// A regular expression.
pub(super) fn parse_pattern(text: &str) -> Result<Pattern, Refusal> {
    let built = Regex::new(text).map(Pattern);
    built.map_err(|error| format!("it is no regular expression: {error}"))
}

/// Who sends the bytes of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Serve {
    /// The worker.
    #[default]
    Here,
    /// The front end, told by `X-Sendfile` (Apache, lighttpd).
    Sendfile,
    /// The front end, told by `X-Accel-Redirect` (nginx).
    AccelRedirect,
}

impl Serve {
    /// The value of `file-serve-mode`.
    pub(super) fn parse(mode: &str) -> Result<Self, Refusal> {
        match mode {
            "static" => Ok(Self::Here),
            "x-sendfile" | "xsendfile" => Ok(Self::Sendfile),
            "x-accel-redirect" | "xaccelredirect" | "nginx" => Ok(Self::AccelRedirect),
            _ => Err("static, x-sendfile and x-accel-redirect are known".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_age_are_read() {
        fn check(value: &str, subject: Subject, expected: &str) {
            let read = parse_expires(value, subject, Since::Now);
            let read = read.map(|rule| format!("{} {}", rule.pattern.0, rule.seconds));
            assert_eq!(read.unwrap_or_else(|why| why), expected, "{value}");
        }
        check("/data/.* 2592000", Subject::File, "/data/.* 2592000");
        check("a=b=60", Subject::Uri, "a=b 60");
        check("image/svg+xml=60", Subject::Type, r"^image/svg\+xml$ 60");
        check("x", Subject::Uri, "it needs REGEXP=SECONDS");
        check("x=y", Subject::Uri, "it needs REGEXP=SECONDS");
        assert!(parse_expires("(=1", Subject::Uri, Since::Now).is_err());
    }
}
