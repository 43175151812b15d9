"""Many lots of one product as one figure: weighted by what was made, in all and by facility, with the spread over lots.

These are answers and never stored. Sums are rounded once, or once a chunk (`fsum`): so the means of facilities times
their shares of production are the mean of all but for the last digits, however many lots there are.

Lots come in chunks of columns. What is kept of each are four numbers in arrays, 32 bytes; burdens and contents are
added up chunk by chunk.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Context, Decimal
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ledger.admission.facts import LOT_SLOTS
from ledger.core.outcome.assessment import ADDITIVE, BURDENS
from ledger.footprint.stored.burdens import SLOT, Vector

Floats: TypeAlias = NDArray[np.float64]
Whole: TypeAlias = NDArray[np.int64]

PERCENTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
RATINGS: Final = {"technology": "technologyAbs", "time": "timeAbs", "geography": "geographyAbs"}
"""PACT's data quality ratings, 1 (best) to 3, by the burden that holds their weighted sum."""

_EXACT: Final = Context(prec=60)
"""Half a million quantities of 24 digits each add up without rounding."""

_ULPS: Final = 1e-12


class LotChunk(NamedTuple):
    """Columns of as many lots: log number, facility, quantity in the product's unit, burdens and contents of the whole
    lot. A content's name stands at the same place as its amount."""

    numbers: Sequence[int]
    facilities: Sequence[str]
    quantities: Sequence[Decimal]
    burdens: Sequence[Sequence[float]]
    contents: Sequence[Sequence[str]]
    amounts: Sequence[Sequence[float]]


class LotSpread(NamedTuple):
    """Kg CO2e per unit over lots, each of the weight of its quantity. A percentile p is the smallest value of a lot at
    which at least the part p of all that was made is reached; no value between two lots is made up. `deviation` is that
    of the whole production, not of a sample."""

    minimum: float
    p5: float
    p25: float
    median: float
    p75: float
    p95: float
    maximum: float
    mean: float
    deviation: float


class Total(NamedTuple):
    """Lots as one: their quantity, burdens and contents added up, `footprint` kg CO2e of them all."""

    quantity: Decimal
    lots: int
    records: int
    footprint: float
    burdens: Vector
    contents: Mapping[str, float]
    spread: LotSpread

    @property
    def per_unit(self) -> float:
        """Kg CO2e per unit of the product, weighted by production."""
        return self.spread.mean


class Produced(NamedTuple):
    """By facility the one with the largest production first, those of equal production by name."""

    whole: Total
    facilities: Mapping[str, Total]


class _Sums:
    """Burdens, contents and quantity of one facility: a list of partial sums each, one a chunk."""

    def __init__(self) -> None:
        self.quantity = Decimal(0)
        self.burdens: list[list[float]] = [[] for _ in BURDENS]
        self.contents: dict[str, list[float]] = {}

    def add(self, quantities: Iterable[Decimal], burdens: Floats, contents: Mapping[str, Sequence[float]]) -> None:
        for quantity in quantities:
            self.quantity = _EXACT.add(self.quantity, quantity)
        # Lists, since adding up an array makes an object of each of its numbers.
        for parts, column in zip(self.burdens, burdens.T.tolist(), strict=True):
            parts.append(math.fsum(column))
        for name, amounts in contents.items():
            self.contents.setdefault(name, []).append(math.fsum(amounts))


