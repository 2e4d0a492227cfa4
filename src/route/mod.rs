//! Decides what answers a request before the application is asked.

pub mod static_files;
