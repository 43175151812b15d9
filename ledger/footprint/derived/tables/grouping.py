"""The groupings of a contribution table, and the key that each takes from a record or from a part of it.

- `record`: the record's digest. `organization`: its issuer.
- `facility`: of a transformation, of a declaration that names a facility, or of the pool of an addition. Transfers,
  which happen between sites, have no facility. `country` and `subdivision`: of the facility; a facility without
  subdivision counts under its country.
- `stage`: the process of a transformation, else the record's type. `sector`: the first part of the process, else the
  sector of the product of the record's first lot. So a declared plate and its transport belong to steel.
- `year`: the year in which the record ended, in its current version.
- `source`, `gas`, `kind`, `basis`, `factor`: of the line.

Assigned amounts (system expansion) belong to their record; under a grouping of lines they have a row of their own.
Amounts that a period average moved between the lots of a pool belong to no record and always have a row of their own.
"""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Final, NamedTuple

from ledger.core.record.kinds import Addition, AnyRecord, Consumption, Declaration, Transfer, Transformation
from ledger.footprint.derived.contributions import Upstream
from ledger.footprint.derived.tables.parts import TablePart
from ledger.footprint.derived.tables.rows import UNKNOWN


class Site(NamedTuple):
    """The place of a facility."""

    country: str
    subdivision: str | None = None


class GroupingFacts(NamedTuple):
    """Data that groupings need and records do not contain: the facility of each pool, the place of each facility, and
    for records without a process (by log index) the sector of their first lot's product."""

    pools: Mapping[str, str]
    facilities: Mapping[str, Site]
    sectors: Mapping[int, str]


def stage_of(record: AnyRecord) -> str:
    """The process of a transformation, else the record's type."""
    if isinstance(record, Transformation):
        return record.process
    return str(record.__struct_config__.tag)


def facility_of(record: AnyRecord, facts: GroupingFacts) -> str | None:
    """The facility of a record, if it states one."""
    match record:
        case Transformation() | Declaration():
            return record.facility
        case Addition():
            return facts.pools.get(record.pool)
        case _:
            return None


def year_of(record: AnyRecord) -> str:
    """The year in which a record ended."""
    match record:
        case Transformation() | Declaration():
            return record.end[:4]
        case Transfer() | Addition() | Consumption():
            return record.time[:4]
        case _:
            return UNKNOWN


def _site(upstream: Upstream, facts: GroupingFacts) -> Site:
    return facts.facilities.get(facility_of(upstream.record, facts) or "", Site(UNKNOWN))


def _sector(upstream: Upstream, facts: GroupingFacts) -> str:
    if isinstance(upstream.record, Transformation):
        return upstream.record.process.partition(".")[0]
    return facts.sectors.get(upstream.log_index, UNKNOWN)


def _subdivision(upstream: Upstream, facts: GroupingFacts) -> str:
    site = _site(upstream, facts)
    return site.subdivision or site.country


OF_RECORD: Final[Mapping[str, Callable[[Upstream, GroupingFacts], str]]] = {
    "record": lambda one, _: one.digest,
    "organization": lambda one, _: one.record.issuer,
    "facility": lambda one, facts: facility_of(one.record, facts) or UNKNOWN,
    "sector": _sector,
    "stage": lambda one, _: stage_of(one.record),
    "country": lambda one, facts: _site(one, facts).country,
    "subdivision": _subdivision,
    "year": lambda one, _: year_of(one.record),
}
OF_PART: Final[Mapping[str, Callable[[TablePart], str]]] = {
    name: attrgetter(name) for name in ("source", "gas", "kind", "basis", "factor")
}
