"""Who amends the same record again and again: others are served in between, what the amendments share is loaded once,
by the server and by an audit, and each is an entry of its own whose results a replay gives."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any, Final

import pytest
from support.databases import Database
from support.inside import Inside, inside
from support.revising import amend, change, check_replay, co2e, revised_by
from support.sectors import Make
from support.server import Posted, Server
from support.workshop import Workshop, kilograms, workshop

from ledger.client.audit.state.store_revisions import Pasts
from ledger.core.receipts.receipt import Receipt
from ledger.core.record.values import Flow
from ledger.errors import Overloaded
from ledger.service.posting import sequencer
from ledger.service.posting.revision import loading, reviser
from ledger.service.posting.revision.reviser import Reviser
from ledger.service.posting.sequencer import Sequencer
from ledger.store.batches import lock_head
from ledger.store.embedded import attach

pytestmark = pytest.mark.usefixtures("audited_server")

CHAIN: Final = 12
"""Records that descend from the root."""


@pytest.fixture(scope="module")
def inner(serving: Server) -> Iterator[Inside]:
    with inside(serving.home) as found:
        yield found


@pytest.fixture
def database(server: Server) -> Iterator[Database]:
    """Afterwards everything is as a replay in memory says."""
    with Database(attach(server.home).owner_url) as found:
        yield found
        check_replay(found, server.origin)


class Queue:
    """Posts requests that arrive one after the other while the first revision waits before the lock of the head."""

    def __init__(self, inner: Inside, patch: pytest.MonkeyPatch) -> None:
        self._inner = inner
        self._arrived = asyncio.Event()
        self._open = asyncio.Event()
        append = Reviser.append

        async def arriving(itself: Reviser, submission: Any, trace: Any = None) -> Any:
            self._arrived.set()
            return await append(itself, submission, trace)

        async def gated(connection: Any) -> Any:
            await self._open.wait()
            return await lock_head(connection)

        patch.setattr(Reviser, "append", arriving)
        patch.setattr(reviser, "lock_head", gated)

    def post(self, revisions: Sequence[Posted], appended: Sequence[Posted] = ()) -> list[Receipt]:
        """Revisions, a request each; `appended` are on the log before the first of them is."""

        async def run() -> list[Receipt]:
            tasks = list[asyncio.Task[list[Receipt]]]()
            for one in revisions:
                self._arrived.clear()
                tasks.append(asyncio.create_task(self._inner.must([one])))
                await self._arrived.wait()
            await self._inner.must(appended)
            self._open.set()
            return [receipt for (receipt,) in await asyncio.gather(*tasks)]

        return self._inner.run(run())

    def post_at_once(self, revisions: Sequence[Posted], refused: int) -> list[list[Receipt] | BaseException]:
        """Revisions that wait together, until so many of them are refused."""

        async def run() -> list[list[Receipt] | BaseException]:
            tasks = [asyncio.create_task(self._inner.must([one])) for one in revisions]
            while sum(task.done() for task in tasks) < refused:
                await asyncio.wait([task for task in tasks if not task.done()], return_when=asyncio.FIRST_COMPLETED)
            self._open.set()
            return await asyncio.gather(*tasks, return_exceptions=True)

        return self._inner.run(run())


@pytest.fixture
def queue(inner: Inside, monkeypatch: pytest.MonkeyPatch) -> Queue:
    return Queue(inner, monkeypatch)


class Chained:
    """A root of 100 kg, and records that each take what the one before has made."""

    def __init__(self, inner: Inside, shop: Workshop) -> None:
        self.shop = shop
        self.root = shop.mine("c0", "100", co2="50")
        inner.post([self.root, *[shop.make({f"c{i}": "100"}, {f"c{i - 1}": "100"}) for i in range(1, CHAIN + 1)]])

    def amendments(self, *co2: int) -> list[Posted]:
        """Each says another emission of the root."""
        return [amend(self.shop, change(self.root, activity=Make(co2=str(one)))) for one in co2]


@pytest.fixture
def chained(inner: Inside, shop: Workshop) -> Chained:
    return Chained(inner, shop)


def test_another_s_amendment_is_next(
    server: Server, inner: Inside, database: Database, chained: Chained, queue: Queue
) -> None:
    """Of eight amendments that wait, all but the last are one organisation's: the last one is the second that is done,
    and the others keep their order."""
    other = workshop(server, f"{chained.shop.id.rpartition(':')[2]}-honest")
    own = other.mine("own", "10", co2="5")
    inner.post([own])
    late = amend(other, change(own, activity=Make(co2="6")))
    first, *rest, last = queue.post([*chained.amendments(*range(60, 67)), late])
    assert first.index < last.index < rest[0].index
    assert [one.index for one in rest] == sorted(one.index for one in rest)
    assert co2e(server, chained.shop, "c0", f"c{CHAIN}") == pytest.approx([66, 66 + CHAIN], rel=1e-12)


def test_so_many_of_an_organisation_wait(
    database: Database, chained: Chained, queue: Queue, inner: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Further ones are refused at once, and admitted when they are posted again later."""
    monkeypatch.setattr(reviser, "MOST_OF_ISSUER", 3)
    amendments = chained.amendments(*range(60, 65))
    answers = queue.post_at_once(amendments, refused=2)
    refused = [amendments[i] for i, answer in enumerate(answers) if isinstance(answer, Overloaded)]
    assert len(refused) == 2, answers
    assert len([answer for answer in answers if isinstance(answer, list)]) == 3, answers
    inner.post(refused)


