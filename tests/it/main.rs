//! The black-box tests: one binary that drives the real program.
//!
//! Each runs in a fresh folder and waits on conditions. What should be the same under the real uWSGI can be run against it:
//! `RUWSGI_TEST_SERVER=…/uwsgi cargo nextest run --test it`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and nothing forks here"
)]
#![allow(unreachable_pub, reason = "what tests/it/support shows, it shows to the tests")]

#[cfg(feature = "deploy")]
mod adopt;
mod architecture;
mod cgi;
mod cheaper;
mod check;
mod commands;
mod config;
#[cfg(feature = "deploy")]
mod containers;
mod crons;
mod daemons;
#[cfg(feature = "deploy")]
mod deploy;
mod django;
#[cfg(feature = "deploy")]
mod docker;
mod environ;
#[cfg(feature = "deploy")]
mod explain;
mod fifo;
mod gateway;
mod hold;
mod hooks;
#[cfg(feature = "deploy")]
mod hostile;
mod http;
#[cfg(feature = "deploy")]
mod init;
mod life;
mod limits;
mod loading;
mod logs;
mod matrix;
mod metrics;
mod mistakes;
mod mounts;
mod options;
mod others;
#[cfg(feature = "deploy")]
mod ownership;
mod pep3333;
#[cfg(feature = "deploy")]
mod proofs;
mod proxy_protocol;
mod python;
mod reliability;
mod requests;
mod slow;
mod sockets;
mod static_files;
mod stats;
mod support;
mod tls;
mod tutorial;
mod uwsgi;
mod websockets;
mod wheel;
mod wsgi;
