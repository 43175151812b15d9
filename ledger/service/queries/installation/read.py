"""An installation in a calendar year with its upstream installations, for exchanges that report by installation."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from ledger.core.record.kinds import Facility
from ledger.core.record.units import POWER_UNITS, UNITS
from ledger.errors import InvalidInput, NotFound
from ledger.host.threads import in_thread
from ledger.sdk import Installations, InstallationYear, Production, TakenLot
from ledger.service.access.sight import EVERYTHING, Sight
from ledger.service.queries.chain.load import pinned
from ledger.service.queries.installation.rows import (
    InstallationRows,
    evidence_of,
    production,
    read_codes,
    read_facilities,
    read_facility,
    read_year,
    tonnes_of,
)
from ledger.service.queries.installation.sources import LotOrigin, LotSource, OriginPart, read_sources
from ledger.service.queries.inventory.read import span_of
from ledger.service.queries.inventory.rows import year_span
from ledger.service.queries.tree_size import AsOf, as_of_size
from ledger.store.database import DatabasePool

MAX_RECORDS: Final = 20_000
"""The most records of one facility, and the most productions of all installations, that a query reads."""
MAX_INSTALLATIONS: Final = 100
"""The most pairs of installation and year that a query reads."""
_UNBURDENED: Final = ("waste", "core", "credit", "attribute")


class InstallationRequest(NamedTuple):
    """One installation in one year."""

    facility: str
    year: int


async def read_installations(
    pool: DatabasePool, facility: str, year: int, at: int | None = None, sight: Sight = EVERYTHING
) -> Installations:
    """The productions of a facility in a year, now or as of the tree of `at` entries, with its upstream installations
    that the caller sees.

    The upstream installations are the makers of inputs whose own figures may count: the facility itself in other years,
    makers of goods with a CN code and a valid attestation, makers of heat, and makers of electricity by contract or
    direct line. Raises NotFound for a facility that is not on
    the ledger, and for a year in which it made nothing; InvalidInput for a year out of range, an invalid tree size, and
    for too many installations or records.
    """
    span_of(year)
    as_of = await pinned(pool, await as_of_size(pool, at))
    first = InstallationRequest(facility, year)
    installations: list[InstallationYear] = []
    waiting, seen, records = deque([first]), {first}, 0
    while waiting:
        request = waiting.popleft()
        installation = await _read_installation(pool, request, as_of, sight)
        if not installation.productions and request == first:
            raise NotFound(f"facility {facility!r} made nothing in {year}", code="no-records", field="year", value=year,
                           rule="a year in which a transformation of the facility ended")
        if request != first and not sight.of_own(installation.operator):
            continue
        installations.append(installation)
        records += len(installation.productions)
        _check_size(len(seen), records)
        for upstream in _upstream(installation):
            if upstream not in seen:
                seen.add(upstream)
                waiting.append(upstream)
    return Installations(at=as_of.size, installations=installations)


def _check_size(installations: int, records: int) -> None:
    if installations > MAX_INSTALLATIONS or records > MAX_RECORDS:
        raise InvalidInput(
            f"too many upstream installations: {installations} pairs of installation and year "
            f"with {records:,} records so far",
            code="too-many-installations", field="facility",
            rule=f"at most {MAX_INSTALLATIONS} pairs of installation and year with {MAX_RECORDS:,} records",
        )


async def _read_installation(
    pool: DatabasePool, request: InstallationRequest, as_of: AsOf, sight: Sight
) -> InstallationYear:
    facility = await read_facility(pool, request.facility, as_of)
    if facility is None:
        raise NotFound(f"facility {request.facility!r} is not on the ledger", code="unknown-facility", field="facility",
                       value=request.facility, rule="the id of a facility")
    records = await read_year(pool, facility, year_span(request.year), as_of, MAX_RECORDS)
    sources = await read_sources(pool, [lot for record in records for lot, _ in record.flows], as_of, sight)
    products = {row["product"] for record in records for row in record.made}
    products |= {origin.product for source in sources.values() for origin in source.parts}
    codes = await read_codes(pool, products, as_of)
    makers = {origin.facility for source in sources.values() for origin in source.parts if origin.facility is not None}
    places = await read_facilities(pool, makers, as_of)
    facts = _InstallationFacts(sources, codes, places)
    return await in_thread(_installation, facility, request.year, records, facts)


class _InstallationFacts(NamedTuple):
    """The lots that an installation took, by number; the CN codes of products; and the facilities of makers."""

    sources: Mapping[int, LotSource]
    codes: Mapping[str, str]
    places: Mapping[str, Facility]


def _installation(
    facility: Facility, year: int, records: Sequence[InstallationRows], facts: _InstallationFacts
) -> InstallationYear:
    return InstallationYear(
        facility=facility.id, operator=facility.issuer, country=facility.country, subdivision=facility.subdivision,
        year=year, productions=[_production(record, facts) for record in records],
    )


def _production(rows: InstallationRows, facts: _InstallationFacts) -> Production:
    taken = [
        lot for number, quantity in rows.flows for lot in _taken(rows, facts.sources[number], float(quantity), facts)
    ]
    return replace(production(rows, facts.codes), taken=taken)


class _TakenSource(NamedTuple):
    """A lot that a record took. `scale`: the taken fraction; `evidence`: the kind of document that proves the contract
    or direct line of electricity."""

    source: LotSource
    scale: float
    evidence: str | None


def _taken(rows: InstallationRows, source: LotSource, quantity: float, facts: _InstallationFacts) -> Iterator[TakenLot]:
    evidence = evidence_of(rows.record, source.id) if source.unit in POWER_UNITS else None
    taken = _TakenSource(source, quantity / float(source.quantity), evidence)
    for origin, part in source.parts.items():
        yield _part(taken, origin, part, facts)


def _part(taken: _TakenSource, origin: LotOrigin, part: OriginPart, facts: _InstallationFacts) -> TakenLot:
    """The part of a taken lot that has one origin."""
    source, whole = taken.source, taken.scale * part.fraction
    place = None if origin.facility is None else facts.places.get(origin.facility)
    tonnes = tonnes_of(source.mass)
    return TakenLot(
        lot=source.id, product=origin.product, role=source.role, quantity=whole * float(source.quantity),
        unit=source.unit, carried=whole * source.carried, electricity=whole * source.electricity,
        kilowatt_hours=whole * source.kilowatt_hours, made=taken.scale * part.made,
        tonnes=None if tonnes is None else whole * tonnes, cn=facts.codes.get(origin.product),
        facility=origin.facility, country=None if place is None else place.country, process=origin.process,
        year=origin.year, attested=origin.attested, declared=origin.declared, evidence=taken.evidence,
    )


def _upstream(installation: InstallationYear) -> Iterable[InstallationRequest]:
    """The installations and years whose own figures may count in this one."""
    for made in installation.productions:
        for taken in made.taken:
            if taken.facility is None or taken.year is None or taken.declared is not None:
                continue
            if taken.role not in _UNBURDENED and _may_count(taken, installation.facility):
                yield InstallationRequest(taken.facility, taken.year)


def _may_count(taken: TakenLot, facility: str) -> bool:
    if taken.facility == facility:
        return True
    if taken.unit in POWER_UNITS:
        return taken.evidence is not None
    energy = taken.unit in UNITS and UNITS[taken.unit].dimension == "energy"
    return energy or (taken.cn is not None and taken.attested is not None)
