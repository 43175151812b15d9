"""Each runbook of the chart as an operator runs it: the script unchanged, against real servers, a real PostgreSQL and a
real object store. `kubectl` and `helm` are those of `support.kubectl`."""

import os
import re
import resource
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from msgspec.structs import replace
from support.databases import Database
from support.manifests import CHART
from support.objects import ObjectStore, object_store
from support.publishing import acknowledged, lines_of, proof
from support.release import PASSPHRASE, RUNBOOKS, Release, release
from support.revising import digest_of
from support.server import Posted, Server, prepared_home
from support.standby import Standby
from support.waiting import until
from support.witness import audited
from support.witnesses import WitnessProcess
from support.workshop import Workshop, workshop

from ledger.core.log.key_rotation import LogKeys, rotations_in
from ledger.core.receipts.acknowledgement import Acknowledgement
from ledger.core.receipts.receipt import Receipt
from ledger.core.record.kinds import Organization
from ledger.errors import ConfigurationError
from ledger.host.files.key_files import new_key
from ledger.store.embedded import ClusterState, EmbeddedPostgres

GUIDE: Final = (CHART / "README.md").read_text(encoding="utf-8")
NO_ENTRY: Final = "1" * 64


@pytest.fixture(scope="module")
def store() -> Iterator[ObjectStore]:
    with object_store() as made:
        yield made


@pytest.fixture(scope="module")
def ledger(store: ObjectStore) -> Iterator[Release]:
    """One release for all tests. At the end everything that counts must be on the log, and the audit must hold."""
    with release(store) as installed:
        yield installed
        report = audited(installed.client)
        assert report.ok, report.findings


@pytest.fixture(scope="module")
def shop(ledger: Release) -> Workshop:
    return workshop(ledger.client, "shop", pot="1000")


_numbers = iter(range(1000))


def posted(ledger: Release, shop: Workshop) -> tuple[Posted, Receipt]:
    """A new record with its receipt."""
    record = shop.mine(f"lot-{next(_numbers)}", "1")
    (receipt,) = ledger.client.post([record])
    return record, receipt


def answer_of(ledger: Release, record: Posted) -> httpx.Response:
    return httpx.get(f"{ledger.namespace.url}/v1/records/{digest_of(record)}", timeout=60)


def status_of(ledger: Release, record: Posted) -> int:
    return answer_of(ledger, record).status_code


def test_a_look(ledger: Release) -> None:
    out = ledger.done("look")
    assert re.search(r"^ledger-\S+ Running$", out, re.M)
    assert "verdict    the database continues the signed head" in out
    assert re.search(r"^ok +quorum ", out, re.M)
    assert "has faults" in ledger.failed("look", PASSPHRASE_FILE="")


WRONG: Final = [
    ("look", ["more"]), ("lost-primary", ["more"]), ("restore", []), ("restore", ["from"]), ("restore", ["other", "x"]),
    ("restore", ["from", "no-file.yaml"]), ("restore", ["accept", "-1"]), ("restore", ["accept", "1", "2"]),
    ("full-disk", ["--help"]), ("full-disk", ["no-file.yaml"]), ("lost-log-key", []), ("lost-log-key", ["no-file"]),
    ("lost-log-key", [str(CHART / "values.yaml")]), ("stolen-log-key", ["more"]), ("stolen-supplier-key", []),
    ("stolen-supplier-key", ["urn:example:mill", "00", "soon"]), ("witness-gone", []),
    ("witness-gone", ["no-file.yaml"]), ("erasure", []), ("erasure", ["order", NO_ENTRY]), ("erasure", ["purge", "x"]),
    ("erasure", ["order", "12", "basis"]), ("erasure", ["order", NO_ENTRY[1:] + "g", "basis"]),
    ("database-upgrade", []), ("database-upgrade", ["copy", "18"]), ("database-upgrade", ["move", "18", "values.yaml"]),
    ("database-upgrade", ["copy", "new", "values.yaml"]), ("database-upgrade", ["copy", "18", "no-file.yaml"]),
]


@pytest.mark.parametrize(("name", "arguments"), WRONG, ids=lambda value: value if isinstance(value, str) else None)
def test_wrong_parameters_are_refused(tmp_path: Path, name: str, arguments: list[str]) -> None:
    """In one line, before anything is done."""
    done = unreached(tmp_path, name, arguments, {"KEY": "x", "URL": "x", "VKEY": "x", "REGISTRAR_KEY": "x"})
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1), done
    assert done.stderr.startswith("error: ")


