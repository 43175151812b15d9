"""The variance of a figure in closed form, and to first order; the model is that of `sources`.

Of the parts a X Y of one factor alone, sum over i, j of a_i a_j (exp(r_i r_j) - 1): it is F. Where all r are equal it
is S^2 (exp(r^2) - 1) with S the sum of a: parts are added before they are squared, so that a factor that reaches a lot
by several ways counts once. With v = exp(s^2) - 1 of a measurement,

    variance = sum over factors of F + sum over measurements of v * (S^2 + sum over factors of F of its parts)

for exp(s^2 + r_i r_j) - 1 = (exp(r_i r_j) - 1) + v + v (exp(r_i r_j) - 1), and what shares neither is independent.

To first order (JCGM 100:2008, 5.1.2 and 5.2.2; R. Heijungs, Int. J. LCA 15 (2010) 511) the product of the two
deviations within a part is left out, that is the last sum.
"""

from collections.abc import Sequence
from math import exp, fsum, log1p, sqrt
from typing import Final, Literal, NamedTuple

import numpy

from ledger.footprint.derived.uncertainty.sources import Floats, Integers, Sources, UncertaintyTerm, grouped, summed

Distribution = Literal["lognormal", "normal", "certain"]
Z95: Final = 1.959963984540054
"""The 97.5 % point of the standard normal distribution."""


class Moments(NamedTuple):
    """Of a figure: its mean in kg CO2e, and variances in its square. `variance` is the sum of `shared`, by factor, and
    of `own`, by measurement."""

    mean: float
    variance: float
    first_order: float
    shared: dict[str, float]
    own: Floats


class Interval(NamedTuple):
    """What holds 95 % of the fitted distribution, 2.5 % below it and 2.5 % above."""

    low: float
    high: float
    distribution: Distribution


def moments(terms: Sequence[UncertaintyTerm], sources: Sources | None = None) -> Moments:
    """`sources` are those of the terms, where they are grouped already."""
    sources = sources or grouped(terms)
    shared, own, linear = _of_factors(sources), numpy.zeros(len(sources.own)), numpy.zeros(len(sources.own))
    measured = numpy.flatnonzero(sources.measurement >= 0)
    if len(measured):
        together = summed(sources.measurement[measured], sources.amounts[measured], len(sources.own))
        linear = numpy.expm1(sources.own) * together**2
        own = linear + numpy.expm1(sources.own) * _products(sources, measured)
    factors = fsum(shared.values())
    return Moments(
        fsum(term.amount for term in terms), factors + fsum(own), factors + fsum(linear), shared, own
    )


def _of_factors(sources: Sources) -> dict[str, float]:
    """The variance that each factor brings by itself."""
    varying = numpy.flatnonzero(sources.factor)
    codes, found = _common(sources, varying, sources.factor[varying])
    return {sources.factors[code]: variance for code, variance in zip(codes.tolist(), found.tolist(), strict=True)}


def _products(sources: Sources, measured: Integers) -> Floats:
    """By measurement, the sum over factors of the variance that each brings to the parts that rest on it."""
    both = measured[sources.factor[measured] > 0]
    codes, found = _common(sources, both, sources.measurement[both] * len(sources.factors) + sources.factor[both])
    return summed(codes // len(sources.factors), found, len(sources.own))


def _common(sources: Sources, places: Integers, codes: Integers) -> tuple[Integers, Floats]:
    """F of the sums at `places`, for each distinct code."""
    if not len(places):
        return numpy.zeros(0, numpy.int64), numpy.zeros(0)
    order = numpy.argsort(codes, kind="stable")
    starts = numpy.flatnonzero(numpy.diff(codes[order], prepend=-1))
    amounts, spread = sources.amounts[places[order]], sources.spread[places[order]]
    widest = numpy.maximum.reduceat(spread, starts)
    found = numpy.add.reduceat(amounts, starts) ** 2 * numpy.expm1(widest**2)
    ends = numpy.append(starts[1:], len(order))
    for i in numpy.flatnonzero(numpy.minimum.reduceat(spread, starts) != widest).tolist():
        part = slice(int(starts[i]), int(ends[i]))
        found[i] = _mixed(amounts[part], spread[part])
    return codes[order][starts], found


def _mixed(amounts: Floats, spread: Floats) -> float:
    """F where the parts state different deviations r: with exp(r_i r_j) as its series it is

        sum over n >= 1 of (sum over j of a_j r_j^n)^2 / n!

    of which no part is negative. The weights r^2n / n! are those of a Poisson distribution of mean r^2 but for a
    factor; what lies twelve of its standard deviations and forty above its mean is less than 1e-17 of all.
    """
    powers, total, widest = amounts.copy(), list[float](), float(spread.max())
    for n in range(1, int(widest**2 + 12 * widest) + 41):
        powers *= spread / sqrt(n)
        total.append(float(powers.sum()) ** 2)
    return fsum(total)


def interval(mean: float, variance: float, *, positive: bool) -> Interval:
    """Lognormal with this mean and variance where no part is negative, so that the figure cannot be; else normal."""
    if not variance:
        return Interval(mean, mean, "certain")
    if positive:
        spread = sqrt(log_variance_of(mean, variance))
        median = mean * exp(-(spread**2) / 2)
        return Interval(median * exp(-Z95 * spread), median * exp(Z95 * spread), "lognormal")
    return Interval(mean - Z95 * sqrt(variance), mean + Z95 * sqrt(variance), "normal")


def log_variance_of(mean: float, variance: float) -> float:
    """The variance of the logarithm of a lognormal variable with this mean and variance."""
    # The square of the smallest means is zero.
    return log1p(variance / mean / mean)
