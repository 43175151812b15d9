"""Recalculates the figure of a lot from stored assessments: with other potentials, or other allocation shares.

Amounts stated in CO2e do not change, since the gases behind them are unknown. Amounts assigned to an output do not
change either, nor the adjustments by a pool's period average, which were settled when the period was closed.

The results are answers and never stored: their sums may differ from stored figures by 1e-9 of absGhg.
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
from ledger.footprint.derived.completeness import Doubtful
from ledger.footprint.derived.contributions import Upstream
from ledger.footprint.stored.burdens import SLOT, Vector, direct, footprint, vector_of

Group = Literal["declarations", "factors stated in CO2e", "other lines stated in CO2e"]
_ADDITIVE: Final = frozenset(ADDITIVE)
_DECLARED: Final = "declaration:"


class RecountFigures(NamedTuple):
    """Figures of a whole lot in kg CO2e. `unestimated`: the number of omissions without an estimate."""

    footprint: float
    absolute: float
    omitted: float
    unestimated: float

    @property
    def completeness(self) -> float | None:
        """None (unknown) if there is an omission without an estimate."""
        if self.unestimated > 0:
            return None
        whole = self.absolute + self.omitted
        return self.absolute / whole if whole else 1.0

    @property
    def doubtful(self) -> Doubtful:
        """The omissions of these figures. Questioned and provisional parts are in the committed figure."""
        return Doubtful(self.omitted, 0.0, 0.0, self.absolute + self.omitted, unknown=self.unestimated > 0)

    @classmethod
    def of(cls, vector: Vector) -> "RecountFigures":
        """The figures in a vector of burdens."""
        return cls(footprint(vector), vector[SLOT["absGhg"]], vector[SLOT["omittedAbs"]], vector[SLOT["unestimated"]])


class RecountWeight(NamedTuple):
    """The parts that a lot carries of all records and of all lots, by position."""

    records: Floats
    lots: Floats

    @classmethod
    def for_lot(cls, arrays: Arrays, number: int) -> "RecountWeight":
        """Raises KeyError for a lot that is not in the chain."""
        wanted = numpy.zeros(len(arrays.numbers))
        wanted[arrays.position(number)] = 1.0
        return cls(*adjoint(arrays, wanted))


class StatedLine(NamedTuple):
    """`amount` kg CO2e of a lot that were stated in CO2e. `group`: stated in a declaration (`name` is its digest), by a
    factor, or otherwise."""

    group: Group
    name: str
    source: str
    amount: float


class Recount:
    """Recalculates with the global warming potentials `gases`. `add` takes all records of a chain of which the lot
    carries something."""

    def __init__(self, arrays: Arrays, gases: Mapping[str, Decimal]) -> None:
        self._arrays = arrays
        self._gases = gases
        self._direct = numpy.zeros((len(arrays.records), len(RecountFigures._fields)))
        self._averaged = numpy.zeros((len(arrays.numbers), len(RecountFigures._fields)))
        # For each assigned amount: position of the record, position of the lot (-1: not in the chain), kg CO2e.
        self._assigned: list[tuple[int, int, float]] = []
        self._stated: dict[tuple[Group, str], list[tuple[int, float]]] = {}
        self._sources: dict[tuple[Group, str], str] = {}

    def add(self, upstream: Upstream) -> None:
        """Adds a record. Raises PluginError for a gas without a global warming potential."""
        position = int(numpy.searchsorted(self._arrays.records, upstream.log_index))
        waits = isinstance(upstream.record, Transformation) and upstream.record.basis == "provisional"
        self._direct[position] = RecountFigures.of(direct(upstream.assessment, self._gases, provisional=waits))
        for assigned in upstream.assessment.assigned:
            lot = self._place(upstream.log_index * LOT_SLOTS + assigned.output)
            self._assigned.append((position, lot, float(assigned.amount)))
        first = self._place(upstream.log_index * LOT_SLOTS) if upstream.averaged else -1
        if first >= 0:
            self._averaged[first] = RecountFigures.of(vector_of(upstream.averaged))
        self._add_stated(position, upstream)

    def _place(self, number: int) -> int:
        try:
            return self._arrays.position(number)
        except KeyError:
            return -1

    def _add_stated(self, position: int, upstream: Upstream) -> None:
        for line in upstream.assessment.lines:
            if line.gas != "CO2e" or line.burden not in _ADDITIVE:
                continue
            group, name = _group_of(line.factor, line.source)
            self._stated.setdefault((group, name), []).append((position, float(line.amount)))
            self._sources.setdefault((group, name), line.source)

    def figures(self, weighed: RecountWeight) -> RecountFigures:
        """The recalculated figures of the lot that carries the parts `weighed` of the records."""
        total = weighed.records @ self._direct + weighed.lots @ self._averaged
        total[0] += self.assigned(weighed)
        return RecountFigures(*total.tolist())

    def assigned(self, weighed: RecountWeight) -> float:
        """Kg CO2e that assigned amounts added to the lot (negative: took from it)."""
        total = 0.0
        for position, lot, amount in self._assigned:
            made = 0.0 if lot < 0 else float(weighed.lots[lot])
            total += (made - float(weighed.records[position])) * amount
        return total

    def averaged(self, weighed: RecountWeight) -> float:
        """Kg CO2e that period averages of pools added to the lot (negative: took from it)."""
        return float(weighed.lots @ self._averaged[:, 0])

    def stated(self, weighed: RecountWeight) -> Iterator[StatedLine]:
        """The parts of the lot that were stated in CO2e, by declaration, factor or source, without parts of zero."""
        for (group, name), parts in self._stated.items():
            carried = [weighed.records[position] * amount for position, amount in parts]
            if any(carried):
                yield StatedLine(group, name, self._sources[group, name], float(sum(carried)))

    def shared(self) -> Floats:
        """Kg CO2e that each record allocates to its outputs by shares: its own burdens plus its inputs' burdens minus
        its assigned amounts. By position."""
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
