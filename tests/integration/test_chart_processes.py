"""What the manifests run, run as processes with their own commands, environments, volumes and probes: against a real
PostgreSQL whose owner may create no roles, a real object store, and an API that creates Secrets."""

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx
import pytest
from support.certificates import Authority, key_pem, new_key, pem
from support.cluster_api import TOKEN, ClusterApi, cluster_api
from support.collector import collecting
from support.databases import Database
from support.manifests import CHART, NAMESPACE, Manifest, manifests, named, values_of
from support.objects import BUCKET, ObjectStore, object_store
from support.pods import Cluster, Pod, decoded, free_port
from support.server import temporary_home
from support.waiting import until

from ledger.store.embedded import EmbeddedPostgres

PASSWORD: Final = "a password/with:signs"
PASSPHRASE: Final = "correct horse"


@pytest.fixture(scope="module")
def postgres() -> Iterator[EmbeddedPostgres]:
    with temporary_home() as home, EmbeddedPostgres(home) as server:
        yield server


@pytest.fixture(scope="module")
def store() -> Iterator[ObjectStore]:
    with object_store() as made:
        yield made


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """One that is no deeper than a socket's path may be."""
    with temporary_home() as home:
        home.mkdir()
        yield home
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def api(folder: Path) -> Iterator[ClusterApi]:
    folder.joinpath("api").mkdir()
    with cluster_api(NAMESPACE, folder / "api") as made:
        yield made


def database(postgres: EmbeddedPostgres, name: str) -> str:
    """An empty database as CloudNativePG makes it, by the SQL of the rendered cluster. Returns its owner's address."""
    cluster = named(manifests(values_of("cnpg")), "Cluster", "ledger-db")["spec"]["bootstrap"]["initdb"]
    owner = str(cluster["owner"])
    with Database(postgres.owner_url) as session:
        if not session.fetch("SELECT FROM pg_roles WHERE rolname = $1", owner):
            session.execute(f"CREATE ROLE {owner} LOGIN PASSWORD '{PASSWORD}'")
            for statement in cluster["postInitApplicationSQL"]:
                session.execute(statement)
        session.execute(f"CREATE DATABASE {name} OWNER {owner}")
    where = urlsplit(postgres.owner_url).query
    return f"postgresql://{owner}:{quote(PASSWORD, safe='')}@/{name}?{where}"


def values(store: ObjectStore) -> dict[str, Any]:
    """Of the mode `existing`, with the store and a port of this machine."""
    chosen = values_of("existing")
    chosen["server"] = {"port": free_port()}
    for part in ("anchor", "backup"):
        chosen[part] |= {"endpoint": store.url, "bucket": BUCKET}
    chosen["keys"] = {"create": True, "passphraseSecret": "key-passphrase"}
    return chosen


