"""Limits and indicators of electrolysis, of water and of brine."""

from decimal import Decimal
from typing import Final

from carbon_ledger_petrochemicals.carbon import Plant, Process
from carbon_ledger_petrochemicals.substances import came, made, substances
from carbon_ledger_petrochemicals.synthesis import HYDROGEN_HEAT
from ledger.sdk import POWER_UNITS, ZERO, Shortfall, convert, warn_outside

WEIGHING: Final = Decimal("0.02")
# kWh per kg of hydrogen. Cold water takes 39.4 (higher heating value); plants take 48 to 60, solid oxide with steam 38.
USUAL_WATER: Final = (Decimal(38), Decimal(75))
# kWh per t of chlorine. 2.19 V and 96485 C per mole of electrons give 1656; membrane plants take 2200 to 2600.
LEAST_BRINE: Final = Decimal(1656)
USUAL_BRINE: Final = (Decimal(2000), Decimal(3600))


def check_water(plant: Plant, hydrogen: Decimal) -> None:
    """2 H2O -> 2 H2 + O2: power and heat are at least the lower heating value of the hydrogen, oxygen at most half of
    its moles. The core's mass rule refuses more hydrogen than the water holds."""
    draft = plant.draft
    if plant.power == 0:
        draft.find(
            "electricity-missing", "electrolysis of water needs electricity, but no electricity is supplied",
            refuses=True,
        )
        return
    used = draft.megajoules / hydrogen
    if used < HYDROGEN_HEAT:
        draft.find(
            "electrolysis-yield", f"{used:.1f} MJ of power and heat per kg of hydrogen, but its heating value is 120",
            refuses=True,
        )
    _check_parts(plant, "oxygen", "hydrogen", Decimal("0.5"))
    per_kilogram = plant.power / hydrogen
    warn_outside(
        draft, "electricity-unusual", f"{per_kilogram:.1f} kWh per kg of hydrogen", per_kilogram, USUAL_WATER,
        with_range=False, unit="kWh/kg", lacks=Shortfall("electricity", "KWH", hydrogen),
    )
    draft.indicate("electricityPerKilogramHydrogen", per_kilogram)


def check_brine(plant: Plant) -> None:
    """2 NaCl + 2 H2O -> Cl2 + 2 NaOH + H2: per mole of chlorine at most one of hydrogen and two of caustic soda, and
    at least two of salt if salt is a supply."""
    draft, chlorine = plant.draft, made(plant.context, "chlorine")
    if chlorine == 0:
        draft.find("no-product", "no output names chlorine among its materials", refuses=True)
        return
    if plant.power == 0:
        draft.find(
            "electricity-missing", "electrolysis of brine needs electricity, but no electricity is supplied",
            refuses=True,
        )
        return
    _check_parts(plant, "hydrogen", "chlorine", Decimal(1))
    _check_parts(plant, "sodiumHydroxide", "chlorine", Decimal(2))
    salt = came(plant.context, "salt")
    if salt > 0 and _moles(chlorine, "chlorine") * 2 > _moles(salt, "salt") * (1 + WEIGHING):
        draft.find("chlorine-yield", f"{chlorine:f} kg of chlorine out of {salt:f} kg of salt", refuses=True)
    per_tonne = plant.power / chlorine * 1000
    if per_tonne < LEAST_BRINE:
        draft.find("electrolysis-yield", f"{per_tonne:.0f} kWh per t of chlorine: at least {LEAST_BRINE}",
                   refuses=True)
    else:
        warn_outside(
            draft, "electricity-unusual", f"{per_tonne:.0f} kWh per t of chlorine", per_tonne, USUAL_BRINE,
            with_range=False, unit="kWh/t", lacks=Shortfall("electricity", "KWH", chlorine / 1000),
        )
    draft.indicate("electricityPerTonneChlorine", per_tonne)


def _check_parts(plant: Plant, product: str, main: str, most: Decimal) -> None:
    """Refuses more than `most` moles of a product per mole of the `main` product of the reaction."""
    mass, main_mass = made(plant.context, product), made(plant.context, main)
    if _moles(mass, product) > _moles(main_mass, main) * most * (1 + WEIGHING):
        plant.draft.find(
            f"{product}-yield", f"{mass:f} kg of {product} with {main_mass:f} kg of {main}: at most {most} mol per mol",
            refuses=True,
        )


def _moles(mass: Decimal, key: str) -> Decimal:
    return mass / (substances()[key].molar_mass or Decimal(1))


def indicate_power(plant: Plant, activity: Process) -> None:
    """Renewable share of electrolysis power = renewable electricity / all electricity.

    Renewable is power that green attributes cover; in a record without attributes, `renewable_share` of the power that
    comes as declared lots. Grid power never counts as renewable: its attributes belong to others.
    """
    if plant.power == 0:
        return
    declared = sum((
        convert(taken.quantity.amount, taken.quantity.unit, "KWH") for taken in plant.context.inputs
        if taken.quantity.unit in POWER_UNITS and not taken.generated
    ), ZERO)
    claimed = declared * Decimal(activity.renewable_share)
    renewable = min(plant.context.green_power, plant.power) if plant.context.attributes else claimed
    plant.draft.indicate("renewablePowerShare", renewable / plant.power)
    plant.draft.indicate("electrolysisPower", plant.power)
    plant.draft.indicate("renewableElectrolysisPower", renewable)