class ProducedLots:
    """Takes the lots of a product chunk by chunk."""

    def __init__(self) -> None:
        self.lots = 0
        self._codes: dict[str, int] = {}
        self._sums: list[_Sums] = []
        self._numbers: list[Whole] = []
        self._facility_of: list[Whole] = []
        self._quantities: list[Floats] = []
        self._footprints: list[Floats] = []

    def take(self, chunk: LotChunk) -> None:
        """Adds lots, each of which may come once."""
        burdens = np.array(chunk.burdens, dtype=np.float64).reshape(-1, len(BURDENS))
        codes = np.array([self._code(facility) for facility in chunk.facilities], dtype=np.int64)
        for code in np.unique(codes).tolist():
            rows = np.flatnonzero(codes == code)
            places = rows.tolist()
            self._sums[code].add([chunk.quantities[i] for i in places], burdens[rows], _gathered(chunk, places))
        self.lots += len(codes)
        self._numbers.append(np.array(chunk.numbers, dtype=np.int64))
        self._facility_of.append(codes)
        self._quantities.append(np.array([float(one) for one in chunk.quantities], dtype=np.float64))
        self._footprints.append(_footprints(burdens))

    def _code(self, facility: str) -> int:
        code = self._codes.setdefault(facility, len(self._codes))
        if code == len(self._sums):
            self._sums.append(_Sums())
        return code

    def result(self) -> Produced:
        """Raises ValueError where nothing was taken."""
        if not self.lots:
            raise ValueError("no lots")
        numbers, codes = np.concatenate(self._numbers), np.concatenate(self._facility_of)
        quantities, footprints = np.concatenate(self._quantities), np.concatenate(self._footprints)
        totals: dict[str, Total] = {}
        for facility, code in self._codes.items():
            own = codes == code
            totals[facility] = _total([self._sums[code]], numbers[own], quantities[own], footprints[own])
        return Produced(
            _total(self._sums, numbers, quantities, footprints),
            dict(sorted(totals.items(), key=lambda one: (-one[1].quantity, one[0]))),
        )

    def records(self) -> list[int]:
        """Log indexes of those that made the lots, in log order."""
        found: list[int] = np.unique(np.concatenate(self._numbers) // LOT_SLOTS).tolist() if self.lots else []
        return found

    def largest(self, count: int) -> list[int]:
        """Numbers of the lots with the largest quantities, those of equal ones in log order."""
        if not self.lots:
            return []
        numbers, quantities = np.concatenate(self._numbers), np.concatenate(self._quantities)
        found: list[int] = numbers[np.lexsort((numbers, -quantities))[:count]].tolist()
        return found


def _gathered(chunk: LotChunk, places: Iterable[int]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for i in places:
        for name, amount in zip(chunk.contents[i], chunk.amounts[i], strict=True):
            found.setdefault(name, []).append(amount)
    return found


def _footprints(burdens: Floats) -> Floats:
    """Of each row what `ledger.footprint.stored.burdens.footprint` makes of it, in the same order."""
    found = np.zeros(len(burdens))
    for slot in range(len(ADDITIVE)):
        found += burdens[:, slot]
    return found


def _total(sums: Sequence[_Sums], numbers: Whole, quantities: Floats, footprints: Floats) -> Total:
    quantity = Decimal(0)
    contents: dict[str, list[float]] = {}
    for one in sums:
        quantity = _EXACT.add(quantity, one.quantity)
        for name, parts in one.contents.items():
            contents.setdefault(name, []).extend(parts)
    footprint = math.fsum(footprints.tolist())
    return Total(
        quantity=quantity, lots=len(numbers), records=len(np.unique(numbers // LOT_SLOTS)), footprint=footprint,
        burdens=tuple([
            math.fsum([part for one in sums for part in one.burdens[slot]]) for slot in range(len(BURDENS))
        ]),
        contents={name: math.fsum(parts) for name, parts in contents.items()},
        spread=spread(footprints / quantities, quantities, footprint / float(quantity)),
    )


def spread(values: Floats, weights: Floats, mean: float) -> LotSpread:
    """The spread of values with weights above zero, of which there is at least one, around their weighted `mean`."""
    order = np.argsort(values, kind="stable")
    ordered, reached = values[order], np.cumsum(weights[order])
    # What is reached is a sum of rounded parts: it counts as reached but for its last digits.
    wanted = np.array(PERCENTILES) * (reached[-1] * (1.0 - _ULPS))
    p5, p25, median, p75, p95 = ordered[np.searchsorted(reached, wanted)].tolist()
    variance = math.fsum((weights * (values - mean) ** 2).tolist()) / math.fsum(weights.tolist())
    return LotSpread(float(ordered[0]), p5, p25, median, p75, p95, float(ordered[-1]), mean, math.sqrt(variance))


def ratings(burdens: Sequence[float]) -> dict[str, float]:
    """PACT's ratings, each line weighted by its absolute amount; none where there is no amount."""
    absolute = burdens[SLOT["absGhg"]]
    return {name: burdens[SLOT[burden]] / absolute for name, burden in RATINGS.items()} if absolute else {}


def part_of_absolute(burdens: Sequence[float], burden: str) -> float | None:
    """Which part of the footprint, in absolute amounts, a quality burden is of; None where there is no amount."""
    absolute = burdens[SLOT["absGhg"]]
    return burdens[SLOT[burden]] / absolute if absolute else None