@pytest.mark.parametrize(("name", "arguments", "variables", "said"), [
    ("restore", ["from", "FILE"], {"RUN": ""}, "charts/README.md"),
    ("restore", ["accept", "1"], {"RUN": ""}, "RESTART is empty"),
    ("lost-log-key", ["FILE"], {"RUN": "ssh host"}, "charts/README.md"),
    ("witness-gone", [], {"RUN": ""}, "RESTART is empty"),
    ("database-upgrade", ["copy", "18", "FILE"], {"RUN": ""}, "charts/README.md"),
    ("look", [], {"WAIT": "long"}, "WAIT is 'long'"),
    ("erasure", ["order", NO_ENTRY, "basis"], {"URL": "x"}, "REGISTRAR_KEY=FILE"),
    ("erasure", ["order", NO_ENTRY, "basis"], {"URL": "x", "REGISTRAR_KEY": "no-file"}, "'no-file'"),
    ("stolen-supplier-key", ["urn:example:mill", "00", "1"], {"KEY": "x", "URL": "x"}, "VKEY=VKEY"),
])
def test_wrong_variables_are_refused(
    tmp_path: Path, name: str, arguments: list[str], variables: dict[str, str], said: str
) -> None:
    (tmp_path / "FILE").touch()
    done = unreached(tmp_path, name, arguments, variables)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1), done
    assert said in done.stderr


def unreached(
    folder: Path, name: str, arguments: list[str], variables: dict[str, str]
) -> "subprocess.CompletedProcess[str]":
    """A runbook whose programs must not be called."""
    for program in ("kubectl", "helm", "carbon-ledger"):
        (folder / program).write_text("#!/bin/sh\necho called\n")
        (folder / program).chmod(0o755)
    return subprocess.run([RUNBOOKS / f"{name}.sh", *arguments], cwd=folder, capture_output=True, text=True, timeout=60,
                          env={"PATH": f"{folder}:{os.environ['PATH']}", **variables}, check=False)


def test_no_script_is_without_a_test_of_its_parameters() -> None:
    assert {path.stem for path in RUNBOOKS.glob("*.sh")} == {name for name, _ in WRONG} | {"common"}


@pytest.mark.parametrize(("program", "arguments"), [
    ("kubectl", ["get", "pods"]), ("kubectl", ["-n", "other", "get", "pods", "-l", "a=b"]),
    ("kubectl", ["-n", "ledgers", "delete", "pods", "-l", "a=b"]),
    ("kubectl", ["-n", "ledgers", "get", "pods", "-l", "a=b", "--watch"]),
    ("kubectl", ["-n", "ledgers", "rollout", "undo", "deployment/ledger"]),
    ("kubectl", ["-n", "ledgers", "rollout", "status", "deployment/ledger"]),
    ("kubectl", ["-n", "ledgers", "exec", "deployment/ledger", "--", "carbon-ledger"]),
    ("kubectl", ["-n", "ledgers", "exec", "deployment/ledger", "-c", "server", "--", "psql"]),
    ("kubectl", ["-n", "ledgers", "wait", "--for=condition=complete", "job/none", "--timeout=1s"]),
    ("kubectl", ["-n", "ledgers", "wait", "--for=condition=complete", "job", "-l", "a=b", "--timeout=1s"]),
    ("kubectl", ["-n", "ledgers", "create", "secret", "generic", "ledger-log-key", "--from-file=a=b"]),
    ("kubectl", ["-n", "ledgers", "scale", "deployment/other", "--replicas=0"]),
    ("helm", ["upgrade", "ledger", str(CHART), "-n", "ledgers", "--force"]),
    ("helm", ["uninstall", "ledger", "-n", "ledgers"]), ("helm", ["upgrade", "ledger", "/", "-n", "ledgers"]),
    ("helm", ["upgrade", "ledger", str(CHART), "-n", "ledgers", "-f", str(CHART / "Chart.yaml")]),
])
def test_other_verbs_and_flags_are_refused(ledger: Release, program: str, arguments: list[str]) -> None:
    """So no script passes by accident."""
    done = subprocess.run([ledger.folder / "bin" / program, *arguments], capture_output=True, text=True, check=False,
                          timeout=60, env={"PATH": os.environ["PATH"]})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.lower().startswith("error"), done.stderr


