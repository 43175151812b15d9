"""What is answered about the indicators of a sector, as it goes over the wire (JSON, camelCase)."""

from msgspec import field

from ledger.service.queries.answers import QueryAnswer


class CoverageAnswer(QueryAnswer, frozen=True, kw_only=True):
    """`facilities` of the `known` ones of this ledger have records in the period. What is not on the ledger is not
    counted anywhere."""

    facilities: int
    known: int


class IndicatorAnswer(QueryAnswer, frozen=True, kw_only=True):
    """An indicator over the records of the period; no `value` where none says anything of it. `facilities` say
    something, by `records`; `unit` is of Rec 20, a ratio of two such, or %."""

    name: str
    en: str
    zh: str
    unit: str
    facilities: int
    records: int
    value: float | None = None


class TargetAnswer(QueryAnswer, frozen=True, kw_only=True):
    """What `plan` wants in `year`, beside the `actual` figure of the facilities on this ledger. `gap` is the figure
    less the target, in its unit. Of a target of a whole country (`extent` national) nothing is said to be met: the
    figure is a part of it, `percent` of the target. `status` is read, or recalled where the source could not be
    checked. `missing` says why there is no figure."""

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
    """The indicators of one group: an organisation, a park, a province, a year, a facility. No `key`: of none."""

    coverage: CoverageAnswer
    records: int
    indicators: list[IndicatorAnswer]
    targets: list[TargetAnswer]
    key: str | None = None


class IndicatorsAnswer(QueryAnswer, frozen=True, kw_only=True):
    """Indicators of a sector over what ended after `from` and at `to` or before, as it read in the tree of `at`
    entries; in all, and by group where that was asked for. `note` says what it is not."""

    sector: str
    at: int
    coverage: CoverageAnswer
    records: int
    indicators: list[IndicatorAnswer]
    targets: list[TargetAnswer]
    note: str
    names: dict[str, str] = field(default_factory=dict)
    since: str | None = field(default=None, name="from")
    until: str | None = field(default=None, name="to")
    by: str | None = None
    groups: list[GroupAnswer] = field(default_factory=list)
