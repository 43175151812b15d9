"""Published values of parameters by material, with their sources. The table is `published.csv` beside this module; the
service layer reads its rows, since this module does no IO. `status` is `read`, or `recalled` if the source could not be
checked: every answer flags such a value."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

COLUMNS: Final = ("name", "material", "value", "source", "year", "status")
STATUSES: Final = ("read", "recalled")
ANY: Final = "*"


class PublishedValue(NamedTuple):
    """`value`: a decimal string."""

    value: str
    citation: str
    recalled: bool


Published = Mapping[tuple[str, str], PublishedValue]


def published_values(rows: Iterable[Mapping[str, str]]) -> Published:
    """Values by parameter and material. The material `*` stands for all materials."""
    return {
        (row["name"], row["material"]): PublishedValue(
            row["value"], f"{row['source']} ({row['year']})", row["status"] == "recalled"
        )
        for row in rows
    }


def find(published: Published, name: str, material: str) -> PublishedValue | None:
    return published.get((name, material), published.get((name, ANY)))