def test_stolen_supplier_key(ledger: Release) -> None:
    """The supplier has two keys. The thief's record is in doubt afterwards, and the stolen key signs no more."""
    mill = Workshop("mill")
    second = new_key()
    party, enrolment = mill.enrolment(ledger.client)
    other = Workshop("mill")
    other.party = other.party._replace(key=second)
    _, twin = other.enrolment(ledger.client)
    assert isinstance(enrolment, Organization)
    assert isinstance(twin, Organization)
    ledger.client.post([(party, replace(enrolment, keys=[*enrolment.keys, *twin.keys])), *mill.opening()])
    record, receipt = posted(ledger, mill)
    key = ledger.folder / "second.pem"
    key.write_bytes(second.to_pem(PASSPHRASE.encode()))
    passphrase = ledger.folder / "passphrase"
    passphrase.write_text(PASSPHRASE)
    variables = {"KEY": str(key), "VKEY": ledger.vkey, "URL": ledger.namespace.url, "PASSPHRASE_FILE": str(passphrase)}
    stolen = mill.party.key.keyid.hex()
    out = ledger.done("stolen-supplier-key", mill.id, stolen, receipt.index, **variables)
    assert f"revoked  {stolen}" in out
    assert answer_of(ledger, record).json()["inDoubt"]["since"] == receipt.index
    (answer,) = ledger.client.submit(ledger.client.envelopes([mill.mine("later", "1")]))
    assert isinstance(answer, dict)
    assert "revoked" in str(answer["detail"])
    assert "revoked" in ledger.failed("stolen-supplier-key", mill.id, stolen, receipt.index, **variables)


def test_erasure(ledger: Release, shop: Workshop) -> None:
    """The owner of the database may not rewrite all files, until a superuser has granted the rights in the guide."""
    record, _ = posted(ledger, shop)
    variables = {"REGISTRAR_KEY": str(ledger.registrar_key), "URL": ledger.namespace.url,
                 "CARBON_LEDGER_PASSPHRASE": PASSPHRASE}
    ledger.done("erasure", "order", digest_of(record), "GDPR Art. 17(1)(d)", **variables)
    assert status_of(ledger, record) == 410
    assert "is erased" in ledger.failed("erasure", "order", digest_of(record), "GDPR", **variables)
    assert "a superuser grants the rights" in ledger.failed("erasure", "purge")
    (grants,) = [block for block in re.findall(r"^```sql\n(.*?)^```", GUIDE, re.M | re.S) if "pg_switch_wal" in block]
    with Database(ledger.primary.owner_url.replace("/ledger?", "/ledger_db?")) as superuser:
        superuser.execute(grants)
    assert "No file of the database holds erased content" in ledger.done("erasure", "purge")


def test_stolen_log_key(ledger: Release, shop: Workshop) -> None:
    """Two servers. At the end the Secret has the new key alone, and who pinned the old one can follow."""
    ledger.namespace.scale(2)
    ledger.until_ready()
    before = ledger.namespace.secrets["ledger-log-key"]
    out = ledger.done("stolen-log-key")
    after = ledger.namespace.secrets["ledger-log-key"]
    assert list(after) == ["log-key.pem"]
    assert after != before
    assert re.search(r"^signs +the new key$", out, re.M)
    assert not list(ledger.folder.glob("tmp*")), "a private key is left behind"
    ledger.namespace.scale(1)
    posted(ledger, shop)
    assert len(httpx.get(f"{ledger.namespace.url}/log/keys", timeout=60).json()["rotations"]) % 2 == 0
    assert audited(ledger.client).ok


def test_lost_log_key(ledger: Release, shop: Workshop) -> None:
    """The wrong key fails, and the servers that have the right one serve on."""
    copy, wrong = ledger.folder / "copy.pem", ledger.folder / "wrong.pem"
    copy.write_text(ledger.namespace.secrets["ledger-log-key"]["log-key.pem"])
    wrong.write_bytes(new_key().to_pem(PASSPHRASE.encode()))
    assert "exists" in ledger.failed("lost-log-key", copy)
    del ledger.namespace.secrets["ledger-log-key"]
    assert "servers are not ready" in ledger.failed("lost-log-key", wrong, WAIT="3")
    posted(ledger, shop)
    del ledger.namespace.secrets["ledger-log-key"]
    ledger.done("lost-log-key", copy)
    posted(ledger, shop)


def vkey_now(ledger: Release) -> str:
    """Of the key that signs now."""
    answer = httpx.get(f"{ledger.namespace.url}/log/keys", timeout=60)
    return LogKeys(ledger.vkey, rotations_in(answer.content)).spans[-1].vkey


