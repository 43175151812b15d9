"""A database that is not the one that was signed: nothing more is signed, until the operator decides."""

import fcntl
import json
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest
from support import prefork
from support.anchors import begun_anchor
from support.databases import Database, copied
from support.diagnosing import finding_of
from support.objects import object_store
from support.server import Server, command, environment, prepared_home, temporary_home
from support.waiting import until
from support.witness import Witness, audited
from support.workshop import Workshop, workshop

from ledger.core.receipts.receipt import Receipt
from ledger.host.files.key_files import LOG_KEY, REGISTRAR_KEY
from ledger.service.settings import Settings
from ledger.store.anchor import stated
from ledger.store.embedded import EmbeddedPostgres
from ledger.store.embedded.layout import Layout

SIGNING = ("/log/checkpoint", "/health/ready", "/v1/records/{digest}/proof", "/v1/statement?lot={lot}")
"""What answers with something signed, or says whether it would."""


class Lot:
    """A server's workshop with one lot, of which kilogram after kilogram is used."""

    def __init__(self, server: Server, name: str) -> None:
        self.shop: Workshop = workshop(server, name, pot="1000")

    def use(self, server: Server, times: int = 1) -> list[Receipt]:
        return [server.post([self.shop.use({"pot": "1"})])[0] for _ in range(times)]

    def refused(self, server: Server) -> dict[str, Any]:
        """The problem that posting has."""
        (envelope,) = server.envelopes([self.shop.use({"pot": "1"})])
        response = httpx.post(f"{server.url}/v1/records", content=envelope, timeout=60,
                              headers={"Content-Type": "application/json"})
        assert response.status_code == 503
        found: dict[str, Any] = response.json()
        return found


def sized(server: Server) -> int:
    size: int = httpx.get(f"{server.url}/health/ready").json()["size"]
    return size


def is_ready(server: Server) -> bool:
    try:
        return httpx.get(f"{server.url}/health/ready", timeout=60).status_code == 200
    except httpx.TransportError:
        return False


def assert_halted(server: Server, lot: Lot, known: Receipt, *says: str) -> None:
    """Nothing that is signed leaves the server; it says why; reading goes on."""
    problems = [lot.refused(server)]
    for path in SIGNING:
        response = httpx.get(server.url + path.format(digest=known.digest, lot=lot.shop.name("pot")), timeout=60)
        assert response.status_code == 503, path
        problems.append(response.json())
    for problem in problems:
        assert problem["code"] == "log-mismatch"
        assert "carbon-ledger anchor" in problem["rule"]
        for words in says:
            assert words in problem["detail"], problem
    assert httpx.get(f"{server.url}/health/live").status_code == 200
    assert httpx.get(f"{server.url}/v1/records/{known.digest}").status_code == 200


def assert_whole(server: Server) -> None:
    Witness(server.vkey).check(server.url)
    report = audited(server)
    assert report.ok, report.findings


def told(home: Path, *arguments: str, code: int = 0) -> Any:
    """What a command prints with --json, on stderr where it fails."""
    done = command(home, *arguments, "--json")
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout or done.stderr.splitlines()[-1])


def verified(home: Path, server: Server, receipt: Receipt, folder: Path, code: int) -> str:
    """`verify` of a kept receipt beside what the server publishes."""
    file = folder / "receipt.json"
    file.write_bytes(msgspec.json.encode(receipt))
    done = command(home, "verify", str(file), "--vkey", server.vkey, "--log", server.url)
    assert done.returncode == code, done
    return done.stdout + done.stderr


@contextmanager
def restored(home: Path) -> Iterator[Callable[[], None]]:
    """Backs up the embedded database, which must be stopped; the function puts the backup back."""
    data, backup = Layout.at(home).data, home / "backup"
    # With its owner, who is not the one that runs the tests where that is root.
    subprocess.run(["/bin/cp", "-a", str(data), str(backup)], check=True)

    def restore() -> None:
        shutil.rmtree(data)
        backup.rename(data)

    yield restore


@pytest.fixture
def home() -> Iterator[Path]:
    with prepared_home() as found:
        yield found


