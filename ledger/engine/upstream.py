"""The upstream of supplies by rule `default-upstream`: each supply is priced, by its record or from the factor sets.

A supply's own declaration, factor or named row comes first. Everything else gets the factor of the sets in force, by
its index in the record: a priced supply never covers another one of its name. A fuel gets its upstream alone
(well-to-tank), since its sector burns it. Where no set knows the material, the omission gets the 90th percentile of its
class as estimate: leaving something out never makes a figure look better.
"""

from collections.abc import Mapping, Sequence
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Final, NamedTuple

from msgspec.structs import replace

from ledger.admission.facts import Facts
from ledger.admission.lots import Supplied
from ledger.core.outcome.assessment import ADDITIVE, Assessment, Line, LineKind, Omission
from ledger.core.record.kinds import AnyRecord, Closing, Transfer, Transformation
from ledger.core.record.units import UNITS
from ledger.core.record.values import Evidence, Supply
from ledger.engine.named_rows import named_row
from ledger.footprint.stored.gwp import AR6, potential
from ledger.footprint.stored.supplies import (
    declared_ratio,
    over_location,
    priced_lines,
    proves_factor,
    supply_kind,
)
from ledger.sdk import ANYWHERE, FactorSetVersion, FuelFacts, SetChoice, SetFactor
from ledger.sdk import places as place_ratings
from ledger.sdk.sets.lookup import amount_of, choose, conservative, entry_of, places_around
from ledger.sdk.sets.reading import co2e_of

_CONTEXT: Final = Context(prec=34, traps=[InvalidOperation, DivisionByZero, Overflow])
_NOTHING: Final = Decimal(0)
_GRID: Final = "electricity"
_SECONDARY: Final = 2
_BIOGENIC_METHANE: Final = "CH4biogenic"
_KIND_OF: Final[Mapping[str, LineKind]] = {"heat": "heat", "treatment": "treatment"}


class Surroundings(NamedTuple):
    """Where and when a record's supplies are bought: `places` from the narrowest to the world. `evidence` of the
    record, by which its own factors count as primary."""

    places: tuple[str, ...]
    year: int
    evidence: Sequence[Evidence] = ()


class PricedSupply(NamedTuple):
    """The upstream of one supply: its lines and omissions. `fuel`: how it burns, by the sets."""

    lines: tuple[Line, ...] = ()
    omissions: tuple[Omission, ...] = ()
    fuel: FuelFacts | None = None

    @property
    def co2e(self) -> Decimal:
        """Kg CO2e of the lines."""
        return sum((_co2e(line) for line in self.lines if line.burden in ADDITIVE), _NOTHING)


def surroundings_of(record: AnyRecord, facts: Facts) -> Surroundings:
    """Raises PluginError for a facility in an unknown province."""
    match record:
        case Transformation() | Closing():
            site = facts.facilities[record.facility]
            places = (site.subdivision, site.country) if site.subdivision else (site.country,)
            evidence = record.evidence if isinstance(record, Transformation) else ()
            return Surroundings(places_around(places), int(record.end[:4]), evidence)
        case Transfer():
            return Surroundings((ANYWHERE,), int(record.time[:4]))
        case _:
            return Surroundings((ANYWHERE,), 0)


def price_supplies(
    supplied: Sequence[Supplied], kinds: Sequence[LineKind], around: Surroundings, facts: Facts,
    sets: Sequence[FactorSetVersion],
) -> tuple[PricedSupply, ...]:
    """The upstream of each supply, in order. `kinds` as in `with_supplies`. Raises Refused for a named row that is not
    in force or does not fit."""
    pricer = _Pricer(around, facts, sets)
    return tuple([pricer.price(i, one, kind) for i, (one, kind) in enumerate(zip(supplied, kinds, strict=True))])


def with_upstream(assessment: Assessment, priced: Sequence[PricedSupply]) -> Assessment:
    """The assessment with the upstream of its record's supplies."""
    lines, omissions = list(assessment.lines), list(assessment.omissions)
    for supply in priced:
        lines.extend(supply.lines)
        omissions.extend(supply.omissions)
    return replace(assessment, lines=tuple(lines), omissions=tuple(omissions))


