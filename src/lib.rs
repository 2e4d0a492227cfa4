//! ruwsgi: an application server that runs uWSGI's configurations, and a deployer.
//!
//! ARCHITECTURE.md has the bird's-eye view. The modules below are in reading order.

pub mod cli;
#[cfg(feature = "deploy")]
pub mod deploy;
#[cfg(feature = "python")]
mod door;
pub mod error;
pub mod version;

pub mod options;

pub mod app;
pub mod gateway;
pub mod log;
pub mod master;
pub mod net;
pub mod process;
pub mod protocol;
pub mod route;
pub mod worker;

#[cfg(feature = "python")]
pub mod python;
