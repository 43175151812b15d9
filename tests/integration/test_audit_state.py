"""An audit that goes on where the last one ended: it says what one from zero says, at each size and from each size on,
and refuses another history. What the log erases leaves the auditor's file too, in every byte."""

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import pytest
from integration.test_erasure import SECRET, erase, ore, secret
from msgspec.structs import replace
from support.databases import Database, copied
from support.generator import generate, parties
from support.histories import History
from support.inside import Inside, inside
from support.memory import MemoryLedger
from support.parties import enrolment, nonces
from support.revising import amend, change, close, digest_of, gas, reopen
from support.sectors import Make
from support.sectors import registry as sectors
from support.server import Posted, Server, environment, prepared_home
from support.witness import registry
from support.workshop import END, START, Workshop, kilograms, workshop

from ledger.admission.facts import RecordFacts
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
from ledger.core.record import canonical
from ledger.core.record.kinds import Activation, Declaration, Erasure, Organization
from ledger.core.record.values import Evidence, Supply
from ledger.core.signatures.signing import SigningKey
from ledger.errors import ConfigurationError, Unavailable
from ledger.host.files.key_files import LOG_KEY, read_key
from ledger.service.audit_source.database import DatabaseSource
from ledger.service.erasure.erase import carry_out
from ledger.service.heads.keyring import vkey_of
from ledger.service.setup import Identity
from ledger.store.database import open_pool
from ledger.store.embedded import EmbeddedPostgres, attach

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
    assert ([step.findings for step in grown.steps], counts(grown.steps[-1])) == ([[]] * PARTS, counts(grown.zero))
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
        assert (tampered.findings(), tampered.state.read_bytes()) == ([("figures", lot // 1024)], kept)
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


def test_what_is_cut_off_leaves_no_half_state(server: Server, shop: Workshop, tmp_path: Path) -> None:
    """By the server, by a kill; the next audit begins where the last whole one ended."""
    state = tmp_path / "audit.state"
    first = by_http(server, state=state)
    server.post([shop.make({f"made-{i}": "1"}, {"pot": "1"}) for i in range(40)])
    for kill in ("False", "True"):
        done = subprocess.run(
            [sys.executable, "-c", CUT_OFF, server.url, server.vkey, str(state), kill],
            env=environment(server.home), capture_output=True, text=True, timeout=120, check=False,
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


def test_two_audits_with_one_state(server: Server, tmp_path: Path) -> None:
    state = tmp_path / "audit.state"
    other = AuditStore(state)
    with pytest.raises(ConfigurationError, match="cannot be used as the state"):
        by_http(server, state=state)
    other.close()
    assert by_http(server, state=state).ok


def test_a_log_whose_records_are_revised_later(server: Server, shop: Workshop, tmp_path: Path) -> None:
    """The state was taken when nothing was revised yet: what a revision reaches back to is in it."""
    state = tmp_path / "audit.state"
    made = shop.make({"made": "10"}, {"pot": "10"})
    server.post([made])
    first = by_http(server, state=state)
    server.post([amend(shop, change(made, activity=Make(co2="9"))), shop.use({"made": "1"})])
    report, zero = by_http(server, state=state), by_http(server)
    assert report.ok, report.findings
    assert (report.start, counts(report)) == (first.size, counts(zero))


def test_on_the_command_line(server: Server, tmp_path: Path) -> None:
    state = tmp_path / "audit.state"
    first = msgspec.json.decode(server.audit("--json", "--state", str(state)).stdout)
    workshop(server, "commanded", pot="1000")
    again = server.audit("--json", "--state", str(state))
    assert again.returncode == 0, again.stderr
    report = msgspec.json.decode(again.stdout)
    assert (report["start"], report["ok"]) == (first["size"], True)
    told = server.audit("--state", str(state))
    assert f"from        entry {report['size']}, where the last audit ended" in told.stdout


SAID = [Evidence(digest="ef" * 32, media_type="text/plain", kind=SECRET)]


class Written:
    """A log of a mill whose records hold the words, by name; those of `made` come before those of `revised`."""

    def __init__(self, server: Server, name: str) -> None:
        mill = self.mill = Workshop(name)
        (_, site), part = mill.opening()
        declared = mill.signed(Declaration(
            issuer=mill.id, nonce=mill.nonce(), start=START, end=END, basis="study", boundary="cradleToGate",
            burdens={"fossilGhgEmissions": "3"}, per=kilograms("1"), evidence=SAID,
        ))
        self.paint = Supply(material="paint", quantity=kilograms("5"), declaration=digest_of(declared))
        site = mill.signed(replace(site, industry=SECRET[:25]))
        a = secret(mill.make({"a": "100"}, supplies=[ore("100"), self.paint]))
        p = mill.make({"p": "100"}, supplies=[replace(ore("100"), description=SECRET)], basis="provisional")
        self.made = {"site": site, "part": part, "declared": declared, "a": a, "p": p}
        amendment = amend(mill, change(a, activity=Make(co2="9"), evidence=SAID))
        self.revised = {"amendment": amendment, "closing": close(mill, replace(gas("40"), description=SECRET))}
        server.post([mill.enrolment(server), *self.made.values()])

    def later(self) -> list[Posted]:
        """Records that rest on all of them."""
        mill = self.mill
        return [
            reopen(mill, self.revised["closing"]),
            mill.make({"b": "10"}, {"a": "5", "p": "5"}, supplies=[self.paint]), close(mill),
        ]


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    found = tmp_path / "audit.state"
    yield found
    assert [one.name for one in tmp_path.iterdir()] == [found.name]


def words(state: Path) -> int:
    """How often any of the words stand in the file."""
    return state.read_bytes().count(SECRET[:25].encode())


@pytest.mark.parametrize("between", [False, True], ids=["erased at once", "audited between"])
def test_no_byte_of_it_is_left(server: Server, state: Path, between: bool) -> None:
    """Of posted records, of what was made of them, and of what revised them; audits go on over what is left."""
    written = Written(server, f"mill-{between}")
    assert by_http(server, state=state).ok
    assert words(state) >= 4
    server.post(list(written.revised.values()))
    if between:
        before = words(state)
        assert by_http(server, state=state).ok
        assert words(state) > before
    erase(server, written.mill, *written.revised.values())
    erase(server, written.mill, *[one for name, one in written.made.items() if name != "part"])
    report = by_http(server, state=state)
    assert report.ok, report.findings
    assert words(state) == 0
    server.post(written.later())
    report, zero = by_http(server, state=state), by_http(server)
    assert (report.findings, zero.findings) == ([], [])
    assert counts(replace(report, erased=0, recomputed=0)) == counts(replace(zero, erased=0, recomputed=0))
    assert words(state) == 0


def test_what_could_not_be_swept_is_swept_later(state: Path) -> None:
    """An audit that is killed after its commit, and before the file was written anew."""
    book = AuditStore(state)
    book.write_records([(f"{i:064x}", RecordFacts(i, "product", SECRET)) for i in range(1_000)])
    book.commit()
    book.write_records([(f"{i:064x}", RecordFacts(i, "product", "nobody")) for i in range(1_000)])
    book.forget()
    book._sweep = _killed  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        book.commit()
    book.close()
    size = state.stat().st_size
    AuditStore(state).close()
    assert words(state) == 0
    assert state.stat().st_size < size


def _killed() -> None:
    raise KeyboardInterrupt


def test_where_another_one_reads_it_meanwhile(state: Path) -> None:
    """What cannot be swept is said; the next one does it."""
    book = AuditStore(state)
    book.commit()
    book.forget()
    swept = book._sweep
    with closing(sqlite3.connect(state)) as reader:
        def in_use() -> None:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM fact").fetchone()
            swept()

        book._sweep = in_use  # type: ignore[method-assign]
        with pytest.raises(ConfigurationError, match="may still hold erased data") as error:
            book.commit()
    book.close()
    assert error.value.field == "state"
    again = AuditStore(state)
    assert again.fact("unswept") is None
    again.close()


SEEDS: Final = (2,)
STEPS: Final = 120
ERASED_EVERY: Final = 12
BATCHES: Final = (1, 1, 1, 2, 5)


class Revised(NamedTuple):
    """A log that was audited after each request: the states that this left, the reports from the one before and from
    zero, in order."""

    inner: Inside
    states: list[Path]
    steps: list[AuditReport]
    zeros: list[AuditReport]


@pytest.fixture(scope="module", params=SEEDS)
def revised(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Revised]:
    seed, folder = request.param, tmp_path_factory.mktemp("states")
    state = folder / "audit.state"
    with prepared_home() as home, inside(home) as inner:
        revised = Revised(inner, [], [], [])
        for i, batch in enumerate(batches(inner, seed)):
            inner.run(inner.submit(batch))
            inner.run(carry_out(attach(home).owner_url))
            revised.steps.append(audited(inner, state, 60_000 if i % 2 else 3))
            revised.zeros.append(audited(inner, None, 3 if i % 2 else 60_000))
            revised.states.append(folder / f"{i}.state")
            revised.states[-1].write_bytes(state.read_bytes())
        yield revised


def batches(inner: Inside, seed: int) -> Iterator[list[Posted]]:
    """What plants post, and now and then the erasure of something that they have posted. An erasure is refused of what
    is amended, and so is what changes an erased record."""
    told = History(MemoryLedger(sectors(), seed=seed), random.Random(seed))
    for _ in range(STEPS):
        told.step()
    parties = {plant.id: plant.party for plant in told.plants}
    new, chance = nonces(seed, "enrol"), random.Random(seed)
    yield [(inner.registrar, enrolment(one, inner.registrar, inner.origin, next(new))) for one in parties.values()]
    posted = [(parties[record.issuer], record) for record in told.memory.records
              if not isinstance(record, Organization | Activation)]
    done = 0
    while done < len(posted):
        length = chance.choice(BATCHES)
        batch = posted[done : done + length]
        if done // ERASED_EVERY < (done + length) // ERASED_EVERY:
            _, named = posted[chance.randrange(done + 1)] if done else posted[0]
            digest = canonical.digest(canonical.encode(named)).hex()
            batch = [*batch, (inner.registrar, Erasure(
                issuer=inner.registrar.id, nonce=next(new), record=digest, legal_basis="GDPR"))]
        yield batch
        done += length


def audited(inner: Inside, state: Path | None, lots_in_memory: int) -> AuditReport:
    async def run() -> AuditReport:
        source = DatabaseSource(inner.ledger.pool, inner.ledger.identity)
        return await audit(
            source, registry(), AuditOptions(vkey=inner.vkey, state=state, lots_in_memory=lots_in_memory),
        )

    return inner.run(run())


def comparable(report: AuditReport) -> AuditReport:
    """Without where the audit began, and without how many records were recomputed: one that was erased since the state
    was recomputed before."""
    return msgspec.structs.replace(report, start=0, balances=0, earlier={}, notes=[], recomputed=0, erased=0)


def test_every_step_says_what_one_from_zero_says(revised: Revised) -> None:
    for step, zero in zip(revised.steps, revised.zeros, strict=True):
        assert step.findings == zero.findings == []
        assert comparable(step) == comparable(zero)
        assert zero.recomputed <= step.recomputed <= zero.recomputed + zero.erased
    assert [step.start for step in revised.steps] == [0, *[step.size for step in revised.steps[:-1]]]
    assert {"Addition", "Amendment", "Closing", "Erasure", "Pool", "Reopening"} <= revised.zeros[-1].records.keys()
    assert revised.zeros[-1].erased > 3


def test_from_states_on(revised: Revised, tmp_path: Path) -> None:
    """Of each third state: to the end of the log in one step, and then once more, with nothing new."""
    state = tmp_path / "audit.state"
    for i, kept in list(enumerate(revised.states))[::3]:
        state.write_bytes(kept.read_bytes())
        report = audited(revised.inner, state, 3 if i % 2 else 60_000)
        assert (report.findings, report.start) == ([], revised.steps[i].size)
        assert comparable(report) == comparable(revised.zeros[-1])
        again = audited(revised.inner, state, 60_000)
        assert (again.ok, again.start) == (True, revised.zeros[-1].size)
        assert comparable(again) == comparable(revised.zeros[-1])


@pytest.mark.parametrize(("gone", "first"), [
    (None, False), ("starts = '2025-05-01T00:00:00Z'", False), ("true", False), ("true", True),
], ids=["stored", "gone", "all gone", "all gone before"])
def test_a_period_that_a_record_of_before_the_state_was_moved_to(
    tmp_path: Path, gone: str | None, first: bool
) -> None:
    """A closing would not find the record by it; a record that was posted final has none. `gone`: which periods are
    deleted, after the record was moved or `first`; a server that sees none takes it for one that was posted final."""
    state, mill = tmp_path / "audit.state", Workshop("mill")
    with prepared_home() as home, inside(home) as inner:
        made = mill.make({"made": "10"}, ore="10", basis="provisional")
        final = mill.make({"final": "10"}, ore="10")
        enrolled = (inner.registrar, enrolment(mill.party, inner.registrar, inner.origin, mill.nonce()))
        receipts = inner.post([enrolled, *mill.opening(), made, final])
        assert audited(inner, state, 60_000).ok
        later = {"start": "2025-05-01T00:00:00Z", "end": "2025-05-02T00:00:00Z"}
        move = amend(mill, change(made, **later, basis="final"), change(final, **later))
        with Database(attach(home).owner_url) as database:
            if not first:
                inner.post([move])
            if gone is not None:
                database.tamper(f"DELETE FROM provisional WHERE {gone}")
            if first:
                inner.post([move])
        found = [(one.rule, one.index) for one in audited(inner, state, 60_000).findings]
    assert found == ([("names", receipts[-2].index)] if gone else [])
