"""Lets the programs they are for judge what `ruwsgi deploy` renders for each description in tests/fixtures/deploy,
and the Dockerfiles of this repository.

Run by `make judge`, which installs the programs. A complaint fails, unless it is in EXCEPTIONS with its reason;
an exception that nobody needs fails, too. Texts only: what nginx and the server then do is tests/it/deploy.rs.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import ruamel.yaml

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
WORK = ROOT / "target" / "judge"
FIXTURES = ROOT / "tests" / "fixtures" / "deploy"
RUWSGI = ROOT / "target" / "debug" / "ruwsgi"
NEWER_NGINX = TOOLS / "trixie" / "usr" / "sbin" / "nginx"
KUBECTL = shutil.which("kubectl") or TOOLS / "trixie" / "usr" / "bin" / "kubectl"

# What a judge complains about and is left so: judge, pattern, reason.
EXCEPTIONS = [
    ("checkov", "CKV_K8S_11 ", "K07: a limit of processors slows requests down while processors idle"),
    ("checkov", "CKV_K8S_15 ", "tags are never written twice, so there is nothing to pull again"),
    ("checkov", "CKV_K8S_43 ", "images.web_digest and nginx_digest are known only after a build; production has them"),
    ("checkov", r"CKV_K8S_40 .*StatefulSet", "the official images of services have users of their own below 10000"),
    ("checkov", r"CKV_K8S_[89] .*/55-workers\.yaml", "nobody sends requests to a worker; one that ends is started again"),
    ("django", r"security.W005", "names below the site's own may have no TLS: nginx.hsts: subdomains says they have"),
    ("django", r"security.W021", "N11: preload is for who asks for it, with nginx.hsts: preload"),
]

def run(*command, cwd=None, env=None, timeout=300):
    """The exit code and everything that was said."""
    done = subprocess.run(
        [str(word) for word in command],
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
    return done.returncode, done.stdout


def quiet(*command, **more):
    """Complaints of a program that says nothing when all is well."""
    code, said = run(*command, **more)
    return said.strip().splitlines() or ([f"exit code {code}"] if code else [])


def documents(path):
    """All documents of a YAML file."""
    return [one for one in ruamel.yaml.YAML(typ="safe", pure=True).load_all(path.read_text()) if one]


def manifests(folder):
    """Files of kinds that every cluster knows."""
    return sorted(path for path in (folder / "k8s").rglob("*.yaml") if path.parent.name != "crd")


class Description:
    """One rendered description."""

    def __init__(self, source):
        self.name = source.stem
        self.source = source
        self.folder = WORK / self.name
        self.yaml = documents(source)[0]
        self.sites = []

    def render(self):
        """Renders it beside a project that can be imported, with secrets that are none."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for path, text in {
            "shop/__init__.py": "",
            "shop/wsgi.py": "def application(environ, start):\n    start('200 OK', [])\n    return [b'']\n",
        }.items():
            path = self.folder / path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        shutil.copy(self.source, self.folder / "ruwsgi.yaml")
        code, said = run(RUWSGI, "deploy", "render", cwd=self.folder)
        if code:
            sys.exit(f"{self.name}: {said}")
        for path in [*self.folder.glob("compose.yaml"), *self.folder.glob("environments/*/compose.yaml")]:
            for secret in documents(path)[0].get("secrets", {}).values():
                file = (path.parent / secret["file"]).resolve()
                file.parent.mkdir(exist_ok=True)
                if not file.exists():
                    file.write_text("only-for-judging\n")
        self.sites = self.assembled()

    def targets(self, name, default):
        """A version among `targets`."""
        version = str(self.yaml.get("targets", {}).get(name, default))
        return tuple(int(part) for part in version.split("."))

    def own_tls(self):
        """nginx ends TLS itself."""
        return self.yaml["nginx"].get("tls") in ("files", "acme")

    def assembled(self):
        """Each nginx as it is in its image or pod: a name, and the folder of its files, with paths of this machine."""
        found = []
        for main in sorted(self.folder.rglob("nginx/nginx.conf")):
            place = main.parent.parent
            sites = [path for path in main.parent.glob("*.conf") if path.name != "nginx.conf"]
            label = "compose" if place == self.folder else f"compose-{place.name}"
            found.append((label, self.assemble(label, main.read_text(), {path.name: path.read_text() for path in sites})))
        for path in sorted((self.folder / "k8s").rglob("25-files.yaml")):
            label = "pod" if path.parent.name == "k8s" else f"pod-{path.parent.name}"
            data = documents(path)[0]["data"]
            found.append((label, self.assemble(label, data["nginx.conf"], {"site.conf": data["site.conf"]})))
        return found

    def assemble(self, label, main, files, ports=None):
        """Puts an nginx together so that it can be read, and with ports of this machine be started."""
        folder = self.folder / "assembled" / label
        (folder / "conf.d").mkdir(parents=True, exist_ok=True)
        certificate(folder)

        def here(text):
            # First of all: the folder may be below /tmp itself.
            text = text.replace("/tmp/", f"{folder}/")
            for port, other in (ports or {}).items():
                text = re.sub(rf"(listen (?:127\.0\.0\.1:)?){port}\b", rf"\g<1>{other}", text)
            text = re.sub(r"(ssl_certificate) [^;]*;", rf"\1 {folder}/leaf.crt;", text)
            text = re.sub(r"(ssl_certificate_key) [^;]*;", rf"\1 {folder}/leaf.key;", text)
            return text.replace("/etc/nginx/conf.d", f"{folder}/conf.d")

        for name, text in files.items():
            (folder / "conf.d" / name).write_text(here(text))
        (folder / "nginx.conf").write_text(here(main))
        return folder

    @contextlib.contextmanager
    def live(self, label):
        """A running nginx that ends TLS: its folder, and its port."""
        ports = {port: free_port() for port in ("8080", "8443", "8081")}
        main = self.folder / "nginx" / "nginx.conf"
        sites = {path.name: path.read_text() for path in main.parent.glob("*.conf") if path != main}
        folder = self.assemble(label, main.read_text(), sites, ports)
        command = [self.nginxes()[0], "-e", "stderr", "-p", folder, "-c", folder / "nginx.conf", "-g", "daemon off;"]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(int(ports["8443"]))
            yield folder, int(ports["8443"])
        finally:
            server.terminate()
            server.wait(10)

    def nginxes(self):
        """The nginxes that understand its syntax: that of TLS has changed, everything else is one for all."""
        old, new = Path(shutil.which("nginx") or "/usr/sbin/nginx"), NEWER_NGINX
        if not self.own_tls():
            return [old, new]
        return [new] if self.targets("nginx", "1.28") >= (1, 26) else [old]


