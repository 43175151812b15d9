"""The upstream of supplies: each supply is priced, by its record or from the factor sets.

A supply's own declaration, factor or named row comes first. Everything else gets the factor of the sets in force, by
its index in the record: a priced supply never covers another one of its name. A fuel gets its upstream alone
(well-to-tank), since its sector burns it. Where no set knows the material, the omission gets the 90th percentile of its
class as estimate: leaving something out never makes a figure look better.
"""

from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from ledger.admission.facts import Facts
from ledger.admission.lots import Plan, Supplied
from ledger.core.outcome.assessment import LineKind
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import AnyRecord, Transfer, Transformation
from ledger.core.record.values import Supply
from ledger.engine.pricing.analyses import analyses_of
from ledger.engine.pricing.burning import burning_by_row, fuel_of, unburnt, unknown_burning
from ledger.engine.pricing.claims import questioned
from ledger.engine.pricing.keys_and_rows import named_row
from ledger.engine.pricing.power import price_power
from ledger.engine.pricing.price_list import PriceList
from ledger.engine.pricing.priced import PricedSupply, kinds_of
from ledger.engine.pricing.surroundings import Surroundings
from ledger.engine.pricing.unproven import StatedSupply, question_of
from ledger.errors import Refused, refusal_of
from ledger.footprint.stored.supplies import HEAT_CONTRACTS, proves_factor
from ledger.sdk import FactorSetVersion, RawMaterials, SetChoice
from ledger.sdk.sets.lookup import MATTER, amount_of, entry_of, is_power, other_class, same_supply
from ledger.sdk.sets.reading import co2e_of

_NOTHING: Final = Decimal(0)


def price_supplies(
    record: AnyRecord, plan: Plan, around: Surroundings, facts: Facts, sets: tuple[FactorSetVersion, ...],
    raw: RawMaterials | None = None,
) -> tuple[PricedSupply, ...]:
    """The upstream of each supply, in order, and then of each overhead. `raw`: the raw materials of the record's route.
    Raises Refused, with all faults in `parts`, for named rows that are not in force or do not fit."""
    if not plan.supplied and not plan.overheads:
        return ()
    # A sector analyses the fuels of its process, and no overheads.
    analyses = analyses_of(record) if isinstance(record, Transformation) else {}
    pricer = _Pricer(PriceList(around, facts, sets, analyses, raw))
    other = _Pricer(PriceList(around, facts, sets))
    supplied = [*plan.supplied, *plan.overheads]
    pricers = [*[pricer for _ in plan.supplied], *[other for _ in plan.overheads]]
    priced, faults = list[PricedSupply](), list[Refused]()
    kinds, fields = kinds_of(record, supplied), _fields_of(record, plan)
    for asked, bought, kind, field in zip(pricers, supplied, kinds, fields, strict=True):
        try:
            priced.append(asked.price(bought, kind, field))
        except Refused as fault:
            faults.append(fault)
    if faults:
        raise refusal_of(faults)
    return tuple([_numbered(one, index) for index, one in enumerate(priced)])


def _numbered(priced: PricedSupply, index: int) -> PricedSupply:
    """The upstream of the supply at `index`."""
    unknown = priced.unknown_burning
    return priced._replace(
        lines=tuple([replace(line, supply=index) for line in priced.lines]),
        omissions=tuple([replace(omission, supply=index) for omission in priced.omissions]),
        findings=tuple([replace(finding, supply=index) for finding in priced.findings]),
        unknown_burning=None if unknown is None else replace(unknown, supply=index),
    )


def _fields_of(record: AnyRecord, plan: Plan) -> list[str]:
    """The field of each supply."""
    transport = len(record.transport) if isinstance(record, Transfer) else 0
    fields = [f"supplies[{i}]" for i in range(len(plan.supplied))]
    if isinstance(record, Transfer):
        fields = [
            f"transport[{i}]" if i < transport else f"packaging[{i - transport}]" for i in range(len(plan.supplied))
        ]
    return [*fields, *[f"overheads[{i}]" for i in range(len(plan.overheads))]]