def policy_of(vkey: str, witness: WitnessProcess | None) -> dict[str, Any]:
    lines = ["quorum none"] if witness is None else lines_of(["only"], [(witness.vkey, witness.url)], "1")
    return {"policy": "".join(f"{line}\n" for line in [f"log {vkey}", *lines])}


def test_witness_gone(ledger: Release, shop: Workshop) -> None:
    """Records are acknowledged while the only witness is gone; their receipts follow once another one cosigns."""
    vkey = vkey_now(ledger)
    with (
        WitnessProcess(ledger.folder / "alpha", [vkey], "--name", "alpha.test") as alpha,
        WitnessProcess(ledger.folder / "beta", [vkey], "--name", "beta.test") as beta,
    ):
        ledger.done("witness-gone", ledger.changed(ledger=policy_of(vkey, alpha)))
        alpha.kill()
        record = shop.mine("unwitnessed", "1")
        (answer,) = acknowledged(ledger.client, [record])
        assert isinstance(answer, Acknowledgement)
        ledger.done("witness-gone", ledger.changed(ledger=policy_of(vkey, beta)))
        assert proof(ledger.client, digest_of(record), wait=60).is_success
        ledger.values["ledger"] |= policy_of(vkey, None)
        ledger.done("witness-gone", ledger.changed())
    posted(ledger, shop)


def test_full_disk(ledger: Release, shop: Workshop) -> None:
    """No file of PostgreSQL may grow, its log of changes neither, until a Cluster with a larger volume is asked for."""
    record, _ = posted(ledger, shop)
    with full(ledger):
        envelopes = ledger.client.envelopes([shop.mine("no-room", "1")])
        answer = httpx.post(f"{ledger.namespace.url}/v1/records", content=envelopes[0], timeout=120)
        assert answer.status_code == 503
        lose(ledger.postgres)  # Without room, it does not stop in good order either.
        assert "no answer" in ledger.failed("full-disk", WAIT="1")
        ledger.databases.on_growth = lambda: roomy(ledger)  # type: ignore[method-assign]
        ledger.values["database"]["cnpg"]["walStorage"] = {"size": "50Gi"}
        ledger.done("full-disk", ledger.changed())
    assert ledger.databases.grown
    assert status_of(ledger, record) == 200
    posted(ledger, shop)


_LIMIT: Final = 2 << 20
"""Below the place in its segment at which the log of changes goes on. Shared memory is a file too, of 1 MiB."""


@contextmanager
def full(ledger: Release) -> Iterator[None]:
    """PostgreSQL stops, and starts again with a limit for each file, which it takes for a full disk: it does not start,
    or ends with the next commit."""
    with Database(ledger.primary.owner_url) as session:
        # Far enough from the end of the segment, since the next segment has room below the limit.
        place = "SELECT file_offset FROM pg_walfile_name_offset(pg_current_wal_lsn())"
        while not 5 * _LIMIT <= session.one(place) < 6 * _LIMIT:
            session.execute(f"SELECT pg_logical_emit_message(false, 'test', repeat('x', {_LIMIT // 4}))")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LIMIT, limits[1]))
    try:
        with suppress(ConfigurationError):
            started_again(ledger)
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        if ledger.postgres.state is not ClusterState.RUNNING:
            started_again(ledger)


def lose(postgres: EmbeddedPostgres) -> None:
    """Its end without warning."""
    if postgres.pid is not None:
        with suppress(ProcessLookupError):
            os.kill(postgres.pid, signal.SIGKILL)
    postgres.stop()