class _Pricer:
    def __init__(self, around: Surroundings, facts: Facts, sets: Sequence[FactorSetVersion]) -> None:
        self._around = around
        self._facts = facts
        self._sets = sets

    def price(self, index: int, supplied: Supplied, kind: LineKind) -> PricedSupply:
        supply = supplied.supply
        if supply.factor_row is not None:
            choice = named_row(self._sets, supply, f"supplies[{index}].factorRow")
            return PricedSupply(tuple(self._lines(supplied, choice, kind)), ())
        known = entry_of(self._sets, supply.material)
        entry_kind = None if known is None else known[1].kind
        if known is not None and known[1].key == _GRID and kind == "electricity":
            return self._grid_power(supplied)
        if supply.factor is not None or supply.declaration is not None:
            return self._own(supplied, kind, fuel=entry_kind == "fuel")
        if supply.origin == "nature":
            return PricedSupply()
        choice_or_none = self._choose(supply.material, "wellToTank" if entry_kind == "fuel" else "cradleToGate")
        fuel = self._fuel(supply.material) if entry_kind == "fuel" else None
        if choice_or_none is None or self._amount(choice_or_none, supplied) is None:
            return PricedSupply((), (self._omission(supplied),), fuel=fuel)
        return PricedSupply(tuple(self._lines(supplied, choice_or_none, kind)), (), fuel=fuel)

    def _choose(self, material: str, boundary: str) -> SetChoice | None:
        return choose(self._sets, material, boundary, self._around.places, self._around.year)  # type: ignore[arg-type]

    def _amount(self, choice: SetChoice, supplied: Supplied) -> Decimal | None:
        quantity = supplied.supply.quantity
        return amount_of(choice.entry, quantity.amount, quantity.unit, supplied.mass)

    def _lines(self, supplied: Supplied, choice: SetChoice, kind: LineKind) -> list[Line]:
        amount = self._amount(choice, supplied)
        if amount is None:
            return []
        supply = supplied.supply
        return [
            _line(_Bought(supply, amount, _KIND_OF.get(choice.entry.kind, kind)), choice, gas, value, self._around)
            for gas, value in choice.factor.gases
        ]

    def _own(self, supplied: Supplied, kind: LineKind, *, fuel: bool) -> PricedSupply:
        """A supply that its record prices. The sets price the part that its factor or declaration leaves
        out: the upstream of a fuel, else the difference to the default."""
        supply = supplied.supply
        proved_for = self._around.year if proves_factor(self._around.evidence, supply.material) else None
        lines, boundary = priced_lines(supply, self._facts, kind, proved_for, newer=True)
        if supply.declaration is not None:
            declared = self._facts.declarations[supply.declaration]
            lines += over_location(
                declared, declared_ratio(supply, declared), supply.material, supply.declaration)
        omissions: tuple[Omission, ...] = ()
        if boundary != "cradleToGate":
            choice = self._choose(supply.material, "wellToTank" if fuel else "cradleToGate")
            if choice is not None and fuel:
                lines = [*lines, *self._lines(supplied, choice, kind)]
            else:
                omissions = (self._rest(supplied, choice, lines, kind),)
        return PricedSupply(tuple(lines), omissions, fuel=self._fuel(supply.material) if fuel else None)

    def _rest(
        self, supplied: Supplied, choice: SetChoice | None, own: Sequence[Line], kind: LineKind
    ) -> Omission:
        """The upstream that the record's own figure leaves out: the default less that figure."""
        what = f"{supplied.supply.material} upstream"
        whole = (
            sum((_co2e(line) for line in self._lines(supplied, choice, kind)), _NOTHING) if choice is not None
            else self._omission(supplied).estimate
        )
        if whole is None:
            return Omission(what=what)
        stated = sum((_co2e(line) for line in own if line.burden in ADDITIVE), _NOTHING)
        return Omission(what=what, estimate=max(_CONTEXT.subtract(whole, stated), _NOTHING))

    def _omission(self, supplied: Supplied) -> Omission:
        """A supply that no set prices, with the 90th percentile of its class."""
        supply, mass = supplied
        unit, amount = ("KGM", mass) if mass is not None else (supply.quantity.unit, supply.quantity.amount)
        value = conservative(self._sets, supply.material, unit)
        if value is None:
            return Omission(what=supply.material)
        base = _CONTEXT.multiply(amount, UNITS[unit].scale)
        return Omission(what=supply.material, estimate=_CONTEXT.multiply(base, value))

    def _fuel(self, material: str) -> FuelFacts | None:
        choice = self._choose(material, "combustion")
        if choice is None or choice.entry.heating_value is None:
            return None
        return FuelFacts(
            name=choice.name, unit=choice.entry.unit, heating_value=choice.entry.heating_value,
            gases=dict(choice.factor.gases), recalled=choice.factor.recalled,
            ratings=_ratings(choice.factor, self._around), deviation=choice.factor.deviation,
            pedigree=choice.factor.pedigree,
        )

    def _grid_power(self, supplied: Supplied) -> PricedSupply:
        """Power from the grid. The figure is location-based: the life cycle of the grid's power with losses. The
        market-based amount is the record's own figure if it has one, else the residual mix. Without proof, neither
        is below the grid: having no certificate never looks cleaner."""
        supply = supplied.supply
        choice = self._choose(_GRID, "cradleToGate")
        if choice is None or self._amount(choice, supplied) is None:
            if supply.factor is not None or supply.declaration is not None:
                return self._own(supplied, "electricity", fuel=False)
            return PricedSupply((), (self._omission(supplied),))
        lines = self._lines(supplied, choice, "electricity")
        location = sum((_co2e(line) for line in lines), _NOTHING)
        market = self._market(supplied, location)
        if market != location:
            # One line carries the market-based amount of them all.
            lines = [replace(line, market=market if i == 0 else _NOTHING) for i, line in enumerate(lines)]
        return PricedSupply(tuple(lines), ())

    def _market(self, supplied: Supplied, location: Decimal) -> Decimal:
        """Kg CO2e, market-based, of grid power whose location-based figure is `location`."""
        supply = supplied.supply
        if supply.factor is None and supply.declaration is None:
            residual = choose(self._sets, _GRID, "residual", self._countries(), self._around.year)
            if residual is None:
                return location
            mix = sum((_co2e(line) for line in self._lines(supplied, residual, "electricity")), _NOTHING)
            return max(location, mix)
        own, boundary = priced_lines(supply, self._facts, "electricity", None, newer=True)
        stated = sum((_co2e(line) for line in own if line.burden in ADDITIVE), _NOTHING)
        if boundary != "cradleToGate":
            stacks = self._choose(_GRID, "generation")
            if stacks is not None:
                direct = sum((_co2e(line) for line in self._lines(supplied, stacks, "electricity")), _NOTHING)
                stated = _CONTEXT.add(stated, max(_CONTEXT.subtract(location, direct), _NOTHING))
        return stated if self._proved(supply) else max(stated, location)

    def _proved(self, supply: Supply) -> bool:
        """Whether evidence shows that the figure is the supplier's."""
        if supply.declaration is not None:
            return bool(self._facts.declarations[supply.declaration].evidence)
        return proves_factor(self._around.evidence, supply.material)

    def _countries(self) -> tuple[str, ...]:
        """The facility's country: a residual mix of a wider area says nothing about it."""
        return tuple([place for place in self._around.places if len(place) == len("CN")])[:1]


