//! Becoming another user and group.

use nix::unistd::{Gid, Group, Uid, User, getuid, initgroups, setgid, setgroups, setuid};

/// Why an identity cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// There is no user of this name.
    #[error("there is no user {0}")]
    NoUser(String),
    /// There is no group of this name.
    #[error("there is no group {0}")]
    NoGroup(String),
    /// The kernel refuses.
    #[error("cannot become {who}: {error}")]
    Refused {
        /// The user or group.
        who: String,
        /// The kernel's answer.
        error: nix::Error,
    },
}

/// The id of a user by name or number.
pub fn user(name: &str) -> Result<Uid, IdentityError> {
    if let Ok(number) = name.parse() {
        return Ok(Uid::from_raw(number));
    }
    let found = User::from_name(name).ok().flatten();
    found.map(|user| user.uid).ok_or_else(|| IdentityError::NoUser(name.to_owned()))
}

/// The id of a group by name or number.
pub fn group(name: &str) -> Result<Gid, IdentityError> {
    if let Ok(number) = name.parse() {
        return Ok(Gid::from_raw(number));
    }
    let found = Group::from_name(name).ok().flatten();
    found.map(|group| group.gid).ok_or_else(|| IdentityError::NoGroup(name.to_owned()))
}

/// Who to become.
#[derive(Clone, Debug, Default)]
pub struct Identity<'a> {
    /// The user, by name or number.
    pub uid: Option<&'a str>,
    /// The group, by name or number.
    pub gid: Option<&'a str>,
    /// Further groups, by name or number.
    pub more: Vec<&'a str>,
    /// Whether the further groups that the user is in are left out.
    pub alone: bool,
}

/// Becomes a group and a user, for good. Does nothing where this process is not root.
pub fn become_them(identity: &Identity<'_>) -> Result<(), IdentityError> {
    let Identity { uid, gid, more, alone } = identity;
    let uid = uid.map(|name| user(name).map(|uid| (name, uid))).transpose()?;
    let gid = gid.map(|name| group(name).map(|gid| (name, gid))).transpose()?;
    let more = more.iter().map(|name| group(name)).collect::<Result<Vec<_>, _>>()?;
    if !getuid().is_root() {
        return Ok(());
    }
    let refused = |who: &str| {
        let who = who.to_owned();
        move |error| IdentityError::Refused { who, error }
    };
    if let Some((name, gid)) = gid {
        setgid(gid).map_err(refused(name))?;
        if uid.is_none() {
            setgroups(&more).map_err(refused(name))?;
        }
    }
    if let Some((name, uid)) = uid {
        let known = User::from_uid(uid).ok().flatten();
        let account = known.and_then(|user| std::ffi::CString::new(user.name).ok());
        match account {
            Some(account) if !alone => {
                initgroups(&account, nix::unistd::getgid()).map_err(refused(name))?;
            }
            _ => setgroups(&[]).map_err(refused(name))?,
        }
        add_groups(&more).map_err(refused("a member of the further groups"))?;
        setuid(uid).map_err(refused(name))?;
    }
    Ok(())
}

/// Adds groups to those that this process is in.
fn add_groups(more: &[Gid]) -> nix::Result<()> {
    if more.is_empty() {
        return Ok(());
    }
    let mut groups = nix::unistd::getgroups()?;
    groups.extend(more);
    setgroups(&groups)
}
