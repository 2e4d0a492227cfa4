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

/// Becomes a group and a user, for good. Does nothing where this process is not root.
pub fn become_them(uid: Option<&str>, gid: Option<&str>) -> Result<(), IdentityError> {
    let uid = uid.map(|name| user(name).map(|uid| (name, uid))).transpose()?;
    let gid = gid.map(|name| group(name).map(|gid| (name, gid))).transpose()?;
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
            setgroups(&[]).map_err(refused(name))?;
        }
    }
    if let Some((name, uid)) = uid {
        let known = User::from_uid(uid).ok().flatten();
        let account = known.and_then(|user| std::ffi::CString::new(user.name).ok());
        match account {
            Some(account) => initgroups(&account, nix::unistd::getgid()).map_err(refused(name))?,
            None => setgroups(&[]).map_err(refused(name))?,
        }
        setuid(uid).map_err(refused(name))?;
    }
    Ok(())
}
