"""Gathers a verifier's list from the records upstream of a lot, one record at a time."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from ledger.core.outcome.assessment import ADDITIVE, Line
from ledger.core.record.kinds import AnyRecord, Declaration, Transformation
from ledger.core.record.study import AllocationBasis
from ledger.core.record.units import POWER_UNITS, convert
from ledger.core.record.values import UNBURDENED, Evidence, Supply
from ledger.footprint.derived.contributions import Upstream
from ledger.footprint.derived.verification.rows import (
    AllocationRow,
    CutOffRow,
    DataSourceRow,
    ElectricityRow,
    FlowRow,
    GasRow,
)
from ledger.footprint.stored.burdens import line_co2e
from ledger.footprint.stored.supplies import supplies_of

COVERED: Final = 0.95
"""The part of the activity data, by emissions, whose sources a verifier asks for."""
_ADDITIVE: Final = frozenset(ADDITIVE)
_RESIDUAL: Final = ":electricity/residual/"
_MARKET: Final = "electricityMarket"


class _FlowHead(NamedTuple):
    """The fields that emissions of one row share."""

    source: str
    kind: str
    basis: str
    primary: bool
    factor: str | None
    boundary: str | None
    recalled: bool


class _FlowSum:
    def __init__(self) -> None:
        self.kilograms = 0.0
        self.records: set[int] = set()
        self._quantities: dict[str, float] = {}
        self._supplies: set[tuple[int, int]] = set()

    def add(self, upstream: Upstream, line: Line, kilograms: float, supplies: Sequence[Supply]) -> None:
        self.kilograms += kilograms
        self.records.add(upstream.log_index)
        place = line.supply
        if place is None or place >= len(supplies) or (upstream.log_index, place) in self._supplies:
            return
        # Several gases of one supply are several lines, but its quantity counts once.
        self._supplies.add((upstream.log_index, place))
        quantity = supplies[place].quantity
        self._quantities[quantity.unit] = (
            self._quantities.get(quantity.unit, 0.0) + upstream.weight * float(quantity.value))

    def row(self, head: _FlowHead, absolute: float) -> FlowRow:
        units = list(self._quantities)
        unit = units[0] if len(units) == 1 else None
        return FlowRow(
            source=head.source, kind=head.kind, kg_co2e=self.kilograms, percent=_percent(self.kilograms, absolute),
            basis=head.basis, primary=head.primary, records=len(self.records), unit=unit,
            quantity=None if unit is None else self._quantities[unit], factor=head.factor, boundary=head.boundary,
            recalled=head.recalled,
        )


class _PowerSum:
    """`kilograms` in the figure, `market` by the market, `hours` in kWh; None if no row states them."""

    def __init__(self) -> None:
        self.kilograms = 0.0
        self.market = 0.0
        self.hours: float | None = None
        self.records: set[int] = set()

    def add(self, index: int, kilograms: float, market: float, hours: float | None = None) -> None:
        self.kilograms += kilograms
        self.market += market
        self.records.add(index)
        if hours is not None:
            self.hours = (self.hours or 0.0) + hours


class _SharedSum:
    def __init__(self) -> None:
        self.kilograms = 0.0
        self.records: set[int] = set()


class VerifierGathering:
    """Takes the records upstream of a lot; `absolute` is the lot's absGhg. Amounts are absolute, as in absGhg."""

    def __init__(self, absolute: float) -> None:
        self.absolute = absolute
        self.estimated = self.secondary = self.recalled = self.assigned = self.averaged = 0.0
        self._flows: dict[_FlowHead, _FlowSum] = {}
        self._power: dict[tuple[str, str | None], _PowerSum] = {}
        self._gases: dict[str, float] = {}
        self._omissions: dict[tuple[str, str, str | None], list[tuple[int, float | None]]] = {}
        self._allocations: dict[tuple[str, AllocationBasis | None], _SharedSum] = {}
        self._sources: list[DataSourceRow] = []

    def take(self, records: Iterable[Upstream]) -> None:
        for upstream in records:
            self._add(upstream)

    def _add(self, upstream: Upstream) -> None:
        supplies = supplies_of(upstream.record)
        own = 0.0
        for line in upstream.assessment.lines:
            if line.burden in _ADDITIVE:
                kilograms = upstream.weight * abs(line_co2e(line))
                own += kilograms
                self._add_line(upstream, line, kilograms, supplies)
            if line.kind == "electricity":
                self._add_power(upstream, line, supplies)
        if upstream.covered:
            self._power_sum("attributes", None).add(
                upstream.log_index, 0.0, upstream.weight * upstream.covered.get(_MARKET, 0.0))
        for omission in upstream.assessment.omissions:
            estimate = None if omission.estimate is None else upstream.weight * float(omission.estimate)
            head = (omission.what, upstream.record.issuer, _facility(upstream.record))
            self._omissions.setdefault(head, []).append((upstream.log_index, estimate))
        self.assigned += sum([
            abs(upstream.made.get(one.output, 0.0) * float(one.amount)) for one in upstream.assessment.assigned])
        self.averaged += upstream.made.get(0, 0.0) * abs(upstream.averaged.get("absGhg", 0.0))
        self._add_transformation(upstream, own)
        if own:
            self._sources.append(_source(upstream, own))

    def _add_line(self, upstream: Upstream, line: Line, kilograms: float, supplies: Sequence[Supply]) -> None:
        head = _FlowHead(line.source, line.kind, line.basis, line.primary, line.factor, line.boundary, line.recalled)
        flow = self._flows.get(head)
        if flow is None:
            flow = self._flows[head] = _FlowSum()
        flow.add(upstream, line, kilograms, supplies)
        self._gases[line.gas] = self._gases.get(line.gas, 0.0) + kilograms
        self.estimated += kilograms if line.basis == "estimated" else 0.0
        self.secondary += 0.0 if line.primary else kilograms
        self.recalled += kilograms if line.recalled else 0.0

    def _add_power(self, upstream: Upstream, line: Line, supplies: Sequence[Supply]) -> None:
        kilograms = upstream.weight * line_co2e(line)
        market = kilograms if line.market is None else upstream.weight * float(line.market)
        supply, hours = _supply_of(line, supplies), None
        if supply is not None and supply.quantity.unit in POWER_UNITS:
            hours = upstream.weight * float(convert(supply.quantity.amount, supply.quantity.unit, "KWH"))
        counted = kilograms if line.burden in _ADDITIVE else 0.0
        self._power_sum(_power_kind(line, supplies), line.factor).add(upstream.log_index, counted, market, hours)

    def _add_transformation(self, upstream: Upstream, own: float) -> None:
        record = upstream.record
        if not isinstance(record, Transformation):
            return
        for flow in record.inputs:
            if flow.quantity.unit in POWER_UNITS:
                hours = upstream.weight * float(convert(flow.quantity.amount, flow.quantity.unit, "KWH"))
                self._power_sum("lot", None).add(upstream.log_index, 0.0, 0.0, hours)
        if sum(output.role not in UNBURDENED for output in record.outputs) > 1:
            head = (record.allocation, record.allocation_basis)
            shared = self._allocations.get(head)
            if shared is None:
                shared = self._allocations[head] = _SharedSum()
            shared.kilograms += own
            shared.records.add(upstream.log_index)

    def _power_sum(self, kind: str, factor: str | None) -> _PowerSum:
        power = self._power.get((kind, factor))
        if power is None:
            power = self._power[kind, factor] = _PowerSum()
        return power

    def flows(self) -> list[FlowRow]:
        """All flows, the largest first."""
        rows = [flow.row(head, self.absolute) for head, flow in self._flows.items()]
        return sorted(rows, key=lambda row: (-row.kg_co2e, row.source, row.kind))

    def cut_offs(self) -> list[CutOffRow]:
        """All omissions, the largest first, then those without an estimate."""
        rows = []
        for (what, issuer, facility), parts in self._omissions.items():
            estimates = [amount for _, amount in parts if amount is not None]
            kilograms = sum(estimates) if estimates else None
            rows.append(CutOffRow(
                what=what, issuer=issuer, facility=facility, records=len({index for index, _ in parts}),
                kg_co2e=kilograms, percent=None if kilograms is None else _percent(kilograms, self.absolute),
            ))
        return sorted(rows, key=lambda row: (row.kg_co2e is None, -(row.kg_co2e or 0.0), row.what))

    def sources(self) -> list[DataSourceRow]:
        """The records that carry at least 95 % of the emissions with activity data, the largest first."""
        whole = sum(row.kg_co2e for row in self._sources)
        chosen: list[DataSourceRow] = []
        reached = 0.0
        for row in sorted(self._sources, key=lambda row: (-row.kg_co2e, -row.index)):
            if chosen and reached >= COVERED * whole:
                break
            reached += row.kg_co2e
            chosen.append(replace(
                row, percent=_percent(row.kg_co2e, whole), cumulative=_percent(reached, whole)))
        return chosen

    def allocations(self) -> list[AllocationRow]:
        """The keys and reasons by which records share burdens, the largest first."""
        rows = [_allocation(key, basis, shared, self.absolute) for (key, basis), shared in self._allocations.items()]
        return sorted(rows, key=lambda row: (-row.kg_co2e, row.allocation, row.reason or ""))

    def electricity(self) -> list[ElectricityRow]:
        """The kinds of electricity, the largest first."""
        rows = [
            ElectricityRow(
                kind=kind, factor=factor, records=len(power.records), kg_co2e=power.kilograms,
                percent=_percent(power.kilograms, self.absolute), market_kg_co2e=power.market,
                kilowatt_hours=power.hours,
            )
            for (kind, factor), power in self._power.items()
        ]
        return sorted(rows, key=lambda row: (-row.kg_co2e, row.kind, row.factor or ""))

    def gases(self) -> list[GasRow]:
        """The gases, the largest first."""
        rows = [GasRow(gas=gas, kg_co2e=amount, percent=_percent(amount, self.absolute))
                for gas, amount in self._gases.items()]
        return sorted(rows, key=lambda row: (-row.kg_co2e, row.gas))


