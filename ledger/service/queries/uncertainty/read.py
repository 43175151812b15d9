"""The uncertainty of a lot: how much it carries of every line upstream, and the uncertainty that each line states."""

from collections.abc import Sequence

import msgspec

from ledger.admission.closings.spreading import covered
from ledger.answers.uncertainty import UncertaintyAnswer
from ledger.core.outcome.assessment import QUESTIONED, Assigned
from ledger.core.record.kinds import AnyRecord, Closing, Transformation
from ledger.core.record.units import plain
from ledger.core.record.values import Quantity
from ledger.footprint.derived.completeness import WITHDRAWN, completeness_of
from ledger.footprint.derived.contributions import Upstream, Weights, contribution
from ledger.footprint.derived.uncertainty.answer import check_samples, uncertainty
from ledger.footprint.derived.uncertainty.origins import origins, states_amounts
from ledger.footprint.derived.uncertainty.sources import UncertaintyTerm, line_terms, rest_of
from ledger.footprint.stored.burdens import SLOT, ZERO, Vector, footprint, vector_of
from ledger.host.threads import in_thread
from ledger.service.queries.chain.upstream import UpstreamChain, read_into, read_upstream
from ledger.service.queries.questions import LotQuestion
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

SHOWN = 10
_record: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)


async def read_uncertainty(
    pool: DatabasePool, question: LotQuestion, samples: int = 0, seed: int = 0, top: int = SHOWN
) -> UncertaintyAnswer:
    """The uncertainty of a lot's figure, with the `top` sources of its variance; also by Monte Carlo if `samples` is
    not 0.

    Raises NotFound for an unknown lot; InvalidInput for an invalid tree size, a number of samples or a seed out of
    range, too many samples for the number of terms, and if too many records lie upstream.
    """
    check_samples(samples, seed)
    chain = await read_upstream(pool, question)
    reader = UncertaintyReader(pool, chain)
    await read_into(pool, chain, reader)
    return await reader.answer(samples, seed, top)


class UncertaintyReader:
    """Gathers the uncertainty of a lot from the records upstream, with the closings that measured them."""

    def __init__(self, pool: DatabasePool, chain: UpstreamChain) -> None:
        self._chain = chain
        self._closings = _RecordClosings(pool, chain.as_of.size)
        self._terms = _TermSums(chain.weights)

    async def take(self, records: Sequence[Upstream]) -> None:
        closings = await self._closings.of(records)
        await in_thread(self._terms.take, records, closings)

    async def answer(self, samples: int = 0, seed: int = 0, top: int = SHOWN) -> UncertaintyAnswer:
        """With the `top` sources of the variance; `samples` and `seed` as `check_samples` allows them."""
        return await in_thread(_answer, self._chain, self._terms, samples, seed, top)


class _RecordClosings:
    """The closings that gave records their current quantities, as of a tree size."""

    def __init__(self, pool: DatabasePool, size: int) -> None:
        self._pool = pool
        self._size = size
        self._closings: dict[int, tuple[Closing, str]] = {}

    async def of(self, records: Sequence[Upstream]) -> dict[int, tuple[Closing, str]]:
        """By log index of a record, the newest closing that covers it, and the closing's digest.

        Only records that state the uncertainty of their quantities: for other records, the result does not matter.
        """
        stating = {one.log_index: one.record for one in records if states_amounts(one.record)}
        rows = await self._pool.fetch(queries("uncertainty")["closings"], list(stating), self._size) if stating else []
        await self._load({row["closing"] for row in rows} - self._closings.keys())
        closings: dict[int, tuple[Closing, str]] = {}
        for row in rows:
            record, closing = stating[row["record"]], self._closings.get(row["closing"])
            if closing is not None and isinstance(record, Transformation) and covered(closing[0], record):
                closings.setdefault(row["record"], closing)
        return closings

    async def _load(self, indexes: set[int]) -> None:
        rows = await self._pool.fetch(queries("uncertainty")["bodies"], list(indexes)) if indexes else []
        for row in rows:
            record = _record.decode(row["body"])
            if isinstance(record, Closing):
                self._closings[row["index"]] = record, row["digest"]


class _TermSums:
    """The terms and sums of the records that were read so far."""

    def __init__(self, weights: Weights) -> None:
        self.terms: list[UncertaintyTerm] = []
        self.assigned = 0.0
        self.averaged = 0.0
        self._weights = weights

    def take(self, records: Sequence[Upstream], closings: dict[int, tuple[Closing, str]]) -> None:
        for record in records:
            self._add(record, closings.get(record.log_index))

    def _add(self, record: Upstream, closing: tuple[Closing, str] | None) -> None:
        index, assessment = record.log_index, record.assessment
        if record.weight:
            measured = origins(record.record, *closing) if closing is not None else origins(record.record)
            self.terms += line_terms(record.weight, assessment.lines, index, origins=measured)
        if assessment.assigned:
            self.assigned += self._certain(index, "assigned", assigned=assessment.assigned)
        if record.averaged:
            self.averaged += self._certain(index, "averaged", averaged=vector_of(record.averaged))

    def _certain(
        self, index: int, source: str, *, assigned: Sequence[Assigned] = (), averaged: Vector = ZERO
    ) -> float:
        """Kg CO2e that a record moved between lots. No record states an uncertainty of this part."""
        amount = footprint(contribution(self._weights, index, ZERO, assigned, averaged))
        if amount:
            self.terms.append(UncertaintyTerm(amount, record=index, source=source))
        return amount


def _answer(chain: UpstreamChain, sums: _TermSums, samples: int, seed: int, top: int) -> UncertaintyAnswer:
    row, burdens = chain.row, chain.burdens
    figure = footprint(burdens)
    rest = rest_of(sums.terms, figure, burdens[SLOT["absGhg"]])
    terms = sums.terms if rest is None else [*sums.terms, rest]
    completeness = None if row["withdrawn"] else completeness_of(burdens)
    return UncertaintyAnswer(
        title=WITHDRAWN if row["withdrawn"] else chain.doubtful.title, lot=chain.lot,
        quantity=Quantity(value=plain(row["quantity"]), unit=row["unit"]), at=chain.as_of.size, method=row["method"],
        footprint=figure, unit=row["unit"], footprint_per_unit=figure / float(row["quantity"]),
        completeness="unknown" if completeness is None else f"{completeness * 100:.1f} %",
        questioned=burdens[SLOT[QUESTIONED]], records=sum(weight > 0.0 for weight in chain.weights.records.values()),
        uncertainty=uncertainty(terms, samples=samples, seed=seed, top=top), assigned=sums.assigned,
        averaged=sums.averaged, rest=0.0 if rest is None else rest.amount,
    )
