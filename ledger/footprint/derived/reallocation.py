"""Another allocation key for a whole chain: the allocation shares by each key of every record that allows a choice.

A transformation allows a choice if several of its outputs carry burden. Waste, cores and credits carry no burden by any
key. Transfers, declarations, acceptances and pools pass everything on, whatever the key.
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
    "value": "`value` of every output that carries burden, or weights from the sector",
    "energy": "`heatingValue` of every output that carries burden, or weights from the sector",
    "moles": "`moles` of every output that carries burden, or weights from the sector",
    "declared": "`share` of every output that carries burden, or weights from the sector",
}
"""Allocation keys, with the fields that each key needs."""

_OUTPUT: Final = re.compile(r"outputs\[(\d+)\]")
_SHOWN: Final = 5


class Missing(NamedTuple):
    """Why a record has no shares by a key: the missing field, and its output if it is a field of one output."""

    output: str | None
    field: str
    rule: str


class Split(NamedTuple):
    """A record that allows a choice. `key`: its own allocation key. `shares`: its outputs' shares by key. `none`: the
    missing field for each key without shares. `carriers`: which outputs carry burden."""

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
    """A chain under an allocation key. `without`: records that have no shares by this key. The chain gives them equal
    shares, so that every record upstream of them gets some weight."""

    key: str
    arrays: Arrays
    without: Sequence[tuple[int, Split]]

    def missing(self, weights: Sequence[Floats]) -> list[Split]:
        """The records of `without` that carry weight in any of the lots, newest first. If there are no such records,
        the `weights` are exact."""
        return [split for position, split in self.without if any(one[position] for one in weights)]


def allocation_named(name: str) -> str:
    """The key itself. Raises InvalidInput (`unknown-allocation`) for an unknown key."""
    if name not in NEEDS:
        raise InvalidInput(f"unknown allocation key {name!r}", code="unknown-allocation", field="allocation",
                           value=name, rule=f"one of: {', '.join(NEEDS)}")
    return name


def split_of(
    log_index: int, digest: str, record: Transformation, assessment: Assessment, masses: Sequence[Decimal | None]
) -> Split | None:
    """The shares of a record by each key; None if it allows no choice. `masses`: kg of its lots, in output order."""
    carriers = tuple(output.role not in UNBURDENED for output in record.outputs)
    if carriers.count(True) < 2:
        return None
    weighed = [Weighed(output, mass) for output, mass in zip(record.outputs, masses, strict=True)]
    by_key: dict[str, Sequence[float]] = {}
    missing: dict[str, Missing] = {}
    for key in NEEDS:
        try:
            by_key[key] = shares(key, weighed, assessment)
        except LedgerError as error:
            missing[key] = _missing(key, record, error)
    return Split(log_index, digest, record.issuer, record.facility, record.process, record.allocation, carriers, by_key,
                 missing)


def _missing(key: str, record: Transformation, error: LedgerError) -> Missing:
    field = error.field or f"weights.{key}"
    place = _OUTPUT.match(field)
    output = None if place is None else record.outputs[int(place[1])].lot
    return Missing(output, field, error.rule or error.message)


def under(key: str, arrays: Arrays, splits: Iterable[Split]) -> Choice:
    """The chain with the shares of one key. `splits`: all its records that allow a choice."""
    output_shares, without = arrays.shares.copy(), []
    for position, split in placed(arrays, splits):
        lots = lots_of(arrays, position)
        outputs = arrays.numbers[lots] % LOT_SLOTS
        new = split.shares.get(key)
        if new is None:
            without.append((position, split))
            new = [carries / split.carriers.count(True) for carries in split.carriers]
        output_shares[lots] = numpy.array(new)[outputs]
    return Choice(key, arrays._replace(shares=output_shares), without)


def placed(arrays: Arrays, splits: Iterable[Split]) -> list[tuple[int, Split]]:
    """Records with their positions, newest first."""
    ordered = sorted(splits, key=lambda split: -split.log_index)
    positions = numpy.searchsorted(arrays.records, [split.log_index for split in ordered])
    return list(zip(positions.tolist(), ordered, strict=True))


def lots_of(arrays: Arrays, position: int) -> slice:
    """The positions of a record's lots in the chain. Only outputs that are in the chain have a position."""
    return slice(int(arrays.made[position]), int(arrays.made[position + 1]))


def missing_weight(key: str, missing: Sequence[Split]) -> InvalidInput:
    """The error for a key by which some records have no shares: their digests, outputs, fields and the rule."""
    places = []
    for split in missing[:_SHOWN]:
        absent = split.none[key]
        output = f", output {absent.output}" if absent.output else ""
        places.append(f"record {split.digest}{output}: {absent.field}")
    more = f"; and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
    rules = dict.fromkeys(split.none[key].rule for split in missing)
    return InvalidInput(
        f"allocation by {key} needs fields that {len(missing)} of the records upstream of the lot do not state: "
        f"{'; '.join(places)}{more}",
        code="missing-weight", field="allocation", value=key, rule="; ".join(rules),
    )
