//! Rows about who the processes are and what they may do.

use super::super::directive::Said;
use super::super::values::parse_octal;
use super::{Argument, Row};

/// Settings of this chapter. A field has the name of its option.
#[expect(missing_docs, reason = "the table says what each option does")]
#[derive(Clone, Debug, Default)]
pub struct Privileges {
    pub uid: Option<Said>,
    pub gid: Option<Said>,
    pub umask: Option<u32>,
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
    Row::planned("chroot", Argument::Required("VALUE"), ""),
    Row::planned("pivot-root", Argument::Required("VALUE"), "").aliases(&["pivot_root"]),
    Row::planned("add-gid", Argument::Required("VALUE"), "").repeats(),
    Row::planned("immediate-uid", Argument::Required("USER"), ""),
    Row::planned("immediate-gid", Argument::Required("GROUP"), ""),
    Row::planned("no-initgroups", Argument::None, ""),
    Row::planned("unshare", Argument::Required("VALUE"), ""),
    Row::planned("unshare2", Argument::Required("VALUE"), ""),
    Row::planned("setns-socket", Argument::Required("VALUE"), ""),
    Row::planned("setns-socket-skip", Argument::Required("VALUE"), "")
        .aliases(&["setns-skip"])
        .repeats(),
    Row::planned("setns", Argument::Required("VALUE"), ""),
    Row::planned("setns-preopen", Argument::None, ""),
    Row::planned("jailed", Argument::None, ""),
    Row::planned("refork", Argument::None, "").aliases(&["re-fork"]),
    Row::planned("refork-as-root", Argument::None, "").aliases(&["re-fork-as-root"]),
    Row::planned("refork-post-jail", Argument::None, "").aliases(&["re-fork-post-jail"]),
    Row::planned("privileged-binary-patch", Argument::Required("VALUE"), ""),
    Row::planned("unprivileged-binary-patch", Argument::Required("VALUE"), ""),
    Row::planned("privileged-binary-patch-arg", Argument::Required("VALUE"), ""),
    Row::planned("unprivileged-binary-patch-arg", Argument::Required("VALUE"), ""),
    Row::planned("master-as-root", Argument::None, ""),
    Row::planned("drop-after-init", Argument::None, ""),
    Row::planned("drop-after-apps", Argument::None, ""),
    Row::planned("cgroup", Argument::Required("VALUE"), "").repeats(),
    Row::planned("cgroup-opt", Argument::Required("VALUE"), "").repeats(),
    Row::planned("cgroup-dir-mode", Argument::Required("VALUE"), ""),
    Row::planned("namespace", Argument::Required("VALUE"), "").aliases(&["ns"]),
    Row::planned("namespace-keep-mount", Argument::Required("VALUE"), "").repeats(),
    Row::planned("namespace-net", Argument::Required("VALUE"), "").aliases(&["ns-net"]),
    Row::planned("cap", Argument::Required("VALUE"), ""),
    Row::planned("jail", Argument::Required("VALUE"), ""),
    Row::planned("jail-ip4", Argument::Required("VALUE"), "").repeats(),
    Row::planned("jail-ip6", Argument::Required("VALUE"), "").repeats(),
    Row::planned("jail2", Argument::Required("VALUE"), "").aliases(&["libjail"]).repeats(),
    Row::planned("jail-attach", Argument::Required("VALUE"), ""),
];
