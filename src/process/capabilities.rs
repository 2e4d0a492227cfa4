//! What a process may do beside its user: Linux' capabilities.

use caps::{CapSet, Capability, CapsHashSet};

/// Why capabilities cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum CapabilityError {
    /// There is none of this name.
    #[error(
        "there is no capability {0} (capabilities(7) lists them: net_bind_service, sys_nice, …)"
    )]
    Unknown(String),
    /// The kernel refuses.
    #[error("cannot keep capabilities: {0}")]
    Refused(#[from] caps::errors::CapsError),
    /// The kernel refuses.
    #[error("cannot keep capabilities: {0}")]
    Lost(#[from] nix::Error),
}

/// Reads names between commas, with or without `cap_` before them, in any case.
pub fn parse(names: &str) -> Result<CapsHashSet, CapabilityError> {
    let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
    let known = names.map(|name| {
        let upper = name.to_ascii_uppercase();
        let upper = upper.strip_prefix("CAP_").unwrap_or(&upper);
        let known = format!("CAP_{upper}").parse::<Capability>();
        known.map_err(|_| CapabilityError::Unknown(name.to_owned()))
    });
    known.collect()
}

/// Lets this process keep its capabilities when root becomes another user.
pub fn survive() -> Result<(), CapabilityError> {
    nix::sys::prctl::set_keepcaps(true)?;
    Ok(())
}

/// Keeps these capabilities and no others; they hold for a next image and for programs that are
/// started from here, too.
pub fn keep_only(kept: &CapsHashSet) -> Result<(), CapabilityError> {
    for set in [CapSet::Inheritable, CapSet::Effective, CapSet::Permitted] {
        // What may be had is cut last: the others are taken from it.
        caps::set(None, set, kept)?;
    }
    caps::set(None, CapSet::Ambient, kept)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_form() {
        let read = parse("net_bind_service, CAP_SYS_NICE,cap_chown").expect("three names");
        let expected =
            [Capability::CAP_NET_BIND_SERVICE, Capability::CAP_SYS_NICE, Capability::CAP_CHOWN];
        assert_eq!(read, expected.into_iter().collect());
        let refused = parse("net_bind_servic").expect_err("a typing error").to_string();
        assert!(refused.contains("net_bind_servic"), "{refused}");
    }
}
