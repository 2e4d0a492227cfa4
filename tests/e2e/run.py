"""`make e2e`: what ruwsgi's images, and the site that `ruwsgi deploy` renders, do in containers.

Run by tools/e2e, which makes the images. Each proof prints one line: what was seen, or why it failed; figures are
those of the machine it runs on. Everything that was made is removed, whatever the end.
"""

import argparse
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

import of_change
import of_image
import of_pod
import of_site
from world import Failed, Site, docker, run

HERE = Path(__file__).resolve().parent


class World:
    """Images, the site, and what was measured."""

    def __init__(self, options):
        self.image, self.python_image = options.image, options.python_image
        self.project = f"ruwsgi-{options.tag}"
        self.work = Path(tempfile.mkdtemp(prefix="ruwsgi-e2e-"))
        self.work.chmod(0o755)
        self.measures = []
        self.site = Site(self.work / "mysite", self.project, free_port(), options.ruwsgi)

    def measured(self, what, load):
        """Keeps a count for the end."""
        self.measures.append(f"{what}: {load.summary()}")

    def up(self):
        """From nothing to a healthy site, as docs/containers.md says it."""
        site = self.site
        run(site.ruwsgi, "deploy", "init", "mysite", "--yes", "--python", "3.11", cwd=self.work)
        shutil.copytree(HERE / "site", site.root, dirs_exist_ok=True)
        path = site.root / "ruwsgi.yaml"
        text = path.read_text()
        for word, value in {"BASE": self.image, "IMAGE": self.project, "PORT": str(site.port)}.items():
            text = text.replace(word, value)
        path.write_text(text)
        site.deploy("render")
        started = time.monotonic()
        site.deploy("build")
        built = time.monotonic() - started
        started = time.monotonic()
        site.compose("up", "--detach", "--wait", "--quiet-pull")
        return f"images built in {built:.0f} s, all healthy {time.monotonic() - started:.0f} s after `docker compose up --detach --wait`"

    def down(self):
        """Removes everything."""
        if (self.site.root / "compose.yaml").exists():
            # Not `--rmi all`: the images of services are not ours.
            self.site.compose("down", "--volumes", "--timeout", "1", "--remove-orphans", check=False)
            run("docker", "image", "rm", f"{self.project}-web:1", f"{self.project}-nginx:1", check=False)
        shutil.rmtree(self.work, ignore_errors=True)


def free_port():
    """One that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def main():
    """Exit code 0 when every proof held."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--image", required=True, help="ruwsgi's image")
    parser.add_argument("--python-image", required=True, help="the one it is made from")
    parser.add_argument("--ruwsgi", required=True, help="the program that renders")
    parser.add_argument("--tag", required=True, help="what tells this run from others")
    parser.add_argument("--only", nargs="*", default=[], help="names of proofs")
    options = parser.parse_args()
    world, failed, started = World(options), [], time.monotonic()

    def prove(name, proof):
        begun = time.monotonic()
        try:
            said = proof()
        except (Failed, OSError, subprocess.TimeoutExpired) as error:
            failed.append(name)
            said = f"FAILED: {error}"
        except Exception:
            failed.append(name)
            said = f"FAILED: {traceback.format_exc()}"
        print(f"{name.replace('_', ' ')} ({time.monotonic() - begun:.0f} s)\n    {said}", flush=True)

    def prove_all(proofs):
        for proof in proofs:
            if not options.only or proof.__name__ in options.only:
                prove(proof.__name__, lambda proof=proof: proof(world))

    try:
        prove_all(of_image.PROOFS)
        prove("the_site_comes_up", world.up)
        if failed[-1:] == ["the_site_comes_up"]:
            print(world.site.compose("logs", "--no-color", "--tail", "60", check=False))
        else:
            for proofs in (of_site.PROOFS, of_change.PROOFS, of_pod.PROOFS):
                prove_all(proofs)
            if failed:
                print(world.site.compose("logs", "--no-color", "--tail", "60", "web", "web-2", "nginx", check=False))
    finally:
        world.down()
    print("requests that failed:")
    for line in world.measures:
        print(f"    {line}")
    engine = docker("version", "--format", "{{.Server.Version}}")
    compose = docker("compose", "version", "--short")
    print(f"Docker {engine}, Compose {compose}; {time.monotonic() - started:.0f} s")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
