"""What the routes of an integrated works ask of an activity, each process a record of its own."""

from collections.abc import Mapping
from typing import Final

from carbon_ledger_steel.furnace import Charge
from carbon_ledger_steel.named import Slag, WasteGas
from ledger.sdk import Activity, Context, Fraction, FuelAnalysis, Key, invalid_activity


class Process(Activity, frozen=True, kw_only=True):
    """What every process with a carbon balance may say.

    `analyses`: heating value, carbon and biogenic share that the site measured of fuels and reductants; of what does
    not burn away they count with all of their carbon, and say no `oxidation`.
    `waste_gases`, `slags`: outputs that leave with an amount of their own instead of a share.
    `renewable_share`: of the electricity that comes as lots.
    """

    analyses: tuple[FuelAnalysis, ...] = ()
    waste_gases: tuple[WasteGas, ...] = ()
    slags: tuple[Slag, ...] = ()
    renewable_share: Fraction = "0"


class Reduction(Process, frozen=True, kw_only=True):
    """What furnaces that take ore or metal say besides.

    `charge`: kinds of input lots that cannot be told from their composition.
    `iron_content`: iron as a mass fraction of `ironOre`, `sinter`, `pellet`; typical grades where absent.
    """

    charge: tuple[Charge, ...] = ()
    iron_content: Mapping[Key, Fraction] = {}


_BURNT_WHOLLY: Final = "left out: a carbon balance counts all carbon that does not leave with an output"


def check_analyses(activity: Process, context: Context) -> None:
    """Raises PluginError for an analysis of what is not supplied, and for one that says how much oxidises."""
    supplied = {supply.material for supply in context.supplies}
    for i, one in enumerate(activity.analyses):
        if one.material not in supplied:
            raise invalid_activity(f"analyses[{i}].material", one.material, "the material of a supply of this record")
        if one.oxidation is not None:
            raise invalid_activity(f"analyses[{i}].oxidation", one.oxidation, _BURNT_WHOLLY)
