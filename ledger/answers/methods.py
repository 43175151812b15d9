"""Answers about methods and the choice of allocation, as sent to clients (JSON, camelCase). Figures are kg CO2e."""

from msgspec import field

from ledger.answers.stored import QueryAnswer
from ledger.core.record.values import Quantity
from ledger.footprint.derived.methods.calculation import Alongside, MethodTerm, UsedParameter
from ledger.footprint.derived.methods.describing import Method


class LotFigure(QueryAnswer, frozen=True, kw_only=True):
    """The common fields of these answers.

    `title` says *incomplete footprint* if `completeness` is unknown or below 95 %, and says if the lot is withdrawn.
    Everything is as of the tree of `size` entries with the `root` (base64); `at` is
    this size if the question named it. `plugin` assessed the lot's own record. `questioned`: kg CO2e by which the
    stored figure may be too low, whatever the method; the footprint lists the findings.
    """

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
    questioned: float
    at: int | None = None
    plugin: str | None = None


class MethodAnswer(LotFigure, frozen=True, kw_only=True):
    """The figure of a whole lot by a method, global warming potentials or an allocation other than the stored ones.

    `footprint` is the sum of the `terms`; the figures in `beside` are never added. `default` is the stored figure: by
    cut-off, AR6 and each record's own allocation. `allocation`: one key for all records; if absent, each record's own
    key. `credit` explains who gets the method's credit; `limitations` lists the limits of the figure.
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
    """A `field` that the `rule` needs and a record (by digest) does not state, for an `output` (a lot)."""

    record: str
    field: str
    rule: str
    output: str | None = None


class ChoiceAnswer(QueryAnswer, frozen=True, kw_only=True):
    """The figure by one key for all records, and its difference from the stored figure. If the figure cannot be
    calculated: the `missing` fields of the first five of `missingRecords` records."""

    allocation: str
    footprint: float | None = None
    footprint_per_unit: float | None = None
    difference: float | None = None
    percent: float | None = None
    missing: tuple[MissingAnswer, ...] = ()
    missing_records: int = 0


class SensitiveRecord(QueryAnswer, frozen=True, kw_only=True):
    """A record whose outputs share its burden by the key `allocation`.

    `differences`: by key, how much more the lot would carry (kg CO2e) if only this record used that key. `largest` is
    the largest of them by absolute value; `percent` is its part of the figure. `missing`: keys for which the record
    lacks data.
    """

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
    """The stored figure of a lot recalculated by each allocation key. `records`: the number of records of which the lot
    carries an output that could have another share; `keys` counts them by their own key. `sensitive` are the most
    sensitive of them; `leftOff` is the number of the others."""

    footprint: float
    footprint_per_unit: float
    choices: tuple[ChoiceAnswer, ...]
    records: int = 0
    keys: dict[str, int] = field(default_factory=dict)
    sensitive: tuple[SensitiveRecord, ...] = ()
    left_off: int = 0
    limitations: tuple[str, ...] = ()


class RepricedFactor(QueryAnswer, frozen=True, kw_only=True):
    """A row of a factor set that priced supplies of the lot: its part of the lot in kg CO2e as `stored`, and as
    `repriced` by the row `newest`. `newest` is absent if no set has a row for the supply any more."""

    factor: str
    stored: float
    repriced: float
    difference: float
    records: int
    newest: str | None = None


class FactorSensitivityAnswer(LotFigure, frozen=True, kw_only=True):
    """The stored figure of a lot, and the figure that the newest installed versions of the factor sets (`sets`) would
    give. `factors` are those with the largest difference; `leftOff` is the number of the others. An answer changes no
    stored figure."""

    footprint: float
    repriced: float
    difference: float
    percent: float | None = None
    sets: tuple[str, ...] = ()
    factors: tuple[RepricedFactor, ...] = ()
    left_off: int = 0
    limitations: tuple[str, ...] = ()


class PluginMethod(QueryAnswer, frozen=True, kw_only=True):
    """A sector's own method: `name` as the parameter `method` takes it, and the name and version of its `plugin`."""

    name: str
    plugin: str
    names: dict[str, str]


class CatalogueAnswer(QueryAnswer, frozen=True, kw_only=True):
    """All available options: methods with their parameters, sets of global warming potentials (kg CO2e per kg of gas,
    over 100 years), allocation keys with the data that each needs, and methods of sectors."""

    methods: tuple[Method, ...]
    gwp: dict[str, dict[str, str]]
    allocations: dict[str, str]
    plugin_methods: tuple[PluginMethod, ...] = ()
