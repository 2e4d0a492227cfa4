//! What `/proc` tells of processes: who they are, what memory they use, who holds an address.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

/// The name of a process, as `ps` shows it.
#[must_use]
pub fn name(pid: u32) -> Option<String> {
    fs::read_to_string(format!("/proc/{pid}/comm")).ok().map(|name| name.trim_end().to_owned())
}

/// The words of a process's command line.
#[must_use]
pub fn command_line(pid: u32) -> Vec<String> {
    let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = words.split(|&byte| byte == 0).filter(|word| !word.is_empty());
    words.map(|word| String::from_utf8_lossy(word).into_owned()).collect()
}

/// Address space and resident memory of this process in bytes.
#[must_use]
pub fn memory() -> (u64, u64) {
    memory_of("self")
}

/// Address space and resident memory of a process in bytes, zero where it is gone.
#[must_use]
pub fn memory_of(pid: &str) -> (u64, u64) {
    let page = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).ok().flatten();
    let page = page.and_then(|page| u64::try_from(page).ok()).unwrap_or(4096);
    let statm = fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
    let mut pages = statm.split_whitespace().map(|field| field.parse::<u64>().unwrap_or(0) * page);
    (pages.next().unwrap_or(0), pages.next().unwrap_or(0))
}

/// How many threads this process has.
#[must_use]
pub fn threads() -> usize {
    fs::read_dir("/proc/self/task").map_or(1, Iterator::count)
}

/// The process that listens on a TCP address, where it may be seen.
#[must_use]
pub fn tcp_holder(address: SocketAddr) -> Option<u32> {
    let inode = ["/proc/net/tcp", "/proc/net/tcp6"].iter().find_map(|table| {
        let table = fs::read_to_string(table).ok()?;
        table.lines().skip(1).find_map(|line| listening_inode(line, address.port()))
    });
    socket_owner(&inode?)
}

/// The process that listens on a unix socket path, found by knocking.
#[must_use]
pub fn unix_holder(path: &Path) -> Option<u32> {
    use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
    let knock = std::os::unix::net::UnixStream::connect(path).ok()?;
    getsockopt(&knock, PeerCredentials).ok().and_then(|peer| u32::try_from(peer.pid()).ok())
}

/// The socket of a line of `/proc/net/tcp` that listens on this port:
/// `sl local_address rem_address st tx_queue:rx_queue tr:when retrnsmt uid timeout inode`.
fn listening_inode(line: &str, port: u16) -> Option<String> {
    const LISTENING: &str = "0A";
    let fields: Vec<_> = line.split_whitespace().collect();
    let [_, local, _, state, _, _, _, _, _, inode, ..] = fields.as_slice() else {
        return None;
    };
    let local_port = u16::from_str_radix(local.rsplit(':').next()?, 16).ok()?;
    (*state == LISTENING && local_port == port).then(|| (*inode).to_owned())
}

/// The first process that has the socket with this inode open.
fn socket_owner(inode: &str) -> Option<u32> {
    let wanted = format!("socket:[{inode}]");
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let mut pids: Vec<u32> =
        processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    pids.sort_unstable();
    pids.into_iter().find(|pid| {
        let files = fs::read_dir(format!("/proc/{pid}/fd")).ok();
        files.into_iter().flatten().flatten().any(|file| {
            fs::read_link(file.path()).is_ok_and(|target| target.to_str() == Some(&wanted))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_holder_of_a_port_is_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        assert_eq!(tcp_holder(address), Some(std::process::id()));
    }

    #[test]
    fn the_holder_of_a_path_is_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s.sock");
        let _listener = std::os::unix::net::UnixListener::bind(&path).expect("a socket");
        assert_eq!(unix_holder(&path), Some(std::process::id()));
        assert_eq!(unix_holder(&folder.path().join("other")), None);
    }

    #[test]
    fn this_process_uses_memory() {
        let (space, resident) = memory();
        assert!(space > resident && resident > 1 << 20);
    }
}
