"""What an answer says of a figure's uncertainty (JSON, camelCase; kg CO2e, parts of one)."""

import heapq
from collections.abc import Iterator, Sequence
from math import exp, fsum, sqrt
from typing import Final, Literal

from msgspec import Struct

from ledger.errors import InvalidInput
from ledger.footprint.derived.uncertainty.sampling import draws, sample
from ledger.footprint.derived.uncertainty.sources import Sources, UncertaintyTerm, grouped
from ledger.footprint.derived.uncertainty.variance import Distribution, Moments, interval, log_variance_of, moments

FEWEST_SAMPLES: Final = 100
MOST_SAMPLES: Final = 1_000_000
MOST_DRAWS: Final = 2_000_000_000
"""Normal variables of one answer: half a minute to a minute of one core, by how many factors there are."""

_MOST_SEED: Final = (1 << 53) - 1
NOTE: Final = "what states no uncertainty counts as certain, so the true spread may be wider"


class Said(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Base of what is said."""


class Analytic(Said, frozen=True):
    """In closed form. `deviation` is the standard deviation, `firstOrder` the one that leaves products of deviations
    out. From `low` to `high` lie 95 % of the distribution; of a lognormal one `geometricDeviation` is told."""

    deviation: float
    first_order: float
    low: float
    high: float
    distribution: Distribution
    geometric_deviation: float | None = None


class Sampled(Said, frozen=True):
    """By Monte Carlo with that seed. `low` and `high` are the percentiles 2.5 and 97.5; `standardError` is of the mean,
    `deviationError` of the standard deviation."""

    samples: int
    seed: int
    generator: Literal["PCG64"]
    mean: float
    deviation: float
    standard_error: float
    deviation_error: float
    low: float
    median: float
    high: float


class UncertaintySource(Said, frozen=True):
    """What brings `part` of the variance. `name` is that of a `factor`, which for one that a record brought itself goes
    on with what it is; or what was measured: for a `line` of `record` (its log index), or in a `closing` (its digest)
    for all records of its period."""

    kind: Literal["factor", "line", "closing"]
    name: str
    part: float
    record: int | None = None
    closing: str | None = None


class Uncertainty(Said, frozen=True):
    """`stated`: the part of absolute CO2e whose lines state an uncertainty; the rest counts as certain, as `note` says.

    `sources` are the ones that bring most of the variance, `others` is the part of all that are not among them.
    """

    mean: float
    stated: float
    analytic: Analytic
    sources: list[UncertaintySource]
    others: float
    sampled: Sampled | None = None
    note: str | None = None


def uncertainty(terms: Sequence[UncertaintyTerm], *, samples: int = 0, seed: int = 0, top: int = 10) -> Uncertainty:
    """The uncertainty of the sum of `terms`, with Monte Carlo where `samples` are asked for.

    Raises InvalidInput for a number of samples or a seed that is out of bounds, or too many samples for so many terms.
    """
    check_samples(samples, seed)
    sources = grouped(terms)
    _check_draws(samples, sources)
    found = moments(terms, sources)
    listed = heapq.nsmallest(top, _sources(terms, sources, found), key=_rank) if found.variance else []
    stated = _stated(terms)
    return Uncertainty(
        mean=found.mean, stated=stated, analytic=_analytic(found, positive=sources.positive), sources=listed,
        others=max(0.0, 1.0 - fsum(one.part for one in listed)) if found.variance else 0.0,
        sampled=_sampled(sources, samples, seed) if samples else None, note=NOTE if stated < 1.0 else None,
    )


def check_samples(samples: int, seed: int) -> None:
    """Raises InvalidInput for a number of samples or a seed that is out of bounds."""
    if samples and not FEWEST_SAMPLES <= samples <= MOST_SAMPLES:
        raise InvalidInput(
            f"{samples} samples", code="invalid-samples", field="samples", value=samples,
            rule=f"0 for none, or from {FEWEST_SAMPLES} to {MOST_SAMPLES}",
        )
    if not 0 <= seed <= _MOST_SEED:
        raise InvalidInput(f"seed {seed}", code="invalid-seed", field="seed", value=seed, rule="from 0 to 2^53 - 1")


def _check_draws(samples: int, sources: Sources) -> None:
    if samples * draws(sources) > MOST_DRAWS:
        raise InvalidInput(
            f"{samples} samples of {draws(sources)} uncertain quantities", code="too-many-draws", field="samples",
            value=samples, rule=f"samples times uncertain quantities are at most {MOST_DRAWS}",
        )


def _stated(terms: Sequence[UncertaintyTerm]) -> float:
    """Of a figure without CO2e nothing is left unstated."""
    whole = fsum(term.weight for term in terms)
    return fsum(term.weight for term in terms if term.stated) / whole if whole else 1.0


def _analytic(found: Moments, *, positive: bool) -> Analytic:
    low, high, distribution = interval(found.mean, found.variance, positive=positive)
    return Analytic(
        deviation=sqrt(found.variance), first_order=sqrt(found.first_order), low=low, high=high,
        distribution=distribution,
        geometric_deviation=(
            exp(sqrt(log_variance_of(found.mean, found.variance))) if distribution == "lognormal" else None
        ),
    )


def _sampled(sources: Sources, samples: int, seed: int) -> Sampled:
    found = sample(sources, samples, seed)
    return Sampled(samples=samples, seed=seed, generator="PCG64", **found._asdict())


def _rank(one: UncertaintySource) -> tuple[object, ...]:
    """Those with the largest parts first; of equal ones the first by kind and name."""
    return -one.part, one.kind, one.name, one.record or 0, one.closing or ""


def _sources(terms: Sequence[UncertaintyTerm], sources: Sources, found: Moments) -> Iterator[UncertaintySource]:
    for name, variance in found.shared.items():
        if variance:
            yield UncertaintySource(kind="factor", name=name, part=variance / found.variance)
    for place in found.own.nonzero()[0].tolist():
        term, part = terms[int(sources.first[place])], float(found.own[place]) / found.variance
        if term.closing is None:
            yield UncertaintySource(kind="line", name=term.source, part=part, record=term.record)
        else:
            yield UncertaintySource(kind="closing", name=term.source, part=part, closing=term.closing)
