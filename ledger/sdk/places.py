"""The places in which to look for a factor: a subdivision, its grid region, the country. And ratings of its fit.

The ratings come from PACT (Pathfinder Framework, table of data quality indicators), 1 (best) to 3:

    time       1 data of the reporting year; 2 less than 5 years old; 3 older
    geography  1 the place itself; 2 a region or country around it; 3 anywhere, or unknown

PACT also gives 1 to a country's figure for the country's parts. But the grids of China's provinces differ more than the
grids of many countries, so here only the requested place itself gets 1.
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
    """The places of a facility, with its province's grid region inserted between province and country.

    A subdivision whose grid does not belong to the mainland (Hong Kong, Macao, Taiwan) has no wider place, because the
    national average excludes it. Raises PluginError for an unknown province of China.
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
                f"{place} is not a province of China", code="unknown-place", field="facility.subdivision", value=place,
                rule="an ISO 3166-2 code of China: " + ", ".join(regions),
            )
    return tuple(widened)


@cache
def _regions() -> Mapping[str, str]:
    return {row["subdivision"]: row["region"] for row in rows("ledger.sdk.data", "regions-china.csv")}


def time_rating(years: int) -> Rating:
    """PACT's rating of a factor that is `years` years older than the activity."""
    return 1 if years == 0 else 2 if 0 < years < _RECENT else 3


def geography_rating(asked: str, chosen: str) -> Rating:
    """PACT's rating with the stricter rule of this module, for a factor of place `chosen`."""
    return 1 if chosen == asked else 3 if chosen == ANYWHERE else 2
