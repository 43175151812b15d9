"""Welding, brazing and thermal cutting: metal parts joined with power, fuel gas, filler and shielding gas."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_equipment.common import SCRAP, WEIGHING, Work, begin, indicate_energy, workpiece_mass
from ledger.sdk import (
    PRODUCT_ROLES,
    ZERO,
    Assessment,
    Context,
    Draft,
    FactorTable,
    Fraction,
    Lack,
    Part,
    Positive,
    Quantity,
    Reading,
    Shortfall,
    follow_composition,
    invalid_activity,
    kilograms,
    omit_upstream,
    read_factors,
    standard_fuels,
    warn_outside,
    warn_unaccounted,
)

FILLERS: Final = ("weldingWire", "weldingRod", "coveredElectrode", "fluxCoredWire", "stripElectrode", "brazingFiller")
FUEL_GASES: Final = ("propane", "propylene")
"""Fuel gases besides acetylene and the standard fuels, completely burnt. Hydrogen burns without CO2."""

MOLAR_MASS: Final[Mapping[str, Decimal]] = {
    "carbonDioxide": Decimal("44.01"), "argon": Decimal("39.95"), "helium": Decimal("4.003"),
    "oxygen": Decimal("32.00"), "hydrogen": Decimal("2.016"), "nitrogen": Decimal("28.01"),
}
"""Kg per kmol."""

LEAST_DEPOSITED: Final[Mapping[str, Decimal]] = {
    "shieldedMetalArc": Decimal("0.5"), "fluxCored": Decimal("0.7"), "gasMetalArc": Decimal("0.85"),
    "gasTungsten": Decimal("0.85"), "submergedArc": Decimal("0.9"),
}
"""Least usual kg of weld metal per kg of filler. Published ranges: covered electrodes 0.60 to 0.65 (stubs and
slag), flux-cored wire 0.75 to 0.88, solid wire under gas 0.92 to 0.99, TIG 0.94 to 0.97, submerged arc 0.99
(weldinganswers.com, deposition efficiency by process); the limits leave a tenth for weighing."""

# Melting a kg of steel takes 0.4 kWh, but most of an arc's heat goes into the plates: submerged arc takes 2 to 3 kWh
# per kg deposited, covered electrodes 3 to 6, TIG up to 15.
ARC_KWH: Final = (Decimal(1), Decimal(20))
# Spatter, stubs and slag are lost; the parts themselves are not.
LOSS: Final = Decimal("0.05")
ELECTRIC: Final = (*LEAST_DEPOSITED, "resistance", "laser", "electronBeam", "friction", "plasma")

Gas = Literal["carbonDioxide", "argon", "helium", "oxygen", "hydrogen", "nitrogen"]
Method = Literal[
    "shieldedMetalArc", "gasMetalArc", "fluxCored", "gasTungsten", "submergedArc", "plasma", "resistance", "laser",
    "electronBeam", "friction", "oxyfuel", "brazing", "oxyfuelCutting", "plasmaCutting",
]


class GasShare(Part, frozen=True, kw_only=True):
    """`share` of the mixture's volume that is `gas`."""

    gas: Gas
    share: Fraction


class Welding(Work, frozen=True, kw_only=True):
    """How parts were welded, brazed or cut; every field may be left out.

    Supplies: `electricity`, `naturalGas`, `lpg` and other standard fuels, `acetylene`, `propane`, `propylene` (burnt),
    `carbonDioxide` (all vented), `shieldingGas` (a mixture: see `shielding`), by mass; fillers `weldingWire`,
    `weldingRod`, `coveredElectrode`, `fluxCoredWire`, `stripElectrode`, `brazingFiller`, and `weldingFlux`, `oxygen`,
    `argon`, are left to the core. Workpieces: lots, or `steel`, `bar`, `casting`, `forging`, `aluminium`, `workpiece`.
    `method`: of joining or cutting. `shielding`: gases of the mixture by volume, together 1. `deposited`: weld metal, a
    mass. `arc_hours`: hours of arc time.
    """

    method: Method | None = None
    shielding: tuple[GasShare, ...] = ()
    deposited: Quantity | None = None
    arc_hours: Positive | None = None


def gases() -> FactorTable:
    """Kg CO2 per kg of fuel gas burnt."""
    return read_factors("carbon_ledger_equipment", "welding.csv", "equipment-welding")


