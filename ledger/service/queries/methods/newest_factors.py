"""The sensitivity of a lot's figure to the factor sets: its figure by the newest installed versions.

Stored figures keep the versions with which they were assessed. This answer shows how far the newest ones differ; only
an amendment that asks for them changes a figure.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from ledger.admission.facts import Facts
from ledger.admission.names import Names
from ledger.answers.methods import FactorSensitivityAnswer, RepricedFactor
from ledger.core.record.kinds import Closing, Transformation
from ledger.engine.pricing.newest_factors import RepricedLines, reprice
from ledger.engine.pricing.surroundings import surroundings_of
from ledger.engine.sectors import Registry
from ledger.footprint.derived.contributions import Upstream
from ledger.footprint.derived.recount import RecountFigures
from ledger.footprint.stored.burdens import footprint
from ledger.host.threads import in_thread
from ledger.sdk import FactorSetVersion
from ledger.service.queries.chain.upstream import UpstreamChain, read_records, read_upstream
from ledger.service.queries.methods.read import figure_head
from ledger.service.queries.methods.rows import read_root
from ledger.service.queries.questions import LotQuestion
from ledger.store.database import DatabasePool
from ledger.store.facts import FactLoader

SHOWN: Final = 20
_UNCHANGED: Final = (
    "Amounts that a record, a declaration or a site's analysis states do not change.",
    "The market-based amounts of electricity are not recalculated.",
)


async def read_newest_factors(
    pool: DatabasePool, registry: Registry, question: LotQuestion, limit: int = SHOWN
) -> FactorSensitivityAnswer:
    """The figure of a lot by the newest installed version of each factor set that is in force, and the factors whose
    change matters most.

    Raises NotFound for a lot that is not on the ledger, or was not on it at that tree size; InvalidInput for an invalid
    tree size, and for too long a chain.
    """
    chain = await read_upstream(pool, question)
    loader = FactLoader()
    async with pool.acquire() as connection:
        versions = (await loader.in_force(connection)).activations.versions()
    sets = [registry.sets[name].newest for name in versions.sets if name in registry.sets]
    sums = _RepricedSums(sets)
    async for records in read_records(pool, chain):
        facts, names = Facts(), Names()
        names.facilities.update([
            one.record.facility for one in records if isinstance(one.record, Transformation | Closing)
        ])
        async with pool.acquire() as connection:
            await loader.load(connection, names, facts, {})
        await in_thread(sums.take, records, facts)
    return sums.answer(chain, await read_root(pool, chain.as_of.size), limit)


class _RepricedSums:
    """The sums of the records read so far, by stored and newest row."""

    def __init__(self, sets: Sequence[FactorSetVersion]) -> None:
        self._sets = sets
        self._rows: dict[tuple[str, str | None], list[float]] = {}

    def take(self, records: Iterable[Upstream], facts: Facts) -> None:
        for upstream in records:
            around = surroundings_of(upstream.record, facts)
            for repriced in reprice(upstream.assessment.lines, around, self._sets):
                self._add(repriced, upstream.weight)

    def _add(self, repriced: RepricedLines, weight: float) -> None:
        sums = self._rows.setdefault((repriced.factor, repriced.newest), [0.0, 0.0, 0.0])
        sums[0] += weight * repriced.stored
        sums[1] += weight * repriced.repriced
        sums[2] += 1

    def answer(self, chain: UpstreamChain, root: str, limit: int) -> FactorSensitivityAnswer:
        stored = footprint(chain.burdens)
        rows = sorted(
            [RepricedFactor(factor=factor, newest=newest, stored=before, repriced=after, difference=after - before,
                            records=int(count))
             for (factor, newest), (before, after, count) in self._rows.items()],
            key=lambda row: (-abs(row.difference), row.factor, row.newest or ""),
        )
        by_newest = stored + sum([row.difference for row in rows])
        return FactorSensitivityAnswer(
            **figure_head(chain, RecountFigures.of(tuple(chain.burdens)), root), footprint=stored,
            repriced=by_newest, difference=by_newest - stored,
            percent=100.0 * (by_newest - stored) / stored if stored else None,
            sets=tuple([one.tag for one in self._sets]), factors=tuple(rows[:limit]),
            left_off=max(0, len(rows) - limit), limitations=_UNCHANGED,
        )
