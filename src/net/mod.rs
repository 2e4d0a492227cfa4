//! Addresses, listening sockets, and what is shared of HTTP.
//!
//! What is spoken on them is for [`worker`](crate::worker) and [`gateway`](crate::gateway).

pub mod address;
pub mod guarded;
pub mod http;
pub mod listen;
pub mod patient;
pub mod stream;
pub mod tls;
