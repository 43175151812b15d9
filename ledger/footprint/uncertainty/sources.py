"""What a figure is the sum of, and which parts of it vary together.

Every part t of a figure is a mean a (signed, kg CO2e) times two lognormal variables of mean 1:

    t = a * X * Y,  X = exp(s Z - s^2/2),  Y = exp(r W - r^2/2),  Z and W standard normal

X is of the part's own amount: Z is drawn for it alone. Y is of the factor: there is one W for all parts that name the
same factor, wherever in the chain they are. So the mean of the sum is the figure itself, and a factor counts once.

Parts that name one factor should state the same r. Where they do not, each keeps its own: the error is common (one W),
and each part follows it as far as it says (not at all with r = 0). None is refused for what another one states. A
factor is known by its name alone; two that bear one name (of one source and year) count as one, which overstates the
variance of a sum of emissions and never understates it. Amounts are independent between lines: where one measured
quantity stands behind several (fuel that is burnt and has an upstream, a month's meter that a closing spread over its
records), each counts as measured by itself, which understates it.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from math import fsum
from typing import Final, NamedTuple

import numpy
from numpy.typing import NDArray

from ledger.core.assessment import ADDITIVE, Line
from ledger.footprint.burdens import line_co2e
from ledger.footprint.gwp import AR6
from ledger.footprint.uncertainty.pedigree import log_variance

Floats = NDArray[numpy.float64]
Integers = NDArray[numpy.int64]
_ADDITIVE: Final = frozenset(ADDITIVE)


class Term(NamedTuple):
    """A part of a figure: `amount` is what a record carries into the lot (by all ways together) times a line's kg CO2e.

    `own` and `shared` are variances of the logarithm, of the amount itself and of the `factor` that it names; None
    where nothing is stated, 0 where it is stated to be certain. `absolute`: the |kg CO2e| of the lines behind it, where
    that is not |amount|. `record` and `source` say where it comes from.
    """

    amount: float
    factor: str | None = None
    own: float | None = None
    shared: float | None = None
    record: int | None = None
    source: str = ""
    absolute: float | None = None

    @property
    def weight(self) -> float:
        """Kg CO2e by which it counts in what part of a figure states its uncertainty."""
        return abs(self.amount) if self.absolute is None else self.absolute

    @property
    def stated(self) -> bool:
        return self.own is not None or self.shared is not None


def line_terms(
    weight: float, lines: Iterable[Line], record: int | None = None, gases: Mapping[str, Decimal] = AR6
) -> list[Term]:
    """The terms of a record's lines, of which the lot carries `weight`; lines that are no part of the footprint are
    left out.

    Lines of one record with the same source and factor are one quantity times one factor (a declaration's fossil and
    biogenic parts, its primary and secondary ones): they are one term. Without a factor each stands for itself.
    """
    terms: list[Term] = []
    place: dict[tuple[object, ...], int] = {}
    for line in lines:
        if line.burden not in _ADDITIVE:
            continue
        amount = weight * line_co2e(line, gases)
        own = log_variance(line.deviation, line.pedigree)
        shared = log_variance(line.factor_deviation, line.factor_pedigree)
        key = (line.source, line.factor, own, shared)
        if line.factor is None or own is None or key not in place:
            place[key] = len(terms)
            terms.append(Term(amount, line.factor, own, shared, record, line.source, abs(amount)))
        else:
            at = place[key]
            terms[at] = terms[at]._replace(amount=terms[at].amount + amount, absolute=terms[at].weight + abs(amount))
    return terms


class Group(NamedTuple):
    """The uncertain terms that share one W, as arrays; `own` is s^2, `spread` is r, `places` are their positions. Those
    without an uncertain factor are the group `""`, in which every r is 0."""

    factor: str
    amounts: Floats
    own: Floats
    spread: Floats
    places: Integers


class Sources(NamedTuple):
    """A figure's terms by what varies together: `certain` is the sum of those that do not vary, in kg CO2e."""

    certain: float
    groups: list[Group]
    positive: bool


def grouped(terms: Sequence[Term]) -> Sources:
    """Groups by factor, in the order of their names. Raises ValueError for a variance below zero."""
    certain, places = list[float](), dict[str, list[int]]()
    for i, term in enumerate(terms):
        own, shared = _variances(term)
        if not (own >= 0.0 and shared >= 0.0):
            raise ValueError(f"term {i} has a variance below zero")
        if own or shared:
            places.setdefault(term.factor or "" if shared else "", []).append(i)
        else:
            certain.append(term.amount)
    groups = [_group(name, terms, places[name]) for name in sorted(places)]
    return Sources(fsum(certain), groups, all(term.amount >= 0.0 for term in terms))


def _variances(term: Term) -> tuple[float, float]:
    """Of the amount itself and of the factor; that of a factor without a name is shared with nobody."""
    own, shared = term.own or 0.0, term.shared or 0.0
    return (own, shared) if term.factor else (own + shared, 0.0)


def _group(name: str, terms: Sequence[Term], places: Sequence[int]) -> Group:
    variances = [_variances(terms[i]) for i in places]
    return Group(
        name,
        numpy.array([terms[i].amount for i in places]),
        numpy.array([own for own, _ in variances]),
        numpy.sqrt(numpy.array([shared for _, shared in variances])),
        numpy.array(places, numpy.int64),
    )
