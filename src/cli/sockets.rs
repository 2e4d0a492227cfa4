//! The listening sockets of a server, opened or inherited.

use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::files::Leftovers;
use crate::error::Failure;
use crate::log::say;
use crate::net::address::Address;
use crate::net::listen::{self, Listener};
use crate::net::tls::{self, Tls};
use crate::options::directive::Said as Named;
use crate::options::settings::Settings;
use crate::options::sockets::{Protocol, TlsFiles};
use crate::process::identity;
use crate::process::reexec::Heirloom;

/// A socket on which requests come.
pub(super) struct Entrance {
    pub(super) protocol: Protocol,
    pub(super) listener: Arc<Listener>,
    pub(super) tls: Option<Tls>,
}

/// All listening sockets.
pub(super) struct Sockets {
    pub(super) requests: Vec<Entrance>,
    pub(super) stats: Option<Listener>,
    pub(super) http_stats: Option<Listener>,
    pub(super) metrics: Option<Listener>,
}

/// What is opened before privileges are dropped and the directory is changed, as in uWSGI: shared
/// sockets, and the files of TLS, which only root may be able to read.
pub(super) struct Early {
    listeners: Vec<Listener>,
    heirlooms: Vec<Heirloom>,
    /// For each socket that was asked for.
    tls: Vec<Option<Tls>>,
}

impl Early {
    pub(super) fn open(settings: &Settings, mut heirlooms: Vec<Heirloom>) -> Result<Self, Failure> {
        let named = certificates_by_host(settings)?;
        let asked = settings.sockets.asked.iter();
        let tls = asked.map(|socket| {
            let files = socket.tls.as_ref();
            files.map(|files| load_tls(&socket.address, files, &named)).transpose()
        });
        let tls = tls.collect::<Result<_, _>>()?;
        let mut listeners = Vec::new();
        if settings.sockets.shared_socket.is_empty() {
            return Ok(Self { listeners, heirlooms, tls });
        }
        let options = listen_options(settings)?;
        for (index, said) in settings.sockets.shared_socket.iter().enumerate() {
            let listener = open(said, &mut heirlooms, &options)?;
            if !settings.sockets.undeferred_shared_socket.contains(&index) {
                defer(&listener, settings);
            }
            say!("uwsgi shared socket {index} {}", describe(&listener));
            listeners.push(listener);
        }
        Ok(Self { listeners, heirlooms, tls })
    }
}

/// Takes over the socket of an earlier image, or opens it.
fn open(
    said: &Named,
    heirlooms: &mut Vec<Heirloom>,
    options: &listen::Options,
) -> Result<Listener, Failure> {
    let inherited = heirlooms.iter().position(|heirloom| heirloom.address == said.value);
    let inherited = inherited.map(|index| heirlooms.swap_remove(index));
    let adopted = inherited.and_then(|heirloom| {
        let handed = heirloom.handed;
        Listener::adopt(&said.value, heirloom.into_fd(), handed)
    });
    match adopted {
        Some(listener) => Ok(listener),
        None => Listener::open(&said.value, options)
            .map_err(|error| Failure::new(format!("{}: {error}", said.origin))),
    }
}

/// Has the kernel keep connections until their clients speak, unless that is not wanted.
fn defer(listener: &Listener, settings: &Settings) {
    let patience =
        if settings.sockets.no_defer_accept { 0 } else { settings.sockets.socket_timeout };
    if let Err(error) = listener.defer(Duration::from_secs(patience)) {
        say!("[warning] connections to {} are taken at once: {error}", listener.address);
    }
}

fn describe(listener: &Listener) -> String {
    let family = if listener.port().is_some() { "TCP" } else { "UNIX" };
    let how = if listener.handed { "attached" } else { "bound" };
    format!("{how} to {family} address {} fd {}", listener.address, listener.fd())
}

impl Sockets {
    pub(super) fn open(
        settings: &Settings,
        early: Early,
        leftovers: &mut Leftovers,
    ) -> Result<Self, Failure> {
        let options = listen_options(settings)?;
        warn_of_backlog(settings);
        let Early { listeners: shared, mut heirlooms, tls } = early;
        let mut open = |said: &Named| -> Result<Listener, Failure> {
            let shared = shared.iter().find(|shared| shared.said == said.value);
            let listener = match shared {
                Some(shared) => shared.again().map_err(|error| {
                    Failure::new(format!("{}: cannot share {}: {error}", said.origin, said.value))
                })?,
                None => open(said, &mut heirlooms, &options)?,
            };
            if let (Address::Unix(path), false) = (&listener.address, listener.handed) {
                leftovers.add(path);
            }
            Ok(listener)
        };
        let mut requests = Vec::new();
        for (index, (socket, tls)) in settings.sockets.asked.iter().zip(tls).enumerate() {
            let listener = open(&socket.address)?;
            if !shared.iter().any(|shared| shared.said == listener.said) {
                defer(&listener, settings);
            }
            say!("uwsgi socket {index} {}", describe(&listener));
            if socket.protocol.is_for_front_ends() && listener.address.is_open() {
                say!(
                    "[warning] {}: the {} protocol on {} is open to other machines; whoever \
                     reaches it can pose as any client",
                    socket.address.origin,
                    socket.protocol.name(),
                    listener.address,
                );
            }
            let listener = Arc::new(listener);
            requests.push(Entrance { protocol: socket.protocol, listener, tls });
        }
        let stats = settings.statistics.stats.as_ref().map(&mut open).transpose()?;
        if let Some(stats) = &stats {
            say!("*** Stats server enabled on {} fd: {} ***", stats.address, stats.fd());
        }
        let http_stats = settings.http.http_stats.as_ref().map(&mut open).transpose()?;
        if let Some(stats) = &http_stats {
            say!("*** http stats server enabled on {} fd: {} ***", stats.address, stats.fd());
        }
        let metrics = settings.statistics.metrics.as_ref().map(&mut open).transpose()?;
        if let Some(metrics) = &metrics {
            say!("*** metrics and health on {} fd: {} ***", metrics.address, metrics.fd());
        }
        for heirloom in heirlooms {
            // No longer wanted: closed.
            drop(heirloom.into_fd());
        }
        Ok(Self { requests, stats, http_stats, metrics })
    }