def free_port():
    """A port nobody has now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


def certificate(folder):
    """An authority's and a leaf's certificate for shop.example.com."""
    if (folder / "leaf.crt").exists():
        return
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = "subjectAltName=DNS:shop.example.com,DNS:*.shop.example.com"
    more = "extendedKeyUsage=serverAuth\nkeyUsage=digitalSignature\nauthorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n"
    (folder / "leaf.ext").write_text(f"{names}\n{more}")
    for command in (
        ["req", "-x509", *curve, "-days", "30", "-subj", "/CN=Judge", "-addext",
         "keyUsage=critical,keyCertSign,cRLSign", "-keyout", "ca.key", "-out", "ca.crt"],
        ["req", "-new", *curve, "-subj", "/CN=shop.example.com", "-keyout", "leaf.key", "-out", "leaf.csr"],
        ["x509", "-req", "-in", "leaf.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30",
         "-sha256", "-extfile", "leaf.ext", "-out", "leaf.crt"],
    ):
        code, said = run("openssl", *command, cwd=folder)
        if code:
            sys.exit(said)


# ---- the judges: each takes a description and gives complaints --------------------------------------------


def kubernetes_validate(one):
    """The schemas of three versions of Kubernetes; an unknown kind only warns there, and fails here."""
    complaints = []
    for version in ("1.30", "1.33", "1.37"):
        code, said = run(TOOLS / "lint/bin/kubernetes-validate", "--strict", "-k", version, *manifests(one.folder))
        if code or "WARN" in said:
            complaints += [f"{version}: {line}" for line in said.splitlines() if "INFO" not in line]
    return complaints


def hadolint(one):
    return quiet(TOOLS / "lint/bin/hadolint", "-t", "style", "Dockerfile", cwd=one.folder)


def yamllint(one):
    paths = [path for path in one.folder.rglob("*") if path.suffix in (".yaml", ".yml") or path.name == "Kustomization"]
    rules = "{extends: default, rules: {line-length: disable}}"
    paths = [path for path in paths if path.name != "ruwsgi.yaml"]
    return quiet(TOOLS / "lint/bin/yamllint", "-s", "-f", "parsable", "-d", rules, *sorted(paths))


def gixy(one):
    complaints = []
    for label, folder in one.sites:
        _, said = run(TOOLS / "judges/bin/gixy", "-f", "json", folder / "nginx.conf")
        start = said.find("[")
        found = json.loads(said[start:]) if start >= 0 else [{"plugin": "gixy", "summary": said}]
        complaints += [f"{label}: {item['plugin']}: {item['summary']} {item.get('config', '')!r}" for item in found]
    return complaints


def nginx_t(one):
    complaints = []
    for label, folder in one.sites:
        for nginx in one.nginxes():
            said = quiet(nginx, "-t", "-q", "-e", "stderr", "-p", folder, "-c", folder / "nginx.conf")
            complaints += [f"{label}, {nginx.parent.parent.name}: {line}" for line in said]
    return complaints


def crossplane(one):
    complaints = []
    for label, folder in one.sites:
        code, said = run(TOOLS / "judges/bin/crossplane", "parse", "--no-catch", folder / "nginx.conf")
        if code or json.loads(said)["status"] != "ok":
            complaints.append(f"{label}: {said[-300:]}")
    return complaints


def sslyze(one):
    """Live: the handshakes that nginx takes are those of Mozilla's intermediate profile."""
    if not one.own_tls():
        return None
    with one.live("sslyze") as (folder, port):
        _, said = run(TOOLS / "judges/bin/sslyze", "--mozilla_config", "intermediate", "--sni", "shop.example.com",
                      "--certinfo_ca_file", folder / "ca.crt", f"127.0.0.1:{port}")
    verdict = re.search(r"127\.0\.0\.1:\d+: (OK|FAILED)", said)
    if verdict and verdict[1] == "OK":
        return []
    tail = said.split("COMPLIANCE AGAINST TLS CONFIGURATION")[-1]
    return [line.strip() for line in tail.splitlines() if line.strip().startswith("*")] or [said[-400:]]


