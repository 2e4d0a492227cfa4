"""What the image of ruwsgi promises, without a site: users, limits, logs, contents."""

import json
import re
import tempfile
from pathlib import Path

from world import Client, demand, docker, run, wait

APPLICATION = """
def application(environ, start):
    start("200 OK", [("Content-Length", "3")])
    return [b"ok\\n"]
"""
CONFINED = ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--tmpfs", "/tmp"]


class Server:
    """A container of the image with a small application."""

    def __init__(self, image, name, *options, arguments=()):
        self.folder = tempfile.TemporaryDirectory(prefix="ruwsgi-e2e-")
        path = Path(self.folder.name) / "app.py"
        path.write_text(APPLICATION)
        path.chmod(0o644)
        path.parent.chmod(0o755)
        self.name = name
        docker(
            "run", "--detach", "--name", name, *CONFINED, *options, "--volume", f"{path.parent}:/app:ro", image,
            "serve", "--http", ":8000", "--master", "--need-app", "--chdir", "/app", "--module", "app", "--die-on-term", *arguments,
        )

    def __enter__(self):
        self.address = docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", self.name)
        try:
            wait("a first answer", lambda: Client(8000, self.address).ask("/", timeout=2)[0] == 200, 30)
        except BaseException:
            print(self.logs())
            self.__exit__()
            raise
        return self

    def logs(self):
        """All that it has said."""
        return run("docker", "logs", self.name)

    def __exit__(self, *_):
        run("docker", "rm", "--force", "--volumes", self.name, check=False)
        self.folder.cleanup()


def labels_user_and_contents(world):
    image = world.image
    (facts,) = json.loads(docker("image", "inspect", image))
    config = facts["Config"]
    demand(re.fullmatch(r"[1-9]\d*:[1-9]\d*", config["User"]), f"the user is {config['User']}")
    demand(config["Entrypoint"] == ["ruwsgi"], f"the entrypoint is {config['Entrypoint']}")
    labels = {key.rsplit(".", 1)[-1]: value for key, value in config["Labels"].items()}
    demand(labels["title"] == "ruwsgi" and labels["version"] and labels["revision"] and labels["licenses"], f"the labels are {labels}")
    versions = {name: docker("run", "--rm", "--entrypoint", name, image, "--version") for name in ("ruwsgi", "uwsgi")}
    demand(len(set(versions.values())) == 1, f"`ruwsgi` and `uwsgi` are not the same: {versions}")
    base = int(docker("image", "inspect", "--format", "{{.Size}}", world.python_image))
    return f"{image}: {facts['Size'] / 1e6:.0f} MB, of which {(facts['Size'] - base) / 1e6:.1f} MB are not {world.python_image}; user {config['User']}"


def any_user_works(world):
    # As OpenShift does: a number that no file knows, in group 0.
    with Server(world.image, f"{world.project}-any", "--user", "1234567890:0") as server:
        said = docker("exec", server.name, "sh", "-c", "id -u; grep -h CapEff /proc/1/status; touch /app/x 2>&1 || true")
    demand("1234567890" in said and re.search(r"CapEff:\s0{16}", said) and "Read-only" in said, said)
    return "user 1234567890:0, no capabilities, read-only root: answers"


def processes_fit_the_limits(world):
    found = []
    for cpus, memory, threads in [("0.5", "512m", 1), ("2", "1g", 1), ("2", "1g", 2), ("2", "128m", 1)]:
        arguments = ["--processes", "auto"] + (["--threads", str(threads)] if threads > 1 else [])
        options = ["--cpus", cpus, "--memory", memory]
        with Server(world.image, f"{world.project}-auto", *options, arguments=arguments) as server:
            wait("workers", lambda: "spawned" in server.logs())
            number = len(set(re.findall(r"spawned .*worker (\d+)", server.logs())))
        found.append((f"--cpus {cpus} --memory {memory} threads {threads}", number))
    demand([number for _, number in found] == [3, 5, 3, 1], f"{found}")
    version = docker("info", "--format", "{{.CgroupVersion}}")
    return f"cgroup v{version}: " + "; ".join(f"{limits} → {number} workers" for limits, number in found)


def logs_are_text_or_json(world):
    with Server(world.image, f"{world.project}-text") as server:
        text = server.logs()
    demand('GET / =>' in text or "GET /" in text, text)
    with Server(world.image, f"{world.project}-json", arguments=["--log-json"]) as server:
        lines = [line for line in server.logs().splitlines() if line.startswith("{") and "GET" in line]
    demand(lines, "no line of a request")
    demand(all(isinstance(json.loads(line), dict) for line in lines), lines[0])
    return f"a request in JSON: {lines[0][:100]}…"


PROOFS = [labels_user_and_contents, any_user_works, processes_fit_the_limits, logs_are_text_or_json]
