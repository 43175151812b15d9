"""`Draft`: the assessment of one record while a plugin writes it. It keeps the source and the gaps of each emission.

A factor whose boundary is combustion or generation does not cover the upstream of the fuel or power. The draft then
adds the omission, so that no plugin can forget it.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.core.outcome.assessment import (
    ADDITIVE,
    BIOGENIC_CO2,
    Assessment,
    Assigned,
    Basis,
    EnergyUse,
    Finding,
    Lack,
    Line,
    LineKind,
    Omission,
    Scores,
    Severity,
    Span,
)
from ledger.errors import PluginError
from ledger.footprint.stored.gwp import AR6, potential
from ledger.sdk.context import ZERO, Context, FuelFacts, SupplyFacts
from ledger.sdk.factors import CO2_PER_C, FactorRow, grid_electricity, purchased_heat, residual_mix
from ledger.sdk.fuels import Fuel, FuelAnalysis, carbon_dioxide_of, fuel_of

Limits = tuple[Decimal, Decimal]
"""The lower and the upper limit, both included."""

_MJ_PER_KWH = Decimal("3.6")
_OWN = (1, 1, 1)
_TABLE = (2, 2, 2)
_BIOGENIC_METHANE: Final = "CH4biogenic"
_NO_GASES: Final[Mapping[str, Decimal]] = {}


class Reading(NamedTuple):
    """A value that a finding is about, in `unit` (in words or Rec 20, such as `kWh/t`), with the range of good and bad
    practice, or the range that nature allows."""

    value: Decimal
    unit: str = ""
    usual: Limits | None = None
    possible: Limits | None = None


class Shortfall(NamedTuple):
    """The input that is missing where a value is below its usual range: `per` times the difference, in `unit` of a
    `material` that the factor sets know. So of kWh per tonne, `Shortfall("electricity", "KWH", tonnes)`.
    `usual`: the value to which the difference is measured, by default the low end of the range."""

    material: str
    unit: str
    per: Decimal
    usual: Decimal | None = None

    def below(self, low: Decimal, value: Decimal) -> tuple[Lack, ...]:
        """The input that is missing; empty unless `value` is below `low`."""
        if value >= low:
            return ()
        missing = ((low if self.usual is None else self.usual) - value) * self.per
        return (Lack(material=self.material, amount=max(missing, ZERO), unit=self.unit),)


class Draft:
    """Collects lines, energy, omissions, findings and indicators. `assessment()` returns the frozen value."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lines: list[Line] = []
        self._energy: list[EnergyUse] = []
        self._omissions: list[Omission] = []
        self._findings: list[Finding] = []
        self._assigned: list[Assigned] = []
        self._indicators: dict[str, Decimal] = {}
        self._weights: dict[str, tuple[Decimal, ...]] = {}
        self._matter: dict[str, tuple[Decimal, ...]] = {}
        self._biogenic = ZERO

    def line(self, line: Line) -> None:
        """Adds a line unchanged, unless its amount is zero."""
        if line.amount != 0:
            self._lines.append(line)

    def energy(self, carrier: str, megajoules: Decimal, *, renewable: bool = False) -> None:
        """Books energy used, without a line; zero and negative amounts are left out."""
        if megajoules > 0:
            self._energy.append(EnergyUse(carrier=carrier, amount=megajoules, renewable=renewable))

    def power(self, kilowatt_hours: Decimal, *, renewable: bool = False) -> None:
        """Books electricity as energy, without a line."""
        self.energy("electricity", kilowatt_hours * _MJ_PER_KWH, renewable=renewable)

    @property
    def questions(self) -> bool:
        """Whether findings state values, ranges and amounts in question."""
        return self._context.questions

    @property
    def megajoules(self) -> Decimal:
        """All energy booked so far, MJ."""
        return sum((use.amount for use in self._energy), ZERO)

    def emitted(self, kind: LineKind) -> Decimal:
        """Kg of fossil CO2 in the lines of this kind so far."""
        return sum((
            line.amount for line in self._lines
            if line.kind == kind and line.gas == "CO2" and line.burden != BIOGENIC_CO2
        ), ZERO)

    @property
    def footprint(self) -> Decimal:
        """Kg CO2e of all lines so far that are part of the footprint. The upstream of supplies that the core prices
        (`SupplyFacts.upstream`) is not among them."""
        return sum((
            line.amount * potential(AR6, line.gas) for line in self._lines if line.burden in ADDITIVE
        ), ZERO)

    def omit(self, what: str, estimate: Decimal | None = None) -> None:
        """Names a part of the upstream that has no figure; `estimate` in kg CO2e."""
        self._omissions.append(Omission(what=what, estimate=estimate))

    def find(self, code: str, message: str, *, refuses: bool = False) -> None:
        """Adds a finding: a warning, or with `refuses` the refusal of the record."""
        self._findings.append(Finding(code=code, message=message, refuses=refuses))

    def warn(
        self, code: str, message: str, reading: Reading | None = None, *, emits: Mapping[str, Decimal] = _NO_GASES,
        lacks: Iterable[Lack] = (), severity: Severity = "warning",
    ) -> None:
        """Adds a warning with its value, its ranges and the amount in question.

        `emits`: kg of each gas by which the record's emissions may be too low (`CO2e` is a gas here). `lacks`:
        materials and energy that the record would need and does not state. The core prices them from the factor sets
        in force, a fuel with its combustion. Several warnings may lack the same thing, and so may the minimal
        inventory: the largest counts.

        Under rules that do not question amounts (`Context.questions`), the warning has code and message alone, as
        `find` adds it.
        """
        if not self._context.questions:
            self.find(code, message)
            return
        value, unit, usual, possible = reading or (None, None, None, None)
        amount = sum((mass * (1 if gas == "CO2e" else potential(AR6, gas)) for gas, mass in emits.items()), ZERO)
        self._findings.append(Finding(
            code=code, message=message, severity=severity, value=None if value is None else _spelled(value),
            unit=unit or None, usual=_span(usual), possible=_span(possible),
            amount=_spelled(amount) if amount > 0 else None, lacks=tuple([lack for lack in lacks if lack.amount > 0]),
        ))

    def assign(self, output: int, burden: str, amount: Decimal) -> None:
        """Assigns an amount of a burden (kg CO2e) to one output before the allocation of the remainder."""
        self._assigned.append(Assigned(output=output, burden=burden, amount=amount))

    def indicate(self, name: str, value: Decimal) -> None:
        """Sets an indicator: a figure of this record that its lots do not carry."""
        self._indicators[name] = value

    def weigh(self, key: str, weights: Iterable[Decimal]) -> None:
        """Sets allocation weights that replace the weights from the outputs' own fields."""
        self._weights[key] = tuple(weights)

    def follow(self, content: str, parts: Iterable[Decimal]) -> None:
        """Sets the part of an incoming content that each output holds."""
        self._matter[content] = tuple(parts)

    def carbon(
        self, source: str, kilograms: Decimal, *, kind: LineKind = "onSite", basis: Basis = "calculated",
        primary: bool = True, ratings: tuple[int, int, int] = _OWN, factor: str | None = None, recalled: bool = False,
        gas: str = "CO2", supply: SupplyFacts | None = None,
    ) -> None:
        """Adds a line of fossil emissions in kg of `gas`, by default from the site's own data.

        With a `factor` or parameter of a table, a line is secondary data, whatever `primary` says: a figure is primary
        only if activity data and factor are. Under rules without factor sets, `primary` alone decides.

        If the emissions come from a `supply`, the line takes the uncertainty of the supply's quantity.
        """
        deviation, pedigree = _uncertainty(supply)
        if self._context.sets and (factor is not None or recalled):
            primary, ratings = False, _TABLE if ratings == _OWN else ratings
        self.line(Line(
            gas=gas, amount=kilograms, source=source, kind=kind, basis=basis, primary=primary, ratings=ratings,
            factor=factor, recalled=recalled, deviation=deviation, pedigree=pedigree, supply=self._index(supply),
        ))

    def release_biogenic(
        self, source: str, kilograms: Decimal, *, kind: LineKind = "onSite", basis: Basis = "calculated",
        primary: bool = False, ratings: tuple[int, int, int] = _TABLE, factor: str | None = None,
        recalled: bool = False, supply: SupplyFacts | None = None,
    ) -> None:
        """Books kg of CO2 from biogenic carbon: of fermentation, or of biomass and biogenic waste that burns or rots.

        It is no part of the footprint, and the lots carry it as the burden `biogenicCO2Emissions`. `burn` calls this
        for the fuels that it books. Under rules without factor sets (`Context.sets`), it counts in `biogenic` alone.
        """
        self._biogenic += kilograms
        if self._context.sets:
            deviation, pedigree = _uncertainty(supply)
            self.line(Line(
                gas="CO2", amount=kilograms, source=source, kind=kind, burden=BIOGENIC_CO2, basis=basis,
                primary=primary, ratings=ratings, factor=factor, recalled=recalled, deviation=deviation,
                pedigree=pedigree, supply=self._index(supply),
            ))

    def price(
        self, source: str, amount: Decimal, factor: FactorRow, *, kind: LineKind, basis: Basis = "calculated",
        primary: bool = False, supply: SupplyFacts | None = None, market: Decimal | None = None,
    ) -> None:
        """Adds a line of `amount` (in the factor's unit) times a factor of a table, and the omission of its upstream.

        Pass the factor that `FactorTable.find` returned: it rates how well it fits place and year. `market`: kg CO2 of
        the market-based figure of power, if it differs.

        If `amount` is the amount of a `supply`, the line takes the uncertainty of the supply's quantity. The factor's
        own uncertainty is added.
        """
        deviation, pedigree = _uncertainty(supply)
        self.line(Line(
            gas=factor.gas, amount=amount * factor.value, source=source, kind=kind, basis=basis, primary=primary,
            market=market, ratings=factor.ratings, factor=factor.name, recalled=factor.recalled, deviation=deviation,
            pedigree=pedigree, factor_deviation=factor.deviation, supply=self._index(supply),
        ))
        cared_for = supply is not None and self._context.sets
        if factor.boundary in ("combustion", "generation") and amount > 0 and not cared_for:
            self.omit(f"{source} upstream")

    def buy_power(self, supply: SupplyFacts, *, basis: Basis = "metered", market: Decimal | None = None) -> Decimal:
        """Books power from the grid: its energy, and a line by province and year. Returns kWh.

        The line's amount is location-based. `market` is the market-based amount in kg CO2: zero for power whose green
        attributes are used up in this record, else the figure from contracts. Without `market`, the market-based amount
        uses the residual mix if the country publishes one; else it equals the location-based amount. If the table has
        no grid factor for the place, there is no line, and the core names the omission.

        If the record prices the supply, the supply's figure is the line, and the grid's figure is reported as the
        location-based one (GHG Protocol, Scope 2 Guidance, 6.1: both are reported). Raises PluginError for a province
        that does not exist, and for a year before the first factor. If factor sets price the record's supplies
        (`Context.sets`), there is no line here: the core makes it.
        """
        amount = supply.amount("KWH")
        places, year = self._context.facility.places, self._context.year
        if self._context.sets:
            self.power(amount)
            return amount
        if supply.priced:
            self._locate(supply, amount)
        elif grid_electricity().covers("electricity", places):
            if market is None and residual_mix().covers("electricity", places):
                market = amount * residual_mix().find("electricity", places, year).value
            factor = grid_electricity().find("electricity", places, year)
            self.price(supply.material, amount, factor, kind="electricity", basis=basis, supply=supply, market=market)
        self.power(amount)
        return amount

    def _locate(self, supply: SupplyFacts, kilowatt_hours: Decimal) -> None:
        """Adds the location-based emissions of power that the record prices. They are not part of the footprint, so a
        place or year without a factor is not an error: the record's own figure then counts as both."""
        try:
            factor = grid_electricity().find("electricity", self._context.facility.places, self._context.year)
        except PluginError:
            return
        self.line(Line(
            gas=factor.gas, amount=kilowatt_hours * factor.value, source=supply.material, kind="electricity",
            burden="electricityLocation", ratings=factor.ratings, factor=factor.name, recalled=factor.recalled,
        ))

    def buy_heat(self, supply: SupplyFacts, *, basis: Basis = "invoiced") -> None:
        """Books heat or steam from a network, as `buy_power` does. Outside China the core names the omission."""
        megajoules = supply.amount("3B")
        places = self._context.facility.places
        if not (supply.priced or self._context.sets) and purchased_heat().covers("heat", places):
            factor = purchased_heat().find("heat", places, self._context.year)
            self.price(supply.material, megajoules / 1000, factor, kind="heat", basis=basis, supply=supply)
        self.energy("heat", megajoules)

    def burn(
        self, supply: SupplyFacts, fuel: Fuel | None = None, *, analysis: FuelAnalysis | None = None,
        kind: LineKind = "onSite", basis: Basis = "calculated",
    ) -> None:
        """Books the complete combustion of a fuel: CO2 = NCV * carbon content * oxidised share * 44/12; and its energy.

        Without `fuel`, the supply's material decides the fuel; `analysis` holds the site's measurements of it. CO2 from
        biogenic carbon is no part of the footprint: see `release_biogenic`. For vehicle fuels, pass `kind="transport"`.
        If the supply's own factor covers its combustion, only the energy is booked. Raises PluginError for a material
        that is not a fuel.
        """
        burnt = fuel if fuel is not None else fuel_of(supply, analysis)
        amount = burnt.amount_of(supply)
        if supply.combustion is None and burnt.row is None:
            emitted = amount * carbon_dioxide_of(burnt)
            self.line(Line(
                gas="CO2", amount=emitted * (1 - burnt.biogenic), source=supply.material, kind=kind, basis=basis,
                primary=burnt.measured, ratings=_OWN if burnt.measured else _TABLE, factor=burnt.name,
                recalled=burnt.recalled, deviation=supply.deviation, pedigree=supply.pedigree,
                supply=self._index(supply),
            ))
        if supply.combustion is None:
            self._release(supply, burnt, kind, basis)
        if supply.combustion is None and supply.fuel is not None:
            self._burn_by_set(supply, supply.fuel, burnt, kind, basis)
        if supply.lot is not None:
            self._lose(supply.material)
        megajoules = amount * burnt.megajoules
        self.energy(supply.material, megajoules * burnt.biogenic, renewable=True)
        self.energy(supply.material, megajoules * (1 - burnt.biogenic))
        if not supply.priced:
            self.omit(f"{supply.material} upstream")

    def _lose(self, material: str) -> None:
        """No output holds a lot that burns, unless other lots of this material come in."""
        content = f"material:{material}"
        if content not in self._matter and all(material not in taken.materials for taken in self._context.inputs):
            self.follow(content, [ZERO] * len(self._context.outputs))

    def _release(self, supply: SupplyFacts, burnt: Fuel, kind: LineKind, basis: Basis) -> None:
        """Books the biogenic CO2 of a fuel that burns: of its biogenic carbon, or by its heat if a row of a factor set
        describes biomass without its carbon."""
        amount = burnt.amount_of(supply)
        grown = amount * burnt.megajoules * burnt.grown
        if burnt.row is None:
            grown += amount * carbon_dioxide_of(burnt) * burnt.biogenic
        self.release_biogenic(
            supply.material, grown, kind=kind, basis=basis, primary=burnt.measured,
            ratings=_OWN if burnt.measured else _TABLE, factor=burnt.name, recalled=burnt.recalled, supply=supply,
        )

    def _burn_by_set(
        self, supply: SupplyFacts, facts: FuelFacts, burnt: Fuel, kind: LineKind, basis: Basis
    ) -> None:
        """Lines of a fuel that burns, by the factor sets in force: with its CO2 if their row describes it, always with
        methane and nitrous oxide, which a site's analysis does not measure."""
        carbon, amount = burnt.row is not None, supply.amount(facts.unit, burnt.heating)
        for gas, value in facts.gases.items():
            if carbon or gas in ("CH4", _BIOGENIC_METHANE, "N2O"):
                self.line(Line(
                    gas=gas, amount=amount * value, source=supply.material, kind=kind, basis=basis,
                    burden="biogenicNonCO2Emissions" if gas == _BIOGENIC_METHANE else "fossilGhgEmissions",
                    ratings=facts.ratings, factor=facts.name, recalled=facts.recalled, deviation=supply.deviation,
                    pedigree=supply.pedigree, factor_deviation=facts.deviation, factor_pedigree=facts.pedigree,
                    supply=self._index(supply), value=value, boundary="combustion",
                ))

    def _index(self, supply: SupplyFacts | None) -> int | None:
        """The index of a supply for its lines; None in assessments that do not name it, and for a lot that a sector
        treats as a supply (index below 0)."""
        return supply.index if supply is not None and supply.index >= 0 and self._context.sets else None

    @property
    def biogenic(self) -> Decimal:
        """Kg of CO2 from biogenic carbon so far: no part of the footprint. Reports state it next to the fossil CO2."""
        return self._biogenic

    def carbon_balance(
        self, source: str, carbon_in: Mapping[str, Decimal], carbon_out: Mapping[str, Decimal], *,
        factor: str | None = None, recalled: bool = False,
    ) -> Decimal:
        """Adds one line of (carbon in - carbon out) * 44/12 kg CO2. Returns the kg of carbon that left as CO2."""
        net = sum(carbon_in.values(), Decimal(0)) - sum(carbon_out.values(), Decimal(0))
        self.carbon(source, net * CO2_PER_C, factor=factor, recalled=recalled)
        return net

    def assessment(self) -> Assessment:
        """The frozen assessment."""
        return Assessment(
            lines=tuple(self._lines), energy=tuple(self._energy), omissions=tuple(self._omissions),
            weights=self._weights, matter=self._matter, assigned=tuple(self._assigned), indicators=self._indicators,
            findings=tuple(self._findings),
        )


def _uncertainty(supply: SupplyFacts | None) -> tuple[Decimal | None, Scores | None]:
    return (None, None) if supply is None else (supply.deviation, supply.pedigree)


def _span(limits: Limits | None) -> Span | None:
    return None if limits is None else Span(low=limits[0], high=limits[1])


def _spelled(value: Decimal) -> Decimal:
    """At most twelve significant digits, so that a finding can be read."""
    return Decimal(f"{Decimal(f'{value:.12g}'):f}")
