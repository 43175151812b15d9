"""The figure of a lot counted anew out of stored assessments: by other potentials, or other shares of its records.

What was stated in CO2e stays as it was stated: the gases behind it are not known. So do amounts that were assigned to
an output, and what averaging a pool over its period moved, which was settled with the figures of then.

These are answers and never stored: sums may differ from stored figures by 1e-9 of absGhg.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final, Literal, NamedTuple

import numpy

from ledger.admission.facts import LOT_SLOTS
from ledger.core.outcome.assessment import ADDITIVE
from ledger.core.record.kinds import Transformation
from ledger.footprint.derived.chain.arrays import Arrays, Floats
from ledger.footprint.derived.chain.passes import adjoint, propagate
from ledger.footprint.derived.contributions import Upstream
from ledger.footprint.stored.burdens import SLOT, Vector, direct, footprint, vector_of

Group = Literal["declarations", "factors stated in CO2e", "other lines stated in CO2e"]
_ADDITIVE: Final = frozenset(ADDITIVE)
_DECLARED: Final = "declaration:"


class RecountFigures(NamedTuple):
    """Of a whole lot, kg CO2e; `unestimated` is a number."""

    footprint: float
    absolute: float
    omitted: float
    unestimated: float

    @property
    def completeness(self) -> float | None:
        """None (unknown) where something is omitted that nobody estimated."""
        if self.unestimated > 0:
            return None
        whole = self.absolute + self.omitted
        return self.absolute / whole if whole else 1.0

    @classmethod
    def of(cls, vector: Vector) -> "RecountFigures":
        """Those of a vector of burdens."""
        return cls(footprint(vector), vector[SLOT["absGhg"]], vector[SLOT["omittedAbs"]], vector[SLOT["unestimated"]])


class RecountWeight(NamedTuple):
    """What a lot carries of all records, by position, and of all lots, by position."""

    records: Floats
    lots: Floats

    @classmethod
    def for_lot(cls, arrays: Arrays, number: int) -> "RecountWeight":
        """Raises KeyError for a lot that is not in the chain."""
        wanted = numpy.zeros(len(arrays.numbers))
        wanted[arrays.position(number)] = 1.0
        return cls(*adjoint(arrays, wanted))


class StatedLine(NamedTuple):
    """`amount` kg CO2e of a lot that were stated in CO2e: in a declaration (`name` is its digest), by a factor, or by
    neither."""

    group: Group
    name: str
    source: str
    amount: float


class Recount:
    """Takes all records of a chain of which a lot carries something, and weighs their gases by `gases`."""

    def __init__(self, arrays: Arrays, gases: Mapping[str, Decimal]) -> None:
        self._arrays = arrays
        self._gases = gases
        self._direct = numpy.zeros((len(arrays.records), len(RecountFigures._fields)))
        self._averaged = numpy.zeros((len(arrays.numbers), len(RecountFigures._fields)))
        # Of assigned amounts: positions of record and lot (-1: not in the chain), kg CO2e.
        self._assigned: list[tuple[int, int, float]] = []
        self._stated: dict[tuple[Group, str], list[tuple[int, float]]] = {}
        self._sources: dict[tuple[Group, str], str] = {}

    def add(self, one: Upstream) -> None:
        """Takes a record. Raises PluginError for a gas without a potential."""
        position = int(numpy.searchsorted(self._arrays.records, one.log_index))
        waits = isinstance(one.record, Transformation) and one.record.basis == "provisional"
        self._direct[position] = RecountFigures.of(direct(one.assessment, self._gases, provisional=waits))
        for assigned in one.assessment.assigned:
            lot = self._place(one.log_index * LOT_SLOTS + assigned.output)
            self._assigned.append((position, lot, float(assigned.amount)))
        first = self._place(one.log_index * LOT_SLOTS) if one.averaged else -1
        if first >= 0:
            self._averaged[first] = RecountFigures.of(vector_of(one.averaged))
        self._add_stated(position, one)

    def _place(self, number: int) -> int:
        try:
            return self._arrays.position(number)
        except KeyError:
            return -1

    def _add_stated(self, position: int, one: Upstream) -> None:
        for line in one.assessment.lines:
            if line.gas != "CO2e" or line.burden not in _ADDITIVE:
                continue
            group, name = _group_of(line.factor, line.source)
            self._stated.setdefault((group, name), []).append((position, float(line.amount)))
            self._sources.setdefault((group, name), line.source)

    def figures(self, weighed: RecountWeight) -> RecountFigures:
        """What all records bring together into the lot that carries so much of them."""
        total = weighed.records @ self._direct + weighed.lots @ self._averaged
        total[0] += self.assigned(weighed)
        return RecountFigures(*total.tolist())

    def assigned(self, weighed: RecountWeight) -> float:
        """Kg CO2e that came to the lot, or left it, by assigned amounts."""
        total = 0.0
        for position, lot, amount in self._assigned:
            made = 0.0 if lot < 0 else float(weighed.lots[lot])
            total += (made - float(weighed.records[position])) * amount
        return total

    def averaged(self, weighed: RecountWeight) -> float:
        """Kg CO2e that came to the lot, or left it, by period averages of pools."""
        return float(weighed.lots @ self._averaged[:, 0])

    def stated(self, weighed: RecountWeight) -> Iterator[StatedLine]:
        """What of the lot was stated in CO2e, by declaration, factor or source; nothing of which it carries nothing."""
        for (group, name), parts in self._stated.items():
            carried = [weighed.records[position] * amount for position, amount in parts]
            if any(carried):
                yield StatedLine(group, name, self._sources[group, name], float(sum(carried)))

    def shared(self) -> Floats:
        """Kg CO2e that each record has to share out: its own and what it takes, less what it assigns. By position."""
        arrays = self._arrays
        own = self._direct[:, :1].copy()
        extra = self._averaged[:, :1].copy()
        for position, lot, amount in self._assigned:
            own[position, 0] -= amount
            if lot >= 0:
                extra[lot, 0] += amount
        lots = propagate(arrays, own, extra)
        total: Floats = own[:, 0]
        numpy.add.at(total, arrays.takers, arrays.parts * lots[arrays.inputs, 0])
        return total


def _group_of(factor: str | None, source: str) -> tuple[Group, str]:
    if factor is None:
        return "other lines stated in CO2e", source
    if factor.startswith(_DECLARED):
        return "declarations", factor.removeprefix(_DECLARED)
    return "factors stated in CO2e", factor
