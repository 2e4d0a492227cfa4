//! What runs at points of the life of the processes, as the options describe it.
//!
//! Carrying it out is for `cli`.

use super::directive::{Origin, Said};
use super::table::Refusal;

/// A point of the life of the processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before anything else.
    Asap,
    /// Before the root directory changes.
    PreJail,
    /// After it.
    InJail,
    /// Before the user changes.
    AsRoot,
    /// After it.
    AsUser,
    /// At the end, and before a reload.
    AsUserAtexit,
    /// Before the application is loaded.
    PreApp,
    /// After it.
    PostApp,
    /// In the master, before it starts processes.
    MasterStart,
    /// In a gateway, after its fork.
    AsGateway,
    /// In a worker, after its fork.
    PostFork,
    /// In a worker, before it takes requests.
    Accepting,
    /// The same in the first worker.
    Accepting1,
    /// In each worker, the first time it comes.
    AcceptingOnce,
    /// The same in the first worker.
    Accepting1Once,
}

/// What is to be done at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// When.
    pub moment: Moment,
    /// What.
    pub action: HookAction,
    /// As it was written.
    pub said: Said,
    /// Whether it came of an `exec-…` option: these run after the hooks of the same moment.
    pub is_exec: bool,
}

/// What a hook does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names and fields say it")]
pub enum HookAction {
    /// Runs a command; its failure is the hook's.
    Exec(String),
    /// Runs a command; its failure is only logged.
    SafeExec(String),
    Print(String),
    Chdir(String),
    Mkdir(String),
    Unlink(String),
    Create(String),
    Chmod {
        path: String,
        mode: u32,
    },
    Chown {
        path: String,
        user: String,
        group: String,
    },
    PutEnv {
        name: String,
        value: String,
    },
    Write {
        path: String,
        text: String,
        append: bool,
    },
    WriteFifo {
        path: String,
        text: String,
    },
    WaitForInterface(String),
    WaitForFile(String),
    WaitForSocket(String),
    UnixSignal {
        number: i32,
        to: SignalTo,
    },
    /// Known to uWSGI, without effect here.
    Planned,
}

/// What a signal to the master does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalTo {
    /// Ends the server when all requests are answered.
    Stop,
    /// Ends the server at once.
    StopNow,
    /// Starts it anew.
    Reload,
    /// Nothing but a log line.
    Statistics,
}

/// Signals that a hook may catch: not those that cannot be, that tell of faults, and SIGCHLD.
const CATCHABLE: &[i32] =
    &[1, 2, 3, 6, 10, 12, 13, 14, 15, 16, 18, 20, 21, 22, 23, 24, 25, 26, 28, 29];
/// The actions that do something here.
const KNOWN: &str = "exec, safeexec, print, chdir, mkdir, unlink, create, chmod, chown, putenv, \
                     write, writen, append, appendn, writefifo, wait_for_fs, wait_for_socket, \
                     unix_signal";
/// The actions of uWSGI that have no effect here.
const PLANNED: &[&str] = &[
    "alarm",
    "call",
    "callret",
    "callint",
    "callintret",
    "mount",
    "umount",
    "rpc",
    "retryrpc",
    "hostname",
    "spinningfifo",
    "setscheduler",
    "pivot_root",
    "console_broadcast",
    "setquota",
    "emperor_command_socket",
];

impl Hook {
    /// A hook as `ACTION:ARGUMENT`, and what there is to say about it.
    pub fn parse(
        moment: Moment,
        text: &str,
        origin: &Origin,
    ) -> Result<(Self, Option<String>), Refusal> {
        let action = parse_action(text)?;
        let warning = (action == HookAction::Planned).then(|| {
            let name = text.split(':').next().unwrap_or_default();
            format!("the hook action {name} has no effect here yet")
        });
        let said = Said { value: text.to_owned(), origin: origin.clone() };
        Ok((Self { moment, action, said, is_exec: false }, warning))
    }

    /// A command of an `exec-…` option.
    #[must_use]
    pub fn exec(moment: Moment, command: &str, origin: &Origin) -> Self {
        let said = Said { value: command.to_owned(), origin: origin.clone() };
        Self { moment, action: HookAction::Exec(command.to_owned()), said, is_exec: true }
    }
}

