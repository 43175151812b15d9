"""The answer for installations, as it goes over the wire: figures are t CO2e, t and MWh, and per t of goods."""

from collections.abc import Sequence

from ledger.sdk import Answer


class ProcessName(Answer, frozen=True):
    """An installation, calendar year, aggregated goods category and route; for a product outside annex I that other
    processes use, its `product` instead of the category."""

    facility: str
    year: int
    category: str | None
    route: str
    product: str | None


class ProductShare(Answer, frozen=True):
    """A product in a process: t, or its own `unit` if it is outside annex I."""

    product: str
    cn: str | None
    amount: float
    unit: str


class ProcessAnswer(Answer, frozen=True):
    """A process. `specific` covers the process itself, `embedded` also all precursors, both per t; totals cover all of
    its `tonnes`. `payable`: emissions that need certificates before free allocation, from 2026 on; for goods of annex
    II without the indirect emissions of their own process. `footprint` is the ledger's, ISO 14067. `default_share`: the
    part of the embedded emissions that comes from default values, of this process or upstream."""

    process: ProcessName
    asked: bool
    en: str
    zh: str
    sector: str | None
    country: str
    tonnes: float
    unit: str
    products: Sequence[ProductShare]
    direct_only: bool
    specific_direct: float
    specific_indirect: float
    embedded_direct: float
    embedded_indirect: float
    embedded_electricity: float
    payable: float
    total_embedded: float
    total_payable: float
    total_footprint: float
    default_share: float | None
    provisional: bool


class GoodsAnswer(Answer, frozen=True):
    """Goods of one category of the installation, over all routes (regulation 2025/2547, article 4(6)); per t."""

    category: str
    en: str
    zh: str
    tonnes: float
    embedded_direct: float
    embedded_indirect: float
    payable: float
    total_embedded: float
    total_payable: float


class PrecursorAnswer(Answer, frozen=True):
    """A precursor of a process. `way`: own, actual, declared, default or exempt. Figures are t CO2e per t, a default
    value's with its mark-up (per cent); `carried`: its burden in the ledger, t CO2e in total."""

    process: ProcessName
    way: str
    product: str
    cn: str | None
    category: str
    tonnes: float
    facility: str | None
    country: str | None
    made_in: int | None
    route: str
    attested: str | None
    direct: float
    indirect: float
    counted: float
    electricity: float
    mark_up: float | None
    source: str
    carried: float


class PowerAnswer(Answer, frozen=True):
    """Electricity of a process by its way: grid, directLine or contract; t CO2e per MWh, and in total."""

    process: ProcessName
    way: str
    megawatt_hours: float
    factor: float
    indirect: float
    source: str


class LineAnswer(Answer, frozen=True):
    """A line of a process, kg CO2e: in the ledger's footprint, and embedded. Electricity is inside; `PowerAnswer` has
    its embedded amount."""

    process: ProcessName
    source: str
    kind: str
    gas: str
    inside: bool
    reason: str
    why: str
    footprint: float
    embedded: float
    factor: str | None
    recalled: bool


class DifferenceAnswer(Answer, frozen=True):
    """Kg CO2e that are in the footprint and not in the embedded emissions (negative: the other way round). For every
    process, footprint = embedded + sum of its differences."""

    process: ProcessName
    reason: str
    why: str
    source: str
    kilograms: float


class SourceAnswer(Answer, frozen=True):
    """The source of a figure: `status` is read, recalled (not checked), given (by the user's file) or ledger."""

    what: str
    value: str
    source: str
    status: str


class ChainReport(Answer, frozen=True):
    """An installation's goods in a calendar year."""

    facility: str
    operator: str
    country: str
    year: int
    at: int
    goods: Sequence[GoodsAnswer]
    processes: Sequence[ProcessAnswer]
    precursors: Sequence[PrecursorAnswer]
    power: Sequence[PowerAnswer]
    lines: Sequence[LineAnswer]
    differences: Sequence[DifferenceAnswer]
    sources: Sequence[SourceAnswer]
    warnings: Sequence[str]
    rules: Sequence[str]
