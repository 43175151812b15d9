"""Answers about the indicators of a sector, as sent to clients (JSON, camelCase)."""

from msgspec import field

from ledger.answers.stored import QueryAnswer
from ledger.footprint.derived.finding_sums import FindingCount


class CoverageAnswer(QueryAnswer, frozen=True, kw_only=True):
    """`facilities` of the `known` facilities on this ledger have records in the period. Facilities that are not on the
    ledger are in neither number."""

    facilities: int
    known: int


class IndicatorAnswer(QueryAnswer, frozen=True, kw_only=True):
    """An indicator over the records of the period; `value` is absent if no record states it. `facilities` and `records`
    count the facilities and records that state it. `unit` is a unit of Rec 20, a ratio of two such units, or %.
    `findingsShare`: the share of these records, 0 to 1, that a finding doubts; absent without such records, and for
    indicators per value added."""

    name: str
    en: str
    zh: str
    unit: str
    facilities: int
    records: int
    value: float | None = None
    findings_share: float | None = None


class TargetAnswer(QueryAnswer, frozen=True, kw_only=True):
    """The target of a `plan` for `year`, with the `actual` figure of the facilities on this ledger.

    `gap` is the figure minus the target, in the unit of the target. For a target of a whole country (`extent` national)
    `met` is absent, because the figure is only a part: `percent` of the target. `status` is read, or recalled for an
    unverified source. `missing` says why there is no figure.
    """

    id: str
    title: str
    indicator: str
    comparison: str
    value: float
    unit: str
    extent: str
    plan: str
    status: str
    source: str
    year: int | None = None
    actual: float | None = None
    gap: float | None = None
    met: bool | None = None
    percent: float | None = None
    missing: str | None = None


class GroupAnswer(QueryAnswer, frozen=True, kw_only=True):
    """The indicators of one group: an organisation, park, province, year or facility. `key` is absent for the records
    that have no such group (no park, for example). `questioned`: kg CO2e that the records themselves question;
    `findings`: of these records, by code. `onlyOwn`: only the caller's own organisations count."""

    coverage: CoverageAnswer
    records: int
    indicators: list[IndicatorAnswer]
    targets: list[TargetAnswer]
    questioned: float | None
    findings: list[FindingCount] = field(default_factory=list)
    key: str | None = None
    only_own: bool = False


class IndicatorsAnswer(QueryAnswer, frozen=True, kw_only=True):
    """Indicators of a sector over the records that ended after `from` and at `to` or before, as of the tree of `at`
    entries: in total, and by group if requested. `note` states the limits of these figures. `questioned`, `findings`
    and `onlyOwn` are as in a group. To a caller who does not see all organisations, sums over others are answered for
    ended calendar years and enough organisations; a suppressed sum has no value and no counts."""

    sector: str
    at: int
    coverage: CoverageAnswer
    records: int
    indicators: list[IndicatorAnswer]
    targets: list[TargetAnswer]
    note: str
    questioned: float | None
    findings: list[FindingCount] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    since: str | None = field(default=None, name="from")
    until: str | None = field(default=None, name="to")
    by: str | None = None
    groups: list[GroupAnswer] = field(default_factory=list)
    only_own: bool = False
