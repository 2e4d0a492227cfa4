"""What the proofs work with: Docker, a client with cookies, and load whose failures are counted."""

import http.client
import os
import re
import subprocess
import threading
import time
from pathlib import Path


class Failed(Exception):
    """A proof that did not hold."""


def demand(holds, what):
    """Fails the proof unless it holds; what was seen belongs into the text."""
    if not holds:
        raise Failed(what)


def run(*words, cwd=None, env=None, check=True, timeout=900):
    """What a program says on both its outputs; another end than 0 fails the proof."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=timeout,
        check=False,
    )
    demand(done.returncode == 0 or not check, f"{' '.join(map(str, words))}: exit code {done.returncode}\n{done.stdout[-3000:]}")
    return done.stdout


def docker(*words, **more):
    """`docker …`"""
    return run("docker", *words, **more).strip()


def wait(what, done, seconds=60):
    """Asks again and again; how long it took."""
    started = time.monotonic()
    while True:
        try:
            if done():
                return time.monotonic() - started
        except (OSError, http.client.HTTPException, Failed):
            pass
        demand(time.monotonic() - started < seconds, f"{what}: not within {seconds} s")
        time.sleep(0.1)


class Client:
    """A browser's cookies and forms, on one address."""

    def __init__(self, port, host="127.0.0.1"):
        self.address = (host, port)
        self.cookies = {}

    def ask(self, path, form=None, files=None, method=None, timeout=30, host="localhost", body=None):
        """Status, headers and text of an answer. A form is sent as a browser does, with its token."""
        headers = {"Host": host, "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if form is not None:
            fields = {"csrfmiddlewaretoken": self.cookies.get("csrftoken", ""), **form}
            body = b"".join(
                f'--line\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
                for name, value in fields.items()
            )
            for name, (file, content) in (files or {}).items():
                body += f'--line\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\n\r\n'.encode() + content + b"\r\n"
            body += b"--line--\r\n"
            headers["Content-Type"] = "multipart/form-data; boundary=line"
        connection = http.client.HTTPConnection(*self.address, timeout=timeout)
        try:
            connection.request(method or ("GET" if body is None else "POST"), path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        finally:
            connection.close()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, answer.headers, text


class Load:
    """Readers and a writer who ask without a pause while something happens; what they did not get is counted."""

    READERS = 3

    def __init__(self, port, read="/proof/release", write="/proof/write"):
        self.port, self.paths = port, {"GET": read, "POST": write}
        self.asked = {"GET": 0, "POST": 0}
        self.failures = {"GET": [], "POST": []}
        self.slowest = 0.0
        self.answers = set()
        self.stopping = threading.Event()
        self.lock = threading.Lock()

    def __enter__(self):
        methods = ["GET"] * self.READERS + ["POST"]
        self.threads = [threading.Thread(target=self.ask, args=(method,), daemon=True) for method in methods]
        for thread in self.threads:
            thread.start()
        time.sleep(1)
        return self

    def __exit__(self, *_):
        time.sleep(1)
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def ask(self, method):
        """One request after the other, each on a connection of its own."""
        client = Client(self.port)
        while not self.stopping.is_set():
            started = time.monotonic()
            body = b"load" if method == "POST" else None
            try:
                status, _, text = client.ask(self.paths[method], body=body, timeout=60)
                wrong = None if status == 200 else f"status {status}"
            except (OSError, http.client.HTTPException) as error:
                wrong, text = f"{type(error).__name__}: {error}", ""
            with self.lock:
                self.asked[method] += 1
                self.slowest = max(self.slowest, time.monotonic() - started)
                if wrong:
                    self.failures[method].append(wrong)
                elif method == "GET":
                    self.answers.add(tuple(text.split()[:2]))
            time.sleep(0.05)

    def failed(self):
        """How many requests got no good answer."""
        return sum(len(list_) for list_ in self.failures.values())

    def summary(self):
        """One line for people."""
        parts = [f"{method} {len(self.failures[method])} of {self.asked[method]} failed" for method in self.asked]
        kinds = sorted({failure for list_ in self.failures.values() for failure in list_})
        return ", ".join(parts) + f", slowest {self.slowest:.2f} s" + (f" ({'; '.join(kinds)})" if kinds else "")


class Site:
    """A rendered site under Compose."""

    def __init__(self, root: Path, project, port, ruwsgi):
        self.root, self.project, self.port, self.ruwsgi = root, project, port, ruwsgi
        self.env = {"COMPOSE_PROJECT_NAME": project, "DOCKER_BUILDKIT": "1", "COMPOSE_PROGRESS": "plain"}

    def compose(self, *words, **more):
        """`docker compose …`"""
        return run("docker", "compose", *words, cwd=self.root, env=self.env, **more)

    def deploy(self, *words, **more):
        """`ruwsgi deploy …`"""
        return run(self.ruwsgi, "deploy", *words, cwd=self.root, env=self.env, **more)

    def id(self, service):
        """The container of a service."""
        return self.compose("ps", "--all", "--quiet", "--no-trunc", service).strip()

    def inspect(self, service, template):
        """What Docker knows of it."""
        return docker("inspect", "--format", template, self.id(service))

    def inside(self, service, script):
        """What a shell in its container says."""
        return docker("exec", self.id(service), "sh", "-c", script)

    def client(self):
        """A browser without cookies."""
        return Client(self.port)

    def status(self, path):
        """Only the status."""
        return self.client().ask(path, timeout=10)[0]

    def change_code(self, release):
        """The next release of the application."""
        path = self.root / "reference" / "views.py"
        path.write_text(re.sub('RELEASE = ".*"', f'RELEASE = "{release}"', path.read_text()))
