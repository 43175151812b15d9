"""Dismantling of used products: fluids and gases first, then parts for reuse, then materials and the rest."""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_circular.common import RECOVERED
from carbon_ledger_circular.sorting import Sorting, sort
from ledger.sdk import (
    ZERO,
    Assessment,
    Context,
    Draft,
    Key,
    Part,
    Quantity,
    convert,
    gas_of,
    invalid_activity,
    kilograms,
    potential_of,
)

COUNTED: Final = ("H87", "C62", "EA", "PR", "DZN", "MIL")
"""Units of pieces: a counted output is reused as a part."""

DEPOLLUTED: Final = ("vehicle", "appliance", "transformer", "ship")
"""Items whose oils, coolants and gases have to be removed before cutting (China's GB 22128 for vehicles)."""
GASES: Final = ("HFC134a", "SF6", "CHF3", "CF4", "C2F6")
"""Gases in products with a warming potential in the ledger."""

Item = Literal[
    "vehicle", "engine", "machine", "appliance", "electronics", "battery", "transformer", "photovoltaicModule",
    "windTurbine", "ship", "building",
]


PROOFS: Final = ("destructionCertificate", "gasBalance")
"""Kinds of evidence that gases were recovered."""


class Held(Part, frozen=True, kw_only=True):
    """`held`: kg of `gas` (such as `HFC134a`, `SF6`) in the products as they came. `recovered`: kg of it that were
    collected; the rest escaped."""

    gas: Key
    held: Quantity
    recovered: Quantity | None = None


class Dismantling(Sorting, frozen=True, kw_only=True):
    """How products were dismantled; every field may be left out. Supplies as in `sorting`.

    Outputs: parts for reuse in pieces, materials by mass, residue as waste. A core keeps the product of an
    input, or is a part of a core.
    `item`: its kind. `gases`: refrigerants and insulating gases in it.
    """

    item: Item | None = None
    gases: tuple[Held, ...] = ()


def assess(context: Context, activity: Sorting) -> Assessment:
    """As sorting; with escaped gas and the parts for reuse.

    Gas lost = held - recovered (IPCC 2006 Guidelines, volume 3, 7.5, emissions at the end of life).
    """
    draft = sort(context, activity)
    came = context.mass_taken()
    if came == 0:
        return draft.assessment()
    if isinstance(activity, Dismantling):
        _release(draft, activity)
        if context.questions:
            _check_gases(draft, context, activity)
        if activity.item in DEPOLLUTED and activity.methods and "depollution" not in activity.methods:
            draft.find(
                "not-depolluted", f"fluids and gases come out of a {activity.item} before it is cut",
            )
    _count(draft, context, activity.units, came)
    return draft.assessment()


def _release(draft: Draft, activity: Dismantling) -> None:
    for i, gas in enumerate(activity.gases):
        held = kilograms(gas.held, f"gases[{i}].held")
        recovered = ZERO
        if gas.recovered is not None:
            recovered = kilograms(gas.recovered, f"gases[{i}].recovered")
        if recovered > held:
            raise invalid_activity(f"gases[{i}].recovered", gas.recovered, f"at most {held:f} kg, the gas held")
        if gas.gas in GASES:
            draft.carbon(gas.gas, held - recovered, kind="treatment", gas=gas.gas)
        elif held > recovered:
            draft.omit(f"{gas.gas} lost in dismantling")


def _check_gases(draft: Draft, context: Context, activity: Dismantling) -> None:
    """Gas that is among the materials of used products leaves in an output, or the activity says where it went."""
    stated = {gas_of(one.gas) for one in activity.gases}
    held: dict[str, Decimal] = {}
    for sign, flows in ((1, context.inputs), (-1, context.outputs)):
        for flow in flows:
            for material, share in flow.materials.items():
                gas = gas_of(material)
                if gas is not None and gas not in stated:
                    held[gas] = held.get(gas, ZERO) + sign * share * (flow.mass or ZERO)
    for gas, mass in held.items():
        if mass > 0 and not context.shows(*PROOFS):
            draft.warn("gas-unaccounted", f"{mass:.6g} kg of {gas} came in used products, and neither the activity nor "
                       "an output has it", emits={"CO2e": mass * potential_of(gas)})


def _count(draft: Draft, context: Context, units: int | None, came: Decimal) -> None:
    parts = [output for output in context.outputs if output.role in RECOVERED and output.quantity.unit in COUNTED]
    draft.indicate("partsRecovered", sum((output.mass or ZERO for output in parts), ZERO) / came)
    taken = [lot.quantity for lot in context.inputs if lot.quantity.unit in COUNTED]
    pieces = sum((convert(one.amount, one.unit, "H87") for one in taken), ZERO)
    if units is not None and pieces not in (ZERO, units):
        draft.find("units-differ", f"{units} products dismantled, {pieces:f} were taken")
    if units is not None or pieces > 0:
        draft.indicate("unitsDismantled", pieces or Decimal(units or 0))
