//! The first word decides: a subcommand, or the server with uWSGI's own command line.
//!
//! Only this folder and the wheel's door wire the others together.

#[cfg(feature = "python")]
mod activation;
#[cfg(feature = "python")]
mod application;
mod check;
#[cfg(feature = "python")]
mod files;
mod healthcheck;
mod hold;
#[cfg(feature = "python")]
mod hooks;
#[cfg(feature = "python")]
mod jobs;
#[cfg(feature = "python")]
mod logs;
mod options;
#[cfg(feature = "python")]
mod prepare;
#[cfg(feature = "python")]
mod serve;
#[cfg(feature = "python")]
mod settle;
#[cfg(feature = "python")]
mod sockets;
mod take;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use nix::sys::signal::Signal;

use crate::error::Failure;
use crate::options::logic::Surroundings;
use crate::options::settings::Settings;
use crate::options::table::{self, Command as ServerCommand, Row};
use crate::options::{apply, argv, gather, reference};
#[cfg(feature = "deploy")]
use crate::process::reexec::Program;
use crate::process::reexec::{self, Legacy};

/// A uWSGI-compatible application server, and its deployer.
#[derive(Parser)]
#[command(name = "ruwsgi", version)]
struct Words {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write and run everything a Django site needs behind nginx.
    #[cfg(feature = "deploy")]
    #[command(subcommand)]
    Deploy(crate::deploy::Command),
    /// Ask a running server for a page; exit code 0 when it answers below 400.
    Healthcheck(healthcheck::Arguments),
    /// Keep sockets open for servers that come and go, such as containers that are replaced.
    Hold(hold::Arguments),
    /// Start a server with the sockets that `ruwsgi hold` keeps open.
    Take(take::Arguments),
    /// Read configurations, start nothing, and tell what each option comes to.
    Check(check::Arguments),
    /// Tell what options there are, and what becomes of them.
    Options(options::Arguments),
}

/// Runs the program with this command line (the program's name first).
#[must_use]
pub fn main(arguments: Vec<OsString>) -> ExitCode {
    let first = arguments.get(1).and_then(|word| word.to_str());
    match first {
        Some("check" | "deploy" | "healthcheck" | "hold" | "options" | "take") => {
            subcommand(arguments)
        }
        Some("serve") => server(arguments.into_iter().skip(2)),
        _ => server(arguments.into_iter().skip(1)),
    }
}

fn subcommand(arguments: Vec<OsString>) -> ExitCode {
    let words = match Words::try_parse_from(arguments) {
        Ok(words) => words,
        Err(error) => {
            // Nowhere to say that the terminal is gone.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match words.command {
        #[cfg(feature = "deploy")]
        Command::Deploy(command) => match Program::current() {
            Ok(program) => crate::deploy::main(&command, &program.words_before("deploy")),
            Err(error) => finish(Err(Failure::new(format!("cannot find this program: {error}")))),
        },
        Command::Healthcheck(arguments) => finish(healthcheck::run(&arguments)),
        Command::Hold(arguments) => finish(hold::run(&arguments)),
        Command::Take(arguments) => finish(take::run(&arguments)),
        Command::Check(arguments) => finish(check::run(&arguments)),
        Command::Options(arguments) => finish(options::run(&arguments)),
    }
}

/// The server's door: options in, a server or one of its commands out.
fn server(words: impl Iterator<Item = OsString>) -> ExitCode {
    let legacy = reexec::inherited();
    let surroundings =
        Surroundings { reloading: legacy.is_some(), commands: true, elsewhere: false };
    let read = read_settings(words, surroundings);
    finish(match read {
        Ok((Settings { command: Some((command, value)), .. }, said)) => {
            run_command(command, &value.unwrap_or_default(), &said)
        }
        read => serve(read, legacy),
    })
}

/// All that was said, as `uwsgi.opt` shows it.
type Said = Vec<(String, Option<String>)>;

fn read_settings(
    words: impl Iterator<Item = OsString>,
    surroundings: Surroundings,
) -> Result<(Settings, Said), Failure> {
    let words = words.map(|word| {
        word.into_string()
            .map_err(|word| Failure::new(format!("{} is not UTF-8 text", word.display())))
    });
    let words = argv::read(words.collect::<Result<Vec<_>, _>>()?)?;
    // Variables that are not UTF-8 are no options.
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let gathered = gather::gather(words, environment, surroundings)?;
    let said = gathered.directives.iter().map(|said| (said.name.clone(), said.value.clone()));
    let said = said.collect();
    Ok((apply::apply(gathered)?, said))
}

fn run_command(command: ServerCommand, value: &str, said: &Said) -> Result<u8, Failure> {
    match command {
        ServerCommand::Help => print(&reference::help()),
        ServerCommand::Version => {
            print(&format!(
                "ruwsgi {} (uWSGI {})\n",
                env!("CARGO_PKG_VERSION"),
                crate::version::UWSGI
            ));
        }
        ServerCommand::PythonVersion => print(&format!("{}\n", python_version()?)),
        ServerCommand::Stop => crate::master::commands::tell(value, Signal::SIGINT)?,
        ServerCommand::Get => {
            let wanted = said.iter().filter(|(name, _)| name == "get");
            for wanted in wanted.filter_map(|(_, value)| value.as_deref()) {
                for (_, value) in said.iter().filter(|(name, _)| name == wanted) {
                    print(&format!("{}\n", value.as_deref().unwrap_or_default()));
                }
            }
        }
        ServerCommand::Exit => return Ok(value.parse().unwrap_or_default()),
        ServerCommand::DumpOptions => {
            let names: Vec<_> = table::rows().flat_map(Row::names).collect();
            print(&(names.join("\n") + "\n"));
        }
        ServerCommand::Reload => crate::master::commands::reload(value)?,
        ServerCommand::Pause => crate::master::commands::tell(value, Signal::SIGTSTP)?,
    }
    Ok(0)
}

#[cfg(feature = "python")]
fn serve(
    settings: Result<(Settings, Said), Failure>,
    legacy: Option<Legacy>,
) -> Result<u8, Failure> {
    serve::serve(settings, legacy)
}

#[cfg(not(feature = "python"))]
fn serve(
    settings: Result<(Settings, Said), Failure>,
    _legacy: Option<Legacy>,
) -> Result<u8, Failure> {
    settings.and(Err(without_python()))
}

#[cfg(feature = "python")]
#[expect(clippy::unnecessary_wraps, reason = "a build without Python cannot say")]
fn python_version() -> Result<String, Failure> {
    let version = crate::python::version();
    Ok(version.split(' ').next().unwrap_or_default().to_owned())
}

#[cfg(not(feature = "python"))]
fn python_version() -> Result<String, Failure> {
    Err(without_python())
}

#[cfg(not(feature = "python"))]
fn without_python() -> Failure {
    Failure::new("this ruwsgi was built without Python").hint(
        "build it with the feature `python`, which is on unless --no-default-features is given",
    )
}

/// Prints to standard output; a reader that went away is no error.
fn print(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

fn finish(result: Result<u8, Failure>) -> ExitCode {
    match result {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            // Nowhere to say that the terminal is gone.
            let _ = writeln!(std::io::stderr().lock(), "{failure}");
            failure.into()
        }
    }
}