def roomy(ledger: Release) -> None:
    """The volume has grown; the instance starts again."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.getrlimit(resource.RLIMIT_FSIZE)[1],) * 2)
    started_again(ledger)


def started_again(ledger: Release) -> None:
    ledger.postgres.stop()
    ledger.postgres.start()
    ledger.primary.owner_url = ledger.postgres.owner_url


def test_database_upgrade(ledger: Release, shop: Workshop) -> None:
    """The version is the same here. A copy is complete, and fails since it does not have the version 99."""
    record, _ = posted(ledger, shop)
    size = ledger.ready()["size"]
    with Database(ledger.primary.owner_url) as session:
        major = session.one("SHOW server_version").partition(".")[0]
    ledger.values["database"]["cnpg"]["name"] = "ledger-db-new"
    assert "but should have 99" in ledger.failed("database-upgrade", "copy", 99, ledger.changed())
    assert "ledger-db-new-app" in ledger.namespace.secrets
    assert (ledger.ready()["size"], status_of(ledger, record)) == (size, 200)
    ledger.values["database"]["cnpg"]["image"] = f"registry.example/postgresql:{major}"
    out = ledger.done("database-upgrade", "in-place", major, ledger.changed())
    assert re.search(rf"^The database has version {major}\S* Nothing is lost", out, re.M)
    posted(ledger, shop)


def dump(ledger: Release, name: str) -> str:
    ledger.namespace.start_dump(name, "ledger-backup")
    until(lambda: ledger.namespace.jobs[name].complete)
    (address,) = re.findall(r'"dump": *"([^"]+)"', ledger.namespace.jobs[name].output)
    return str(address)


def test_restore(ledger: Release, shop: Workshop) -> None:
    """From a dump that has everything, then from the same one, which lacks a record by then."""
    # A log with a policy notes its published heads too, and the shorter history lacks one.
    ledger.values["ledger"] |= policy_of(vkey_now(ledger), None)
    ledger.namespace.upgrade(ledger.values)
    ledger.until_ready()
    kept, _ = posted(ledger, shop)
    source = dump(ledger, "before")
    size = ledger.ready()["size"]
    ledger.values["database"]["cnpg"]["name"] = "ledger-db-restored"
    assert "Nothing is lost" in ledger.done("restore", "from", ledger.changed(restore={"from": source}))
    lost, _ = posted(ledger, shop)
    ledger.values["database"]["cnpg"]["name"] = "ledger-db-shorter"
    last = ledger.failed("restore", "from", ledger.changed(restore={"from": source}))
    assert last.endswith(f"restore.sh accept {size}")
    assert f"{size}" in ledger.failed("restore", "accept", size + 1)
    until(lambda: unsigned(ledger).get("code") == "log-mismatch", "no server says why it signs nothing")
    ledger.done("restore", "accept", size)
    ledger.namespace.upgrade(ledger.values)
    ledger.until_ready()
    assert (status_of(ledger, kept), status_of(ledger, lost)) == (200, 404)
    ledger.client.post([lost])


def unsigned(ledger: Release) -> dict[str, Any]:
    """Why a server is not ready; nothing if it is still starting."""
    with suppress(httpx.TransportError, LookupError):
        return ledger.ready()
    return {}


def test_lost_primary(store: ObjectStore) -> None:
    """The script waits while nobody is primary. Then everything acknowledged is there; but nothing is acknowledged
    without a standby."""
    with release(store) as ledger:
        shop = workshop(ledger.client, "shop", pot="1000")
        with Standby(ledger.folder / "postgres", ledger.postgres) as standby:
            with Database(ledger.postgres.owner_url) as operator:
                wait_for_standbys(operator)
                until(lambda: operator.one("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == 1)
            records = [posted(ledger, shop)[0] for _ in range(3)]
            lose(ledger.postgres)
            promoted = threading.Timer(2, promote, [ledger, standby])
            promoted.start()
            out = ledger.done("lost-primary")
            promoted.join()
            assert "posts go on" in out
            assert [status_of(ledger, record) for record in records] == [200] * 3
            posted(ledger, shop)
            with Database(standby.url) as session:
                wait_for_standbys(session)
                assert "repair an instance" in ledger.failed("lost-primary")
                session.execute("ALTER SYSTEM RESET synchronous_standby_names")
                session.execute("SELECT pg_reload_conf()")
            ledger.done("lost-primary")
            assert audited(ledger.client).ok


def wait_for_standbys(session: Database) -> None:
    session.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
    session.execute("SELECT pg_reload_conf()")


def promote(ledger: Release, standby: Standby) -> None:
    standby.promote()
    ledger.primary.owner_url = standby.url


def test_on_one_machine(ledger: Release) -> None:
    """Without Kubernetes, the same scripts with another way to run the program."""
    with prepared_home() as home, Server(home) as server:
        workshop(server, "shop", pot="1000")
        here = {"RUN": f"env CARBON_LEDGER_HOME={home}", "PASSPHRASE_FILE": ""}
        assert "verdict    the database continues the signed head" in ledger.done("look", **here)
        assert re.search(r"^signs +the new key$", ledger.done("stolen-log-key", **here), re.M)
        size = httpx.get(f"{server.url}/health/ready", timeout=60).json()["size"]
        (home / "anchor").unlink()
        assert "does not continue" in ledger.failed("lost-primary", **here)
        restart = ledger.folder / "restart"
        restart.write_text(f"#!/bin/sh\ntouch {ledger.folder}/restarted\n")
        restart.chmod(0o755)
        ledger.done("restore", "accept", size, RESTART=str(restart), **here)
        assert (ledger.folder / "restarted").exists()
