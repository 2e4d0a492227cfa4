"""Runs the benchmarks: every server of every row, one after the other, round after round.

`tools/bench` calls it with everything installed. A full run writes docs/benchmarks.md, .svg and .json; a short or a
partial one shows its tables only.
"""

import argparse
import datetime
import importlib.metadata
import json
import pathlib
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time

import chart
import machine
import report
import special
from measure import measure
from rows import chosen, is_meant, rows
from servers import COMMANDS, Ground, Unavailable

DATA = pathlib.Path(__file__).resolve().parent.parent / "docs" / "benchmarks.json"
PEERS = ("uWSGI", "gunicorn", "granian", "bjoern", "fastwsgi", "waitress", "Django")
# Starts of each server in a round.
STARTS = 5


def arguments():
    parser = argparse.ArgumentParser(prog="tools/bench", description="Compares ruwsgi with other servers on this machine.")
    parser.add_argument("--only", nargs="+", default=[], metavar="ROW", help="rows by name, or by how their names begin: hello:keepalive, growth, start, mixed")
    parser.add_argument("--servers", nargs="+", default=[], metavar="NAME", help="only these servers, and ruwsgi")
    parser.add_argument("--quick", action="store_true", help="one short round of the core rows")
    parser.add_argument("--rounds", type=int, help="rounds (3)")
    parser.add_argument("--seconds", type=int, help="length of each measurement (2)")
    parser.add_argument("--save", metavar="FILE", help="keep the data of a short or partial run")
    parser.add_argument("--list", action="store_true", help="only show the names of the rows")
    parser.add_argument("--report", action="store_true", help="measure nothing: write the report anew from docs/benchmarks.json")
    parser.add_argument("--check", action="store_true", help="measure nothing: fail where the report is not what docs/benchmarks.json says")
    parser.add_argument("--server", help="the program to measure")
    parser.add_argument("--venv", help="the virtual environment that has the peers")
    parser.add_argument("--limit", help="the program of benches/limit")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.seconds = options.seconds or (1 if options.quick else 2)
    for word in options.only:
        if not any(is_meant(name, word) for name in names()):
            parser.error(f"no row is called {word} or begins with it; tools/bench --list shows them")
    for name in options.servers:
        if name not in {*COMMANDS, "application alone"}:
            parser.error(f"no server is called {name}; there are {', '.join(COMMANDS)} and 'application alone'")
    return options


def names():
    """What --only may name."""
    return [*(row.name for row in rows()), "start", "mixed"]


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def versions(ground):
    """Of everything that is measured or measures."""
    def first_line(*command):
        told = subprocess.run(command, capture_output=True, text=True, env=ground.environment)
        return (told.stdout + told.stderr).splitlines()[0].strip()

    return {
        "ruwsgi": first_line(ground.server, "--version"),
        "Python": first_line(ground.python, "-V").removeprefix("Python "),
        # This program runs where the peers are installed.
        **{name: importlib.metadata.version(name) for name in PEERS},
        "nginx": first_line("nginx", "-v").rpartition("/")[2],
        "wrk": first_line("wrk", "-v").removeprefix("wrk ").split(" ")[0],
    }


class Run:
    """A run in progress."""

    def __init__(self, ground, options):
        self.ground = ground
        self.options = options
        self.samples, self.start, self.mixed, self.refused = [], [], [], {}

    def servers(self, names, round):
        """In another order each round, so that none always comes after the same."""
        wanted = self.options.servers
        names = [name for name in names if not wanted or name in wanted or name == "ruwsgi"]
        random.Random(round).shuffle(names)
        return names

    def row(self, row, round):
        for name in self.servers(row.servers, round):
            if (row.name, name) in self.refused:
                continue
            # The clients of many connections come one after the other.
            seconds = self.options.seconds + (2 if row.connections > 1000 else 0)
            try:
                figures = measure(self.ground, row, name, seconds)
            except Unavailable as why:
                self.refused[row.name, name] = str(why)
                say(f"  {row.name:26} {name:18} {why}")
                continue
            self.samples.append({"row": row.name, "server": name, "round": round, **figures})
            say(f"  {row.name:26} {name:18} {figures['rps']:9.0f}/s {figures['cpu_us']:8.1f} µs")

    def starts(self, round):
        for _ in range(STARTS):
            for workload in ("hello", "django"):
                for name in self.servers(("ruwsgi", "uwsgi"), round):
                    took = special.start(self.ground, workload, name)
                    self.start.append({"workload": workload, "server": name, "round": round, "ms": took})

    def mixes(self, round):
        for path in ("gateway", "nginx-uwsgi"):
            for name in self.servers(("ruwsgi", "uwsgi"), round):
                figures = special.mixed(self.ground, path, name, self.options.seconds * 5)
                self.mixed.append({"path": path, "server": name, "round": round, **figures})
                say(f"  mixed {path:20} {name:18} p99 {figures.get('p99_ms', 0):.0f} ms, {figures}")

    def all(self):
        words = self.options.only
        wanted = chosen(words, self.options.quick)
        for round in range(self.options.rounds):
            say(f"round {round + 1} of {self.options.rounds}")
            for row in wanted:
                self.row(row, round)
            # The core rows of a short run are enough for it.
            everything = not words and not self.options.quick
            if everything or any(is_meant("start", word) for word in words):
                self.starts(round)
            if everything or any(is_meant("mixed", word) for word in words):
                self.mixes(round)

    def data(self, begun):
        return {
            "date": begun.strftime("%Y-%m-%d"),
            "minutes": round((datetime.datetime.now() - begun).total_seconds() / 60),
            "rounds": self.options.rounds,
            "seconds": self.options.seconds,
            "machine": machine.description() | {"load before": self.load},
            "versions": versions(self.ground),
            "commands": self.ground.commands,
            "refused": [{"row": row, "server": server, "why": why} for (row, server), why in self.refused.items()],
            "samples": self.samples,
            "start": self.start,
            "mixed": self.mixed,
        }


def write(data):
    """The report beside the data that it is made from."""
    DATA.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n")
    for suffix, text in documents(data):
        DATA.with_suffix(suffix).write_text(text)
    say("docs/benchmarks.md, docs/benchmarks.svg and docs/benchmarks.json are written")


def documents(data):
    """What is made from the data, by suffix."""
    return (".svg", chart.draw(data)), (".md", report.write(data))


def check():
    """Whether the report is what its data says; nothing to check where there is no data."""
    if not DATA.exists():
        return
    for suffix, text in documents(json.loads(DATA.read_text())):
        if DATA.with_suffix(suffix).read_text() != text:
            raise SystemExit(f"ruwsgi: docs/benchmarks{suffix} is not what docs/benchmarks.json says; run: tools/bench --report")


def main():
    options = arguments()
    if options.list:
        print("\n".join(names()))
        return
    if options.report:
        write(json.loads(DATA.read_text()))
        return
    if options.check:
        check()
        return
    # Thousands of connections need as many descriptors, here and in the servers.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65536) if most > 0 else 65536,) * 2)
    # A run that is stopped takes its servers along.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ruwsgi: stopped"))
    begun = datetime.datetime.now()
    with tempfile.TemporaryDirectory(prefix="ruwsgi-bench-") as folder:
        run = Run(Ground(options.server, options.venv, options.limit, folder), options)
        run.load = machine.description()["load before"]
        run.all()
        data = run.data(begun)
    if options.quick or options.only or options.servers:
        print(report.tables(data))
        print(report.targets(data, only_measured=True))
        if options.save:
            pathlib.Path(options.save).write_text(json.dumps(data, indent=1))
    else:
        write(data)


if __name__ == "__main__":
    main()
