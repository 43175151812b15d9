"""Answers about the reconciliation of a site, as sent to clients (JSON, camelCase). Quantities are decimal strings."""

from msgspec import field

from ledger.answers.stored import QueryAnswer


class UnreconciledAnswer(QueryAnswer, frozen=True, kw_only=True):
    """Of everything in one `unit` (KGM, and the unit of each carrier): `came` with the stock at the beginning, the sum
    of the absolute differences, and its share."""

    unit: str
    came: str
    difference: str
    share: float


class SiteDifferenceAnswer(QueryAnswer, frozen=True, kw_only=True):
    """An amount that does not reconcile. `kind`: `lost` or written off; `leftOver`, but nobody can keep it in
    stock; `measuredAbove` the records, or `statedAbove` the measured total. `emissions`: kg CO2e, absent if no price is
    known."""

    kind: str
    name: str
    unit: str
    amount: str
    emissions: float | None = None


class BalanceAnswer(QueryAnswer, frozen=True, kw_only=True):
    """A product or a measured supply over the period, in `unit`: before + received + declared + made = used + out +
    lost + after. A supply has its `measured` total and the amount that records `used`. `parked`: the part of the
    stock at the end that is beyond the turnover of the period, with its kg CO2e."""

    name: str
    unit: str
    before: str = "0"
    received: str = "0"
    declared: str = "0"
    made: str = "0"
    used: str = "0"
    out: str = "0"
    lost: str = "0"
    after: str = "0"
    measured: str | None = None
    parked: str = "0"
    parked_emissions: float = 0.0


class PeriodAnswer(QueryAnswer, frozen=True, kw_only=True):
    """A time in which a site is closed or open."""

    since: str = field(name="from")
    until: str = field(name="to")


class ReconciliationAnswer(PeriodAnswer, frozen=True, kw_only=True):
    """A closed period of a facility. `closings`: their log indexes. `emissions`: kg CO2e of the differences whose price
    is known, `emissionsShare` its share of `handled`, the kg CO2e of the site's own emissions and of all that came.
    `differences` and `balances`: the largest, at most 20 each; `differencesLeftOff`: the number of the others.
    `parked`: kg CO2e in stock beyond the turnover of the period, `withoutProduct` of runs that made no product: burdens
    that reach no product yet. `unmeasured`: materials that records state and no closing measured, at most 20."""

    closings: list[int]
    shares: list[UnreconciledAnswer]
    emissions: float
    handled: float
    emissions_share: float
    differences: list[SiteDifferenceAnswer] = field(default_factory=list)
    differences_left_off: int = 0
    balances: list[BalanceAnswer] = field(default_factory=list)
    parked: float = 0.0
    without_product: float = 0.0
    unmeasured: list[str] = field(default_factory=list)


class SiteReconciliationAnswer(QueryAnswer, frozen=True, kw_only=True):
    """The closed periods of a facility in a year, and its `open` periods, for which there is no figure. `unread`: why
    nothing was reconciled."""

    closed: list[ReconciliationAnswer] = field(default_factory=list)
    open: list[PeriodAnswer] = field(default_factory=list)
    unread: str | None = None
