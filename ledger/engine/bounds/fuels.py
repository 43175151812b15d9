"""Analyses of fuels within the range of their kind.

A site may state heating value, carbon, oxidation and biogenic share of a fuel that it burns (`analyses`). Moisture and
ash let heating values differ by half, but carbon per heat hardly varies within a kind (IPCC 2006, volume 2, table 1.3),
nearly all carbon burns, and fossil fuel has no biogenic carbon: biomethane and blended biofuel are supplies of their
own. Where a value lies outside of its range, the CO2 by which the fuel's own row exceeds the stated CO2 is questioned,
whatever the laboratory says.

The row counts the amount that is bought. A fuel that is bought by its energy is compared by heat: its amount follows
from the stated heating value, so a false value would shrink the amount of the row as well. The upstream and the methane
that such a heating value saves are questioned with it.

Biomass has no CO2 in its row, so its own maximum counts: wood that has the heat or the carbon of coal is questioned as
coal, also as a lot that burns.

Values within the range need the laboratory's report too where they save CO2: without it, the difference to the row is
questioned like every unproven figure.

A biogenic share counts without a report or a certificate up to the share that waste of the kind has at least.

A fuel that no set knows has the carbon of natural gas at least, and without a report the heat of poor fuel. Its
biogenic share needs the laboratory's report.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.admission.lots import Supplied
from ledger.core.outcome.assessment import ADDITIVE, Finding, Span
from ledger.core.record.values import Evidence
from ledger.engine.bounds.process import ONE, ZERO, Process, is_energy, short
from ledger.engine.bounds.substances import amount_of_supply, stated_carbon, substance_of
from ledger.engine.pricing.analyses import analyses_of
from ledger.engine.pricing.burning import ANALYSIS
from ledger.engine.pricing.burnt_lots import burnt_parts
from ledger.engine.pricing.fuel_kinds import FuelKind, kind_of, kind_of_unknown
from ledger.engine.pricing.heating import analysed
from ledger.engine.pricing.lot_fuels import FuelMarket, LotFuel
from ledger.engine.pricing.material_amount import MaterialAmount
from ledger.engine.pricing.priced import co2e_of_lines
from ledger.footprint.stored.supplies import proves_factor
from ledger.sdk import CO2_PER_C, FuelAnalysis
from ledger.sdk.sets.lookup import SetChoice, amount_of, choose

HEAT: Final = "fuel-heating-value"
CARBON: Final = "fuel-carbon"
OXIDATION: Final = "fuel-oxidation"
BIOGENIC: Final = "fossil-biogenic"
UNPROVEN: Final = "unproven-analysis"
REPORT: Final = ANALYSIS
KINDS: Final = (REPORT, "biomassCertificate")
"""Kinds of evidence that show the biogenic share of waste and of a fuel that no set knows: a laboratory's report
(ISO 21644), a certificate of sustainability."""
_CARBON_DIOXIDE: Final = "CO2"
_COMBUSTION: Final = "combustion"
_LONGEST: Final = 255
_WOOD, _PELLETS = "wood", "woodPellets"
_MATTERLESS: Final = ("credit", "attribute")
_ROUNDED: Final = Decimal("0.01")
"""Of a row's CO2: values of the row itself differ by less when they are rounded."""
_LEAST_CARBON: Final = Decimal("0.0148")
"""Kg per MJ of natural gas, the lowest of IPCC 2006, volume 2, table 1.3; hydrogen needs no analysis."""
_COAL: Final = Decimal("0.0258")
"""Kg of carbon per MJ of bituminous coal, by IPCC 2006, volume 2, table 1.3."""


class _AnalysedFuel(NamedTuple):
    """The supply at `place`: `amount` in `unit`, which is `usual` by the heating value of the row if the supply states
    energy. By the set's row (None if there is no row): MJ and kg of carbon per unit. As stated: MJ, kg of carbon per
    unit, oxidation and biogenic share."""

    place: int
    material: str
    amount: Decimal
    unit: str
    row: SetChoice | None
    heat: Decimal
    carbon: Decimal
    stated_heat: Decimal
    stated_carbon: Decimal
    oxidation: Decimal
    share: Decimal
    usual: Decimal

    @property
    def emitted(self) -> Decimal:
        """Kg CO2 as stated, with biogenic carbon."""
        return self.amount * self.stated_carbon * self.oxidation * CO2_PER_C