def test_another_s_records_are_in_the_next_batch(
    server: Server, inner: Inside, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten requests of one organisation wait, two fit into a batch; a request of another one that comes last is in the
    second batch."""
    other = workshop(server, f"{shop.id.rpartition(':')[2]}-honest", pot="10")
    monkeypatch.setattr(sequencer, "MAX_FLOWS", 6)
    batches = list[list[str]]()
    arrived, begun, opened = asyncio.Event(), asyncio.Event(), asyncio.Event()
    run_batch, append = Sequencer._append, Sequencer.append

    async def gated(itself: Sequencer, units: Any, watch: Any) -> Any:
        begun.set()
        await opened.wait()
        batches.append([unit.items[0].submission.record.issuer for unit in units])
        return await run_batch(itself, units, watch)

    async def arriving(itself: Sequencer, unit: Any) -> Any:
        arrived.set()
        return await append(itself, unit)

    monkeypatch.setattr(Sequencer, "_append", gated)
    monkeypatch.setattr(Sequencer, "append", arriving)
    posted = [*[shop.make({f"x{i}": "1"}, {"pot": "1"}) for i in range(10)], other.make({"y": "1"}, {"pot": "1"})]

    async def run() -> None:
        tasks = list[asyncio.Task[list[Receipt]]]()
        for one in posted:
            arrived.clear()
            tasks.append(asyncio.create_task(inner.must([one])))
            await arrived.wait()
            await begun.wait()
        opened.set()
        await asyncio.gather(*tasks)

    inner.run(run())
    assert ([len(batch) for batch in batches], batches[1]) == ([1, 2, 2, 2, 2, 2], [other.id, shop.id])


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The records that revisions of this process load, by log index."""
    found = list[int]()
    real = loading.read_past

    async def reading(connection: Any, records: Sequence[int]) -> Any:
        found.extend(records)
        return await real(connection, records)

    monkeypatch.setattr(loading, "read_past", reading)
    return found


def test_what_waits_together_is_loaded_once(
    server: Server, inner: Inside, database: Database, chained: Chained, queue: Queue, loaded: list[int]
) -> None:
    """Six amendments of one record. While the first one waits a taker comes, which descends from the root as well; and
    another's amendment is done in between, of what has nothing to do with it."""
    shop = chained.shop
    other = workshop(server, f"{shop.id.rpartition(':')[2]}-honest")
    own = other.mine("own", "10", co2="5")
    inner.post([own])
    taker = shop.make({"late": "10"}, {"c12": "10"})
    receipts = queue.post(
        [*chained.amendments(*range(60, 66)), amend(other, change(own, activity=Make(co2="6")))], [taker])
    assert (sorted(loaded), len(loaded)) == (sorted(set(loaded)), CHAIN + 3)
    assert [len(revised_by(one)) for one in receipts] == [CHAIN + 2] * 6 + [1]
    assert len({one.index for one in receipts}) == 7
    assert co2e(server, shop, "c12", "late") == pytest.approx([65 + CHAIN, 6.5 + CHAIN / 10 + 1], rel=1e-12)


def test_what_another_revision_has_changed_is_loaded_anew(
    server: Server, inner: Inside, database: Database, chained: Chained, queue: Queue, loaded: list[int]
) -> None:
    """The amendment that is done in between makes a record take from what descends from the root, 5 of 100 kg."""
    shop = chained.shop
    smith = workshop(server, f"{shop.id.rpartition(':')[2]}-smith", own="50")
    made = smith.make({"made": "5"}, {"own": "5"})
    inner.post([shop.send("c12", "10", smith, "sent"), made])
    taken = [Flow(lot=shop.name("sent"), quantity=kilograms("5"))]
    receipts = queue.post([*chained.amendments(60, 61, 62, 63), amend(smith, change(made, inputs=taken))])
    assert [len(revised_by(one)) for one in receipts] == [CHAIN + 2, *[CHAIN + 3] * 3, 1]
    assert (len(loaded), co2e(server, shop, "c12")) == (2 * CHAIN + 6, pytest.approx([63 + CHAIN], rel=1e-12))
    assert co2e(server, smith, "made") == pytest.approx([(63 + CHAIN) / 20 + 1], rel=1e-12)


def test_an_audit_loads_them_once(
    inner: Inside, database: Database, chained: Chained, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What five amendments share is read from the audit's book once; with next to nothing in memory the same holds."""
    queue.post(chained.amendments(*range(60, 65)), [chained.shop.make({"late": "10"}, {"c12": "10"})])
    found = list[int]()
    read = Pasts.read

    def reading(itself: Pasts, indexes: Any) -> Any:
        indexes = list(indexes)
        found.extend(indexes)
        return read(itself, indexes)

    monkeypatch.setattr(Pasts, "read", reading)
    report = inner.audited()
    assert report.ok, report.findings
    newest = {index for index in found if found.count(index) > 1}
    assert not newest & set(range(report.size - CHAIN - 7, report.size)), newest


