"""The uncertainty of a lot: how much it carries of every line upstream, and how uncertain these say they are."""

from collections.abc import AsyncIterator, Sequence

import msgspec

from ledger.admission.spreading import covered
from ledger.core.outcome.assessment import Assigned
from ledger.core.record.kinds import AnyRecord, Closing, Transformation
from ledger.core.record.units import plain
from ledger.core.record.values import Quantity
from ledger.footprint.derived.completeness import completeness_of, title_of
from ledger.footprint.derived.contributions import Upstream, Weights, contribution
from ledger.footprint.derived.uncertainty.answer import check_samples, uncertainty
from ledger.footprint.derived.uncertainty.origins import origins, states_amounts
from ledger.footprint.derived.uncertainty.sources import UncertaintyTerm, line_terms, rest_of
from ledger.footprint.stored.burdens import SLOT, ZERO, Vector, footprint, vector_of
from ledger.service.queries.chain.upstream import Behind, read_behind, read_records
from ledger.service.queries.threads import in_thread
from ledger.service.queries.uncertainty.answers import UncertaintyAnswer
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

SHOWN = 10
_record: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)


async def read_uncertainty(
    pool: DatabasePool, lot: str, at: int | None = None, samples: int = 0, seed: int = 0, top: int = SHOWN
) -> UncertaintyAnswer:
    """How uncertain a lot's figure is, now or in a tree of `at` entries; by Monte Carlo too where `samples` are asked
    for, with the `top` sources of its variance.

    Raises NotFound for an unknown lot; InvalidInput for a tree that is not, a number of samples or a seed that is out
    of bounds, too many samples for so many terms, and where too many records lie upstream.
    """
    check_samples(samples, seed)
    behind = await read_behind(pool, lot, at)
    work = _UncertaintyWork(behind.weights)
    async for records, closings in _read(pool, behind):
        await in_thread(work.take, records, closings)
    return await in_thread(_answer, behind, work, samples, seed, top)


class _Measured:
    """By which closing a record reads as it does, of those that stood in the tree."""

    def __init__(self, pool: DatabasePool, size: int) -> None:
        self._pool = pool
        self._size = size
        self._closings: dict[int, tuple[Closing, str]] = {}

    async def of(self, records: Sequence[Upstream]) -> dict[int, tuple[Closing, str]]:
        """By log index of the record the newest closing that covers it, and its digest; of those that say how uncertain
        their quantities are, since nothing depends on it of others."""
        read = {one.log_index: one.record for one in records if states_amounts(one.record)}
        rows = await self._pool.fetch(queries("uncertainty")["closings"], list(read), self._size) if read else []
        await self._load({row["closing"] for row in rows} - self._closings.keys())
        found: dict[int, tuple[Closing, str]] = {}
        for row in rows:
            record, closing = read[row["record"]], self._closings.get(row["closing"])
            if closing is not None and isinstance(record, Transformation) and covered(closing[0], record):
                found.setdefault(row["record"], closing)
        return found

    async def _load(self, indexes: set[int]) -> None:
        rows = await self._pool.fetch(queries("uncertainty")["bodies"], list(indexes)) if indexes else []
        for row in rows:
            record = _record.decode(row["body"])
            if isinstance(record, Closing):
                self._closings[row["index"]] = record, row["digest"]


async def _read(
    pool: DatabasePool, behind: Behind
) -> AsyncIterator[tuple[list[Upstream], dict[int, tuple[Closing, str]]]]:
    """The records of which the lot carries something, some at a time, with the closings that measured them."""
    measured = _Measured(pool, behind.moment.size)
    async for records in read_records(pool, behind):
        yield records, await measured.of(records)


class _UncertaintyWork:
    """The terms of the records so far."""

    def __init__(self, weights: Weights) -> None:
        self.terms: list[UncertaintyTerm] = []
        self.assigned = 0.0
        self.averaged = 0.0
        self._weights = weights

    def take(self, records: Sequence[Upstream], closings: dict[int, tuple[Closing, str]]) -> None:
        for one in records:
            self._add(one, closings.get(one.log_index))

    def _add(self, one: Upstream, closing: tuple[Closing, str] | None) -> None:
        index, assessment = one.log_index, one.assessment
        if one.weight:
            known = origins(one.record, *closing) if closing is not None else origins(one.record)
            self.terms += line_terms(one.weight, assessment.lines, index, origins=known)
        if assessment.assigned:
            self.assigned += self._certain(index, "assigned", assigned=assessment.assigned)
        if one.averaged:
            self.averaged += self._certain(index, "averaged", averaged=vector_of(one.averaged))

    def _certain(
        self, index: int, source: str, *, assigned: Sequence[Assigned] = (), averaged: Vector = ZERO
    ) -> float:
        """Kg CO2e that a record moved between lots: of a part that nobody states an uncertainty of."""
        amount = footprint(contribution(self._weights, index, ZERO, assigned, averaged))
        if amount:
            self.terms.append(UncertaintyTerm(amount, record=index, source=source))
        return amount


def _answer(behind: Behind, work: _UncertaintyWork, samples: int, seed: int, top: int) -> UncertaintyAnswer:
    row, burdens = behind.row, behind.burdens
    figure = footprint(burdens)
    rest = rest_of(work.terms, figure, burdens[SLOT["absGhg"]])
    terms = work.terms if rest is None else [*work.terms, rest]
    completeness = None if row["withdrawn"] else completeness_of(burdens)
    return UncertaintyAnswer(
        title=title_of(completeness, withdrawn=row["withdrawn"]), lot=behind.lot,
        quantity=Quantity(value=plain(row["quantity"]), unit=row["unit"]), at=behind.moment.size, method=row["method"],
        footprint=figure, unit=row["unit"], footprint_per_unit=figure / float(row["quantity"]),
        completeness="unknown" if completeness is None else f"{completeness * 100:.1f} %",
        records=sum(weight > 0.0 for weight in behind.weights.records.values()),
        uncertainty=uncertainty(terms, samples=samples, seed=seed, top=top), assigned=work.assigned,
        averaged=work.averaged, rest=0.0 if rest is None else rest.amount,
    )
