"""The figure of a lot by another method, other global warming potentials or another allocation, from stored data."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

import numpy
from msgspec.structs import replace

from ledger.admission.facts import LOT_SLOTS
from ledger.answers.methods import MethodAnswer
from ledger.core.outcome.assessment import QUESTIONED
from ledger.core.record.units import plain
from ledger.core.record.values import Quantity
from ledger.footprint.derived.chain.arrays import Arrays
from ledger.footprint.derived.completeness import WITHDRAWN, worse
from ledger.footprint.derived.methods.calculation import MethodResult, calculate
from ledger.footprint.derived.methods.catalogue import MULTI_LIFE, method_named
from ledger.footprint.derived.methods.gases import gases_named
from ledger.footprint.derived.methods.limitations import STORED_GWP, RecountRequest, limitations
from ledger.footprint.derived.methods.published import Published, published_values
from ledger.footprint.derived.methods.subject import MethodSubject, materials_of
from ledger.footprint.derived.reallocation import allocation_named, missing_weight, under
from ledger.footprint.derived.recount import Recount, RecountFigures, RecountWeight
from ledger.footprint.stored.burdens import SLOT, footprint
from ledger.host.threads import in_thread
from ledger.sdk.tables import rows
from ledger.service.access.sight import EVERYTHING, Sight
from ledger.service.queries.chain.load import ChainRequest, load_arrays
from ledger.service.queries.chain.upstream import MAX_RECORDS, UpstreamChain, read_upstream
from ledger.service.queries.doubts import read_doubts_behind
from ledger.service.queries.methods.rows import Life, MethodRows, read_all, read_carried, read_lives, read_root
from ledger.service.queries.questions import LotQuestion, MethodChoice
from ledger.store.database import DatabasePool


class Counted(NamedTuple):
    """The requested cut-off figures of a lot, the footprint that each of its lives added, and the limitations."""

    figures: RecountFigures
    lives: tuple[float, ...]
    limitations: list[str]


async def read_method(
    pool: DatabasePool, question: LotQuestion, choice: MethodChoice, sight: Sight = EVERYTHING
) -> MethodAnswer:
    """The figure of a lot by a method of the catalogue, for a caller who sees the lot's whole chain. Of the lives of
    an item, only those count whose whole chains the caller sees.

    Raises NotFound for a lot that is not on the ledger, or was not on it at that tree size; InvalidInput for an unknown
    method, set of potentials, allocation key or parameter, for an invalid tree size, for too long a chain, and if data
    that the method or the key needs is missing.
    """
    method, allocation = method_named(choice.method).name, choice.allocation
    request = RecountRequest(
        method, choice.gwp or STORED_GWP, None if allocation is None else allocation_named(allocation)
    )
    gases = gases_named(request.gwp)
    chain = await read_upstream(pool, question)
    lives = await read_lives(pool, chain.row["item"], chain.as_of, sight) if request.method == MULTI_LIFE.name else []
    counted = await _count(pool, chain, request, gases, lives)
    row = chain.row
    subject = MethodSubject(
        footprint=counted.figures.footprint, quantity=row["quantity"], unit=row["unit"],
        mass=None if row["mass"] is None else float(row["mass"]),
        materials=materials_of(dict(zip(row["content"], row["amount"], strict=True))), lives=counted.lives,
    )
    result = await in_thread(calculate, request.method, subject, choice.parameters, _published())
    _, doubted = await read_doubts_behind(pool, [row["number"] // LOT_SLOTS], chain.as_of)
    result = replace(result, limitations=(*result.limitations, *counted.limitations, *doubted))
    return _answer(chain, request, counted.figures, result, await read_root(pool, chain.as_of.size))


async def _count(
    pool: DatabasePool, chain: UpstreamChain, request: RecountRequest, gases: Mapping[str, Decimal],
    lives: Sequence[Life],
) -> Counted:
    if not request.counts_anew:
        recount = await read_carried(pool, chain, gases)
        added = tuple(footprint(life.burdens) for life in lives)
        sentences = await in_thread(_limitations, recount, chain, request)
        return Counted(RecountFigures.of(tuple(chain.burdens)), added, sentences)
    chain = await _with_lives(pool, chain, lives)
    if request.allocation is None and not lives:
        stored = MethodRows(await read_carried(pool, chain, gases), [])
    else:
        stored = await read_all(pool, chain, gases)
    numbers = [chain.row["number"], *[life.number for life in lives]]
    return await in_thread(_recounted, stored, chain.arrays, request, numbers)


async def _with_lives(pool: DatabasePool, chain: UpstreamChain, lives: Sequence[Life]) -> UpstreamChain:
    """The chain with everything upstream of the item's lives. An early life's chain does not contain later lives."""
    numbers = [chain.row["number"], *[life.number for life in lives]]
    if numpy.isin(numbers, chain.arrays.numbers).all():
        return chain
    loaded = await load_arrays(pool, ChainRequest(numbers, "upstream", chain.as_of, most=MAX_RECORDS))
    return chain._replace(arrays=loaded.arrays)


def _limitations(recount: Recount, chain: UpstreamChain, request: RecountRequest) -> list[str]:
    return limitations(request, recount, RecountWeight.for_lot(chain.arrays, chain.row["number"]))


def _recounted(stored: MethodRows, arrays: Arrays, request: RecountRequest, numbers: Sequence[int]) -> Counted:
    """The figures counted anew. `numbers`: of the lot, then of the lots with which its lives began."""
    choice = None if request.allocation is None else under(request.allocation, arrays, stored.splits)
    weighed = [RecountWeight.for_lot(arrays if choice is None else choice.arrays, number) for number in numbers]
    missing = [] if choice is None else choice.missing([one.records for one in weighed])
    if choice is not None and missing:
        raise missing_weight(choice.key, missing)
    own, *lives = [stored.recount.figures(one) for one in weighed]
    return Counted(own, tuple(life.footprint for life in lives), limitations(request, stored.recount, weighed[0]))


def figure_head(chain: UpstreamChain, figures: RecountFigures, root: str) -> dict[str, Any]:
    """The fields of `LotFigure`, with these figures."""
    row = chain.row
    completeness = None if row["withdrawn"] else figures.completeness
    return {
        "title": WITHDRAWN if row["withdrawn"] else worse(chain.doubtful, figures.doubtful).title,
        "lot": chain.lot, "product": row["product"],
        "unit": row["unit"],
        "quantity": Quantity(value=plain(row["quantity"]), unit=row["unit"]), "size": chain.as_of.size, "root": root,
        "at": chain.at, "plugin": row["plugin"], "unestimated": figures.unestimated,
        "questioned": chain.burdens[SLOT[QUESTIONED]],
        "completeness": "unknown" if completeness is None else f"{completeness * 100:.1f} %",
        "exempted": "unknown" if completeness is None else f"{(1.0 - completeness) * 100:.1f} %",
    }


def _answer(
    chain: UpstreamChain, request: RecountRequest, figures: RecountFigures, result: MethodResult, root: str
) -> MethodAnswer:
    return MethodAnswer(
        **figure_head(chain, figures, root), method=request.method, gwp=request.gwp, allocation=request.allocation,
        footprint=result.total, footprint_per_unit=result.total_per_unit, default=footprint(chain.burdens),
        terms=result.terms, beside=result.beside, parameters=result.parameters, credit=result.credit,
        limitations=result.limitations,
    )


@cache
def _published() -> Published:
    return published_values(rows("ledger.footprint.derived.methods", "published.csv"))
