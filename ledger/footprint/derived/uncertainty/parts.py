"""A figure's uncertainty in answers (JSON, camelCase; amounts in kg CO2e, parts from 0 to 1).

Clients load these types without the arithmetic and its large library.
"""

from typing import Literal

from msgspec import Struct

Distribution = Literal["lognormal", "normal", "certain"]


class AnswerPart(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Base of the parts of an answer."""


class Analytic(AnswerPart, frozen=True):
    """The uncertainty in closed form. `deviation`: standard deviation; `firstOrder`: the same without products of
    deviations. `low` to `high`: 95 % of the distribution. `geometricDeviation`: for a lognormal distribution only."""

    deviation: float
    first_order: float
    low: float
    high: float
    distribution: Distribution
    geometric_deviation: float | None = None


class Sampled(AnswerPart, frozen=True):
    """The uncertainty by Monte Carlo with `seed`. `low` and `high`: percentiles 2.5 and 97.5; `standardError`: of the
    mean; `deviationError`: of the standard deviation."""

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


class UncertaintySource(AnswerPart, frozen=True):
    """A source of the variance; `part`: its part of the whole variance. `name`: of a `factor`, with a description if a
    record brought the factor itself; or of a measured quantity: in a `line` of `record` (a log index), or in a
    `closing` (a digest) for all records of its period."""

    kind: Literal["factor", "line", "closing"]
    name: str
    part: float
    record: int | None = None
    closing: str | None = None


class Uncertainty(AnswerPart, frozen=True):
    """The uncertainty of a figure. `stated`: the part of absolute CO2e whose lines state an uncertainty; the rest
    counts as certain, as `note` says.

    `sources`: the largest sources of the variance; `others`: the part of all other sources together.
    """

    mean: float
    stated: float
    analytic: Analytic
    sources: list[UncertaintySource]
    others: float
    sampled: Sampled | None = None
    note: str | None = None
