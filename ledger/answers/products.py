"""Answers about a product, as sent to clients (JSON, camelCase)."""

from msgspec import field

from ledger.answers.stored import (
    CompletionAnswer,
    DoubtAnswer,
    FigureChangeAnswer,
    OpenPeriod,
    PeriodAverageAnswer,
    QueryAnswer,
    StudyAnswer,
    VerifiedAnswer,
)
from ledger.core.record.values import Quantity
from ledger.footprint.derived.findings import WeighedFinding


class SpreadAnswer(QueryAnswer, frozen=True, kw_only=True):
    """The distribution of kg CO2e per unit over the lots, weighted by quantity.

    `p5` is the smallest value such that lots up to it make up at least 5 % of the production; the other percentiles
    are defined in the same way. `deviation` is the standard deviation around `mean`.
    """

    minimum: float
    p5: float
    p25: float
    median: float
    p75: float
    p95: float
    maximum: float
    mean: float
    deviation: float


class ProductionAnswer(QueryAnswer, frozen=True, kw_only=True):
    """The lots of a product together. `quantity` and `footprint` (kg CO2e excluding biogenic uptake) are of all lots;
    `footprintPerUnit`, `burdens`, `contents` and `biogenicUptake` are per unit of the product, weighted by production.

    `title` says *incomplete footprint* if `completeness` is unknown or below 95 %. `unestimated` is the number of
    omissions without an estimate, over all lots. `ratings` are PACT's for technology, time and geography, 1 (best) to
    3. `pactRatings` are the same on the scale of PACT 3, 1 (best) to 5, by the conversion `ratingConversion`.
    `fossilEmissions`, per unit, include land management, as PACT states them. `provisionalShare` is the part
    that waits for closings; `recycledContent` is the share of each material's mass, by origin. `questioned`: kg CO2e by
    which the figure of all lots may be too low, and `questionedShare` their part of it, omissions included.
    """

    title: str
    quantity: Quantity
    number_of_lots: int
    number_of_records: int
    footprint: float
    footprint_per_unit: float
    location_based: float
    market_based: float
    burdens: dict[str, float]
    contents: dict[str, float]
    biogenic_uptake: float
    completeness: str
    exempted: str
    unestimated: float
    questioned: float
    questioned_share: float
    title_limit: float
    spread: SpreadAnswer
    primary_share: float | None = None
    provisional_share: float | None = None
    ratings: dict[str, float] = field(default_factory=dict)
    pact_ratings: dict[str, float] = field(default_factory=dict)
    rating_conversion: str | None = None
    fossil_emissions: float = 0.0
    recycled_content: dict[str, dict[str, float]] = field(default_factory=dict)


class FacilityAnswer(ProductionAnswer, frozen=True, kw_only=True):
    """The production of one facility: `share` of the whole quantity."""

    facility: str
    share: float


class ProductLotAnswer(QueryAnswer, frozen=True, kw_only=True):
    """One of the lots: its quantity as made, its kg CO2e per unit, the kg CO2e in question in all of it, and the log
    `index` and `end` of its record. `changeFromLast`: the relative change from the average of the last month with
    production in the period, if it is above 10 %."""

    lot: str
    facility: str
    quantity: Quantity
    footprint_per_unit: float
    questioned: float
    end: str
    index: int
    change_from_last: float | None = None


class ProductAnswer(ProductionAnswer, frozen=True, kw_only=True):
    """The production-weighted footprint of a product, as of the tree of `at` entries. It covers all lots of the product
    that transformations made as product, co-product or by-product, if the records ended after `from` and at `to` or
    before. The same question for this tree size always has this answer.

    `facilities` are in order of production, largest first; `lots` are the largest lots; `leftOff` is the number of the
    others. `openPeriods`: months that need a closing before the figure is final; `morePeriods`: there are more months
    than were examined. `inDoubt`: records of this figure and upstream of it whose signing keys are reported
    compromised, newest first, at most 20; `limitations` say so in words. `study`: the context of the figure, with the
    product's statement, and the fields in which all facilities agree. `findings`: of the records that made the lots,
    then of records upstream, as in the footprint of a lot.

    `months` and `years` are the averages of the newest 120 calendar months, and of the years, that lie in the period
    as a whole. `changes` lists the months and years whose average differs by more than 10 % from the last one with
    production, and the period itself if it differs so from the period of the same length before it. `verified`: the
    shares of the figure that attestations cover, as in the footprint of a lot. `unusuallyHigh`, `documented` and
    `ownWord`: as in the footprint of a lot. `completions`: the records that completed the product, in log order.
    """

    product: str
    unit: str
    method: str
    at: int
    facilities: list[FacilityAnswer]
    lots: list[ProductLotAnswer]
    left_off: int
    findings: list[WeighedFinding] = field(default_factory=list)
    findings_left_off: int = 0
    findings_note: str | None = None
    unusually_high: str | None = None
    documented: float = 0.0
    own_word: str | None = None
    since: str | None = field(default=None, name="from")
    until: str | None = field(default=None, name="to")
    plugins: list[str] = field(default_factory=list)
    open_periods: list[OpenPeriod] = field(default_factory=list)
    more_periods: bool = False
    in_doubt: list[DoubtAnswer] = field(default_factory=list)
    limitations: list[str] = field(default_factory=list)
    months: list[PeriodAverageAnswer] = field(default_factory=list)
    years: list[PeriodAverageAnswer] = field(default_factory=list)
    changes: list[FigureChangeAnswer] = field(default_factory=list)
    verified: VerifiedAnswer | None = None
    completions: list[CompletionAnswer] = field(default_factory=list)
    study: StudyAnswer | None = None
