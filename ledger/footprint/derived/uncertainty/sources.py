"""What a figure is the sum of, and which parts of it vary together.

Every part t of a figure is a mean a (signed, kg CO2e) times two lognormal variables of mean 1:

    t = a * X * Y,  X = exp(s Z - s^2/2),  Y = exp(r W - r^2/2),  Z and W standard normal

X is of the amount as it was measured: there is one Z for all parts that rest on one measurement. Y is of the factor:
there is one W for all parts that name the same factor, wherever in the chain they are. So the mean of the sum is the
figure itself, and what is shared counts once.

- One measurement are the lines of a record that have the same source and state the same s: fuel that is burnt and has
  an upstream, the fossil and biogenic parts of a declaration's figures. So are the shares of one total that a closing
  spread over its records. A share follows the total in proportion; where something was stated before, what it varies
  by is a little more or less. Two deliveries of one material in one record that state the same count as one: that
  overstates the variance of a sum of emissions and never understates it. All other amounts are independent.
- Parts that name one factor should state the same r. Where they do not, each keeps its own: the error is common (one
  W), and each part follows it as far as it says (not at all with r = 0). None is refused for what another one states.
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
"""Of the absolute CO2e of a figure: by so much may the sum of its parts differ, since it adds in another order."""

_ADDITIVE: Final = frozenset(ADDITIVE)


class UncertaintyTerm(NamedTuple):
    """A part of a figure: `amount` is what a record carries into the lot (by all ways together) times a line's kg CO2e.

    `own` and `shared` are variances of the logarithm, of the amount itself and of the `factor` that it names; None
    where nothing is stated, 0 where it is stated to be certain. `absolute`: the |kg CO2e| of the lines behind it, where
    that is not |amount|. `record` and `source` say where it comes from, `closing` by the digest of which closing it was
    measured.
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
        """Kg CO2e by which it counts in what part of a figure states its uncertainty."""
        return abs(self.amount) if self.absolute is None else self.absolute

    @property
    def stated(self) -> bool:
        return self.own is not None or self.shared is not None

    @property
    def variances(self) -> tuple[float, float]:
        """Of the amount itself and of the factor; that of a factor without a name is shared with nobody."""
        own, shared = self.own or 0.0, self.shared or 0.0
        return (own, shared) if self.factor else (own + shared, 0.0)


def line_terms(
    weight: float, lines: Iterable[Line], record: int, gases: Mapping[str, Decimal] = AR6,
    origins: LineOrigins = NO_ORIGINS,
) -> list[UncertaintyTerm]:
    """The terms of the lines of the record at log index `record`, of which the lot carries `weight`; lines that are no
    part of the footprint are left out. Lines that are one measurement times one factor are one term."""
    terms: dict[tuple[object, ...], UncertaintyTerm] = {}
    for line in lines:
        if line.burden not in _ADDITIVE:
            continue
        amount = weight * line_co2e(line, gases)
        own = log_variance(line.deviation, line.pedigree)
        shared = log_variance(line.factor_deviation, line.factor_pedigree)
        factor = origins.factor(line)
        key = (line.source, factor, own, shared)
        found = terms.get(key)
        if found is None:
            closing = origins.closing(line.source, own)
            terms[key] = UncertaintyTerm(amount, factor, own, shared, record, line.source, abs(amount), closing)
        else:
            terms[key] = found._replace(amount=found.amount + amount, absolute=found.weight + abs(amount))
    return list(terms.values())


def rest_of(terms: Iterable[UncertaintyTerm], figure: float, absolute: float) -> UncertaintyTerm | None:
    """What the terms leave unexplained of a stored `figure` (kg CO2e) of `absolute` CO2e, as one that is certain; None
    where that is no more than adding in another order makes."""
    rest = figure - fsum(term.amount for term in terms)
    return UncertaintyTerm(rest, source="rest") if abs(rest) > REST_TOLERANCE * absolute else None


def summed(places: Integers, amounts: Floats, count: int) -> Floats:
    """The sums of amounts by place, from 0 to below `count`."""
    return numpy.bincount(places, amounts, count).astype(numpy.float64, copy=False)


class Sources(NamedTuple):
    """A figure's terms by what varies together: `certain` is the sum of those that do not vary, in kg CO2e.

    The others are added up where they rest on one measurement and follow one factor alike. Of each such sum there is
    its amount in kg CO2e, the place of its measurement in `own` (-1 where its amount is certain), the place of its
    factor in `factors` (0 where that is certain), and r. `own` holds s^2 by measurement, `first` the position of the
    first term that rests on it.
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
    """Factors in the order of their names, measurements in that of the terms. Raises ValueError for a variance below
    zero."""
    certain = list[float]()
    sums = dict[tuple[int, str, float], float]()
    measurements = dict[tuple[object, ...], int]()
    own, first = list[float](), list[int]()
    for i, term in enumerate(terms):
        variance, shared = term.variances
        if not (variance >= 0.0 and shared >= 0.0):
            raise ValueError(f"term {i} has a variance below zero")
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
    """What a term rests on; one of no record, or whose factor has no name, on something of its own."""
    if term.record is None or (term.shared and not term.factor):
        return (place,)
    return (term.record if term.closing is None else term.closing, term.source, variance)
