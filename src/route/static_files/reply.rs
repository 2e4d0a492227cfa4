//! The answer that a file gives: head, ranges, compressed siblings, or a word to the front end.

use std::fs::{File, Metadata};
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bytes::Bytes;

use super::kinds::Kinds;
use crate::app::file::FilePieces;
use crate::app::{Noted, Output, Reply, Vars};
use crate::options::files::{Serve, Since, Subject};
use crate::options::settings::StaticFiles;

type Headers = Vec<(Vec<u8>, Vec<u8>)>;

fn push(headers: &mut Headers, name: &str, value: impl Into<Vec<u8>>) {
    headers.push((name.as_bytes().to_vec(), value.into()));
}

/// The answer, where the file can be opened.
pub(super) fn reply(said: &StaticFiles, kinds: &Kinds, path: &Path, vars: &Vars) -> Option<Reply> {
    let mut headers = Headers::new();
    let packed = packed(said, path, vars);
    let mut file = File::open(packed.as_ref().map_or(path, |packed| &packed.path)).ok()?;
    let facts = file.metadata().ok().filter(Metadata::is_file)?;
    let modified = facts.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    if is_fresh(modified, vars) {
        return Some(bodiless("304 Not Modified", headers));
    }
    if let Some(packed) = &packed {
        packed.tell(&mut headers);
    }
    let kind = kinds.of(path);
    if let Some(kind) = kind {
        push(&mut headers, "Content-Type", kind);
    }
    let expires = expires(said, path, kind.unwrap_or_default(), modified, vars);
    if let Some(expires) = expires.and_then(http_date) {
        push(&mut headers, "Expires", expires);
    }
    let last_modified = http_date(modified);
    match said.file_serve_mode {
        Serve::Here => {}
        mode => {
            let name = if mode == Serve::Sendfile { "X-Sendfile" } else { "X-Accel-Redirect" };
            let path = path.as_os_str().as_encoded_bytes();
            // A name with a line end would be a header of its own.
            http::HeaderValue::from_bytes(path).ok()?;
            push(&mut headers, name, path);
            if let Some(last_modified) = last_modified {
                push(&mut headers, "Last-Modified", last_modified);
            }
            return Some(bodiless("200 OK", headers));
        }
    }
    // A part of another version would spoil what the client has (RFC 9110 §13.1.5).
    let same = vars.get(b"HTTP_IF_RANGE").is_none_or(|known| {
        last_modified.as_ref().is_some_and(|modified| known == modified.as_bytes())
    });
    let range = match vars.get(b"HTTP_RANGE") {
        Some(range) if said.honour_range && same => parse_range(range, facts.len()),
        _ => Range::All,
    };
    let (start, length, status) = match range {
        Range::All => (0, facts.len(), "200 OK"),
        Range::Part { start, end } => (start, end - start + 1, "206 Partial Content"),
        Range::Impossible => {
            push(&mut headers, "Content-Range", format!("bytes */{}", facts.len()));
            return Some(bodiless("416 Range Not Satisfiable", headers));
        }
    };
    push(&mut headers, "Content-Length", length.to_string());
    if let Range::Part { start, end } = range {
        push(&mut headers, "Content-Range", format!("bytes {start}-{end}/{}", facts.len()));
    }
    if let Some(last_modified) = last_modified {
        push(&mut headers, "Last-Modified", last_modified);
    }
    file.seek(SeekFrom::Start(start)).ok()?;
    let pieces = Box::new(FilePieces::new(file, length, None));
    let body = Output::Stream(Bytes::new(), pieces);
    Some(Reply {
        status: status.into(),
        headers,
        body,
        pieces: 0,
        failed: false,
        noted: Noted::default(),
    })
}

fn bodiless(status: &str, headers: Headers) -> Reply {
    let body = Output::Full(Bytes::new());
    Reply {
        status: status.into(),
        headers,
        body,
        pieces: 0,
        failed: false,
        noted: Noted::default(),
    }
}

/// A file for which a compressed one may stand.
struct Packed {
    path: PathBuf,
    is_packed: bool,
}

impl Packed {
    /// Caches must know that clients get different bytes (RFC 9110 §12.5.5).
    fn tell(&self, headers: &mut Headers) {
        if self.is_packed {
            push(headers, "Content-Encoding", "gzip");
        }
        push(headers, "Vary", "Accept-Encoding");
    }
}

/// What is to be read for a file, where a rule says that `FILE.gz` may stand for it.
fn packed(said: &StaticFiles, path: &Path, vars: &Vars) -> Option<Packed> {
    let text = path.to_string_lossy();
    let is_below = |directory: &str| {
        Path::new(directory).canonicalize().is_ok_and(|directory| path.starts_with(directory))
    };
    let wanted = said.static_gzip_all
        || said.static_gzip_dir.iter().any(|directory| is_below(&directory.value))
        || said.static_gzip_ext.iter().any(|suffix| text.ends_with(&suffix.value))
        || said.static_gzip.iter().any(|pattern| pattern.0.is_match(&text));
    if !wanted {
        return None;
    }
    let mut packed = path.as_os_str().to_owned();
    packed.push(".gz");
    let packed = PathBuf::from(packed);
    // A link could lead out of the directory.
    if !packed.symlink_metadata().is_ok_and(|facts| facts.is_file()) {
        return None;
    }
    let is_packed = takes_gzip(vars.get(b"HTTP_ACCEPT_ENCODING").unwrap_or_default());
    Some(Packed { path: if is_packed { packed } else { path.to_owned() }, is_packed })
}