def assess(context: Context, activity: Welding) -> Assessment:
    """Power, fuel gas, and the CO2 of shielding gas; each material goes to outputs by their compositions."""
    carbon_dioxide = carbon_dioxide_share(activity.shielding)
    draft, power = begin(context, activity)
    for supply in context.supplied(*FUEL_GASES):
        factor = gases().find(supply.name_in(FUEL_GASES) or supply.material)
        draft.price(supply.material, supply.amount("KGM"), factor, kind="onSite", supply=supply)
        omit_upstream(draft, supply)
    _vent(draft, context, carbon_dioxide)
    follow_composition(draft, context)
    _check_energy(draft, context, activity, power)
    filler = sum((supply.mass or ZERO for supply in context.supplied(*FILLERS)), ZERO)
    _check_deposited(draft, activity, filler, power)
    _check_mass(draft, context, filler)
    if activity.arc_hours is not None and power > 0:
        draft.indicate("electricityPerHour", power / Decimal(activity.arc_hours))
    indicate_energy(draft, context.mass_out(*PRODUCT_ROLES), power)
    return draft.assessment()


def carbon_dioxide_share(shielding: Sequence[GasShare]) -> Decimal | None:
    """Kg of CO2 per kg of a mixture: P(CO2) * 44 / sum of P(j) * M(j), with volume shares P and molar masses M; None
    without `shielding`. China's accounting guideline for machinery and equipment makers (2015), gas-shielded
    welding. Raises PluginError if shares do not add up to 1.
    """
    if not shielding:
        return None
    total, mass, carbon_dioxide = ZERO, ZERO, ZERO
    for part in shielding:
        share = Decimal(part.share)
        total += share
        mass += share * MOLAR_MASS[part.gas]
        if part.gas == "carbonDioxide":
            carbon_dioxide += share * MOLAR_MASS[part.gas]
    if total != 1:
        raise invalid_activity("shielding", f"{total:f} in total", "volume shares that add up to 1")
    return carbon_dioxide / mass


def _vent(draft: Draft, context: Context, share: Decimal | None) -> None:
    for supply in context.supplied("shieldingGas"):
        mass = supply.amount("KGM")
        if share is None:
            draft.omit("shieldingGas vented", mass)  # at most all of it is CO2
            draft.find("shielding-unknown", "a mixture is vented, but the activity does not say how much of it is CO2")
        else:
            draft.carbon("shieldingGas", mass * share, supply=supply)
        omit_upstream(draft, supply)


def _check_energy(draft: Draft, context: Context, activity: Welding, power: Decimal) -> None:
    """Warns only: the meter reading of a provisional record may still be missing."""
    if activity.method in ELECTRIC and power == 0:
        welded = ZERO if activity.deposited is None else kilograms(activity.deposited, "deposited")
        draft.warn("power-missing", f"{activity.method} runs on electricity, but none is supplied",
                   Reading(ZERO, "kWh/kg", ARC_KWH),
                   lacks=Shortfall("electricity", "KWH", welded).below(ARC_KWH[0], ZERO))
    fuels = ("acetylene", "hydrogen", *FUEL_GASES, *standard_fuels())
    if activity.method in ("oxyfuel", "oxyfuelCutting") and not context.supplied(*fuels):
        draft.find("fuel-missing", f"{activity.method} burns gas, but none is supplied")


def _check_deposited(draft: Draft, activity: Welding, filler: Decimal, power: Decimal) -> None:
    if activity.deposited is None:
        return
    deposited = kilograms(activity.deposited, "deposited")
    if filler == 0:
        draft.warn("filler-missing", f"{deposited:f} kg of weld metal, but no filler is supplied",
                   lacks=(Lack(material="steel", amount=deposited, unit="KGM"),))
    elif deposited > filler * (1 + WEIGHING):
        raise invalid_activity("deposited", activity.deposited, f"at most {filler:f} kg, the filler supplied")
    else:
        efficiency = deposited / filler
        if efficiency < LEAST_DEPOSITED.get(activity.method or "", ZERO):
            draft.find("deposition-unusual", f"{efficiency:.3f} kg of weld metal per kg of filler")
        draft.indicate("depositionEfficiency", efficiency)
    if power > 0:
        per_kilogram = power / deposited
        if activity.method in LEAST_DEPOSITED:
            warn_outside(
                draft, "electricity-unusual", f"{per_kilogram:.2f} kWh per kg of weld metal", per_kilogram, ARC_KWH,
                with_range=False, unit="kWh/kg", lacks=Shortfall("electricity", "KWH", deposited),
            )
        draft.indicate("electricityPerWeldMetal", per_kilogram)


def _check_mass(draft: Draft, context: Context, filler: Decimal) -> None:
    """Products consist of workpieces and filler, not of gas and flux."""
    came, made = workpiece_mass(context) + filler, context.mass_out(*PRODUCT_ROLES)
    if came == filler:
        draft.find("no-workpiece", "no lot and no supply that becomes the product has a mass", refuses=True)
        return
    if made > came * (1 + WEIGHING):
        draft.find("material-yield", f"{made:f} kg of products out of {came:f} kg of parts and filler", refuses=True)
    if came - context.mass_out() > came * LOSS:
        warn_unaccounted(
            draft, came - context.mass_out(), f"{came - context.mass_out():f} kg of {came:f} kg are in no output",
            SCRAP,
        )
    draft.indicate("materialYield", made / came)
