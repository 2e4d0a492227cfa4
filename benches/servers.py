"""How each server is started for a row: its command line, as it comes by default, and where it then listens.

Peers run as their defaults are, with the processes and threads of the row. ruwsgi runs as a user would run it: request
log, harakiri, statistics and limits are on.
"""

import contextlib
import os
import pathlib
import shlex
import shutil
import signal
import socket
import subprocess

import machine
from rows import WORKLOADS

HERE = pathlib.Path(__file__).resolve().parent
APPS = HERE / "apps"

# Server, and how it is called in the tables.
TITLES = {
    "uwsgi": "uWSGI",
    "uwsgi-keepalive": "uWSGI, http-keepalive",
    "ruwsgi-gc-freeze": "ruwsgi, gc-freeze",
    "hyper": "*hyper, no Python*",
    "nginx": "*nginx itself*",
    "application alone": "*the application alone*",
}


class Unavailable(Exception):
    """Why a server cannot be measured in a row."""


class Ground:
    """What all servers of a run share: programs, and a folder."""

    def __init__(self, server, venv, limit, folder):
        self.server = server
        self.bin = pathlib.Path(venv) / "bin"
        self.venv = venv
        self.limit = limit
        self.folder = pathlib.Path(folder)
        self.environment = {**os.environ, "PYTHONPATH": str(APPS), "BENCH_DATABASE": str(self.folder / "shop.sqlite3")}
        self.static = self.folder / "static"
        self.static.mkdir()
        rule = b"body { margin: 0 }\n"
        size = WORKLOADS["static"].size
        (self.static / "file.css").write_bytes((rule * (size // len(rule) + 1))[:size])
        # What was started for which row, for the report.
        self.commands = {}
        self.run(self.python, str(APPS / "shop.py"))

    @property
    def python(self):
        return str(self.bin / "python")

    def run(self, *command):
        """What a command says; fails where it fails."""
        return subprocess.run(command, env=self.environment, check=True, capture_output=True, text=True).stdout

    def has_option(self, name):
        known = subprocess.run([self.server, "options", name], capture_output=True, text=True)
        return known.returncode == 0 and "planned" not in known.stdout

    def shown(self, command):
        """A command line as a reader could type it."""
        names = {str(self.bin) + "/": "", str(self.server): "ruwsgi", str(self.folder) + "/": "", str(self.venv): "VENV"}
        names |= {str(self.limit): "benches/limit", str(APPS): "benches/apps"}
        text = shlex.join(map(str, command))
        for path, name in names.items():
            text = text.replace(path, name)
        return text


def family(ground, row, port, program, extra):
    """The command line that uWSGI and ruwsgi share."""
    address = f"127.0.0.1:{port}"
    unix = str(ground.folder / "app.sock")
    listen = {
        "keepalive": ["--http11-socket", address],
        "close": ["--http-socket", address],
        "gateway": ["--http", address],
        "nginx-uwsgi": ["--socket", unix],
        "nginx-proxy": ["--http11-socket", address],
    }
    command = [program, "--master", "--processes", row.processes]
    if row.threads > 1:
        command += ["--threads", row.threads]
    if row.connections > 100:
        command += ["--listen", 4096]
    command += [*listen[row.path], "--virtualenv", ground.venv, "--pythonpath", APPS]
    command += ["--module", f"{WORKLOADS[row.workload].module}:application"]
    if row.workload == "static":
        command += ["--static-map", f"/static={ground.static}"]
    return [*command, "--logto", ground.folder / "log", *extra]


def ruwsgi(ground, row, port, *extra):
    limits = ["--harakiri", 60, "--limit-post", 10 << 20, "--max-requests", 1_000_000_000, "--reload-on-rss", 2048]
    statistics = ["--stats", ground.folder / "stats.sock"]
    return family(ground, row, port, ground.server, [*limits, *statistics, *extra])


def gc_freeze(ground, row, port):
    if not ground.has_option("gc-freeze"):
        raise Unavailable("this ruwsgi has no option gc-freeze")
    return ruwsgi(ground, row, port, "--gc-freeze")


def uwsgi(ground, row, port, *extra):
    # It ends connections without a word, which wrk takes for a failure.
    closes = row.path in ("close", "gateway") and not extra
    extra = ["--add-header", "Connection: close"] if closes else extra
    return family(ground, row, port, ground.bin / "uwsgi", extra)


def gunicorn(ground, row, port):
    command = [ground.bin / "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", row.processes]
    if row.threads > 1:
        command += ["--threads", row.threads]
    return [*command, f"{WORKLOADS[row.workload].module}:application"]


def granian(ground, row, port):
    command = [ground.bin / "granian", "--interface", "wsgi", "--port", port, "--workers", row.processes]
    command += ["--blocking-threads", row.threads]
    if row.workload == "static":
        command += ["--static-path-mount", ground.static]
    return [*command, f"{WORKLOADS[row.workload].module}:application"]


def waitress(ground, row, port):
    command = [ground.bin / "waitress-serve", f"--listen=127.0.0.1:{port}", f"--threads={row.threads}"]
    return [*command, f"{WORKLOADS[row.workload].module}:application"]


def library(name):
    def command(ground, row, port):
        return [ground.python, APPS / "peer.py", name, port, row.processes, WORKLOADS[row.workload].module]

    return command


def hyper(ground, row, port):
    return [ground.limit, port]


def nginx_itself(ground, row, port):
    return nginx_command(ground, port, f"root {ground.folder};", row.processes)


COMMANDS = {
    "ruwsgi": ruwsgi,
    "ruwsgi-gc-freeze": gc_freeze,
    "uwsgi": uwsgi,
    "uwsgi-keepalive": lambda *where: uwsgi(*where, "--http-keepalive"),
    "gunicorn": gunicorn,
    "granian": granian,
    "bjoern": library("bjoern"),
    "fastwsgi": library("fastwsgi"),
    "waitress": waitress,
    "hyper": hyper,
    "nginx": nginx_itself,
}


def nginx_command(ground, port, location, processes, upstream=""):
    """The command line of an nginx with this one location; writes its configuration."""
    at = ground.folder / "nginx"
    at.mkdir(exist_ok=True)
    user = "user root;" if os.geteuid() == 0 else ""
    (at / "nginx.conf").write_text(
        f"""{user}
daemon off; worker_processes {processes}; pid {at}/pid; error_log {at}/error.log;
events {{ worker_connections 2048; }}
http {{
    types {{ text/css css; }}
    access_log off; sendfile on; client_max_body_size 8m;
    client_body_temp_path {at}/body; proxy_temp_path {at}/proxy; uwsgi_temp_path {at}/uwsgi;
    fastcgi_temp_path {at}/fastcgi; scgi_temp_path {at}/scgi;
    {upstream}
    server {{ listen 127.0.0.1:{port}; location / {{ {location} }} }}
}}
"""
    )
    program = shutil.which("nginx")
    if not program:
        raise Unavailable("no nginx here")
    return [program, "-p", at, "-c", at / "nginx.conf"]


def front(ground, row, port, behind):
    """The command line of the nginx in front of a server, `None` for a row without one."""
    if row.path == "nginx-uwsgi":
        location = f"include /etc/nginx/uwsgi_params; uwsgi_pass unix:{ground.folder}/app.sock;"
        return nginx_command(ground, port, location, row.processes)
    if row.path == "nginx-proxy":
        upstream = f"upstream app {{ server 127.0.0.1:{behind}; keepalive 32; }}"
        location = 'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host; proxy_pass http://app;'
        return nginx_command(ground, port, location, row.processes, upstream)
    return None


def unused_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def spawn(ground, command, processors):
    """Starts a program in a session of its own, on these processors."""
    with open(ground.folder / "output", "ab") as output:
        return subprocess.Popen(
            machine.on(processors, command),
            cwd=ground.folder,
            env=ground.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def stop(child, by):
    """Ends a program and whatever is left of its session."""
    with contextlib.suppress(ProcessLookupError):
        child.send_signal(by)
    try:
        child.wait(5)
    except subprocess.TimeoutExpired:
        pass
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


class Running:
    """A server of a row, started; with nginx in front where the row says so."""

    def __init__(self, child, port, command):
        self.child = child
        self.pid = child.pid
        # Where clients connect.
        self.port = port
        self.command = command


@contextlib.contextmanager
def running(ground, row, name):
    """Starts a server, and nginx in front of it; both end behind the block."""
    for left in ("log", "output", "app.sock", "stats.sock"):
        (ground.folder / left).unlink(missing_ok=True)
    servers_cpu, clients_cpu = machine.processors() if row.pinned else (machine.everywhere(),) * 2
    port = unused_port()
    command = COMMANDS[name](ground, row, port)
    before, where = None, unused_port()
    before = front(ground, row, where, port)
    by = signal.SIGINT if "uwsgi" in name else signal.SIGTERM
    child = spawn(ground, command, servers_cpu)
    nginx = spawn(ground, before, clients_cpu) if before else None
    try:
        yield Running(child, where if before else port, ground.shown(command))
    finally:
        if nginx:
            stop(nginx, signal.SIGTERM)
        stop(child, by)
