"""The yearly inventory of an organisation: its facilities by scope and site, its group by equity share, and the year
before."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from ledger.core.record.kinds import Facility, Organization
from ledger.errors import InvalidInput, NotFound
from ledger.footprint.derived.inventory.scopes import total
from ledger.footprint.derived.inventory.sums import Inventory
from ledger.service.queries.chain.load import pinned
from ledger.service.queries.inventory.answers import (
    EquityAnswer,
    IntensityAnswer,
    InventoryAnswer,
    MemberAnswer,
    SiteAnswer,
)
from ledger.service.queries.inventory.present import (
    categories_answer,
    changes_answer,
    energy_answer,
    goods_answer,
    scopes_answer,
)
from ledger.service.queries.inventory.reported import ValueAdded, by_subject, value_added
from ledger.service.queries.inventory.rows import InventorySpan, read_booked, read_reports, year_span
from ledger.service.queries.threads import in_thread
from ledger.service.queries.tree_size import Moment, moment_at
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

YEARS: Final = (1990, 2200)
RULES: Final = (
    "A record counts in the year in which it ends, at midnight of 31 December at the latest; transfers and "
    "consumptions at their time.",
    "What a facility of the organisation made is never bought, wherever it was since; its emissions are in scopes 1 to "
    "3 of the year in which they arose.",
    "Bought goods count once, when they are used, sold or lost; in pools they count by what went in.",
    "Goods of others that are worked on for them are not bought. What others made of the organisation's own goods is "
    "bought with all that it carries.",
    "Electricity and heat that come as lots are in scope 2 with all that they carry; a market-based figure is lower by "
    "green attributes that were used up with them.",
    "Upstream of fuels and energy is in category 3 as far as it is stated; transport that the organisation's records "
    "name is in category 4, outbound too.",
    "Opening stock is of years before, and in no scope. Biogenic CO2 and removals stand apart.",
    "By equity share each member counts with its share, and what members sell each other is not bought.",
)
_organization = msgspec.json.Decoder(Organization)
_facility = msgspec.json.Decoder(Facility)


class GroupMember(NamedTuple):
    """An organisation of a group. `assumed`: its record names a parent, and no share."""

    id: str
    share: float
    assumed: bool


async def read_inventory(pool: DatabasePool, organization: str, year: int, at: int | None = None) -> InventoryAnswer:
    """The inventory of a year, now or in a tree of `at` entries.

    Raises NotFound for an organisation that is not on the ledger, and for a year in which no record of it ends;
    InvalidInput for a year that is none, a tree that is not, and too many records.
    """
    span = span_of(year)
    moment = await pinned(pool, await moment_at(pool, at))
    own = await read_organization(pool, organization, moment)
    sites = await read_sites(pool, [organization], moment)
    now = await _gathered(pool, {organization: 1.0}, span, moment)
    if not now.records:
        raise NotFound(f"no record of {organization!r} ends in {year}", code="no-records", field="year", value=year,
                       rule="a year in which a record of the organisation ends")
    before = await _gathered(pool, {organization: 1.0}, year_span(year - 1), moment)
    members = await _group(pool, organization, moment)
    group = now if len(members) == 1 else await _gathered(
        pool, {one.id: one.share for one in members}, span, moment)
    worth = await _worth(pool, organization, sites, span, moment)
    return await in_thread(_answer, own, year, span, moment, now, before, group, members, sites, worth)


def span_of(year: int) -> InventorySpan:
    """Raises InvalidInput for a year outside the calendar of records."""
    if not YEARS[0] <= year <= YEARS[1]:
        raise InvalidInput(f"year: {year} is no year of an inventory", code="year", field="year", value=year,
                           rule=f"a year from {YEARS[0]} to {YEARS[1]}")
    return year_span(year)


async def read_organization(pool: DatabasePool, organization: str, moment: Moment) -> Organization:
    """Raises NotFound for one that is not on the ledger, or was not yet."""
    body = await pool.fetchval(queries("inventory")["organization"], organization, moment.size)
    if body is None:
        raise NotFound(f"organization {organization!r} is not on the ledger", code="unknown-organization",
                       field="organization", value=organization, rule="the id of an organisation")
    return _organization.decode(body)


async def read_sites(pool: DatabasePool, operators: Sequence[str], moment: Moment) -> dict[str, Facility]:
    """The facilities of organisations by id, in the order in which they were entered."""
    rows = await pool.fetch(queries("inventory")["sites"], list(operators), moment.size)
    return {one.id: one for one in (_facility.decode(row["body"]) for row in rows)}


async def _gathered(pool: DatabasePool, shares: Mapping[str, float], span: InventorySpan, moment: Moment) -> Inventory:
    found, members = Inventory(), list(shares)
    async for records in read_booked(pool, members, members, span, moment):
        for one in records:
            found.add(one, shares[one.record.issuer])
    return found


async def _group(pool: DatabasePool, organization: str, moment: Moment) -> list[GroupMember]:
    """The organisation and all below it, each with the product of the shares on the way."""
    children: dict[str, list[Organization]] = {}
    for row in await pool.fetch(queries("inventory")["members"], organization, moment.size):
        one = _organization.decode(row["body"])
        if one.parent is not None:
            children.setdefault(one.parent, []).append(one)
    # A parent is enrolled before its child, so there are no circles.
    found = [GroupMember(organization, 1.0, assumed=False)]
    for member in found:
        for child in children.get(member.id, ()):
            share = Decimal(1) if child.parent_share is None else Decimal(child.parent_share)
            found.append(GroupMember(child.id, member.share * float(share), assumed=child.parent_share is None))
    return found


class Worth(NamedTuple):
    """Value added of the organisation and of its sites, where reports cover the whole period."""

    whole: ValueAdded | None
    sites: Mapping[str, ValueAdded]


async def _worth(
    pool: DatabasePool, organization: str, sites: Iterable[str], span: InventorySpan, moment: Moment
) -> Worth:
    known = [*sites]
    reports = by_subject(await read_reports(pool, [organization, *known], span, moment))
    found = {site: value_added(reports.get(site, ()), span) for site in known}
    return Worth(value_added(reports.get(organization, ()), span),
                 {site: one for site, one in found.items() if one is not None})


def _answer(
    own: Organization, year: int, span: InventorySpan, moment: Moment, now: Inventory, before: Inventory,
    group: Inventory,
    members: Sequence[GroupMember], sites: Mapping[str, Facility], worth: Worth,
) -> InventoryAnswer:
    scopes, energy = scopes_answer(now.emissions()), now.all_energy()
    return InventoryAnswer(
        organization=own.id, names={str(language): name for language, name in own.names.items()}, year=year,
        since=span.since, until=span.until, at=moment.size, records=now.records, scopes=scopes,
        scope3=categories_answer(scopes), energy=energy_answer(energy, now.attributes()), goods=goods_answer(now.goods),
        intensities=[*_per_value(now, worth), *_per_tonne(now)],
        sites=[_site(now, None if name == "" else name, sites, worth) for name in _site_names(now)],
        equity=EquityAnswer(
            members=[MemberAnswer(organization=one.id, share=one.share, assumed=one.assumed) for one in members],
            scopes=scopes_answer(group.emissions()),
        ),
        changes=changes_answer(scopes_answer(before.emissions()), scopes,
                               (before.all_energy().comprehensive, energy.comprehensive)) if before.records else [],
        opening_stock=now.opening, rules=list(RULES),
    )


def _site_names(now: Inventory) -> list[str]:
    """The sites, and at the end the empty name of what is no site's, where there is something."""
    rest = any(one.site is None for one in now.emissions())
    return [*now.sites, *([""] if rest else [])]


