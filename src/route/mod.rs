//! Decides what answers a request before the application is asked.

pub mod mounts;
pub mod static_files;
