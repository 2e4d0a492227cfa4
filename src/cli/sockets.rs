//! The listening sockets of a server, opened or inherited.

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use super::files::Leftovers;
use crate::error::Failure;
use crate::log::say;
use crate::net::address::Address;
use crate::net::listen::{self, Listener};
use crate::options::directive::Said as Named;
use crate::options::settings::{Protocol, Settings};
use crate::process::identity;
use crate::process::reexec::Heirloom;

/// All listening sockets.
pub(super) struct Sockets {
    pub(super) requests: Vec<(Protocol, Arc<Listener>)>,
    pub(super) stats: Option<Listener>,
}

impl Sockets {
    pub(super) fn open(
        settings: &Settings,
        mut heirlooms: Vec<Heirloom>,
        leftovers: &mut Leftovers,
    ) -> Result<Self, Failure> {
        let options = listen_options(settings)?;
        let mut open = |said: &Named| -> Result<Listener, Failure> {
            let inherited = heirlooms.iter().position(|heirloom| heirloom.address == said.value);
            let inherited = inherited.map(|index| heirlooms.swap_remove(index));
            let adopted =
                inherited.and_then(|heirloom| Listener::adopt(&said.value, heirloom.into_fd()));
            let listener = match adopted {
                Some(listener) => listener,
                None => Listener::open(&said.value, &options)
                    .map_err(|error| Failure::new(format!("{}: {error}", said.origin)))?,
            };
            if let Address::Unix(path) = &listener.address {
                leftovers.add(path);
            }
            Ok(listener)
        };
        let mut requests = Vec::new();
        for (index, socket) in settings.sockets.asked.iter().enumerate() {
            let listener = open(&socket.address)?;
            let family = if listener.port().is_some() { "TCP" } else { "UNIX" };
            say!(
                "uwsgi socket {index} bound to {family} address {} fd {}",
                listener.address,
                listener.fd(),
            );
            if socket.protocol == Protocol::Uwsgi && listener.address.is_open() {
                say!(
                    "[warning] {}: the uwsgi protocol on {} is open to other machines; whoever \
                     reaches it can pose as any client",
                    socket.address.origin,
                    listener.address,
                );
            }
            requests.push((socket.protocol, Arc::new(listener)));
        }
        let stats = settings.statistics.stats.as_ref().map(&mut open).transpose()?;
        if let Some(stats) = &stats {
            say!("*** Stats server enabled on {} fd: {} ***", stats.address, stats.fd());
        }
        for heirloom in heirlooms {
            // No longer wanted: closed.
            drop(heirloom.into_fd());
        }
        Ok(Self { requests, stats })
    }

    pub(super) fn named(&self) -> Vec<(&'static str, Arc<Listener>)> {
        let name = |protocol| match protocol {
            Protocol::Uwsgi => "uwsgi",
            Protocol::Http | Protocol::Http11 | Protocol::Gateway => "http",
        };
        let sockets = self.requests.iter();
        sockets.map(|(protocol, listener)| (name(*protocol), Arc::clone(listener))).collect()
    }

    /// What workers take connections from.
    pub(super) fn doors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let requests = self.requests.iter();
        let own = requests.filter(|(protocol, _)| *protocol != Protocol::Gateway);
        own.map(|(_, listener)| listener.socket.as_fd())
    }

    pub(super) fn has_gateway(&self) -> bool {
        self.requests.iter().any(|(protocol, _)| *protocol == Protocol::Gateway)
    }
}

fn listen_options(settings: &Settings) -> Result<listen::Options, Failure> {
    let largest = listen::largest_backlog();
    if let Some(largest) = largest.filter(|largest| *largest < settings.sockets.listen) {
        return Err(Failure::new(format!(
            "listen = {} is more than the kernel allows ({largest})",
            settings.sockets.listen
        ))
        .hint("raise net.core.somaxconn, or lower listen"));
    }
    let owner = settings.sockets.chown_socket.as_ref().map(|owner| {
        let uid = identity::user(&owner.user)?;
        let gid = owner.group.as_deref().map(identity::group).transpose()?;
        Ok::<_, identity::IdentityError>((uid, gid))
    });
    let owner =
        owner.transpose().map_err(|error| Failure::new(format!("chown-socket: {error}")))?;
    // uWSGI's daemons have no umask, and front ends of other users depend on it.
    let daemon = settings.processes.daemonize.is_some() || settings.processes.daemonize2.is_some();
    Ok(listen::Options {
        backlog: i32::try_from(settings.sockets.listen).unwrap_or(i32::MAX),
        mode: settings.sockets.chmod_socket.or(daemon.then_some(0o777)),
        owner,
    })
}
