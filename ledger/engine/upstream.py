"""The upstream of supplies by rule `default-upstream`: each supply is priced, by its record or from the factor sets.

A supply's own declaration, factor or named row comes first. Everything else gets the factor of the sets in force, by
its index in the record: a priced supply never covers another one of its name. A fuel gets its upstream alone
(well-to-tank), since its sector burns it. Where no set knows the material, the omission gets the 90th percentile of its
class as estimate: leaving something out never makes a figure look better.

Power follows the rules of the grid, under any name. The record's claim about its contract moves the market-based
figure alone, and below the residual mix only with evidence.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Final, NamedTuple

from msgspec.structs import replace

from ledger.admission.checks.attributes import kilowatt_hours
from ledger.admission.facts import Facts
from ledger.admission.lots import Plan, Supplied
from ledger.core.outcome.assessment import ADDITIVE, Assessment, EnergyUse, Finding, Line, LineKind, Omission
from ledger.core.record.kinds import AnyRecord, Closing, Consumption, Declaration, Transfer, Transformation
from ledger.core.record.units import UNITS
from ledger.core.record.values import Evidence, Supply
from ledger.engine.named_rows import named_row
from ledger.engine.unproven import StatedSupply, question_of
from ledger.errors import Refused, refusal_of
from ledger.footprint.stored.gwp import AR6, potential
from ledger.footprint.stored.supplies import (
    CONTRACT_EVIDENCE,
    FACTOR_EVIDENCE,
    burning_factor,
    declared_ratio,
    over_location,
    priced_lines,
    proves_factor,
    supply_kind,
)
from ledger.sdk import ANYWHERE, FactorSetVersion, FuelFacts, SetChoice, SetFactor
from ledger.sdk import places as place_ratings
from ledger.sdk.sets.factor_set import SetBoundary
from ledger.sdk.sets.lookup import (
    MATTER,
    amount_of,
    choose,
    conservative,
    entry_of,
    is_power,
    other_class,
    places_around,
    same_supply,
)
from ledger.sdk.sets.reading import co2e_of

_CONTEXT: Final = Context(prec=34, traps=[InvalidOperation, DivisionByZero, Overflow])
_NOTHING: Final = Decimal(0)
_TWO: Final = Decimal(2)
_POWER_EVIDENCE: Final = (*FACTOR_EVIDENCE, *CONTRACT_EVIDENCE)
_BURNING: Final = " combustion"
_GRID: Final = "electricity"
_TRANSMISSION: Final = "electricityTransmission"
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
    """The upstream of one supply: its lines and omissions, and the question of a figure that its record states.
    `fuel`: how it burns, by the sets; `burnt`: its amount in the unit of `fuel`. `unknown_burning`: the omission of its
    burning, of which no set has a row; it stands unless the sector burns the fuel by an analysis. `power`: it is
    electricity, under any name."""

    lines: tuple[Line, ...] = ()
    omissions: tuple[Omission, ...] = ()
    fuel: FuelFacts | None = None
    burnt: Decimal | None = None
    findings: tuple[Finding, ...] = ()
    unknown_burning: Omission | None = None
    power: bool = False

    @property
    def co2e(self) -> Decimal:
        """Kg CO2e of the lines."""
        return _co2e_of(line for line in self.lines if line.burden in ADDITIVE)


def surroundings_of(record: AnyRecord, facts: Facts) -> Surroundings:
    """Raises PluginError for a facility in an unknown province."""
    match record:
        case Transformation() | Closing():
            site = facts.facilities[record.facility]
            places = (site.subdivision, site.country) if site.subdivision else (site.country,)
            evidence = record.evidence if isinstance(record, Transformation) else ()
            return Surroundings(places_around(places), int(record.end[:4]), evidence)
        case Declaration(facility=str() as name) if name in facts.facilities:
            site = facts.facilities[name]
            places = (site.subdivision, site.country) if site.subdivision else (site.country,)
            return Surroundings(places_around(places), int(record.end[:4]), record.evidence)
        case Declaration():
            return Surroundings((ANYWHERE,), int(record.end[:4]), record.evidence)
        case Transfer() | Consumption():
            return Surroundings((ANYWHERE,), int(record.time[:4]))
        case _:
            return Surroundings((ANYWHERE,), 0)


def price_supplies(
    record: AnyRecord, plan: Plan, around: Surroundings, facts: Facts, sets: Sequence[FactorSetVersion], *,
    questions: bool = False,
) -> tuple[PricedSupply, ...]:
    """The upstream of each supply, in order, and then of each overhead. `questions`: whether to question figures that
    the record states. Raises Refused, with all faults in `parts`, for named rows that are not in force or do not
    fit."""
    pricer = _Pricer(around, facts, sets, questions=questions)
    supplied = [*plan.supplied, *plan.overheads]
    priced, faults = list[PricedSupply](), list[Refused]()
    for bought, kind, field in zip(supplied, kinds_of(record, supplied), _fields_of(record, plan), strict=True):
        try:
            priced.append(pricer.price(bought, kind, field))
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


def with_upstream(assessment: Assessment, priced: Sequence[PricedSupply]) -> Assessment:
    """The sector's assessment with the upstream of its record's supplies."""
    lines, omissions, findings = list(assessment.lines), list(assessment.omissions), list(assessment.findings)
    booked = {line.source for line in assessment.lines} | {use.carrier for use in assessment.energy}
    for supply in priced:
        lines.extend(supply.lines)
        omissions.extend(supply.omissions)
        findings.extend(supply.findings)
        unknown = supply.unknown_burning
        if unknown is not None and unknown.what.removesuffix(_BURNING) not in booked:
            omissions.append(unknown)
    return replace(assessment, lines=tuple(lines), omissions=tuple(omissions), findings=tuple(findings))


def with_unbooked(
    assessment: Assessment, supplied: Sequence[Supplied], priced: Sequence[PricedSupply], kind: LineKind = "onSite"
) -> Assessment:
    """The assessment with the emissions and the energy of supplies that no sector books, such as overheads and the fuel
    of a transfer: fuels burn, power and heat are energy. `priced`: their upstream; `kind` of the lines of burning."""
    lines, energy = list(assessment.lines), list(assessment.energy)
    for (supply, _), upstream in zip(supplied, priced, strict=True):
        quantity, fuel, burnt, power = supply.quantity, upstream.fuel, upstream.burnt, upstream.power
        if fuel is not None and burnt is not None:
            if burning_factor(supply) is None:
                lines += _combustion(supply, fuel, burnt, kind)
            heat = _CONTEXT.multiply(burnt, fuel.heating_value)
            energy.append(EnergyUse(carrier=supply.material, amount=heat))
        elif UNITS[quantity.unit].dimension == "energy":
            amount = _CONTEXT.multiply(quantity.amount, UNITS[quantity.unit].scale)
            energy.append(EnergyUse(carrier=_GRID if power else supply.material, amount=amount))
    return replace(assessment, lines=tuple(lines), energy=tuple(energy))


def _combustion(supply: Supply, fuel: FuelFacts, amount: Decimal, kind: LineKind) -> list[Line]:
    return [
        Line(
            gas=gas, amount=_CONTEXT.multiply(amount, value), source=supply.material, kind=kind, value=value,
            burden="biogenicNonCO2Emissions" if gas == _BIOGENIC_METHANE else "fossilGhgEmissions",
            boundary="combustion", ratings=fuel.ratings, factor=fuel.name, recalled=fuel.recalled,
            deviation=_decimal(supply.deviation), pedigree=supply.pedigree, factor_deviation=fuel.deviation,
            factor_pedigree=fuel.pedigree,
        ) for gas, value in fuel.gases.items()
    ]


class _Pricer:
    def __init__(
        self, around: Surroundings, facts: Facts, sets: Sequence[FactorSetVersion], *, questions: bool
    ) -> None:
        self._questions = questions
        self._around = around
        self._facts = facts
        self._sets = sets

    def price(self, supplied: Supplied, kind: LineKind, field: str) -> PricedSupply:
        priced = self._price(supplied, kind, field)
        if self._questions and (supplied.supply.factor is not None or supplied.supply.declaration is not None):
            priced = self._questioned(supplied, priced)
        known = entry_of(self._sets, supplied.supply.material)
        if known is None or known[1].kind != "fuel":
            return priced
        choice = self._choose(supplied.supply.material, "combustion")
        if choice is None:
            return priced._replace(unknown_burning=self._unknown_burning(supplied))
        burnt = self._amount(choice, supplied)
        if burnt is not None:
            priced = priced._replace(omissions=(*priced.omissions, *self._unburnt(supplied, choice, burnt)))
        if choice.entry.heating_value is None:
            return priced
        return priced._replace(fuel=_fuel_of(choice, choice.entry.heating_value, self._around), burnt=burnt)

    def _unburnt(self, supplied: Supplied, choice: SetChoice, burnt: Decimal) -> tuple[Omission, ...]:
        """The part of a fuel's combustion that the record's own factor leaves out. A site's fuel may differ from the
        set's row, but below half of it the factor needs proof, and a zero is impossible."""
        supply = supplied.supply
        if burning_factor(supply) is None:
            return ()
        own, _ = priced_lines(supply, self._facts, "onSite", None, newer=True)
        stated, whole = _co2e_of(own), _CONTEXT.multiply(burnt, co2e_of(choice.factor.gases))
        plausible = _CONTEXT.multiply(stated, _TWO) >= whole or proves_factor(self._around.evidence, supply.material)
        if stated >= whole or (stated and plausible):
            return ()
        return (Omission(what=f"{supply.material}{_BURNING}", estimate=_CONTEXT.subtract(whole, stated)),)

    def _unknown_burning(self, supplied: Supplied) -> Omission | None:
        """The burning of a fuel of which the sets have the upstream alone: the 90th percentile of all fuels."""
        if burning_factor(supplied.supply) is not None:
            return None
        # A fuel's class says how it is made, not how it burns.
        return Omission(what=f"{supplied.supply.material}{_BURNING}",
                        estimate=self._estimate(supplied, "", "combustion"))

    def _price(self, supplied: Supplied, kind: LineKind, field: str) -> PricedSupply:
        supply = supplied.supply
        named = None
        if supply.factor_row is not None:
            named = named_row(self._sets, supply, f"{field}.factorRow")
        known = entry_of(self._sets, supply.material)
        entry_kind = None if known is None else known[1].kind
        # Nature gives matter, wind and sun, but no power of a plant, no heat of a network, no freight.
        from_nature = supply.origin == "nature" and (entry_kind is None or entry_kind in MATTER)
        if not from_nature and is_power(self._sets, supply.material, supply.quantity.unit):
            return self._power(supplied, named, "electricity" if kind == "upstream" else kind)._replace(power=True)
        if named is not None:
            return self._by_row(supplied, named, kind, known=known is not None, fuel=entry_kind == "fuel")
        if supply.factor is not None or supply.declaration is not None:
            return self._own(supplied, kind, fuel=entry_kind == "fuel")
        if from_nature:
            return PricedSupply()
        choice_or_none = self._choose(supply.material, "wellToTank" if entry_kind == "fuel" else "cradleToGate")
        if choice_or_none is None or self._amount(choice_or_none, supplied) is None:
            return PricedSupply((), (self._omission(supplied),))
        return PricedSupply(tuple(self._lines(supplied, choice_or_none, kind)))

    def _questioned(self, supplied: Supplied, priced: PricedSupply) -> PricedSupply:
        """The supply with the question of its stated figure. Power has rules of its own, and a fuel that is burnt
        counts in the sector's figure."""
        supply = supplied.supply
        known = entry_of(self._sets, supply.material)
        if priced.power or (known is not None and known[1].kind == "fuel"):
            return priced
        choice = self._choose(supply.material, "cradleToGate")
        amount = None if choice is None else self._amount(choice, supplied)
        default = self._omission(supplied).estimate
        if choice is not None and amount is not None:
            default = _CONTEXT.multiply(amount, co2e_of(choice.factor.gases))
        else:
            choice, amount = None, supply.quantity.amount
        if default is None or any(omission.estimate is None for omission in priced.omissions):
            return priced
        covered = priced.co2e
        for omission in priced.omissions:
            covered = _CONTEXT.add(covered, omission.estimate or _NOTHING)
        finding = question_of(StatedSupply(supply, covered, amount, default, self._shown(supply)), choice)
        return priced if finding is None else priced._replace(findings=(finding,))

    def _shown(self, supply: Supply) -> bool:
        """Whether a document shows the stated figure: the declaration's own, or the supplier's."""
        if supply.declaration is not None:
            return bool(self._facts.declarations[supply.declaration].evidence)
        return proves_factor(self._around.evidence, supply.material)

    def _choose(self, material: str, boundary: SetBoundary) -> SetChoice | None:
        return choose(self._sets, material, boundary, self._around.places, self._around.year)

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

    def _by_row(
        self, supplied: Supplied, named: SetChoice, kind: LineKind, *, known: bool, fuel: bool
    ) -> PricedSupply:
        """A supply by the row that it names. A row of another material is a proxy, which never looks better than no
        row: the difference to a higher default of the supply's own material or class is an omission."""
        material = supplied.supply.material
        lines = self._lines(supplied, named, kind)
        choice = None
        if known:
            proxy = not same_supply(self._sets, material, named.entry.key)
            choice = self._choose(material, "wellToTank" if fuel else "cradleToGate")
        else:
            proxy = any(one.tag == named.tag and other_class(one, material, named.entry) for one in self._sets)
        rest = self._rest(supplied, choice, lines, kind) if proxy else None
        return PricedSupply(tuple(lines), (rest,) if rest is not None and rest.estimate else ())

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
            # The emissions of burning are no part of the upstream, so the whole upstream is missing.
            burning = boundary == "combustion" or (fuel and boundary == "generation")
            upstream = self._lines(supplied, choice, kind) if choice is not None and burning else []
            if upstream:
                lines = [*lines, *upstream]
            else:
                omissions = (self._rest(supplied, choice, [] if burning else lines, kind),)
        return PricedSupply(tuple(lines), omissions)

    def _rest(
        self, supplied: Supplied, choice: SetChoice | None, own: Sequence[Line], kind: LineKind
    ) -> Omission:
        """The upstream that the record's own figure leaves out: the default less that figure."""
        what = f"{supplied.supply.material} upstream"
        default = self._lines(supplied, choice, kind) if choice is not None else []
        whole = _co2e_of(default) if default else self._omission(supplied).estimate
        if whole is None:
            return Omission(what=what)
        stated = _co2e_of(line for line in own if line.burden in ADDITIVE)
        return Omission(what=what, estimate=max(_CONTEXT.subtract(whole, stated), _NOTHING))

    def _omission(self, supplied: Supplied) -> Omission:
        """A supply that no set prices, with the 90th percentile of its class."""
        material = supplied.supply.material
        return Omission(what=material, estimate=self._estimate(supplied, material, "cradleToGate"))

    def _estimate(self, supplied: Supplied, material: str, boundary: SetBoundary) -> Decimal | None:
        """Kg CO2e by the 90th percentile of the class of `material`."""
        supply, mass = supplied
        unit, amount = ("KGM", mass) if mass is not None else (supply.quantity.unit, supply.quantity.amount)
        value = conservative(self._sets, material, unit, boundary)
        if value is None:
            return None
        return _CONTEXT.multiply(_CONTEXT.multiply(amount, UNITS[unit].scale), value)

    def _power(self, supplied: Supplied, named: SetChoice | None, kind: LineKind) -> PricedSupply:
        """Power. The figure is location-based: the life cycle of the grid's power with losses, whatever the record
        claims. The market-based amount is the record's own figure or the `named` row, else the residual mix."""
        grid = self._choose(_GRID, "cradleToGate")
        if grid is None or self._amount(grid, supplied) is None:
            return self._off_grid(supplied, named, kind)
        lines = self._lines(supplied, grid, kind)
        if kind != "electricity":
            # The power of a transport is freight, which has no market-based figure.
            return PricedSupply(tuple(lines))
        location = _co2e_of(lines)
        market = self._market(supplied, named, location, grid)
        if market != location:
            # One line carries the market-based amount of them all.
            lines = [replace(line, market=market if i == 0 else _NOTHING) for i, line in enumerate(lines)]
        return PricedSupply((replace(lines[0], generation=self._generation(supplied)), *lines[1:]), ())

    def _off_grid(self, supplied: Supplied, named: SetChoice | None, kind: LineKind) -> PricedSupply:
        """Power where no set has a grid: the record's claim. Without proof, its difference to the 90th percentile of
        power is an omission."""
        supply = supplied.supply
        if named is not None:
            priced = PricedSupply(tuple(self._lines(supplied, named, kind)))
        elif supply.factor is not None or supply.declaration is not None:
            priced = self._own(supplied, kind, fuel=False)
        else:
            return PricedSupply((), (self._omission(supplied),))
        if priced.omissions or self._proved(supply):
            return priced
        rest = self._rest(supplied, None, priced.lines, kind)
        return priced if rest.estimate == 0 else priced._replace(omissions=(rest,))

    def _generation(self, supplied: Supplied) -> Decimal | None:
        """Kg CO2e at the stacks of the power plants of the grid."""
        stacks = self._choose(_GRID, "generation")
        if stacks is None:
            return None
        return _co2e_of(self._lines(supplied, stacks, "electricity"))

    def _market(
        self, supplied: Supplied, named: SetChoice | None, location: Decimal, grid: SetChoice
    ) -> Decimal:
        """Kg CO2e, market-based, of power from the `grid` whose location-based figure is `location`. Without proof, a
        claim is at least the residual mix: having no certificate never looks cleaner."""
        energy = kilowatt_hours(supplied.supply.quantity.amount, supplied.supply.quantity.unit)
        least = max(location, _CONTEXT.multiply(energy, _residual_mix(grid, self._around, self._sets)[0]))
        claim = self._claim(supplied, named, energy, grid)
        if claim is None:
            return least
        return claim if self._proved(supplied.supply) else max(claim, least)

    def _claim(
        self, supplied: Supplied, named: SetChoice | None, energy: Decimal, grid: SetChoice
    ) -> Decimal | None:
        """Kg CO2e of power by the record's own figure or the row that it names, with the upstream and the losses of
        the `grid`. None without a claim."""
        supply = supplied.supply
        if named is not None:
            # A row of a technology ends at the plant; the row of the grid has its lines and losses.
            to_site = None if named.entry.key == _GRID else self._choose(_TRANSMISSION, "cradleToGate")
            return _co2e_of(
                line for choice in (named, to_site) if choice is not None
                for line in self._lines(supplied, choice, "electricity")
            )
        if supply.factor is None and supply.declaration is None:
            return None
        own, boundary = priced_lines(supply, self._facts, "electricity", None, newer=True)
        if boundary == "none":
            return None
        stated = _co2e_of(line for line in own if line.burden in ADDITIVE)
        if boundary == "cradleToGate":
            return stated
        return _CONTEXT.add(stated, _CONTEXT.multiply(energy, _beyond_stacks(grid, self._sets)))

    def _proved(self, supply: Supply) -> bool:
        """Whether evidence shows where the power comes from: a supplier's figure, or a contract. A document about
        something else, such as a meter reading, shows nothing of the kind."""
        evidence = self._around.evidence
        if supply.declaration is not None:
            evidence = self._facts.declarations[supply.declaration].evidence
        return proves_factor(evidence, supply.material, _POWER_EVIDENCE)


