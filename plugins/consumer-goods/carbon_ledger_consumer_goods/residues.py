"""Residues of wood and plants that the site burns itself: black liquor, bark and rejects, bagasse and husks, biogas of
its waste water.

They came in with raw materials, so they are no supplies. Their CO2 is biogenic: no burden, but reported separately
(GB/T 32150). CH4 and N2O are burdens: heat * factor of IPCC 2006, volume 2, table 2.3. Their heat is renewable.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Final, Literal, NamedTuple

from carbon_ledger_consumer_goods.common import PACKAGE, factors
from ledger.sdk import (
    CO2_PER_C,
    ZERO,
    Draft,
    Fraction,
    Line,
    Part,
    Positive,
    Quantity,
    invalid_activity,
    kilograms,
    rows,
)

RICHEST: Final[Mapping[str, Decimal]] = {
    "blackLiquor": Decimal(20), "woodResidue": Decimal(22), "plantResidue": Decimal(22), "biogas": Decimal(50),
}
"""Upper limits in net MJ per kg: half of black liquor's solids are salts; dry resinous wood; shells;
pure methane."""

_GASES: Final = (("Methane", "CH4biogenic"), ("NitrousOxide", "N2O"))


class OwnFuel(Part, frozen=True, kw_only=True):
    """A residue that is burnt on the site.

    `kind`; black liquor by its dry solids. `quantity`: a mass. `heating_value`: net, MJ per kg; the default of
    `own_fuels.csv` if absent (biogas has no default). `carbon`: kg per kg; by CO2 per heat if absent.
    """

    kind: Literal["blackLiquor", "woodResidue", "plantResidue", "biogas"]
    quantity: Quantity
    heating_value: Positive | None = None
    carbon: Fraction | None = None


class Burnt(NamedTuple):
    """MJ of heat and kg of carbon of all residues, kg of black liquor's dry solids, and MJ of liquor, bark and rejects,
    which come of fibre."""

    heat: Decimal = ZERO
    carbon: Decimal = ZERO
    liquor: Decimal = ZERO
    fibrous: Decimal = ZERO


@cache
def _defaults() -> Mapping[str, Mapping[str, str]]:
    return {row["key"]: row for row in rows(PACKAGE, "own_fuels.csv")}


def burn_residues(draft: Draft, own: Sequence[OwnFuel], *, sets: bool) -> Burnt:
    """Lines of CH4 and N2O, renewable energy, and with `sets` in force lines of biogenic CO2. Raises PluginError
    for a missing heating value and for one above the upper limit."""
    heat = carbon = liquor = fibrous = ZERO
    for i, residue in enumerate(own):
        mass = kilograms(residue.quantity, f"ownFuels[{i}].quantity")
        released = mass * _heating_value(i, residue)
        gigajoules = released / 1000
        for name, gas in _GASES:
            factor = factors().find(residue.kind + name)
            draft.line(Line(
                gas=gas, amount=gigajoules * factor.value, source=residue.kind, kind="onSite",
                burden="biogenicNonCO2Emissions", ratings=factor.ratings, factor=factor.name, recalled=factor.recalled,
            ))
        draft.energy(residue.kind, released, renewable=True)
        heat += released
        held = _carbon(residue, mass, gigajoules)
        if sets:
            draft.release_biogenic(
                residue.kind, held * CO2_PER_C, primary=residue.carbon is not None,
                factor=None if residue.carbon is not None else factors().find(residue.kind).name,
            )
        carbon += held
        liquor += mass if residue.kind == "blackLiquor" else ZERO
        fibrous += released if residue.kind != "biogas" else ZERO
    return Burnt(heat, carbon, liquor, fibrous)


def heat_of(index: int, residue: OwnFuel) -> Decimal:
    """MJ. Raises PluginError as `burn_residues`."""
    return kilograms(residue.quantity, f"ownFuels[{index}].quantity") * _heating_value(index, residue)


def _heating_value(index: int, residue: OwnFuel) -> Decimal:
    stated = residue.heating_value or _defaults()[residue.kind]["heating_value_gj"]
    if not stated:
        raise invalid_activity(
            f"ownFuels[{index}].heatingValue", None, f"stated for {residue.kind}: it varies too much for a default",
        )
    if Decimal(stated) > RICHEST[residue.kind]:
        raise invalid_activity(f"ownFuels[{index}].heatingValue", stated,
                               f"at most {RICHEST[residue.kind]} MJ per kg for {residue.kind}")
    return Decimal(stated)


def _carbon(residue: OwnFuel, mass: Decimal, gigajoules: Decimal) -> Decimal:
    if residue.carbon is not None:
        return mass * Decimal(residue.carbon)
    return gigajoules * factors().find(residue.kind).value / CO2_PER_C
