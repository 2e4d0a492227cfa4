//! The version of uWSGI that this server stands in for.

/// Applications see it as `uwsgi.version`, statistics as `version`.
pub const UWSGI: &str = "2.0.31";
