"""What the kernel knows: the processors, and the processes of a server with their time and memory.

Linux only, from /proc. What is run and measured is for others.
"""

import os
import pathlib
import platform

TICKS = os.sysconf("SC_CLK_TCK")
PROC = pathlib.Path("/proc")


def processors():
    """The processors of a server with one process, and those of what loads it."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        raise SystemExit("ruwsgi: benchmarks need two processors: one for the server, one for its clients")
    return {usable[0]}, {usable[-1]}


def everywhere():
    """All processors."""
    return os.sched_getaffinity(0)


def on(processors, command):
    """A command line that runs on these processors."""
    return ["taskset", "-c", ",".join(map(str, sorted(processors))), *map(str, command)]


def tree(pid):
    """A process and all that come of it, those that live."""
    pids, found = [pid], []
    while pids:
        pid = pids.pop()
        try:
            threads = list((PROC / str(pid) / "task").iterdir())
            for thread in threads:
                pids += map(int, (thread / "children").read_text().split())
        except OSError:
            continue
        found.append(pid)
    return found


def cpu_seconds(pid):
    """User and system time of a process, of all that come of it, and of those that ended."""
    total = 0
    for one in tree(pid):
        try:
            # Behind the name, which may have blanks and brackets.
            fields = (PROC / str(one) / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        # utime, stime, cutime, cstime
        total += sum(map(int, fields[11:15]))
    return total / TICKS


def memory_kilobytes(pid):
    """Proportional memory (PSS) of a process and all that come of it: what is shared counts once."""
    total = 0
    for one in tree(pid):
        try:
            lines = (PROC / str(one) / "smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total


def description():
    """The machine in words."""
    model = next(
        (line.partition(":")[2].strip() for line in (PROC / "cpuinfo").read_text().splitlines() if line.startswith("model name")),
        platform.machine(),
    )
    memory = int((PROC / "meminfo").read_text().split()[1])
    return {
        "processor": model,
        "processors": len(everywhere()),
        "memory": f"{memory / (1 << 20):.0f} GB",
        "kernel": f"{platform.system()} {platform.release()}",
        "load before": f"{os.getloadavg()[0]:.2f}",
    }
