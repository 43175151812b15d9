"""Activity fields of an integrated works' routes; each process is a separate record."""

from collections.abc import Mapping
from typing import Final

from carbon_ledger_steel.furnace import Charge
from carbon_ledger_steel.named import Slag, WasteGas
from ledger.sdk import Activity, Context, Fraction, FuelAnalysis, Key, invalid_activity


class Process(Activity, frozen=True, kw_only=True):
    """Fields of every process with a carbon balance.

    `analyses`: heating value, carbon and biogenic share that the site measured of fuels and reductants. The balance
    counts all of their carbon, so they state no `oxidation`.
    `waste_gases`, `slags`: outputs with an assigned amount instead of a share.
    `renewable_share`: of the electricity that comes as lots.
    """

    analyses: tuple[FuelAnalysis, ...] = ()
    waste_gases: tuple[WasteGas, ...] = ()
    slags: tuple[Slag, ...] = ()
    renewable_share: Fraction = "0"


class Reduction(Process, frozen=True, kw_only=True):
    """Further fields of furnaces that take ore or metal.

    `charge`: kinds of input lots that their composition does not tell.
    `iron_content`: iron as a mass fraction of `ironOre`, `sinter`, `pellet`; typical grades if absent.
    """

    charge: tuple[Charge, ...] = ()
    iron_content: Mapping[Key, Fraction] = {}


_BURNT_WHOLLY: Final = "absent: a carbon balance counts all carbon that does not leave with an output"


def check_analyses(activity: Process, context: Context) -> None:
    """Raises PluginError for an analysis of a material that is not supplied, and for an analysis with `oxidation`."""
    supplied = {supply.material for supply in context.supplies}
    for i, analysis in enumerate(activity.analyses):
        if analysis.material not in supplied:
            raise invalid_activity(
                f"analyses[{i}].material", analysis.material, "the material of a supply of this record",
            )
        if analysis.oxidation is not None:
            raise invalid_activity(f"analyses[{i}].oxidation", analysis.oxidation, _BURNT_WHOLLY)
