//! Drives the real program as a user does: a fresh folder, files, a command line, signals, sockets.
//!
//! Everything waits on a condition with a deadline. The tests themselves are in the modules beside this one.

pub mod client;
pub mod load;
pub mod nginx;
pub mod server;
pub mod site;
pub mod tools;
pub mod ways;

pub use client::{Address, Connection, Reply, Request, packet};
pub use nginx::Nginx;
pub use server::Server;
pub use site::{Finished, Site};
pub use tools::{differs_on_purpose, is_uwsgi, lacks_option, oracle, program, venv};
pub use ways::Way;

use std::time::{Duration, Instant};

/// How long anything may take that is not meant to fail: generous, for a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Asks again and again until there is an answer; panics with `what` when the time is over.
pub fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Waits until the condition holds.
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    wait_for(what, || holds().then_some(()));
}

/// A TCP port that nobody uses at this moment.
pub fn unused_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// Is there a process with this id (a zombie counts as none)?
pub fn is_alive(pid: i32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        let state = stat.rsplit(')').next().unwrap_or_default().trim_start().chars().next();
        !matches!(state, Some('Z' | 'X') | None)
    })
}
