//! Rows about limits of requests and workers.

use super::{Argument, Row};

const WRITE_ERRORS: &str = "a client that goes away is never an error of the application here";

pub(super) static ROWS: &[Row] = &[
    Row::number("harakiri", "SECONDS", |s| &mut s.harakiri, "longest time a request may take")
        .short('t'),
    Row::inert(
        "harakiri-verbose",
        Argument::None,
        "tell more of a request that took too long",
        "a traceback of the stuck thread is always told",
    ),
    Row::size("buffer-size", |s| &mut s.buffer_size, "largest head of a request").short('b'),
    Row::size("limit-post", |s| &mut s.limit_post, "largest body of a request; 0 is no limit"),
    Row::size(
        "post-buffering",
        |s| &mut s.post_buffering,
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
];
