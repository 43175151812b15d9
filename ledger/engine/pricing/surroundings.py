"""Where and when a record's supplies are bought, and how well a row of a factor set fits that."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from ledger.admission.facts import Facts, SiteFacts
from ledger.core.record.kinds import AnyRecord, Closing, Consumption, Declaration, Transfer, Transformation
from ledger.core.record.values import Evidence
from ledger.sdk import ANYWHERE, FactorSetVersion, SetFactor
from ledger.sdk import places as place_ratings
from ledger.sdk.sets.lookup import entry_of, places_around

_SECONDARY: Final = 2


class Surroundings(NamedTuple):
    """Where and when a record's supplies are bought: `places` from the narrowest to the world. `evidence` of the
    record, by which its own factors count as primary."""

    places: tuple[str, ...]
    year: int
    evidence: Sequence[Evidence] = ()


def with_aliases(around: Surroundings, materials: Sequence[str], sets: Sequence[FactorSetVersion]) -> Surroundings:
    """The surroundings, in whose evidence a document about a material also speaks of the `materials` that are other
    names of it: `deliveryNotes:scrap` of `steelScrap`."""
    return around._replace(evidence=[*around.evidence, *_by_other_names(around.evidence, materials, sets)])


def _by_other_names(
    evidence: Sequence[Evidence], materials: Sequence[str], sets: Sequence[FactorSetVersion]
) -> Iterator[Evidence]:
    for document in evidence:
        kind, _, about = document.kind.partition(":")
        known = entry_of(sets, about) if about else None
        if known is None:
            continue
        for material in sorted(set(materials) - {about}):
            other = entry_of(sets, material)
            if other is not None and other[1].key == known[1].key:
                yield replace(document, kind=f"{kind}:{material}")


def surroundings_of(record: AnyRecord, facts: Facts) -> Surroundings:
    """Raises PluginError for a facility in an unknown province."""
    match record:
        case Transformation() | Closing():
            evidence = record.evidence if isinstance(record, Transformation) else ()
            return Surroundings(_around_site(facts.facilities[record.facility]), int(record.end[:4]), evidence)
        case Declaration(facility=str() as name) if _operates(record.issuer, facts.facilities.get(name)):
            return Surroundings(_around_site(facts.facilities[name]), int(record.end[:4]), record.evidence)
        case Declaration():
            return Surroundings((ANYWHERE,), int(record.end[:4]), record.evidence)
        case Consumption(facility=str() as name) if name in facts.facilities:
            return Surroundings(_around_site(facts.facilities[name]), int(record.time[:4]))
        case Transfer() | Consumption():
            return Surroundings((ANYWHERE,), int(record.time[:4]))
        case _:
            return Surroundings((ANYWHERE,), 0)


def _operates(issuer: str, site: SiteFacts | None) -> bool:
    """A site of another organisation gives a declaration no place: the amounts in question would tell its country."""
    return site is not None and site.operator == issuer


def _around_site(site: SiteFacts) -> tuple[str, ...]:
    return places_around((site.subdivision, site.country) if site.subdivision else (site.country,))


def ratings_of(factor: SetFactor, around: Surroundings) -> tuple[int, int, int]:
    """PACT's technology, time and geography scores of a row that the look-up chose."""
    return (
        _SECONDARY, place_ratings.time_rating(around.year - factor.year),
        place_ratings.geography_rating(around.places[0], factor.place),
    )
