"""How much a lot's figure depends on the choice of allocation: by each key for all records, and record by record."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy

from ledger.admission.facts import LOT_SLOTS
from ledger.footprint.derived.chain.arrays import Arrays, Floats
from ledger.footprint.derived.limitations import STORED_GWP, RecountRequest, limitations
from ledger.footprint.derived.methods.gases import gases_named
from ledger.footprint.derived.reallocation import NEEDS, Split, lots_of, placed, under
from ledger.footprint.derived.recount import Recount, RecountFigures, RecountWeight
from ledger.footprint.stored.burdens import METHOD, footprint
from ledger.service.queries.chain.upstream import Behind, read_behind
from ledger.service.queries.methods.answers import ChoiceAnswer, MissingAnswer, SensitiveRecord, SensitivityAnswer
from ledger.service.queries.methods.read import figure_head
from ledger.service.queries.methods.rows import MethodRows, read_all, read_root
from ledger.service.queries.threads import in_thread
from ledger.store.database import DatabasePool

_SHOWN: Final = 10
_MISSING: Final = 5


async def read_sensitivity(pool: DatabasePool, lot: str, at: int | None = None) -> SensitivityAnswer:
    """The figure of a lot by each allocation key, now or in a tree of `at` entries, and the records on which the choice
    depends most.

    Raises NotFound for a lot that is not on the ledger, or was not yet; InvalidInput for a tree that is not, and for
    too long a chain.
    """
    behind = await read_behind(pool, lot, at)
    found = await read_all(pool, behind, gases_named(STORED_GWP))
    return await in_thread(_answer, behind, found, await read_root(pool, behind.moment.size))


class _Stored(NamedTuple):
    """The lot's stored figure, and how much of it is one unit."""

    number: int
    footprint: float
    quantity: float


def _answer(behind: Behind, found: MethodRows, root: str) -> SensitivityAnswer:
    stored = _Stored(behind.row["number"], footprint(behind.burdens), float(behind.row["quantity"]))
    weighed = RecountWeight.for_lot(behind.arrays, stored.number)
    choices = tuple(_choice(key, behind.arrays, found, stored) for key in NEEDS)
    matter = _that_matter(behind.arrays, found.splits, weighed.lots)
    keys: dict[str, int] = {}
    for _, split in matter:
        keys[split.key] = keys.get(split.key, 0) + 1
    sensitive = _sensitive(behind.arrays, found.recount, matter, weighed.lots, stored)
    return SensitivityAnswer(
        **figure_head(behind, RecountFigures.of(tuple(behind.burdens)), root), footprint=stored.footprint,
        footprint_per_unit=stored.footprint / stored.quantity, choices=choices, records=len(matter), keys=keys,
        sensitive=tuple(sensitive[:_SHOWN]), left_off=max(0, len(sensitive) - _SHOWN),
        # Whatever the key: what was declared was allocated by one of which the ledger knows nothing.
        limitations=tuple(limitations(RecountRequest(METHOD, STORED_GWP, "any"), found.recount, weighed)),
    )


def _choice(key: str, arrays: Arrays, found: MethodRows, stored: _Stored) -> ChoiceAnswer:
    choice = under(key, arrays, found.splits)
    weighed = RecountWeight.for_lot(choice.arrays, stored.number)
    missing = choice.missing([weighed.records])
    if missing:
        told = tuple(
            MissingAnswer(record=one.digest, output=one.none[key].output, field=one.none[key].field,
                          rule=one.none[key].rule)
            for one in missing[:_MISSING]
        )
        return ChoiceAnswer(allocation=key, missing=told, missing_records=len(missing))
    figure = found.recount.figures(weighed).footprint
    difference = figure - stored.footprint
    return ChoiceAnswer(
        allocation=key, footprint=figure, footprint_per_unit=figure / stored.quantity, difference=difference,
        percent=100.0 * difference / stored.footprint if stored.footprint else None,
    )


def _that_matter(arrays: Arrays, splits: Iterable[Split], lots: Floats) -> list[tuple[int, Split]]:
    """The records of which the lot carries an output that could have had another share."""
    found = []
    for position, split in placed(arrays, splits):
        own = lots_of(arrays, position)
        carriers = numpy.array(split.carriers)[arrays.numbers[own] % LOT_SLOTS]
        if (lots[own][carriers] != 0).any():
            found.append((position, split))
    return found


def _sensitive(
    arrays: Arrays, recount: Recount, matter: Sequence[tuple[int, Split]], lots: Floats, stored: _Stored
) -> list[SensitiveRecord]:
    """By how much the lot would carry more, did one record alone share by another key:

        sum over its outputs of part(output) * (share by that key - share) * what it has to share

    exactly so, for neither what lies behind a record nor what comes after it depends on its shares.
    """
    shared, found = recount.shared(), []
    for position, split in matter:
        own = lots_of(arrays, position)
        outputs = arrays.numbers[own] % LOT_SLOTS
        differences = {}
        for key, shares in split.shares.items():
            moved = (lots[own] * (numpy.array(shares)[outputs] - arrays.shares[own])).sum()
            if key != split.key:
                differences[key] = float(moved * shared[position]) + 0.0
        found.append(_record(split, differences, stored))
    return sorted(found, key=lambda one: (-abs(one.largest), one.index))


def _record(split: Split, differences: dict[str, float], stored: _Stored) -> SensitiveRecord:
    largest = max(differences.values(), key=abs, default=0.0)
    return SensitiveRecord(
        record=split.digest, index=split.log_index, issuer=split.issuer, facility=split.facility,
        process=split.process, allocation=split.key, differences=differences, largest=largest,
        percent=100.0 * largest / stored.footprint if stored.footprint else None, missing=tuple(split.none),
    )
