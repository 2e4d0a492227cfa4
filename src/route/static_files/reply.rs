//! The answer that a file gives: all of it, parts of it, that the client has it, or a word to the
//! front end.

use std::fs::{File, Metadata};
use std::io::{Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use bytes::Bytes;

use super::conditions::{Verdict, Version};
use super::kinds::Kinds;
use super::packed;
use super::ranges::{self, Multipart, Part, Wanted};
use crate::app::{FilePart, Headers, Noted, Output, Reply, Vars};
use crate::options::files::{Serve, Since, Subject};
use crate::options::settings::StaticFiles;

/// The answer, where the file can be opened.
pub(super) fn reply(said: &StaticFiles, kinds: &Kinds, path: &Path, vars: &Vars) -> Option<Reply> {
    let mut headers = Headers::default();
    // nginx forgets the coding on its way to the file; it has gzip_static.
    let may_be_packed = said.file_serve_mode != Serve::AccelRedirect;
    let choice = may_be_packed.then(|| packed::choose(said, path, vars)).flatten();
    let read = choice.as_ref().map_or(path, |choice| &choice.path);
    let coding = choice.as_ref().and_then(|choice| choice.coding);
    let file = File::open(read).ok()?;
    let facts = file.metadata().ok().filter(Metadata::is_file)?;
    let modified = facts.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    let is_here = said.file_serve_mode == Serve::Here;
    let version = Version { tag: is_here.then(|| tag(&facts, coding)), modified };

    // What a client needs of a 304, too (RFC 9110 §15.4.5).
    if choice.is_some() {
        // Caches must know that clients get different bytes (RFC 9110 §12.5.5).
        headers.push("Vary", "Accept-Encoding");
    }
    let kind = kinds.of(path);
    let expires = expires(said, path, kind.unwrap_or_default(), modified, vars);
    if let Some(expires) = expires.and_then(http_date) {
        headers.push("Expires", expires);
    }
    if let Some(last_modified) = http_date(modified) {
        headers.push("Last-Modified", last_modified);
    }
    if let Some(tag) = &version.tag {
        headers.push("ETag", tag.as_str());
    }
    match version.judge(vars) {
        Verdict::Send => {}
        Verdict::Fresh => return Some(empty("304 Not Modified", headers)),
        Verdict::Failed => return Some(empty("412 Precondition Failed", headers)),
    }

    if let Some(coding) = coding {
        headers.push("Content-Encoding", coding);
    }
    if !is_here {
        let is_sendfile = said.file_serve_mode == Serve::Sendfile;
        let name = if is_sendfile { "X-Sendfile" } else { "X-Accel-Redirect" };
        let path = read.as_os_str().as_encoded_bytes();
        // A name with a line end would be a header of its own.
        http::HeaderValue::from_bytes(path).ok()?;
        push_kind(&mut headers, kind);
        headers.push(name, path);
        return Some(empty("200 OK", headers));
    }
    let wanted = match vars.get(b"HTTP_RANGE") {
        // RFC 9110 §14.2 defines it for GET alone.
        Some(range)
            if said.honour_range
                && vars.get(b"REQUEST_METHOD") == Some(b"GET")
                && version.continues(vars) =>
        {
            ranges::parse(range, facts.len())
        }
        _ => Wanted::All,
    };
    if said.honour_range {
        headers.push("Accept-Ranges", "bytes");
    }
    send(file, facts.len(), &wanted, kind, headers)
}

/// The answer with what is wanted of a file of this size.
fn send(
    mut file: File,
    size: u64,
    wanted: &Wanted,
    kind: Option<&str>,
    mut headers: Headers,
) -> Option<Reply> {
    let (status, start, length) = match wanted {
        Wanted::All => ("200 OK", 0, size),
        Wanted::Nothing => {
            headers.retain(|name| name != b"Content-Encoding");
            headers.push("Content-Range", format!("bytes */{size}"));
            return Some(empty("416 Range Not Satisfiable", headers));
        }
        Wanted::Parts(parts) => {
            let [part] = parts.as_slice() else {
                let (body, kind, length) = Multipart::new(file, parts, kind, size);
                push_kind(&mut headers, Some(&kind));
                headers.push("Content-Length", length.to_string());
                let body = Output::Stream(Bytes::new(), Box::new(body));
                return Some(with("206 Partial Content", headers, body));
            };
            let Part { start, end } = part;
            headers.push("Content-Range", format!("bytes {start}-{end}/{size}"));
            ("206 Partial Content", *start, part.length())
        }
    };
    push_kind(&mut headers, kind);
    headers.push("Content-Length", length.to_string());
    file.seek(SeekFrom::Start(start)).ok()?;
    Some(with(status, headers, Output::File(FilePart { file, left: length, owner: None })))
}

fn push_kind(headers: &mut Headers, kind: Option<&str>) {
    if let Some(kind) = kind {
        headers.push("Content-Type", kind);
    }
}

/// An answer without a body.
fn empty(status: &str, headers: Headers) -> Reply {
    with(status, headers, Output::Full(Bytes::new()))
}

fn with(status: &str, headers: Headers, body: Output) -> Reply {
    let status = status.into();
    Reply { status, headers, body, pieces: 0, failed: false, noted: Noted::default() }
}

/// The entity tag: another one whenever the file is changed, and for each coding
/// (RFC 9110 §8.8.3.3).
fn tag(facts: &Metadata, coding: Option<&str>) -> String {
    let changed = (facts.mtime(), facts.mtime_nsec());
    let coding = coding.map(|coding| format!("-{coding}")).unwrap_or_default();
    format!("\"{:x}.{:x}-{:x}{coding}\"", changed.0, changed.1, facts.len())
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
