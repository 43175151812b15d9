"""An audit that goes on where the last one ended: it says what one from zero says, and refuses another history."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from support.databases import Database, copied
from support.generator import generate, parties
from support.parties import enrolment, nonces
from support.revising import amend, change
from support.sectors import Make
from support.server import Posted, Server, environment, prepared_home
from support.witness import registry
from support.workshop import workshop

from ledger.admission.state import State
from ledger.client.audit.options import AuditOptions
from ledger.client.audit.report import AuditReport
from ledger.client.audit.run import audit
from ledger.client.audit.source.http import HttpSource, http_source
from ledger.client.audit.state.memory import LET_GO
from ledger.client.audit.state.registers import KEPT_WHOLE
from ledger.client.audit.state.store import AuditStore
from ledger.core.log.entry import parse_entry
from ledger.core.log.frontier import Frontier
from ledger.core.log.merkle import leaf_hash
from ledger.core.log.note import NoteSigner
from ledger.core.signatures.signing import SigningKey
from ledger.errors import ConfigurationError, Unavailable
from ledger.host.files.key_files import LOG_KEY, read_key
from ledger.service.audit_source.database import DatabaseSource
from ledger.service.heads.keyring import vkey_of
from ledger.service.setup import Identity
from ledger.store.database import open_pool
from ledger.store.embedded import EmbeddedPostgres

SEED, SIZE = 11, 420
PARTS = 6
COUNTS = ("entries", "signatures", "figures", "recomputed", "erased")


class Grown(NamedTuple):
    """A log of a network, audited at several sizes. `early` is a copy of the database as it was in the middle, `state`
    what an audit of the whole has left; `reports` are of each step from the state of the one before, of the whole from
    zero, and of the whole with next to nothing kept in memory."""

    identity: Identity
    postgres: EmbeddedPostgres
    early: str
    state: Path
    steps: list[AuditReport]
    zero: AuditReport
    spilled: AuditReport


def by_http(server: Server, **options: object) -> AuditReport:
    async def run() -> AuditReport:
        async with http_source(server.url) as source:
            return await audit(source, registry(), AuditOptions(vkey=server.vkey, **options))  # type: ignore[arg-type]

    return asyncio.run(run())


def records(server: Server) -> list[Posted]:
    new = nonces(SEED, "enrol")
    enrolled = [(server.registrar, enrolment(one, server.registrar, server.origin, next(new)))
                for one in parties(SEED, SIZE)]
    return [*enrolled, *generate(SEED, SIZE)]


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grown]:
    state = tmp_path_factory.mktemp("state") / "audit.state"
    steps: list[AuditReport] = []
    with prepared_home() as home, EmbeddedPostgres(home) as postgres:
        with Server(home, postgres.owner_url) as server:
            posted = records(server)
            bounds = [len(posted) * i // PARTS for i in range(PARTS + 1)]
            parts = [posted[start:end] for start, end in pairwise(bounds)]
            steps += audited_parts(server, parts[: PARTS // 2], state)
        # A database can be copied when nobody is connected to it.
        with copied(postgres) as early:
            with Server(home, postgres.owner_url) as server:
                steps += audited_parts(server, parts[PARTS // 2 :], state)
                zero, spilled = by_http(server), by_http(server, lots_in_memory=5)
                signer = NoteSigner(server.origin, read_key(home / LOG_KEY).private)
                identity = Identity(server.origin, server.vkey, signer)
            yield Grown(identity, postgres, early.url, state, steps, zero, spilled)


def audited_parts(server: Server, parts: list[list[Posted]], state: Path) -> list[AuditReport]:
    """Every other time with next to nothing in memory."""
    found = []
    for i, part in enumerate(parts):
        server.post(part)
        found.append(by_http(server, state=state, lots_in_memory=60_000 if i % 2 else 5))
    return found


def counts(report: AuditReport) -> AuditReport:
    """What does not depend on where an audit began."""
    return msgspec.structs.replace(report, start=0, balances=0, earlier={}, notes=[])


def test_step_by_step_it_says_what_one_from_zero_says(grown: Grown) -> None:
    assert [step.findings for step in grown.steps] == [[]] * PARTS
    assert counts(grown.steps[-1]) == counts(grown.zero)
    assert [step.start for step in grown.steps] == [0, *[step.size for step in grown.steps[:-1]]]
    assert grown.zero.ok
    assert grown.zero.recomputed > 150
    assert grown.zero.balances > 300
    for name in COUNTS:
        assert sum(step.counted(name) for step in grown.steps) == getattr(grown.zero, name) == grown.zero.counted(name)
    for step in grown.steps[1:]:
        assert 0 < step.balances < grown.zero.balances
        (note,) = [note for note in step.notes if note.startswith("balances")]
        assert note == (f"balances were compared only of the {step.balances} lots that entries from {step.start} on "
                        "touch")


def test_with_next_to_nothing_in_memory_it_says_the_same(grown: Grown) -> None:
    assert grown.spilled == grown.zero


def test_a_state_holds_all_that_a_state_is() -> None:
    """Whoever adds something that rules read says how an audit keeps it."""
    assert set(vars(State("origin"))) == KEPT_WHOLE | LET_GO | {"used", "pool_ids", "taken", "enrolled"}


class Copy:
    """A database that holds a log, audited with its own copy of the state."""

    def __init__(self, grown: Grown, database: Database, folder: Path) -> None:
        self.grown = grown
        self.database = database
        self.state = folder / "audit.state"
        self.state.write_bytes(grown.state.read_bytes())

    def audit(self, *, full_balances: bool = False) -> AuditReport:
        return self.database.run(self._audit(full_balances))

    async def _audit(self, full_balances: bool) -> AuditReport:
        pool = await open_pool(self.database.url)
        try:
            return await audit(
                DatabaseSource(pool, self.grown.identity), registry(),
                AuditOptions(state=self.state, full_balances=full_balances),
            )
        finally:
            await pool.close()

    def findings(self, *, full_balances: bool = False) -> list[tuple[str, int | None]]:
        return [(one.rule, one.index) for one in self.audit(full_balances=full_balances).findings]

    def untouched(self) -> bool:
        return self.state.read_bytes() == self.grown.state.read_bytes()


@pytest.fixture
def copy(grown: Grown, tmp_path: Path) -> Iterator[Copy]:
    with copied(grown.postgres) as database:
        yield Copy(grown, database, tmp_path)


def test_nothing_new(copy: Copy) -> None:
    report = copy.audit()
    assert report.ok, report.findings
    assert (report.start, report.balances) == (report.size, 0)
    assert [report.counted(name) for name in COUNTS] == [0] * len(COUNTS)
    assert copy.audit(full_balances=True).balances == copy.grown.zero.balances


def test_a_log_that_was_rolled_back(grown: Grown, tmp_path: Path) -> None:
    with Database(grown.early) as database:
        copy = Copy(grown, database, tmp_path)
        (finding,) = copy.audit().findings
    assert (finding.rule, finding.index) == ("consistency", grown.steps[PARTS // 2 - 1].size)
    assert f"lacks {grown.zero.size - grown.steps[PARTS // 2 - 1].size} of" in finding.message
    assert copy.untouched()


def rewrite(copy: Copy, index: int) -> None:
    """Another log under the same key: one entry is changed, and all that is above it."""
    entries = [row["data"] for row in copy.database.fetch("SELECT data FROM entry ORDER BY index")]
    entries[index] = parse_entry(entries[index])._replace(outcome=bytes(32)).to_bytes()
    hashes = [leaf_hash(entry) for entry in entries]
    copy.database.tamper("UPDATE entry SET data = $1, leaf_hash = $2 WHERE index = $3",
                         entries[index], hashes[index], index)
    full = [hashes[start : start + 256] for start in range(0, len(hashes) // 256 * 256, 256)]
    for place, tile in enumerate(full):
        copy.database.tamper("UPDATE tile SET hashes = $1, root = $2 WHERE index = $3", b"".join(tile),
                             Frontier().extended(tile).root(), place)
    frontier = Frontier().extended(hashes)
    copy.database.tamper("UPDATE head SET root = $1, frontier = $2", frontier.root(), frontier.to_bytes())


def test_a_log_that_was_forked(copy: Copy) -> None:
    rewrite(copy, 30)
    (finding,) = copy.audit().findings
    assert (finding.rule, finding.index) == ("consistency", None)
    assert "it was forked" in finding.message
    assert copy.untouched()


def test_a_log_that_was_forked_and_went_on(grown: Grown, tmp_path: Path) -> None:
    """The state is of the middle of the log; the fork is as long as the whole, and hashes up."""
    with Database(grown.early) as early, copied(grown.postgres) as later:
        copy = Copy(grown, early, tmp_path)
        copy.state.unlink()
        assert copy.audit().ok
        forked = Copy(grown, later, tmp_path)
        forked.state.write_bytes(copy.state.read_bytes())
        rewrite(forked, 30)
        (finding,) = forked.audit().findings
    assert finding.rule == "consistency"
    assert f"the log of {grown.zero.size} entries does not extend" in finding.message


@pytest.mark.parametrize("full", [False, True])
def test_a_balance_that_nothing_touched(copy: Copy, full: bool) -> None:
    """It is found when it is asked for, and the report says where it was not looked at."""
    (row,) = copy.database.fetch("SELECT lot FROM balance WHERE remaining > 0 ORDER BY lot LIMIT 1")
    copy.database.tamper("UPDATE balance SET remaining = 0 WHERE lot = $1", row["lot"])
    assert copy.findings(full_balances=full) == ([("balances", row["lot"] // 1024)] if full else [])


@pytest.mark.parametrize("what", ["registrar", "vkey", "origin"])
def test_the_state_of_another_log(copy: Copy, what: str) -> None:
    origin = copy.grown.identity.origin if what == "vkey" else "another.log"
    key = vkey_of(NoteSigner(origin, SigningKey.from_seed(bytes(32)).private))
    name, value = ("registrar", "0" * 64) if what == "registrar" else ("vkey", key)

    async def run() -> AuditReport:
        pool = await open_pool(copy.database.url)
        try:
            return await audit(
                DatabaseSource(pool, copy.grown.identity), registry(), AuditOptions(state=copy.state, **{name: value}),
            )
        finally:
            await pool.close()

    with pytest.raises(ConfigurationError, match=f"the state belongs to a log whose {name} is"):
        copy.database.run(run())


@pytest.mark.parametrize("content", [b"not a state", b"SQLite format 3\0" + bytes(84), bytes(4096)])
def test_a_file_that_is_no_state(copy: Copy, content: bytes) -> None:
    copy.state.write_bytes(content)
    with pytest.raises(ConfigurationError):
        copy.audit()
    assert copy.state.read_bytes() == content


def test_a_finding_leaves_the_state_as_it_was(grown: Grown, tmp_path: Path) -> None:
    with Database(grown.early) as early, copied(grown.postgres) as later:
        copy = Copy(grown, early, tmp_path)
        copy.state.unlink()
        assert copy.audit().ok
        kept = copy.state.read_bytes()
        tampered = Copy(grown, later, tmp_path)
        tampered.state.write_bytes(kept)
        lot = later.one("SELECT max(lot) FROM figure")
        later.tamper("UPDATE figure SET burdens[1] = burdens[1] + 1 WHERE lot = $1", lot)
        assert tampered.findings() == [("figures", lot // 1024)]
        assert tampered.state.read_bytes() == kept
        # The same finding again, and from zero too.
        assert tampered.findings() == [("figures", lot // 1024)]


class Ending(HttpSource):
    """A server that stops answering in the middle; `kill`: the audit itself is killed there."""

    kill = False

    async def pages(self, size: int, start: int = 0) -> AsyncIterator[bytes]:
        async for page in super().pages(size // 2, start):
            yield page
        if self.kill:
            os.kill(os.getpid(), signal.SIGKILL)
        raise Unavailable("gone", code="server-down")


def test_what_is_cut_off_leaves_no_half_state(tmp_path: Path) -> None:
    """By the server, by a kill; the next audit begins where the last whole one ended."""
    state = tmp_path / "audit.state"
    with prepared_home() as home, Server(home) as server:
        mill = workshop(server, "mill", pot="1000")
        first = by_http(server, state=state)
        server.post([mill.make({f"made-{i}": "1"}, {"pot": "1"}) for i in range(40)])
        for kill in ("False", "True"):
            done = subprocess.run(
                [sys.executable, "-c", CUT_OFF, server.url, server.vkey, str(state), kill],
                env=environment(home), capture_output=True, text=True, timeout=120, check=False,
            )
            assert done.returncode == (-signal.SIGKILL if kill == "True" else 1), done.stderr
            assert ("gone" in done.stderr) == (kill == "False")
        report = by_http(server, state=state)
    assert report.ok, report.findings
    assert (report.start, report.entries) == (first.size, first.size + 40)


CUT_OFF = """
import asyncio, sys
from pathlib import Path
import httpx
from integration.test_audit_state import Ending
from ledger.client.audit.options import AuditOptions
from ledger.client.audit.run import audit
from ledger.client.http import Reader
from support.witness import registry

