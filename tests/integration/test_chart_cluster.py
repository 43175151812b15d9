"""The mode `cnpg` as processes: the database speaks only TLS, and its certificate and its name are checked."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from support.databases import Database
from support.manifests import manifests, named, values_of
from support.objects import BUCKET, ObjectStore, object_store
from support.pods import Cluster
from support.self_signed import certified
from support.server import temporary_home
from support.tls_postgres import TlsPostgres, tls_in_front_of

from ledger.host.files.key_files import new_key
from ledger.store.embedded import EmbeddedPostgres

OWNER: Final = "of-the-owner"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with temporary_home() as home:
        home.mkdir()
        home.chmod(0o711)
        yield home


@pytest.fixture(scope="module")
def postgres(folder: Path) -> Iterator[EmbeddedPostgres]:
    """Set up by the SQL of the rendered cluster."""
    cluster = named(manifests(values_of("cnpg")), "Cluster", "ledger-db")["spec"]["bootstrap"]["initdb"]
    with EmbeddedPostgres(folder / "postgres") as postgres, Database(postgres.owner_url) as session:
        session.execute(f"CREATE ROLE {cluster['owner']} LOGIN PASSWORD '{OWNER}'")
        session.execute(f"CREATE DATABASE the_{cluster['database']} OWNER {cluster['owner']}")
        for statement in cluster["postInitApplicationSQL"]:
            session.execute(statement)
        yield postgres


@pytest.fixture(scope="module")
def database(folder: Path, postgres: EmbeddedPostgres) -> Iterator[TlsPostgres]:
    with tls_in_front_of(postgres, folder) as made:
        yield made


@pytest.fixture(scope="module")
def store() -> Iterator[ObjectStore]:
    with object_store() as made:
        yield made


@pytest.fixture(scope="module")
def cluster(folder: Path, database: TlsPostgres, store: ObjectStore) -> Cluster:
    """As the operator of CloudNativePG, the job of the keys and an operator have made the Secrets."""
    values = values_of("cnpg")
    for part in (values["anchor"], values["backup"]):
        part |= {"endpoint": store.url, "bucket": BUCKET}
    credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    return Cluster(folder / "pods", manifests(values), {
        "ledger-db-app": {"uri": database.url("ledger", OWNER, "the_ledger")},
        "ledger-db-ca": {"ca.crt": database.authority},
        "ledger-log-key": {"log-key.pem": new_key().to_pem().decode()},
        "ledger-registrar-key": {"registrar-key.pem": new_key().to_pem().decode()},
        "anchor-store": credentials, "backup-store": credentials,
    })


def test_set_up_and_backup_go_over_tls(cluster: Cluster) -> None:
    setup = cluster.pod("Job", "ledger-init")
    setup.done("home")
    assert setup.environment("init")["PGSSLMODE"] == "verify-full"
    assert "origin     ledger.example" in setup.done("init")
    assert json.loads(cluster.pod("CronJob", "ledger-backup").done("backup"))["size"] > 0


@pytest.mark.parametrize(("kind", "name", "container"), [
    ("Job", "ledger-init", "init"), ("CronJob", "ledger-backup", "backup"),
])
def test_another_server_in_its_place_is_refused(cluster: Cluster, kind: str, name: str, container: str) -> None:
    other = Cluster(cluster.folder / kind, cluster.manifests,
                    {**cluster.secrets, "ledger-db-ca": {"ca.crt": certified().certificate}})
    pod = other.pod(kind, name)
    if container == "init":
        pod.done("home")
    failed = pod.run(container)
    assert failed.returncode == 1
    assert "certificate verify failed" in failed.stderr
    assert "Traceback" not in failed.stderr


@pytest.mark.parametrize(("mode", "reached"), [("prefer", True), ("require", False), ("verify-full", False)])
def test_a_database_without_tls(
    cluster: Cluster, folder: Path, postgres: EmbeddedPostgres, mode: str, reached: bool
) -> None:
    """The address says what is demanded; what the variables say counts where it does not."""
    with tls_in_front_of(postgres, folder, refuses=True) as plain:
        url = f"{plain.url('ledger', OWNER, 'the_ledger')}?sslmode={mode}"
        other = Cluster(cluster.folder / mode, cluster.manifests,
                        {**cluster.secrets, "ledger-db-app": {"uri": url}})
        done = other.pod("CronJob", "ledger-backup").run("backup")
    assert (done.returncode == 0) == reached, done.stderr
    if not reached:
        assert done.stderr.splitlines()[-1].endswith(f"localhost does not speak TLS, and sslmode is {mode}")