class _Pricer:
    def __init__(self, prices: PriceList) -> None:
        self._prices = prices

    def price(self, supplied: Supplied, kind: LineKind, field: str) -> PricedSupply:
        priced = questioned(self._prices, supplied, self._burning(supplied, kind, field), kind)
        return priced if priced.power else priced._replace(heating=self._prices.heating(supplied.supply, priced.fuel))

    def _burning(self, supplied: Supplied, kind: LineKind, field: str) -> PricedSupply:
        priced = self._price(supplied, kind, field)
        if supplied.supply.factor is not None or supplied.supply.declaration is not None:
            priced = self._questioned(supplied, priced)
        known = entry_of(self._prices.sets, supplied.supply.material)
        if known is None or known[1].kind != "fuel":
            return priced
        choice = self._prices.choose(supplied.supply.material, "combustion")
        if choice is None:
            return priced._replace(unknown_burning=unknown_burning(self._prices, supplied))
        burnt = self._prices.amount(choice, supplied)
        if burnt is not None:
            priced = priced._replace(omissions=(*priced.omissions, *unburnt(self._prices, supplied, choice, burnt)))
        if choice.entry.heating_value is None:
            return priced
        return priced._replace(fuel=fuel_of(choice, choice.entry.heating_value, self._prices.around), burnt=burnt)

    def _price(self, supplied: Supplied, kind: LineKind, field: str) -> PricedSupply:
        supply = supplied.supply
        named = None
        if supply.factor_row is not None:
            named = named_row(self._prices.sets, supply, f"{field}.factorRow")
        known = entry_of(self._prices.sets, supply.material)
        entry_kind = None if known is None else known[1].kind
        # Nature gives matter, wind and sun, but no power of a plant, no heat of a network, no freight.
        from_nature = supply.origin == "nature" and (entry_kind is None or entry_kind in MATTER)
        unit = supply.quantity.unit
        if not from_nature and is_power(self._prices.sets, supply.material, unit):
            booked: LineKind = "electricity" if kind == "upstream" else kind
            return price_power(self._prices, supplied, named, booked)._replace(power=True)
        if named is not None:
            return self._by_row(supplied, named, kind, known=known is not None, fuel=entry_kind == "fuel")
        if supply.factor is not None or supply.declaration is not None:
            return self._prices.own(supplied, kind, fuel=entry_kind == "fuel")
        if from_nature:
            return PricedSupply()
        choice_or_none = self._prices.choose(supply.material, "wellToTank" if entry_kind == "fuel" else "cradleToGate")
        if choice_or_none is None or self._prices.amount(choice_or_none, supplied) is None:
            return PricedSupply((), (self._prices.omission(supplied),))
        return PricedSupply(tuple(self._prices.lines(supplied, choice_or_none, kind)))

    def _by_row(
        self, supplied: Supplied, named: SetChoice, kind: LineKind, *, known: bool, fuel: bool
    ) -> PricedSupply:
        """A supply by the row that it names. A row of another material is a proxy, which never looks better than no
        row: the difference to a higher default of the supply's own material or class is an omission."""
        material = supplied.supply.material
        lines = self._prices.lines(supplied, named, kind)
        choice = None
        if known:
            proxy = not same_supply(self._prices.sets, material, named.entry.key)
            choice = self._prices.choose(material, "wellToTank" if fuel else "cradleToGate")
        else:
            proxy = any(one.tag == named.tag and other_class(one, material, named.entry) for one in self._prices.sets)
        rest = self._prices.rest(supplied, choice, lines, kind) if proxy else None
        burning = burning_by_row(self._prices, supplied, named) if not known else None
        return PricedSupply(
            tuple(lines), (rest,) if rest is not None and rest.estimate else (), unknown_burning=burning)

    def _questioned(self, supplied: Supplied, priced: PricedSupply) -> PricedSupply:
        """The supply with the question of its stated figure, of a fuel by its upstream: its burning counts in the
        sector's figure. Power has rules of its own."""
        supply = supplied.supply
        if priced.power:
            return priced
        known = entry_of(self._prices.sets, supply.material)
        fuel = known is not None and known[1].kind == "fuel"
        choice = self._prices.choose(supply.material, "wellToTank" if fuel else "cradleToGate")
        # The record's own heating value shrinks no default.
        amount = None if choice is None else amount_of(
            choice.entry, supply.quantity.amount, supply.quantity.unit, supplied.mass)
        default = self._prices.omission(supplied).estimate
        if choice is not None and amount is not None:
            default = CONTEXT.multiply(amount, co2e_of(choice.factor.gases))
        else:
            choice, amount = None, supply.quantity.amount
        if default is None or any(omission.estimate is None for omission in priced.omissions):
            return priced
        heat = known is not None and known[1].kind == "heat"
        if heat and proves_factor(self._prices.around.evidence, supply.material, HEAT_CONTRACTS):
            return priced
        covered = priced.co2e
        for omission in priced.omissions:
            covered = CONTEXT.add(covered, omission.estimate or _NOTHING)
        finding = question_of(StatedSupply(supply, covered, amount, default, self._shown(supply)), choice)
        return priced if finding is None else priced._replace(findings=(finding,))

    def _shown(self, supply: Supply) -> bool:
        """Whether a document shows the stated figure: the declaration's own, or the supplier's."""
        if supply.declaration is not None:
            return bool(self._prices.facts.declarations[supply.declaration].evidence)
        return proves_factor(self._prices.around.evidence, supply.material)