def residual_of(kilowatt_hours: Decimal, around: Surroundings, sets: Sequence[FactorSetVersion]) -> Line | None:
    """The market-based figure of power whose attributes have left it: residual mix, at least the grid's. It adds
    nothing to the location-based figure. None if no set has a factor."""
    grid = choose(sets, _GRID, "cradleToGate", around.places, around.year)
    if grid is None:
        return None
    per_unit = co2e_of(grid.factor.gases)
    country = tuple([place for place in around.places if len(place) == len("CN")])[:1]
    residual = choose(sets, _GRID, "residual", country, around.year)
    chosen = residual if residual is not None and co2e_of(residual.factor.gases) > per_unit else grid
    return Line(
        gas="CO2e", amount=_NOTHING, source="power without its attribute", kind="electricity", factor=chosen.name,
        ratings=_ratings(chosen.factor, around), boundary=chosen.factor.boundary,
        market=_CONTEXT.multiply(kilowatt_hours, co2e_of(chosen.factor.gases)),
    )


class _Bought(NamedTuple):
    """A supply with its amount in the unit of its entry, and the kind of its lines."""

    supply: Supply
    amount: Decimal
    kind: LineKind


def _line(bought: _Bought, choice: SetChoice, gas: str, value: Decimal, around: Surroundings) -> Line:
    supply, amount, kind = bought
    factor = choice.factor
    return Line(
        gas=gas, amount=_CONTEXT.multiply(amount, value), source=supply.material, kind=kind,
        burden="biogenicNonCO2Emissions" if gas == _BIOGENIC_METHANE else "fossilGhgEmissions",
        ratings=_ratings(factor, around), deviation=_decimal(supply.deviation), pedigree=supply.pedigree,
        factor=choice.name, factor_deviation=factor.deviation, factor_pedigree=factor.pedigree,
        recalled=factor.recalled, value=value, boundary=factor.boundary,
    )


def _ratings(factor: SetFactor, around: Surroundings) -> tuple[int, int, int]:
    """PACT's technology, time and geography scores of a row that the look-up chose."""
    return (
        _SECONDARY, place_ratings.time_rating(around.year - factor.year),
        place_ratings.geography_rating(around.places[0], factor.place),
    )


def _co2e(line: Line) -> Decimal:
    return line.amount if line.gas == "CO2e" else _CONTEXT.multiply(line.amount, potential(AR6, line.gas))


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def kinds_of(record: AnyRecord, supplied: Sequence[Supplied]) -> list[LineKind]:
    """The kind of each supply's upstream lines."""
    match record:
        case Transfer():
            transport = len(record.transport)
            return [
                supply_kind(one.supply.material, "transport" if i < transport else "packaging")
                for i, one in enumerate(supplied)
            ]
        case _:
            return [supply_kind(one.supply.material, "upstream") for one in supplied]
