"""A batch that holds a record which nobody has foreseen: it fails alone, whatever it is that fails."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from support.databases import Database
from support.inside import Inside, inside
from support.parties import enrolment
from support.server import Posted, prepared_home
from support.waiting import until
from support.witness import registry
from support.workshop import Workshop

from ledger.client.audit.options import AuditOptions
from ledger.client.audit.run import audit
from ledger.core.receipts.receipt import Receipt
from ledger.engine import batch
from ledger.engine.row_buffer import RowBuffer
from ledger.errors import LedgerError
from ledger.service.audit_source.database import DatabaseSource
from ledger.store.embedded import attach

FAILS: dict[str, tuple[object, str, Callable[[str], object]]] = {
    # What it is in, what is replaced, and by what; each says whether it is about this lot.
    "a figure divides by zero": (batch, "outcome_of", lambda lot: _figures(lot, ZeroDivisionError())),
    "memory is short": (batch, "outcome_of", lambda lot: _figures(lot, MemoryError())),
    "a row cannot be encoded": (RowBuffer, "add_lot", lambda lot: _unencodable(lot)),
}


def _figures(lot: str, error: Exception) -> Callable[..., Any]:
    real = batch.outcome_of

    def outcome_of(prepared: Any, *rest: Any) -> Any:
        if any(created.facts.id == lot for created in prepared.plan.created):
            raise error
        return real(prepared, *rest)

    return outcome_of


def _unencodable(lot: str) -> Callable[..., None]:
    """Only COPY finds out, when rows of all records are on their way."""
    real = RowBuffer.add_lot

    def add_lot(self: RowBuffer, facts: Any, *rest: Any) -> None:
        real(self, facts, *rest)
        columns, rows = self.of("lot")
        if facts.id == lot:
            rows[-1] = tuple([
                "\ud800" if column == "unit" else value for column, value in zip(columns, rows[-1], strict=True)
            ])

    return add_lot


def together(inner: Inside, database: Database, posted: list[Posted]) -> list[Receipt | LedgerError]:
    """Posts each record as a request of its own. All wait for the lock, and make one batch, after a first one."""
    async def ask() -> list[Receipt | LedgerError]:
        asked = []
        for one in posted:
            asked.append(asyncio.create_task(inner.submit([one])))
            await asyncio.sleep(0)
        # The first one has the sequencer, which waits for the lock; the others gather behind it.
        waiting = vars(inner.ledger.sequencer)["_waiting"]
        await asyncio.to_thread(until, lambda: len(waiting) == len(posted) - 1)
        await asyncio.to_thread(database.execute, "ROLLBACK")
        return [answer for found in await asyncio.gather(*asked) for answer in found]

    database.execute("BEGIN")
    database.execute("SELECT * FROM head FOR UPDATE")
    return inner.run(ask())


@pytest.mark.parametrize("what", FAILS)
def test_a_record_fails_alone(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    with prepared_home() as home, inside(home) as inner, Database(attach(home).owner_url) as database:
        shop = Workshop("works")
        enrolled = enrolment(shop.party, inner.registrar, inner.origin, shop.nonce())
        inner.post([(inner.registrar, enrolled), *shop.opening(), shop.mine("pot", "100")])
        records = [shop.make({f"lot-{i}": "1"}, {"pot": "1"}) for i in range(6)]
        where, name, replacement = FAILS[what]
        with monkeypatch.context() as patched:
            patched.setattr(where, name, replacement(shop.name("lot-3")))
            answers = together(inner, database, records)
        failed = {i: answer.code for i, answer in enumerate(answers) if isinstance(answer, LedgerError)}
        assert failed == {3: "batch-failed"}, answers
        # Nothing of it is on the log: once it does not fail any more, it goes through like any other.
        (receipt,) = inner.post([records[3]])
        indexes = [answer.index for answer in answers if isinstance(answer, Receipt)]
        assert receipt.index == max(indexes) + 1
        assert sorted(indexes) == list(range(min(indexes), min(indexes) + 5))

        async def audited() -> Any:
            source = DatabaseSource(inner.ledger.pool, inner.ledger.identity)
            return await audit(source, registry(), AuditOptions(vkey=inner.vkey))

        assert inner.run(audited()).findings == []
