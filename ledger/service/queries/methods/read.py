"""The figure of a lot by another method, other potentials or another allocation, over what is stored."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

import numpy
from msgspec.structs import replace

from ledger.admission.facts import LOT_SLOTS
from ledger.core.record.units import plain
from ledger.core.record.values import Quantity
from ledger.footprint.derived.chain.arrays import Arrays
from ledger.footprint.derived.completeness import title_of
from ledger.footprint.derived.limitations import STORED_GWP, RecountRequest, limitations
from ledger.footprint.derived.methods.calculation import MethodResult, calculate
from ledger.footprint.derived.methods.catalogue import MULTI_LIFE, method_named
from ledger.footprint.derived.methods.gases import gases_named
from ledger.footprint.derived.methods.published import Published, published_values
from ledger.footprint.derived.methods.subject import MethodSubject, materials_of
from ledger.footprint.derived.reallocation import allocation_named, missing_weight, under
from ledger.footprint.derived.recount import Recount, RecountFigures, RecountWeight
from ledger.footprint.stored.burdens import METHOD, footprint
from ledger.sdk.tables import rows
from ledger.service.queries.chain.load import ChainRequest, load_arrays
from ledger.service.queries.chain.upstream import MAX_RECORDS, Behind, read_behind
from ledger.service.queries.doubts import read_doubts_behind
from ledger.service.queries.methods.answers import MethodAnswer
from ledger.service.queries.methods.rows import Life, MethodRows, read_all, read_carried, read_lives, read_root
from ledger.service.queries.threads import in_thread
from ledger.store.database import DatabasePool


class Counted(NamedTuple):
    """The cut-off figures of a lot as they were asked for, what each of its lives added, and what they leave open."""

    figures: RecountFigures
    lives: tuple[float, ...]
    limitations: list[str]


async def read_method(
    pool: DatabasePool, lot: str, at: int | None = None, method: str = METHOD, gwp: str = STORED_GWP,
    allocation: str | None = None, parameters: Sequence[str] = (),
) -> MethodAnswer:
    """What a method of the catalogue says of a lot, now or in a tree of `at` entries; `allocation`: one key for all
    records, None for each record's own. `parameters` are `NAME=VALUE` or `MATERIAL.NAME=VALUE`.

    Raises NotFound for a lot that is not on the ledger, or was not yet; InvalidInput for an unknown method, set, key or
    parameter, for a tree that is not, for too long a chain, and for what the method or the key needs and does not find.
    """
    asked = RecountRequest(method_named(method).name, gwp, None if allocation is None else allocation_named(allocation))
    gases = gases_named(gwp)
    behind = await read_behind(pool, lot, at)
    counted = await _count(pool, behind, asked, gases)
    row = behind.row
    subject = MethodSubject(
        footprint=counted.figures.footprint, quantity=row["quantity"], unit=row["unit"],
        mass=None if row["mass"] is None else float(row["mass"]),
        materials=materials_of(dict(zip(row["content"], row["amount"], strict=True))), lives=counted.lives,
    )
    result = await in_thread(calculate, asked.method, subject, parameters, _published())
    _, doubted = await read_doubts_behind(pool, [behind.row["number"] // LOT_SLOTS], behind.moment)
    result = replace(result, limitations=(*result.limitations, *counted.limitations, *doubted))
    return _answer(behind, asked, counted.figures, result, await read_root(pool, behind.moment.size))


async def _count(pool: DatabasePool, behind: Behind, asked: RecountRequest, gases: Mapping[str, Decimal]) -> Counted:
    lives = await read_lives(pool, behind.row["item"], behind.moment) if asked.method == MULTI_LIFE.name else []
    if not asked.counts_anew:
        recount = await read_carried(pool, behind, gases)
        told = await in_thread(_left_open, recount, behind, asked)
        return Counted(RecountFigures.of(tuple(behind.burdens)), tuple(footprint(life.burdens) for life in lives), told)
    behind = await _with_lives(pool, behind, lives)
    if asked.allocation is None and not lives:
        found = MethodRows(await read_carried(pool, behind, gases), [])
    else:
        found = await read_all(pool, behind, gases)
    numbers = [behind.row["number"], *[life.number for life in lives]]
    return await in_thread(_anew, found, behind.arrays, asked, numbers)


async def _with_lives(pool: DatabasePool, behind: Behind, lives: Sequence[Life]) -> Behind:
    """With what is behind the item's lives, too: a later one is not behind an earlier one."""
    numbers = [behind.row["number"], *[life.number for life in lives]]
    if numpy.isin(numbers, behind.arrays.numbers).all():
        return behind
    loaded = await load_arrays(pool, ChainRequest(numbers, "upstream", behind.moment, most=MAX_RECORDS))
    return behind._replace(arrays=loaded.arrays)


def _left_open(recount: Recount, behind: Behind, asked: RecountRequest) -> list[str]:
    return limitations(asked, recount, RecountWeight.for_lot(behind.arrays, behind.row["number"]))


def _anew(found: MethodRows, arrays: Arrays, asked: RecountRequest, numbers: Sequence[int]) -> Counted:
    """`numbers`: of the lot, and of those with which its lives began."""
    choice = None if asked.allocation is None else under(asked.allocation, arrays, found.splits)
    weighed = [RecountWeight.for_lot(arrays if choice is None else choice.arrays, number) for number in numbers]
    missing = [] if choice is None else choice.missing([one.records for one in weighed])
    if choice is not None and missing:
        raise missing_weight(choice.key, missing)
    own, *lives = [found.recount.figures(one) for one in weighed]
    return Counted(own, tuple(life.footprint for life in lives), limitations(asked, found.recount, weighed[0]))


def figure_head(behind: Behind, figures: RecountFigures, root: str) -> dict[str, Any]:
    """The fields of `LotFigure`, with these figures."""
    row = behind.row
    completeness = None if row["withdrawn"] else figures.completeness
    return {
        "title": title_of(completeness, withdrawn=row["withdrawn"]), "lot": behind.lot, "product": row["product"],
        "unit": row["unit"],
        "quantity": Quantity(value=plain(row["quantity"]), unit=row["unit"]), "size": behind.moment.size, "root": root,
        "at": behind.at, "plugin": row["plugin"], "unestimated": figures.unestimated,
        "completeness": "unknown" if completeness is None else f"{completeness * 100:.1f} %",
        "exempted": "unknown" if completeness is None else f"{(1.0 - completeness) * 100:.1f} %",
    }


def _answer(
    behind: Behind, asked: RecountRequest, figures: RecountFigures, result: MethodResult, root: str
) -> MethodAnswer:
    return MethodAnswer(
        **figure_head(behind, figures, root), method=asked.method, gwp=asked.gwp, allocation=asked.allocation,
        footprint=result.total, footprint_per_unit=result.total_per_unit, default=footprint(behind.burdens),
        terms=result.terms, beside=result.beside, parameters=result.parameters, credit=result.credit,
        limitations=result.limitations,
    )


@cache
def _published() -> Published:
    return published_values(rows("ledger.footprint.derived.methods", "published.csv"))
