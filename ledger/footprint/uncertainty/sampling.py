"""Seeded Monte Carlo of a figure; the model is that of `sources`.

Parts that do not vary are one constant, and parts of a factor without a deviation of their own are one amount. The
rest is drawn in blocks of rows, so that memory is bounded by the number of samples, whatever the number of parts.
"""

from collections.abc import Iterator
from math import sqrt
from typing import Final, NamedTuple

import numpy

from ledger.footprint.uncertainty.sources import Floats, Group, Sources

_BLOCK: Final = 1 << 20
"""Numbers drawn at a time, 8 MiB of them."""


class Sample(NamedTuple):
    """Kg CO2e. `standard_error` is of the mean, `deviation_error` of the standard deviation."""

    mean: float
    deviation: float
    standard_error: float
    deviation_error: float
    low: float
    median: float
    high: float


def draws(sources: Sources) -> int:
    """Normal variables that one sample needs."""
    return sum(bool(group.factor) + int(numpy.count_nonzero(group.own)) for group in sources.groups)


def sample(sources: Sources, samples: int, seed: int) -> Sample:
    """Mean, spread and percentiles (2.5, 50, 97.5) of `samples` totals from NumPy's PCG64 with this seed."""
    return described(totals(sources, samples, seed))


def totals(sources: Sources, samples: int, seed: int) -> Floats:
    """The totals themselves, in kg CO2e."""
    random = numpy.random.Generator(numpy.random.PCG64(seed))
    block = numpy.empty((max(1, _BLOCK // samples), samples))
    found = numpy.full(samples, sources.certain)
    for group in sources.groups:
        common = random.standard_normal(samples) if group.factor else None
        for spread, part in _by_spread(group):
            drawn = _amounts(part, random, block, samples)
            found += drawn if common is None else drawn * numpy.exp(spread * common - spread**2 / 2)
    return found


def described(found: Floats) -> Sample:
    """The error of the standard deviation is that of the variance (fourth moment about the mean) over twice itself."""
    count = len(found)
    mean = float(found.mean())
    away = (found - mean) ** 2
    variance = float(away.sum()) / (count - 1)
    deviation = sqrt(variance)
    spread = max(0.0, float((away**2).mean()) - variance**2 * (count - 3) / (count - 1))
    deviation_error = sqrt(spread / count) / (2 * deviation) if deviation else 0.0
    low, median, high = (float(one) for one in numpy.quantile(found, (0.025, 0.5, 0.975)))
    return Sample(mean, deviation, deviation / sqrt(count), deviation_error, low, median, high)


def _by_spread(group: Group) -> Iterator[tuple[float, Group]]:
    """The group's terms by the deviation of its factor that they state: one, as a rule."""
    order = numpy.argsort(group.spread, kind="stable")
    ordered = group.spread[order]
    for places in numpy.split(order, numpy.flatnonzero(numpy.diff(ordered)) + 1):
        part = Group(group.factor, group.amounts[places], group.own[places], group.spread[places], group.places[places])
        yield float(part.spread[0]), part


def _amounts(group: Group, random: numpy.random.Generator, block: Floats, samples: int) -> Floats:
    """The sum of the terms' amounts, each with the error of its own."""
    varying = numpy.flatnonzero(group.own)
    found = numpy.full(samples, float(group.amounts[group.own == 0.0].sum()))
    for start in range(0, len(varying), len(block)):
        rows = varying[start : start + len(block)]
        drawn = random.standard_normal(out=block[: len(rows)])
        own = group.own[rows, numpy.newaxis]
        drawn *= numpy.sqrt(own)
        drawn -= own / 2
        numpy.exp(drawn, out=drawn)
        found += group.amounts[rows] @ drawn
    return found
