"""What k8s/ says, run by hand: the pod's containers as its specification has them, and its probes asked.

There is no cluster: one container holds the network, as a pod's does, and Docker stands for the kubelet. Services,
claims and secrets are there under the names and modes that the manifests give them; scheduling and networks are not tried.
"""

import http.client
import json
import time

import yaml
from world import Failed, demand, docker, run, wait


class Pod:
    """The pod of a Deployment."""

    def __init__(self, world):
        self.world, self.name = world, f"{world.project}-pod"
        self.folder = world.work / "pod"
        self.objects = {}
        for path in sorted((world.site.root / "k8s").glob("*.yaml")):
            for one in yaml.safe_load_all(path.read_text()):
                self.objects[one["kind"], one["metadata"]["name"]] = one
        self.spec = self.objects["Deployment", "mysite"]["spec"]["template"]["spec"]
        self.volumes = {volume["name"]: volume for volume in self.spec["volumes"]}

    def __enter__(self):
        group = self.spec["securityContext"]["fsGroup"]
        image = self.spec["containers"][1]["image"]
        docker("network", "create", f"{self.name}-net")
        docker("run", "--detach", "--name", f"{self.name}-net", "--network", f"{self.name}-net", "--entrypoint", "sleep", image, "infinity")
        # The Services' names.
        for engine in ("postgres", "redis"):
            docker("network", "connect", "--alias", f"mysite-{engine}", f"{self.name}-net", self.world.site.id(engine))
        for volume in self.spec["volumes"]:
            folder = self.folder / volume["name"]
            folder.mkdir(parents=True)
            if "configMap" in volume:
                for key, text in self.objects["ConfigMap", volume["configMap"]["name"]]["data"].items():
                    (folder / key).write_text(text)
            elif "secret" in volume:
                for item in volume["secret"]["items"]:
                    file = folder / item["path"]
                    file.write_text((self.world.site.root / "secrets" / item["key"]).read_text())
                    run("chown", f"0:{group}", file)
                    file.chmod(volume["secret"]["defaultMode"])
            else:
                # Empty folders and claims: the pod's group may write.
                run("chown", f"0:{group}", folder)
                folder.chmod(0o2775)
        self.address = docker("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", f"{self.name}-net")
        return self

    def __exit__(self, *_):
        for container in ("nginx", "web", "init", "net"):
            run("docker", "rm", "--force", "--volumes", f"{self.name}-{container}", check=False)
        for engine in ("postgres", "redis"):
            run("docker", "network", "disconnect", "--force", f"{self.name}-net", self.world.site.id(engine), check=False)
        run("docker", "network", "rm", f"{self.name}-net", check=False)

    def start(self, container, name, *options):
        """Runs a container as its specification says."""
        security = container["securityContext"]
        demand(security["runAsNonRoot"] and not security["allowPrivilegeEscalation"], f"{security}")
        words = ["run", *options, "--name", f"{self.name}-{name}", "--network", f"container:{self.name}-net"]
        words += ["--user", f"{security['runAsUser']}:{security['runAsGroup']}", "--group-add", str(self.spec["securityContext"]["fsGroup"])]
        words += ["--read-only"] if security["readOnlyRootFilesystem"] else []
        words += [word for one in security["capabilities"]["drop"] for word in ("--cap-drop", one)]
        words += ["--security-opt", "no-new-privileges", "--memory", container["resources"]["limits"]["memory"].replace("Mi", "m").replace("Gi", "g")]
        for source in container.get("envFrom", []):
            for key, value in self.objects["ConfigMap", source["configMapRef"]["name"]]["data"].items():
                words += ["--env", f"{key}={value}"]
        for variable in container.get("env", []):
            words += ["--env", f"{variable['name']}={variable['value']}"]
        for mount in container["volumeMounts"]:
            source = self.folder / mount["name"] / mount.get("subPath", "")
            if "configMap" not in self.volumes[mount["name"]]:
                source.mkdir(exist_ok=True)
                if mount.get("subPath"):
                    run("chown", f"0:{self.spec['securityContext']['fsGroup']}", source)
                    source.chmod(0o2775)
            words += ["--volume", f"{source}:{mount['mountPath']}" + (":ro" if mount.get("readOnly") else "")]
        command = container.get("command", [])
        words += ["--entrypoint", command[0]] if command else []
        return docker(*words, container["image"], *command[1:], *container.get("args", []))

    def probe(self, container, kind):
        """Asks as the kubelet would: None, or what is wrong."""
        probe = container[kind]
        if "exec" in probe:
            try:
                docker("exec", f"{self.name}-{container['name']}", *probe["exec"]["command"])
            except Failed as failed:
                return str(failed)
            return None
        asked = probe["httpGet"]
        ports = {port["name"]: port["containerPort"] for port in container.get("ports", [])}
        connection = http.client.HTTPConnection(self.address, ports.get(asked["port"], asked["port"]), timeout=probe["timeoutSeconds"])
        connection.request("GET", asked["path"], headers={one["name"]: one["value"] for one in asked.get("httpHeaders", [])})
        status = connection.getresponse().status
        return None if 200 <= status < 400 else f"status {status}"


def the_pod_runs_as_specified(world):
    found = []
    with Pod(world) as pod:
        for container in pod.spec.get("initContainers", []):
            pod.start(container, "init", "--rm")
            found.append(f"init {container['name']}")
        containers = {container["name"]: container for container in pod.spec["containers"]}
        for name in ("web", "nginx"):
            pod.start(containers[name], name, "--detach")
        try:
            started = time.monotonic()
            wait("the startup probe", lambda: pod.probe(containers["web"], "startupProbe") is None)
            found.append(f"started in {time.monotonic() - started:.1f} s")
            for name, container in containers.items():
                for kind in ("livenessProbe", "readinessProbe"):
                    wait(f"{kind} of {name}", lambda kind=kind, container=container: pod.probe(container, kind) is None, 20)
                    found.append(f"{name} {kind}")
            for name in ("nginx", "web"):
                (facts,) = json.loads(docker("inspect", f"{pod.name}-{name}"))
                demand(facts["RestartCount"] == 0 and facts["HostConfig"]["ReadonlyRootfs"], f"{facts['State']}")
                docker("stop", "--time", str(pod.spec["terminationGracePeriodSeconds"]), f"{pod.name}-{name}")
                code = docker("inspect", "--format", "{{.State.ExitCode}}", f"{pod.name}-{name}")
                demand(code == "0", f"{name} ended with {code}")
        except BaseException:
            for name in ("web", "nginx"):
                print(run("docker", "logs", f"{pod.name}-{name}", check=False)[-3000:])
            raise
    return ", ".join(found) + "; both end with 0"


PROOFS = [the_pod_runs_as_specified]
