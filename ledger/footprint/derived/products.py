"""The figure of a product: many lots as one, weighted by production, in total and by facility, with the spread over
lots.

These figures are computed for answers and never stored. Sums are rounded once, or once per chunk (`fsum`). So the means
of the facilities, weighted by production, give the mean of all lots up to the last digits, for any number of lots.

Lots come in chunks of columns. Each lot keeps four numbers in arrays (32 bytes); burdens and contents are added up
chunk by chunk.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Context, Decimal
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ledger.admission.facts import LOT_SLOTS
from ledger.core.outcome.assessment import ADDITIVE, BURDENS, Assessment
from ledger.footprint.stored.burdens import SLOT, Vector, line_co2e

Floats: TypeAlias = NDArray[np.float64]
Whole: TypeAlias = NDArray[np.int64]

PERCENTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
RATINGS: Final = {"technology": "technologyAbs", "time": "timeAbs", "geography": "geographyAbs"}
"""PACT's data quality ratings, 1 (best) to 3, by the burden that holds their weighted sum."""

CONVERSION: Final = "atiel-class-means"
"""The name of the conversion to the ratings of PACT 3, 1 (best) to 5. ATIEL's methodology translates 1 and 2 to 1, 3 to
2, 4 and 5 to 3. Read backwards, each class becomes the mean of its members: 1.5, 3, 4.5. These are proportional to 1,
2, 3, so the conversion of a weighted mean is the weighted mean of the conversions."""
_CLASS_MEAN: Final = 1.5

_EXACT: Final = Context(prec=60)
"""Precise enough to add half a million quantities of 24 digits without rounding."""

_ULPS: Final = 1e-12


class LotChunk(NamedTuple):
    """Some lots as columns of equal length: number, facility, quantity in the product's unit, burdens and contents of
    the whole lot. `contents` holds the names, `amounts` the kg at the same positions."""

    numbers: Sequence[int]
    facilities: Sequence[str]
    quantities: Sequence[Decimal]
    burdens: Sequence[Sequence[float]]
    contents: Sequence[Sequence[str]]
    amounts: Sequence[Sequence[float]]


class LotSpread(NamedTuple):
    """Kg CO2e per unit over lots, weighted by quantity. Percentile p is the smallest value of a lot at which the lots
    up to it make up at least the part p of the production; values are not interpolated. `deviation` is the standard
    deviation of the whole production, not of a sample."""

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
    """Lots as one: sums of their quantity, burdens and contents; `footprint` in kg CO2e."""

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
    """`facilities`: largest production first, then by name."""

    whole: Total
    facilities: Mapping[str, Total]


class _Sums:
    """Burdens, contents and quantity of one facility: each a list of partial sums, one per chunk."""

    def __init__(self) -> None:
        self.quantity = Decimal(0)
        self.burdens: list[list[float]] = [[] for _ in BURDENS]
        self.contents: dict[str, list[float]] = {}

    def add(self, quantities: Iterable[Decimal], burdens: Floats, contents: Mapping[str, Sequence[float]]) -> None:
        for quantity in quantities:
            self.quantity = _EXACT.add(self.quantity, quantity)
        # `fsum` over an array would create an object for each number, so columns become lists first.
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
        """Adds lots. Each lot may be added only once."""
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
        """Raises ValueError if no lots were added."""
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

    def facilities(self) -> list[str]:
        """The facilities of the lots."""
        return list(self._codes)

    def records(self) -> list[int]:
        """Log indexes of the records that created the lots, in log order."""
        indexes: list[int] = np.unique(np.concatenate(self._numbers) // LOT_SLOTS).tolist() if self.lots else []
        return indexes

    def numbers(self) -> list[int]:
        """Numbers of all lots."""
        numbers: list[int] = np.concatenate(self._numbers).tolist() if self.lots else []
        return numbers

    def largest(self, count: int) -> list[int]:
        """Numbers of the lots with the largest quantities; lots of equal quantity in log order."""
        if not self.lots:
            return []
        numbers, quantities = np.concatenate(self._numbers), np.concatenate(self._quantities)
        first: list[int] = numbers[np.lexsort((numbers, -quantities))[:count]].tolist()
        return first


def _gathered(chunk: LotChunk, places: Iterable[int]) -> dict[str, list[float]]:
    contents: dict[str, list[float]] = {}
    for i in places:
        for name, amount in zip(chunk.contents[i], chunk.amounts[i], strict=True):
            contents.setdefault(name, []).append(amount)
    return contents


def _footprints(burdens: Floats) -> Floats:
    """The result of `ledger.footprint.stored.burdens.footprint` for each row, added in the same order."""
    footprints = np.zeros(len(burdens))
    for slot in range(len(ADDITIVE)):
        footprints += burdens[:, slot]
    return footprints


def _total(sums: Sequence[_Sums], numbers: Whole, quantities: Floats, footprints: Floats) -> Total:
    quantity = Decimal(0)
    contents: dict[str, list[float]] = {}
    for facility in sums:
        quantity = _EXACT.add(quantity, facility.quantity)
        for name, parts in facility.contents.items():
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
    """The spread of at least one value around the weighted `mean`; all weights are above zero."""
    order = np.argsort(values, kind="stable")
    ordered, reached = values[order], np.cumsum(weights[order])
    # `reached` is a sum of rounded parts, so its last digits do not decide which lot reaches a percentile.
    levels = np.array(PERCENTILES) * (reached[-1] * (1.0 - _ULPS))
    p5, p25, median, p75, p95 = ordered[np.searchsorted(reached, levels)].tolist()
    variance = math.fsum((weights * (values - mean) ** 2).tolist()) / math.fsum(weights.tolist())
    return LotSpread(float(ordered[0]), p5, p25, median, p75, p95, float(ordered[-1]), mean, math.sqrt(variance))


def ratings(burdens: Sequence[float]) -> dict[str, float]:
    """PACT's ratings, each line weighted by its absolute amount; empty if there is no amount."""
    absolute = burdens[SLOT["absGhg"]]
    return {name: burdens[SLOT[burden]] / absolute for name, burden in RATINGS.items()} if absolute else {}


def pact_ratings(burdens: Sequence[float]) -> dict[str, float]:
    """The ratings on the scale of PACT 3, 1 (best) to 5, by `CONVERSION`; empty if there is no amount."""
    return {name: _CLASS_MEAN * rating for name, rating in ratings(burdens).items()}


def part_of_absolute(burdens: Sequence[float], burden: str) -> float | None:
    """A quality burden over absGhg; None if absGhg is zero."""
    absolute = burdens[SLOT["absGhg"]]
    return burdens[SLOT[burden]] / absolute if absolute else None


def primary_activity_share(assessment: Assessment) -> float | None:
    """The part of a record's own emissions whose activity data are no estimate, by absolute amounts; None without
    emissions."""
    stated = whole_amount = 0.0
    for line in assessment.lines:
        if line.burden in ADDITIVE:
            amount = abs(line_co2e(line))
            whole_amount += amount
            stated += 0.0 if line.basis == "estimated" else amount
    return stated / whole_amount if whole_amount else None
