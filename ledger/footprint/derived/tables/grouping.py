"""By what a contribution table groups, and what each grouping takes from a record or from a part of it.

- `record`: its digest; `organization`: who signed it.
- `facility`: that of a transformation, of a declaration that names one, of the pool of an addition. What happens
  between sites (transfers) has none. `country` and `subdivision` are the facility's; a facility without subdivision
  counts under its country.
- `stage`: the process of a transformation, else the record's type. `sector`: the first part of the process, else the
  sector of the product that the record's first lot is of: a declared plate and its transport belong to steel.
- `year`: in which the record ended, as it reads.
- `source`, `gas`, `kind`, `basis`, `factor`: of the line.

What was assigned (system expansion) goes with its record; under a grouping of lines it has a row of its own. What a
period's average moved between the lots of a pool is of no record and always has a row of its own.
"""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Final, NamedTuple

from ledger.core.record.kinds import Addition, AnyRecord, Consumption, Declaration, Transfer, Transformation
from ledger.footprint.derived.contributions import Upstream
from ledger.footprint.derived.tables.parts import TablePart
from ledger.footprint.derived.tables.rows import UNKNOWN


class Site(NamedTuple):
    """Where a facility stands."""

    country: str
    subdivision: str | None = None


class GroupingFacts(NamedTuple):
    """What records name and do not say themselves: the facility of each pool, where facilities stand, and of records
    without process (by log index) the sector of the product that their first lot is of."""

    pools: Mapping[str, str]
    facilities: Mapping[str, Site]
    sectors: Mapping[int, str]


def stage_of(record: AnyRecord) -> str:
    """The process of a transformation, else the record's type."""
    if isinstance(record, Transformation):
        return record.process
    return str(record.__struct_config__.tag)


def facility_of(record: AnyRecord, known: GroupingFacts) -> str | None:
    """Where it happened, if the record says so."""
    match record:
        case Transformation() | Declaration():
            return record.facility
        case Addition():
            return known.pools.get(record.pool)
        case _:
            return None


def year_of(record: AnyRecord) -> str:
    """In which year it ended."""
    match record:
        case Transformation() | Declaration():
            return record.end[:4]
        case Transfer() | Addition() | Consumption():
            return record.time[:4]
        case _:
            return UNKNOWN


def _site(one: Upstream, known: GroupingFacts) -> Site:
    return known.facilities.get(facility_of(one.record, known) or "", Site(UNKNOWN))


def _sector(one: Upstream, known: GroupingFacts) -> str:
    if isinstance(one.record, Transformation):
        return one.record.process.partition(".")[0]
    return known.sectors.get(one.log_index, UNKNOWN)


def _subdivision(one: Upstream, known: GroupingFacts) -> str:
    site = _site(one, known)
    return site.subdivision or site.country


OF_RECORD: Final[Mapping[str, Callable[[Upstream, GroupingFacts], str]]] = {
    "record": lambda one, _: one.digest,
    "organization": lambda one, _: one.record.issuer,
    "facility": lambda one, known: facility_of(one.record, known) or UNKNOWN,
    "sector": _sector,
    "stage": lambda one, _: stage_of(one.record),
    "country": lambda one, known: _site(one, known).country,
    "subdivision": _subdivision,
    "year": lambda one, _: year_of(one.record),
}
OF_PART: Final[Mapping[str, Callable[[TablePart], str]]] = {
    name: attrgetter(name) for name in ("source", "gas", "kind", "basis", "factor")
}
