"""What the reference site does under Compose: the admin, uploads, workers, confinement, a database that goes."""

import json
import re
import threading
import time

from world import demand, docker, wait


def healthy(world):
    said = world.site.compose("ps", "--all", "--format", "{{.Service}} {{.State}} {{.ExitCode}} {{.Health}}")
    states = {line.split()[0]: line.split()[1:] for line in said.splitlines() if " " in line}
    for job in ("migrate", "static"):
        demand(states[job][:2] == ["exited", "0"], f"{job}: {states[job]}")
    for service in ("socket", "web", "web-2", "nginx", "postgres", "redis", "celery"):
        demand(states[service][0] == "running", f"{service}: {states[service]}")
    for service in ("socket", "web", "web-2", "nginx", "postgres", "redis"):
        demand(states[service][-1] == "healthy", f"{service}: {states[service]}")
    demand(states["beat"][0] == "running", f"beat: {states['beat']}")
    return ", ".join(sorted(states))


def admin_with_csrf_and_an_upload(world):
    site, browser = world.site, world.site.client()
    site.compose(
        "exec", "--no-TTY", "--env", "DJANGO_SUPERUSER_PASSWORD=only-for-this-test", "web",
        "/opt/venv/bin/python", "manage.py", "createsuperuser", "--noinput", "--username", "admin", "--email", "admin@example.com",
    )
    status, _, page = browser.ask("/admin/login/?next=/admin/")
    demand(status == 200 and "csrfmiddlewaretoken" in page and "csrftoken" in browser.cookies, page[:300])
    # Without the token it is refused; with it, not.
    stranger = site.client()
    demand(stranger.ask("/admin/login/", {"username": "admin", "password": "only-for-this-test"})[0] == 403, "a login without a token")
    login = {"username": "admin", "password": "only-for-this-test", "next": "/admin/"}
    status, headers, page = browser.ask("/admin/login/?next=/admin/", login)
    demand(status == 302 and headers["Location"] == "/admin/" and "sessionid" in browser.cookies, f"{status} {page[:300]}")
    status, _, page = browser.ask("/admin/")
    demand(status == 200 and "Log out" in page, f"{status} {page[:300]}")
    status, _, page = browser.ask(
        "/admin/guestbook/entry/add/", {"name": "Ann", "message": "by the admin"}, {"attachment": ("note.txt", b"of paper\n" * 1000)}
    )
    demand(status == 302, f"{status} {page[:500]}")
    page = browser.ask("/")[2]
    media = re.search(r'"(/media/[^"]+)"', page)
    demand("by the admin" in page and media, "the entry is not in the guest book")
    status, headers, text = browser.ask(media.group(1))
    demand(status == 200 and text == "of paper\n" * 1000, f"{media.group(1)}: {status}")
    return f"logged in, refused without a token, {media.group(1)} of {len(text)} bytes uploaded and read back"


def static_files_are_immutable(world):
    page = world.site.client().ask("/admin/login/")[2]
    path = re.search(r'"(/static/[^"]+\.css)"', page).group(1)
    status, headers, _ = world.site.client().ask(path)
    demand(status == 200 and "immutable" in headers["Cache-Control"], f"{path}: {status} {headers}")
    return f"{path}: {headers['Cache-Control']}"


def workers_and_the_beat_work(world):
    site = world.site
    demand(site.status("/proof/task") == 200, "the task was not taken")
    both = wait("entries of the worker and the beat", lambda: "from a worker" in said(site) and "from the beat" in said(site))
    return f"an entry from a worker and one from the beat within {both:.1f} s"


def said(site):
    return site.client().ask("/proof/workers")[2]


