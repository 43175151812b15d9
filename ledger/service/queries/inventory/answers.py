"""What is answered about the inventory of an organisation, as it goes over the wire (JSON, camelCase)."""

from msgspec import field

from ledger.service.queries.answers import QueryAnswer


class CategoryAnswer(QueryAnswer, frozen=True, kw_only=True):
    """A category of scope 3 by its number in the GHG Protocol's Scope 3 Standard. `status`: `computed` from records,
    or `unknown` to the ledger; `note` says what it holds, or why not. kg CO2e."""

    number: int
    en: str
    zh: str
    status: str
    note: str
    total: float | None = None


class PowerAnswer(QueryAnswer, frozen=True, kw_only=True):
    """Scope 2, kg CO2e, by location and by market."""

    location: float
    market: float


class ScopesAnswer(QueryAnswer, frozen=True, kw_only=True):
    """Kg CO2e by scope. `scope1Categories` are combustion, process, mobileCombustion and capture (negative);
    `scope1Gases` what gases they are of; `apart` are biogenic CO2 and removals, in no scope. `operational` are scopes 1
    and 2. `primaryShare` is the part that rests on primary data, `provisionalShare` what waits for closings, both of
    absolute amounts in all scopes."""

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
    """MJ of a carrier that processes used."""

    carrier: str
    megajoules: float
    renewable: bool = False


class EnergyAnswer(QueryAnswer, frozen=True, kw_only=True):
    """MJ. `used` by processes; `drawnFromNature` to make power and heat (wind, sun); `made` as lots, of which
    `usedOwn` here and `leftOver` sold, stored or lost. `comprehensive` counts each MJ once: used and drawn, less made.
    `attributesRetired` is power whose green attributes closings and consumptions used up."""

    used: list[CarrierAnswer]
    drawn_from_nature: float
    made: dict[str, float]
    used_own: dict[str, float]
    left_over: dict[str, float]
    comprehensive: float
    renewable_share: float | None = None
    attributes_retired: float | None = None


class IntensityAnswer(QueryAnswer, frozen=True, kw_only=True):
    """Scopes 1 and 2 (kg CO2e) and comprehensive energy (MJ) `per` unit of value added or tonne of product. `of` is
    what they are divided by; `basis` says which reports or products that is."""

    per: str
    of: float
    location: float
    market: float
    energy: float
    basis: str


class GoodsAnswer(QueryAnswer, frozen=True, kw_only=True):
    """A product: what was made, what of it went into records here, in its unit; tonnes that were left."""

    product: str
    unit: str
    made: str
    used_inside: str
    net_tonnes: float


class SiteAnswer(QueryAnswer, frozen=True, kw_only=True):
    """One facility of the organisation; what is no facility's (transfers, most consumptions) has none."""

    scopes: ScopesAnswer
    energy: EnergyAnswer
    facility: str | None = None
    names: dict[str, str] = field(default_factory=dict)
    park: str | None = None
    subdivision: str | None = None
    intensities: list[IntensityAnswer] = field(default_factory=list)


class DifferenceAnswer(QueryAnswer, frozen=True, kw_only=True):
    """A figure of the year before and of this one; `percent` where there was something before."""

    figure: str
    before: float
    now: float
    difference: float
    percent: float | None = None


class MemberAnswer(QueryAnswer, frozen=True, kw_only=True):
    """An organisation of the group with the share in which it counts; `assumed` where its record states a parent
    without a share, and it counts in full."""

    organization: str
    share: float
    assumed: bool = False


class EquityAnswer(QueryAnswer, frozen=True, kw_only=True):
    """The equity share approach: each member's records times its share, nothing between members bought."""

    members: list[MemberAnswer]
    scopes: ScopesAnswer


class InventoryAnswer(QueryAnswer, frozen=True, kw_only=True):
    """The greenhouse gas inventory of an organisation's own facilities in a year (operational control), as it read in
    the tree of `at` entries. `openingStock`: kg CO2e in opening stock that was used, in no scope. `rules` say what is
    counted once and how."""

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
    rules: list[str]


class ActivityAnswer(QueryAnswer, frozen=True, kw_only=True):
    """A line of the site report: activity data times factor gives kg CO2e. No `activity` where the emission is not
    made of one supply (a carbon balance). `factors` are the rows of factor tables or sources behind it; `recalled`
    those whose source could not be checked."""

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
    """A part of the site report and what it adds up to, kg CO2e; negative where the total is reduced by it."""

    section: str
    en: str
    zh: str
    total: float
    lines: list[ActivityAnswer]


class SiteReportAnswer(QueryAnswer, frozen=True, kw_only=True):
    """Greenhouse gases of a site in a year by the structure of the GB/T 32151 series: combustion, process, purchased
    electricity and heat, less exported. `total` is by location; `market` the same with electricity by market."""

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
    notes: list[str]
    subdivision: str | None = None
    industry: str | None = None
