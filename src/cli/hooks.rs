//! Carries out what the options want done at points of the life of the processes.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::net::TcpStream;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::net::{SocketAddr, UnixStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::net::if_::if_nametoindex;

use crate::error::Failure;
use crate::log::say;
use crate::master;
use crate::net::address::Address;
use crate::options::directive::Said;
use crate::options::hooks::{Hook, HookAction, Moment};
use crate::options::settings::Settings;
use crate::process::shell::{self, Program};
use crate::process::{environment, identity};

/// How often it is looked for what is waited for.
const PAUSE: Duration = Duration::from_millis(100);
/// How long a host may take to answer a knock.
const KNOCK: Duration = Duration::from_secs(1);

/// Runs all hooks of a moment, then all commands. A failure ends the start, except that hooks
/// around the application only log theirs, as in uWSGI.
pub(super) fn run(settings: &Settings, moment: Moment) -> Result<(), Failure> {
    let of_moment = || settings.hooks.hooks.iter().filter(|hook| hook.moment == moment);
    let hooks = of_moment().filter(|hook| !hook.is_exec);
    for hook in hooks.chain(of_moment().filter(|hook| hook.is_exec)) {
        let Hook { action, said, is_exec, .. } = hook;
        say!("running \"{}\" ({})...", said.value, name(moment));
        let done = match action {
            HookAction::PutEnv { .. } if !has_one_thread(settings, moment) => {
                Err("the environment is fixed once Python has started".to_owned())
            }
            action => carry_out(settings, action),
        };
        let Err(why) = done else { continue };
        let failure =
            Failure::new(format!("{}: the hook `{}` failed: {why}", said.origin, said.value));
        if !is_exec && matches!(moment, Moment::PreApp | Moment::PostApp) {
            say!("{failure}");
        } else {
            return Err(failure);
        }
    }
    Ok(())
}

/// Whether nobody else can be reading the environment at a moment: Python has not started.
fn has_one_thread(settings: &Settings, moment: Moment) -> bool {
    let said = &settings.privileges;
    let later = said.master_as_root || said.drop_after_init || said.drop_after_apps;
    match moment {
        Moment::Asap | Moment::PreJail | Moment::InJail | Moment::AsRoot => true,
        Moment::AsUser => !later,
        _ => false,
    }
}

fn name(moment: Moment) -> &'static str {
    match moment {
        Moment::Asap => "asap",
        Moment::PreJail => "pre-jail",
        Moment::InJail => "in-jail",
        Moment::AsRoot => "as root",
        Moment::AsUser => "as user",
        Moment::AsUserAtexit => "as user, atexit",
        Moment::PreApp => "pre app",
        Moment::PostApp => "post app",
        Moment::MasterStart => "master-start",
        Moment::AsGateway => "as-gateway",
        Moment::PostFork => "post-fork",
        Moment::Accepting => "accepting",
        Moment::Accepting1 => "accepting1",
        Moment::AcceptingOnce => "accepting-once",
        Moment::Accepting1Once => "accepting1-once",
    }
}

fn carry_out(settings: &Settings, action: &HookAction) -> Result<(), String> {
    let told = |done: io::Result<()>| done.map_err(|error| error.to_string());
    match action {
        HookAction::Exec(command) => execute(settings, command),
        HookAction::SafeExec(command) => {
            if let Err(why) = execute(settings, command) {
                say!("{command}: {why}");
            }
            Ok(())
        }
        HookAction::Print(text) => {
            say!("{text}");
            Ok(())
        }
        HookAction::Chdir(path) => told(environment::change_directory(Path::new(path))),
        HookAction::Mkdir(path) => told(fs::create_dir(path)),
        HookAction::Unlink(path) => told(fs::remove_file(path)),
        HookAction::Create(path) => told(fs::write(path, "")),
        HookAction::Chmod { path, mode } => {
            told(fs::set_permissions(path, Permissions::from_mode(*mode)))
        }
        HookAction::Chown { path, user, group } => {
            let known = |error: identity::IdentityError| error.to_string();
            let (uid, gid) =
                (identity::user(user).map_err(known)?, identity::group(group).map_err(known)?);
            told(std::os::unix::fs::chown(path, Some(uid.as_raw()), Some(gid.as_raw())))
        }
        HookAction::PutEnv { name, value } => {
            environment::set(name, value);
            Ok(())
        }
        HookAction::Write { path, text, append } => {
            let file = OpenOptions::new()
                .write(true)
                .create(true)
                .append(*append)
                .truncate(!append)
                .open(path);
            told(file.and_then(|mut file| file.write_all(text.as_bytes())))
        }
        HookAction::WriteFifo { path, text } => {
            // Without a reader it fails instead of waiting for one.
            let flags = nix::libc::O_NONBLOCK;
            let file = OpenOptions::new().write(true).custom_flags(flags).open(path);
            told(file.and_then(|mut file| file.write_all(text.as_bytes())))
        }
        HookAction::WaitForInterface(name) => {
            let timeout = settings.hooks.wait_for_interface_timeout;
            wait(name, timeout, || if_nametoindex(name.as_str()).is_ok())
        }
        HookAction::WaitForFile(path) => {
            wait(path, settings.hooks.wait_for_fs_timeout, || Path::new(path).exists())
        }
        HookAction::WaitForSocket(address) => {
            let timeout = settings.hooks.wait_for_socket_timeout;
            wait(address, timeout, || answers(address))
        }
        // The master hears it; see `Master::hooked`.
        HookAction::UnixSignal { .. } | HookAction::Planned => Ok(()),
    }
}

