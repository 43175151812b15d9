"""Hydrogen that a feedstock can give: the upper limit of reforming, gasification, ammonia and methanol."""

from decimal import Decimal
from typing import Final

from carbon_ledger_petrochemicals.carbon import Plant
from carbon_ledger_petrochemicals.substances import came
from ledger.sdk import KG_PER_T, ZERO, Shortfall, is_energy, standard_fuels

COALS: Final = ("anthracite", "bituminous", "lignite", "washedCoal", "otherWashedCoal", "briquettes", "coke",
                "petroleumCoke")
METHANE_LIKE: Final = ("naturalGas", "lng", "methane")
CARBON_MOLE: Final = Decimal("12.011")
HYDROGEN_MOLE: Final = Decimal("2.016")
HYDROGEN_HEAT: Final = Decimal(120)
"""Lower heating value of hydrogen, MJ per kg."""

# Moles of H2 per mole of carbon, all of it shifted to CO2. CH4 + 2 H2O -> CO2 + 4 H2; coal is CH0.8 at most CH, so
# CH + 2 H2O -> CO2 + 2.5 H2; liquids CH2 to CH2.3 give 3 to 3.2. Coke oven gas brings hydrogen of its own.
_PER_CARBON: Final = {"methane": Decimal(4), "coal": Decimal("2.5"), "gas": Decimal(6), "other": Decimal("3.25")}


def hydrogen_limit(plant: Plant) -> Decimal:
    """Kg of H2 that feedstocks, lots and bought hydrogen can give at most."""
    total = came(plant.context, "hydrogen")
    whole = plant.carbon.total
    if whole == 0:
        return total
    # The carbon is not split by feedstock, so the kind with the most hydrogen per carbon applies to all of it.
    return total + whole / CARBON_MOLE * max(_ratios(plant)) * HYDROGEN_MOLE


def energy_missing(per_tonne: Decimal, hydrogen: Decimal, made: Decimal) -> Shortfall | None:
    """The gas that is missing where `made` kg of a product take less energy than usual. Plants that buy their hydrogen,
    of so many MJ, take less: the losses of making it are elsewhere, and stoichiometry alone limits them."""
    bought = hydrogen * 2 > per_tonne * made / KG_PER_T
    return None if bought else Shortfall("naturalGas", "3B", made / KG_PER_T)


def _ratios(plant: Plant) -> list[Decimal]:
    ratios = [_ratio(feed.material) for feed in plant.feeds]
    for taken in plant.context.inputs:
        if not is_energy(taken.quantity):
            ratios.extend(_ratio(name) for name in taken.materials)
            if not taken.materials:
                ratios.append(_PER_CARBON["methane"])
    return ratios or [ZERO]


def _ratio(material: str) -> Decimal:
    if material in METHANE_LIKE:
        return _PER_CARBON["methane"]
    if material in COALS:
        return _PER_CARBON["coal"]
    if material in ("hydrogen", "carbonDioxide"):
        return ZERO
    fuel = standard_fuels().get(material)
    return _PER_CARBON["gas" if fuel is not None and fuel.unit == "NM3" else "other"]
