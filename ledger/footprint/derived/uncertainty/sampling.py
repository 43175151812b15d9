"""Seeded Monte Carlo of a figure, by the model of `sources`.

Parts that do not vary are one constant. Parts of one measurement that follow one factor with the same r are one sum.
Samples are drawn in blocks, and within a block of samples the measurements are drawn in blocks too. So memory is
bounded for any number of samples and parts.
"""

from collections.abc import Iterator
from math import sqrt
from typing import Final, NamedTuple

import numpy

from ledger.footprint.derived.uncertainty.sources import Floats, Integers, Sources, summed

_BLOCK: Final = 1 << 20
"""The number of values drawn at a time (8 MiB)."""


class FigureSample(NamedTuple):
    """Results in kg CO2e. `standard_error`: of the mean; `deviation_error`: of the standard deviation."""

    mean: float
    deviation: float
    standard_error: float
    deviation_error: float
    low: float
    median: float
    high: float


class _SamplingPlan(NamedTuple):
    """The variables to draw. A *way* is a pair of a factor and an r; `factor` and `spread` list them, and the first way
    follows no factor. `common`: kg CO2e with certain amounts, by way. All other sums are in the order of their
    `measurement`, with `amounts` and `way`; `bounds` are the positions at which the measurement changes."""

    factor: Integers
    spread: Floats
    common: Floats
    measurement: Integers
    amounts: Floats
    way: Integers
    bounds: Integers


def draws(sources: Sources) -> int:
    """The number of normal variables that one sample needs."""
    return len(sources.factors) - 1 + len(sources.own)


def sample(sources: Sources, samples: int, seed: int) -> FigureSample:
    """Mean, spread and percentiles (2.5, 50, 97.5) of `samples` totals from NumPy's PCG64 with this seed."""
    return described(totals(sources, samples, seed))


def totals(sources: Sources, samples: int, seed: int) -> Floats:
    """The totals of `samples` samples, in kg CO2e."""
    random = numpy.random.Generator(numpy.random.PCG64(seed))
    plan = _plan(sources)
    width = min(samples, max(1, _BLOCK // len(plan.spread)))
    blocks = list(_blocks(plan, max(1, _BLOCK // width)))
    results = numpy.full(samples, sources.certain)
    for start in range(0, samples, width):
        part = results[start : start + width]
        followed = _followed(plan, random.standard_normal((len(sources.factors), len(part))))
        part += plan.common @ followed
        for block in blocks:
            part += _block(plan, block, sources.own, random, followed)
    return results


def described(results: Floats) -> FigureSample:
    """The statistics of samples. The error of the standard deviation is the error of the variance (from the fourth
    moment about the mean), divided by twice the standard deviation."""
    count = len(results)
    mean = float(results.mean())
    squares = (results - mean) ** 2
    variance = float(squares.sum()) / (count - 1)
    deviation = sqrt(variance)
    spread = max(0.0, float((squares**2).mean()) - variance**2 * (count - 3) / (count - 1))
    deviation_error = sqrt(spread / count) / (2 * deviation) if deviation else 0.0
    low, median, high = (float(one) for one in numpy.quantile(results, (0.025, 0.5, 0.975)))
    return FigureSample(mean, deviation, deviation / sqrt(count), deviation_error, low, median, high)


def _plan(sources: Sources) -> _SamplingPlan:
    ways = dict[tuple[int, float], int]()
    for pair in ((0, 0.0), *zip(sources.factor.tolist(), sources.spread.tolist(), strict=True)):
        ways.setdefault(pair, len(ways))
    pairs = zip(sources.factor.tolist(), sources.spread.tolist(), strict=True)
    way = numpy.array([ways[pair] for pair in pairs], numpy.int64)
    common = sources.measurement < 0
    order = numpy.argsort(sources.measurement, kind="stable")[int(common.sum()) :]
    measurement = sources.measurement[order]
    return _SamplingPlan(
        numpy.array([factor for factor, _ in ways], numpy.int64), numpy.array([spread for _, spread in ways]),
        summed(way[common], sources.amounts[common], len(ways)), measurement, sources.amounts[order],
        way[order], numpy.append(numpy.flatnonzero(numpy.diff(measurement, prepend=-1)), len(order)),
    )


def _blocks(plan: _SamplingPlan, height: int) -> Iterator[slice]:
    """Blocks of whole measurements with at most `height` sums each; a measurement with more sums is a block alone."""
    start = 0
    while start < len(plan.measurement):
        at = int(numpy.searchsorted(plan.bounds, start + height, side="right")) - 1
        end = int(plan.bounds[at])
        if end <= start:
            end = int(plan.bounds[at + 1])
        yield slice(start, end)
        start = end


def _followed(plan: _SamplingPlan, common: Floats) -> Floats:
    """The factors' multipliers exp(r W - r^2/2), by way and sample."""
    spread = plan.spread[:, numpy.newaxis]
    drawn = common[plan.factor]
    drawn *= spread
    drawn -= spread**2 / 2
    return numpy.exp(drawn, out=drawn)


def _block(plan: _SamplingPlan, block: slice, own: Floats, random: numpy.random.Generator, followed: Floats) -> Floats:
    """Draws the measurements of a block, and returns the total of their sums by sample."""
    measurement = plan.measurement[block]
    first = int(measurement[0])
    variance = own[first : int(measurement[-1]) + 1, numpy.newaxis]
    drawn = random.standard_normal((len(variance), followed.shape[1]))
    drawn *= numpy.sqrt(variance)
    drawn -= variance / 2
    numpy.exp(drawn, out=drawn)
    total: Floats = numpy.einsum(
        "i,ij,ij->j", plan.amounts[block], drawn[measurement - first], followed[plan.way[block]]
    )
    return total
