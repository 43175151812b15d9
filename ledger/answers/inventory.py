"""Answers about the inventory of an organisation, as sent to clients (JSON, camelCase)."""

from msgspec import field

from ledger.answers.sites import SiteReconciliationAnswer
from ledger.answers.stored import QueryAnswer
from ledger.footprint.derived.findings import WeighedFinding


class CategoryAnswer(QueryAnswer, frozen=True, kw_only=True):
    """A category of scope 3 by its number in the GHG Protocol's Scope 3 Standard, kg CO2e. `status`: `computed` from
    records, or `unknown` to the ledger; `note` describes the contents, or the reason why the ledger has no data."""

    number: int
    en: str
    zh: str
    status: str
    note: str
    total: float | None = None


class PowerAnswer(QueryAnswer, frozen=True, kw_only=True):
    """Scope 2, kg CO2e, location-based and market-based."""

    location: float
    market: float


class ScopesAnswer(QueryAnswer, frozen=True, kw_only=True):
    """Kg CO2e by scope. `scope1Categories` are combustion, process, mobileCombustion and capture (negative);
    `scope1Gases` gives scope 1 by gas; `apart` are biogenic CO2 and removals, which are in no scope. `operational` is
    the sum of scopes 1 and 2. `primaryShare` is the part from primary data, `provisionalShare` the part that waits for
    closings, both of absolute amounts in all scopes."""

    scope1: float
    scope1_categories: dict[str, float]
    scope1_gases: dict[str, float]
    scope2: PowerAnswer
    scope2_categories: dict[str, PowerAnswer]
    scope3: float
    scope3_categories: dict[str, float]
    operational: PowerAnswer
    apart: dict[str, float] = field(default_factory=dict)
    primary_share: float | None = None
    provisional_share: float | None = None


class CarrierAnswer(QueryAnswer, frozen=True, kw_only=True):
    """The MJ of an energy carrier that processes used."""

    carrier: str
    megajoules: float
    renewable: bool = False


class EnergyAnswer(QueryAnswer, frozen=True, kw_only=True):
    """Energy in MJ. `used`: by processes. `drawnFromNature`: to make power and heat (wind, sun). `made`: as lots; the
    organisation used `usedOwn` of it itself, and `leftOver` was sold, stored or lost. `comprehensive` counts each MJ
    once: used and drawn, minus made. `attributesRetired`: power whose green attributes closings and consumptions used
    up."""

    used: list[CarrierAnswer]
    drawn_from_nature: float
    made: dict[str, float]
    used_own: dict[str, float]
    left_over: dict[str, float]
    comprehensive: float
    renewable_share: float | None = None
    attributes_retired: float | None = None


class IntensityAnswer(QueryAnswer, frozen=True, kw_only=True):
    """Scopes 1 and 2 (kg CO2e) and comprehensive energy (MJ) `per` unit of value added or tonne of product. `of` is the
    divisor; `basis` says from which reports or products it comes."""

    per: str
    of: float
    location: float
    market: float
    energy: float
    basis: str


class GoodsAnswer(QueryAnswer, frozen=True, kw_only=True):
    """A product: the quantity `made` and the part `usedInside` by own records, in its unit; and the net tonnes left."""

    product: str
    unit: str
    made: str
    used_inside: str
    net_tonnes: float


class SiteAnswer(QueryAnswer, frozen=True, kw_only=True):
    """One facility of the organisation. `facility` is absent for records of no facility (transfers, for example).
    `questioned`: kg CO2e in question in its records and in the goods that it bought. `reconciliation`: of meters and
    purchases with records and stock, over the periods that are closed."""

    scopes: ScopesAnswer
    energy: EnergyAnswer
    questioned: float
    facility: str | None = None
    names: dict[str, str] = field(default_factory=dict)
    park: str | None = None
    subdivision: str | None = None
    intensities: list[IntensityAnswer] = field(default_factory=list)
    reconciliation: SiteReconciliationAnswer | None = None


class DifferenceAnswer(QueryAnswer, frozen=True, kw_only=True):
    """A figure of the year before and of this year; `percent` is absent if the earlier figure is not positive."""

    figure: str
    before: float
    now: float
    difference: float
    percent: float | None = None


class MemberAnswer(QueryAnswer, frozen=True, kw_only=True):
    """An organisation of the group, with the share by which it counts. `assumed`: its record names a parent but no
    share, so it counts in full. `left`: when it left the group; it counts until then."""

    organization: str
    share: float
    assumed: bool = False
    left: str | None = None


