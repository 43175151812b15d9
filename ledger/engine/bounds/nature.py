"""Inputs of origin nature: only gifts of nature, and only in routes that take them from there.

A supply of origin nature has no upstream, so every other supply under this name would be free. Water and air may enter
every route (ISO 14044, 3.12: elementary flows); their mass explains the mass of outputs up to a maximum of the route
(see `matter`). Other inputs need a row of the route in its sector's `nature.csv`.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Final, NamedTuple

from ledger.core.record.values import Supply
from ledger.errors import Refused
from ledger.sdk import NaturalInput, rows

CODE: Final = "origin-nature"
WATER, AIR = "water", "air"
RENEWABLES: Final = ("sun", "wind", "waterPower", "geothermal")
AMBIENT: Final = "ambientHeat"
_SHOWN: Final = 20


class NaturalGroup(NamedTuple):
    """A group of the list. `everywhere`: every route may take it."""

    names: tuple[str, ...]
    everywhere: bool
    most: Decimal | None
    en: str


@cache
def groups() -> Mapping[str, NaturalGroup]:
    """The gifts of nature, by group."""
    return {
        row["group"]: NaturalGroup(
            tuple(row["names"].split(";")), row["everywhere"] == "yes",
            Decimal(row["most"]) if row["most"] else None, row["en"],
        ) for row in rows("ledger.sdk.data", "nature.csv")
    }


@cache
def group_of(material: str) -> str | None:
    """The first group that names a material; None if nature does not give it."""
    return next((group for group, natural in groups().items() if material in natural.names), None)


def most_of(group: str, route: Sequence[NaturalInput]) -> Decimal:
    """The maximum of a group by the route's own row, else by the list; zero without one."""
    for taken in route:
        if taken.group == group and taken.most is not None:
            return taken.most
    return groups()[group].most or Decimal(0)


def check_nature(supplies: Mapping[str, Supply], route: Sequence[NaturalInput], process: str) -> None:
    """`supplies` by field. Raises Refused that lists each supply of origin nature that is not allowed in `process`."""
    allowed = [group for group, natural in groups().items() if natural.everywhere]
    allowed += [taken.group for taken in route if taken.group in groups() and taken.group not in allowed]
    wrong = [
        (field, supply.material) for field, supply in supplies.items()
        if supply.origin == "nature" and not _is_of(supply.material, allowed)
    ]
    if not wrong:
        return
    field, material = wrong[0]
    listed = ", ".join([f"{field} ({name})" for field, name in wrong[:_SHOWN]])
    raise Refused(
        f"{listed}: not of origin nature in {process}", code=CODE, field=f"{field}.origin", value=material,
        rule="of origin nature are here: " + "; ".join([_described(group) for group in allowed])
        + "; leave `origin` out for all that is bought, and extract other materials in a route for it",
    )


def _is_of(material: str, allowed: Sequence[str]) -> bool:
    return any(material in groups()[group].names for group in allowed)


def _described(group: str) -> str:
    natural = groups()[group]
    more = ", ..." if len(natural.names) > _SHOWN else ""
    return f"{natural.en} ({', '.join(natural.names[:_SHOWN])}{more})"
