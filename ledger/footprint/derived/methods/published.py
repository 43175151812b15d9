"""Published values of parameters by material, with their sources. The table is `published.csv` beside this module;
whoever may read files reads its rows. `status` is `read`, or `recalled` where the source could not be checked: such a
value stays flagged in every answer."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

COLUMNS: Final = ("name", "material", "value", "source", "year", "status")
STATUSES: Final = ("read", "recalled")
ANY: Final = "*"


class PublishedValue(NamedTuple):
    """`value` is a decimal in text."""

    value: str
    citation: str
    recalled: bool


Published = Mapping[tuple[str, str], PublishedValue]


def published_values(rows: Iterable[Mapping[str, str]]) -> Published:
    """Values by parameter and material; the material `*` is any."""
    return {
        (row["name"], row["material"]): PublishedValue(
            row["value"], f"{row['source']} ({row['year']})", row["status"] == "recalled"
        )
        for row in rows
    }


def find(published: Published, name: str, material: str) -> PublishedValue | None:
    return published.get((name, material), published.get((name, ANY)))