@pytest.fixture(scope="module")
def cluster(postgres: EmbeddedPostgres, store: ObjectStore, api: ClusterApi, folder: Path) -> Cluster:
    """A namespace with the Secrets that an operator makes; the job of the keys has made the others."""
    secrets = {
        "database": {"url": database(postgres, "first")}, "key-passphrase": {"passphrase": PASSPHRASE},
        "store": {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"},
    }
    variables = {**api.variables, "projected:token": TOKEN, "projected:ca.crt": api.authority,
                 "projected:namespace": NAMESPACE}
    made = Cluster(folder, manifests(values(store)), secrets, variables)
    made.pod("Job", "ledger-keys").done("keys")
    secrets |= {name: decoded(secret) for name, secret in api.secrets.items()}
    return made


@pytest.fixture(scope="module")
def first(cluster: Cluster) -> Pod:
    return cluster.pod("Deployment", "ledger")


@pytest.fixture(scope="module")
def serving(cluster: Cluster, first: Pod) -> Iterator[dict[str, str]]:
    """A pod of the server, beside which the job sets the ledger up. `url`, `vkey`."""
    pod = first
    pod.done("home")
    with ExitStack() as stack:
        with pod.running("wait") as waiting:
            setup = cluster.pod("Job", "ledger-init")
            setup.done("home")
            assert waiting.poll() is None
            setup.done("init")
            assert waiting.wait(300) == 0
        process = stack.enter_context(pod.running("server"))
        pod.until_started("server", process)
        url, vkey = process.stdout.readline().strip(), process.stdout.readline().strip()
        yield {"url": url, "vkey": vkey}
        for probe in ("livenessProbe", "readinessProbe"):
            assert pod.probed("server", probe).status_code == 200


def test_the_keys_are_made_once(cluster: Cluster, api: ClusterApi) -> None:
    """Each in a Secret of its own, encrypted; another run of the job changes nothing."""
    before = dict(api.secrets)
    assert {name: list(secret["data"]) for name, secret in before.items()} == {
        "ledger-log-key": ["log-key.pem"], "ledger-registrar-key": ["registrar-key.pem"]}
    assert all("ENCRYPTED" in text for secret in before.values() for text in decoded(secret).values())
    done = cluster.pod("Job", "ledger-keys").run("keys")
    assert (done.returncode, done.stderr.count("kept the Secret"), api.secrets) == (0, 2, before)


def test_a_refusal_of_the_cluster_fails_the_job(cluster: Cluster, api: ClusterApi) -> None:
    pod = cluster.pod("Job", "ledger-keys")
    (pod.volume("token") / "token").write_text("another token")
    done = pod.run("keys")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: cannot create the Secret ledger-log-key: 401")
    assert len(api.secrets) == 2


def test_the_probes_and_the_names_of_the_server(cluster: Cluster, serving: dict[str, str]) -> None:
    pod = cluster.pod("Deployment", "ledger")
    assert pod.probed("server", "readinessProbe").json()["status"] == "ready"
    service = named(cluster.manifests, "Service", "ledger")
    for host in ("ledger", f"ledger.{NAMESPACE}", f"ledger.{NAMESPACE}.svc.cluster.local"):
        assert pod.probed("server", "readinessProbe", f"{host}:{service['spec']['ports'][0]['port']}").is_success
    assert pod.probed("server", "readinessProbe", "elsewhere.example").status_code == 421


def test_helm_test_tells_whether_a_ledger_is_ready(serving: dict[str, str]) -> None:
    script = [sys.executable, str(CHART / "files" / "ready.py")]
    done = subprocess.run([*script, serving["url"]], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout.count(" 200 ")) == (0, 2), done.stderr
    done = subprocess.run([*script, f"http://127.0.0.1:{free_port()}"], capture_output=True, text=True, check=False,
                          timeout=120)
    assert (done.returncode, "/health/ready" in done.stderr) == (1, True)


def test_the_server_has_the_key_of_the_secret_and_no_registrar(cluster: Cluster, serving: dict[str, str]) -> None:
    homes = sorted(path for path in cluster.folder.glob("pod-*/home/*") if path.is_dir())
    with_registrar = [home for home in homes if (home / "registrar-key.pem").exists()]
    assert len(homes) >= 2
    assert len(with_registrar) == 1
    for home in homes:
        assert (home / "log-key.pem").stat().st_mode & 0o777 == 0o600
    organizations = httpx.get(f"{serving['url']}/v1/organizations", timeout=60).json()
    assert len(organizations) == 1


def test_set_up_is_safe_to_repeat(cluster: Cluster, serving: dict[str, str]) -> None:
    """As at each upgrade, while servers serve."""
    setup = cluster.pod("Job", "ledger-init")
    setup.done("home")
    before = httpx.get(f"{serving['url']}/health/ready", timeout=60).json()["size"]
    assert serving["vkey"] in setup.done("init")
    assert httpx.get(f"{serving['url']}/health/ready", timeout=60).json()["size"] == before


def test_an_empty_database_beside_the_log_s_anchor_is_refused(
    cluster: Cluster, serving: dict[str, str], postgres: EmbeddedPostgres
) -> None:
    """The keys in the Secrets have no mark that they have signed; the anchor shows it."""
    lost = Cluster(cluster.folder / "lost", cluster.manifests,
                   {**cluster.secrets, "database": {"url": database(postgres, "empty")}}, cluster.variables)
    setup = lost.pod("Job", "ledger-init")
    setup.done("home")
    done = setup.run("init")
    assert done.returncode == 1
    assert "but the database holds no log" in done.stderr


@pytest.fixture(scope="module")
def dumped(cluster: Cluster, serving: dict[str, str]) -> dict[str, str]:
    """What the job of the backup says."""
    return json.loads(cluster.pod("CronJob", "ledger-backup").done("backup"))


def test_the_dump_of_the_backup_becomes_the_database(
    cluster: Cluster, serving: dict[str, str], dumped: dict[str, str], store: ObjectStore, postgres: EmbeddedPostgres
) -> None:
    """An empty database gets it, the log continues there, and a second load changes nothing."""
    assert store.read(dumped["dump"].removeprefix(f"s3://{BUCKET}/")) is not None
    chosen = values(store) | {"restore": {"from": dumped["dump"]}}
    other = Cluster(cluster.folder / "other", manifests(chosen),
                    {**cluster.secrets, "database": {"url": database(postgres, "second")}}, cluster.variables)
    setup = other.pod("Job", "ledger-init")
    assert [one["name"] for one in setup.containers] == ["home", "restore", "init"]
    setup.done("home")
    assert json.loads(setup.done("restore"))["sha256"] == dumped["sha256"]
    again = setup.run("restore")
    assert (again.returncode, again.stdout) == (0, "")
    assert "nothing is loaded" in again.stderr
    assert serving["vkey"] in setup.done("init")


def test_a_dump_that_was_changed_is_not_loaded(
    cluster: Cluster, dumped: dict[str, str], store: ObjectStore, postgres: EmbeddedPostgres
) -> None:
    """Last of those that load it."""
    key = dumped["dump"].removeprefix(f"s3://{BUCKET}/")
    data = bytearray(store.read(key) or b"")
    data[len(data) // 2] ^= 1
    store.write(key, bytes(data))
    chosen = values(store) | {"restore": {"from": dumped["dump"]}}
    other = Cluster(cluster.folder / "changed", manifests(chosen),
                    {**cluster.secrets, "database": {"url": database(postgres, "third")}}, cluster.variables)
    setup = other.pod("Job", "ledger-init")
    failed = setup.run("restore")
    assert failed.returncode == 1
    assert "does not have the SHA-256" in failed.stderr
    # Set-up of this database fails too, since the anchor knows the log, but leaves the schema behind.
    setup.done("home")
    assert setup.run("init").returncode == 1
    failed = setup.run("restore")
    assert (failed.returncode, failed.stderr.splitlines()[-1]) == (
        1, "error: the database has tables, but holds no ledger: a dump is loaded into an empty database")


def test_old_dumps_go_and_other_objects_stay(cluster: Cluster, serving: dict[str, str], store: ObjectStore) -> None:
    path = values(store)["backup"]["path"]
    for name in ("2020-01-01T00-00-00Z.dump", "2020-01-01T00-00-00Z.json", "2020-01-01.dump", "notes"):
        store.write(f"{path}/{name}", b"x")
    done = cluster.pod("CronJob", "ledger-backup").run("backup")
    assert done.returncode == 0, done.stderr
    assert store.read(f"{path}/2020-01-01T00-00-00Z.dump") is None
    assert store.read(f"{path}/2020-01-01T00-00-00Z.json") is None
    assert store.read(f"{path}/2020-01-01.dump") == store.read(f"{path}/notes") == b"x"


def test_a_witness_cosigns_from_its_volume(folder: Path, serving: dict[str, str]) -> None:
    chosen = values_of("witness")
    chosen["witness"] |= {"port": free_port(), "logs": [serving["vkey"]]}
    pod = Cluster(folder / "witness", manifests(chosen), {}).pod("StatefulSet", "ledger-witness")
    with pod.running("witness") as process:
        url, vkey = process.stdout.readline().strip(), process.stdout.readline().strip()
        assert url.endswith(f":{chosen['witness']['port']}/w1")
        assert vkey.startswith("witness.example/w1+")
        port = pod.port("witness", pod.container("witness")["readinessProbe"]["tcpSocket"]["port"])
        until(lambda: not _refuses(port), "the port of the probe is closed")
    assert list(pod.volume("state").glob("witness/*.pem"))


def _refuses(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_server_ends_within_its_grace(cluster: Cluster, serving: dict[str, str]) -> None:
    """A second pod of the Deployment, ended as a kubelet does; the first one serves on."""
    pod = Cluster(cluster.folder / "second", moved(cluster), cluster.secrets, cluster.variables).pod(
        "Deployment", "ledger")
    pod.done("home")
    pod.done("wait")
    with pod.running("server") as process:
        pod.until_started("server", process)
    assert process.returncode == 0
    assert httpx.get(f"{serving['url']}/health/ready", timeout=60).is_success


def moved(cluster: Cluster, **changed: Any) -> list[Manifest]:
    """The manifests of the same ledger with another port, since all pods here have one address."""
    environment = cluster.pod("Deployment", "ledger").environment("server")
    address = {"endpoint": environment["AWS_ENDPOINT_URL"], "bucket": BUCKET, "credentialsSecret": "store"}
    key = environment["CARBON_LEDGER_ANCHOR"].removeprefix(f"s3://{BUCKET}/")
    return manifests({**values_of("existing"), "server": {"port": free_port()}, "anchor": {**address, "key": key},
                      "keys": {"create": True, "passphraseSecret": "key-passphrase"}, **changed})


def test_a_server_with_a_certificate_is_scraped_and_traced(cluster: Cluster, serving: dict[str, str]) -> None:
    """As the ServiceMonitor says: over HTTPS, by the name of the service, with the authority in the Secret. Its log is
    JSON, and a trace reaches the collector with the token of the Secret."""
    authority, key = Authority(), new_key()
    certificate = pem(authority.issue(key, names=(f"ledger.{NAMESPACE}.svc",))).decode()
    with collecting() as collector:
        secrets = {
            **cluster.secrets, "ledger-metrics": {"token": "a-token-of-the-metrics"},
            "collector-headers": {"headers": "authorization=Bearer%20a-token"},
            "ledger-pods-tls": {"tls.crt": certificate, "tls.key": key_pem(key).decode(),
                                "ca.crt": pem(authority.certificate).decode()},
        }
        observed = values_of("observed")
        found = moved(
            cluster, metrics=observed["metrics"],
            traces={"endpoint": collector.url, "headersSecret": "collector-headers"},
            server={"port": free_port(), "tlsSecret": "ledger-pods-tls"})
        pod = Cluster(cluster.folder / "observed", found, secrets, cluster.variables).pod("Deployment", "ledger")
        pod.done("home")
        (endpoint,) = named(found, "ServiceMonitor", "ledger")["spec"]["endpoints"]
        with pod.running("server") as process:
            pod.until_started("server", process)
            address = f"{endpoint['scheme']}://127.0.0.1:{pod.port('server', endpoint['port'])}{endpoint['path']}"
            with httpx.Client(verify=authority.context(), timeout=60) as prometheus:
                name = endpoint["tlsConfig"]["serverName"]
                credentials = endpoint["authorization"]["credentials"]
                token = secrets[credentials["name"]][credentials["key"]]
                scrape = prometheus.get(address, headers={"Authorization": f"Bearer {token}"},
                                        extensions={"sni_hostname": name})
            process.terminate()
            _, log = process.communicate(timeout=60)
    assert (scrape.status_code, "carbon_ledger_process_up" in scrape.text) == (200, True)
    assert "/metrics" in {json.loads(line).get("path") for line in log.splitlines()}
    assert {span.name for span in collector.spans} == {"GET /health/live"}
    assert collector.services == {"ledger"}
    assert {headers["authorization"] for headers in collector.headers} == {"Bearer a-token"}
