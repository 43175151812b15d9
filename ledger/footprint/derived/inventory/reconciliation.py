"""Reconciles a site over a closed period: meters and purchases against records, production and stock.

Goods are lots. The stock at the beginning and all lots that come in (received, declared, made) are used, go out, are
lost, or are in stock at the end; the ledger's balances see to the sum. So the differences of goods are lots that were
lost or written off, and remainders that nobody can keep in stock (power, heat, freight, hours). Supplies have no
balances. Their differences are between a closing's total and the records of its period.

    unreconciled share = sum of absolute differences / sum of stock and incoming amounts

by kilograms of all materials, by each carrier in its unit, and by kg CO2e where a price is known. Stock beyond the
turnover of the period, and runs without a product, hold burdens that reach no product yet; they are named
apart, since they are no error. Quantities are decimals.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Transformation
from ledger.core.record.units import POWER_UNITS, UNITS
from ledger.core.record.values import Supply
from ledger.footprint.derived.inventory.scopes import GOODS

Move = Literal["received", "declared", "made", "used", "out", "lost"]
Kind = Literal["lost", "leftOver", "measuredAbove", "statedAbove"]
IN: Final = ("received", "declared", "made")
COUNTED: Final = (*GOODS, "waste", "core")
"""The roles of lots that a site has in stock; credits and green attributes stand for no matter."""
LOST: Final = ("loss", "stockCorrection")
"""Purposes of consumptions that nobody can check."""
SHOWN: Final = 20
"""The most differences, and the most balances, that an answer lists."""

_NONE: Final = Decimal(0)
_ZERO: Final = 0.0
_FLEETING: Final = ("energy", "freight", "time")
"""Dimensions of goods that nobody keeps in stock."""
_KILOGRAMS: Final = "KGM"
_BASE: Final[Mapping[str, str]] = {"mass": _KILOGRAMS, "volume": "MTQ", "normal volume": "NM3", "count": "H87"}


class Moved(NamedTuple):
    """A quantity of a product that came in or went out, with its kg, None if it has no mass, and its kg CO2e."""

    move: Move
    product: str
    unit: str
    quantity: Decimal
    mass: Decimal | None
    emissions: float


class UnreconciledAmount(NamedTuple):
    """An amount, above zero, that does not reconcile. `emissions`: kg CO2e, None if no price is known."""

    kind: Kind
    name: str
    unit: str
    amount: Decimal
    emissions: float | None


class MaterialBalance(NamedTuple):
    """Amounts of a product or a supply in `unit`. `measured`: of a supply, by closings; of goods None. `emissions`: kg
    CO2e in the stock at the end; `parked` of the stock is beyond the turnover of the period."""

    name: str
    unit: str
    before: Decimal = _NONE
    received: Decimal = _NONE
    declared: Decimal = _NONE
    made: Decimal = _NONE
    used: Decimal = _NONE
    out: Decimal = _NONE
    lost: Decimal = _NONE
    measured: Decimal | None = None
    emissions: float = 0.0
    lost_emissions: float = 0.0

    @property
    def came(self) -> Decimal:
        """All that there was to use."""
        whole = _sum([self.before, self.received, self.declared, self.made])
        return whole if self.measured is None else max(self.measured, self.used)

    @property
    def after(self) -> Decimal:
        """The stock at the end; of a supply zero."""
        if self.measured is not None:
            return _NONE
        return CONTEXT.subtract(self.came, _sum([self.used, self.out, self.lost]))

    @property
    def parked(self) -> Decimal:
        if self.measured is not None or is_fleeting(self.unit):
            return _NONE
        return max(_NONE, CONTEXT.subtract(self.after, max(self.before, _sum([self.used, self.out]))))

    @property
    def parked_emissions(self) -> float:
        return self.emissions * float(CONTEXT.divide(self.parked, self.after)) if self.after > 0 else _ZERO

    def differences(self) -> Iterator[UnreconciledAmount]:
        """Of goods; the differences of supplies need prices."""
        if self.lost:
            yield UnreconciledAmount("lost", self.name, self.unit, self.lost, self.lost_emissions)
        if is_fleeting(self.unit) and self.after > 0:
            yield UnreconciledAmount("leftOver", self.name, self.unit, self.after, self.emissions)


class Unreconciled(NamedTuple):
    """Of everything in one unit: the incoming amounts with the stock, and the differences."""

    unit: str
    came: Decimal
    difference: Decimal

    @property
    def share(self) -> float:
        return float(CONTEXT.divide(self.difference, self.came)) if self.came else _ZERO


class _ProductSums:
    """The sums of one product. Its amounts are kg if all of its lots have a mass, else in its own unit."""

    def __init__(self, unit: str) -> None:
        self.unit = unit
        self.weighed = True
        self.quantities: dict[str, Decimal] = {}
        self.masses: dict[str, Decimal] = {}
        self.emissions: dict[str, float] = {}

    def add(self, moved: Moved, move: str) -> None:
        self.weighed = self.weighed and moved.mass is not None
        self.quantities[move] = CONTEXT.add(self.quantities.get(move, _NONE), moved.quantity)
        self.masses[move] = CONTEXT.add(self.masses.get(move, _NONE), moved.mass or _NONE)
        self.emissions[move] = self.emissions.get(move, _ZERO) + moved.emissions

    def begin(self, earlier: "_ProductSums") -> None:
        """The stock at the end of an earlier time is there at the beginning."""
        self.weighed = self.weighed and earlier.weighed
        for sums, amounts in ((self.quantities, earlier.quantities), (self.masses, earlier.masses)):
            for move, amount in amounts.items():
                signed = amount if move in (*IN, "before") else amount.copy_negate()
                sums["before"] = CONTEXT.add(sums.get("before", _NONE), signed)
        self.emissions["before"] = self.emissions.get("before", _ZERO) + earlier.left()

    def left(self) -> float:
        """Kg CO2e of the stock at the end."""
        return sum(amount * (1 if move in (*IN, "before") else -1) for move, amount in self.emissions.items())

    def balance(self, name: str) -> MaterialBalance:
        amounts = self.masses if self.weighed else {
            move: in_base(amount, self.unit)[0] for move, amount in self.quantities.items()}
        unit = _KILOGRAMS if self.weighed else in_base(_NONE, self.unit)[1]
        lost = self.emissions.get("lost", _ZERO)
        return MaterialBalance(name, unit, **amounts, emissions=self.left(), lost_emissions=lost)


class _MeasuredSums:
    """The sums of one material that closings measured, in one unit. The differences of each closing count: too much in
    one month does not make up for too little in another."""

    def __init__(self) -> None:
        self.measured = self.used = self.above = self.below = _NONE
        self.named: float | None = None


class SuppliesOfPeriod:
    """The supplies that the records of a closing's period state, by material and base unit, overheads apart."""

    def __init__(self) -> None:
        self._supplies: dict[tuple[str, str], Decimal] = {}
        self._overheads: dict[tuple[str, str], Decimal] = {}

    def add(self, record: Transformation) -> None:
        for sums, supplies in ((self._supplies, record.supplies), (self._overheads, record.overheads)):
            for supply in supplies:
                amount, unit = in_base(supply.quantity.amount, supply.quantity.unit)
                sums[supply.material, unit] = CONTEXT.add(sums.get((supply.material, unit), _NONE), amount)

    def of(self, total: Supply, *, overhead: bool) -> Decimal:
        """The amount in the base unit of a total; `overhead`: that the closing spreads as an overhead."""
        _, unit = in_base(_NONE, total.quantity.unit)
        return (self._overheads if overhead else self._supplies).get((total.material, unit), _NONE)


