//! The first word decides: a subcommand, or the server with uWSGI's own command line.
//!
//! Only this file and the wheel's door wire the folders together.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A uWSGI-compatible application server, and its deployer.
#[derive(Parser)]
#[command(name = "ruwsgi", version)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write and run everything a Django site needs behind nginx.
    #[cfg(feature = "deploy")]
    #[command(subcommand)]
    Deploy(crate::deploy::Command),
}

/// Runs the program with this command line (the program's name first).
#[must_use]
pub fn main(arguments: Vec<OsString>) -> ExitCode {
    // How this program starts itself as a server.
    #[cfg(feature = "deploy")]
    let server = std::env::current_exe()
        .map_or_else(|_| OsString::from("ruwsgi"), std::path::PathBuf::into_os_string);
    let first = arguments.get(1).and_then(|word| word.to_str());
    match first {
        Some("deploy") => match Program::parse_from(arguments).command {
            #[cfg(feature = "deploy")]
            Command::Deploy(command) => crate::deploy::main(&command, &[server]),
        },
        _ => ExitCode::SUCCESS,
    }
}
