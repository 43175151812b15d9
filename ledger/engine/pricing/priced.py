"""The upstream of supplies, and its place in the assessment of their record."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from msgspec.structs import replace

from ledger.admission.lots import Supplied
from ledger.core.outcome.assessment import ADDITIVE, Assessment, EnergyUse, Finding, Line, LineKind, Omission
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import AnyRecord, Transfer
from ledger.core.record.units import UNITS
from ledger.core.record.values import Supply
from ledger.footprint.stored.gwp import AR6, potential
from ledger.footprint.stored.supplies import burning_factor, supply_kind
from ledger.sdk import FuelFacts, HeatingValue

_GRID: Final = "electricity"
_NOTHING: Final = Decimal(0)
_BIOGENIC_METHANE: Final = "CH4biogenic"
BURNING: Final = " combustion"


class PricedSupply(NamedTuple):
    """The upstream of one supply: its lines and omissions, and the question of a figure that its record states.
    `fuel`: how it burns, by the sets; `burnt`: its amount in the unit of `fuel`. `unknown_burning`: the omission of its
    burning, of which no set has a row; it stands unless the sector burns the fuel by an analysis. `power`: it is
    electricity, under any name. `heating`: as in SupplyFacts."""

    lines: tuple[Line, ...] = ()
    omissions: tuple[Omission, ...] = ()
    fuel: FuelFacts | None = None
    burnt: Decimal | None = None
    findings: tuple[Finding, ...] = ()
    unknown_burning: Omission | None = None
    power: bool = False
    heating: HeatingValue | None = None

    @property
    def co2e(self) -> Decimal:
        """Kg CO2e of the lines."""
        return co2e_of_lines(line for line in self.lines if line.burden in ADDITIVE)


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


def with_upstream(assessment: Assessment, priced: Sequence[PricedSupply]) -> Assessment:
    """The sector's assessment with the upstream of its record's supplies."""
    lines, omissions, findings = list(assessment.lines), list(assessment.omissions), list(assessment.findings)
    booked = {line.source for line in assessment.lines} | {use.carrier for use in assessment.energy}
    for supply in priced:
        lines.extend(supply.lines)
        omissions.extend(supply.omissions)
        findings.extend(supply.findings)
        unknown = supply.unknown_burning
        if unknown is not None and unknown.what.removesuffix(BURNING) not in booked:
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
            heat = CONTEXT.multiply(burnt, fuel.heating_value)
            energy.append(EnergyUse(carrier=supply.material, amount=heat))
        elif UNITS[quantity.unit].dimension == "energy":
            amount = CONTEXT.multiply(quantity.amount, UNITS[quantity.unit].scale)
            energy.append(EnergyUse(carrier=_GRID if power else supply.material, amount=amount))
    return replace(assessment, lines=tuple(lines), energy=tuple(energy))


def _combustion(supply: Supply, fuel: FuelFacts, amount: Decimal, kind: LineKind) -> list[Line]:
    return [
        Line(
            gas=gas, amount=CONTEXT.multiply(amount, value), source=supply.material, kind=kind, value=value,
            burden="biogenicNonCO2Emissions" if gas == _BIOGENIC_METHANE else "fossilGhgEmissions",
            boundary="combustion", ratings=fuel.ratings, factor=fuel.name, recalled=fuel.recalled,
            deviation=decimal_of(supply.deviation), pedigree=supply.pedigree, factor_deviation=fuel.deviation,
            factor_pedigree=fuel.pedigree,
        ) for gas, value in fuel.gases.items()
    ]


def co2e_of_lines(lines: Iterable[Line]) -> Decimal:
    """Kg CO2e of lines, in the context of all amounts: `sum` would round by the caller's."""
    total = _NOTHING
    for line in lines:
        total = CONTEXT.add(total, _co2e(line))
    return total


def _co2e(line: Line) -> Decimal:
    return line.amount if line.gas == "CO2e" else CONTEXT.multiply(line.amount, potential(AR6, line.gas))


def decimal_of(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
