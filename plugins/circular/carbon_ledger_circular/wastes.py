"""Kinds of waste: carbon that burns, carbon that decays, and its rate of decay; mixtures of kinds in an activity."""

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
    can decay, of the wet waste; `decay`: rate per year, by climate. None if the source has no value."""

    key: str
    dry_matter: Decimal | None
    carbon: Decimal | None
    fossil: Decimal | None
    degradable: Decimal | None
    decay: Mapping[str, Decimal]
    recalled: bool

    @property
    def name(self) -> str:
        """The factor name in lines."""
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
    kinds = {}
    for row in rows(PACKAGE, "waste.csv"):
        decay = {climate: Decimal(row[climate]) for climate in CLIMATES if row[climate]}
        kinds[row["key"]] = Waste(
            row["key"], _number(row["dry_matter"]), _number(row["carbon"]), _number(row["fossil"]),
            _number(row["doc"]), decay, row["status"] == "recalled",
        )
    return kinds


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def factors() -> FactorTable:
    """The sector's emission factors."""
    return read_factors(PACKAGE, "factors.csv", "circular")


def check_shares(field: str, components: Sequence[Component]) -> None:
    """Raises PluginError if shares do not add up to 1."""
    total = sum((Decimal(one.share) for one in components), ZERO)
    if components and total != 1:
        raise invalid_activity(field, f"{total:f} in total", "shares of the wet mass that add up to 1")


def carbon_of(field: str, component: Component) -> tuple[Decimal, Decimal]:
    """Kg of carbon per kg of the wet component, and its fossil share; raises PluginError if neither the table nor the
    activity has a value."""
    waste = wastes()[component.kind]
    dry = Decimal(component.dry_matter) if component.dry_matter is not None else waste.dry_matter
    if dry is None or waste.carbon is None or waste.fossil is None:
        if waste.carbon is None:
            raise invalid_activity(
                f"{field}.kind", component.kind, "a kind with a carbon content in waste.csv: state its parts by kind",
            )
        raise invalid_activity(f"{field}.dryMatter", component.dry_matter, f"stated: {component.kind} has no default")
    return dry * waste.carbon, waste.fossil
