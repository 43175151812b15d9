"""An installation in a calendar year, with those behind it, for exchanges that report by installation."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from ledger.core.record.kinds import Facility
from ledger.core.record.units import POWER_UNITS, UNITS
from ledger.errors import InvalidInput, NotFound
from ledger.sdk import Installations, InstallationYear, Production, TakenLot
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
from ledger.service.queries.threads import in_thread
from ledger.service.queries.tree_size import Moment, moment_at
from ledger.store.database import DatabasePool

MAX_RECORDS: Final = 20_000
"""Records of one facility, and productions of all installations, that are read for an answer."""
MAX_INSTALLATIONS: Final = 100
"""Installations times years that are read for an answer."""
_UNBURDENED: Final = ("waste", "core", "credit", "attribute")


class InstallationRequest(NamedTuple):
    """One installation in one year."""

    facility: str
    year: int


async def read_installations(pool: DatabasePool, facility: str, year: int, at: int | None = None) -> Installations:
    """The productions of a facility in a year, now or in a tree of `at` entries, and of the installations that made
    what it took, as far as their own figures may count: itself in other years, those whose goods have a CN code and a
    valid attestation, and makers of heat, and of electricity by contract or direct line.

    Raises NotFound for a facility that is not on the ledger, and for a year in which it made nothing; InvalidInput for
    a year or a tree that is none, and for more than can be answered.
    """
    span_of(year)
    moment = await pinned(pool, await moment_at(pool, at))
    first = InstallationRequest(facility, year)
    found: dict[InstallationRequest, InstallationYear] = {}
    waiting, seen, records = deque([first]), {first}, 0
    while waiting:
        asked = waiting.popleft()
        one = await _read_one(pool, asked, moment)
        if not one.productions and asked == first:
            raise NotFound(f"facility {facility!r} made nothing in {year}", code="no-records", field="year", value=year,
                           rule="a year in which a transformation of the facility ended")
        found[asked] = one
        records += len(one.productions)
        _check_size(len(seen), records)
        for behind in _behind(one):
            if behind not in seen:
                seen.add(behind)
                waiting.append(behind)
    return Installations(at=moment.size, installations=list(found.values()))


def _check_size(installations: int, records: int) -> None:
    if installations > MAX_INSTALLATIONS or records > MAX_RECORDS:
        raise InvalidInput(
            f"{installations} installations and years, and {records:,} records so far, lie behind it",
            code="too-many-installations", field="facility",
            rule=f"at most {MAX_INSTALLATIONS} installations and years with {MAX_RECORDS:,} records",
        )


async def _read_one(pool: DatabasePool, asked: InstallationRequest, moment: Moment) -> InstallationYear:
    facility = await read_facility(pool, asked.facility, moment)
    if facility is None:
        raise NotFound(f"facility {asked.facility!r} is not on the ledger", code="unknown-facility", field="facility",
                       value=asked.facility, rule="the id of a facility")
    reads = await read_year(pool, facility, year_span(asked.year), moment, MAX_RECORDS)
    sources = await read_sources(pool, [lot for read in reads for lot, _ in read.flows], moment)
    products = {row["product"] for read in reads for row in read.made}
    products |= {origin.product for source in sources.values() for origin in source.parts}
    codes = await read_codes(pool, products, moment)
    makers = {origin.facility for source in sources.values() for origin in source.parts if origin.facility is not None}
    places = await read_facilities(pool, makers, moment)
    return await in_thread(_installation, facility, asked.year, reads, _InstallationFacts(sources, codes, places))


class _InstallationFacts(NamedTuple):
    sources: Mapping[int, LotSource]
    codes: Mapping[str, str]
    places: Mapping[str, Facility]


def _installation(
    facility: Facility, year: int, reads: Sequence[InstallationRows], known: _InstallationFacts
) -> InstallationYear:
    return InstallationYear(
        facility=facility.id, operator=facility.issuer, country=facility.country, subdivision=facility.subdivision,
        year=year, productions=[_production(read, known) for read in reads],
    )


def _production(read: InstallationRows, known: _InstallationFacts) -> Production:
    taken = [
        one for number, quantity in read.flows
        for one in _taken(read, known.sources[number], float(quantity), known)
    ]
    return replace(production(read, known.codes), taken=taken)


def _taken(read: InstallationRows, source: LotSource, quantity: float, known: _InstallationFacts) -> Iterator[TakenLot]:
    scale = quantity / float(source.quantity)
    evidence = evidence_of(read.record, source.id) if source.unit in POWER_UNITS else None
    tonnes = tonnes_of(source.mass)
    for origin, part in source.parts.items():
        yield _part(source, scale, origin, part, known, evidence, tonnes)


def _part(
    source: LotSource, scale: float, origin: LotOrigin, part: OriginPart, known: _InstallationFacts,
    evidence: str | None, tonnes: float | None,
) -> TakenLot:
    place = None if origin.facility is None else known.places.get(origin.facility)
    whole = scale * part.fraction
    return TakenLot(
        lot=source.id, product=origin.product, role=source.role, quantity=whole * float(source.quantity),
        unit=source.unit, carried=whole * source.carried, electricity=whole * source.electricity,
        kilowatt_hours=whole * source.kilowatt_hours, made=scale * part.made,
        tonnes=None if tonnes is None else whole * tonnes, cn=known.codes.get(origin.product),
        facility=origin.facility, country=None if place is None else place.country, process=origin.process,
        year=origin.year, attested=origin.attested, declared=origin.declared, evidence=evidence,
    )


def _behind(one: InstallationYear) -> Iterable[InstallationRequest]:
    """The installations and years whose own figures may count in this one."""
    for made in one.productions:
        for taken in made.taken:
            if taken.facility is None or taken.year is None or taken.declared is not None:
                continue
            if taken.role not in _UNBURDENED and _may_count(taken, one.facility):
                yield InstallationRequest(taken.facility, taken.year)


def _may_count(taken: TakenLot, facility: str) -> bool:
    if taken.facility == facility:
        return True
    if taken.unit in POWER_UNITS:
        return taken.evidence is not None
    energy = taken.unit in UNITS and UNITS[taken.unit].dimension == "energy"
    return energy or (taken.cn is not None and taken.attested is not None)
