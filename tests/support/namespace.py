"""A namespace with one release of the chart, as its controllers leave it: servers that start, crash, roll over and end,
jobs that repeat until they succeed. Each container is a real process (`support.pods`)."""

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import httpx

from support.manifests import Manifest, manifests, named
from support.pods import Cluster, Pod, free_port

_PAUSE: Final = 0.1
_PROBED: Final = 0.5
"""Seconds between two probes of a pod that is ready: each one costs its server an answer."""
SERVER: Final = "server"


class Workload(threading.Thread):
    """A pod of a workload. `labels` are its own; `name` is what kubectl calls it."""

    def __init__(self, name: str, labels: Mapping[str, str], make: Callable[[], Pod], log: Path) -> None:
        super().__init__(name=name, daemon=True)
        self.labels = labels
        self.pod: Pod | None = None
        """Set while its main container runs."""
        self._make = make
        self._log = log
        self._ending = threading.Event()

    def made(self) -> Pod | None:
        """A pod whose volumes are mounted; None as long as a Secret is missing."""
        try:
            return self._make()
        except KeyError as missing:
            self.note(f"waits for {missing}")
            return None

    def note(self, text: str) -> None:
        with self._log.open("a", encoding="utf-8") as file:
            file.write(text.rstrip("\n") + "\n")

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8") if self._log.exists() else ""

    def end(self) -> None:
        self._ending.set()

    def pause(self, seconds: float = _PAUSE) -> bool:
        """False once it has to end."""
        return not self._ending.wait(seconds)


class Server(Workload):
    """A pod of the Deployment; after a crash it starts again. `generation` is of its template."""

    generation = 0
    ready = False

    def run(self) -> None:
        while not self._ending.is_set():
            pod = self.made()
            if pod is not None and self._is_initialised(pod):
                self._serve(pod)
            self.pause(3 * _PAUSE)

    def _is_initialised(self, pod: Pod) -> bool:
        for container in pod.containers[:-1]:
            with self._log.open("ab") as log, pod.running(container["name"], log) as process:
                while process.poll() is None:
                    if not self.pause():
                        return False
            if process.returncode:
                return False
        return True

    def _serve(self, pod: Pod) -> None:
        with self._log.open("ab") as log, pod.running(SERVER, log) as process:
            self.pod = pod
            try:
                while process.poll() is None and self.pause(_PROBED if self.ready else _PAUSE):
                    self.ready = _is_ready(pod)
            finally:
                self.pod, self.ready = None, False


class Job(Workload):
    """A pod of a job, which runs until all its containers have succeeded. `output` is of the main one."""

    output = ""
    complete = False

    def run(self) -> None:
        while not self._ending.is_set():
            pod = self.made()
            if pod is not None and self._is_done(pod):
                self.complete = True
                return
            self.pause(3 * _PAUSE)

    def _is_done(self, pod: Pod) -> bool:
        for container in pod.containers:
            done = pod.run(container["name"])
            self.note(done.stderr)
            if done.returncode:
                return False
            self.output = done.stdout
        return True