def check_fuels(process: Process) -> list[Finding]:
    """The findings on each analysis that the record's activity states, and on lots of biomass with the carbon of
    coal."""
    return [*_lots_beyond_biomass(process), *[
        finding for fuel in _analysed(process) for finding in (
            _known(fuel, process) if fuel.row is not None else _foreign(fuel, process)
        )
    ]]


def _lots_beyond_biomass(process: Process) -> Iterator[Finding]:
    """Lots of biomass that burn, whose composition states more carbon than any biomass of their kinds has: as much as
    coal. The amount is the CO2 of their carbon."""
    market = FuelMarket(process.sets, process.around, process.facts)
    taken: dict[int, list[LotFuel]] = {}
    for place, (lot, quantity, mass) in enumerate(process.plan.taken):
        stated = stated_carbon(process.facts.composition(lot), ONE)
        if stated is None or not mass or lot.role in _MATTERLESS:
            continue
        fuels = [fuel for fuel in market.fuels_taken(lot, MaterialAmount(quantity, lot.unit, mass))
                 if fuel.origin == "biomass"]
        most = sum((kind_of(fuel.key).most_carbon * fuel.share for fuel in fuels), ZERO)
        rest = ONE - sum((fuel.share for fuel in fuels), ZERO)
        if most and stated[1] > most + rest:
            taken[place] = fuels
    parts = burnt_parts([fuel for fuels in taken.values() for fuel in fuels], process.plan, market)
    for place, fuels in taken.items():
        lot, _, mass = process.plan.taken[place]
        carbon = (stated_carbon(process.facts.composition(lot), ONE) or (ZERO, ZERO))[1]
        amount = carbon * (mass or ZERO) * CO2_PER_C * parts["biomass"]
        if amount:
            usual = Span(low=ZERO, high=max(kind_of(fuel.key).most_carbon for fuel in fuels))
            yield Finding(
                code=CARBON, taken=place, value=short(carbon), unit="KGM/KGM", usual=usual, amount=short(amount),
                message=f"{lot.id} is biomass, but has {short(carbon):f} kg of carbon per kg, as coal has"[:_LONGEST])


def _analysed(process: Process) -> Iterator[_AnalysedFuel]:
    analyses = analyses_of(process.record)
    # Overheads are not analysed.
    for place, supplied in enumerate(process.plan.supplied if analyses else ()):
        supply, mass = supplied
        analysis, quantity = analyses.get(supply.material), supply.quantity
        if analysis is None or supply.origin == "nature":
            continue
        row = choose(process.sets, supply.material, _COMBUSTION, process.around.places, process.around.year)
        if row is None or row.entry.heating_value is None:
            yield _stated(place, supply.material, (_kilograms(process, supplied, analysis), "KGM"), None, analysis)
            continue
        amount = amount_of(analysed(row.entry, analysis), quantity.amount, quantity.unit, mass)
        if amount is not None:
            fuel = _stated(place, supply.material, (amount, row.entry.unit), row, analysis)
            bought = amount_of(row.entry, quantity.amount, quantity.unit, mass)
            yield fuel if bought is None else fuel._replace(usual=bought)


def _kilograms(process: Process, supplied: Supplied, analysis: FuelAnalysis) -> Decimal:
    """A fuel without a row: its mass, or its energy by the analysed heating value."""
    if supplied.mass is None and is_energy(supplied.supply.quantity.unit):
        bought = amount_of_supply(process.sets, supplied, analysis)
        return ZERO if is_energy(bought.unit) else bought.value
    return supplied.mass or ZERO


