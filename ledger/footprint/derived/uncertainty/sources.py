"""The parts of a figure, and which of them vary together.

Every part t of a figure is a mean a (signed, kg CO2e) times two lognormal variables with mean 1:

    t = a * X * Y,  X = exp(s Z - s^2/2),  Y = exp(r W - r^2/2),  Z and W standard normal

X belongs to the measured amount: all parts from one measurement share one Z. Y belongs to the factor: all parts that
name the same factor share one W, wherever they are in the chain. So the mean of the sum is the figure itself, and each
shared error counts once.

- Lines of a record with the same source and the same s are one measurement: fuel that is burnt and has an upstream, or
  the fossil and biogenic parts of a declaration's figures. So are the shares of a total that a closing spread over its
  records. A share follows the total in proportion; if the record had stated an amount before, its variation is slightly
  larger or smaller. Two deliveries of one material in one record with the same s count as one measurement, which can
  overstate the variance of a sum of emissions but never understates it. All other amounts are independent.
- Parts that name one factor should state the same r. If they do not, each part keeps its own r: the error is common
  (one W), and each part follows it with its r (not at all with r = 0). Different statements do not cause a refusal.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from math import fsum, sqrt
from typing import Final, NamedTuple

import numpy
from numpy.typing import NDArray

from ledger.core.outcome.assessment import ADDITIVE, Line
from ledger.footprint.derived.uncertainty.origins import NO_ORIGINS, LineOrigins
from ledger.footprint.derived.uncertainty.pedigree import log_variance
from ledger.footprint.stored.burdens import line_co2e
from ledger.footprint.stored.gwp import AR6

Floats = NDArray[numpy.float64]
Integers = NDArray[numpy.int64]
REST_TOLERANCE: Final = 1e-9
"""The allowed difference between a figure and the sum of its parts, relative to the figure's absolute CO2e. It exists
since the sum adds in another order."""

_ADDITIVE: Final = frozenset(ADDITIVE)


class UncertaintyTerm(NamedTuple):
    """A part of a figure. `amount`: the part of a record in the lot (over all paths) times a line's kg CO2e.

    `own` and `shared`: variances of the logarithm, of the amount itself and of the `factor` that it names; None if
    nothing is stated, 0 if stated as certain. `absolute`: the |kg CO2e| of the lines in it, if that differs from
    |amount|. `record` (log index) and `source`: its origin. `closing`: the digest of the closing that measured it.
    """

    amount: float
    factor: str | None = None
    own: float | None = None
    shared: float | None = None
    record: int | None = None
    source: str = ""
    absolute: float | None = None
    closing: str | None = None

    @property
    def weight(self) -> float:
        """The kg CO2e with which the term counts in the part of a figure with a stated uncertainty."""
        return abs(self.amount) if self.absolute is None else self.absolute

    @property
    def stated(self) -> bool:
        return self.own is not None or self.shared is not None

    @property
    def variances(self) -> tuple[float, float]:
        """The variances of the amount itself and of the factor. A factor without a name is not shared, so its variance
        counts as the amount's own."""
        own, shared = self.own or 0.0, self.shared or 0.0
        return (own, shared) if self.factor else (own + shared, 0.0)


def line_terms(
    weight: float, lines: Iterable[Line], record: int, gases: Mapping[str, Decimal] = AR6,
    origins: LineOrigins = NO_ORIGINS,
) -> list[UncertaintyTerm]:
    """The terms for the lines of the record at log index `record`, of which the lot carries the part `weight`. Lines
    outside the footprint are omitted. Lines of one measurement and one factor are one term."""
    terms: dict[tuple[object, ...], UncertaintyTerm] = {}
    for line in lines:
        if line.burden not in _ADDITIVE:
            continue
        amount = weight * line_co2e(line, gases)
        own = log_variance(line.deviation, line.pedigree)
        shared = log_variance(line.factor_deviation, line.factor_pedigree)
        factor = origins.factor(line)
        key = (line.source, factor, own, shared)
        term = terms.get(key)
        if term is None:
            closing = origins.closing(line.source, own)
            terms[key] = UncertaintyTerm(amount, factor, own, shared, record, line.source, abs(amount), closing)
        else:
            terms[key] = term._replace(amount=term.amount + amount, absolute=term.weight + abs(amount))
    return list(terms.values())


def rest_of(terms: Iterable[UncertaintyTerm], figure: float, absolute: float) -> UncertaintyTerm | None:
    """The difference between a stored `figure` (kg CO2e) and the sum of the terms, as a certain term; None if it is
    within the rounding error of adding in another order. `absolute`: the figure's absolute CO2e."""
    rest = figure - fsum(term.amount for term in terms)
    return UncertaintyTerm(rest, source="rest") if abs(rest) > REST_TOLERANCE * absolute else None


def summed(places: Integers, amounts: Floats, count: int) -> Floats:
    """The sums of amounts by place, for the places 0 to `count` - 1."""
    return numpy.bincount(places, amounts, count).astype(numpy.float64, copy=False)


class Sources(NamedTuple):
    """A figure's terms, grouped into sums that vary together. `certain`: the sum of the terms that do not vary, in kg
    CO2e. `positive`: no term is negative.

    Terms of one measurement that follow one factor with the same r are one sum. Each sum has its amount in kg CO2e
    (`amounts`), the place of its measurement in `own` (`measurement`; -1: its amount is certain), the place of its
    factor in `factors` (`factor`; 0: certain), and r (`spread`). `own`: s^2 by measurement; `first`: the position of
    the first term of each measurement.
    """

    certain: float
    positive: bool
    amounts: Floats
    measurement: Integers
    factor: Integers
    spread: Floats
    factors: list[str]
    own: Floats
    first: Integers


def grouped(terms: Sequence[UncertaintyTerm]) -> Sources:
    """Groups terms. Factors are in the order of their names, measurements in the order of the terms. Raises ValueError
    for a variance below zero."""
    certain = list[float]()
    sums = dict[tuple[int, str, float], float]()
    measurements = dict[tuple[object, ...], int]()
    own, first = list[float](), list[int]()
    for i, term in enumerate(terms):
        variance, shared = term.variances
        if not (variance >= 0.0 and shared >= 0.0):
            raise ValueError(f"term {i} has a variance below zero: own {variance}, shared {shared}")
        if not variance and not shared:
            certain.append(term.amount)
            continue
        place = -1
        if variance:
            place = measurements.setdefault(_measurement(term, variance, i), len(own))
            if place == len(own):
                own.append(variance)
                first.append(i)
        key = (place, term.factor or "" if shared else "", shared)
        sums[key] = sums.get(key, 0.0) + term.amount
    factors = sorted({"", *[name for _, name, _ in sums]})
    places = {name: place for place, name in enumerate(factors)}
    return Sources(
        fsum(certain), all(term.amount >= 0.0 for term in terms), numpy.array(list(sums.values()), numpy.float64),
        numpy.array([place for place, _, _ in sums], numpy.int64),
        numpy.array([places[name] for _, name, _ in sums], numpy.int64),
        numpy.array([sqrt(shared) for _, _, shared in sums], numpy.float64), factors, numpy.array(own, numpy.float64),
        numpy.array(first, numpy.int64),
    )


def _measurement(term: UncertaintyTerm, variance: float, place: int) -> tuple[object, ...]:
    """The key of the measurement of a term. A term without a record, or with a factor without a name, is a measurement
    of its own."""
    if term.record is None or (term.shared and not term.factor):
        return (place,)
    return (term.record if term.closing is None else term.closing, term.source, variance)
