"""The variance of a figure in closed form, and to first order, by the model of `sources`.

F is the variance of the parts a X Y that follow one factor: F = sum over i, j of a_i a_j (exp(r_i r_j) - 1). If all r
are equal, F = S^2 (exp(r^2) - 1) with S the sum of a. Parts are added before they are squared, so a factor that reaches
a lot by several paths counts once. With v = exp(s^2) - 1 of a measurement,

    variance = sum over factors of F + sum over measurements of v * (S^2 + sum over factors of F of its parts)

since exp(s^2 + r_i r_j) - 1 = (exp(r_i r_j) - 1) + v + v (exp(r_i r_j) - 1), and parts that share neither measurement
nor factor are independent.

To first order (JCGM 100:2008, 5.1.2 and 5.2.2; R. Heijungs, Int. J. LCA 15 (2010) 511) the product of the two
deviations within a part, which is the last sum, is omitted.
"""

from collections.abc import Sequence
from math import exp, fsum, log1p, sqrt
from typing import Final, NamedTuple

import numpy

from ledger.footprint.derived.uncertainty.parts import Distribution
from ledger.footprint.derived.uncertainty.sources import Floats, Integers, Sources, UncertaintyTerm, grouped, summed

Z95: Final = 1.959963984540054
"""The 97.5 % point of the standard normal distribution."""


class Moments(NamedTuple):
    """The mean of a figure in kg CO2e, and variances in (kg CO2e)^2. `variance`: the sum of `shared` (by factor) and
    `own` (by measurement)."""

    mean: float
    variance: float
    first_order: float
    shared: dict[str, float]
    own: Floats


class Interval(NamedTuple):
    """The interval of 95 % of the fitted distribution, with 2.5 % below and 2.5 % above."""

    low: float
    high: float
    distribution: Distribution


def moments(terms: Sequence[UncertaintyTerm], sources: Sources | None = None) -> Moments:
    """The moments of the sum of `terms`. `sources`: the result of `grouped(terms)`, if the caller has it."""
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
    """The variance F of each factor."""
    varying = numpy.flatnonzero(sources.factor)
    codes, variances = _common(sources, varying, sources.factor[varying])
    return {sources.factors[code]: variance for code, variance in zip(codes.tolist(), variances.tolist(), strict=True)}


def _products(sources: Sources, measured: Integers) -> Floats:
    """The sum over factors of F, restricted to the parts of each measurement."""
    both = measured[sources.factor[measured] > 0]
    codes, variances = _common(sources, both, sources.measurement[both] * len(sources.factors) + sources.factor[both])
    return summed(codes // len(sources.factors), variances, len(sources.own))


def _common(sources: Sources, places: Integers, codes: Integers) -> tuple[Integers, Floats]:
    """F of the sums at `places`, for each distinct code."""
    if not len(places):
        return numpy.zeros(0, numpy.int64), numpy.zeros(0)
    order = numpy.argsort(codes, kind="stable")
    starts = numpy.flatnonzero(numpy.diff(codes[order], prepend=-1))
    amounts, spread = sources.amounts[places[order]], sources.spread[places[order]]
    widest = numpy.maximum.reduceat(spread, starts)
    variances = numpy.add.reduceat(amounts, starts) ** 2 * numpy.expm1(widest**2)
    ends = numpy.append(starts[1:], len(order))
    for i in numpy.flatnonzero(numpy.minimum.reduceat(spread, starts) != widest).tolist():
        part = slice(int(starts[i]), int(ends[i]))
        variances[i] = _mixed(amounts[part], spread[part])
    return codes[order][starts], variances


def _mixed(amounts: Floats, spread: Floats) -> float:
    """F if the parts state different r. With the series of exp(r_i r_j) it is

        sum over n >= 1 of (sum over j of a_j r_j^n)^2 / n!

    in which no term is negative. Up to a factor, the weights r^2n / n! are a Poisson distribution with mean r^2. The
    terms beyond its mean plus twelve standard deviations plus forty are less than 1e-17 of the sum.
    """
    powers, total, widest = amounts.copy(), list[float](), float(spread.max())
    for n in range(1, int(widest**2 + 12 * widest) + 41):
        powers *= spread / sqrt(n)
        total.append(float(powers.sum()) ** 2)
    return fsum(total)


def interval(mean: float, variance: float, *, positive: bool) -> Interval:
    """The interval of a lognormal distribution with this mean and variance if no part of the figure can be negative
    (`positive`), else of a normal distribution."""
    if not variance:
        return Interval(mean, mean, "certain")
    if positive:
        spread = sqrt(log_variance_of(mean, variance))
        median = mean * exp(-(spread**2) / 2)
        return Interval(median * exp(-Z95 * spread), median * exp(Z95 * spread), "lognormal")
    return Interval(mean - Z95 * sqrt(variance), mean + Z95 * sqrt(variance), "normal")


def log_variance_of(mean: float, variance: float) -> float:
    """The variance of the logarithm of a lognormal variable with this mean and variance."""
    # The square of a very small mean would underflow to zero.
    return log1p(variance / mean / mean)
