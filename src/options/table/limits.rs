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
    pub harakiri_graceful_timeout: u64,
    pub harakiri_graceful_signal: u64,
    pub harakiri_queue_threshold: u64,
    pub limit_as: u64,
    pub limit_nproc: u64,
    pub cpu_affinity: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            harakiri: 0,
            buffer_size: 65_535,
            limit_post: 0,
            post_buffering: 1 << 20,
            harakiri_graceful_timeout: 0,
            harakiri_graceful_signal: 15,
            harakiri_queue_threshold: 0,
            limit_as: 0,
            limit_nproc: 0,
            cpu_affinity: 0,
        }
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
    Row::number(
        "harakiri-graceful-timeout",
        "SECONDS",
        |s| &mut s.limits.harakiri_graceful_timeout,
        "how long a worker may take to end by itself before harakiri kills it",
    ),
    Row::number(
        "harakiri-graceful-signal",
        "SIGNAL",
        |s| &mut s.limits.harakiri_graceful_signal,
        "number of the signal that asks it to",
    ),
    Row::number(
        "harakiri-queue-threshold",
        "N",
        |s| &mut s.limits.harakiri_queue_threshold,
        "kill for a slow request only while more clients than this wait",
    ),
    Row::inert(
        "harakiri-no-arh",
        Argument::None,
        "do not count the hook after a request for harakiri",
        "there is no such hook",
    )
    .aliases(&["no-harakiri-arh", "no-harakiri-after-req-hook"]),
    Row::inert(
        "write-errors-tolerance",
        Argument::Required("N"),
        "number of failed writes after which a client counts as gone",
        "it is gone with the first",
    ),
    Row::inert(
        "write-errors-exception-only",
        Argument::None,
        "tell the application of failed writes by an exception only",
        "a client that goes away is no error of the application",
    ),
    Row::inert(
        "max-vars",
        Argument::Required("N"),
        "number of variables that a request may have",
        "only buffer-size limits them",
    )
    .short('v'),
    Row::inert(
        "max-apps",
        Argument::Required("N"),
        "number of applications in a worker",
        "there is no table to make room in",
    ),
    Row::number(
        "limit-as",
        "MEGABYTES",
        |s| &mut s.limits.limit_as,
        "largest address space of a process; 0 is no limit",
    ),
    Row::number(
        "limit-nproc",
        "N",
        |s| &mut s.limits.limit_nproc,
        "largest number of processes of this user; 0 is no limit",
    ),
    Row::planned("ksm", Argument::Optional("N"), "let the kernel merge equal pages of memory"),
    Row::planned("never-swap", Argument::None, "keep all memory from being swapped"),
    Row::planned("prio", Argument::Required("N"), "scheduling priority of the processes"),
    Row::number(
        "cpu-affinity",
        "N",
        |s| &mut s.limits.cpu_affinity,
        "number of processors that each worker is bound to, worker after worker; 0 is all",
    ),
    Row::inert(
        "post-buffering-bufsize",
        Argument::Required("BYTES"),
        "size of the buffer in which a body is read",
        "buffers grow as they are needed",
    ),
    Row::planned(
        "body-read-warning",
        Argument::Required("MEGABYTES"),
        "log when a body that is read into memory is larger",
    ),
    Row::planned(
        "upload-progress",
        Argument::Required("DIRECTORY"),
        "tell of the progress of uploads in files",
    ),
    Row::planned(
        "chunked-input-limit",
        Argument::Required("BYTES"),
        "largest piece of a chunked body",
    ),
    Row::planned(
        "chunked-input-timeout",
        Argument::Required("SECONDS"),
        "how long to wait for a piece of a chunked body",
    ),
];