def handshakes(one):
    """Live: a name that is not the site's gets no certificate."""
    if not one.own_tls():
        return None
    complaints = []
    with one.live("handshakes") as (folder, port):
        context = ssl.create_default_context(cafile=folder / "ca.crt")
        for name, works in (("shop.example.com", True), ("evil.example", False)):
            context.check_hostname = works
            context.verify_mode = ssl.CERT_REQUIRED if works else ssl.CERT_NONE
            try:
                with socket.create_connection(("127.0.0.1", port), 5) as raw:
                    with context.wrap_socket(raw, server_hostname=name):
                        told = True
            except ssl.SSLError:
                told = False
            if told != works:
                complaints.append(f"{name}: {'a' if told else 'no'} handshake")
    return complaints


def wait_for(port):
    until = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def compose(one):
    complaints = []
    plugin = TOOLS / "docker/cli-plugins/docker-compose"
    for path in [one.folder / "compose.yaml", *sorted(one.folder.glob("environments/*/compose.yaml"))]:
        for profile in ("", "cron", "acme"):
            complaints += quiet(plugin, "-f", path, "--profile", profile, "config", "--quiet", cwd=path.parent)
    return complaints


def check_jsonschema(one):
    tool = TOOLS / "judges/bin/check-jsonschema"
    paths = [one.folder / "compose.yaml", *sorted(one.folder.glob("environments/*/compose.yaml"))]
    wanted = [("vendor.compose-spec", path) for path in paths]
    wanted.append(("vendor.github-workflows", one.folder / ".github/workflows/deploy.yml"))
    wanted.append(("vendor.gitlab-ci", one.folder / ".gitlab-ci.yml"))
    complaints = []
    for schema, path in wanted:
        if path.exists():
            code, said = run(tool, "--builtin-schema", schema, path)
            complaints += said.splitlines() if code else []
    code, said = run(tool, "--schemafile", WORK / "schema.json", one.source)
    return complaints + (said.splitlines() if code else [])


