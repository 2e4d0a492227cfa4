//! Rows about who the processes are and what they may do.

use super::super::directive::Said;
use super::super::values::parse_octal;
use super::{Argument, Row};

/// Settings of this chapter. A field has the name of its option.
#[expect(missing_docs, reason = "the table says what each option does")]
#[expect(clippy::struct_excessive_bools, reason = "options are flags")]
#[derive(Clone, Debug, Default)]
pub struct Privileges {
    pub uid: Option<Said>,
    pub gid: Option<Said>,
    pub umask: Option<u32>,
    pub chroot: Option<Said>,
    pub add_gid: Vec<Said>,
    pub immediate_uid: Option<Said>,
    pub immediate_gid: Option<Said>,
    pub no_initgroups: bool,
    pub master_as_root: bool,
    pub drop_after_init: bool,
    pub drop_after_apps: bool,
    pub cap: Option<Said>,
}

pub(super) static ROWS: &[Row] = &[
    Row::word("uid", "USER", |s| &mut s.privileges.uid, "become this user, by name or number"),
    Row::word("gid", "GROUP", |s| &mut s.privileges.gid, "become this group, by name or number"),
    Row::parsed(
        "umask",
        "MODE",
        |settings, mode, _| {
            settings.privileges.umask = Some(parse_octal(mode)?);
            Ok(())
        },
        "file mode creation mask, octal",
    ),
    Row::word(
        "chroot",
        "DIRECTORY",
        |s| &mut s.privileges.chroot,
        "make this directory the root directory",
    ),
    Row::planned(
        "pivot-root",
        Argument::Required("NEW OLD"),
        "make another directory the root directory, and keep the old one below it",
    )
    .aliases(&["pivot_root"]),
    Row::words(
        "add-gid",
        "GROUP",
        |s| &mut s.privileges.add_gid,
        "keep a further group beside those of the user",
    ),
    Row::word(
        "immediate-uid",
        "USER",
        |s| &mut s.privileges.immediate_uid,
        "become this user before anything else",
    ),
    Row::word(
        "immediate-gid",
        "GROUP",
        |s| &mut s.privileges.immediate_gid,
        "become this group before anything else",
    ),
    Row::flag(
        "no-initgroups",
        |s| &mut s.privileges.no_initgroups,
        "leave out the further groups of the user",
    ),
    Row::planned("unshare", Argument::Required("NAMES"), "leave namespaces of the system"),
    Row::planned("unshare2", Argument::Required("NAMES"), "leave namespaces after the root hooks"),
    Row::planned(
        "setns-socket",
        Argument::Required("FILE"),
        "hand the descriptors of namespaces out on a socket",
    ),
    Row::planned(
        "setns-socket-skip",
        Argument::Required("NAME"),
        "leave a namespace out of setns-socket",
    )
    .aliases(&["setns-skip"])
    .repeats(),
    Row::planned(
        "setns",
        Argument::Required("FILE"),
        "join the namespaces that a socket hands out",
    ),
    Row::planned("setns-preopen", Argument::None, "open the namespaces before anything else"),
    Row::planned("jailed", Argument::None, "take the server for jailed already"),
    Row::planned("refork", Argument::None, "fork once more after dropping privileges")
        .aliases(&["re-fork"]),
    Row::planned("refork-as-root", Argument::None, "fork once more before dropping privileges")
        .aliases(&["re-fork-as-root"]),
    Row::planned(
        "refork-post-jail",
        Argument::None,
        "fork once more after the root directory has changed",
    )
    .aliases(&["re-fork-post-jail"]),
    Row::refused(
        "privileged-binary-patch",
        Argument::Required("FILE"),
        "become another program before dropping privileges",
        "start that program instead",
    ),
    Row::refused(
        "unprivileged-binary-patch",
        Argument::Required("FILE"),
        "become another program after dropping privileges",
        "start that program instead",
    ),
    Row::refused(
        "privileged-binary-patch-arg",
        Argument::Required("COMMAND"),
        "become another program with arguments before dropping privileges",
        "start that program instead",
    ),
    Row::refused(
        "unprivileged-binary-patch-arg",
        Argument::Required("COMMAND"),
        "become another program with arguments after dropping privileges",
        "start that program instead",
    ),
    Row::flag(
        "master-as-root",
        |s| &mut s.privileges.master_as_root,
        "only workers and gateways drop privileges",
    ),
    Row::flag(
        "drop-after-init",
        |s| &mut s.privileges.drop_after_init,
        "drop privileges after Python has started",
    ),
    Row::flag(
        "drop-after-apps",
        |s| &mut s.privileges.drop_after_apps,
        "drop privileges after the application is loaded",
    ),
    Row::planned("cgroup", Argument::Required("GROUP"), "put the server into a control group")
        .repeats(),
    Row::planned(
        "cgroup-opt",
        Argument::Required("KEY=VALUE"),
        "set an option of the control group",
    )
    .repeats(),
    Row::planned(
        "cgroup-dir-mode",
        Argument::Required("MODE"),
        "file mode of the directory of a control group",
    ),
    Row::planned(
        "namespace",
        Argument::Required("DIRECTORY"),
        "run in namespaces of its own with this root directory",
    )
    .aliases(&["ns"]),
    Row::planned(
        "namespace-keep-mount",
        Argument::Required("PATH"),
        "keep a mount within the namespace",
    )
    .repeats(),
    Row::planned("namespace-net", Argument::Required("NAME"), "use a network namespace")
        .aliases(&["ns-net"]),
    Row::word(
        "cap",
        "NAME,…",
        |s| &mut s.privileges.cap,
        "keep these capabilities when root becomes another user, and only these",
    ),
    Row::planned("jail", Argument::Required("DIRECTORY"), "run in a FreeBSD jail"),
    Row::planned("jail-ip4", Argument::Required("ADDRESS"), "add an IPv4 address to the jail")
        .repeats(),
    Row::planned("jail-ip6", Argument::Required("ADDRESS"), "add an IPv6 address to the jail")
        .repeats(),
    Row::planned("jail2", Argument::Required("KEY=VALUE"), "make a jail with this parameter")
        .aliases(&["libjail"])
        .repeats(),
    Row::planned("jail-attach", Argument::Required("ID"), "join a FreeBSD jail"),
];
