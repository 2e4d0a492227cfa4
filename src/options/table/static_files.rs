//! Rows about files that are served without Python.

use super::super::directive::Said;
use super::super::files::{Expires, Serve, StaticMap, parse_expires, parse_pattern};
use super::super::values::parse_static_map;
use super::{Argument, Row};

/// Settings of this chapter. A field has the name of its option.
#[expect(missing_docs, reason = "the table says what each option does")]
#[derive(Clone, Debug, Default)]
pub struct StaticFiles {
    pub static_maps: Vec<StaticMap>,
    pub check_static: Vec<Said>,
    pub check_static_docroot: bool,
    pub static_skip_ext: Vec<Said>,
    pub static_index: Vec<Said>,
    pub static_safe: Vec<Said>,
    pub mimefile: Vec<Said>,
    pub static_expires: Vec<Expires>,
    pub static_gzip_all: bool,
    pub static_gzip_dir: Vec<Said>,
    pub static_gzip_ext: Vec<Said>,
    pub static_gzip: Vec<super::super::files::Pattern>,
    pub honour_range: bool,
    pub file_serve_mode: Serve,
}

const ASKED_EACH_TIME: &str = "where a file is, is asked of the kernel's own cache each time";

/// A row whose matches decide how long a file may be kept.
macro_rules! expires {
    ($name:literal, $what:literal, $subject:ident, $since:ident, $help:literal) => {
        Row::parsed(
            $name,
            $what,
            |settings, value, _| {
                use super::super::files::{Since, Subject};
                let rule = parse_expires(value, Subject::$subject, Since::$since)?;
                settings.static_files.static_expires.push(rule);
                Ok(())
            },
            $help,
        )
        .repeats()
    };
}

pub(super) static ROWS: &[Row] = &[
    Row::parsed(
        "static-map",
        "PREFIX=DIRECTORY",
        |settings, pair, _| {
            settings.static_files.static_maps.push(parse_static_map(pair, false)?);
            Ok(())
        },
        "serve files below a directory for paths below a prefix",
    )
    .repeats(),
    Row::parsed(
        "static-map2",
        "PREFIX=DIRECTORY",
        |settings, pair, _| {
            settings.static_files.static_maps.push(parse_static_map(pair, true)?);
            Ok(())
        },
        "like static-map, where the directory holds the prefix as well",
    )
    .repeats(),
    Row::words(
        "check-static",
        "DIRECTORY",
        |s| &mut s.static_files.check_static,
        "serve what is a file below a directory, whatever the path",
    )
    .aliases(&["static-check"]),
    Row::flag(
        "check-static-docroot",
        |s| &mut s.static_files.check_static_docroot,
        "serve what is a file below the DOCUMENT_ROOT that the front end names",
    ),
    Row::words(
        "static-index",
        "NAME",
        |s| &mut s.static_files.static_index,
        "file that stands for its directory, such as index.html",
    ),
    Row::words(
        "static-skip-ext",
        "SUFFIX",
        |s| &mut s.static_files.static_skip_ext,
        "leave files with this suffix to the application",
    ),
    Row::words(
        "static-safe",
        "DIRECTORY",
        |s| &mut s.static_files.static_safe,
        "directory that links of served directories may lead to",
    ),
    Row::words(
        "mimefile",
        "FILE",
        |s| &mut s.static_files.mimefile,
        "table of types by suffix, in the form of /etc/mime.types",
    )
    .aliases(&["mime-file"]),
    expires!(
        "static-expires",
        "REGEXP=SECONDS",
        File,
        Now,
        "let clients keep files whose name on disk matches"
    ),
    expires!(
        "static-expires-mtime",
        "REGEXP=SECONDS",
        File,
        Changed,
        "the same, counted from the file's last change"
    ),
    expires!(
        "static-expires-type",
        "TYPE=SECONDS",
        Type,
        Now,
        "let clients keep files of a content type"
    ),
    expires!(
        "static-expires-type-mtime",
        "TYPE=SECONDS",
        Type,
        Changed,
        "the same by content type, counted from the file's last change"
    ),
    expires!(
        "static-expires-uri",
        "REGEXP=SECONDS",
        Uri,
        Now,
        "let clients keep files whose REQUEST_URI matches"
    ),
    expires!(
        "static-expires-uri-mtime",
        "REGEXP=SECONDS",
        Uri,
        Changed,
        "the same by REQUEST_URI, counted from the file's last change"
    ),
    expires!(
        "static-expires-path-info",
        "REGEXP=SECONDS",
        PathInfo,
        Now,
        "let clients keep files whose PATH_INFO matches"
    ),
    expires!(
        "static-expires-path-info-mtime",
        "REGEXP=SECONDS",
        PathInfo,
        Changed,
        "the same by PATH_INFO, counted from the file's last change"
    ),
    Row::flag(
        "static-gzip-all",
        |s| &mut s.static_files.static_gzip_all,
        "answer with FILE.br or FILE.gz where it is there and the client takes it",
    ),
    Row::words(
        "static-gzip-dir",
        "DIRECTORY",
        |s| &mut s.static_files.static_gzip_dir,
        "the same for files below a directory",
    )
    .aliases(&["static-gzip-prefix"]),
    Row::words(
        "static-gzip-ext",
        "SUFFIX",
        |s| &mut s.static_files.static_gzip_ext,
        "the same for files with a suffix",
    )
    .aliases(&["static-gzip-suffix"]),
    Row::parsed(
        "static-gzip",
        "REGEXP",
        |settings, value, _| {
            settings.static_files.static_gzip.push(parse_pattern(value)?);
            Ok(())
        },
        "the same for files whose name on disk matches",
    )
    .repeats(),
    Row::flag(
        "honour-range",
        |s| &mut s.static_files.honour_range,
        "answer Range with the parts of a file that it names",
    ),
    Row::parsed(
        "file-serve-mode",
        "static|x-sendfile|x-accel-redirect",
        |settings, mode, _| {
            settings.static_files.file_serve_mode = Serve::parse(mode)?;
            Ok(())
        },
        "send files here, or name them to the front end in a header",
    )
    .aliases(&["fileserve-mode"]),
    Row::inert(
        "static-cache-paths",
        Argument::Required("SECONDS"),
        "remember where files are",
        ASKED_EACH_TIME,
    ),
    Row::inert(
        "static-cache-paths-name",
        Argument::Required("CACHE"),
        "cache that remembers where files are",
        ASKED_EACH_TIME,
    ),
    Row::inert(
        "disable-sendfile",
        Argument::None,
        "copy files instead of sendfile",
        "files are always read and written",
    ),
    Row::planned(
        "error-page-403",
        Argument::Required("FILE"),
        "page where the server itself refuses access",
    )
    .repeats(),
    Row::planned(
        "error-page-404",
        Argument::Required("FILE"),
        "page where the server itself finds nothing",
    )
    .repeats(),
    Row::planned(
        "error-page-500",
        Argument::Required("FILE"),
        "page where the server itself fails",
    )
    .repeats(),
];
