"""Explains which factor the look-up chooses for a supply, and why."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from ledger.sdk.sets.factor_set import FactorSetVersion, SetBoundary
from ledger.sdk.sets.lookup import SetChoice, choose, places_around

_COUNTRY: Final = 2


class LookupStep(NamedTuple):
    """A place, and the years for which the set `tag` has factors there."""

    place: str
    tag: str
    years: tuple[int, ...]


class LookupAnswer(NamedTuple):
    """`choice` is None if no place has a factor. `steps`: the places up to the chosen one, narrowest first."""

    boundary: SetBoundary
    choice: SetChoice | None
    reason: str
    steps: tuple[LookupStep, ...]


def explain(
    sets: Sequence[FactorSetVersion], material: str, boundary: SetBoundary, place: str, year: int
) -> LookupAnswer:
    """The look-up for a facility at `place`, a country or one of its subdivisions. `sets` in the order of their
    precedence. Raises PluginError for an unknown province of China."""
    places = facility_places(place, boundary)
    choice = choose(sets, material, boundary, places, year)
    steps = []
    for looked_at in places:
        for version in sets:
            entry = version.entry(material)
            if entry is not None:
                years = sorted(version.years(entry.key, boundary, looked_at))
                steps.append(LookupStep(looked_at, version.tag, tuple(years)))
        if choice is not None and choice.factor.year <= year and choice.factor.place == looked_at:
            break
    return LookupAnswer(boundary, choice, _reason(choice, steps, year), tuple(steps))


def facility_places(place: str, boundary: str) -> tuple[str, ...]:
    """The places in which the ledger looks for a factor, narrowest first. It takes a residual mix of the country alone:
    a wider area says nothing about a country's attributes."""
    country = place.partition("-")[0]
    around = places_around(() if place == "*" else (place,) if place == country else (place, country))
    if boundary != "residual":
        return around
    return tuple([name for name in around if len(name) == _COUNTRY])[:1]


def _reason(choice: SetChoice | None, steps: Sequence[LookupStep], year: int) -> str:
    if choice is None:
        return f"no factor in {', '.join(dict.fromkeys(step.place for step in steps)) or 'any place'}"
    factor = choice.factor
    if factor.year > year:
        return (f"all factors are later than {year}: {factor.place} is the narrowest place that has one, "
                f"and {factor.year} is its earliest year")
    tied = [step.tag for step in steps if step.place == factor.place and factor.year in step.years]
    tie = f"; {choice.tag} has precedence over {', '.join(tied[1:])}" if len(tied) > 1 else ""
    when = f"of {year}" if factor.year == year else f"up to {year}, and {factor.year} is its latest year"
    return f"{factor.place} is the narrowest place with a factor {when}{tie}"
