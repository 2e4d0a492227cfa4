//! Rows about files that are served without Python.

use super::super::values::parse_static_map;
use super::Row;

pub(super) static ROWS: &[Row] = &[Row::parsed(
    "static-map",
    "PREFIX=DIRECTORY",
    |settings, pair, _| {
        settings.static_maps.push(parse_static_map(pair)?);
        Ok(())
    },
    "serve files below a directory for paths below a prefix",
)];