/// Whether `gzip` stands among the codings, and not with a weight of zero (RFC 9110 §12.5.3).
fn takes_gzip(codings: &[u8]) -> bool {
    codings.split(|&byte| byte == b',').any(|coding| {
        let mut parts = coding.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(b"gzip"));
        let refused = parts.any(|part| {
            let weight = part.strip_prefix(b"q=").or_else(|| part.strip_prefix(b"Q="));
            weight.is_some_and(|weight| weight.iter().all(|byte| matches!(byte, b'0' | b'.')))
        });
        is_gzip && !refused
    })
}

fn is_fresh(modified: SystemTime, vars: &Vars) -> bool {
    let known = vars.get(b"HTTP_IF_MODIFIED_SINCE").and_then(|date| std::str::from_utf8(date).ok());
    let known = known.and_then(|date| httpdate::parse_http_date(date).ok());
    // HTTP dates have no fractions of a second.
    known.is_some_and(|known| {
        modified.duration_since(known).is_ok_and(|newer| newer.as_secs() == 0) || modified < known
    })
}

/// A date as HTTP writes it; it knows none before 1970 and none after 9999.
fn http_date(time: SystemTime) -> Option<String> {
    const END: u64 = 253_402_300_800;
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs();
    (seconds < END).then(|| httpdate::fmt_http_date(time))
}

/// Until when a client may keep a file, by the first rule that fits.
fn expires(
    said: &StaticFiles,
    path: &Path,
    kind: &str,
    modified: SystemTime,
    vars: &Vars,
) -> Option<SystemTime> {
    let rule = said.static_expires.iter().find(|rule| {
        let subject = match rule.subject {
            Subject::File => path.to_string_lossy(),
            Subject::Type => kind.into(),
            Subject::Uri => vars.text(b"REQUEST_URI"),
            Subject::PathInfo => vars.text(b"PATH_INFO"),
        };
        rule.pattern.0.is_match(&subject)
    })?;
    let since = match rule.since {
        Since::Now => SystemTime::now(),
        Since::Changed => modified,
    };
    since.checked_add(Duration::from_secs(rule.seconds))
}

/// What a client wants of a file; offsets in bytes, both inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Range {
    All,
    Part { start: u64, end: u64 },
    Impossible,
}

/// Reads `Range` (RFC 9110 §14.1.2). Several ranges are answered with the first, as uWSGI does;
/// what is no range counts as none.
fn parse_range(range: &[u8], length: u64) -> Range {
    let text = std::str::from_utf8(range).unwrap_or_default();
    let first = text.strip_prefix("bytes=").and_then(|ranges| ranges.split(',').next());
    let Some((start, end)) = first.and_then(|first| first.trim().split_once('-')) else {
        return Range::All;
    };
    let last = length.saturating_sub(1);
    match (start.parse::<u64>(), end.parse::<u64>()) {
        (Ok(start), Ok(end)) if start > end => Range::All,
        (Ok(start), _) if start >= length => Range::Impossible,
        (Ok(start), Ok(end)) => Range::Part { start, end: end.min(last) },
        (Ok(start), Err(_)) if end.is_empty() => Range::Part { start, end: last },
        (Err(_), Ok(0)) if start.is_empty() => Range::Impossible,
        (Err(_), Ok(_)) if start.is_empty() && length == 0 => Range::Impossible,
        (Err(_), Ok(count)) if start.is_empty() => {
            Range::Part { start: length.saturating_sub(count), end: last }
        }
        _ => Range::All,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        fn check(range: &str, expected: Range) {
            assert_eq!(parse_range(range.as_bytes(), 10), expected, "{range}");
        }
        check("bytes=2-4", Range::Part { start: 2, end: 4 });
        check("bytes=2-", Range::Part { start: 2, end: 9 });
        check("bytes=2-99", Range::Part { start: 2, end: 9 });
        check("bytes=-3", Range::Part { start: 7, end: 9 });
        check("bytes=-30", Range::Part { start: 0, end: 9 });
        check("bytes=0-1,3-4", Range::Part { start: 0, end: 1 });
        check("bytes=10-", Range::Impossible);
        check("bytes=-0", Range::Impossible);
        check("bytes=4-2", Range::All);
        check("bytes=x-y", Range::All);
        check("lines=1-2", Range::All);
        assert_eq!(parse_range(b"bytes=-1", 0), Range::Impossible);
        assert_eq!(parse_range(b"bytes=0-", 0), Range::Impossible);
    }

    #[test]
    fn dates_that_http_cannot_write_are_left_out() {
        let at = |seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
        let check = |time: Option<SystemTime>, expected: Option<&str>| {
            assert_eq!(time.and_then(http_date).as_deref(), expected);
        };
        check(at(0), Some("Thu, 01 Jan 1970 00:00:00 GMT"));
        check(at(253_402_300_799), Some("Fri, 31 Dec 9999 23:59:59 GMT"));
        check(at(253_402_300_800), None);
        check(SystemTime::UNIX_EPOCH.checked_sub(Duration::from_secs(1)), None);
    }

    #[test]
    fn gzip_is_taken_where_it_is_named() {
        fn check(codings: &str, expected: bool) {
            assert_eq!(takes_gzip(codings.as_bytes()), expected, "{codings}");
        }
        check("gzip", true);
        check("br, GZip;q=0.5", true);
        check("gzip;q=0", false);
        check("gzip; q=0.000", false);
        check("br", false);
        check("", false);
    }
}
