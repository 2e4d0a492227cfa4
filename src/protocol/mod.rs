//! Bytes to messages and back, without input or output.
//!
//! [`uwsgi`] packets, [`scgi`] and [`fastcgi`], [`http1`] requests, their [`http`] heads to variables, [`reply`] heads, and who
//! a client behind a [`proxy`] or with a [`certificate`] is. Sockets are for the workers and the gateway.

/// The variable in which the front end says when it got a request: seconds since 1970, with fractions.
pub const REQUEST_START: &[u8] = b"UWSGI_REQUEST_START";

pub mod certificate;
pub mod fastcgi;
pub mod http;
pub mod http1;
pub mod proxy;
pub mod reply;
pub mod scgi;
pub mod uwsgi;