/// `ACTION:ARGUMENT`; the older form of a signal, `unix_signal:15 name`, is one of them.
pub fn parse_action(text: &str) -> Result<HookAction, Refusal> {
    let (name, argument) =
        text.split_once(':').ok_or_else(|| "it needs ACTION:ARGUMENT".to_owned())?;
    let (name, argument) = (name.trim(), argument.trim());
    let owned = || argument.to_owned();
    let two = |what: &str| -> Result<(String, String), Refusal> {
        let parts = argument.split_once([' ', '\t']);
        let (first, rest) = parts.ok_or_else(|| format!("{name} needs {what}"))?;
        Ok((first.to_owned(), rest.trim_start().to_owned()))
    };
    let write = |append: bool, end: &str| -> Result<HookAction, Refusal> {
        let (path, text) = two("a path and a text")?;
        Ok(HookAction::Write { path, text: text + end, append })
    };
    Ok(match name {
        "exec" => HookAction::Exec(owned()),
        "safeexec" => HookAction::SafeExec(owned()),
        "print" => HookAction::Print(owned()),
        "chdir" | "cd" => HookAction::Chdir(owned()),
        "mkdir" => HookAction::Mkdir(owned()),
        "unlink" => HookAction::Unlink(owned()),
        "create" | "creat" => HookAction::Create(owned()),
        "chmod" => {
            let (path, mode) = two("a path and a mode")?;
            HookAction::Chmod { path, mode: super::values::parse_octal(&mode)? }
        }
        "chown" => {
            let (path, names) = two("a path, a user and a group")?;
            let names = names.split_once([' ', '\t', ':']);
            let (user, group) =
                names.ok_or_else(|| "chown needs a path, a user and a group".to_owned())?;
            let (user, group) = (user.to_owned(), group.trim().to_owned());
            HookAction::Chown { path, user, group }
        }
        "putenv" => {
            let (name, value) = super::values::parse_environment(argument)?;
            HookAction::PutEnv { name: name.to_owned(), value: value.to_owned() }
        }
        "write" => write(false, "")?,
        "writen" => write(false, "\n")?,
        "append" => write(true, "")?,
        "appendn" => write(true, "\n")?,
        "writefifo" => {
            let (path, text) = two("a path and a text")?;
            HookAction::WriteFifo { path, text }
        }
        "wait_for_fs" | "wait_for_file" | "wait_for_dir" => HookAction::WaitForFile(owned()),
        "wait_for_socket" => HookAction::WaitForSocket(owned()),
        "unix_signal" => {
            let (number, function) = two("the number of a signal and a function")?;
            let number = number.parse().ok().filter(|number| CATCHABLE.contains(number));
            let number = number.ok_or_else(|| format!("a signal is one of {CATCHABLE:?}"))?;
            HookAction::UnixSignal { number, to: parse_function(function.trim())? }
        }
        name if PLANNED.contains(&name) => HookAction::Planned,
        name => return Err(format!("there is no hook action {name}; there are {KNOWN}")),
    })
}

/// Functions of uWSGI that real configurations name.
fn parse_function(name: &str) -> Result<SignalTo, Refusal> {
    match name {
        "gracefully_kill_them_all" => Ok(SignalTo::Stop),
        "kill_them_all" | "end_me" | "goodbye_cruel_world" => Ok(SignalTo::StopNow),
        "grace_them_all" | "reap_them_all" => Ok(SignalTo::Reload),
        "stats" => Ok(SignalTo::Statistics),
        _ => Err(format!(
            "there is no function {name}; there are gracefully_kill_them_all, kill_them_all, \
             grace_them_all, reap_them_all and stats"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_taken_apart() {
        #[expect(clippy::needless_pass_by_value, reason = "reads better where it is called")]
        fn check(text: &str, expected: HookAction) {
            assert_eq!(parse_action(text).as_ref(), Ok(&expected), "{text}");
        }
        check("exec:a: b && c", HookAction::Exec("a: b && c".to_owned()));
        check("cd:/tmp", HookAction::Chdir("/tmp".to_owned()));
        check("chmod:/run/x 666", HookAction::Chmod { path: "/run/x".to_owned(), mode: 0o666 });
        let (name, value) = ("A".to_owned(), "b=c".to_owned());
        check("putenv:A=b=c", HookAction::PutEnv { name, value });
        let write = |text: &str, append| HookAction::Write {
            path: "/x".to_owned(),
            text: text.to_owned(),
            append,
        };
        check("write:/x a b", write("a b", false));
        check("appendn:/x a b", write("a b\n", true));
        check(
            "unix_signal:15 gracefully_kill_them_all",
            HookAction::UnixSignal { number: 15, to: SignalTo::Stop },
        );
        check("alarm:name text", HookAction::Planned);
    }

    #[test]
    fn what_is_no_action_is_refused() {
        fn check(text: &str, message: &str) {
            let refusal = parse_action(text).expect_err(text);
            assert!(refusal.contains(message), "{text}: {refusal}");
        }
        check("exec", "it needs ACTION:ARGUMENT");
        check("rm:/x", "no hook action rm; there are exec, safeexec");
        check("chmod:/x", "chmod needs a path and a mode");
        check("chmod:/x 999", "octal");
        check("unix_signal:99 kill_them_all", "a signal is one of");
        check("unix_signal:15 nope", "no function nope");
    }
}