def uwsgi(one):
    """The real uWSGI reads the file, strict as it is, and loads the application."""
    code, version = run(TOOLS / "lint/bin/python", "-c", "import sys; print('%d.%d' % sys.version_info[:2])")
    program = TOOLS / f"py{version.strip()}" / "bin" / "uwsgi"
    complaints = []
    for path in [one.folder / "uwsgi.ini", *sorted(one.folder.glob("environments/*/uwsgi.ini"))]:
        # Beside the application, as in the image; not listening, as it may not be alone here.
        text = re.sub(r"^(socket|http-socket) = .*$", r"\1 = 127.0.0.1:0", path.read_text(), flags=re.M)
        place = one.folder / f"judged-{path.parent.name}.ini"
        place.write_text(text)
        code, said = run(program, "--ini", place.name, "--no-server", cwd=one.folder, timeout=60)
        if code or "WSGI app 0" not in said:
            complaints.append(f"exit code {code}: {said[-600:]}")
    return complaints


def kustomize(one):
    complaints = []
    for path in sorted(one.folder.rglob("Kustomization")):
        code, said = run(KUBECTL, "kustomize", path.parent)
        complaints += said.splitlines()[-5:] if code else []
        kinds = said.count("\nkind: ")
        wanted = sum(len(documents(path.parent / name)) for name in documents(path)[0]["resources"])
        if not code and kinds != wanted:
            complaints.append(f"{path}: {kinds} objects of {wanted}")
    return complaints


def django(one):
    """Django's deployment check of the starter's settings in the environment that was rendered."""
    complaints = []
    for path in [one.folder / "compose.yaml", *sorted(one.folder.glob("environments/*/compose.yaml"))]:
        environment = documents(path)[0]["services"]["web"]["environment"]
        if environment["DJANGO_HTTPS"] != "1":
            continue
        environment = {name: str(value).replace("$$", "$") for name, value in environment.items()}
        environment = {name: value for name, value in environment.items() if not name.endswith("_FILE")}
        environment |= {"DJANGO_SETTINGS_MODULE": "mysite.settings", "DJANGO_SECRET_KEY": "abcdefgh01234567" * 4}
        code, version = run(TOOLS / "lint/bin/python", "-c", "import sys; print('%d.%d' % sys.version_info[:2])")
        python = TOOLS / f"py{version.strip()}" / "bin" / "python"
        code, said = run(python, "manage.py", "check", "--deploy", "--fail-level", "WARNING", cwd=ROOT / "compose",
                         env=environment)
        complaints += re.findall(r"\(security\.W\d+\).*", said) or (said.splitlines()[-3:] if code else [])
    return complaints


class Image:
    """A Dockerfile of this repository."""

    def __init__(self, source):
        self.name = f"image-{source.parent.name}"
        self.folder = WORK / self.name
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        shutil.copy(source, self.folder / "Dockerfile")


