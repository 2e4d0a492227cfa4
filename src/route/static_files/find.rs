//! Finds the file that a path means.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use crate::log::say;
use crate::options::settings::StaticFiles;

/// The file that a path means: below the directories of `check-static`, below the front end's
/// `DOCUMENT_ROOT` where that is wanted, by `static-map`, then by `static-map2`, as uWSGI 2.0.31
/// looks.
pub(super) fn find(said: &StaticFiles, path: &[u8], docroot: &str) -> Option<PathBuf> {
    let docroot = Some(docroot).filter(|root| said.check_static_docroot && !root.is_empty());
    let roots = said.check_static.iter().map(|root| root.value.as_str()).chain(docroot);
    let maps = || said.static_maps.iter();
    let maps = maps().filter(|map| !map.keeps_prefix).chain(maps().filter(|map| map.keeps_prefix));
    let mapped = maps.filter_map(|map| {
        let rest = path.strip_prefix(map.prefix.as_bytes())?;
        // `/static` must not match `/staticky`.
        let fits = rest.is_empty() || rest.starts_with(b"/") || map.prefix.ends_with('/');
        fits.then_some((map.directory.as_str(), if map.keeps_prefix { path } else { rest }))
    });
    let mut places = roots.map(|root| (root, path)).chain(mapped);
    places.find_map(|(directory, path)| below(said, directory, path))
}

/// The file with this path below a directory, or the file of its index.
fn below(said: &StaticFiles, directory: &str, path: &[u8]) -> Option<PathBuf> {
    let slashes = path.iter().take_while(|&&byte| byte == b'/').count();
    let path = Path::new(OsStr::from_bytes(path.get(slashes..)?));
    if !path.components().all(|part| matches!(part, Component::Normal(_))) {
        return None;
    }
    let root = Path::new(directory).canonicalize().ok()?;
    let file = match path.as_os_str().is_empty() {
        true => root.clone(),
        false => allowed(said, &root, &root.join(path))?,
    };
    let file = match file.is_dir() {
        true => {
            let mut indexes = said.static_index.iter();
            indexes.find_map(|index| allowed(said, &root, &file.join(&index.value)))?
        }
        false => file,
    };
    let skipped = said.static_skip_ext.iter().any(|suffix| ends_with(&file, &suffix.value));
    (file.is_file() && !skipped).then_some(file)
}

/// The path behind all links, where it may be served from.
fn allowed(said: &StaticFiles, root: &Path, path: &Path) -> Option<PathBuf> {
    let real = path.canonicalize().ok()?;
    let is_safe = |safe: &Path| safe.canonicalize().is_ok_and(|safe| real.starts_with(safe));
    if real.starts_with(root) || said.static_safe.iter().any(|safe| is_safe(Path::new(&safe.value)))
    {
        return Some(real);
    }
    say!(
        "[uwsgi-fileserve] security error: {} is not under {} or a safe path (see static-safe)",
        real.display(),
        root.display()
    );
    None
}

fn ends_with(path: &Path, suffix: &str) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(suffix.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::directive::{Origin, Said};
    use crate::options::files::StaticMap;

    fn words(words: &[&str]) -> Vec<Said> {
        let said = |word: &&str| Said { value: (*word).to_owned(), origin: Origin::CommandLine };
        words.iter().map(said).collect()
    }

    /// `static/` with files and a link to a file beside it.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("static");
        std::fs::create_dir_all(root.join("css")).expect("a folder");
        for file in ["css/a b.css", "css/index.html", "a.py"] {
            std::fs::write(root.join(file), "x").expect("a file");
        }
        std::fs::write(folder.path().join("secret"), "x").expect("a file");
        std::os::unix::fs::symlink(folder.path().join("secret"), root.join("link"))
            .expect("a link");
        folder
    }

    fn check(said: &StaticFiles, path: &str, expected: bool) {
        assert_eq!(find(said, path.as_bytes(), "").is_some(), expected, "{path}");
    }

    #[test]
    fn only_files_below_the_directory_are_found() {
        let folder = folder();
        let directory = folder.path().join("static").display().to_string();
        let map = StaticMap { prefix: "/static".to_owned(), directory, keeps_prefix: false };
        let mut said = StaticFiles { static_maps: vec![map], ..StaticFiles::default() };
        check(&said, "/static/css/a b.css", true);
        check(&said, "/static//css/a b.css", true);
        check(&said, "/static/css", false);
        check(&said, "/static", false);
        check(&said, "/staticky/css/a b.css", false);
        check(&said, "/static/../secret", false);
        check(&said, "/static/css/../../secret", false);
        check(&said, "/static/link", false);
        check(&said, "/static/a.py", true);
        check(&said, "/other", false);
        said.static_index = words(&["none.html", "index.html"]);
        said.static_skip_ext = words(&[".py"]);
        check(&said, "/static/css", true);
        check(&said, "/static/css/", true);
        check(&said, "/static/", false);
        check(&said, "/static/a.py", false);
        said.static_safe = words(&[&folder.path().display().to_string()]);
        check(&said, "/static/link", true);
        check(&said, "/static/../secret", false);
    }

    #[test]
    fn directories_come_before_maps() {
        let folder = folder();
        let at = |name: &str| folder.path().join(name).display().to_string();
        std::fs::create_dir_all(folder.path().join("other/css")).expect("a folder");
        std::fs::write(folder.path().join("other/css/index.html"), "x").expect("a file");
        let map = |directory: &str, keeps_prefix| StaticMap {
            prefix: "/css".to_owned(),
            directory: at(directory),
            keeps_prefix,
        };
        let mut said = StaticFiles {
            static_maps: vec![map("other", true), map("static/css", false)],
            ..StaticFiles::default()
        };
        let found = |said: &StaticFiles| {
            find(said, b"/css/index.html", "").map(|path| path.display().to_string())
        };
        assert_eq!(found(&said), Some(at("static/css/index.html")));
        said.check_static = words(&[&at("other")]);
        assert_eq!(found(&said), Some(at("other/css/index.html")));
    }

    #[test]
    fn directories_are_checked_whatever_the_path() {
        let folder = folder();
        let root = folder.path().display().to_string();
        let said = StaticFiles { check_static: words(&[&root]), ..StaticFiles::default() };
        check(&said, "/static/a.py", true);
        check(&said, "/a.py", false);
        let said = StaticFiles { check_static_docroot: true, ..StaticFiles::default() };
        assert!(find(&said, b"/static/a.py", &root).is_some());
        assert!(find(&said, b"/static/a.py", "").is_none());
        let map =
            StaticMap { prefix: "/static".to_owned(), directory: root.clone(), keeps_prefix: true };
        let said = StaticFiles { static_maps: vec![map], ..StaticFiles::default() };
        check(&said, "/static/a.py", true);
        check(&said, "/a.py", false);
    }
}