def test_an_old_backup_is_restored(home: Path, tmp_path: Path) -> None:
    """Refused by the next server, by `init`, and by any after them; accepted by the operator alone, who has to type the
    size. Then the log goes on from there, what was lost is void, and the old anchor is kept as evidence."""
    with Server(home) as server:
        lot = Lot(server, "works")
        (kept,) = lot.use(server)
        size = sized(server)
    with restored(home) as restore:
        with Server(home) as server:
            lost = lot.use(server, 3)
            witness = Witness(server.vkey)
            witness.look(server.url)
        restore()
    missing = f"holds {size} entries, but {size + 3} were signed here", f"entries {size} to {size + 2} are missing"
    with Server(home) as server:
        assert_halted(server, lot, kept, *missing)
    assert command(home, "init").returncode == 1
    shown = told(home, "anchor", "show", code=1)
    assert (shown["size"], shown["signed"]) == (size, size + 3)
    assert missing[1] in shown["contradiction"]
    before = (home / "anchor").read_bytes()
    assert told(home, "anchor", "accept", "--size", str(size + 3), code=1)["code"] == "wrong-size"
    assert (home / "anchor").read_bytes() == before

    evidence = Path(told(home, "anchor", "accept", "--size", str(size))["kept"])
    assert evidence.read_bytes() == before
    assert told(home, "anchor", "show")["contradiction"] is None
    assert told(home, "anchor", "accept", "--size", str(size), code=1)["code"] == "nothing-to-accept"
    with Server(home) as server:
        assert "7. " in verified(home, server, lost[0], tmp_path, 1)
        lot.use(server, 5)
        assert "7. " in verified(home, server, lost[2], tmp_path, 1)
        verified(home, server, kept, tmp_path, 0)
        assert_whole(server)
        # Whoever kept a checkpoint has the proof of the two histories.
        with pytest.raises(AssertionError, match=f"size {size + 3} is not of this log"):
            witness.check(server.url)


# --- copies of one database, beside each other -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def postgres() -> Iterator[tuple[EmbeddedPostgres, Path, Lot, Receipt]]:
    """A ledger whose database can be copied; its home; a lot on it, and a receipt."""
    with prepared_home() as found:
        with Server(found) as server:
            lot = Lot(server, "works")
            (receipt,) = lot.use(server)
        with EmbeddedPostgres(found) as running:
            yield running, found, lot, receipt


class Copy:
    """A copy of the database, which can take the place of another one under the eyes of its servers."""

    def __init__(self, postgres: EmbeddedPostgres, database: Database, home: Path, anchors: Path) -> None:
        self._cluster = postgres.owner_url.replace(f"{_path(postgres.owner_url)}?", "/postgres?")
        self.database = database
        self.home, self._anchors = home, anchors

    def served(self, anchor: str = "anchor", program: str = "ledger.cli") -> Server:
        return Server(self.home, self.database.url, anchor=begun_anchor(self._anchors / anchor, self.home),
                      program=program)

    def refused(self) -> str:
        """What `serve` says where it does not start."""
        done = prefork.run(
            [*prefork.COMMAND, "serve", "--port", "0"], cwd="/", capture_output=True, text=True,
            env=environment(self.home, self.database.url, anchor=self._anchors / "anchor"), timeout=60, check=False,
        )
        assert (done.returncode, done.stdout) == (1, "")
        assert "Traceback" not in done.stderr, done.stderr
        return " ".join(done.stderr.split())

    def replaced_by(self, other: "Copy") -> None:
        """All sessions end; under this name the other copy answers from now on."""
        self.database.disconnect()
        other.database.disconnect()
        mine, its = _path(self.database.url)[1:], _path(other.database.url)[1:]
        with Database(self._cluster) as cluster:
            for name, new in ((mine, f"{mine}_gone"), (its, mine), (f"{mine}_gone", its)):
                cluster.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
                cluster.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
                cluster.execute(f"ALTER DATABASE {name} RENAME TO {new}")
                cluster.execute(f"ALTER DATABASE {new} WITH ALLOW_CONNECTIONS true")


def _path(url: str) -> str:
    return urlsplit(url).path


