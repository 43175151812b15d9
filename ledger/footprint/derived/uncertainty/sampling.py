"""Seeded Monte Carlo of a figure; the model is that of `sources`.

Parts that do not vary are one constant, and parts of one measurement that follow one factor alike are one sum. The rest
is drawn for some samples at a time, and of those for some measurements at a time, so that memory is bounded whatever
the number of samples and of parts.
"""

from collections.abc import Iterator
from math import sqrt
from typing import Final, NamedTuple

import numpy

from ledger.footprint.derived.uncertainty.sources import Floats, Integers, Sources, summed

_BLOCK: Final = 1 << 20
"""Numbers drawn at a time, 8 MiB of them."""


class FigureSample(NamedTuple):
    """Kg CO2e. `standard_error` is of the mean, `deviation_error` of the standard deviation."""

    mean: float
    deviation: float
    standard_error: float
    deviation_error: float
    low: float
    median: float
    high: float


class _SamplingPlan(NamedTuple):
    """What to draw. There are so many ways in which parts follow their factors as `factor` and `spread` are long: which
    one, and r; the first one follows none. `common` holds by way the kg CO2e whose amounts are certain. The other sums
    are in the order of their `measurement`, with `amounts` and `way`; `bounds` are where measurements change."""

    factor: Integers
    spread: Floats
    common: Floats
    measurement: Integers
    amounts: Floats
    way: Integers
    bounds: Integers


def draws(sources: Sources) -> int:
    """Normal variables that one sample needs."""
    return len(sources.factors) - 1 + len(sources.own)


def sample(sources: Sources, samples: int, seed: int) -> FigureSample:
    """Mean, spread and percentiles (2.5, 50, 97.5) of `samples` totals from NumPy's PCG64 with this seed."""
    return described(totals(sources, samples, seed))


def totals(sources: Sources, samples: int, seed: int) -> Floats:
    """The totals themselves, in kg CO2e."""
    random = numpy.random.Generator(numpy.random.PCG64(seed))
    plan = _plan(sources)
    width = min(samples, max(1, _BLOCK // len(plan.spread)))
    blocks = list(_blocks(plan, max(1, _BLOCK // width)))
    found = numpy.full(samples, sources.certain)
    for start in range(0, samples, width):
        part = found[start : start + width]
        followed = _followed(plan, random.standard_normal((len(sources.factors), len(part))))
        part += plan.common @ followed
        for block in blocks:
            part += _block(plan, block, sources.own, random, followed)
    return found


def described(found: Floats) -> FigureSample:
    """The error of the standard deviation is that of the variance (fourth moment about the mean) over twice itself."""
    count = len(found)
    mean = float(found.mean())
    away = (found - mean) ** 2
    variance = float(away.sum()) / (count - 1)
    deviation = sqrt(variance)
    spread = max(0.0, float((away**2).mean()) - variance**2 * (count - 3) / (count - 1))
    deviation_error = sqrt(spread / count) / (2 * deviation) if deviation else 0.0
    low, median, high = (float(one) for one in numpy.quantile(found, (0.025, 0.5, 0.975)))
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
    """Sums of whole measurements, of as many of them at a time as stay within `height` sums, or of one."""
    start = 0
    while start < len(plan.measurement):
        at = int(numpy.searchsorted(plan.bounds, start + height, side="right")) - 1
        end = int(plan.bounds[at])
        if end <= start:
            end = int(plan.bounds[at + 1])
        yield slice(start, end)
        start = end


def _followed(plan: _SamplingPlan, common: Floats) -> Floats:
    """exp(r W - r^2/2), by way and sample."""
    spread = plan.spread[:, numpy.newaxis]
    drawn = common[plan.factor]
    drawn *= spread
    drawn -= spread**2 / 2
    return numpy.exp(drawn, out=drawn)


def _block(plan: _SamplingPlan, block: slice, own: Floats, random: numpy.random.Generator, followed: Floats) -> Floats:
    """The total by sample of sums that rest on measurements that are drawn here."""
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
