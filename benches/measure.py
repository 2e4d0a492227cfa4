"""Measures one server in one row: checks its answer, loads it with wrk, and tells what that cost.

Which rows there are is for `rows`; what the figures mean together, for `report` and `targets`.
"""

import http.client
import json
import os
import pathlib
import subprocess
import threading
import time

import machine
from rows import WORKLOADS
from servers import APPS, Unavailable, running

SCRIPTS = pathlib.Path(__file__).resolve().parent / "wrk"
# How long a server may take to answer at first.
PATIENCE = 30.0
# Of so many requests one may fail before the figure is refused.
FAILURES = 1000


def ask(port, work, connection=None):
    """One request of a workload; the body of the answer, or `Unavailable` where it is not right."""
    own = connection is None
    connection = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        body = b"x" * work.upload if work.upload else None
        connection.request("POST" if body else "GET", work.path, body)
        response = connection.getresponse()
        told = response.read()
    finally:
        if own:
            connection.close()
    if response.status != 200:
        raise Unavailable(f"answers {response.status} {response.reason}")
    if work.contains not in told or (work.size is not None and len(told) != work.size):
        raise Unavailable(f"answers {len(told)} bytes that are not what was asked for")
    return told


def first_answer(server, work, interval=0.02):
    """Waits for the first answer; a wrong one is the last."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return ask(server.port, work)
        except (OSError, http.client.HTTPException) as error:
            refused = error
        except Unavailable as wrong:
            # nginx is there before what is behind it.
            if "502" not in str(wrong):
                raise
            refused = wrong
        if server.child.poll() is not None:
            raise Unavailable(f"ended with {server.child.returncode} before it answered")
        if time.monotonic() > end:
            raise Unavailable(f"no answer within {PATIENCE:.0f} seconds: {refused}")
        time.sleep(interval)


def warm(port, work):
    """Some requests before anything counts."""
    for _ in range(3 if work.upload or (work.size or 0) >= 1 << 16 or work.path == "/sleep" else 100):
        try:
            ask(port, work)
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(f"answered once, and then: {error}") from error


def wrk(row, port, seconds):
    """Loads a server; what wrk counted."""
    work = WORKLOADS[row.workload]
    script = "upload.lua" if work.upload else "report.lua"
    processors = machine.processors()[1] if row.pinned else machine.everywhere()
    # As many as keep all processors busy.
    threads = min(len(machine.everywhere()), row.connections) if row.connects else 1
    command = ["wrk", "-t", threads, "-c", row.connections, "-d", f"{seconds}s", "--timeout", "10s", "-s", SCRIPTS / script]
    if row.connects:
        command += ["-H", "Connection: close"]
    command.append(f"http://127.0.0.1:{port}{work.path}")
    told = subprocess.run(
        machine.on(processors, command),
        env={**os.environ, "BENCH_REPORT": str(SCRIPTS / "report.lua")},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    counted = next(line for line in told.splitlines() if line.startswith("counted "))
    requests, duration, *errors, p50, p99 = map(int, counted.split()[1:])
    errors = dict(zip(("status", "connect", "read", "write", "timeout"), errors))
    return requests, duration / 1e6, errors, p50, p99


def spent(port):
    """How often and how long the Django site was in use: calls, nanoseconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/spent")
        told = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    return told["calls"], told["nanoseconds"]


def alone(ground, row, seconds):
    """The application of a row, called without a server."""
    work = WORKLOADS[row.workload]
    told = subprocess.run(
        machine.on(machine.processors()[0], [ground.python, APPS / "loop.py", work.module, work.path, seconds]),
        env=ground.environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return {"cpu_us": float(told), "rps": 1e6 / float(told)}


def measure(ground, row, name, seconds):
    """The figures of one server in one row; `Unavailable` where there is none."""
    if name == "application alone":
        return alone(ground, row, seconds)
    work = WORKLOADS[row.workload]
    seconds *= row.times
    counts_inside = work.module == "shop" and row.processes == 1
    memory = []
    with running(ground, row, name) as server:
        first_answer(server, work)
        warm(server.port, work)
        inside = spent(server.port) if counts_inside else None
        # While the clients are there.
        watch = threading.Timer(seconds * 0.7, lambda: memory.append(machine.memory_kilobytes(server.pid)))
        watch.start()
        used = machine.cpu_seconds(server.pid)
        requests, duration, errors, p50, p99 = wrk(row, server.port, seconds)
        used = machine.cpu_seconds(server.pid) - used
        watch.join()
        if not requests:
            raise Unavailable(f"answered nothing under load: {errors}")
        if sum(errors.values()) * FAILURES > requests:
            raise Unavailable(f"failed under load: {requests} requests, errors {errors}")
        figures = {
            "rps": requests / duration,
            "cpu_us": used * 1e6 / requests,
            "p50_us": p50,
            "p99_us": p99,
            "pss_kb": memory[0] if memory else None,
            "requests": requests,
            "errors": sum(errors.values()),
        }
        if inside:
            calls, nanoseconds = (now - then for now, then in zip(spent(server.port), inside))
            figures["inside_us"] = nanoseconds / 1000 / calls
        ground.commands.setdefault(row.name, {})[name] = server.command
        return figures