class Namespace:
    """`secrets` are texts by name and key. `reconcile` is what other operators make of the release's objects, such as a
    database out of a Cluster. `upgrade` installs the release."""

    def __init__(self, folder: Path, secrets: dict[str, dict[str, str]], release: str,
                 reconcile: Callable[[list[Manifest]], None]) -> None:
        self.folder = folder
        self.secrets = secrets
        self.release = release
        self.values: dict[str, Any] = {}
        self.manifests: list[Manifest] = []
        self.replicas = 0
        self.servers: list[Server] = []
        self.jobs: dict[str, Job] = {}
        self._reconcile = reconcile
        self._generation = 0
        self._pods = 0
        self._lock = threading.RLock()
        self._ending = threading.Event()
        self._controller = threading.Thread(target=self._control, daemon=True)
        self._controller.start()

    def upgrade(self, values: Mapping[str, Any]) -> None:
        """As `helm upgrade` does: the number of replicas becomes the one of the values again, and a job of another name
        replaces the old one. Raises HelmError for invalid values."""
        rendered = manifests(values)
        self._reconcile(rendered)
        with self._lock:
            before, self.values, self.manifests = self.manifests, dict(values), rendered
            spec = named(rendered, "Deployment", self.release)["spec"]
            if not before or named(before, "Deployment", self.release)["spec"]["template"] != spec["template"]:
                self._generation += 1
            self.replicas = spec.get("replicas", self.replicas)
            setup = named(rendered, "Job", f"{self.release}-init")
            if setup["metadata"]["name"] not in self.jobs:
                for job in [job for job in self.jobs.values() if job.labels == _labels(setup["spec"])]:
                    self.jobs.pop(job.name).end()
                self._start_job(setup["metadata"]["name"], setup["spec"], f"{self.release}-init", "Job")

    def start_dump(self, name: str, cron_job: str) -> None:
        """A job of the CronJob, at once."""
        with self._lock:
            spec = named(self.manifests, "CronJob", cron_job)["spec"]["jobTemplate"]["spec"]
            self._start_job(name, spec, cron_job, "CronJob")

    def restart(self) -> None:
        with self._lock:
            self._generation += 1

    def scale(self, replicas: int) -> None:
        with self._lock:
            self.replicas = replicas

    def is_rolled_out(self) -> bool:
        with self._lock:
            return len(self.servers) == self.replicas and all(
                server.ready and server.generation == self._generation for server in self.servers)

    def serving(self) -> Pod:
        """A pod for `exec`: a ready one if there is one. Raises LookupError if no server runs."""
        with self._lock:
            running = sorted(self.servers, key=lambda server: not server.ready)
            for server in running:
                if server.pod is not None:
                    return server.pod
        raise LookupError('container not found ("server")')

    @property
    def url(self) -> str:
        pod = self.serving()
        return f"http://127.0.0.1:{pod.port(SERVER, 'http')}"

    def close(self) -> None:
        with self._lock:
            self.replicas = 0
            workloads: list[Workload] = [*self.servers, *self.jobs.values()]
        self._ending.set()
        self._controller.join()
        for workload in workloads:
            workload.end()
        for workload in workloads:
            workload.join()

    def _start_job(self, name: str, spec: Manifest, workload: str, kind: str) -> None:
        rendered = self.manifests
        job = Job(name, _labels(spec), lambda: self._mounted(rendered).pod(kind, workload), self.folder / f"{name}.log")
        self.jobs[name] = job
        job.start()

    def _mounted(self, rendered: list[Manifest]) -> Cluster:
        with self._lock:
            self._pods += 1
            return Cluster(self.folder / str(self._pods), rendered, self.secrets)

    def _control(self) -> None:
        while not self._ending.wait(_PAUSE / 2):
            with self._lock:
                if self.manifests:
                    self._step()

    def _step(self) -> None:
        """One more pod than wanted may run, and no ready one ends before its place is taken."""
        self.servers = [server for server in self.servers if server.is_alive()]
        new = [server for server in self.servers if server.generation == self._generation]
        old = [server for server in self.servers if server.generation != self._generation]
        if len(new) < self.replicas and len(self.servers) <= self.replicas:
            self._start_server()
            return
        spare = len(self.servers) - self.replicas - sum(not server.ready for server in new)
        for server in [*old, *new[self.replicas :]]:
            others = sum(other.ready for other in self.servers if other is not server)
            if others >= self.replicas or (not server.ready and spare > 0):
                server.ready = False
                server.end()

    def _start_server(self) -> None:
        # All pods have one address here, so each has a port of its own.
        rendered = manifests({**self.values, "server": {**self.values.get("server", {}), "port": free_port()}})
        template = named(self.manifests, "Deployment", self.release)["spec"]["template"]
        name = f"{self.release}-{self._generation}-{time.monotonic_ns() % 10**6}"
        server = Server(name, template["metadata"]["labels"],
                        lambda: self._mounted(rendered).pod("Deployment", self.release), self.folder / f"{name}.log")
        server.generation = self._generation
        self.servers.append(server)
        server.start()


def _labels(spec: Manifest) -> Mapping[str, str]:
    labels: Mapping[str, str] = spec["template"]["metadata"]["labels"]
    return labels


def _is_ready(pod: Pod) -> bool:
    try:
        return pod.probed(SERVER, "readinessProbe").is_success
    except httpx.TransportError:
        return False

