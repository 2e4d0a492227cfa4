//! Processes: fork, signals, identity, the background, memory they share, programs beside them,
//! starting anew.
//!
//! Nearly all of the crate's `unsafe` is here. Policy (who is started when) is the master's.

pub mod activation;
pub mod ahead;
pub mod capabilities;
pub mod channel;
#[cfg(counting)]
pub mod counting;
pub mod daemon;
pub mod environment;
pub mod fork;
pub mod histogram;
pub mod identity;
pub mod inspect;
pub mod lines;
pub mod notify;
pub mod queue;
pub mod records;
pub mod reexec;
pub mod scoreboard;
pub mod shell;
pub mod signals;
pub mod socket;
pub mod title;
pub mod turns;
pub mod watchdog;
