"""What methods and the choice of allocation answer, as it goes over the wire (JSON, camelCase). kg CO2e."""

from msgspec import field

from ledger.core.record.values import Quantity
from ledger.footprint.derived.methods.calculation import Alongside, MethodTerm, UsedParameter
from ledger.footprint.derived.methods.describing import Method
from ledger.service.queries.answers import QueryAnswer


class LotFigure(QueryAnswer, frozen=True, kw_only=True):
    """What all such answers say first. `title` says *incomplete footprint* where `completeness` is unknown or below
    95 %, and that a lot is withdrawn. It is all as it read in the tree of `size` entries with the `root` (base64); `at`
    is that size where it was asked for. `plugin` assessed the lot's own record."""

    title: str
    lot: str
    product: str
    quantity: Quantity
    unit: str
    size: int
    root: str
    completeness: str
    exempted: str
    unestimated: float
    at: int | None = None
    plugin: str | None = None


class MethodAnswer(LotFigure, frozen=True, kw_only=True):
    """The figure of a whole lot by another method, other potentials or another allocation than the stored ones.

    `footprint` is the sum of the `terms`; what is `beside` is never added. `default` is the stored figure, by cut-off,
    AR6 and each record's own allocation. `allocation`: one key for all records; each record's own where there is none.
    `credit` says where the method's credit lies, `limitations` what it leaves open.
    """

    method: str
    gwp: str
    footprint: float
    footprint_per_unit: float
    default: float
    terms: tuple[MethodTerm, ...]
    credit: str
    allocation: str | None = None
    beside: tuple[Alongside, ...] = ()
    parameters: tuple[UsedParameter, ...] = ()
    limitations: tuple[str, ...] = ()


class MissingAnswer(QueryAnswer, frozen=True, kw_only=True):
    """What a record (by digest) does not say of an `output` (a lot), which the `rule` asks for."""

    record: str
    field: str
    rule: str
    output: str | None = None


class ChoiceAnswer(QueryAnswer, frozen=True, kw_only=True):
    """The figure by one key for all records, and its difference to the stored one; or `missing`: why there is none, of
    the first five of `missingRecords`."""

    allocation: str
    footprint: float | None = None
    footprint_per_unit: float | None = None
    difference: float | None = None
    percent: float | None = None
    missing: tuple[MissingAnswer, ...] = ()
    missing_records: int = 0


class SensitiveRecord(QueryAnswer, frozen=True, kw_only=True):
    """A record whose outputs share its burden by `allocation`: by which key the lot would carry how much more, kg CO2e,
    if this record alone shared by it. `largest` is the largest of these by amount, `percent` what part it is of the
    figure. `missing`: keys by which it has no shares."""

    record: str
    index: int
    issuer: str
    facility: str
    process: str
    allocation: str
    differences: dict[str, float]
    largest: float
    percent: float | None = None
    missing: tuple[str, ...] = ()


class SensitivityAnswer(LotFigure, frozen=True, kw_only=True):
    """What a lot's stored figure would be by each key of allocation. `records`: of which the lot carries an output that
    could have had another share, by their own key in `keys`; `sensitive` are the most sensitive of them, `leftOff`
    counts the others."""

    footprint: float
    footprint_per_unit: float
    choices: tuple[ChoiceAnswer, ...]
    records: int = 0
    keys: dict[str, int] = field(default_factory=dict)
    sensitive: tuple[SensitiveRecord, ...] = ()
    left_off: int = 0
    limitations: tuple[str, ...] = ()


class PluginMethod(QueryAnswer, frozen=True, kw_only=True):
    """A sector's own method, as `method` asks for it, by the plugin of that name and version."""

    name: str
    plugin: str
    names: dict[str, str]


class CatalogueAnswer(QueryAnswer, frozen=True, kw_only=True):
    """What may be asked for: methods with their parameters, sets of global warming potentials (kg CO2e per kg of gas,
    over 100 years), allocation keys with what each needs, and methods of sectors."""

    methods: tuple[Method, ...]
    gwp: dict[str, dict[str, str]]
    allocations: dict[str, str]
    plugin_methods: tuple[PluginMethod, ...] = ()