fn execute(settings: &Settings, command: &str) -> Result<(), String> {
    let shells: Vec<_> = settings.hooks.binsh.iter().map(|said| said.value.as_str()).collect();
    let status = shell::run(command, &shells).map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("it ended with {status}")) }
}

fn wait(what: &str, seconds: u64, is_there: impl Fn() -> bool) -> Result<(), String> {
    say!("waiting for {what} (max {seconds} seconds) ...");
    let began = Instant::now();
    while !is_there() {
        if began.elapsed() >= Duration::from_secs(seconds) {
            return Err(format!("{what} was not there after {seconds} seconds"));
        }
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

/// Whether somebody listens at an address.
fn answers(address: &str) -> bool {
    match Address::parse(address) {
        Ok(Address::Tcp(address)) => TcpStream::connect_timeout(&address, KNOCK).is_ok(),
        Ok(Address::Unix(path)) => UnixStream::connect(path).is_ok(),
        Ok(Address::Abstract(name)) => SocketAddr::from_abstract_name(name)
            .and_then(|address| UnixStream::connect_addr(&address))
            .is_ok(),
        Err(_) => false,
    }
}

/// Waits for what the options name, as `wait` says.
pub(super) fn wait_for(
    settings: &Settings,
    names: &[Said],
    action: fn(String) -> HookAction,
) -> Result<(), Failure> {
    names.iter().try_for_each(|said| {
        carry_out(settings, &action(said.value.clone()))
            .map_err(|why| Failure::new(format!("{}: {why}", said.origin)))
    })
}

/// What the master has done meanwhile.
pub(super) struct Errands<'a> {
    pub(super) settings: &'a Settings,
    pub(super) pidfiles: Vec<PathBuf>,
}

impl master::Errands for Errands<'_> {
    fn hook(&self, action: &HookAction) {
        let done = match action {
            // The master does not wait; it buries the command like any other child.
            HookAction::Exec(command) | HookAction::SafeExec(command) => {
                let program = Program { command, ..Program::default() };
                shell::start(&program).map(drop).map_err(|error| error.to_string())
            }
            // Others may be reading the environment.
            HookAction::PutEnv { .. } | HookAction::Chdir(_) => {
                Err("a running server keeps its environment and directory".to_owned())
            }
            action => carry_out(self.settings, action),
        };
        if let Err(why) = done {
            say!("a hook failed: {why}");
        }
    }

    fn leave(&self) {
        if let Err(failure) = run(self.settings, Moment::AsUserAtexit) {
            say!("{failure}");
        }
    }

    fn write_pidfiles(&self) {
        for path in &self.pidfiles {
            say!("writing pidfile to {}", path.display());
            if let Err(error) = fs::write(path, format!("{}\n", std::process::id())) {
                say!("cannot write the pidfile {}: {error}", path.display());
            }
        }
    }
}

/// Nothing is wanted of a master that only watches over what is left.
pub(super) struct NoErrands;

impl master::Errands for NoErrands {
    fn hook(&self, _: &HookAction) {}
    fn leave(&self) {}
    fn write_pidfiles(&self) {}
}
