//! What a container leaves of the machine: cores and memory that this process's cgroup may use.
//!
//! Reads both versions of cgroups. What comes of it (`processes = auto`) is for the settings.

use std::fs;
use std::path::Path;

/// A part of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Cores, those in part rounded up.
    pub cores: u64,
    /// Bytes of memory, where there is a limit.
    pub memory: Option<u64>,
}

impl Share {
    /// What this process may use.
    #[must_use]
    pub fn of_this_process() -> Self {
        let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        Self::read(Path::new("/sys/fs/cgroup"), &groups, super::magic::cores() as u64)
    }

    /// The same from the folder where cgroups are mounted, the lines that say which ones a process
    /// is in, and the cores of the machine.
    fn read(root: &Path, groups: &str, cores: u64) -> Self {
        let (mut quota, mut memory) = (None, None);
        for line in groups.lines() {
            let mut parts = line.splitn(3, ':').skip(1);
            let (Some(controllers), Some(group)) = (parts.next(), parts.next()) else { continue };
            if controllers.is_empty() {
                quota = least(quota, limits(root, group, |at| cores_of_two(&at.join("cpu.max"))));
                memory = least(memory, limits(root, group, |at| number(&at.join("memory.max"))));
            }
            for controller in controllers.split(',') {
                let root = root.join(controller);
                match controller {
                    "cpu" => quota = least(quota, limits(&root, group, cores_of_one)),
                    "memory" => {
                        let limit = |at: &Path| number(&at.join("memory.limit_in_bytes"));
                        memory = least(memory, limits(&root, group, limit));
                    }
                    _ => {}
                }
            }
        }
        // Version 1 says that there is no limit by one that no machine reaches.
        let memory = memory.filter(|limit| *limit < 1 << 50);
        Self { cores: quota.map_or(cores, |quota| quota.clamp(1, cores.max(1))), memory }
    }

    /// As many workers as these cores keep busy and this memory holds, where each takes so many
    /// bytes: two for each core and one more, or one for each and one more where they have threads.
    #[must_use]
    pub fn workers(&self, threads: u64, bytes_each: u64) -> u64 {
        /// For the master and the gateway.
        const RESERVE: u64 = 64 << 20;
        let by_cores = self.cores * if threads > 1 { 1 } else { 2 } + 1;
        let by_memory = self.memory.map(|all| all.saturating_sub(RESERVE) / bytes_each.max(1));
        by_memory.map_or(by_cores, |most| most.min(by_cores)).max(1)
    }
}

fn least(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    one.into_iter().chain(other).min()
}

/// The smallest limit of a group and those above it. Within a container its own group may be what
/// is mounted.
fn limits(root: &Path, group: &str, limit: impl Fn(&Path) -> Option<u64>) -> Option<u64> {
    let group = Path::new(group.trim_start_matches('/'));
    group.ancestors().filter_map(|group| limit(&root.join(group))).min()
}

fn number(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// `200000 100000`: microseconds in each so many; `max` in the place of the first is no limit.
fn cores_of_two(path: &Path) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    let (quota, period) = text.trim().split_once(' ')?;
    Some(quota.parse::<u64>().ok()?.div_ceil(period.parse::<u64>().ok()?.max(1)))
}

/// The same in two files; -1 is no limit.
fn cores_of_one(group: &Path) -> Option<u64> {
    let quota = number(&group.join("cpu.cfs_quota_us"))?;
    let period = number(&group.join("cpu.cfs_period_us"))?;
    Some(quota.div_ceil(period.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(files: &[(&str, &str)], groups: &str, cores: u64, memory: Option<u64>) {
        let root = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("room");
            fs::write(path, text).expect("room");
        }
        assert_eq!(Share::read(root.path(), groups, 8), Share { cores, memory }, "{files:?}");
    }

    #[test]
    fn limits_of_both_versions_are_found() {
        let two = "0::/\n";
        check(&[], two, 8, None);
        check(&[("cpu.max", "max 100000\n"), ("memory.max", "max\n")], two, 8, None);
        check(
            &[("cpu.max", "150000 100000\n"), ("memory.max", "1048576\n")],
            two,
            2,
            Some(1 << 20),
        );
        let nested = "0::/pods/web\n";
        let files = [("pods/memory.max", "100\n"), ("pods/web/memory.max", "200\n")];
        check(&files, nested, 8, Some(100));
        let one = "4:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n1:name=systemd:/\n";
        let here = [
            ("memory/memory.limit_in_bytes", "268435456\n"),
            ("cpu/cpu.cfs_quota_us", "50000\n"),
            ("cpu/cpu.cfs_period_us", "100000\n"),
        ];
        check(&here, one, 1, Some(256 << 20));
        let none = [
            ("memory/docker/x/memory.limit_in_bytes", "9223372036854771712\n"),
            ("cpu/docker/x/cpu.cfs_quota_us", "-1\n"),
        ];
        check(&none, one, 8, None);
    }

    #[test]
    fn workers_fit_cores_and_memory() {
        let check = |cores, memory: Option<u64>, threads, each: u64, expected| {
            let share = Share { cores, memory: memory.map(|mib| mib << 20) };
            assert_eq!(share.workers(threads, each << 20), expected, "{share:?} {threads} {each}");
        };
        check(2, None, 1, 128, 5);
        check(2, None, 4, 128, 3);
        check(2, Some(512), 1, 128, 3);
        check(2, Some(512), 1, 400, 1);
        check(1, Some(32), 1, 128, 1);
    }
}
