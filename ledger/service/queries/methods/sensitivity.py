"""The sensitivity of a lot's figure to the choice of allocation: by each key for all records, and record by record."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy

from ledger.admission.facts import LOT_SLOTS
from ledger.answers.methods import ChoiceAnswer, MissingAnswer, SensitiveRecord, SensitivityAnswer
from ledger.footprint.derived.chain.arrays import Arrays, Floats
from ledger.footprint.derived.methods.gases import gases_named
from ledger.footprint.derived.methods.limitations import STORED_GWP, RecountRequest, limitations
from ledger.footprint.derived.reallocation import NEEDS, Split, lots_of, placed, under
from ledger.footprint.derived.recount import Recount, RecountFigures, RecountWeight
from ledger.footprint.stored.burdens import METHOD, footprint
from ledger.host.threads import in_thread
from ledger.service.queries.chain.upstream import UpstreamChain, read_upstream
from ledger.service.queries.methods.read import figure_head
from ledger.service.queries.methods.rows import MethodRows, read_all, read_root
from ledger.service.queries.questions import LotQuestion
from ledger.store.database import DatabasePool

_SHOWN: Final = 10
_MISSING: Final = 5


async def read_sensitivity(pool: DatabasePool, question: LotQuestion) -> SensitivityAnswer:
    """The figure of a lot by each allocation key, and the records whose choice of key changes the figure most.

    Raises NotFound for a lot that is not on the ledger, or was not on it at that tree size; InvalidInput for an invalid
    tree size, and for too long a chain.
    """
    chain = await read_upstream(pool, question)
    rows = await read_all(pool, chain, gases_named(STORED_GWP))
    return await in_thread(_answer, chain, rows, await read_root(pool, chain.as_of.size))


class _Stored(NamedTuple):
    """The stored footprint of the lot, with its number and quantity."""

    number: int
    footprint: float
    quantity: float


def _answer(chain: UpstreamChain, rows: MethodRows, root: str) -> SensitivityAnswer:
    stored = _Stored(chain.row["number"], footprint(chain.burdens), float(chain.row["quantity"]))
    weighed = RecountWeight.for_lot(chain.arrays, stored.number)
    choices = tuple(_choice(key, chain.arrays, rows, stored) for key in NEEDS)
    relevant = _relevant(chain.arrays, rows.splits, weighed.lots)
    keys: dict[str, int] = {}
    for _, split in relevant:
        keys[split.key] = keys.get(split.key, 0) + 1
    sensitive = _sensitive(chain.arrays, rows.recount, relevant, weighed.lots, stored)
    return SensitivityAnswer(
        **figure_head(chain, RecountFigures.of(tuple(chain.burdens)), root), footprint=stored.footprint,
        footprint_per_unit=stored.footprint / stored.quantity, choices=choices, records=len(relevant), keys=keys,
        sensitive=tuple(sensitive[:_SHOWN]), left_off=max(0, len(sensitive) - _SHOWN),
        # The ledger does not know the allocation key of declared figures, so this limitation holds for every key.
        limitations=tuple(limitations(RecountRequest(METHOD, STORED_GWP, "any"), rows.recount, weighed)),
    )


def _choice(key: str, arrays: Arrays, rows: MethodRows, stored: _Stored) -> ChoiceAnswer:
    choice = under(key, arrays, rows.splits)
    weighed = RecountWeight.for_lot(choice.arrays, stored.number)
    missing = choice.missing([weighed.records])
    if missing:
        fields = tuple(
            MissingAnswer(record=one.digest, output=one.none[key].output, field=one.none[key].field,
                          rule=one.none[key].rule)
            for one in missing[:_MISSING]
        )
        return ChoiceAnswer(allocation=key, missing=fields, missing_records=len(missing))
    figure = rows.recount.figures(weighed).footprint
    difference = figure - stored.footprint
    return ChoiceAnswer(
        allocation=key, footprint=figure, footprint_per_unit=figure / stored.quantity, difference=difference,
        percent=100.0 * difference / stored.footprint if stored.footprint else None,
    )


def _relevant(arrays: Arrays, splits: Iterable[Split], lots: Floats) -> list[tuple[int, Split]]:
    """The records of which the lot carries an output that could have another share, with their positions."""
    relevant = []
    for position, split in placed(arrays, splits):
        own = lots_of(arrays, position)
        carriers = numpy.array(split.carriers)[arrays.numbers[own] % LOT_SLOTS]
        if (lots[own][carriers] != 0).any():
            relevant.append((position, split))
    return relevant


def _sensitive(
    arrays: Arrays, recount: Recount, relevant: Sequence[tuple[int, Split]], lots: Floats, stored: _Stored
) -> list[SensitiveRecord]:
    """How much more the lot would carry if one record alone used another key:

        sum over its outputs of part(output) * (share by that key - share) * burden to be shared

    This is exact: neither the burdens upstream of a record nor the parts downstream of it depend on its shares.
    """
    shared, sensitive = recount.shared(), []
    for position, split in relevant:
        own = lots_of(arrays, position)
        outputs = arrays.numbers[own] % LOT_SLOTS
        differences = {}
        for key, shares in split.shares.items():
            moved = (lots[own] * (numpy.array(shares)[outputs] - arrays.shares[own])).sum()
            if key != split.key:
                differences[key] = float(moved * shared[position]) + 0.0
        sensitive.append(_record(split, differences, stored))
    return sorted(sensitive, key=lambda one: (-abs(one.largest), one.index))


def _record(split: Split, differences: dict[str, float], stored: _Stored) -> SensitiveRecord:
    largest = max(differences.values(), key=abs, default=0.0)
    return SensitiveRecord(
        record=split.digest, index=split.log_index, issuer=split.issuer, facility=split.facility,
        process=split.process, allocation=split.key, differences=differences, largest=largest,
        percent=100.0 * largest / stored.footprint if stored.footprint else None, missing=tuple(split.none),
    )
