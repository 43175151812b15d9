"""Home, database, keys and anchor come back new, old, or not at all, in every combination, for each kind of anchor: all
that was acknowledged is there, or nothing is signed and the message says what is missing and what to do."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import product
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import msgspec
import pytest
from support.cli import run
from support.databases import Database, copied
from support.objects import ObjectStore, object_store
from support.parties import Party, enrolment, nonces, party
from support.publishing import lines_of
from support.server import prepared_home
from support.waiting import PATIENCE
from support.witness import registry
from support.witnesses import WitnessProcess

from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.note import vkey
from ledger.core.signatures.envelope import seal
from ledger.errors import LedgerError
from ledger.host.files.key_files import LOG_KEY, REGISTRAR_KEY, new_key, read_key, write_key
from ledger.service.backup.mark import MARK
from ledger.service.heads.continuity import contradiction, read_head
from ledger.service.heads.rotation import begin
from ledger.service.ledger import Ledger, open_ledger
from ledger.service.settings import Settings
from ledger.service.setup import registrar_id
from ledger.store.anchor import stated
from ledger.store.embedded import EmbeddedPostgres

ORIGIN: Final = "carbon-ledger.test/matrix"
STATES: Final = ("new", "old", "missing")
KINDS: Final = ("file", "object", "witness")


class Case(NamedTuple):
    """`home`: as it was, restored from a backup (without an anchor, marked), or a new folder. `anchor`: of kind
    `witness` what the witness of the named policy knows, while the home has its file. Others name `quorum none`."""

    kind: str
    home: str
    database: str
    keys: str
    anchor: str

    @property
    def file(self) -> str:
        """The state of the file `anchor` in the home."""
        return self.anchor if self.kind == "file" else "new" if self.home == "new" else "missing"


CASES: Final = [Case(*found) for found in product(KINDS, STATES, STATES, STATES, STATES)]
SHORT: Final = CASES[::10]
REFUSED_SECONDS: Final = 3.0
"""After which nothing more is expected of witnesses: each was asked once, and again since."""


def outcome(case: Case) -> str:
    """What has to come of it. `old`: it signs what is older than it was, since nothing that is there is newer: the
    anchor itself was brought back, be it a file of the disk that was copied, or what is elsewhere and should not be."""
    reached = [case.file, case.anchor] if case.kind == "object" else [case.file]
    if case.database == "missing":
        return "new" if case.kind != "witness" and case.keys == "missing" and set(reached) == {"missing"} else "refused"
    if case.keys == "missing" or (case.database == "new" and case.keys == "old"):
        return "refused"
    if case.kind != "object":
        # The settings name another policy, or the log's own: in each case the witnesses of the log's own are asked.
        unsettled = case.file == "missing" and case.home != "old"
        return "refused" if case.database == "old" or unsettled else "whole"
    if case.anchor == "missing":
        return "refused"
    if case.database == "new":
        return "whole"
    return "refused" if "new" in (*reached, case.keys) else "old"


class Snapshots:
    """A log of `old` entries, and of `new` after its key began to be rotated: databases, keys, anchors, witnesses."""

    def __init__(self, postgres: EmbeddedPostgres, folder: Path, store: ObjectStore) -> None:
        self.postgres = postgres
        self.folder = folder
        self.store = store
        self.anchors: dict[str, bytes] = {}
        self.databases: dict[str, str] = {}
        self.witnesses: dict[str, WitnessProcess] = {}
        self.head = Checkpoint("-", 1, bytes(32))

    def policy(self, *names: str) -> Path:
        """Of these witnesses, all of which are the quorum."""
        file = self.folder / f"policy-{'-'.join(names)}"
        addresses = [(self.witnesses[name].vkey, self.witnesses[name].url) for name in names]
        lines = lines_of(names, addresses, "all") if names else ["quorum none"]
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return file


def served(home: Path, url: str, **more: object) -> Settings:
    return msgspec.structs.replace(Settings(home=home, database_url=url, origin=ORIGIN), **more)


async def post(ledger: Ledger, name: str) -> None:
    """Enters an organisation, and waits until it is published."""
    registrar = Party(registrar_id(ORIGIN), read_key(ledger.settings.home / REGISTRAR_KEY))
    record = enrolment(party(1, name), registrar, ORIGIN, next(nonces(1, name)))
    (result,) = await ledger.submitter.submit([msgspec.json.encode(seal(record, registrar.key, ORIGIN))])
    assert result.error is None, result.error
    head = await head_of(ledger)
    await ledger.publication.wait(head.size - 1, 60)


async def head_of(ledger: Ledger) -> Checkpoint:
    async with ledger.pool.acquire() as connection:
        return await read_head(connection, ORIGIN)


async def grow(settings: Settings, names: list[str], *, rotate: bool) -> Checkpoint:
    async with open_ledger(settings, registry=registry()) as ledger:
        if rotate:
            async with ledger.pool.acquire() as connection:
                await begin(connection, settings, ledger.heads)
        for name in names:
            await post(ledger, name)
        return await head_of(ledger)


@contextmanager
def kept(postgres: EmbeddedPostgres, database: Database) -> Iterator[str]:
    """A copy that nobody is connected to: the name of a template."""
    database.disconnect()
    with copied(postgres, name_of(database)) as copy:
        copy.disconnect()
        yield name_of(copy)
        copy.connect()


def name_of(database: Database) -> str:
    return urlsplit(database.url).path[1:]


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshots]:
    folder = tmp_path_factory.mktemp("matrix")
    with ExitStack() as stack:
        store = stack.enter_context(object_store())
        cluster = stack.enter_context(prepared_home())
        found = Snapshots(stack.enter_context(EmbeddedPostgres(cluster)), folder, store)
        home = folder / "home"
        home.mkdir()
        write_key(home / LOG_KEY, key := new_key())
        for name in STATES:
            found.witnesses[name] = stack.enter_context(
                WitnessProcess(folder / f"witness-{name}", [vkey(ORIGIN, key.private.public_key())])
            )
        database = stack.enter_context(copied(found.postgres, "template0"))
        for name, witnesses in (("old", ("old", "new")), ("new", ("new",))):
            settings = served(home, database.url, policy=found.policy(*witnesses))
            found.head = asyncio.run(grow(settings, [f"{name}-{i}" for i in range(2)], rotate=name == "new"))
            found.databases[name] = stack.enter_context(kept(found.postgres, database))
            database.connect()
            found.anchors[name] = (home / "anchor").read_bytes()
            shutil.copytree(home, folder / f"keys-{name}", ignore=shutil.ignore_patterns("anchor*"))
        found.witnesses["missing"].kill()
        yield found


class Came(NamedTuple):
    """What came of opening a ledger: whether it signs, its head, and else why not."""

    signs: bool
    head: Checkpoint | None
    why: LedgerError | None
    continues: bool = False


async def opened(settings: Settings, newest: Checkpoint, patience: float) -> Came:
    try:
        async with open_ledger(settings, registry=registry()) as ledger:
            for _ in range(round(patience / 0.02)):
                if not ledger.heads.waiting:
                    break
                await asyncio.sleep(0.02)
            head = await head_of(ledger)
            async with ledger.pool.acquire() as connection:
                continues = await contradiction(connection, head, [newest]) is None
            try:
                ledger.heads.require_signing()
            except LedgerError as error:
                return Came(False, head, error)
            return Came(True, head, None, continues)
    except LedgerError as error:
        return Came(False, None, error)


def prepared(case: Case, snapshots: Snapshots, home: Path) -> str | None:
    """Makes the home of a case. Where its anchor is, if not in there."""
    home.mkdir()
    if case.keys != "missing":
        shutil.copytree(snapshots.folder / f"keys-{case.keys}", home, dirs_exist_ok=True)
    if case.home == "old":
        (home / MARK).write_text("{}", encoding="utf-8")
    if case.file != "missing":
        (home / "anchor").write_bytes(snapshots.anchors[case.file])
    if case.kind != "object":
        return None
    key = f"{'-'.join(case)}/anchor"
    if case.anchor != "missing":
        snapshots.store.write(key, snapshots.anchors[case.anchor])
    return snapshots.store.location(key)


def anchor_of(home: Path, location: str | None, snapshots: Snapshots) -> bytes | None:
    if location is not None:
        return snapshots.store.read(location.split("/", 3)[3])
    return (home / "anchor").read_bytes() if (home / "anchor").exists() else None


@pytest.fixture
def ready(snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch) -> Snapshots:
    for name, value in snapshots.store.environment.items():
        monkeypatch.setenv(name, value)
    return snapshots


def check(case: Case, snapshots: Snapshots, home: Path) -> None:
    location = prepared(case, snapshots, home)
    before = anchor_of(home, location, snapshots)
    policy = snapshots.policy(case.anchor) if case.kind == "witness" else snapshots.policy()
    with copied(snapshots.postgres, snapshots.databases.get(case.database, "template0")) as database:
        expected = outcome(case)
        settings = served(home, database.url, policy=policy, anchor=location)
        came = asyncio.run(opened(settings, snapshots.head, REFUSED_SECONDS if expected == "refused" else PATIENCE))
        assert came.signs == (expected != "refused"), (case, came)
        if expected == "whole":
            assert came.continues, case
        if expected == "refused" and case.database != "missing":
            assert anchor_of(home, location, snapshots) == before, "nothing was signed"
            assert database.one("SELECT count(*) FROM entry") == stated(
                snapshots.anchors[case.database].decode()).size, "nothing was appended"
    if came.why is not None:
        words = ("carbon-ledger", "bring", "POLICY")
        assert any(word in str(came.why.rule or came.why.message) for word in words), came.why
        assert came.why.code in ("log-mismatch", "anchor-missing", "log-missing", "log-key-missing", "unsettled",
                                 "publication-lost", "anchor-unreadable"), came.why


@pytest.mark.parametrize("case", SHORT, ids="-".join)
def test_nothing_is_lost_without_a_word(case: Case, ready: Snapshots, tmp_path: Path) -> None:
    check(case, ready, tmp_path / "home")


@pytest.mark.faults_long
@pytest.mark.parametrize("case", [case for case in CASES if case not in SHORT], ids="-".join)
def test_every_other_combination(case: Case, ready: Snapshots, tmp_path: Path) -> None:
    check(case, ready, tmp_path / "home")


class Change(NamedTuple):
    """What changes at the start of a raw copy: the witnesses of the policy, and settings."""

    witnesses: tuple[str, ...]
    settings: dict[str, object]


CHANGES: Final = {
    "nothing": Change(("old", "new"), {}),
    "no quorum": Change((), {}),
    "fewer witnesses": Change(("old",), {}),
    "a witness that knows nothing": Change(("missing",), {}),
    "address": Change((), {"public_url": "https://elsewhere.example", "host": "::1", "port": 1}),
    "settings": Change((), {"renew_seconds": 1.0, "access": "open", "processes": 2, "revised_per_day": 1}),
}


@pytest.mark.parametrize("changed", CHANGES)
@pytest.mark.parametrize("keys", ["old", "new"])
def test_a_raw_copy_that_starts_with_something_else(
    changed: str, keys: str, ready: Snapshots, tmp_path: Path
) -> None:
    """Database, anchor and home are of one older moment. Other witnesses have cosigned more entries since."""
    case = Case("file", "new", "old", keys, "old")
    home, change = tmp_path / "home", CHANGES[changed]
    prepared(case, ready, home)
    before = (home / "anchor").read_bytes()
    with copied(ready.postgres, ready.databases["old"]) as database:
        settings = served(home, database.url, policy=ready.policy(*change.witnesses), **change.settings)
        came = asyncio.run(opened(settings, ready.head, REFUSED_SECONDS))
    assert not came.signs
    assert came.why is not None
    assert came.why.code == ("log-mismatch" if keys == "old" else came.why.code)
    assert (home / "anchor").read_bytes() == before, "nothing was signed"


def test_the_operator_accepts_another_policy(ready: Snapshots, tmp_path: Path) -> None:
    """If the witnesses of the log's own policy do not answer, the operator decides."""
    case = Case("file", "new", "new", "new", "new")
    home = tmp_path / "home"
    prepared(case, ready, home)
    (home / "witness-policy").unlink()
    with copied(ready.postgres, ready.databases["new"]) as database:
        settings = served(home, database.url, policy=ready.policy())
        came = asyncio.run(opened(settings, ready.head, REFUSED_SECONDS))
        assert came.why is not None
        assert (came.signs, came.why.code) == (False, "unsettled")
        assert "anchor accept" in str(came.why.rule)
        variables = {"CARBON_LEDGER_DATABASE_URL": database.url, "CARBON_LEDGER_POLICY": str(settings.policy)}
        run("anchor", "accept", "--size", ready.head.size, "--home", home, **variables).succeeded()
        came = asyncio.run(opened(settings, ready.head, PATIENCE))
        assert came.signs
        assert "accepted-policy" not in (home / "anchor").read_text(), "it counts once"


def test_what_is_signed_although_it_is_older() -> None:
    """The exception: everything that is there was brought back, the anchor in the object store too."""
    older = [case for case in CASES if outcome(case) == "old"]
    assert {case.kind for case in older} == {"object"}
    assert all("new" not in (case.anchor, case.file, case.database, case.keys) for case in older)