    pub(super) fn named(&self) -> Vec<(&'static str, Arc<Listener>)> {
        let sockets = self.requests.iter();
        sockets.map(|socket| (socket.protocol.name(), Arc::clone(&socket.listener))).collect()
    }

    /// What workers take connections from.
    pub(super) fn doors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let requests = self.requests.iter();
        let own = requests.filter(|socket| !socket.protocol.is_of_gateway());
        own.map(|socket| socket.listener.socket.as_fd())
    }

    pub(super) fn has_gateway(&self) -> bool {
        self.requests.iter().any(|socket| socket.protocol.is_of_gateway())
    }
}

fn load_tls(
    address: &Named,
    files: &TlsFiles,
    named: &[(String, TlsFiles)],
) -> Result<Tls, Failure> {
    fn own(files: &TlsFiles) -> tls::Own<'_> {
        tls::Own { certificate: Path::new(&files.certificate), key: Path::new(&files.key) }
    }
    let named: Vec<_> = named.iter().map(|(host, files)| (host.clone(), own(files))).collect();
    let client_ca = files.client_ca.as_ref().map(|path| (Path::new(path), files.client_required));
    Tls::load(tls::Files { own: own(files), named: &named, client_ca })
        .map_err(|error| Failure::new(format!("{}: {error}", address.origin)))
}

/// The certificates that `sni` names and those of `sni-dir`.
fn certificates_by_host(settings: &Settings) -> Result<Vec<(String, TlsFiles)>, Failure> {
    let mut named = settings.http.sni.clone();
    let Some(said) = &settings.http.sni_dir else { return Ok(named) };
    let entries = std::fs::read_dir(&said.value).map_err(|error| {
        Failure::new(format!("{}: cannot read sni-dir {}: {error}", said.origin, said.value))
    })?;
    for path in entries.flatten().map(|entry| entry.path()) {
        let host = path.file_stem().and_then(|host| host.to_str());
        if let (Some(host), true) = (host, path.extension().is_some_and(|end| end == "crt")) {
            let text = |path: &Path| path.display().to_string();
            let files = TlsFiles {
                certificate: text(&path),
                key: text(&path.with_extension("key")),
                ..TlsFiles::default()
            };
            named.push((host.to_owned(), files));
        }
    }
    Ok(named)
}

/// The kernel cuts a longer queue without a word.
fn warn_of_backlog(settings: &Settings) {
    let wanted = settings.sockets.listen;
    if let Some(largest) = listen::largest_backlog().filter(|largest| *largest < wanted) {
        say!(
            "[warning] listen = {wanted} is more than the kernel allows; {largest} connections can \
             wait (raise net.core.somaxconn, or lower listen)"
        );
    }
}

fn listen_options(settings: &Settings) -> Result<listen::Options, Failure> {
    let owner = settings.sockets.chown_socket.as_ref().map(|owner| {
        let uid = identity::user(&owner.user)?;
        let gid = owner.group.as_deref().map(identity::group).transpose()?;
        Ok::<_, identity::IdentityError>((uid, gid))
    });
    let owner =
        owner.transpose().map_err(|error| Failure::new(format!("chown-socket: {error}")))?;
    // uWSGI's daemons have no umask, and front ends of other users depend on it.
    let daemon = settings.processes.daemonize.is_some() || settings.processes.daemonize2.is_some();
    let size = |bytes: u64| usize::try_from(bytes).ok().filter(|bytes| *bytes > 0);
    Ok(listen::Options {
        backlog: i32::try_from(settings.sockets.listen).unwrap_or(i32::MAX),
        mode: settings.sockets.chmod_socket.or(daemon.then_some(0o777)),
        owner,
        reuse_port: settings.sockets.reuse_port,
        freebind: settings.sockets.freebind,
        keepalive: settings.sockets.so_keepalive,
        send_buffer: size(settings.sockets.socket_sndbuf),
        receive_buffer: size(settings.sockets.socket_rcvbuf),
    })
}