def _site(now: Inventory, name: str | None, sites: Mapping[str, Facility], worth: Worth) -> SiteAnswer:
    facility = sites.get(name or "")
    value = worth.sites.get(name or "")
    return SiteAnswer(
        facility=name, names={} if facility is None else {str(key): text for key, text in facility.names.items()},
        park=None if facility is None else facility.park,
        subdivision=None if facility is None else facility.subdivision,
        scopes=scopes_answer([one for one in now.emissions() if one.site == name]),
        energy=energy_answer(now.energy(name)),
        intensities=[] if value is None or name is None else [
            _intensity(now, value.currency, float(value.amount), {name}, "the report of the site")
        ],
    )


def _per_value(now: Inventory, worth: Worth) -> list[IntensityAnswer]:
    """By the organisation's own report, else by those sites whose reports cover the year, in each currency."""
    if worth.whole is not None:
        return [_intensity(now, worth.whole.currency, float(worth.whole.amount), None,
                           "the report of the organisation")]
    found = []
    for currency in sorted({one.currency for one in worth.sites.values()}):
        sites = {site for site, one in worth.sites.items() if one.currency == currency}
        amount = sum(float(worth.sites[site].amount) for site in sorted(sites))
        found.append(_intensity(now, currency, amount, sites,
                                f"the reports of {len(sites)} of {len(now.sites)} sites with records, and those alone"))
    return found


def _per_tonne(now: Inventory) -> list[IntensityAnswer]:
    if now.tonnes <= 0.0:
        return []
    return [_intensity(now, "tonne of product", now.tonnes, None, "what was made and did not go into records here")]


def _intensity(now: Inventory, per: str, of: float, sites: set[str] | None, basis: str) -> IntensityAnswer:
    rows = [one for one in now.emissions() if one.scope in ("1", "2") and (sites is None or one.site in sites)]
    found = total(rows)
    energy = now.all_energy().comprehensive if sites is None else sum(
        now.energy(site).comprehensive for site in sorted(sites))
    return IntensityAnswer(per=per, of=of, location=found.location / of, market=found.market / of, energy=energy / of,
                           basis=basis)
