//! Rows about files that are served without Python.

use super::super::settings::StaticMap;
use super::super::values::parse_static_map;
use super::{Argument, Row};

/// Settings of this chapter. A field has the name of its option.
#[expect(missing_docs, reason = "the table says what each option does")]
#[derive(Clone, Debug, Default)]
pub struct StaticFiles {
    pub static_maps: Vec<StaticMap>,
}

pub(super) static ROWS: &[Row] = &[
    Row::parsed(
        "static-map",
        "PREFIX=DIRECTORY",
        |settings, pair, _| {
            settings.static_files.static_maps.push(parse_static_map(pair)?);
            Ok(())
        },
        "serve files below a directory for paths below a prefix",
    )
    .repeats(),
    Row::planned("error-page-403", Argument::Required("VALUE"), "").repeats(),
    Row::planned("error-page-404", Argument::Required("VALUE"), "").repeats(),
    Row::planned("error-page-500", Argument::Required("VALUE"), "").repeats(),
    Row::planned("check-static", Argument::Required("DIRECTORY"), "")
        .aliases(&["static-check"])
        .repeats(),
    Row::planned("check-static-docroot", Argument::None, ""),
    Row::planned("static-map2", Argument::Required("VALUE"), "").repeats(),
    Row::planned("static-skip-ext", Argument::Required("VALUE"), "").repeats(),
    Row::planned("static-index", Argument::Required("VALUE"), "").repeats(),
    Row::planned("static-safe", Argument::Required("VALUE"), "").repeats(),
    Row::planned("static-cache-paths", Argument::Required("N"), ""),
    Row::planned("static-cache-paths-name", Argument::Required("VALUE"), ""),
    Row::planned("mimefile", Argument::Required("VALUE"), "").aliases(&["mime-file"]).repeats(),
    Row::planned("static-expires-type", Argument::Required("VALUE"), "").repeats(),
    Row::planned("static-expires-type-mtime", Argument::Required("VALUE"), "").repeats(),
    Row::planned("static-gzip-all", Argument::None, ""),
    Row::planned("static-gzip-dir", Argument::Required("VALUE"), "")
        .aliases(&["static-gzip-prefix"])
        .repeats(),
    Row::planned("static-gzip-ext", Argument::Required("VALUE"), "")
        .aliases(&["static-gzip-suffix"])
        .repeats(),
    Row::planned("honour-range", Argument::None, ""),
    Row::planned("file-serve-mode", Argument::Required("VALUE"), "").aliases(&["fileserve-mode"]),
    Row::planned("disable-sendfile", Argument::None, ""),
    Row::planned("static-expires", Argument::Required("VALUE"), "").repeats(),
    Row::planned("static-expires-mtime", Argument::Required("VALUE"), "").repeats(),
    Row::planned("static-expires-uri", Argument::Required("VALUE"), "").repeats(),
    Row::planned("static-expires-uri-mtime", Argument::Required("VALUE"), "").repeats(),
    Row::planned("static-expires-path-info", Argument::Required("VALUE"), "").repeats(),
    Row::planned("static-expires-path-info-mtime", Argument::Required("VALUE"), "").repeats(),
    Row::planned("static-gzip", Argument::Required("VALUE"), "").repeats(),
];