def checkov(descriptions):
    """All at once, as it takes long to start: complaints by description."""
    found = {one.name: [] for one in descriptions}
    skipped = ["assembled"]
    _, said = run(TOOLS / "checkov/bin/checkov", "--directory", WORK, "--framework", "kubernetes", "dockerfile",
                  "--skip-download", "--compact", "--quiet", "--output", "json", "--skip-path", *skipped, timeout=600,
                  env={"LOG_LEVEL": "ERROR"})
    start = min((place for place in (said.find("["), said.find("{")) if place >= 0), default=0)
    report = json.loads(said[start:])
    judged = 0
    for part in report if isinstance(report, list) else [report]:
        judged += part["summary"]["passed"]
        for check in part["results"]["failed_checks"]:
            path = Path(check["file_path"].lstrip("/"))
            found[path.parts[0]].append(f"{check['check_id']} {check['check_name']} {check['resource']} {path}")
        for path in part["results"].get("parsing_errors", []):
            found[Path(path).relative_to(WORK).parts[0] if Path(path).is_absolute() else path].append(f"not read: {path}")
    if judged < 100:
        sys.exit(f"checkov has judged {judged} things only: {said[:400]}")
    return found


JUDGES = [kubernetes_validate, hadolint, yamllint, nginx_t, crossplane, gixy, handshakes, sslyze, compose, check_jsonschema,
          uwsgi, kustomize, django]


def excepted(judge, complaint, used):
    for index, (who, pattern, _) in enumerate(EXCEPTIONS):
        if who == judge and re.search(pattern, complaint):
            used.add(index)
            return True
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("judges", nargs="*", help="only these judges")
    wanted = parser.parse_args().judges
    started = time.monotonic()
    WORK.mkdir(parents=True, exist_ok=True)
    descriptions = [Description(path) for path in sorted(FIXTURES.glob("*.yaml"))]
    for one in descriptions:
        one.render()
    code, schema = run(RUWSGI, "deploy", "schema")
    (WORK / "schema.json").write_text(schema)
    images = [Image(path) for path in [ROOT / "docker/Dockerfile", *sorted((ROOT / "tests/images").glob("*/Dockerfile"))]]
    failed = [f"schema: {line}" for line in run(TOOLS / "judges/bin/check-jsonschema", "--check-metaschema", WORK / "schema.json")[1].splitlines() if "ok" not in line]
    used = set()

    def judge(task):
        function, one = task
        begun = time.monotonic()
        try:
            complaints = function(one)
        except Exception as error:
            complaints = [f"{type(error).__name__}: {error}"]
        return function.__name__, one.name, complaints, time.monotonic() - begun

    tasks = [(function, one) for function in JUDGES for one in descriptions if not wanted or function.__name__ in wanted]
    with ThreadPoolExecutor(2) as pool:
        tasks += [(hadolint, one) for one in images if not wanted or "hadolint" in wanted]
        big = pool.submit(checkov, [*descriptions, *images]) if not wanted or "checkov" in wanted else None
        results = list(pool.map(judge, tasks))
        if big:
            results += [("checkov", name, complaints, 0.0) for name, complaints in big.result().items()]
    times = {}
    for name, where, complaints, seconds in results:
        times[name] = times.get(name, 0) + seconds
        rest = [line for line in complaints or [] if not excepted(name, line, used)]
        failed += [f"{name}: {where}: {line}" for line in rest]
    for name in dict.fromkeys(name for name, *_ in results):
        heard = [where for other, where, complaints, _ in results if other == name and complaints is not None]
        bad = sum(line.startswith(f"{name}: ") for line in failed)
        print(f"{name:20} {len(heard)} descriptions, {bad or 'no'} complaints ({times[name]:.0f} s)")
    for index, (who, pattern, reason) in enumerate(EXCEPTIONS):
        if index in used:
            print(f"  left so: {who}: {pattern}: {reason}")
        elif not wanted:
            failed.append(f"nobody needs the exception {who}: {pattern}")
    print("\n".join(failed))
    print(f"{len(descriptions)} descriptions judged in {time.monotonic() - started:.0f} s: {'failed' if failed else 'all pass'}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