async def run(url, vkey, state, kill):
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        source = Ending(Reader(client))
        source.kill = kill == "True"
        await audit(source, registry(), AuditOptions(vkey=vkey, state=Path(state), lots_in_memory=1))

asyncio.run(run(*sys.argv[1:]))
"""


def test_two_audits_with_one_state(tmp_path: Path) -> None:
    state = tmp_path / "audit.state"

    with prepared_home() as home, Server(home) as server:
        other = AuditStore(state)
        with pytest.raises(ConfigurationError, match="cannot be used as the state"):
            by_http(server, state=state)
        other.close()
        assert by_http(server, state=state).ok


def test_a_log_whose_records_are_revised_later(tmp_path: Path) -> None:
    """The state was taken when nothing was revised yet: what a revision reaches back to is in it."""
    state = tmp_path / "audit.state"
    with prepared_home() as home, Server(home) as server:
        mill = workshop(server, "mill", pot="1000")
        made = mill.make({"made": "10"}, {"pot": "10"})
        server.post([made])
        first = by_http(server, state=state)
        server.post([amend(mill, change(made, activity=Make(co2="9"))), mill.use({"made": "1"})])
        report, zero = by_http(server, state=state), by_http(server)
    assert report.ok, report.findings
    assert report.start == first.size
    assert counts(report) == counts(zero)


def test_on_the_command_line(tmp_path: Path) -> None:
    state = tmp_path / "audit.state"
    with prepared_home() as home, Server(home) as server:
        first = msgspec.json.decode(server.audit("--json", "--state", str(state)).stdout)
        workshop(server, "mill", pot="1000")
        again = server.audit("--json", "--state", str(state))
        assert again.returncode == 0, again.stderr
        report = msgspec.json.decode(again.stdout)
        assert (report["start"], report["ok"]) == (first["size"], True)
        told = server.audit("--state", str(state))
        assert f"from        entry {report['size']}, where the last audit ended" in told.stdout


