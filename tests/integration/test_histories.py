"""Random histories with pools, closings, amendments, returns and credits on a real database: what they come to is what
they come to in memory, also where much of it goes on at once."""

import random
from collections.abc import Iterator

import pytest
from support.databases import Database
from support.histories import History
from support.inside import Inside, inside
from support.memory import MemoryLedger
from support.parties import Party, enrolment, nonces
from support.revising import check_replay
from support.sectors import registry
from support.server import Posted, prepared_home
from support.witness import registry as installed

from ledger.client.audit.options import AuditOptions
from ledger.client.audit.run import audit
from ledger.core.receipts.receipt import Receipt
from ledger.core.record.kinds import Activation, Amendment, Closing, Organization
from ledger.service.audit_source.database import DatabaseSource
from ledger.service.posting.revision import reviser
from ledger.service.posting.revision import transaction as work
from ledger.store.batches import Head, lock_head
from ledger.store.database import Connection
from ledger.store.embedded import attach
from ledger.store.revisions import head_now

SEEDS = (1, 2)
STEPS = 120


@pytest.fixture
def inner() -> Iterator[Inside]:
    with prepared_home() as home, inside(home) as found:
        yield found


def history(seed: int) -> tuple[MemoryLedger, list[Party], list[Posted]]:
    """A ledger in memory by the rules of a new server, and what its plants have posted to it, in order."""
    memory = MemoryLedger(registry(), seed=seed)
    memory.activate_sets()
    told = History(memory, random.Random(seed))
    for _ in range(STEPS):
        told.step()
    parties = {plant.id: plant.party for plant in told.plants}
    return told.memory, list(parties.values()), [
        (parties[record.issuer], record) for record in told.memory.records
        if not isinstance(record, Organization | Activation)
    ]


def enrol(inner: Inside, parties: list[Party], seed: int) -> None:
    new = nonces(seed, "enrol")
    inner.post([
        (inner.registrar, enrolment(party, inner.registrar, inner.origin, next(new))) for party in parties
    ])


def check(inner: Inside) -> dict[str, object]:
    """The audit and a replay in memory; the figures of now."""
    async def run() -> object:
        source = DatabaseSource(inner.ledger.pool, inner.ledger.identity)
        return (await audit(source, installed(), AuditOptions(vkey=inner.vkey))).findings

    assert inner.run(run()) == []
    with Database(attach(inner.ledger.settings.home).owner_url) as database:
        return dict(check_replay(database, inner.origin).figures)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_history_in_requests_of_any_length(inner: Inside, seed: int) -> None:
    """In the order of memory every record is admitted, and every figure is the same, bit for bit."""
    memory, parties, posted = history(seed)
    lengths = random.Random(seed)
    enrol(inner, parties, seed)
    while posted:
        length = lengths.choice((1, 2, 5, 20, 60))
        inner.post(posted[:length])
        posted = posted[length:]
    assert memory.revisions
    assert check(inner) == memory.figures


@pytest.mark.parametrize("seed", SEEDS)
def test_a_history_whose_records_overtake_its_revisions(
    inner: Inside, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a revision is prepared, ahead of the lock and right before it, the next records go on; some rest on it, or
    it on what they take, and are refused. Whatever order comes of it: it is one that memory agrees with."""
    _, parties, posted = history(seed)
    enrol(inner, parties, seed)
    lengths = random.Random(seed)
    rest = iter(posted)
    admitted = [0]

    async def some() -> None:
        """The next records, up to a revision, which keeps its turn."""
        batch: list[Posted] = []
        for _ in range(lengths.randint(0, 4)):
            one = next(rest, None)
            if one is None or isinstance(one[1], Amendment | Closing):
                waiting.extend([one] if one is not None else [])
                break
            batch.append(one)
        admitted[0] += sum(isinstance(answer, Receipt) for answer in await inner.submit(batch))

    async def locking(connection: Connection) -> Head:
        await some()
        return await lock_head(connection)

    async def looking(connection: Connection) -> tuple[int, int]:
        await some()
        return await head_now(connection)

    monkeypatch.setattr(reviser, "lock_head", locking)
    monkeypatch.setattr(work, "head_now", looking)
    monkeypatch.setattr(work, "_NEAR", 1)
    waiting: list[Posted] = []
    revised = 0
    while (one := waiting.pop() if waiting else next(rest, None)) is not None:
        (answer,) = inner.run(inner.submit([one]))
        admitted[0] += isinstance(answer, Receipt)
        revised += isinstance(answer, Receipt) and isinstance(one[1], Amendment | Closing)
    assert revised
    assert admitted[0] > len(posted) / 2
    check(inner)
