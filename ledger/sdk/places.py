"""Where a factor is looked for: a subdivision, then its grid region, then the country; and how well it then fits.

Ratings are those of PACT (Pathfinder Framework, table of data quality indicators), 1 best to 3:

    time       1 data of the reporting year; 2 less than 5 years old; 3 older
    geography  1 the place itself; 2 a region or country around it; 3 anywhere, or unknown

PACT gives 1 to a country's figure for its parts too. The grids of China's provinces differ more than those of many
countries, so here only the place that was asked for is 1.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from ledger.errors import PluginError
from ledger.sdk.tables import rows

ANYWHERE: Final = "*"
_CHINA: Final = "CN-"
_RECENT: Final = 5

Rating = int


def wider_places(places: Sequence[str]) -> tuple[str, ...]:
    """The places of a facility with its province's grid region put between province and country.

    A subdivision whose grid is none of the mainland's (Hong Kong, Macao, Taiwan) has nothing wider: the national
    average leaves it out. Raises PluginError for a province that China has not.
    """
    regions = _regions()
    widened: list[str] = []
    for place in places:
        widened.append(place)
        if place in regions:
            if not regions[place]:
                break
            widened.append(regions[place])
        elif place.startswith(_CHINA):
            raise PluginError(
                f"{place} is no province of China", code="unknown-place", field="facility.subdivision", value=place,
                rule="an ISO 3166-2 code of China: " + ", ".join(regions),
            )
    return tuple(widened)


@cache
def _regions() -> Mapping[str, str]:
    return {row["subdivision"]: row["region"] for row in rows("ledger.sdk.data", "regions-china.csv")}


def time_rating(years: int) -> Rating:
    """PACT's, of a factor that is so many years older than what it is used for."""
    return 1 if years == 0 else 2 if 0 < years < _RECENT else 3


def geography_rating(asked: str, found: str) -> Rating:
    """PACT's, as this module reads it."""
    return 1 if found == asked else 3 if found == ANYWHERE else 2
