"""The answer for whoever scans a code, as sent to clients (JSON, camelCase)."""

from msgspec import field

from ledger.answers.stored import QueryAnswer
from ledger.core.outcome.assessment import Severity


class PassportFinding(QueryAnswer, frozen=True, kw_only=True):
    """A finding of the record that made the lot. `questioned`: the kg CO2e per unit that it questions in the figure."""

    code: str
    severity: Severity
    questioned: float | None = None


class PassportAnswer(QueryAnswer, frozen=True, kw_only=True):
    """The passport of a published lot, item or product, `id`, with its data quality. All figures are kg CO2e per `unit`
    of the product. `lives` of an item: 1, and 1 for each remanufacturing. `at`: the log's size.
    `unusuallyHigh`: the figure is more than five times the high end of its product's range. Everything else is as in
    the footprint of the lot. The passport of a product is the average, weighted by production, of lots whose records
    ended after `from` and at `to` or before.

    A passport shows nothing upstream, no quantity of the lot and neither holder nor owner. It has no proof: the leaf
    of the lot states its quantity and its holder.
    """

    id: str
    product: str
    title: str
    footprint: float
    location_based: float
    market_based: float
    biogenic_uptake: float
    unit: str
    method: str
    completeness: str
    questioned_share: float
    at: int
    names: dict[str, str] = field(default_factory=dict)
    findings: list[PassportFinding] = field(default_factory=list)
    recycled_content: dict[str, dict[str, float]] = field(default_factory=dict)
    lives: int | None = None
    primary_share: float | None = None
    provisional_share: float | None = None
    pact_ratings: dict[str, float] = field(default_factory=dict)
    unestimated: float = 0.0
    opening: bool = False
    revised: bool = False
    in_doubt: bool = False
    unusually_high: bool = False
    documented: float = 0.0
    declared: bool = False
    since: str | None = field(default=None, name="from")
    until: str | None = field(default=None, name="to")
