//! `ruwsgi take`: starts a server with the sockets that `ruwsgi hold` keeps open.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::{Duration, Instant};

use clap::Args;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;

use crate::error::Failure;
use crate::log::say;
use crate::process::{activation, channel, signals};

/// How often it is looked whether somebody holds sockets.
const LOOK: Duration = Duration::from_millis(100);

/// Whom to ask, and what to start.
#[derive(Args)]
#[command(
    after_help = "The program gets the sockets as systemd gives them: descriptors from 3 on, LISTEN_FDS and \
                  LISTEN_PID. Should whoever holds them go away, it gets SIGTERM (a server needs \
                  die-on-term to end by it): what starts it again takes the sockets of the next holder."
)]
pub(super) struct Arguments {
    /// The unix socket at which `ruwsgi hold` is asked
    control: String,
    /// The program to start, and its arguments
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "COMMAND"
    )]
    command: Vec<OsString>,
    /// How long to wait for whoever holds the sockets, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    patience: u64,
}

/// Becomes the program; returns only when that fails.
pub(super) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let control = &arguments.control;
    let (connection, sockets) = ask(control, Duration::from_secs(arguments.patience))?;
    let (program, words) =
        arguments.command.split_first().ok_or_else(|| Failure::new("nothing to start"))?;
    let mut command = Command::new(program);
    command.args(words);
    let failed = activation::start(&mut command, &sockets, &connection);
    Err(Failure::new(format!("cannot start {}: {failed}", program.display())))
}

/// The sockets, and the connection over which they came; its end will be a signal.
fn ask(control: &str, patience: Duration) -> Result<(UnixStream, Vec<OwnedFd>), Failure> {
    let began = Instant::now();
    let mut waiting = false;
    loop {
        match try_to_take(control) {
            Ok(taken) => return Ok(taken),
            Err(error) if began.elapsed() >= patience => {
                let failure = Failure::new(format!("nobody holds sockets at {control}: {error}"));
                return Err(failure
                    .hint(format!("`ruwsgi hold {control} ADDRESS` does, for the same user")));
            }
            Err(error) if !waiting => {
                say!("waiting for whoever holds the sockets at {control}: {error}");
                waiting = true;
            }
            Err(_) => {}
        }
        std::thread::sleep(LOOK);
    }
}

fn try_to_take(control: &str) -> io::Result<(UnixStream, Vec<OwnedFd>)> {
    let connection = UnixStream::connect(control)?;
    let mut sockets = Vec::new();
    loop {
        let (socket, follow) = channel::take(&connection)?.ok_or(io::ErrorKind::InvalidData)?;
        sockets.push(socket);
        if u64::from_le_bytes(follow) == 0 {
            break;
        }
    }
    signals::at_end_of(&connection, Signal::SIGTERM)?;
    // An end before that line was no signal.
    let mut end = [PollFd::new(connection.as_fd(), PollFlags::POLLIN)];
    match poll(&mut end, PollTimeout::ZERO)? {
        0 => Ok((connection, sockets)),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
