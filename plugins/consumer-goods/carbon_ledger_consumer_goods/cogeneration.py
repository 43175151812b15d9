"""Heat and power that a mill makes together on its own site: own use, sale, and the share of cogeneration.

Sold energy is assigned the figure of the same amount bought at this place and in this year, so the mill counts net
purchases (NDRC accounting guideline for makers of paper: bought less sold power and heat; GB/T 32150, 5.2).
"""

from decimal import Decimal
from typing import Final, NamedTuple

from ledger.sdk import (
    CARRYING_ROLES,
    POWER_UNITS,
    ZERO,
    Context,
    Draft,
    OutputFacts,
    Part,
    Quantity,
    SupplyFacts,
    amount_in,
    convert,
    invalid_activity,
    is_energy,
)

# The best combined cycles turn 0.64 of their gas into power.
MOST_POWER: Final = Decimal("0.65")
# China counts a plant as cogeneration from 0.45 of all its fuel on, as a mean of the year.
LEAST: Final = Decimal("0.45")


class Cogeneration(Part, frozen=True, kw_only=True):
    """Energy that the site's plant made together, for sale or own use: `power` and `heat`, net of the plant's own
    needs. The turbine of a recovery boiler is such a plant."""

    power: Quantity
    heat: Quantity


class Energy(NamedTuple):
    """MJ of power and of heat."""

    power: Decimal
    heat: Decimal

    @property
    def all(self) -> Decimal:
        return self.power + self.heat


def is_power(quantity: Quantity) -> bool:
    return quantity.unit in POWER_UNITS


def bought(context: Context) -> Energy:
    """MJ of power and heat that came in, as supplies and as lots."""
    power = sum((supply.amount("3B") for supply in context.supplied("electricity")), ZERO)
    heat = sum((supply.amount("3B") for supply in context.supplied("heat", "steam")), ZERO)
    for taken in context.inputs:
        if is_energy(taken.quantity):
            amount = convert(taken.quantity.amount, taken.quantity.unit, "3B")
            power, heat = (power + amount, heat) if is_power(taken.quantity) else (power, heat + amount)
    return Energy(power, heat)


def sold(context: Context) -> Energy:
    """MJ of power and heat that leave as lots with a burden."""
    power = heat = ZERO
    for output in context.outputs:
        if _is_sold(output):
            amount = convert(output.quantity.amount, output.quantity.unit, "3B")
            power, heat = (power + amount, heat) if is_power(output.quantity) else (power, heat + amount)
    return Energy(power, heat)


def _is_sold(output: OutputFacts) -> bool:
    return is_energy(output.quantity) and output.role in CARRYING_ROLES


def book_cogeneration(
    draft: Draft, context: Context, plant: Cogeneration | None, boiler_heat: Quantity | None, from_chp: str,
) -> Energy:
    """Checks, indicators and assigned amounts, after all energy was booked; returns the energy sold.

    `boiler_heat`: of boilers without a turbine. `from_chp`: share of bought heat from a cogeneration plant. Raises
    PluginError if the plant's power is no power, or its heat no heat.

        chpShare = (CHP power + CHP heat + bought heat of CHP - sold) / (all power and heat made and bought - sold)
    """
    came, gone = bought(context), sold(context)
    generated = Energy(ZERO, ZERO) if plant is None else _generated(plant)
    boiled = ZERO if boiler_heat is None else amount_in(boiler_heat, "3B", "boilerHeat")
    burnt = draft.megajoules - came.all
    _check(draft, generated, boiled, burnt)
    if gone.power > generated.power + came.power or gone.heat > max(generated.heat + boiled, burnt) + came.heat:
        draft.find(
            "sold-above-made", f"{gone.all:.6g} MJ of power and heat are sold, more than the site made and bought",
            refuses=True,
        )
    used = generated.all + boiled + came.all - gone.all
    if used > 0:
        cogenerated = generated.all + came.heat * Decimal(from_chp) - gone.all
        draft.indicate("chpShare", max(cogenerated, ZERO) / used)
    _assign(draft, context)
    return gone


def _generated(plant: Cogeneration) -> Energy:
    made = Energy(amount_in(plant.power, "3B", "chp.power"), amount_in(plant.heat, "3B", "chp.heat"))
    if not is_power(plant.power):
        raise invalid_activity("chp.power", plant.power, "counted in watt hours")
    if is_power(plant.heat):
        raise invalid_activity("chp.heat", plant.heat, "counted in joules")
    return made


def _check(draft: Draft, generated: Energy, boiled: Decimal, burnt: Decimal) -> None:
    """Compares with the heat of all fuels and residues, `burnt` MJ, also fuel of engines and dryers, so it errs on the
    safe side."""
    if generated.all + boiled > burnt:
        draft.find("efficiency-above-limit", f"{generated.all + boiled:.6g} MJ of power and heat out of {burnt:.6g} MJ "
                   "of fuel", refuses=True)
    elif generated.power > burnt * MOST_POWER:
        draft.find("efficiency-above-limit", f"{generated.power / burnt:.3f} of the fuel became power; the best plants "
                   "reach 0.64", refuses=True)
    elif 0 < generated.all + boiled < burnt * LEAST:
        draft.find("efficiency-unusual", f"only {(generated.all + boiled) / burnt:.3f} of the fuel became power and "
                   "heat")


def _assign(draft: Draft, context: Context) -> None:
    """Amounts of the sold energy, at most the record's own emissions, so no product of a mill on black liquor falls
    below zero. Products share the rest: by mass and by value energy gets no share."""
    worth = [_worth(context, output) if _is_sold(output) else ZERO for output in context.outputs]
    own = sum((draft.emitted(kind) for kind in ("onSite", "electricity", "heat")), ZERO)
    own += sum((supply.combustion or ZERO for supply in context.supplies), ZERO)
    total = sum(worth, ZERO)
    if total > own:
        draft.find("sold-energy-capped", f"bought, the energy sold would count {total:.6g} kg CO2; it carries the "
                   f"{own:.6g} kg that the mill emitted")
    for i, output in enumerate(context.outputs):
        if _is_sold(output):
            if worth[i] == 0:
                draft.find("sold-energy-unpriced", f"no factor is known for energy sold here: {output.lot}")
            draft.assign(i, "fossilGhgEmissions", worth[i] * min(own / total, Decimal(1)) if total > 0 else ZERO)
    if any(_is_sold(output) for output in context.outputs):
        _weigh(draft, context)


def _weigh(draft: Draft, context: Context) -> None:
    carrying = [(one, one.role in CARRYING_ROLES and not is_energy(one.quantity)) for one in context.outputs]
    draft.weigh("mass", [one.mass or ZERO if carries else ZERO for one, carries in carrying])
    if all(one.value is not None for one, carries in carrying if carries):
        draft.weigh("value", [one.value or ZERO if carries else ZERO for one, carries in carrying])


def _worth(context: Context, output: OutputFacts) -> Decimal:
    """Kg CO2 of the same energy as an output, if bought."""
    # The sector's own defaults: with factor sets in force, a draft makes no line of bought energy.
    fields = {name: getattr(context, name) for name in context.__struct_fields__}
    other = Draft(Context(**(fields | {"sets": False})))
    power = is_power(output.quantity)
    supply = SupplyFacts(index=-1, material="electricity" if power else "heat", quantity=output.quantity, mass=None,
                         nature=False, priced=False)
    if power:
        other.buy_power(supply)
    else:
        other.buy_heat(supply)
    return other.emitted("electricity") + other.emitted("heat")
