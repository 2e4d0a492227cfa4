//! Rows about what runs at points of the life of the processes.

use super::super::directive::{Origin, Said};
use super::super::hooks::{Hook, HookAction, Moment, parse_action};
use super::super::settings::Settings;
use super::super::values::file_and;
use super::{Argument, Effect, Refusal, Row};

/// How long to wait for files and sockets, as in uWSGI.
const PATIENCE: u64 = 60;

/// Settings of this chapter. A field has the name of its option.
#[expect(missing_docs, reason = "the table says what each option does")]
#[derive(Clone, Debug)]
pub struct Hooks {
    /// All hooks, in the order in which they were said.
    pub hooks: Vec<Hook>,
    pub hook_touch: Vec<(String, HookAction)>,
    pub binsh: Vec<Said>,
    pub wait_for_interface: Vec<Said>,
    pub wait_for_interface_timeout: u64,
    pub wait_for_fs: Vec<Said>,
    pub wait_for_fs_timeout: u64,
    pub wait_for_socket: Vec<Said>,
    pub wait_for_socket_timeout: u64,
}

impl Default for Hooks {
    fn default() -> Self {
        Self {
            hooks: Vec::new(),
            hook_touch: Vec::new(),
            binsh: Vec::new(),
            wait_for_interface: Vec::new(),
            wait_for_interface_timeout: PATIENCE,
            wait_for_fs: Vec::new(),
            wait_for_fs_timeout: PATIENCE,
            wait_for_socket: Vec::new(),
            wait_for_socket_timeout: PATIENCE,
        }
    }
}

impl Settings {
    fn hook(&mut self, moment: Moment, text: &str, origin: &Origin) -> Result<(), Refusal> {
        let (hook, warning) = Hook::parse(moment, text, origin)?;
        self.hooks.hooks.push(hook);
        if let Some(warning) = warning {
            self.warn(origin, warning);
        }
        Ok(())
    }

    #[expect(clippy::unnecessary_wraps, reason = "has the form of a setter of the table")]
    fn exec(&mut self, moment: Moment, command: &str, origin: &Origin) -> Result<(), Refusal> {
        self.hooks.hooks.push(Hook::exec(moment, command, origin));
        Ok(())
    }
}

type Setter = fn(&mut Settings, &str, &Origin) -> Result<(), Refusal>;

const fn hook(name: &'static str, set: Setter, help: &'static str) -> Row {
    Row::new(name, Argument::Required("ACTION:ARGUMENT"), Effect::ParsedLine(set), help).repeats()
}

const fn exec(name: &'static str, set: Setter, help: &'static str) -> Row {
    Row::new(name, Argument::Required("COMMAND"), Effect::ParsedLine(set), help).repeats()
}

