"""The rows of a verifier's list. Amounts are kg CO2e that the lot carries; `percent` is their part of its absGhg."""

from msgspec import Struct, field

from ledger.core.record.values import Evidence


class VerifierRow(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Base of every row."""


class FlowRow(VerifierRow, frozen=True):
    """Emissions of one source with the same data: `quantity` of the supply that caused them, if all records state it in
    `unit`; `basis` of the activity data; `primary`: activity data and factor are the site's own."""

    source: str
    kind: str
    kg_co2e: float = field(name="kgCo2e")
    percent: float | None
    basis: str
    primary: bool
    records: int
    quantity: float | None = None
    unit: str | None = None
    factor: str | None = None
    boundary: str | None = None
    recalled: bool = False


class CutOffRow(VerifierRow, frozen=True):
    """Something that records leave out; `kgCo2e` is absent without an estimate."""

    what: str
    issuer: str
    records: int
    kg_co2e: float | None = field(default=None, name="kgCo2e")
    percent: float | None = None
    facility: str | None = None


class DataSourceRow(VerifierRow, frozen=True):
    """A record with activity data, the largest first; `cumulative`: percent of the figure with all rows above.
    `evidence`: the documents that it names."""

    record: str
    index: int
    type: str
    issuer: str
    kg_co2e: float = field(name="kgCo2e")
    percent: float | None
    cumulative: float | None
    facility: str | None = None
    process: str | None = None
    start: str | None = None
    end: str | None = None
    evidence: list[Evidence] = []


class AllocationRow(VerifierRow, frozen=True):
    """Records with several outputs that share burdens by the same key for the same reason; `kgCo2e` of their own
    emissions and inputs that the lot carries."""

    allocation: str
    records: int
    kg_co2e: float = field(name="kgCo2e")
    percent: float | None
    step: str | None = None
    rule: str | None = None
    reason: str | None = None
    price_ratio: str | None = None
    price_period: str | None = None


class ElectricityRow(VerifierRow, frozen=True):
    """Electricity of one kind. `grid`: by a factor of the grid; `residualMix`: by a residual mix; `supplier`: by a
    factor or declaration of the supplier; `lot`: power of a lot of the ledger (own generation, direct line, or handed
    over), whose emissions are in other rows; `attributes`: green attributes, which lower `marketKgCo2e` only."""

    kind: str
    records: int
    kg_co2e: float = field(name="kgCo2e")
    percent: float | None
    market_kg_co2e: float = field(name="marketKgCo2e")
    kilowatt_hours: float | None = None
    factor: str | None = None


class GasRow(VerifierRow, frozen=True):
    """Emissions of one gas. `CO2e`: amounts that their source states as CO2e, by its own potentials."""

    gas: str
    kg_co2e: float = field(name="kgCo2e")
    percent: float | None


class ChoiceRow(VerifierRow, frozen=True):
    """A value choice, or a check of double counting: its `subject`, the rule that applies, and its amount."""

    subject: str
    text: str
    kg_co2e: float | None = field(default=None, name="kgCo2e")
    percent: float | None = None
