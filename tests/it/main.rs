//! Drives the real program in fresh directories.

mod deploy;
