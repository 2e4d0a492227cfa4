"""What is measured: the workloads, the paths and shapes, and which servers each row compares.

A table; how a server is started is in `servers`, how a row is measured in `measure`.
"""

from dataclasses import dataclass, field

# What a request asks for: path, and what a right answer is (a text in it, its size where that is known).
@dataclass(frozen=True)
class Workload:
    title: str
    path: str = "/"
    contains: bytes = b""
    size: int | None = None
    upload: int = 0
    module: str = "plain"
    # Whether it is run on all processors even with one process.
    wide: bool = False


STATIC_SIZE = 16 << 10
WORKLOADS = {
    "hello": Workload("hello world", contains=b"Hello, world!\n", size=14),
    "json": Workload("10 KB JSON", "/json", b'"title": "Title 134"', 9561),
    "django": Workload("Django 5.2 view, template and SQLite", contains=b"AUTHOR 6", module="shop"),
    "download": Workload("1 MB download", "/download", b"xxxx", 1 << 20),
    "upload": Workload("1 MB upload", "/upload", b"1048576", 7, upload=1 << 20),
    "stream": Workload("streaming response, 64 pieces of 1 KB", "/stream", b"yyyy", 64 << 10),
    "static": Workload("static file of 16 KB", "/static/file.css", b"body", STATIC_SIZE),
    "work": Workload("pure Python, some 100 µs", "/work", b"2664667000", 10, wide=True),
    "sleep": Workload("an application that sleeps 20 ms", "/sleep", b"Hello, world!\n", 14, wide=True),
}

PATHS = {
    "keepalive": "direct HTTP, keep-alive",
    "close": "direct HTTP, a connection per request",
    "gateway": "gateway (`--http`)",
    "nginx-uwsgi": "nginx → `uwsgi_pass`, unix socket",
    "nginx-proxy": "nginx → `proxy_pass`, keep-alive",
}


@dataclass(frozen=True)
class Row:
    workload: str
    path: str
    processes: int
    threads: int
    servers: tuple
    connections: int = 16
    # Rows that a short run keeps.
    core: bool = False
    # A special subject, instead of the workload in the name.
    subject: str = field(default="")

    @property
    def name(self):
        if self.subject:
            return f"{self.subject}:{self.connections}" if self.subject == "growth" else self.subject
        return f"{self.workload}:{self.path}:{self.processes}x{self.threads}"

    @property
    def title(self):
        shape = f"{counted(self.processes, 'process', 'es')}, {counted(self.threads, 'thread', 's')}"
        words = [WORKLOADS[self.workload].title, PATHS[self.path], shape]
        if self.connections != 16:
            words.append(f"{self.connections} connections")
        return "; ".join(words)

    @property
    def pinned(self):
        """Whether the server has one processor and its clients another."""
        return self.processes == 1 and not WORKLOADS[self.workload].wide and not self.connects

    @property
    def times(self):
        """How many times as long it is loaded: memory grows until each process has used what it uses."""
        return 4 if self.subject == "memory" else 1

    @property
    def connects(self):
        """Whether each request is a connection of its own, which is more work for its client than for the server."""
        return self.path == "close"


def counted(number, word, plural):
    return f"{number} {word}{'' if number == 1 else plural}"


OTHERS = ("gunicorn", "granian", "bjoern", "fastwsgi", "waitress")
WITH_PROCESSES = ("gunicorn", "granian", "bjoern", "fastwsgi")
BOTH = ("ruwsgi", "uwsgi")
SHAPES = ((2, 1), (2, 4))


def rows():
    yield Row("hello", "keepalive", 1, 1, (*BOTH, *OTHERS, "hyper", "application alone"), core=True)
    yield Row("hello", "close", 1, 1, (*BOTH, *OTHERS, "hyper"), core=True)
    yield Row("hello", "gateway", 1, 1, (*BOTH, "uwsgi-keepalive"), core=True)
    yield Row("hello", "nginx-uwsgi", 1, 1, BOTH, core=True)
    yield Row("hello", "nginx-proxy", 1, 1, (*BOTH, *OTHERS))
    yield Row("hello", "keepalive", 1, 4, BOTH)
    yield Row("hello", "keepalive", 2, 1, (*BOTH, *WITH_PROCESSES))
    yield Row("hello", "keepalive", 2, 4, (*BOTH, "gunicorn", "granian"))
    for path in ("gateway", "nginx-uwsgi"):
        for shape in SHAPES:
            yield Row("hello", path, *shape, BOTH)
    for workload in ("json", "django", "download", "upload", "stream"):
        alone = () if workload in ("download", "upload", "stream") else ("application alone",)
        yield Row(workload, "keepalive", 1, 1, (*BOTH, *OTHERS, *alone), core=workload == "django")
        yield Row(workload, "gateway", 1, 1, BOTH)
        yield Row(workload, "nginx-uwsgi", 1, 1, BOTH)
    yield Row("static", "keepalive", 1, 1, (*BOTH, "granian", "nginx"))
    yield Row("static", "gateway", 1, 1, BOTH)
    for workload in ("work", "sleep"):
        for threads in (1, 4):
            yield Row(workload, "keepalive", 1, threads, BOTH)
    for connections in (10, 100, 1000, 5000):
        yield Row("hello", "gateway", 1, 1, ("ruwsgi", "hyper"), connections, subject="growth")
    yield Row("django", "close", 4, 1, (*BOTH, "ruwsgi-gc-freeze"), subject="memory")


def chosen(words, short):
    """The rows that are meant: all, the core ones of a short run, or those whose names begin with these words."""
    everything = list(rows())
    if not words:
        return [row for row in everything if row.core or not short]
    return [row for row in everything if any(is_meant(row.name, word) for word in words)]


def is_meant(name, word):
    return name == word or name.startswith(word + ":")
