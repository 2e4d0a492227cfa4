//! Rows about limits of requests and workers.

use super::{Argument, Row};

const WRITE_ERRORS: &str = "a client that goes away is never an error of the application here";

/// Settings of this chapter. A field has the name of its option.
#[expect(missing_docs, reason = "the table says what each option does")]
#[derive(Clone, Debug)]
pub struct Limits {
    pub harakiri: u64,
    pub buffer_size: u64,
    pub limit_post: u64,
    pub post_buffering: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { harakiri: 0, buffer_size: 65_535, limit_post: 0, post_buffering: 1 << 20 }
    }
}

pub(super) static ROWS: &[Row] = &[
    Row::number(
        "harakiri",
        "SECONDS",
        |s| &mut s.limits.harakiri,
        "longest time a request may take",
    )
    .short('t'),
    Row::inert(
        "harakiri-verbose",
        Argument::None,
        "tell more of a request that took too long",
        "a traceback of the stuck thread is always told",
    ),
    Row::size("buffer-size", |s| &mut s.limits.buffer_size, "largest head of a request").short('b'),
    Row::size(
        "limit-post",
        |s| &mut s.limits.limit_post,
        "largest body of a request; 0 is no limit",
    ),
    Row::size(
        "post-buffering",
        |s| &mut s.limits.post_buffering,
        "bytes of a body kept in memory; what is beyond goes to a temporary file",
    ),
    Row::inert(
        "max-fd",
        Argument::Required("N"),
        "limit the number of open files",
        "nothing is sized by the number of files that may be open",
    ),
    Row::inert("ignore-sigpipe", Argument::None, "do not report SIGPIPE", WRITE_ERRORS),
    Row::inert("ignore-write-errors", Argument::None, "do not report write errors", WRITE_ERRORS),
    Row::inert("disable-write-exception", Argument::None, "no exception on write", WRITE_ERRORS),
    Row::planned("harakiri-graceful-timeout", Argument::Required("N"), ""),
    Row::planned("harakiri-graceful-signal", Argument::Required("N"), ""),
    Row::planned("harakiri-queue-threshold", Argument::Required("N"), ""),
    Row::planned("harakiri-no-arh", Argument::None, "")
        .aliases(&["no-harakiri-arh", "no-harakiri-after-req-hook"]),
    Row::planned("write-errors-tolerance", Argument::Required("N"), ""),
    Row::planned("write-errors-exception-only", Argument::None, ""),
    Row::planned("max-vars", Argument::Required("N"), "").short('v'),
    Row::planned("max-apps", Argument::Required("N"), ""),
    Row::planned("limit-as", Argument::Required("MEGABYTES"), ""),
    Row::planned("limit-nproc", Argument::Required("N"), ""),
    Row::planned("ksm", Argument::Optional("N"), ""),
    Row::planned("never-swap", Argument::None, ""),
    Row::planned("prio", Argument::Required("N"), ""),
    Row::planned("cpu-affinity", Argument::Required("N"), ""),
    Row::planned("post-buffering-bufsize", Argument::Required("N"), ""),
    Row::planned("body-read-warning", Argument::Required("N"), ""),
    Row::planned("upload-progress", Argument::Required("VALUE"), ""),
    Row::planned("chunked-input-limit", Argument::Required("N"), ""),
    Row::planned("chunked-input-timeout", Argument::Required("N"), ""),
];
