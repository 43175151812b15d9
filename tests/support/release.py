"""A release of the chart that serves, with its database, its object store and its Secrets, and the runbooks to operate
it. The database is reached as with CloudNativePG: over TLS, under a name that leads to the primary."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import yaml

from ledger.core.log.note import vkey
from ledger.core.signatures.signing import SigningKey
from ledger.host.files.key_files import new_key
from ledger.service.setup import registrar_id
from ledger.store.embedded import EmbeddedPostgres
from support.databases import Database
from support.kubectl import programs
from support.manifests import CHART, Manifest, merged, values_of
from support.namespace import Namespace
from support.objects import BUCKET, ObjectStore
from support.parties import Party
from support.server import Server, temporary_home
from support.tls_postgres import TlsPostgres, tls_in_front_of
from support.waiting import PATIENCE, until

RUNBOOKS: Final = CHART / "runbooks"
ORIGIN: Final = "ledger.example"
PASSPHRASE: Final = "correct horse"
OWNER: Final = "of-the-owner"
SECONDS: Final = 600


class Primary:
    """The PostgreSQL that is the primary now."""

    def __init__(self, owner_url: str) -> None:
        self.owner_url = owner_url


class DatabaseOperator:
    """Makes a database and two Secrets out of each Cluster, as CloudNativePG does. `grown` is called if a Cluster asks
    for more room."""

    def __init__(self, primary: Primary, service: TlsPostgres, secrets: dict[str, dict[str, str]]) -> None:
        self._primary = primary
        self._service = service
        self._secrets = secrets
        self._clusters: dict[str, Manifest] = {}
        self.grown: list[str] = []

    def reconcile(self, rendered: list[Manifest]) -> None:
        for cluster in rendered:
            if cluster["kind"] != "Cluster":
                continue
            name = str(cluster["metadata"]["name"])
            before = self._clusters.get(name)
            if before is None:
                self._create(name, cluster["spec"]["bootstrap"]["initdb"])
            elif before["spec"]["walStorage"] != cluster["spec"]["walStorage"]:
                self.grown.append(name)
                self.on_growth()
            self._clusters[name] = cluster

    def on_growth(self) -> None:
        """What a test does about it."""

    def _create(self, name: str, wanted: Mapping[str, Any]) -> None:
        database, owner = name.replace("-", "_"), wanted["owner"]
        with Database(self._primary.owner_url) as session:
            if not session.fetch("SELECT FROM pg_roles WHERE rolname = $1", owner):
                session.execute(f"CREATE ROLE {owner} LOGIN PASSWORD '{OWNER}'")
                for statement in wanted["postInitApplicationSQL"]:
                    session.execute(statement)
            session.execute(f"CREATE DATABASE {database} OWNER {owner}")
        self._secrets |= {f"{name}-app": {"uri": self._service.url(owner, OWNER, database)},
                          f"{name}-ca": {"ca.crt": self._service.authority}}


class Client(Server):
    """Posts to a server of the release; it has the key of the registrar."""

    def __init__(self, url: str, vkey: str, registrar: SigningKey) -> None:
        self.url, self.vkey, self.wait = url, vkey, 60
        self._registrar = Party(registrar_id(ORIGIN), registrar)

    @property
    def registrar(self) -> Party:
        return self._registrar


class Release:
    def __init__(self, folder: Path, store: ObjectStore, postgres: EmbeddedPostgres, stack: ExitStack) -> None:
        """`values` are the operator's, `secrets` those of the namespace. `client` has the keys in its own files."""
        self.folder = folder
        self.store = store
        self.postgres = postgres
        self.primary = Primary(postgres.owner_url)
        key, self._registrar = new_key(), new_key()
        self.vkey = vkey(ORIGIN, key.private.public_key())
        self.registrar_key = folder / "registrar-key.pem"
        self.registrar_key.write_bytes(self._registrar.to_pem(PASSPHRASE.encode()))
        secrets = {
            "ledger-log-key": {"log-key.pem": key.to_pem(PASSPHRASE.encode()).decode()},
            "ledger-registrar-key": {"registrar-key.pem": self.registrar_key.read_text(encoding="utf-8")},
            "key-passphrase": {"passphrase": PASSPHRASE},
            "ledger-metrics": {"token": "7f6c1f0d4b8e4b0f9a3d"},
            **{name: {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
               for name in ("anchor-store", "backup-store")},
        }
        service = stack.enter_context(tls_in_front_of(self.primary, folder))
        self.databases = DatabaseOperator(self.primary, service, secrets)
        self.namespace = Namespace(folder, secrets, "ledger", self.databases.reconcile)
        stack.callback(self.namespace.close)
        (folder / "bin").mkdir()
        self._programs = stack.enter_context(programs(folder / "bin", self.namespace))
        address = {"endpoint": store.url, "bucket": BUCKET}
        place = folder.parent.name
        self.values = merged(values_of("cnpg"), {
            "ledger": {"access": "open"}, "server": {"replicas": 1, "autoscaling": {"enabled": False}},
            "anchor": {**address, "key": f"{place}/anchor"}, "backup": {**address, "path": f"{place}/dumps"},
            "keys": {"create": False, "logSecret": "ledger-log-key", "registrarSecret": "ledger-registrar-key",
                     "passphraseSecret": "key-passphrase"},
        })

    def install(self) -> None:
        self.namespace.upgrade(self.values)
        self.until_ready()

    def until_ready(self) -> None:
        until(self.namespace.is_rolled_out, "the servers are not ready")

    def changed(self, **values: Any) -> Path:
        """A file of the operator's values with changes. `values` in the memory of this object stay."""
        path = self.folder / "values.yaml"
        path.write_text(yaml.safe_dump(merged(self.values, values)), encoding="utf-8")
        return path

    def run(self, name: str, *arguments: object, **variables: str) -> "subprocess.CompletedProcess[str]":
        """A runbook, unchanged, in the environment of an operator."""
        environment = {
            "PATH": f"{self._programs}:{os.environ['PATH']}", "TMPDIR": str(self.folder), "HOME": str(self.folder),
            "PASSPHRASE_FILE": "/run/carbon-ledger/passphrase/passphrase", "WAIT": f"{PATIENCE:.0f}", **variables,
        }
        return subprocess.run([RUNBOOKS / f"{name}.sh", *map(str, arguments)], env=environment, cwd=self.folder,
                              capture_output=True, text=True, timeout=SECONDS, check=False)

    def done(self, name: str, *arguments: object, **variables: str) -> str:
        """The same for a runbook that must succeed; returns what it printed."""
        done = self.run(name, *arguments, **variables)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{self.logs()}"
        return done.stdout

    def failed(self, name: str, *arguments: object, **variables: str) -> str:
        """The same for a runbook that must fail; returns its last line."""
        done = self.run(name, *arguments, **variables)
        print(f"{done.stdout}\n{done.stderr}\n{self.logs()}")
        assert done.returncode == 1, f"{done.stdout}\n{done.stderr}"
        return done.stderr.splitlines()[-1]

    def logs(self) -> str:
        return "\n".join(f"{workload.name}: {workload.log()[-1500:]}"
                         for workload in (*self.namespace.servers, *self.namespace.jobs.values()))

    @property
    def client(self) -> Client:
        return Client(self.namespace.url, self.vkey, self._registrar)

    def ready(self) -> dict[str, Any]:
        answer: dict[str, Any] = httpx.get(f"{self.namespace.url}/health/ready", timeout=60).json()
        return answer


@contextmanager
def release(store: ObjectStore) -> Iterator[Release]:
    """Installed, and ended with the block. Several may share a store."""
    with temporary_home() as folder, ExitStack() as stack:
        folder.mkdir()
        folder.chmod(0o711)
        made = Release(folder, store, stack.enter_context(EmbeddedPostgres(folder / "postgres")), stack)
        made.install()
        yield made
        stack.close()
        shutil.rmtree(folder, ignore_errors=True)