class SiteReconciliation:
    """Adds up the movements of one site. `handled`: kg CO2e of its own emissions and of all that came in."""

    def __init__(self) -> None:
        self.handled = _ZERO
        self.without_product = _ZERO
        """Kg CO2e that runs without a product keep."""
        self.unmeasured: set[str] = set()
        """Materials that records state and no closing measured."""
        self._goods: dict[str, _ProductSums] = {}
        self._supplied: dict[tuple[str, str], _MeasuredSums] = {}
        self._prices: dict[tuple[str, str], list[float]] = {}

    def add(self, moved: Moved, *, before: bool = False) -> None:
        """A movement in the period, or before it: then it is in the stock of its beginning."""
        goods = self._goods.setdefault(moved.product, _ProductSums(moved.unit))
        if not before:
            goods.add(moved, moved.move)
            self.handled += moved.emissions if moved.move in ("received", "declared") else _ZERO
            return
        if moved.move not in IN:
            moved = moved._replace(
                quantity=moved.quantity.copy_negate(), emissions=-moved.emissions,
                mass=None if moved.mass is None else moved.mass.copy_negate())
        goods.add(moved, "before")
        self.handled += moved.emissions

    def stated(self, supplies: Iterable[Supply], emissions: Mapping[str, float]) -> None:
        """The supplies of a transformation in the period. `emissions`: kg CO2e by material: their price."""
        materials = dict.fromkeys([supply.material for supply in supplies])
        for material in materials:
            own = [in_base(one.quantity.amount, one.quantity.unit) for one in supplies if one.material == material]
            if len({unit for _, unit in own}) == 1 and material in emissions:
                price = self._prices.setdefault((material, own[0][1]), [_ZERO, _ZERO])
                price[0] += emissions[material]
                price[1] += float(_sum([amount for amount, _ in own]))
        self.unmeasured.update(materials)

    def begin(self, earlier: "SiteReconciliation") -> None:
        """Continues an earlier time: its stock at the end is there at the beginning."""
        for product, sums in earlier._goods.items():
            self._goods.setdefault(product, _ProductSums(sums.unit)).begin(sums)
            self.handled += sums.left()

    def closed(self, total: Supply, used: Decimal, emissions: float | None = None) -> None:
        """A total, with the amount in its base unit that the records of its period state. `emissions`: kg CO2e of the
        part that stays with the closing."""
        measured, unit = in_base(total.quantity.amount, total.quantity.unit)
        sums = self._supplied.setdefault((total.material, unit), _MeasuredSums())
        if emissions is not None:
            sums.named = (sums.named or _ZERO) + emissions
        gap = CONTEXT.subtract(measured, used)
        sums.measured, sums.used = CONTEXT.add(sums.measured, measured), CONTEXT.add(sums.used, used)
        sums.above = CONTEXT.add(sums.above, max(gap, _NONE))
        sums.below = CONTEXT.add(sums.below, max(gap.copy_negate(), _NONE))

    def balances(self) -> list[MaterialBalance]:
        """Of every product and of every measured supply, those with the largest amounts first."""
        balances = [goods.balance(product) for product, goods in self._goods.items()]
        balances += [MaterialBalance(material, unit, used=sums.used, measured=sums.measured)
                     for (material, unit), sums in self._supplied.items()]
        return sorted(balances, key=lambda one: (-one.came, one.name))

    def differences(self) -> list[UnreconciledAmount]:
        """The largest in kg CO2e first, then those without a price."""
        differences = [difference for balance in self.balances() for difference in balance.differences()]
        for (material, unit), sums in self._supplied.items():
            if sums.above:
                priced = self._priced(material, unit, sums.above) if sums.named is None else sums.named
                differences.append(UnreconciledAmount("measuredAbove", material, unit, sums.above, priced))
            if sums.below:
                priced = self._priced(material, unit, sums.below)
                differences.append(UnreconciledAmount("statedAbove", material, unit, sums.below, priced))
        return sorted(differences, key=lambda one: (-abs(one.emissions or _ZERO), -one.amount, one.name))

    def shares(self) -> list[Unreconciled]:
        """By unit: kilograms, and the units of carriers, of goods that are counted, and of services."""
        came, gone = dict[str, Decimal](), dict[str, Decimal]()
        for balance in self.balances():
            came[balance.unit] = CONTEXT.add(came.get(balance.unit, _NONE), balance.came)
        for difference in self.differences():
            gone[difference.unit] = CONTEXT.add(gone.get(difference.unit, _NONE), difference.amount)
        return [Unreconciled(unit, amount, gone.get(unit, _NONE)) for unit, amount in sorted(came.items())]

    def emissions(self) -> float:
        """Kg CO2e of the differences whose price is known."""
        return sum(abs(one.emissions or _ZERO) for one in self.differences())

    def parked(self) -> list[MaterialBalance]:
        """Stock beyond the turnover of the period, the largest burdens first."""
        balances = [balance for balance in self.balances() if balance.parked]
        return sorted(balances, key=lambda one: (-abs(one.parked_emissions), one.name))

    def measured(self) -> set[str]:
        return {material for material, _ in self._supplied}

    def _priced(self, material: str, unit: str, amount: Decimal) -> float | None:
        """By the average of the site's own records."""
        emissions, quantity = self._prices.get((material, unit), (_ZERO, _ZERO))
        return emissions / quantity * float(amount) if quantity else None


def is_fleeting(unit: str) -> bool:
    return unit in UNITS and UNITS[unit].dimension in _FLEETING


def in_base(amount: Decimal, code: str) -> tuple[Decimal, str]:
    """An amount in the unit in which the site is reconciled: kg, kWh of electricity, GJ of other energy."""
    have = UNITS.get(code)
    if have is None:
        return amount, code
    base = ("KWH" if code in POWER_UNITS else "GV") if have.dimension == "energy" else _BASE.get(have.dimension, code)
    return CONTEXT.divide(CONTEXT.multiply(amount, have.scale), UNITS[base].scale), base


def _sum(amounts: Sequence[Decimal]) -> Decimal:
    total = _NONE
    for amount in amounts:
        total = CONTEXT.add(total, amount)
    return total
