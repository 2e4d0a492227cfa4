//! `static-map`: files for paths below a prefix, without Python.
//!
//! As uWSGI 2.0.31: GET and HEAD only; what is no file goes on to the application. A path is
//! decoded before it comes here; the file must lie below the directory after all links.

use std::fs::File;
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use bytes::Bytes;

use crate::app::file::FilePieces;
use crate::app::{Noted, Output, Reply, Request};
use crate::options::settings::StaticMap;

/// The answer from a file, where there is one.
#[must_use]
pub fn answer(maps: &[StaticMap], request: &Request) -> Option<Reply> {
    if maps.is_empty() || !matches!(request.vars.get(b"REQUEST_METHOD")?, b"GET" | b"HEAD") {
        return None;
    }
    let path = request.vars.get(b"PATH_INFO")?;
    let path = std::str::from_utf8(path).ok()?;
    let file = maps.iter().find_map(|map| find(map, path))?;
    reply(&file, request.vars.get(b"HTTP_IF_MODIFIED_SINCE"))
}

/// The file that a path means under a map.
fn find(map: &StaticMap, path: &str) -> Option<PathBuf> {
    let rest = path.strip_prefix(map.prefix.as_str())?;
    // `/static` must not match `/staticky`.
    if !(rest.is_empty() || rest.starts_with('/') || map.prefix.ends_with('/')) {
        return None;
    }
    let rest = Path::new(rest.trim_start_matches('/'));
    if !rest.components().all(|part| matches!(part, Component::Normal(_))) {
        return None;
    }
    let root = Path::new(&map.directory).canonicalize().ok()?;
    let file = if rest.as_os_str().is_empty() { root.clone() } else { root.join(rest) };
    let file = file.canonicalize().ok()?;
    (file.starts_with(&root) && file.is_file()).then_some(file)
}

fn reply(path: &Path, if_modified_since: Option<&[u8]>) -> Option<Reply> {
    let file = File::open(path).ok()?;
    let facts = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let modified = facts.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    let known = if_modified_since.and_then(|date| std::str::from_utf8(date).ok());
    let known = known.and_then(|date| httpdate::parse_http_date(date).ok());
    // HTTP dates have no fractions of a second.
    let fresh = known.is_some_and(|known| {
        modified.duration_since(known).is_ok_and(|newer| newer.as_secs() == 0) || modified < known
    });
    if fresh {
        return Some(Reply {
            status: b"304 Not Modified".to_vec(),
            headers: Vec::new(),
            body: Output::Full(Bytes::new()),
            pieces: 0,
            failed: false,
            noted: Noted::default(),
        });
    }
    let kind = mime_guess::from_path(path).first_raw();
    let mut headers = Vec::new();
    if let Some(kind) = kind {
        headers.push((b"Content-Type".to_vec(), kind.as_bytes().to_vec()));
    }
    headers.push((b"Content-Length".to_vec(), facts.len().to_string().into_bytes()));
    let date = httpdate::fmt_http_date(modified);
    headers.push((b"Last-Modified".to_vec(), date.into_bytes()));
    let pieces = Box::new(FilePieces::new(file, facts.len(), None));
    Some(Reply {
        status: b"200 OK".to_vec(),
        headers,
        body: Output::Stream(Bytes::new(), pieces),
        pieces: 0,
        failed: false,
        noted: Noted::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_below_the_directory_are_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("static");
        std::fs::create_dir_all(root.join("css")).expect("a folder");
        std::fs::write(root.join("css/a b.css"), "x").expect("a file");
        std::fs::write(folder.path().join("secret"), "x").expect("a file");
        std::os::unix::fs::symlink(folder.path().join("secret"), root.join("link"))
            .expect("a link");
        let map = StaticMap { prefix: "/static".to_owned(), directory: root.display().to_string() };
        let check = |path: &str, expected: bool| {
            assert_eq!(find(&map, path).is_some(), expected, "{path}");
        };
        check("/static/css/a b.css", true);
        check("/static//css/a b.css", true);
        check("/static/css", false);
        check("/static", false);
        check("/staticky/css/a b.css", false);
        check("/static/../secret", false);
        check("/static/css/../../secret", false);
        check("/static/link", false);
        check("/other", false);
    }
}
