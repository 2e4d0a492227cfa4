//! Sockets that a service manager opened for this server, such as systemd for a `.socket` unit.
//!
//! As uWSGI 2.0.31, seen by running it: each one is a socket of the server; one that an option
//! names by its address stands for that option's.

use std::path::Path;

use crate::log::say;
use crate::net::address::Address;
use crate::net::listen::address_of;
use crate::options::directive::{Origin, Said};
use crate::options::settings::Settings;
use crate::options::sockets::{Protocol, Socket};
use crate::process::activation;
use crate::process::reexec::{Heirloom, Legacy};

/// The sockets that this image did not open: those of an earlier image, or in the first one those
/// that were handed over. The latter become sockets of the configuration, which speak what
/// `protocol` says where no option names them.
pub(super) fn inherit(settings: &mut Settings, legacy: Option<&mut Legacy>) -> Vec<Heirloom> {
    let mut heirlooms = match legacy {
        Some(legacy) => std::mem::take(&mut legacy.listeners),
        None => handed_over(),
    };
    for heirloom in heirlooms.iter_mut().filter(|heirloom| heirloom.handed) {
        let sockets = &settings.sockets;
        let asked = sockets.asked.iter().map(|socket| &socket.address);
        let named = asked.chain(&sockets.shared_socket).chain(&settings.statistics.stats);
        let named = named.chain(&settings.http.http_stats);
        let named = named.map(|said| &said.value);
        let directory = settings.processes.chdir.as_ref().map_or(".", |said| said.value.as_str());
        let mut named = named.filter(|named| is_same(named, &heirloom.address, directory));
        if let Some(named) = named.next() {
            heirloom.address.clone_from(named);
            continue;
        }
        let origin = Origin::Environment("LISTEN_FDS".to_owned());
        let address = Said { value: heirloom.address.clone(), origin };
        let protocol = sockets.protocol.unwrap_or(Protocol::Uwsgi);
        settings.sockets.asked.push(Socket { protocol, address, tls: None });
    }
    heirlooms
}

fn handed_over() -> Vec<Heirloom> {
    let mut heirlooms = Vec::new();
    for (number, fd) in (3..).zip(activation::handed_over()) {
        match address_of(&fd) {
            Ok(address) => heirlooms.push(Heirloom::handed(address.to_string(), fd)),
            Err(why) => {
                say!("[warning] environment LISTEN_FDS: socket {number} is not used: {why}");
            }
        }
    }
    heirlooms
}

/// Whether two addresses mean the same socket; relative paths are below `directory`. systemd's
/// `ListenStream=80` is `[::]:80`, which takes connections of `0.0.0.0:80`, too.
fn is_same(said: &str, handed: &str, directory: &str) -> bool {
    let absolute = |path: &Path| std::path::absolute(Path::new(directory).join(path)).ok();
    match (Address::parse(said), Address::parse(handed)) {
        (Ok(Address::Tcp(said)), Ok(Address::Tcp(handed))) => {
            let (one, other) = (said.ip(), handed.ip());
            let any = one.is_unspecified() && other.is_unspecified();
            said.port() == handed.port() && (one == other || any)
        }
        (Ok(Address::Unix(said)), Ok(Address::Unix(handed))) => {
            absolute(&said) == absolute(&handed)
        }
        (Ok(said), Ok(handed)) => said == handed,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_socket_is_known_however_it_is_written() {
        fn check(said: &str, handed: &str, expected: bool) {
            assert_eq!(is_same(said, handed, "/srv"), expected, "{said} {handed}");
        }
        check("127.0.0.1:80", "127.0.0.1:80", true);
        check(":80", "[::]:80", true);
        check("*:80", "0.0.0.0:80", true);
        check("127.0.0.1:80", "0.0.0.0:80", false);
        check(":80", ":81", false);
        check("/srv/a.sock", "/srv/a.sock", true);
        check("a.sock", "/srv/a.sock", true);
        check("b.sock", "/srv/a.sock", false);
        check("@name", "@name", true);
        check("@name", "name", false);
        check(":x", ":80", false);
    }
}
