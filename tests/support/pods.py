"""Runs what a pod's manifest says as processes: its commands, environment, volumes and probes, without a cluster.

A volume is a folder; a path below a mount becomes the path below that folder, wherever it stands in a command or in the
environment. The image's programs are those of this interpreter. A process gets nothing of the tests' own environment.
"""

import base64
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

import httpx

from support import prefork
from support.manifests import Manifest, containers, named
from support.waiting import PATIENCE

PROGRAMS: Final[Mapping[str, Sequence[str]]] = {
    "carbon-ledger": prefork.COMMAND, "python": (sys.executable,), "sh": ("sh",), "sleep": ("sleep",),
}
"""What the image has under these names."""
SECONDS: Final = 300


class Cluster:
    """The objects of a namespace: `manifests` and `secrets`, which are texts by name and key. `folder` holds the
    volumes; `variables` are what a cluster gives every container."""

    def __init__(self, folder: Path, manifests: list[Manifest], secrets: dict[str, dict[str, str]],
                 variables: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.manifests = manifests
        self.secrets = secrets
        self.variables = dict(variables or {})
        self._pods = 0

    def pod(self, kind: str, name: str) -> "Pod":
        """A new pod of a workload, with its volumes."""
        spec = named(self.manifests, kind, name)["spec"]
        template = spec.get("jobTemplate", {}).get("spec", spec)["template"]
        self._pods += 1
        claims = [claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates", [])]
        return Pod(self, template["spec"], self.folder / f"pod-{self._pods}", claims)

    def files(self, volume: Manifest) -> dict[str, bytes]:
        """The content of a volume at first. Raises KeyError if its object is missing: then a pod does not start."""
        if "secret" in volume:
            return {name: text.encode() for name, text in self.secrets[volume["secret"]["secretName"]].items()}
        if "configMap" in volume:
            data = named(self.manifests, "ConfigMap", volume["configMap"]["name"])["data"]
            return {name: text.encode() for name, text in data.items()}
        if "projected" in volume:
            return {name: self.variables[f"projected:{name}"].encode() for name in ("token", "ca.crt", "namespace")}
        return {}


class Pod:
    def __init__(self, cluster: Cluster, spec: Manifest, folder: Path, claims: Sequence[str]) -> None:
        self._cluster = cluster
        self._spec = spec
        self._volumes = {name: folder / name for name in claims}
        for volume in spec.get("volumes", []):
            self._volumes[volume["name"]] = folder / volume["name"]
        for path in self._volumes.values():
            path.mkdir(parents=True)
        for volume in spec.get("volumes", []):
            for name, content in cluster.files(volume).items():
                (self._volumes[volume["name"]] / name).write_bytes(content)

    @property
    def containers(self) -> list[Manifest]:
        """In the order in which a kubelet runs them."""
        return containers(self._spec)

    def volume(self, name: str) -> Path:
        return self._volumes[name]

    def container(self, name: str) -> Manifest:
        (container,) = [one for one in self.containers if one["name"] == name]
        return container

    def run(self, name: str) -> "subprocess.CompletedProcess[str]":
        """One container, to its end."""
        return prefork.run(self._command(name), capture_output=True, text=True, timeout=SECONDS, check=False,
                           env=self.environment(name), cwd="/")

    def done(self, name: str) -> str:
        """The same for a container that must succeed; returns what it printed."""
        done = self.run(name)
        assert done.returncode == 0, f"{name}: {done.stderr}"
        return str(done.stdout)

    def executed(self, name: str, *words: str) -> "subprocess.CompletedProcess[str]":
        """A command in a container, as by `kubectl exec`."""
        program, *arguments = [self._placed(name, word) for word in words]
        return prefork.run([*PROGRAMS[program], *arguments], capture_output=True, text=True, timeout=SECONDS,
                           check=False, env=self.environment(name), cwd="/")

    @contextmanager
    def running(self, name: str, log: IO[bytes] | None = None) -> "Iterator[subprocess.Popen[str]]":
        """A container that goes on; ended as a kubelet does. `log` gets what it prints, in the place of pipes."""
        output = subprocess.PIPE if log is None else log
        process = prefork.Popen(self._command(name), stdout=output, stderr=output, text=True,
                                env=self.environment(name), cwd="/")
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
            try:
                process.communicate(timeout=self._spec.get("terminationGracePeriodSeconds", 30))
            finally:
                process.kill()

    def environment(self, name: str) -> dict[str, str]:
        values: dict[str, str] = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(prefork.PATHS)}
        values |= {key: value for key, value in self._cluster.variables.items() if not key.startswith("projected:")}
        for variable in self.container(name).get("env", []):
            # What a Secret holds names places of the machine, such as the socket of a database.
            values[variable["name"]] = self._placed(name, str(variable["value"])) if "value" in variable else (
                self._secret(variable))
        return values

    def probed(self, name: str, kind: str, host: str | None = None) -> httpx.Response:
        """The answer to a probe, which comes from a kubelet under the pod's address. Kubelets check no certificates."""
        request = self.container(name)[kind]["httpGet"]
        address = f"{request['scheme'].lower()}://127.0.0.1:{self.port(name, request['port'])}{request['path']}"
        return httpx.get(address, headers={} if host is None else {"Host": host}, timeout=PATIENCE,
                         verify=False)  # noqa: S501 - as kubelets do

    def port(self, name: str, port: str) -> int:
        (number,) = [int(one["containerPort"]) for one in self.container(name)["ports"] if one["name"] == port]
        return number

    def until_started(self, name: str, process: "subprocess.Popen[str]") -> None:
        """Waits as long as the startup probe allows, in the machine's patience."""
        give_up = time.monotonic() + SECONDS
        while True:
            try:
                if self.probed(name, "startupProbe").is_success:
                    return
            except httpx.TransportError:
                pass
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < give_up, "the startup probe fails"
            time.sleep(0.1)

    def _secret(self, variable: Manifest) -> str:
        source = variable["valueFrom"]["secretKeyRef"]
        return self._cluster.secrets[source["name"]][source["key"]]

    def _command(self, name: str) -> list[str]:
        container = self.container(name)
        command: list[str] = [*container["command"], *container.get("args", [])]
        return [*PROGRAMS[command[0]], *[self._placed(name, word) for word in command[1:]]]

    def _placed(self, name: str, text: str) -> str:
        """The text with all paths below mounts in their place here."""
        mounts = {mount["mountPath"]: self._volumes[mount["name"]] for mount in self.container(name)["volumeMounts"]}
        paths = "|".join(re.escape(path) for path in sorted(mounts, key=len, reverse=True))
        return re.sub(rf"(?<![\w/.-])({paths})(?=[/\s]|$)", lambda hit: str(mounts[hit[1]]), text)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def decoded(secret: Mapping[str, Any]) -> dict[str, str]:
    """The texts of a Secret, as the API writes it."""
    return {name: base64.b64decode(value).decode() for name, value in secret["data"].items()}
