"""Another choice of allocation for a whole chain: the shares by each key of every record that leaves a choice.

A choice is left where a transformation has several outputs that carry burden. Waste, cores and credits carry none by
any key; transfers, declarations, acceptances and pools pass everything on, whatever the key.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

import numpy

from ledger.admission.facts import LOT_SLOTS
from ledger.core.outcome.assessment import Assessment
from ledger.core.record.kinds import Transformation
from ledger.core.record.values import UNBURDENED
from ledger.errors import InvalidInput, LedgerError
from ledger.footprint.derived.chain.arrays import Arrays, Floats
from ledger.footprint.stored.allocation import Weighed, shares

NEEDS: Final[Mapping[str, str]] = {
    "mass": "the mass of every output that carries burden",
    "value": "`value` of every output that carries burden, or what the sector gives",
    "energy": "`heatingValue` of every output that carries burden, or what the sector gives",
    "moles": "`moles` of every output that carries burden, or what the sector gives",
    "declared": "`share` of every output that carries burden, or what the sector gives",
}
"""Allocation keys, with what each needs."""

_OUTPUT: Final = re.compile(r"outputs\[(\d+)\]")
_SHOWN: Final = 5


class Missing(NamedTuple):
    """Why a record has no shares by a key: what is missing of which of its outputs, where it is of one."""

    output: str | None
    field: str
    rule: str


class Split(NamedTuple):
    """A record that leaves a choice; `key` is its own. `shares` of its outputs by key, or why there are `none`;
    `carriers` says which outputs carry burden."""

    log_index: int
    digest: str
    issuer: str
    facility: str
    process: str
    key: str
    carriers: tuple[bool, ...]
    shares: Mapping[str, Sequence[float]]
    none: Mapping[str, Missing]


class Choice(NamedTuple):
    """A chain under a key. `without`: records that have no shares by it, which stand in it with equal ones, so that
    whatever may lie behind them weighs something."""

    key: str
    arrays: Arrays
    without: Sequence[tuple[int, Split]]

    def missing(self, weights: Sequence[Floats]) -> list[Split]:
        """Those of them that matter to lots that carry so much of the records, newest first. Where there is none, these
        `weights` are right."""
        return [split for position, split in self.without if any(one[position] for one in weights)]


def allocation_named(name: str) -> str:
    """Raises InvalidInput (`unknown-allocation`) for a key that there is not."""
    if name not in NEEDS:
        raise InvalidInput(f"allocation key {name!r} is not known", code="unknown-allocation", field="allocation",
                           value=name, rule=f"one of: {', '.join(NEEDS)}")
    return name


def split_of(
    log_index: int, digest: str, record: Transformation, assessment: Assessment, masses: Sequence[Decimal | None]
) -> Split | None:
    """What choice a record leaves, None for none. `masses`: kg of its lots, in output order."""
    carriers = tuple(output.role not in UNBURDENED for output in record.outputs)
    if carriers.count(True) < 2:
        return None
    weighed = [Weighed(output, mass) for output, mass in zip(record.outputs, masses, strict=True)]
    found: dict[str, Sequence[float]] = {}
    none: dict[str, Missing] = {}
    for key in NEEDS:
        try:
            found[key] = shares(key, weighed, assessment)
        except LedgerError as error:
            none[key] = _missing(key, record, error)
    return Split(log_index, digest, record.issuer, record.facility, record.process, record.allocation, carriers, found,
                 none)


def _missing(key: str, record: Transformation, error: LedgerError) -> Missing:
    field = error.field or f"weights.{key}"
    place = _OUTPUT.match(field)
    output = None if place is None else record.outputs[int(place[1])].lot
    return Missing(output, field, error.rule or error.message)


def under(key: str, arrays: Arrays, splits: Iterable[Split]) -> Choice:
    """The chain with the shares of one key. `splits`: of all records in it that leave a choice."""
    found, without = arrays.shares.copy(), []
    for position, split in placed(arrays, splits):
        lots = lots_of(arrays, position)
        outputs = arrays.numbers[lots] % LOT_SLOTS
        new = split.shares.get(key)
        if new is None:
            without.append((position, split))
            new = [carries / split.carriers.count(True) for carries in split.carriers]
        found[lots] = numpy.array(new)[outputs]
    return Choice(key, arrays._replace(shares=found), without)


def placed(arrays: Arrays, splits: Iterable[Split]) -> list[tuple[int, Split]]:
    """Records with their positions, newest first."""
    ordered = sorted(splits, key=lambda split: -split.log_index)
    positions = numpy.searchsorted(arrays.records, [split.log_index for split in ordered])
    return list(zip(positions.tolist(), ordered, strict=True))


def lots_of(arrays: Arrays, position: int) -> slice:
    """Where the lots of the record at a position stand: of its outputs those that are in the chain."""
    return slice(int(arrays.made[position]), int(arrays.made[position + 1]))


def missing_weight(key: str, missing: Sequence[Split]) -> InvalidInput:
    """The error for a key by which some records have no shares: their digests, outputs, fields and the rule."""
    told = []
    for split in missing[:_SHOWN]:
        one = split.none[key]
        told.append(f"record {split.digest}" + (f", output {one.output}" if one.output else "") + f": {one.field}")
    more = f"; and {len(missing) - _SHOWN} more records" if len(missing) > _SHOWN else ""
    rules = dict.fromkeys(split.none[key].rule for split in missing)
    return InvalidInput(
        f"allocation by {key} lacks what {len(missing)} of the records behind the lot do not say: "
        f"{'; '.join(told)}{more}",
        code="missing-weight", field="allocation", value=key, rule="; ".join(rules),
    )
