//! Addresses, listening sockets, and what is shared of HTTP.
//!
//! What is spoken on them is for [`worker`](crate::worker) and [`gateway`](crate::gateway).

pub mod acceptor;
pub mod address;
pub mod ending;
pub mod http;
pub mod listen;
pub mod stream;
pub mod tls;
pub mod waiting;