class EquityAnswer(QueryAnswer, frozen=True, kw_only=True):
    """The equity share approach: each member's records times its share. Lots of other members are not bought."""

    members: list[MemberAnswer]
    scopes: ScopesAnswer


class OmittedAnswer(QueryAnswer, frozen=True, kw_only=True):
    """An input that the figures leave out, of `records` records: its `quantity` if they state one, and kg CO2e by
    `estimate`. `unestimated`: how often there is no estimate."""

    what: str
    records: int
    facility: str | None = None
    quantity: str | None = None
    unit: str | None = None
    estimate: float = 0.0
    unestimated: int = 0


class OverheadAnswer(QueryAnswer, frozen=True, kw_only=True):
    """Supplies that stay with a closing: `emissions` in kg CO2e, which the scopes contain and no product
    carries."""

    material: str
    emissions: float
    facility: str | None = None
    quantity: str | None = None
    unit: str | None = None


class LeftOutAnswer(QueryAnswer, frozen=True, kw_only=True):
    """The gaps of the figures. `estimate`: kg CO2e of all omissions that have one; `unestimated`: the number of the
    others. `withoutEnergy`: the number of records by process that use no energy at all. `onFinalRecords`: the parts of
    measured totals and overheads that fall on records that were posted as final; they are in the scopes, and no product
    carries them."""

    omissions: list[OmittedAnswer]
    overheads: list[OverheadAnswer]
    without_energy: dict[str, int]
    estimate: float
    unestimated: int
    on_final_records: list[OverheadAnswer] = field(default_factory=list)


class InventoryAnswer(QueryAnswer, frozen=True, kw_only=True):
    """The greenhouse gas inventory of an organisation's own facilities in a year (operational control), as of the tree
    of `at` entries. `openingStock`: kg CO2e in opening stock that was used; it is in no scope. `rules` explain how the
    inventory avoids double counting. `questioned`: kg CO2e by which the scopes may be too low, `questionedBought` of it
    in bought goods, the rest in the organisation's own records. `findings`: of its own records, the largest amounts
    first, at most 50."""

    organization: str
    names: dict[str, str]
    year: int
    since: str = field(name="from")
    until: str = field(name="to")
    at: int
    records: int
    scopes: ScopesAnswer
    scope3: list[CategoryAnswer]
    energy: EnergyAnswer
    goods: list[GoodsAnswer]
    intensities: list[IntensityAnswer]
    sites: list[SiteAnswer]
    equity: EquityAnswer
    changes: list[DifferenceAnswer]
    opening_stock: float
    left_out: LeftOutAnswer
    rules: list[str]
    questioned: float
    questioned_bought: float
    findings: list[WeighedFinding] = field(default_factory=list)
    findings_left_off: int = 0


class ActivityAnswer(QueryAnswer, frozen=True, kw_only=True):
    """A line of the site report: activity data times emission factor gives kg CO2e. `activity` is absent if the
    emission does not come from one supply (a carbon balance). `factors` are the rows of factor tables or the sources of
    the line; `recalled` are its unverified sources."""

    source: str
    gas: str
    emissions: float
    activity: float | None = None
    unit: str | None = None
    factor: float | None = None
    energy: float | None = None
    factors: list[str] = field(default_factory=list)
    recalled: list[str] = field(default_factory=list)
    primary: bool = False
    provisional: bool = False


class SectionAnswer(QueryAnswer, frozen=True, kw_only=True):
    """A section of the site report with its total, kg CO2e; negative if it reduces the report's total."""

    section: str
    en: str
    zh: str
    total: float
    lines: list[ActivityAnswer]


class SiteReportAnswer(QueryAnswer, frozen=True, kw_only=True):
    """Greenhouse gases of a site in a year by the structure of the GB/T 32151 series: combustion, process, purchased
    electricity and heat, minus exported. `total` is location-based; `market` counts electricity market-based.
    `questioned`, `findings` and `reconciliation` are of the site's records, as in the inventory."""

    facility: str
    operator: str
    names: dict[str, str]
    country: str
    year: int
    at: int
    records: int
    sections: list[SectionAnswer]
    total: float
    market: float
    energy: EnergyAnswer
    left_out: LeftOutAnswer
    notes: list[str]
    questioned: float
    questioned_bought: float
    findings: list[WeighedFinding] = field(default_factory=list)
    findings_left_off: int = 0
    reconciliation: SiteReconciliationAnswer
    subdivision: str | None = None
    industry: str | None = None
