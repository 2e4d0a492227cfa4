//! `ruwsgi deploy`: one `ruwsgi.yaml` in, every artefact of a deployment out.

use std::process::ExitCode;

use clap::Subcommand;

/// The words behind `ruwsgi deploy`.
#[derive(Subcommand)]
pub enum Command {
    /// Describe the project in ruwsgi.yaml and render everything from it.
    Init,
}

/// Carries out one command; errors go to standard error.
#[must_use]
pub fn main(_command: &Command) -> ExitCode {
    ExitCode::SUCCESS
}
