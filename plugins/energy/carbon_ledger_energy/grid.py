"""Grid power that becomes lots, and a microgrid that brings lots of power from plants to users."""

from decimal import Decimal
from typing import Final

from carbon_ledger_energy.common import (
    MJ_PER_KWH,
    Selling,
    carrying,
    check_outputs,
    converted,
    power_of,
    share_by_energy,
)
from ledger.sdk import Activity, Assessment, Context, Draft, book_energy, is_fuel, leak_gases

# Lines and transformers of a works lose 1 to 8 %.
_LARGEST_LOSS: Final = Decimal("0.12")


class GridImport(Selling, frozen=True, kw_only=True):
    """Power bought from the grid, as lots for the site.

    Supplies: `electricity`, at the grid's average of province and year (location-based) and by the residual mix
    (market-based), unless it brings a declaration or factor of its own. Outputs: electricity behind the transformer.
    """


class Microgrid(Activity, frozen=True, kw_only=True):
    """Lots of power of several sources come in, and go to users.

    Inputs: electricity. Outputs: electricity, each lot with the same mix of all inputs. Attributes, not wires, decide
    whose power is green. The activity has no fields.
    """


def assess_import(context: Context, activity: GridImport) -> Assessment:
    """Emissions = bought * average of the grid; the site uses the loss on the way."""
    draft = Draft(context)
    leak_gases(draft, context)
    check_outputs(draft, context, power=True, heat=False)
    share_by_energy(draft, context)
    if context.inputs:
        draft.find("not-of-the-grid", "grid power is a supply, but the record takes lots: use `energy.microgrid` for "
                   "lots of power", refuses=True)
    bought = Decimal(0)
    for supply in context.supplied("electricity"):
        market = None
        if activity.residual_mix is not None:
            market = supply.amount("KWH") * Decimal(activity.residual_mix)
        bought += draft.buy_power(supply, market=market)
    for supply in context.supplies:
        if is_fuel(supply):
            draft.burn(supply)
    draft.indicate("importedElectricity", bought)
    return _delivered(draft, context, bought)


def assess_microgrid(context: Context, activity: Microgrid) -> Assessment:
    """No emissions; the burden of line losses stays with the delivered power."""
    draft = Draft(context)
    leak_gases(draft, context)
    check_outputs(draft, context, power=True, heat=False)
    share_by_energy(draft, context)
    return _delivered(draft, context, book_energy(draft, context))


def _delivered(draft: Draft, context: Context, entered: Decimal) -> Assessment:
    delivered = power_of(carrying(context))
    if delivered > entered:
        draft.find("power-appears", f"{delivered:f} kWh come out, {entered:f} kWh went in", refuses=True)
    elif entered > 0:
        loss = 1 - delivered / entered
        draft.indicate("lossRate", loss)
        if loss > _LARGEST_LOSS:
            draft.find("loss-unusual", f"{loss:.3f} of the power is lost on lines and transformers")
    return converted(draft.assessment(), delivered * MJ_PER_KWH)
