"""A host is lost under load and restored elsewhere from its backup: nothing is signed until somebody has decided, and
then every acknowledged record is on the log once, since its client posts it again."""

import json
import os
import shutil
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from support import prefork
from support.load import Load, wait_for
from support.objects import ObjectStore, object_store
from support.server import Server, environment, prepared_home, temporary_home
from support.witness import audited, entries_of

from ledger.core.receipts.receipt import Receipt
from ledger.store.embedded.layout import Layout
from ledger.store.embedded.pidfile import running_postmaster

PASSPHRASE = "a passphrase for the keys"


@pytest.fixture
def store() -> Iterator[ObjectStore]:
    with object_store() as found:
        yield found


def ledger(home: Path, variables: Mapping[str, str], *arguments: str, code: int = 0) -> Any:
    """What a command prints with --json."""
    done = prefork.run(
        [*prefork.COMMAND, *arguments, "--json"], env={**environment(home), **variables}, cwd="/",
        capture_output=True, text=True, timeout=300, check=False,
    )
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout or done.stderr.splitlines()[-1])


def lose(server: Server, home: Path) -> None:
    """All of its processes are killed, and its disk is gone."""
    server.kill()
    postmaster = running_postmaster(Layout.at(home).data)
    assert postmaster is not None
    os.kill(postmaster.pid, signal.SIGQUIT)
    while running_postmaster(Layout.at(home).data) is not None:
        pass
    shutil.rmtree(home)


def post_again(server: Server, load: Load) -> list[Any]:
    return server.submit([promise.envelope for promise in load.promises])


def drill(store: ObjectStore, folder: Path, home: Path, elsewhere: Path, loads: int, batches: int) -> None:
    location = store.location("anchor")
    variables = {**store.environment, "CARBON_LEDGER_ANCHOR": location, "CARBON_LEDGER_PASSPHRASE": PASSPHRASE}
    backup = folder / "backup.tar"
    with Server(home, **variables) as server:
        running = [Load(server, f"works-{i}", lambda: server.url) for i in range(loads)]
        for load in running:
            load.start()
        wait_for(running, batches)
        taken = ledger(home, variables, "backup", str(backup))["manifest"]
        wait_for(running, batches)
        for load in running:
            load.finish()
        acknowledged = {promise.receipt.digest for load in running for promise in load.promises}
        lose(server, home)
    signed = store.read("anchor")

    restored = ledger(elsewhere, variables, "restore", str(backup), "--home", str(elsewhere), "--verify")
    assert taken["size"] <= restored["size"]
    assert not (elsewhere / "anchor").exists()
    with Server(elsewhere, **variables) as server:
        for load in running:
            answer = httpx.post(f"{server.url}/v1/records", content=load.promises[-1].envelope, timeout=60)
            assert (answer.status_code, answer.json()["code"]) == (503, "log-mismatch")
        assert "are missing" in httpx.get(f"{server.url}/log/checkpoint").json()["detail"]
    found = {one["check"]: one for one in ledger(elsewhere, variables, "doctor", code=1)["findings"]}
    assert "are missing" in found["anchor"]["message"]
    assert found["restored"]["level"] == "error"
    assert store.read("anchor") == signed, "nothing was signed"

    kept = ledger(elsewhere, variables, "anchor", "accept", "--size", str(restored["size"]))["kept"]
    assert store.read(kept.split("/", 3)[3]) == signed, "the old anchor is evidence"
    with Server(elsewhere, **variables) as server:
        for load in running:
            assert all(isinstance(answer, Receipt) for answer in post_again(server, load))
        digests = [entry[2:34].hex() for entry in entries_of(server.url, sized(server))]
        assert len(digests) == len(set(digests))
        assert acknowledged <= set(digests)
        report = audited(server)
        assert report.ok, report.findings
        assert ledger(elsewhere, variables, "doctor")["ok"]


def sized(server: Server) -> int:
    size: int = httpx.get(f"{server.url}/health/ready").raise_for_status().json()["size"]
    return size


def test_a_host_is_lost_under_load(store: ObjectStore, tmp_path: Path) -> None:
    with prepared_home() as home, temporary_home() as elsewhere:
        drill(store, tmp_path, home, elsewhere, loads=2, batches=2)


@pytest.mark.faults_long
def test_a_host_is_lost_under_much_load(store: ObjectStore, tmp_path: Path) -> None:
    with prepared_home() as home, temporary_home() as elsewhere:
        drill(store, tmp_path, home, elsewhere, loads=6, batches=60)
