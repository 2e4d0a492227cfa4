"""Proves the way to a certificate of `nginx.tls: acme`: nginx and certbot as they are rendered, and Pebble, the test
authority of Let's Encrypt.

Run by `make judge`, which installs the programs. What runs in containers is run here with paths and ports of this machine.
"""

import contextlib
import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

import ruamel.yaml

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
WORK = ROOT / "target" / "acme"
RUWSGI = ROOT / "target" / "debug" / "ruwsgi"
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
PEBBLE = os.environ.get("RUWSGI_PEBBLE") or TOOLS / "trixie/usr/bin/pebble"
CERTBOT = os.environ.get("RUWSGI_CERTBOT") or TOOLS / "certbot/bin/certbot"
HOST = "shop.example.com"


def run(*command, cwd=WORK, **more):
    """What a program that must succeed says."""
    done = subprocess.run([str(word) for word in command], cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=120, check=False, **more)
    if done.returncode:
        sys.exit(f"{command[0]} ends with {done.returncode}:\n{done.stdout}")
    return done.stdout


def same(what, found, wanted):
    """Says that something is as it must be, or ends."""
    if found != wanted:
        sys.exit(f"{what}: {found!r}, not {wanted!r}")
    print(f"  {what}")


def free_port():
    """A port nobody has now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def until(condition, what):
    """Waits for something that happens soon."""
    end = time.monotonic() + 20
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"not within 20 seconds: {what}")
        time.sleep(0.05)


def listening(port):
    """Somebody listens there."""
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    return False


class Site:
    """What is rendered, with paths and ports of this machine."""

    def __init__(self):
        self.ports = {name: free_port() for name in ("8080", "8443", "8081")}
        self.description = (ROOT / "tests/fixtures/deploy/acme.yaml").read_text()
        version = subprocess.run([NGINX, "-v"], stderr=subprocess.PIPE, text=True, check=True).stderr
        self.description = self.description.replace('"1.22"', '"{}.{}"'.format(*re.search(r"/(\d+)\.(\d+)", version).groups()))
        for name in ("tls", "acme", "tmp", "conf.d"):
            (WORK / name).mkdir(parents=True)

    def here(self, text):
        """A text that names places of the containers."""
        text = re.sub(r"/tmp\b", f"{WORK}/tmp", text)
        for there, name in (("/run/tls", "tls"), ("/srv/acme", "acme"), ("/etc/nginx/conf.d", "conf.d")):
            text = text.replace(there, f"{WORK}/{name}")
        for port, other in self.ports.items():
            text = re.sub(rf"(listen (?:127\.0\.0\.1:)?){port}\b", rf"\g<1>{other}", text)
        return text

    def render(self):
        """Renders, and gives the services of compose.yaml."""
        (WORK / "ruwsgi.yaml").write_text(self.description)
        run(RUWSGI, "deploy", "render")
        (WORK / "nginx.conf").write_text(self.here((WORK / "nginx/nginx.conf").read_text()))
        (WORK / "conf.d/shop.conf").write_text(self.here((WORK / "nginx/shop.conf").read_text()))
        services = ruamel.yaml.YAML(typ="safe", pure=True).load((WORK / "compose.yaml").read_text())["services"]
        self.commands = {name: [self.here(word).replace("$$", "$") for word in services[name]["command"]]
                         for name in ("certificate", "certbot")}

    def ask(self, path, host=HOST):
        """Status and goal of an answer on the port without TLS."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports["8080"], timeout=5)
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location")

    def ask_safely(self, path):
        """Status of an answer over TLS, whoever vouches for it."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", self.ports["8443"]), 5) as raw:
            with context.wrap_socket(raw, server_hostname=HOST) as told:
                told.sendall(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
                return int(told.recv(64).split()[1])

    def shown(self):
        """The certificate that nginx shows."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", self.ports["8443"]), 5) as raw:
            with context.wrap_socket(raw, server_hostname=HOST) as told:
                return ssl.DER_cert_to_PEM_cert(told.getpeercert(binary_form=True))

    def kept(self):
        """The certificate that is on the volume."""
        return (WORK / "tls/tls.crt").read_text().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n"

    def reload(self):
        """As the head of compose.yaml says."""
        run(NGINX, "-e", "stderr", "-p", WORK, "-c", WORK / "nginx.conf", "-s", "reload")
        until(lambda: self.shown() == self.kept(), "nginx shows the certificate that is on the volume")