def _stated(
    place: int, material: str, amount: tuple[Decimal, str], row: SetChoice | None, analysis: FuelAnalysis
) -> _AnalysedFuel:
    heat = ZERO if row is None else row.entry.heating_value or ZERO
    carbon = ZERO if row is None else dict(row.factor.gases).get(_CARBON_DIOXIDE, ZERO) / CO2_PER_C
    stated_heat = Decimal(analysis.heating_value) if analysis.heating_value else heat
    if analysis.carbon is not None:
        stated_carbon = Decimal(analysis.carbon)
    elif analysis.carbon_content is not None:
        stated_carbon = Decimal(analysis.carbon_content) * stated_heat
    else:
        stated_carbon = carbon / heat * stated_heat if heat else ZERO
    return _AnalysedFuel(
        place, material, *amount, row, heat, carbon, stated_heat, stated_carbon,
        ONE if analysis.oxidation is None else Decimal(analysis.oxidation), Decimal(analysis.biogenic_share),
        usual=amount[0],
    )


def _known(fuel: _AnalysedFuel, process: Process) -> Iterator[Finding]:
    """A fuel with a row. A row without CO2 is biomass: its carbon is no part of a figure."""
    key = "" if fuel.row is None else fuel.row.entry.key
    kind = kind_of(key)
    short_of = max(fuel.usual * fuel.carbon * CO2_PER_C - fuel.emitted, ZERO)
    wrong = []
    if fuel.carbon:
        stated, usual = short(fuel.stated_carbon / fuel.stated_heat), _shortened(kind.carbon(fuel.carbon / fuel.heat))
        if not _within(stated, usual):
            wrong.append((CARBON, stated, "KGM/3B", usual))
    usual = _shortened(kind.heat(fuel.heat))
    if not _within(fuel.stated_heat, usual) and not _is_beyond(fuel, kind):
        wrong.append((HEAT, fuel.stated_heat, f"3B/{fuel.unit}", usual))
    if fuel.carbon and fuel.oxidation < kind.oxidation:
        wrong.append((OXIDATION, fuel.oxidation, "C62", Span(low=kind.oxidation, high=ONE)))
    yield from _beyond_biomass(fuel, kind)
    for i, (code, value, unit, usual) in enumerate(wrong):
        # One difference has one amount, whichever of its values are out of range.
        amount = short_of if i == 0 else ZERO
        yield _finding(fuel, code, value, unit, usual, amount + _saved(fuel, process) if code == HEAT else amount)
    if not wrong:
        yield from _unproven(fuel, short_of + _saved(fuel, process), process.record.evidence)
    most = kind.biogenic if _is_shown(fuel.material, process.record.evidence, KINDS) else kind.unreported
    if fuel.carbon and fuel.share > most:
        yield _finding(fuel, BIOGENIC, fuel.share, "C62", Span(low=ZERO, high=most), fuel.emitted * (fuel.share - most))


def _unproven(fuel: _AnalysedFuel, saved: Decimal, evidence: Sequence[Evidence]) -> Iterator[Finding]:
    """The kg CO2e that values within the range save, if no report shows them."""
    row = fuel.usual * fuel.carbon * CO2_PER_C
    if saved <= row * _ROUNDED or _is_shown(fuel.material, evidence):
        return
    yield Finding(
        code=UNPROVEN, supply=fuel.place, value=short(fuel.emitted), unit="KGM", usual=Span(low=short(row)),
        amount=short(saved), factor=None if fuel.row is None else fuel.row.name,
        message=f"no report of a laboratory shows the analysis of {fuel.material}, which gives {short(fuel.emitted):f} "
                f"kg of CO2 in place of {short(row):f}"[:_LONGEST],
    )


def _is_shown(material: str, evidence: Sequence[Evidence], kinds: Sequence[str] = (REPORT,)) -> bool:
    return proves_factor(evidence, material, kinds)


def _shortened(span: Span) -> Span:
    return Span(low=None if span.low is None else short(span.low), high=None if span.high is None else short(span.high))


def _within(value: Decimal, usual: Span) -> bool:
    return (usual.low is None or value >= usual.low) and (usual.high is None or value <= usual.high)


def _saved(fuel: _AnalysedFuel, process: Process) -> Decimal:
    """Kg CO2e that the stated heating value takes from the lines of the sets' rows, except the CO2 of burning: their
    amount by the row's heating value, less their amount."""
    priced = co2e_of_lines(
        line for line in process.assessment.lines
        if line.supply == fuel.place and line.value is not None and line.burden in ADDITIVE
        and (line.boundary, line.gas) != (_COMBUSTION, _CARBON_DIOXIDE)
    )
    return max(priced * fuel.usual / fuel.amount - priced, ZERO) if fuel.amount else ZERO