pub(super) static ROWS: &[Row] = &[
    hook(
        "hook-master-start",
        |s, text, origin| s.hook(Moment::MasterStart, text, origin),
        "run a hook in the master before it starts processes",
    ),
    hook(
        "hook-asap",
        |s, text, origin| s.hook(Moment::Asap, text, origin),
        "run a hook before anything else",
    ),
    hook(
        "hook-pre-jail",
        |s, text, origin| s.hook(Moment::PreJail, text, origin),
        "run a hook before the root directory changes",
    ),
    Row::planned(
        "hook-post-jail",
        Argument::Required("HOOK"),
        "run a hook in a server that is jailed already",
    )
    .repeats(),
    hook(
        "hook-in-jail",
        |s, text, origin| s.hook(Moment::InJail, text, origin),
        "run a hook after the root directory has changed",
    ),
    hook(
        "hook-as-root",
        |s, text, origin| s.hook(Moment::AsRoot, text, origin),
        "run a hook before dropping privileges",
    ),
    hook(
        "hook-as-user",
        |s, text, origin| s.hook(Moment::AsUser, text, origin),
        "run a hook after dropping privileges",
    ),
    hook(
        "hook-as-user-atexit",
        |s, text, origin| s.hook(Moment::AsUserAtexit, text, origin),
        "run a hook at the end and before a reload",
    ),
    hook(
        "hook-pre-app",
        |s, text, origin| s.hook(Moment::PreApp, text, origin),
        "run a hook before the application is loaded",
    ),
    hook(
        "hook-post-app",
        |s, text, origin| s.hook(Moment::PostApp, text, origin),
        "run a hook after the application is loaded",
    ),
    hook(
        "hook-post-fork",
        |s, text, origin| s.hook(Moment::PostFork, text, origin),
        "run a hook in each worker after its fork",
    ),
    hook(
        "hook-accepting",
        |s, text, origin| s.hook(Moment::Accepting, text, origin),
        "run a hook in each worker before it takes requests",
    ),
    hook(
        "hook-accepting1",
        |s, text, origin| s.hook(Moment::Accepting1, text, origin),
        "run a hook in the first worker before it takes requests",
    ),
    hook(
        "hook-accepting-once",
        |s, text, origin| s.hook(Moment::AcceptingOnce, text, origin),
        "run a hook in each worker, only the first time it takes requests",
    ),
    hook(
        "hook-accepting1-once",
        |s, text, origin| s.hook(Moment::Accepting1Once, text, origin),
        "run a hook in the first worker, only the first time it takes requests",
    ),
    Row::new(
        "hook-touch",
        Argument::Required("FILE HOOK"),
        Effect::ParsedLine(|s, words, _| {
            let (path, hook) = file_and(words)?;
            s.hooks.hook_touch.push((path, parse_action(hook)?));
            Ok(())
        }),
        "run a hook when a file changes, appears or goes",
    )
    .repeats(),
    Row::planned(
        "hook-emperor-start",
        Argument::Required("HOOK"),
        "run a hook when the emperor starts",
    )
    .repeats(),
    Row::planned(
        "hook-emperor-stop",
        Argument::Required("HOOK"),
        "run a hook when the emperor stops a vassal",
    )
    .repeats(),
    Row::planned(
        "hook-emperor-reload",
        Argument::Required("HOOK"),
        "run a hook when the emperor reloads a vassal",
    )
    .repeats(),
    Row::planned(
        "hook-emperor-lost",
        Argument::Required("HOOK"),
        "run a hook when a vassal has lost its emperor",
    )
    .repeats(),
    Row::planned("hook-as-vassal", Argument::Required("HOOK"), "run a hook before a vassal starts")
        .repeats(),
    Row::planned(
        "hook-as-emperor",
        Argument::Required("HOOK"),
        "run a hook in the emperor when a vassal has started",
    )
    .repeats(),
    Row::planned("hook-as-mule", Argument::Required("HOOK"), "run a hook in each mule").repeats(),
    hook(
        "hook-as-gateway",
        |s, text, origin| s.hook(Moment::AsGateway, text, origin),
        "run a hook in each gateway",
    ),
    Row::planned(
        "after-request-hook",
        Argument::Required("FUNCTION"),
        "call a function after each request",
    )
    .aliases(&["after-request-call"])
    .repeats(),
    exec(
        "exec-asap",
        |s, text, origin| s.exec(Moment::Asap, text, origin),
        "run a command before anything else; if it fails, the start ends",
    ),
    exec(
        "exec-pre-jail",
        |s, text, origin| s.exec(Moment::PreJail, text, origin),
        "run a command before the root directory changes; if it fails, the start ends",
    ),
    Row::planned(
        "exec-post-jail",
        Argument::Required("COMMAND"),
        "run a command in a server that is jailed already",
    )
    .repeats(),
    exec(
        "exec-in-jail",
        |s, text, origin| s.exec(Moment::InJail, text, origin),
        "run a command after the root directory has changed; if it fails, the start ends",
    ),
    exec(
        "exec-as-root",
        |s, text, origin| s.exec(Moment::AsRoot, text, origin),
        "run a command before dropping privileges; if it fails, the start ends",
    ),
    exec(
        "exec-as-user",
        |s, text, origin| s.exec(Moment::AsUser, text, origin),
        "run a command after dropping privileges; if it fails, the start ends",
    ),
    exec(
        "exec-as-user-atexit",
        |s, text, origin| s.exec(Moment::AsUserAtexit, text, origin),
        "run a command at the end and before a reload; if it fails, the start ends",
    ),
    exec(
        "exec-pre-app",
        |s, text, origin| s.exec(Moment::PreApp, text, origin),
        "run a command before the application is loaded; if it fails, the start ends",
    ),
    exec(
        "exec-post-app",
        |s, text, origin| s.exec(Moment::PostApp, text, origin),
        "run a command after the application is loaded; if it fails, the start ends",
    ),
    Row::planned(
        "exec-as-vassal",
        Argument::Required("COMMAND"),
        "run a command before a vassal starts",
    )
    .repeats(),
    Row::planned(
        "exec-as-emperor",
        Argument::Required("COMMAND"),
        "run a command in the emperor when a vassal has started",
    )
    .repeats(),
    Row::planned(
        "mount-asap",
        Argument::Required("FILESYSTEM DEVICE DIRECTORY"),
        "mount a file system before anything else",
    )
    .repeats(),
    Row::planned(
        "mount-pre-jail",
        Argument::Required("FILESYSTEM DEVICE DIRECTORY"),
        "mount a file system before the root directory changes",
    )
    .repeats(),
    Row::planned(
        "mount-post-jail",
        Argument::Required("FILESYSTEM DEVICE DIRECTORY"),
        "mount a file system in a server that is jailed already",
    )
    .repeats(),
    Row::planned(
        "mount-in-jail",
        Argument::Required("FILESYSTEM DEVICE DIRECTORY"),
        "mount a file system after the root directory has changed",
    )
    .repeats(),
    Row::planned(
        "mount-as-root",
        Argument::Required("FILESYSTEM DEVICE DIRECTORY"),
        "mount a file system before dropping privileges",
    )
    .repeats(),
    Row::planned(
        "mount-as-vassal",
        Argument::Required("FILESYSTEM DEVICE DIRECTORY"),
        "mount a file system before a vassal starts",
    )
    .repeats(),
    Row::planned(
        "mount-as-emperor",
        Argument::Required("FILESYSTEM DEVICE DIRECTORY"),
        "mount a file system in the emperor when a vassal has started",
    )
    .repeats(),
    Row::planned(
        "umount-asap",
        Argument::Required("DIRECTORY"),
        "unmount a file system before anything else",
    )
    .repeats(),
    Row::planned(
        "umount-pre-jail",
        Argument::Required("DIRECTORY"),
        "unmount a file system before the root directory changes",
    )
    .repeats(),
    Row::planned(
        "umount-post-jail",
        Argument::Required("DIRECTORY"),
        "unmount a file system in a server that is jailed already",
    )
    .repeats(),
    Row::planned(
        "umount-in-jail",
        Argument::Required("DIRECTORY"),
        "unmount a file system after the root directory has changed",
    )
    .repeats(),
    Row::planned(
        "umount-as-root",
        Argument::Required("DIRECTORY"),
        "unmount a file system before dropping privileges",
    )
    .repeats(),
    Row::planned(
        "umount-as-vassal",
        Argument::Required("DIRECTORY"),
        "unmount a file system before a vassal starts",
    )
    .repeats(),
    Row::planned(
        "umount-as-emperor",
        Argument::Required("DIRECTORY"),
        "unmount a file system in the emperor when a vassal has started",
    )
    .repeats(),
    Row::words(
        "wait-for-interface",
        "NAME",
        |s| &mut s.hooks.wait_for_interface,
        "wait for a network interface before the root hooks",
    )
    .aliases(&["wait-interface", "wait-for-iface", "wait-iface"]),
    Row::number(
        "wait-for-interface-timeout",
        "SECONDS",
        |s| &mut s.hooks.wait_for_interface_timeout,
        "how long to wait for a network interface",
    )
    .aliases(&["wait-interface-timeout", "wait-for-iface-timeout", "wait-iface-timeout"]),
    Row::words(
        "wait-for-fs",
        "PATH",
        |s| &mut s.hooks.wait_for_fs,
        "wait until a file or directory is there, before the root hooks",
    )
    .aliases(&["wait-for-file", "wait-for-dir"]),
    Row::planned(
        "wait-for-mountpoint",
        Argument::Required("DIRECTORY"),
        "wait until a file system is mounted, before the root hooks",
    )
    .repeats(),
    Row::number(
        "wait-for-fs-timeout",
        "SECONDS",
        |s| &mut s.hooks.wait_for_fs_timeout,
        "how long to wait for a file or directory",
    ),
    Row::words(
        "wait-for-socket",
        "ADDRESS",
        |s| &mut s.hooks.wait_for_socket,
        "wait until somebody listens at an address, before the application is loaded",
    ),
    Row::number(
        "wait-for-socket-timeout",
        "SECONDS",
        |s| &mut s.hooks.wait_for_socket_timeout,
        "how long to wait for a listener",
    ),
    Row::planned(
        "call-asap",
        Argument::Required("FUNCTION"),
        "call a function of a library before anything else",
    )
    .repeats(),
    Row::planned(
        "call-pre-jail",
        Argument::Required("FUNCTION"),
        "call a function of a library before the root directory changes",
    )
    .repeats(),
    Row::planned(
        "call-post-jail",
        Argument::Required("FUNCTION"),
        "call a function of a library in a server that is jailed already",
    )
    .repeats(),
    Row::planned(
        "call-in-jail",
        Argument::Required("FUNCTION"),
        "call a function of a library after the root directory has changed",
    )
    .repeats(),
    Row::planned(
        "call-as-root",
        Argument::Required("FUNCTION"),
        "call a function of a library before dropping privileges",
    )
    .repeats(),
    Row::planned(
        "call-as-user",
        Argument::Required("FUNCTION"),
        "call a function of a library after dropping privileges",
    )
    .repeats(),
    Row::planned(
        "call-as-user-atexit",
        Argument::Required("FUNCTION"),
        "call a function of a library at the end and before a reload",
    )
    .repeats(),
    Row::planned(
        "call-pre-app",
        Argument::Required("FUNCTION"),
        "call a function of a library before the application is loaded",
    )
    .repeats(),
    Row::planned(
        "call-post-app",
        Argument::Required("FUNCTION"),
        "call a function of a library after the application is loaded",
    )
    .repeats(),
    Row::planned(
        "call-as-vassal",
        Argument::Required("FUNCTION"),
        "call a function of a library before a vassal starts",
    )
    .repeats(),
    Row::planned(
        "call-as-vassal1",
        Argument::Required("FUNCTION"),
        "call a function of a library with one argument(s) before a vassal starts",
    )
    .repeats(),
    Row::planned(
        "call-as-vassal3",
        Argument::Required("FUNCTION"),
        "call a function of a library with three argument(s) before a vassal starts",
    )
    .repeats(),
    Row::planned(
        "call-as-emperor",
        Argument::Required("FUNCTION"),
        "call a function of a library in the emperor when a vassal has started",
    )
    .repeats(),
    Row::planned(
        "call-as-emperor1",
        Argument::Required("FUNCTION"),
        "call a function of a library with one argument(s) in the emperor",
    )
    .repeats(),
    Row::planned(
        "call-as-emperor2",
        Argument::Required("FUNCTION"),
        "call a function of a library with two argument(s) in the emperor",
    )
    .repeats(),
    Row::planned(
        "call-as-emperor4",
        Argument::Required("FUNCTION"),
        "call a function of a library with four argument(s) in the emperor",
    )
    .repeats(),
    Row::words(
        "binsh",
        "FILE",
        |s| &mut s.hooks.binsh,
        "the shell that runs the commands of hooks; /bin/sh if it is not there",
    ),
    Row::planned("file-write", Argument::Required("FILE=TEXT"), "write a text to a file").repeats(),
    Row::refused(
        "worker-exec",
        Argument::Required("COMMAND"),
        "become this program instead of a worker",
        "run the program by itself, or beside the server with attach-daemon",
    ),
    Row::refused(
        "worker-exec2",
        Argument::Required("COMMAND"),
        "become this program instead of a worker, after the hooks of its fork",
        "run the program by itself, or beside the server with attach-daemon",
    ),
];
