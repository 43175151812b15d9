"""Shared code of the electronics routes: factors, energy, yields by pieces and by mass."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from ledger.sdk import (
    CARRYING_ROLES,
    ZERO,
    Activity,
    Context,
    Draft,
    FactorTable,
    Fraction,
    FuelAnalysis,
    Quantity,
    amount_in,
    convert,
    draft_with_energy,
    invalid_activity,
    read_factors,
)

MJ_PER_KWH: Final = Decimal("3.6")
COUNTED: Final = ("H87", "C62", "EA", "PR", "DZN", "MIL")
"""Units of pieces."""


class Work(Activity, frozen=True, kw_only=True):
    """Fields of every electronics route.

    `started`: pieces (wafers, cells, modules) that entered the line for these products, which are then counted in
    pieces. `renewable_share`: of the electricity that comes as declared lots. `analyses`: of fuels, by the site.
    """

    started: Quantity | None = None
    renewable_share: Fraction = "0"
    analyses: tuple[FuelAnalysis, ...] = ()


def factors() -> FactorTable:
    """The sector's factors: kg of gas emitted per kg of gas used."""
    return read_factors("carbon_ledger_electronics", "factors.csv", "electronics")


def begin(context: Context, activity: Work) -> tuple[Draft, Decimal]:
    """A draft with energy priced, and the electricity in kWh."""
    draft, power = draft_with_energy(context, activity)
    return draft, power


def check_pieces(draft: Draft, context: Context, activity: Work, least: Decimal) -> None:
    """Yield = pieces of product / pieces started: above 1 refuses, below `least` warns.

    Raises InvalidQuantity if `started` is no number of pieces, PluginError if products are not counted in pieces.
    """
    if activity.started is None:
        return
    started = amount_in(activity.started, "H87", "started")
    made = ZERO
    for output in context.outputs:
        if output.role == "product":
            if output.quantity.unit not in COUNTED:
                raise invalid_activity("started", activity.started, "absent unless all products are counted in pieces")
            made += convert(output.quantity.amount, output.quantity.unit, "H87")
    if made > started:
        draft.find("yield", f"{made:f} pieces out of {started:f} that were started", refuses=True)
    elif made < started * least:
        draft.find("yield", f"only {made:f} pieces out of {started:f} that were started")
    draft.indicate("yieldRate", made / started)


def check_mass(draft: Draft, context: Context, came: Decimal) -> None:
    """Refuses products heavier than the `came` kg of materials that can become a product."""
    made = context.mass_out(*CARRYING_ROLES)
    if came > 0 and made > came:
        draft.find("material-yield", f"{made:f} kg of products out of {came:f} kg of materials", refuses=True)
    if came > 0 and made > 0:
        draft.indicate("materialYield", made / came)


def mass_named(
    context: Context, words: Sequence[str], never: Sequence[str] = (), in_lots: Sequence[str] = ()
) -> Decimal | None:
    """Kg of supplies and lots whose materials have one of these parts of names, and no part of `never`; a lot without
    materials may be all of them. `in_lots`: the parts of names of the materials of lots, if they are others. None if
    the mass of such a thing is unknown."""
    total = ZERO
    for supply in context.supplies:
        if says(supply.material, words, never):
            if supply.mass is None:
                return None
            total += supply.mass
    for taken in context.inputs:
        share = sum((share for name, share in taken.materials.items() if says(name, in_lots or words, never)), ZERO)
        if share or not taken.materials:
            if taken.mass is None:
                return None
            total += taken.mass * (share if taken.materials else Decimal(1))
    return total


def says(name: str, words: Sequence[str], never: Sequence[str] = ()) -> bool:
    """Whether a name has one of these parts, and no part of `never`. Silicones are sealants and no silicon, and
    cellulose is no cell."""
    plain = name.lower().replace("silicone", "").replace("cellulose", "")
    return any(word in plain for word in words) and not any(word in plain for word in never)


def own_emissions(draft: Draft, context: Context) -> Decimal:
    """Kg of CO2 of the record itself: on site, of power, of heat, and of fuels by the suppliers' combustion factors."""
    burnt = sum((supply.combustion or ZERO for supply in context.supplies), ZERO)
    return draft.emitted("onSite") + draft.emitted("electricity") + draft.emitted("heat") + burnt