def told(certificate, what):
    """What OpenSSL reads in a certificate."""
    return subprocess.run(["openssl", "x509", "-noout", *what], input=certificate, stdout=subprocess.PIPE, text=True,
                          check=True).stdout


@contextlib.contextmanager
def running(*command, port, **more):
    """A program while it is needed."""
    log = open(WORK / f"{Path(str(command[0])).name}.log", "w")
    program = subprocess.Popen([str(word) for word in command], cwd=WORK, stdout=log, stderr=log, **more)
    try:
        until(lambda: program.poll() is not None or listening(port), f"{command[0]} listens")
        if program.poll() is not None:
            sys.exit(f"{command[0]} has ended:\n{Path(log.name).read_text()}")
        yield
    finally:
        program.terminate()
        program.wait(20)


@contextlib.contextmanager
def authority(site):
    """Pebble, which asks the site on its port without TLS: gives its address."""
    listen, manage, names, names_manage = (free_port() for _ in range(4))
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
        "-keyout", "pebble.key", "-out", "pebble.crt")
    (WORK / "pebble.json").write_text(
        f'{{"pebble": {{"listenAddress": "127.0.0.1:{listen}", "managementListenAddress": "127.0.0.1:{manage}",'
        f'"certificate": "pebble.crt", "privateKey": "pebble.key", "httpPort": {site.ports["8080"]}, "tlsPort": 1}}}}')
    resolver = [Path(str(PEBBLE)).parent / "pebble-challtestsrv", "-dns01", f"127.0.0.1:{names}", "-management",
                f"127.0.0.1:{names_manage}", "-defaultIPv6", "", "-http01", "", "-https01", "", "-tlsalpn01", ""]
    server = [PEBBLE, "-config", "pebble.json", "-strict", "-dnsserver", f"127.0.0.1:{names}"]
    with running(*resolver, port=names_manage):
        with running(*server, port=listen, env={"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"}):
            yield f"https://127.0.0.1:{listen}/dir"


def main():
    shutil.rmtree(WORK, ignore_errors=True)
    site = Site()
    site.render()

    def certbot(*more):
        return run(CERTBOT, *site.commands["certbot"], "--server", server, "--no-verify-ssl", *more)

    run("sh", "-c", *site.commands["certificate"])
    first = site.kept()
    same("the first start has a certificate of its own", "CN = shop" in told(first, ["-issuer"]), True)
    run("sh", "-c", *site.commands["certificate"])
    same("which a second start keeps", site.kept(), first)
    nginx = [NGINX, "-e", "stderr", "-p", WORK, "-c", WORK / "nginx.conf", "-g", "daemon off;"]
    with running(*nginx, port=site.ports["8443"]), authority(site) as server:
        same("nginx shows it", site.shown(), first)
        (WORK / "acme/.well-known/acme-challenge").mkdir(parents=True)
        (WORK / "acme/.well-known/acme-challenge/here").write_text("yes")
        same("a token is answered without TLS", site.ask("/.well-known/acme-challenge/here"), (200, None))
        same("an unknown one is not redirected", site.ask("/.well-known/acme-challenge/none"), (404, None))
        goal = f"https://{HOST}:8443"
        same("everything else is", site.ask("/page?a=1"), (301, f"{goal}/page?a=1"))
        same("hidden files, too", site.ask("/.git/config"), (301, f"{goal}/.git/config"))
        same("and are denied behind TLS", site.ask_safely("/.git/config"), 404)
        certbot()
        second = site.kept()
        same("certbot brings one of the authority", "Pebble" in told(second, ["-issuer"]), True)
        names = sorted(re.findall(r"DNS:([^,\s]+)", told(second, ["-ext", "subjectAltName"])))
        same("for all names", names, [HOST, f"www.{HOST}"])
        same("nginx shows the old one until it is reloaded", site.shown(), first)
        site.reload()
        certbot()
        same("a day later there is nothing to do", site.kept(), second)
        certbot("--force-renewal")
        third = site.kept()
        same("a renewal brings another", third != second and "Pebble" in told(third, ["-issuer"]), True)
        site.reload()
        site.description = site.description.replace(f"www.{HOST}]", f"www.{HOST}, new.{HOST}]")
        site.render()
        site.reload()
        certbot()
        names = sorted(re.findall(r"DNS:([^,\s]+)", told(site.kept(), ["-ext", "subjectAltName"])))
        same("a new name is in the next one", names, [f"new.{HOST}", HOST, f"www.{HOST}"])
        site.reload()
    print("the way to a certificate: from the first start to a new name")


if __name__ == "__main__":
    main()