def _fuel_of(choice: SetChoice, heating_value: Decimal, around: Surroundings) -> FuelFacts:
    """How a fuel burns, by a row for its combustion."""
    factor = choice.factor
    return FuelFacts(
        name=choice.name, unit=choice.entry.unit, heating_value=heating_value, gases=dict(factor.gases),
        recalled=factor.recalled, ratings=_ratings(factor, around), deviation=factor.deviation,
        pedigree=factor.pedigree,
    )


def residual_of(energy: Decimal, around: Surroundings, sets: Sequence[FactorSetVersion]) -> Line | None:
    """The market-based figure of `energy` kWh of power whose attributes are not with it: residual mix, at least the
    grid's. It adds nothing to the location-based figure. None if no set has a factor."""
    grid = choose(sets, _GRID, "cradleToGate", around.places, around.year)
    if grid is None:
        return None
    mix, chosen = _residual_mix(grid, around, sets)
    return Line(
        gas="CO2e", amount=_NOTHING, source="power without its attribute", kind="electricity", factor=chosen.name,
        ratings=_ratings(chosen.factor, around), boundary=chosen.factor.boundary,
        market=_CONTEXT.multiply(energy, mix),
    )


def _residual_mix(
    grid: SetChoice, around: Surroundings, sets: Sequence[FactorSetVersion]
) -> tuple[Decimal, SetChoice]:
    """Kg CO2e per kWh of power without attribute, and the row behind it: the residual mix of the facility's country,
    never of a wider area; at least the grid's."""
    country = tuple([place for place in around.places if len(place) == len("CN")])[:1]
    residual = choose(sets, _GRID, "residual", country, around.year)
    least = _per_kilowatt_hour(grid)
    if residual is None:
        return least, grid
    mix = _CONTEXT.add(_per_kilowatt_hour(residual), _beyond_stacks(grid, sets))
    return (mix, residual) if mix > least else (least, grid)


def _beyond_stacks(grid: SetChoice, sets: Sequence[FactorSetVersion]) -> Decimal:
    """Kg CO2e per kWh by which the life cycle of the grid's power exceeds its generation: upstream and losses, which a
    figure of generation lacks. Both figures are of one place and, if there are such, of one year."""
    place = (grid.factor.place,)
    stacks = choose(sets, _GRID, "generation", place, grid.factor.year)
    if stacks is None:
        return _NOTHING
    same = choose(sets, _GRID, "cradleToGate", place, stacks.factor.year)
    return max(_CONTEXT.subtract(_per_kilowatt_hour(same or grid), _per_kilowatt_hour(stacks)), _NOTHING)


def _per_kilowatt_hour(choice: SetChoice) -> Decimal:
    """Kg CO2e."""
    return _CONTEXT.divide(co2e_of(choice.factor.gases), kilowatt_hours(Decimal(1), choice.entry.unit))


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


def _co2e_of(lines: Iterable[Line]) -> Decimal:
    """Kg CO2e of lines, in the context of all amounts: `sum` would round by the caller's."""
    total = _NOTHING
    for line in lines:
        total = _CONTEXT.add(total, _co2e(line))
    return total


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