@pytest.fixture
def copies(postgres: tuple[EmbeddedPostgres, Path, Lot, Receipt], tmp_path: Path) -> Iterator[tuple[Copy, Copy]]:
    """Two databases that hold the same so far. Anchors are in a folder of the test's own."""
    running, home, _, _ = postgres
    with copied(running) as one, copied(running) as another:
        yield Copy(running, one, home, tmp_path), Copy(running, another, home, tmp_path)


@pytest.fixture
def lot(postgres: tuple[EmbeddedPostgres, Path, Lot, Receipt]) -> Lot:
    return postgres[2]


@pytest.fixture
def known(postgres: tuple[EmbeddedPostgres, Path, Lot, Receipt]) -> Receipt:
    """On the log before it was copied."""
    return postgres[3]


def test_another_database_under_the_same_key(copies: tuple[Copy, Copy], lot: Lot, known: Receipt) -> None:
    """It is as valid a log by itself, and longer than what was signed here: its beginning is another one."""
    signed, other = copies
    with signed.served() as server:
        lot.use(server, 2)
        size = sized(server)
    for times in (2, 1):
        with other.served("elsewhere") as server:
            lot.use(server, times)
            grown = sized(server)
        with other.served() as server:
            assert_halted(
                server, lot, known, f"another log of {grown} entries",
                f"its first {size} entries do not have the root")
    with signed.served() as server:
        lot.use(server)
        assert_whole(server)


def test_a_backup_is_restored_under_a_running_server(copies: tuple[Copy, Copy], lot: Lot, known: Receipt) -> None:
    signed, backup = copies
    with signed.served() as server:
        size = sized(server)
        lot.use(server, 2)
        signed.replaced_by(backup)
        assert_halted(server, lot, known, f"entries {size} to {size + 1} are missing")
        # With the right one back, the server opens its ledger anew. It remembers nothing of the other history.
        signed.replaced_by(backup)
        until(lambda: is_ready(server))
        lot.use(server)
        assert_whole(server)


def test_each_process_goes_on_once_the_right_database_is_back(
    copies: tuple[Copy, Copy], lot: Lot, tmp_path: Path
) -> None:
    """Also a process at the port that was not asked while the wrong one was there."""
    signed, backup = copies
    anchor = begun_anchor(tmp_path / "anchor", signed.home)
    settings = Settings(home=signed.home, database_url=signed.database.url, anchor=str(anchor))
    with Server(signed.home, signed.database.url, anchor=anchor, CARBON_LEDGER_PROCESSES="2") as server:
        lot.use(server, 2)
        signed.replaced_by(backup)
        assert lot.refused(server)["code"] == "log-mismatch"
        assert finding_of("server", settings).level == "error"
        signed.replaced_by(backup)
        until(lambda: finding_of("server", settings).level == "ok")
        lot.use(server, 4)
        assert_whole(server)


def test_another_database_under_a_running_server(copies: tuple[Copy, Copy], lot: Lot, known: Receipt) -> None:
    """It has grown past what was signed, in the meantime."""
    signed, other = copies
    with other.served("elsewhere") as server:
        lot.use(server, 4)
        grown = sized(server)
    with signed.served() as server:
        lot.use(server, 2)
        signed.replaced_by(other)
        assert_halted(server, lot, known, f"another log of {grown} entries")


