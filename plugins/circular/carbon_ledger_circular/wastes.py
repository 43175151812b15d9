"""What wastes are made of: carbon that burns, carbon that decays, and how fast; mixtures of them in an activity."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Final, Literal, NamedTuple

from ledger.sdk import ZERO, FactorTable, Fraction, Part, invalid_activity, read_factors, rows

PACKAGE: Final = "carbon_ledger_circular"
CLIMATES: Final = ("temperateDry", "temperateWet", "tropicalDry", "tropicalWet")

Kind = Literal[
    "paper", "textile", "food", "wood", "garden", "nappies", "rubber", "leather", "plastic", "inert", "metal", "glass",
    "sludge", "industrial", "clinical", "fossilLiquid", "mixed",
]
Climate = Literal["temperateDry", "temperateWet", "tropicalDry", "tropicalWet"]


class Waste(NamedTuple):
    """`dry_matter` of the wet waste, `carbon` of dry matter, `fossil` of the carbon; `degradable`: organic carbon that
    can decay, of the wet waste; `decay`: rate a year, by climate. None where the source has no value."""

    key: str
    dry_matter: Decimal | None
    carbon: Decimal | None
    fossil: Decimal | None
    degradable: Decimal | None
    decay: Mapping[str, Decimal]
    recalled: bool

    @property
    def name(self) -> str:
        """How a line names what it was computed with."""
        return f"circular-waste:{self.key}"


class Component(Part, frozen=True, kw_only=True):
    """`share` of the wet mass that is waste of this `kind`. `dry_matter`: as measured; kinds whose moisture varies too
    much for a default (`sludge`, `industrial`, `clinical`) need it to be burnt."""

    kind: Kind
    share: Fraction
    dry_matter: Fraction | None = None


@cache
def wastes() -> Mapping[str, Waste]:
    """The kinds of waste, by key."""
    found = {}
    for row in rows(PACKAGE, "waste.csv"):
        decay = {climate: Decimal(row[climate]) for climate in CLIMATES if row[climate]}
        found[row["key"]] = Waste(
            row["key"], _number(row["dry_matter"]), _number(row["carbon"]), _number(row["fossil"]),
            _number(row["doc"]), decay, row["status"] == "recalled",
        )
    return found


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def factors() -> FactorTable:
    """The sector's emission factors."""
    return read_factors(PACKAGE, "factors.csv", "circular")


def check_shares(field: str, components: Sequence[Component]) -> None:
    """Raises PluginError where shares do not add up to 1."""
    total = sum((Decimal(one.share) for one in components), ZERO)
    if components and total != 1:
        raise invalid_activity(field, f"{total:f} in all", "shares of the wet mass that add up to 1")


def carbon_of(field: str, one: Component) -> tuple[Decimal, Decimal]:
    """Kg of carbon per kg of the wet component, and the share of it that is fossil; raises PluginError where neither
    the table nor the activity says it."""
    waste = wastes()[one.kind]
    dry = Decimal(one.dry_matter) if one.dry_matter is not None else waste.dry_matter
    if dry is None or waste.carbon is None or waste.fossil is None:
        if waste.carbon is None:
            raise invalid_activity(f"{field}.kind", one.kind, "a kind whose carbon is known: say what it is made of")
        raise invalid_activity(f"{field}.dryMatter", one.dry_matter, f"stated: {one.kind} has no default")
    return dry * waste.carbon, waste.fossil