def _is_beyond(fuel: _AnalysedFuel, kind: FuelKind) -> bool:
    """Whether the fuel has more heat or carbon than any biomass of its kind."""
    return bool(kind.most_heat) and fuel.unit == "KGM" and not fuel.carbon and (
        fuel.stated_heat > kind.most_heat or fuel.stated_carbon > kind.most_carbon)


def _beyond_biomass(fuel: _AnalysedFuel, kind: FuelKind) -> Iterator[Finding]:
    """Biomass with the heat or the carbon of coal. The amount: CO2 of coal with that heat, less the CO2 that counts as
    fossil already."""
    if not _is_beyond(fuel, kind):
        return
    coal = fuel.amount * fuel.stated_heat * _COAL * CO2_PER_C
    amount = max(coal - fuel.emitted * (ONE - fuel.share), ZERO)
    if fuel.stated_heat > kind.most_heat:
        yield _finding(fuel, HEAT, fuel.stated_heat, "3B/KGM", Span(low=ZERO, high=kind.most_heat), amount)
        amount = ZERO
    if fuel.stated_carbon > kind.most_carbon:
        yield _finding(fuel, CARBON, fuel.stated_carbon, "KGM/KGM", Span(low=ZERO, high=kind.most_carbon), amount)


def _foreign(fuel: _AnalysedFuel, process: Process) -> Iterator[Finding]:
    """A fuel whose combustion no set knows: waste of a known kind, or any other name. Wood of any name has at most the
    heat and the carbon of pellets."""
    kind, evidence = kind_of_unknown(fuel.material), process.record.evidence
    if substance_of(process.sets, fuel.material).group == _WOOD:
        pellets = kind_of(_PELLETS)
        kind = kind._replace(most_heat=pellets.most_heat, most_carbon=pellets.most_carbon)
    yield from _beyond_biomass(fuel, kind)
    reported = _is_shown(fuel.material, evidence)
    poor = not reported and fuel.stated_heat < kind.least_heat
    least = _LEAST_CARBON * (kind.least_heat if poor else fuel.stated_heat)
    missing = fuel.amount * least * CO2_PER_C - fuel.emitted
    if fuel.stated_carbon * fuel.oxidation < _LEAST_CARBON * fuel.stated_heat:
        yield _finding(fuel, CARBON, fuel.stated_carbon / fuel.stated_heat if fuel.stated_heat else ZERO, "KGM/3B",
                       Span(low=_LEAST_CARBON), missing)
        missing = ZERO
    if poor:
        yield _finding(fuel, HEAT, fuel.stated_heat, "3B/KGM", Span(low=kind.least_heat), max(missing, ZERO))
    most = (kind.biogenic or ONE) if _is_shown(fuel.material, evidence, KINDS) else kind.unreported
    if fuel.share > most:
        yield _finding(fuel, BIOGENIC, fuel.share, "C62", Span(low=ZERO, high=most), fuel.emitted * (fuel.share - most))


def _finding(fuel: _AnalysedFuel, code: str, value: Decimal, unit: str, usual: Span, amount: Decimal) -> Finding:
    names = {
        HEAT: "the heating value", CARBON: "the carbon" if unit == "KGM/KGM" else "the carbon per heat",
        OXIDATION: "the oxidised part of the carbon",
        BIOGENIC: "the biogenic share",
    }
    low = "" if usual.low is None else f"{usual.low:f}{' or more' if usual.high is None else ''}"
    high = "" if usual.high is None else f" to {usual.high:f}"
    doubted = amount > ZERO
    return Finding(
        code=code, supply=fuel.place, value=short(value), unit=unit, usual=usual,
        severity="warning" if doubted else "note", amount=short(amount) if doubted else None,
        factor=None if fuel.row is None else fuel.row.name,
        message=f"{names[code]} of {fuel.material} is {short(value):f} {unit}: usual are {low}{high}"[:_LONGEST],
    )
