"""Activity fields that the furnaces share: the charge, and the iron content of the ores."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal, Protocol

from ledger.sdk import Activity, Context, Fraction, Key, Name, Part, invalid_activity

ORES: Final[Mapping[str, Decimal]] = {
    "ironOre": Decimal("0.62"),  # the grade to which iron ore fines are priced
    "sinter": Decimal("0.57"),
    "pellet": Decimal("0.65"),
}
"""Iron carriers that have to be reduced, with their default iron content."""

Kind = Literal[
    "scrap", "pigIron", "directReducedIron", "crudeSteel", "ferrochrome", "ferronickel", "ferromolybdenum", "ore",
    "other",
]


class Charge(Part, frozen=True, kw_only=True):
    """The kind of an input lot whose composition does not tell it: `other` is no metal."""

    lot: Name
    kind: Kind


class Charging(Protocol):
    """An activity of a furnace that is charged with metal or ore."""

    @property
    def charge(self) -> tuple[Charge, ...]: ...

    @property
    def iron_content(self) -> Mapping[Key, Fraction]: ...


class Furnace(Activity, frozen=True, kw_only=True):
    """Fields of both steelmaking routes.

    `charge`: kinds of input lots that their composition does not tell.
    `iron_content`: iron as a mass fraction of `ironOre`, `sinter`, `pellet`; typical grades if absent.
    `renewable_share`: of the electricity that comes as lots.
    `heats`: number of heats tapped.
    """

    charge: tuple[Charge, ...] = ()
    iron_content: Mapping[Key, Fraction] = {}
    renewable_share: Fraction = "0"
    heats: int | None = None


def check_furnace(activity: Furnace, context: Context) -> None:
    """Raises PluginError for values that no furnace can have."""
    check_heats(activity.heats)
    check_charge(activity, context)


def check_heats(heats: int | None) -> None:
    if heats is not None and heats < 1:
        raise invalid_activity("heats", heats, "a number of heats above zero")


def check_charge(activity: Charging, context: Context) -> None:
    """Raises PluginError for a lot that is no input and for an unknown ore."""
    lots = {taken.lot for taken in context.inputs}
    for i, named in enumerate(activity.charge):
        if named.lot not in lots:
            raise invalid_activity(f"charge[{i}].lot", named.lot, "an input lot of this record")
    for material in activity.iron_content:
        if material not in ORES:
            raise invalid_activity(f"ironContent.{material}", material, "one of " + ", ".join(ORES))
