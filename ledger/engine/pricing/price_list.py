"""The prices that the factor sets in force have for a supply."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.admission.facts import Facts
from ledger.admission.lots import Supplied
from ledger.core.outcome.assessment import ADDITIVE, Line, LineKind, Omission
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.units import UNITS
from ledger.core.record.values import Supply
from ledger.engine.pricing.heating import analysed, heating_of
from ledger.engine.pricing.priced import PricedSupply, co2e_of_lines, decimal_of
from ledger.engine.pricing.surroundings import Surroundings, ratings_of
from ledger.footprint.stored.supplies import declared_ratio, over_location, priced_lines, proves_factor
from ledger.sdk import FactorSetVersion, FuelAnalysis, FuelFacts, HeatingValue, RawMaterials, SetChoice
from ledger.sdk.sets.factor_set import SetBoundary
from ledger.sdk.sets.lookup import amount_of, choose, conservative, entry_of, same_supply

_NOTHING: Final = Decimal(0)
_NO_ANALYSES: Final[Mapping[str, FuelAnalysis]] = {}
_BIOGENIC_METHANE: Final = "CH4biogenic"
_KIND_OF: Final[Mapping[str, LineKind]] = {"heat": "heat", "treatment": "treatment"}


class PriceList:
    """The prices of supplies that are bought in `around`, by the factor sets in force. `analyses`: of fuels, by
    material, as the record's sector has them. `raw`: the raw materials of its route."""

    def __init__(
        self, around: Surroundings, facts: Facts, sets: tuple[FactorSetVersion, ...],
        analyses: Mapping[str, FuelAnalysis] = _NO_ANALYSES, raw: RawMaterials | None = None,
    ) -> None:
        self.around = around
        self.facts = facts
        self.sets = sets
        self._analyses = analyses
        self._raw = raw

    def choose(self, material: str, boundary: SetBoundary) -> SetChoice | None:
        """The row of the sets that fits the place and the year best; None if no set has one."""
        return choose(self.sets, material, boundary, self.around.places, self.around.year)

    def is_raw(self, supply: Supply) -> bool:
        """Whether the supply becomes the product of its route, so that it does not burn: not by its energy, nor with an
        analysis as a fuel."""
        known = entry_of(self.sets, supply.material)
        if known is None or self._raw is None or supply.material in self._analyses:
            return False
        if UNITS[supply.quantity.unit].dimension == "energy":
            return False
        return self._raw.take(known[1].group, (supply.material, known[1].key))

    def amount(self, choice: SetChoice, supplied: Supplied) -> Decimal | None:
        """The supply in the unit of the row; None if it does not convert."""
        quantity, material, entry = supplied.supply.quantity, supplied.supply.material, choice.entry
        analysis = self._analyses.get(material)
        if analysis is not None and same_supply(self.sets, material, entry.key):
            entry = analysed(entry, analysis)
        return amount_of(entry, quantity.amount, quantity.unit, supplied.mass)

    def heating(self, supply: Supply, fuel: FuelFacts | None) -> HeatingValue | None:
        """The heating value of a fuel that is stated in a unit of energy. `fuel`: how it burns by the sets."""
        known = entry_of(self.sets, supply.material)
        if known is not None and known[1].kind != "fuel":
            # An analysis turns no power and no heat into a fuel.
            return None
        return heating_of(supply, self._analyses.get(supply.material), fuel)

    def lines(self, supplied: Supplied, choice: SetChoice, kind: LineKind) -> list[Line]:
        """The lines of the supply by a row; empty if its amount does not convert."""
        amount = self.amount(choice, supplied)
        if amount is None:
            return []
        supply = supplied.supply
        return [
            _line(_Bought(supply, amount, _KIND_OF.get(choice.entry.kind, kind)), choice, gas, value, self.around)
            for gas, value in choice.factor.gases
        ]

    def own(self, supplied: Supplied, kind: LineKind, *, fuel: bool) -> PricedSupply:
        """A supply that its record prices. The sets price the part that its factor or declaration leaves
        out: the upstream of a fuel, else the difference to the default."""
        supply = supplied.supply
        proved_for = self.around.year if proves_factor(self.around.evidence, supply.material) else None
        lines, boundary = priced_lines(supply, self.facts, kind, proved_for)
        if supply.declaration is not None:
            declared = self.facts.declarations[supply.declaration]
            lines += over_location(
                declared, declared_ratio(supply, declared), supply.material, supply.declaration)
        omissions: tuple[Omission, ...] = ()
        if boundary != "cradleToGate":
            choice = self.choose(supply.material, "wellToTank" if fuel else "cradleToGate")
            # The emissions of burning are no part of the upstream, so the whole upstream is missing.
            burning = boundary == "combustion" or (fuel and boundary == "generation")
            upstream = self.lines(supplied, choice, kind) if choice is not None and burning else []
            if upstream:
                lines = [*lines, *upstream]
            else:
                omissions = (self.rest(supplied, choice, [] if burning else lines, kind),)
        return PricedSupply(tuple(lines), omissions)

    def rest(
        self, supplied: Supplied, choice: SetChoice | None, own: Sequence[Line], kind: LineKind
    ) -> Omission:
        """The upstream that the record's own figure leaves out: the default less that figure."""
        what = f"{supplied.supply.material} upstream"
        default = self.lines(supplied, choice, kind) if choice is not None else []
        whole = co2e_of_lines(default) if default else self.omission(supplied).estimate
        if whole is None:
            return Omission(what=what)
        stated = co2e_of_lines(line for line in own if line.burden in ADDITIVE)
        return Omission(what=what, estimate=max(CONTEXT.subtract(whole, stated), _NOTHING))

    def omission(self, supplied: Supplied) -> Omission:
        """A supply that no set prices, with the 90th percentile of its class."""
        material = supplied.supply.material
        return Omission(what=material, estimate=self.estimate(supplied, material, "cradleToGate"))

    def estimate(self, supplied: Supplied, material: str, boundary: SetBoundary) -> Decimal | None:
        """Kg CO2e by the 90th percentile of the class of `material`."""
        supply, mass = supplied
        unit, amount = ("KGM", mass) if mass is not None else (supply.quantity.unit, supply.quantity.amount)
        value = conservative(self.sets, material, unit, boundary)
        if value is None:
            return None
        return CONTEXT.multiply(CONTEXT.multiply(amount, UNITS[unit].scale), value)


class _Bought(NamedTuple):
    """A supply with its amount in the unit of its entry, and the kind of its lines."""

    supply: Supply
    amount: Decimal
    kind: LineKind


def _line(bought: _Bought, choice: SetChoice, gas: str, value: Decimal, around: Surroundings) -> Line:
    supply, amount, kind = bought
    factor = choice.factor
    return Line(
        gas=gas, amount=CONTEXT.multiply(amount, value), source=supply.material, kind=kind,
        burden="biogenicNonCO2Emissions" if gas == _BIOGENIC_METHANE else "fossilGhgEmissions",
        ratings=ratings_of(factor, around), deviation=decimal_of(supply.deviation), pedigree=supply.pedigree,
        factor=choice.name, factor_deviation=factor.deviation, factor_pedigree=factor.pedigree,
        recalled=factor.recalled, value=value, boundary=factor.boundary,
    )
