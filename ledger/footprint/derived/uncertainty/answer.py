"""Makes the answer about a figure's uncertainty."""

import heapq
from collections.abc import Iterator, Sequence
from math import exp, fsum, sqrt
from typing import Final

from ledger.errors import InvalidInput
from ledger.footprint.derived.uncertainty.parts import Analytic, Sampled, Uncertainty, UncertaintySource
from ledger.footprint.derived.uncertainty.sampling import draws, sample
from ledger.footprint.derived.uncertainty.sources import Sources, UncertaintyTerm, grouped
from ledger.footprint.derived.uncertainty.variance import Moments, interval, log_variance_of, moments

FEWEST_SAMPLES: Final = 100
MOST_SAMPLES: Final = 1_000_000
MOST_DRAWS: Final = 2_000_000_000
"""The most normal variables of one answer. They take half a minute to a minute of one core, depending on the number of
factors."""

_MOST_SEED: Final = (1 << 53) - 1
NOTE: Final = "lines without a stated uncertainty count as certain, so the true spread may be wider"


def uncertainty(terms: Sequence[UncertaintyTerm], *, samples: int = 0, seed: int = 0, top: int = 10) -> Uncertainty:
    """The uncertainty of the sum of `terms`, with a Monte Carlo if `samples` is above zero.

    Raises InvalidInput if the number of samples or the seed is out of bounds, or for too many samples for these terms.
    """
    check_samples(samples, seed)
    sources = grouped(terms)
    _check_draws(samples, sources)
    result = moments(terms, sources)
    listed = heapq.nsmallest(top, _sources(terms, sources, result), key=_rank) if result.variance else []
    stated = _stated(terms)
    return Uncertainty(
        mean=result.mean, stated=stated, analytic=_analytic(result, positive=sources.positive), sources=listed,
        others=max(0.0, 1.0 - fsum(one.part for one in listed)) if result.variance else 0.0,
        sampled=_sampled(sources, samples, seed) if samples else None, note=NOTE if stated < 1.0 else None,
    )


def check_samples(samples: int, seed: int) -> None:
    """Raises InvalidInput if the number of samples or the seed is out of bounds."""
    if samples and not FEWEST_SAMPLES <= samples <= MOST_SAMPLES:
        raise InvalidInput(
            f"{samples} samples are out of range", code="invalid-samples", field="samples", value=samples,
            rule=f"0 (no Monte Carlo), or from {FEWEST_SAMPLES} to {MOST_SAMPLES}",
        )
    if not 0 <= seed <= _MOST_SEED:
        raise InvalidInput(f"seed {seed} is out of range", code="invalid-seed", field="seed", value=seed,
                           rule="from 0 to 2^53 - 1")


def _check_draws(samples: int, sources: Sources) -> None:
    if samples * draws(sources) > MOST_DRAWS:
        raise InvalidInput(
            f"{samples} samples of {draws(sources)} uncertain quantities take too long", code="too-many-draws",
            field="samples", value=samples, rule=f"at most {MOST_DRAWS // draws(sources)} samples for this lot",
        )


def _stated(terms: Sequence[UncertaintyTerm]) -> float:
    """The part of absolute CO2e with a stated uncertainty; 1 for a figure without CO2e."""
    whole = fsum(term.weight for term in terms)
    return fsum(term.weight for term in terms if term.stated) / whole if whole else 1.0


def _analytic(result: Moments, *, positive: bool) -> Analytic:
    low, high, distribution = interval(result.mean, result.variance, positive=positive)
    return Analytic(
        deviation=sqrt(result.variance), first_order=sqrt(result.first_order), low=low, high=high,
        distribution=distribution,
        geometric_deviation=(
            exp(sqrt(log_variance_of(result.mean, result.variance))) if distribution == "lognormal" else None
        ),
    )


def _sampled(sources: Sources, samples: int, seed: int) -> Sampled:
    figures = sample(sources, samples, seed)
    return Sampled(samples=samples, seed=seed, generator="PCG64", **figures._asdict())


def _rank(source: UncertaintySource) -> tuple[object, ...]:
    """Sort key of sources: largest part first, then by kind and name."""
    return -source.part, source.kind, source.name, source.record or 0, source.closing or ""


def _sources(terms: Sequence[UncertaintyTerm], sources: Sources, result: Moments) -> Iterator[UncertaintySource]:
    for name, variance in result.shared.items():
        if variance:
            yield UncertaintySource(kind="factor", name=name, part=variance / result.variance)
    for place in result.own.nonzero()[0].tolist():
        term, part = terms[int(sources.first[place])], float(result.own[place]) / result.variance
        if term.closing is None:
            yield UncertaintySource(kind="line", name=term.source, part=part, record=term.record)
        else:
            yield UncertaintySource(kind="closing", name=term.source, part=part, closing=term.closing)
