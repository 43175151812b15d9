"""Utilisation of bulk industrial solid waste by its kind: tailings, slags, ash, gypsum, red mud, gangue."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_circular.waste_use import USED, WasteUse, use
from ledger.sdk import Assessment, Context, Draft, kilograms

USUAL_USES: Final[Mapping[str, tuple[str, ...]]] = {
    "tailings": ("backfill", "brick", "aggregate", "roadBase", "metalRecovery", "cementAddition"),
    "coalGangue": ("backfill", "brick", "aggregate", "roadBase", "cementAddition"),
    "flyAsh": ("cementAddition", "concreteAddition", "brick", "aggregate", "roadBase", "backfill", "soilConditioner"),
    "bottomAsh": ("brick", "aggregate", "roadBase", "backfill", "cementAddition"),
    "blastFurnaceSlag": ("cementAddition", "concreteAddition", "aggregate", "roadBase", "brick"),
    "steelSlag": ("metalRecovery", "roadBase", "aggregate", "cementAddition", "brick", "soilConditioner"),
    "smeltingSlag": ("metalRecovery", "cementAddition", "aggregate", "roadBase", "backfill"),
    "desulphurisationGypsum": ("board", "cementAddition", "brick", "soilConditioner"),
    "phosphogypsum": ("board", "cementAddition", "brick", "roadBase", "backfill", "soilConditioner"),
    "redMud": ("metalRecovery", "cementAddition", "brick", "roadBase"),
}
"""Usual uses of each kind, as its chemistry allows: gypsum sets, slag and ash bind, tailings and gangue fill."""

LEACHING: Final = ("tailings", "smeltingSlag", "phosphogypsum", "redMud", "steelSlag")
"""Kinds that may leach metals, fluoride or alkali, and whose use on land needs a test first (China's GB 18599)."""
ON_LAND: Final = ("roadBase", "backfill", "soilConditioner")

Kind = Literal[
    "tailings", "coalGangue", "flyAsh", "bottomAsh", "blastFurnaceSlag", "steelSlag", "smeltingSlag",
    "desulphurisationGypsum", "phosphogypsum", "redMud",
]


class BulkSolidWaste(WasteUse, frozen=True, kw_only=True):
    """How a bulk solid waste was used; all but `waste` may be left out. Supplies as in `wasteUse`.

    `waste`: its kind. `leaching_tested`: whether its leaching to water was tested for this use. For gypsum,
    `moisture_loss` includes the crystal water that calcining drives out. State `generated` in one record for each
    source and period: the amounts add up.
    """

    waste: Kind
    leaching_tested: bool = False


def assess(context: Context, activity: BulkSolidWaste) -> Assessment:
    """As use of waste; with an indicator of the waste that arose at its source.

    Use rate of a period = sum of `solidWasteUsed` / sum of `solidWasteArisen`, of records of the same sources.
    """
    draft = use(context, activity)
    if context.mass_taken(*USED) == 0:
        return draft.assessment()
    _check_use(draft, activity)
    if activity.generated is not None:
        generated = kilograms(activity.generated, "generated")
        draft.indicate("solidWasteArisen", generated / Decimal(1000))
    return draft.assessment()


def _check_use(draft: Draft, activity: BulkSolidWaste) -> None:
    if activity.use != "other" and activity.use not in USUAL_USES[activity.waste]:
        usual = ", ".join(USUAL_USES[activity.waste])
        draft.find("use-unusual", f"{activity.waste} as {activity.use}: usual are {usual}")
    if activity.waste in LEACHING and activity.use in ON_LAND and not activity.leaching_tested:
        draft.find("leaching-untested", f"{activity.waste} goes on land as {activity.use} without a leaching test")
