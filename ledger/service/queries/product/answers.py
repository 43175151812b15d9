"""What is answered about a product, as it goes over the wire (JSON, camelCase)."""

from msgspec import field

from ledger.core.record.values import Quantity
from ledger.service.queries.answers import DoubtAnswer, OpenPeriod, QueryAnswer


class SpreadAnswer(QueryAnswer, frozen=True, kw_only=True):
    """Kg CO2e per unit over the lots, each of the weight of its quantity. `p5` is the smallest value of a lot at which
    at least 5 % of the production is reached, and so on; `deviation` is the standard deviation around `mean`."""

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
    """Lots of a product as one. `quantity` and `footprint` (kg CO2e excluding biogenic uptake) are of all of them,
    `footprintPerUnit`, `burdens`, `contents` and `biogenicUptake` are per unit of the product, weighted by production.

    `title` says *incomplete footprint* where `completeness` is unknown or below 95 %; `unestimated` counts what nobody
    estimated, of all lots. `ratings` are PACT's for technology, time and geography, 1 (best) to 3. `provisionalShare`
    is the part that waits for closings, `recycledContent` the share of each material's mass, by origin.
    """

    title: str
    quantity: Quantity
    number_of_lots: int
    number_of_records: int
    footprint: float
    footprint_per_unit: float
    burdens: dict[str, float]
    contents: dict[str, float]
    biogenic_uptake: float
    completeness: str
    exempted: str
    unestimated: float
    spread: SpreadAnswer
    primary_share: float | None = None
    provisional_share: float | None = None
    ratings: dict[str, float] = field(default_factory=dict)
    recycled_content: dict[str, dict[str, float]] = field(default_factory=dict)


class FacilityAnswer(ProductionAnswer, frozen=True, kw_only=True):
    """What of it one facility made, `share` of the quantity."""

    facility: str
    share: float


class ProductLotAnswer(QueryAnswer, frozen=True, kw_only=True):
    """One of the lots: what it is as made, kg CO2e per unit, and by the record at which `index` of the log that ended
    when."""

    lot: str
    facility: str
    quantity: Quantity
    footprint_per_unit: float
    end: str
    index: int


class ProductAnswer(ProductionAnswer, frozen=True, kw_only=True):
    """The production-weighted footprint of a product: of all lots that transformations made of it as product,
    co-product or by-product and that ended after `from` and at `to` or before, as it all read in the tree of `at`
    entries. The same question for that tree has this answer ever after.

    `facilities` begin with the one that made most of it, `lots` are the largest, `leftOff` counts the others.
    `openPeriods`: months that have to be closed before the figure is final; with `morePeriods` there are more than were
    looked at. `inDoubt`: records at and behind it that keys signed which are reported compromised, newest first, at
    most 20; `limitations` say so in words.
    """

    product: str
    unit: str
    method: str
    at: int
    facilities: list[FacilityAnswer]
    lots: list[ProductLotAnswer]
    left_off: int
    since: str | None = field(default=None, name="from")
    until: str | None = field(default=None, name="to")
    plugins: list[str] = field(default_factory=list)
    open_periods: list[OpenPeriod] = field(default_factory=list)
    more_periods: bool = False
    in_doubt: list[DoubtAnswer] = field(default_factory=list)
    limitations: list[str] = field(default_factory=list)