def test_the_rotations_of_another_database_are_not_adopted(
    copies: tuple[Copy, Copy], lot: Lot, tmp_path: Path
) -> None:
    """The log's key was rotated there, and the new key is here, as before every rotation. Once the right database is
    back, the server goes on: it does not miss those rotations."""
    signed, other = copies
    anchor, new = begun_anchor(tmp_path / "elsewhere", signed.home), signed.home / "log-key-2.pem"

    def rotate(home: Path, *options: str) -> Any:
        done = prefork.run(
            [*prefork.COMMAND, "key", "rotate-log", *options, "--json"], cwd="/", capture_output=True, text=True,
            env=environment(home, other.database.url, anchor=anchor), timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    with temporary_home() as elsewhere:
        elsewhere.mkdir()
        shutil.copy(signed.home / LOG_KEY, elsewhere)
        shutil.copy(rotate(elsewhere, "--prepare")["file"], new)
        rotate(elsewhere)
    with other.served("elsewhere") as server:
        lot.use(server, 4)
    new.write_bytes(_unmarked(new.read_bytes()))
    try:
        with signed.served() as server:
            lot.use(server, 2)
            keys = httpx.get(f"{server.url}/log/keys").text
            signed.replaced_by(other)
            for _ in range(2):
                assert httpx.get(f"{server.url}/log/keys").text == keys
                assert lot.refused(server)["code"] == "log-mismatch"
            signed.replaced_by(other)
            until(lambda: is_ready(server))
            lot.use(server)
            assert_whole(server)
    finally:
        new.unlink()


def _unmarked(key: bytes) -> bytes:
    """A key file as another host has it: this server did not sign with the key."""
    return key[key.index(b"-----BEGIN"):]


def test_replicas_share_what_was_signed(copies: tuple[Copy, Copy], lot: Lot, known: Receipt) -> None:
    """One of them has answered nothing since the backup was taken: it knows from the anchor what the other one has."""
    signed, backup = copies
    with signed.served() as first, signed.served() as second:
        size = sized(second)
        lot.use(first, 2)
        signed.replaced_by(backup)
        assert_halted(second, lot, known, f"entries {size} to {size + 1} are missing")
        assert_halted(first, lot, known, f"entries {size} to {size + 1} are missing")


def test_replicas_on_two_hosts_share_an_object(
    copies: tuple[Copy, Copy], lot: Lot, known: Receipt, tmp_path: Path
) -> None:
    """The same with a home each, as on two hosts: the anchor is in an object store."""
    signed, backup = copies
    with object_store() as store, temporary_home() as here, temporary_home() as there:
        for home in (here, there):
            home.mkdir()
            for name in (LOG_KEY, REGISTRAR_KEY):
                shutil.copy(signed.home / name, home / name)
        store.write("anchor", begun_anchor(tmp_path / "begun", signed.home).read_bytes())
        variables = {**store.environment, "CARBON_LEDGER_ANCHOR": store.location("anchor")}
        with (
            Server(here, signed.database.url, **variables) as first,
            Server(there, signed.database.url, **variables) as second,
        ):
            size = sized(second)
            lot.use(first, 2)
            assert stated((store.read("anchor") or b"").decode()).size == size + 2
            signed.replaced_by(backup)
            assert_halted(second, lot, known, f"entries {size} to {size + 1} are missing")
            assert_halted(first, lot, known, f"entries {size} to {size + 1} are missing")


# --- the anchor itself -----------------------------------------------------------------------------------------------


def test_an_anchor_that_is_gone(copies: tuple[Copy, Copy], lot: Lot, known: Receipt, tmp_path: Path) -> None:
    """Nothing says any more whether the database holds all that was signed: a server that runs signs nothing until the
    anchor is back, one that starts signs nothing at all, and the operator decides."""
    signed, _ = copies
    file = tmp_path / "anchor"
    with signed.served() as server:
        lot.use(server)
        size, good = sized(server), file.read_bytes()
        file.unlink()
        for problem in (lot.refused(server), httpx.get(f"{server.url}/health/ready").json()):
            assert problem["code"] == "anchor-missing"
            assert f"the anchor {file} does not exist" in problem["detail"]
            assert "carbon-ledger anchor accept" in problem["rule"]
        assert not file.exists()
        file.write_bytes(good)
        assert sized(server) == size
        lot.use(server)
    file.unlink()
    with Server(signed.home, signed.database.url, anchor=file) as server:
        assert lot.refused(server)["code"] == "anchor-missing"
        assert httpx.get(f"{server.url}/v1/records/{known.digest}").status_code == 200
    assert not file.exists()
    done = prefork.run(
        [*prefork.COMMAND, "anchor", "accept", "--size", str(size + 1)], cwd="/", timeout=60,
        env=environment(signed.home, signed.database.url, anchor=file), capture_output=True, text=True, check=False,
    )
    assert done.returncode == 0, done.stderr
    with signed.served() as server:
        lot.use(server)
        assert_whole(server)


UNREADABLE: Final = (b"", b"\xff\xfe", b"what is this\n", b"log\n1\nAAAA\n\n\xe2\x80\x94 log AAAA\n")


def test_an_anchor_that_cannot_be_read(copies: tuple[Copy, Copy], lot: Lot, tmp_path: Path) -> None:
    """No server starts, one that runs signs nothing, until it is put right or given up by the operator."""
    signed, _ = copies
    file = tmp_path / "anchor"
    with signed.served() as server:
        for content in UNREADABLE:
            lot.use(server)
            size, good = sized(server), file.read_bytes()
            file.write_bytes(content)
            problem = lot.refused(server)
            assert problem["code"] == "anchor-unreadable"
            assert str(file) in problem["detail"]
            assert httpx.get(f"{server.url}/health/ready").json()["code"] == "anchor-unreadable"
            file.write_bytes(good)
            assert sized(server) == size
    for content in UNREADABLE:
        file.write_bytes(content)
        assert f"the anchor {file} holds no checkpoint" in signed.refused()


def test_an_anchor_of_another_log(copies: tuple[Copy, Copy], tmp_path: Path) -> None:
    signed, _ = copies
    with prepared_home() as home, Server(home, anchor=tmp_path / "anchor") as server:
        other = server.origin
    with signed.served("elsewhere") as server:
        origin = server.origin
    said = signed.refused()
    assert f"belongs to the log {other}, not to this log, {origin}" in said
    assert "CARBON_LEDGER_ANCHOR" in said


def test_an_anchor_that_cannot_be_written(copies: tuple[Copy, Copy], lot: Lot, tmp_path: Path) -> None:
    """The batch is committed and nobody is told; when it can be again, posting gives its receipt."""
    signed, _ = copies
    lock = tmp_path / "anchor.lock"
    with signed.served() as server:
        lot.use(server)
        size = sized(server)
        envelopes = server.envelopes([lot.shop.use({"pot": "1"})])
        lock.unlink()
        lock.mkdir()
        for _ in range(2):
            response = httpx.post(f"{server.url}/v1/records", content=envelopes[0], timeout=60,
                                  headers={"Content-Type": "application/json"})
            assert (response.status_code, response.json()["code"]) == (503, "anchor-unwritable")
        assert httpx.get(f"{server.url}/log/checkpoint").json()["code"] == "anchor-unwritable"
        lock.rmdir()
        (receipt,) = server.submit(envelopes)
        assert isinstance(receipt, Receipt)
        assert receipt.index == size
        assert sized(server) == size + 1
        assert_whole(server)


# --- killed between COMMIT and answer --------------------------------------------------------------------------------


def test_a_kill_before_the_anchor_is_written(copies: tuple[Copy, Copy], lot: Lot, tmp_path: Path) -> None:
    """The database is ahead of its anchor, and continues it: no alarm, and the record has its receipt."""
    signed, _ = copies
    with signed.served() as server, ThreadPoolExecutor(1) as threads:
        lot.use(server)
        size, before = sized(server), (tmp_path / "anchor").read_bytes()
        envelopes = server.envelopes([lot.shop.use({"pot": "1"})])
        with (tmp_path / "anchor.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            asked = threads.submit(server.submit, envelopes)
            until(lambda: signed.database.one("SELECT size FROM head") == size + 1)
            assert not asked.done()
            server.kill()
        assert isinstance(asked.exception(60), httpx.TransportError)
    assert (tmp_path / "anchor").read_bytes() == before
    with signed.served() as server:
        assert sized(server) == size + 1
        (receipt,) = server.submit(envelopes)
        assert isinstance(receipt, Receipt)
        assert receipt.index == size
        assert_whole(server)


def test_a_kill_after_the_anchor_is_written(copies: tuple[Copy, Copy], lot: Lot, tmp_path: Path) -> None:
    """Nobody was told of what the anchor has; the database has it too."""
    signed, _ = copies
    with signed.served() as server:
        lot.use(server)
        size, before = sized(server), (tmp_path / "anchor").read_bytes()
        envelopes = server.envelopes([lot.shop.use({"pot": "1"})])
    with signed.served(program="support.dying") as dying:
        with pytest.raises(httpx.TransportError):
            dying.submit(envelopes)
        assert dying.process.wait(60) == -signal.SIGKILL
    assert (tmp_path / "anchor").read_bytes() != before
    with signed.served() as server:
        assert sized(server) == size + 1
        (receipt,) = server.submit(envelopes)
        assert isinstance(receipt, Receipt)
        assert receipt.index == size
        assert_whole(server)
