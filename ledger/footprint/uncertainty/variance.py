"""The variance of a figure in closed form, and to first order; the model is that of `sources`.

Of the parts a X Y of one factor, with v = exp(s^2) - 1 the variance of X:

    variance = sum over i, j of a_i a_j (exp(r_i r_j) - 1) + sum over j of a_j^2 v_j exp(r_j^2)

Where all r are equal, the first sum is S^2 (exp(r^2) - 1) with S the sum of a: the parts are added before they are
squared, so that a factor that reaches a lot by several ways counts once. Factors, and parts without one, are
independent of each other, so their variances add.

To first order (JCGM 100:2008, 5.1.2 and 5.2.2; R. Heijungs, Int. J. LCA 15 (2010) 511) the product of the two
deviations within a part is left out, that is exp(r_j^2) in the last sum.
"""

from collections.abc import Sequence
from math import exp, expm1, fsum, log1p, sqrt
from typing import Final, Literal, NamedTuple

import numpy

from ledger.footprint.uncertainty.sources import Floats, Group, Sources, Term, grouped

Distribution = Literal["lognormal", "normal", "certain"]
Z95: Final = 1.959963984540054
"""The 97.5 % point of the standard normal distribution."""


class Moments(NamedTuple):
    """Of a figure: its mean in kg CO2e, and variances in its square. `variance` is the sum of `shared`, by factor, and
    of `own`, by term."""

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


def moments(terms: Sequence[Term], sources: Sources | None = None) -> Moments:
    """`sources` are those of the terms, where they are grouped already."""
    shared, own, linear = dict[str, float](), numpy.zeros(len(terms)), numpy.zeros(len(terms))
    for group in (sources or grouped(terms)).groups:
        linear[group.places] = group.amounts**2 * numpy.expm1(group.own)
        own[group.places] = linear[group.places] * numpy.exp(group.spread**2)
        if group.factor:
            shared[group.factor] = _shared(group)
    factors = fsum(shared.values())
    return Moments(
        fsum(term.amount for term in terms), factors + fsum(own), factors + fsum(linear), shared, own
    )


def _shared(group: Group) -> float:
    """The variance that the factor brings."""
    widest = float(group.spread.max())
    if float(group.spread.min()) == widest:
        return fsum(group.amounts) ** 2 * expm1(widest**2)
    return _mixed(group, widest)


def _mixed(group: Group, widest: float) -> float:
    """The same where the parts state different deviations r: with exp(r_i r_j) as its series, the double sum is

        sum over n >= 1 of (sum over j of a_j r_j^n)^2 / n!

    of which no part is negative. The weights r^2n / n! are those of a Poisson distribution of mean r^2 but for a
    factor; what lies twelve of its standard deviations and forty above its mean is less than 1e-17 of all.
    """
    powers, total = group.amounts.copy(), list[float]()
    for n in range(1, int(widest**2 + 12 * widest) + 41):
        powers *= group.spread / sqrt(n)
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