def _supply_of(line: Line, supplies: Sequence[Supply]) -> Supply | None:
    """The supply of a line, of which a sector may name only the material."""
    if line.supply is not None and line.supply < len(supplies):
        return supplies[line.supply]
    return next((supply for supply in supplies if supply.material == line.source), None)


def _power_kind(line: Line, supplies: Sequence[Supply]) -> str:
    supply = _supply_of(line, supplies)
    if supply is not None and (supply.factor is not None or supply.declaration is not None):
        return "supplier"
    return "residualMix" if _RESIDUAL in (line.factor or "") else "grid"


def _allocation(key: str, basis: AllocationBasis | None, shared: _SharedSum, absolute: float) -> AllocationRow:
    stated = basis or AllocationBasis()
    period = None if stated.price_start is None else f"{stated.price_start}/{stated.price_end}"
    return AllocationRow(
        allocation=key, records=len(shared.records), kg_co2e=shared.kilograms,
        percent=_percent(shared.kilograms, absolute), step=stated.step, rule=stated.rule, reason=stated.reason,
        price_ratio=stated.price_ratio, price_period=period,
    )


def _source(upstream: Upstream, own: float) -> DataSourceRow:
    record = upstream.record
    row = DataSourceRow(
        record=upstream.digest, index=upstream.log_index, type=str(record.__struct_config__.tag),
        issuer=record.issuer, kg_co2e=own, percent=None, cumulative=None, evidence=_evidence(record),
    )
    if isinstance(record, Transformation | Declaration):
        row = replace(row, facility=record.facility, start=record.start, end=record.end)
    return replace(row, process=record.process) if isinstance(record, Transformation) else row


def _evidence(record: AnyRecord) -> list[Evidence]:
    evidence: list[Evidence] = getattr(record, "evidence", [])
    return list(evidence)


def _facility(record: AnyRecord) -> str | None:
    return record.facility if isinstance(record, Transformation | Declaration) else None


def _percent(kilograms: float, whole: float) -> float | None:
    return 100.0 * kilograms / whole if whole else None