def nothing_is_root_or_can_write(world):
    site, found = world.site, []
    for service in ("socket", "web", "web-2", "celery", "beat", "nginx"):
        (facts,) = json.loads(docker("inspect", site.id(service)))
        demand(re.fullmatch(r"[1-9]\d*:[1-9]\d*", facts["Config"]["User"]), f"{service}: user {facts['Config']['User']}")
        host = facts["HostConfig"]
        demand(host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"] and host["Memory"] > 0, f"{service}: {host}")
        status = site.inside(service, "cat /proc/1/status")
        demand(re.search(r"Uid:\s+10001\s", status), f"{service}: {status}")
        demand(re.search(r"CapEff:\s+0{16}", status) and re.search(r"CapBnd:\s+0{16}", status), f"{service}: {status}")
        demand(re.search(r"NoNewPrivs:\s+1", status), f"{service}: {status}")
        demand("Read-only" in site.inside(service, "touch /usr/x 2>&1 || true"), f"{service}: the root can be written")
        found.append(service)
    return f"{', '.join(found)}: user 10001, read-only, CapBnd 0, no new privileges"


def no_secret_is_in_an_image(world):
    site = world.site
    secrets = [path.read_text().strip() for path in (site.root / "secrets").iterdir() if path.is_file() and not path.name.startswith(".")]
    demand(len(secrets) >= 2 and all(len(secret) > 10 for secret in secrets), f"{len(secrets)} secrets")
    images = [world.image, f"{world.project}-nginx:1", site.inspect("web", "{{.Config.Image}}")]
    for image in images:
        texts = {"history": docker("history", "--no-trunc", image), "configuration": docker("image", "inspect", image)}
        files = docker("run", "--rm", "--entrypoint", "sh", "--user", "0:0", image, "-c", "ls -A /run/secrets /app/secrets /app/.env 2>/dev/null || true")
        texts["files"] = files
        for place, text in texts.items():
            demand(not any(secret in text for secret in secrets), f"{image}: a secret is in its {place}")
        demand(not files.strip(), f"{image}: {files}")
    environment = site.inspect("web", "{{json .Config.Env}}")
    demand(not any(secret in environment for secret in secrets), "a secret is in the environment of web")
    return f"{len(secrets)} secrets looked for in history, configuration and files of {', '.join(images)}"


def process_one_buries_orphans(world):
    node, pid, parent = world.site.client().ask("/proof/orphan")[2].split()
    demand(parent == "1", f"the parent is {parent}")
    wait("the orphan's burial", lambda: "gone" in docker("exec", node, "sh", "-c", f"test -e /proc/{pid} || echo gone"), 20)
    return f"{pid} became the child of process 1, and left no zombie"


def a_stop_lets_requests_finish(world):
    site, answers = world.site, []
    threads = [threading.Thread(target=lambda: answers.append(site.client().ask("/proof/slow"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    started = time.monotonic()
    site.compose("stop", "web", "web-2")
    took = time.monotonic() - started
    for thread in threads:
        thread.join()
    codes = [site.inspect(service, "{{.State.ExitCode}}") for service in ("web", "web-2")]
    site.compose("up", "--wait", "--no-build")
    demand(len(answers) == 4 and all(answer[0] == 200 for answer in answers), f"{[answer[0] for answer in answers]}")
    demand(codes == ["0", "0"] and took < 25, f"exit codes {codes} after {took:.1f} s")
    return f"4 requests of 3 s in flight, all answered; exit code 0 after {took:.1f} s"


def the_database_goes_and_comes(world):
    site = world.site
    before = site.inspect("web", "{{.State.StartedAt}}")
    site.compose("stop", "postgres")
    down = wait("not ready", lambda: site.status("/-/ready/") == 503, 30)
    demand(site.status("/-/health/") == 200, "not alive without the database")
    # Longer than three health checks take to say no.
    time.sleep(25)
    demand(site.inspect("web", "{{.State.Health.Status}}") == "healthy" and site.status("/-/health/") == 200, "not alive without the database")
    demand(site.status("/-/ready/") == 503, "ready without the database")
    started = time.monotonic()
    site.compose("start", "postgres")
    wait("ready again", lambda: all(site.status("/-/ready/") == 200 for _ in range(8)), 60)
    again = time.monotonic() - started
    demand(site.inspect("web", "{{.State.StartedAt}}") == before, "web was started again")
    return f"503 from ready after {down:.1f} s and 200 from health throughout; ready {again:.1f} s after `compose start`, nothing else was started again"


PROOFS = [
    healthy, admin_with_csrf_and_an_upload, static_files_are_immutable, workers_and_the_beat_work, nothing_is_root_or_can_write,
    no_secret_is_in_an_image, process_one_buries_orphans, a_stop_lets_requests_finish, the_database_goes_and_comes,
]
