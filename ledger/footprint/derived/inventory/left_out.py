"""The gaps of an inventory: inputs without upstream data, overheads that no product carries, and records that state
no energy."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.core.outcome.assessment import ADDITIVE
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import AnyRecord, Closing, Transformation
from ledger.core.record.units import UNITS
from ledger.core.record.values import Supply
from ledger.footprint.derived.inventory.scopes import Booked, is_energy
from ledger.footprint.stored.burdens import line_co2e
from ledger.footprint.stored.supplies import omitted_supplies, supplies_of

_ADDITIVE: Final = frozenset(ADDITIVE)


class StatedAmount(NamedTuple):
    """A quantity in the unit in which it was first stated."""

    quantity: Decimal
    unit: str

    def plus(self, supply: Supply) -> "StatedAmount | None":
        """None if the units do not convert."""
        have, want = UNITS[supply.quantity.unit], UNITS[self.unit]
        if have.dimension != want.dimension:
            return None
        more = CONTEXT.divide(CONTEXT.multiply(supply.quantity.amount, have.scale), want.scale)
        return StatedAmount(CONTEXT.add(self.quantity, more), self.unit)


class OmittedInput(NamedTuple):
    """An input of a site that its figures do not cover, or not whole. `amount`: its quantity, None if no supply has its
    name or the units differ. `estimate`: kg CO2e, of the records that have one; `unestimated`: the others."""

    site: str | None
    what: str
    records: int
    amount: StatedAmount | None
    estimate: float
    unestimated: int


class UnspreadOverhead(NamedTuple):
    """A material that serves a site and is in the inventory, but that no product carries: kg CO2e."""

    site: str | None
    material: str
    amount: StatedAmount | None
    emissions: float


class _InputSums:
    """`stated`: whether every addition so far had an amount in one dimension."""

    def __init__(self) -> None:
        self.records = self.unestimated = 0
        self.kilograms = 0.0
        self.amount: StatedAmount | None = None
        self.stated = True

    def add(self, supplies: list[Supply]) -> None:
        self.stated = self.stated and bool(supplies)
        for supply in supplies if self.stated else ():
            start = StatedAmount(Decimal(0), supply.quantity.unit) if self.amount is None else self.amount
            self.amount = start.plus(supply)
            self.stated = self.amount is not None
        if not self.stated:
            self.amount = None


class LeftOut:
    """Adds up records."""

    def __init__(self) -> None:
        self._omitted: dict[tuple[str, str], _InputSums] = {}
        self._overheads: dict[tuple[str, str], _InputSums] = {}
        self._without_energy: dict[str, int] = {}

    def add(self, booked: Booked) -> None:
        record, site = booked.record, booked.site or ""
        supplies, seen = _supplies(record), set[tuple[str, int | None]]()
        for omission in booked.assessment.omissions:
            sums = self._omitted.setdefault((site, omission.what), _InputSums())
            first = (omission.what, None) not in seen
            if first or (omission.what, omission.supply) not in seen:
                sums.add(omitted_supplies(omission, supplies))
            sums.records += first
            seen |= {(omission.what, None), (omission.what, omission.supply)}
            if omission.estimate is None:
                sums.unestimated += 1
            else:
                sums.kilograms += float(omission.estimate)
        if isinstance(record, Closing) and record.spread_overheads is None:
            self._add_overheads(booked, record, site)
        if isinstance(record, Transformation) and not booked.assessment.energy and not any(map(is_energy, booked.made)):
            self._without_energy[record.process] = self._without_energy.get(record.process, 0) + 1

    def _add_overheads(self, booked: Booked, closing: Closing, site: str) -> None:
        for supply in closing.overheads:
            sums = self._overheads.setdefault((site, supply.material), _InputSums())
            sums.add([supply])
        for material in dict.fromkeys([supply.material for supply in closing.overheads]):
            self._overheads[site, material].kilograms += sum(
                line_co2e(line) for line in booked.assessment.lines
                if line.burden in _ADDITIVE and line.source == material
            )

    def omitted(self) -> Iterator[OmittedInput]:
        """By site, the largest estimate first."""
        for (site, what), sums in sorted(
            self._omitted.items(), key=lambda one: (one[0][0], -one[1].kilograms, one[0][1])
        ):
            yield OmittedInput(site or None, what, sums.records, sums.amount, sums.kilograms, sums.unestimated)

    def overheads(self) -> Iterator[UnspreadOverhead]:
        """By site and material."""
        for (site, material), sums in sorted(self._overheads.items()):
            yield UnspreadOverhead(site or None, material, sums.amount, sums.kilograms)

    def without_energy(self) -> Mapping[str, int]:
        """The number of records by process that neither use nor make energy."""
        return dict(sorted(self._without_energy.items()))


def _supplies(record: AnyRecord) -> list[Supply]:
    return [*record.overheads] if isinstance(record, Closing) else [*supplies_of(record)]
