"""What requests notice while containers are restarted, killed and replaced; every failed one is counted."""

import os
import re
import signal
import subprocess
import time

from world import Load, demand, docker, wait


def restart(world):
    with Load(world.site.port) as load:
        world.site.compose("restart", "web")
        wait("web", lambda: world.site.inspect("web", "{{.State.Health.Status}}") == "healthy")
    world.measured("restart of one of two", load)
    demand(not load.failures["GET"], load.summary())
    return load.summary()


def kill(world):
    with Load(world.site.port) as load:
        docker("kill", world.site.id("web"))
        time.sleep(1)
        world.site.compose("up", "--wait", "--no-build", "--no-deps", "web")
    world.measured("kill of one of two", load)
    demand(not load.failures["GET"], load.summary())
    return load.summary()


def crash(world):
    # `docker kill` counts as a stop of ours; a process that dies is started again by the engine.
    started = world.site.inspect("web", "{{.State.StartedAt}}")
    with Load(world.site.port) as load:
        os.kill(int(world.site.inspect("web", "{{.State.Pid}}")), signal.SIGKILL)
        again = wait("another start", lambda: world.site.inspect("web", "{{.State.StartedAt}}") != started)
        healthy = wait("health", lambda: world.site.inspect("web", "{{.State.Health.Status}}") == "healthy")
    world.measured("death of one process 1", load)
    demand(not load.failures["GET"], load.summary())
    return f"started again by the engine after {again:.1f} s, healthy {healthy:.1f} s later; {load.summary()}"


def roll(world):
    site = world.site
    nginx = site.id("nginx")
    site.change_code("two")
    with Load(site.port) as load:
        started = time.monotonic()
        site.deploy("up")
        took = time.monotonic() - started
    world.measured("ruwsgi deploy up after a change", load)
    releases = {release for release, _ in load.answers}
    demand({"one", "two"} <= releases, f"answers came from {releases}")
    demand(site.id("nginx") == nginx, "nginx was replaced")
    demand(site.client().ask("/proof/release")[2].startswith("two "), "an old release is left")
    demand(load.failed() == 0, load.summary())
    return f"built and rolled in {took:.0f} s; {load.summary()}"


def one_by_one(world):
    """The same by hand, for those who do not use `ruwsgi deploy up`."""
    site = world.site
    site.change_code("three")
    with Load(site.port) as load:
        site.deploy("build")
        for service in ("web", "web-2"):
            site.compose("up", "--wait", "--no-build", "--no-deps", service)
    world.measured("docker compose up, one by one", load)
    demand(site.client().ask("/proof/release")[2].startswith("three "), "an old release is left")
    demand(load.failed() == 0, load.summary())
    site.compose("up", "--wait", "--no-build")
    return load.summary()


def all_at_once(world):
    """What Compose does by itself: it stops all that it replaces before it starts the first; the socket stays."""
    site = world.site
    nginx = site.id("nginx")
    site.change_code("four")
    style = site.root / "guestbook" / "static" / "guestbook" / "site.css"
    style.write_text(style.read_text() + "\n/* four */\n")
    with Load(site.port) as load:
        site.compose("up", "--detach", "--wait", "--build")
    world.measured("docker compose up --detach --wait", load)
    demand(site.id("nginx") == nginx, "nginx was replaced")
    demand(site.client().ask("/proof/release")[2].startswith("four "), "an old release is left")
    path = re.search(r'"(/static/[^"]+\.css)"', site.client().ask("/")[2]).group(1)
    demand("/* four */" in site.client().ask(path)[2], f"{path} is of an earlier release")
    demand(load.failed() == 0, load.summary())
    return load.summary()


def the_holder_dies(world):
    """Who keeps the socket open is killed: the application gets the one of its successor."""
    site = world.site
    started = site.inspect("web", "{{.State.StartedAt}}")
    with Load(site.port) as load:
        os.kill(int(site.inspect("socket", "{{.State.Pid}}")), signal.SIGKILL)
        wait("another start", lambda: site.inspect("web", "{{.State.StartedAt}}") != started)
        wait("health", lambda: site.inspect("web", "{{.State.Health.Status}}") == "healthy")
    world.measured("death of the holder of the socket", load)
    wait("answers", lambda: all(site.status("/proof/release") == 200 for _ in range(8)))
    return load.summary()


def watched_changes_arrive(world):
    """`ruwsgi deploy up --watch`, as a developer runs it in a terminal."""
    site, said = world.site, world.work / "watch.log"

    def serves(release):
        return all(site.client().ask("/proof/release")[2].startswith(f"{release} ") for _ in range(8))

    with said.open("w") as log:
        watching = subprocess.Popen(
            [site.ruwsgi, "deploy", "up", "--watch"], cwd=site.root, env={**os.environ, **site.env}, stdin=subprocess.DEVNULL,
            stdout=log, stderr=log, start_new_session=True,
        )
        try:
            wait("py-autoreload in both", lambda: said.read_text().count("spawned uWSGI worker 1") >= 2, 180)
            site.change_code("five")
            took = wait("the change", lambda: serves("five"), 60)
        finally:
            # As a terminal does it.
            os.killpg(watching.pid, signal.SIGINT)
            code = watching.wait(120)
    site.compose("up", "--wait", "--no-build")
    return f"a change of the code answers after {took:.1f} s; Ctrl-C ends it with exit code {code}"


PROOFS = [restart, kill, crash, roll, one_by_one, all_at_once, the_holder_dies, watched_changes_arrive]
