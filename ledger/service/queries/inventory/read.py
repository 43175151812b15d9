"""The yearly inventory of an organisation: its facilities by scope and site, its group by equity share, and the changes
from the year before."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from ledger.admission.parents import LeftParent
from ledger.answers.inventory import (
    EquityAnswer,
    IntensityAnswer,
    InventoryAnswer,
    MemberAnswer,
    SiteAnswer,
)
from ledger.answers.sites import SiteReconciliationAnswer
from ledger.core.log.entry import parse_entry
from ledger.core.record.kinds import Facility, Organization
from ledger.errors import InvalidInput, NotFound
from ledger.footprint.derived.inventory.scopes import total
from ledger.footprint.derived.inventory.sums import Inventory
from ledger.host.threads import in_thread
from ledger.service.access.sight import EVERYTHING, Sight
from ledger.service.queries.chain.load import pinned
from ledger.service.queries.inventory.present import (
    categories_answer,
    changes_answer,
    energy_answer,
    goods_answer,
    left_out_answer,
    scopes_answer,
)
from ledger.service.queries.inventory.reconcile import OperatedSites, reconcile_sites
from ledger.service.queries.inventory.reported import ValueAdded, by_subject, value_added
from ledger.service.queries.inventory.rows import InventorySpan, read_booked, read_reports, year_span
from ledger.service.queries.tree_size import AsOf, as_of_size
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

YEARS: Final = (1990, 2200)
RULES: Final = (
    "A record counts in the year in which it ends, at midnight of 31 December at the latest; transfers and "
    "consumptions count at their time.",
    "Lots made at a facility of the organisation never count as purchases, even if they left the organisation in the "
    "meantime; their emissions are in scopes 1 to 3 of the year in which they arose.",
    "Bought goods count once, when they are used, sold or lost; goods from pools count by the lots that went into the "
    "pool.",
    "Goods of other owners that the organisation processes for them do not count as purchases. The organisation's own "
    "goods that others process count as purchases with all burdens that they carry.",
    "Electricity and heat in lots are in scope 2 with all burdens that they carry; the market-based figure is reduced "
    "by green attributes that were used up with them.",
    "Upstream emissions of fuels and energy are in category 3 if records state them; transport in the organisation's "
    "records is in category 4, including outbound transport.",
    "Opening stock belongs to earlier years and is in no scope. Biogenic CO2 and removals are stated separately.",
    "By equity share, each member counts with its share, and trade between members does not count as purchases.",
)
_HALF: Final = Decimal("0.5")
LEFT_RULE: Final = (
    "An organisation that has left the group counts with its records of the time before, as they were when it left.")
HIDDEN_RULE: Final = "By equity share, members whose data are hidden from you do not count."
_organization = msgspec.json.Decoder(Organization)
_facility = msgspec.json.Decoder(Facility)


class GroupMember(NamedTuple):
    """An organisation of a group. `assumed`: its record names a parent but no share. `controlled`: each parent between
    it and the head of the group owned more than half. `left`: the end of its parent, or of one between it and the head
    of the group; `former`: that parent, if it controlled it."""

    id: str
    share: float
    assumed: bool = False
    controlled: bool = True
    left: LeftParent | None = None
    former: str | None = None


class OrganizationYear(NamedTuple):
    """An organisation in a calendar year, as of a moment, with its facilities by id and the members of its group
    that the caller sees. `hidden_members`: the number of the others."""

    organization: Organization
    year: int
    as_of: AsOf
    sites: Mapping[str, Facility]
    members: Sequence[GroupMember]
    hidden_members: int = 0

    @property
    def span(self) -> InventorySpan:
        return year_span(self.year)


class YearSums(NamedTuple):
    """The sums of an organisation's records in a year and in the year before, and of its group's records by equity
    share in the year."""

    now: Inventory
    before: Inventory
    group: Inventory


async def read_inventory(
    pool: DatabasePool, organization: str, year: int, at: int | None = None, sight: Sight = EVERYTHING
) -> InventoryAnswer:
    """The inventory of a year, now or as of the tree of `at` entries. By equity share, only the members count that the
    caller sees, and a rule of the answer says so.

    Raises NotFound for an organisation that is not on the ledger, and for a year in which no record of it ends;
    InvalidInput for a year out of range, an invalid tree size, and too many records.
    """
    span = span_of(year)
    as_of = await pinned(pool, await as_of_size(pool, at))
    own = await read_organization(pool, organization, as_of)
    sites = await read_sites(pool, [organization], as_of)
    alone = [GroupMember(organization, 1.0)]
    now = await _summed(pool, alone, span, as_of)
    if not now.records:
        raise NotFound(f"no record of {organization!r} ends in {year}", code="no-records", field="year", value=year,
                       rule="a year in which a record of the organisation ends")
    before = await _summed(pool, alone, year_span(year - 1), as_of)
    group_members = await _group(pool, organization, as_of)
    members = [member for member in group_members if _sees(sight, member)]
    await sight.note({member.id for member in members})
    subject = OrganizationYear(own, year, as_of, sites, members, len(group_members) - len(members))
    group = now if len(members) == 1 else await _summed(pool, members, span, as_of)
    reconciled = await reconcile_sites(
        pool, OperatedSites(organization, list(sites), list(sites)), span, as_of)
    beside = Beside(await _worth(pool, subject), reconciled)
    return await in_thread(_answer, subject, YearSums(now, before, group), beside)


def span_of(year: int) -> InventorySpan:
    """The span of a year. Raises InvalidInput for a year outside YEARS."""
    if not YEARS[0] <= year <= YEARS[1]:
        raise InvalidInput(f"year={year} is out of range", code="year", field="year", value=year,
                           rule=f"a year from {YEARS[0]} to {YEARS[1]}")
    return year_span(year)


async def read_organization(pool: DatabasePool, organization: str, as_of: AsOf) -> Organization:
    """The record that enrolled an organisation. Raises NotFound if it was not on the ledger at that moment."""
    body = await pool.fetchval(queries("inventory")["organization"], organization, as_of.size)
    if body is None:
        raise NotFound(f"organization {organization!r} is not on the ledger", code="unknown-organization",
                       field="organization", value=organization, rule="the id of an organisation")
    return _organization.decode(body)


async def read_sites(pool: DatabasePool, operators: Sequence[str], as_of: AsOf) -> dict[str, Facility]:
    """The facilities of organisations by id, in the order of their registration."""
    rows = await pool.fetch(queries("inventory")["sites"], list(operators), as_of.size)
    return {facility.id: facility for facility in (_facility.decode(row["body"]) for row in rows)}


async def _summed(
    pool: DatabasePool, members: Sequence[GroupMember], span: InventorySpan, as_of: AsOf
) -> Inventory:
    """The sums over the records of organisations, each with its share. One that has left counts until then, with the
    records and figures of then: its former parent learns nothing of later ones."""
    inventory, names = Inventory(), [member.id for member in members]
    shares = {member.id: member.share for member in members}
    readings = [([member.id for member in members if member.left is None], span, as_of)]
    for member in members:
        if member.left is not None and member.left.instant > span.since:
            until = InventorySpan(span.since, min(span.until, member.left.instant))
            readings.append(([member.id], until, await as_of_size(pool, member.left.index)))
    for issuers, counted, then in readings:
        async for records in read_booked(pool, issuers, names, counted, then):
            for booked in records:
                inventory.add(booked, shares[booked.record.issuer])
    return inventory


def _sees(sight: Sight, member: GroupMember) -> bool:
    """Whether the caller sees the totals of a member. Of one that has left, its former parent sees them."""
    if sight.of_own(member.id) or member.former is None:
        return sight.of_own(member.id)
    return sight.whole or member.former in sight.rights.own


async def _group(pool: DatabasePool, organization: str, as_of: AsOf) -> list[GroupMember]:
    """The organisation and all organisations below it, each with the product of the shares along the path."""
    children: dict[str, list[tuple[Organization, LeftParent | None]]] = {}
    for row in await pool.fetch(queries("inventory")["members"], organization, as_of.size):
        child = _organization.decode(row["body"])
        left = None if row["left"] is None else LeftParent(
            row["left"], child.id, parse_entry(bytes(row["data"])).time)
        if child.parent is not None:
            children.setdefault(child.parent, []).append((child, left))
    # A parent is enrolled before its child, so there are no cycles.
    members = [GroupMember(organization, 1.0)]
    for member in members:
        for child, left in children.get(member.id, ()):
            share = Decimal(1) if child.parent_share is None else Decimal(child.parent_share)
            ends = [(end.index, end, former) for end, former in ((member.left, member.former), (left, member.id))
                    if end is not None]
            _, first, former = min(ends, key=lambda one: one[0], default=(0, None, None))
            controlled = member.controlled and share > _HALF
            # Whoever did not control it never saw its totals, and the end shows nothing new.
            members.append(GroupMember(
                child.id, member.share * float(share), child.parent_share is None, controlled, first,
                former if controlled else None))
    return members


class Worth(NamedTuple):
    """Value added of the organisation and of its sites, if their reports cover the whole period."""

    whole: ValueAdded | None
    sites: Mapping[str, ValueAdded]


class Beside(NamedTuple):
    """The worth and the reconciliation of an inventory's sites."""

    worth: Worth
    reconciled: Mapping[str, SiteReconciliationAnswer]


async def _worth(pool: DatabasePool, subject: OrganizationYear) -> Worth:
    organization, span = subject.organization.id, subject.span
    reports = by_subject(await read_reports(pool, [organization, *subject.sites], span, subject.as_of))
    values = {site: value_added(reports.get(site, ()), span) for site in subject.sites}
    return Worth(value_added(reports.get(organization, ()), span),
                 {site: value for site, value in values.items() if value is not None})


def _answer(subject: OrganizationYear, sums: YearSums, beside: Beside) -> InventoryAnswer:
    own, span, now, before = subject.organization, subject.span, sums.now, sums.before
    scopes, energy = scopes_answer(now.emissions()), now.all_energy()
    return InventoryAnswer(
        organization=own.id, names={str(language): name for language, name in own.names.items()}, year=subject.year,
        since=span.since, until=span.until, at=subject.as_of.size, records=now.records, scopes=scopes,
        scope3=categories_answer(scopes), energy=energy_answer(energy, now.attributes()), goods=goods_answer(now.goods),
        intensities=[*_per_value(now, beside.worth), *_per_tonne(now)],
        sites=[_site(now, None if name == "" else name, subject.sites, beside) for name in _site_names(now)],
        equity=EquityAnswer(
            members=[
                MemberAnswer(organization=member.id, share=member.share, assumed=member.assumed,
                             left=None if member.left is None else member.left.instant)
                for member in subject.members
            ],
            scopes=scopes_answer(sums.group.emissions()),
        ),
        changes=changes_answer(scopes_answer(before.emissions()), scopes,
                               (before.all_energy().comprehensive, energy.comprehensive)) if before.records else [],
        opening_stock=now.opening, left_out=left_out_answer(now.left_out),
        rules=[*RULES, *([LEFT_RULE] if any(member.left for member in subject.members) else []),
               *([HIDDEN_RULE] if subject.hidden_members else [])],
        questioned=now.findings.total, questioned_bought=now.findings.bought, findings=now.findings.items(),
        findings_left_off=now.findings.left_off,
    )


def _site_names(now: Inventory) -> list[str]:
    """The sites; at the end also an empty name if there are emissions without a site."""
    rest = any(one.site is None for one in now.emissions())
    return [*now.sites, *([""] if rest else [])]


def _site(now: Inventory, name: str | None, sites: Mapping[str, Facility], beside: Beside) -> SiteAnswer:
    facility = sites.get(name or "")
    value = beside.worth.sites.get(name or "")
    return SiteAnswer(
        facility=name, names={} if facility is None else {str(key): text for key, text in facility.names.items()},
        park=None if facility is None else facility.park,
        subdivision=None if facility is None else facility.subdivision,
        scopes=scopes_answer([one for one in now.emissions() if one.site == name]),
        reconciliation=beside.reconciled.get(name or ""),
        energy=energy_answer(now.energy(name)), questioned=now.questioned_at.get(name, 0.0),
        intensities=[] if value is None or name is None else [
            _intensity(now, value.currency, float(value.amount), {name}, "the report of the site")
        ],
    )


def _per_value(now: Inventory, worth: Worth) -> list[IntensityAnswer]:
    """From the organisation's own report; else, for each currency, from the sites whose reports cover the year."""
    if worth.whole is not None:
        return [_intensity(now, worth.whole.currency, float(worth.whole.amount), None,
                           "the report of the organisation")]
    intensities = []
    for currency in sorted({one.currency for one in worth.sites.values()}):
        sites = {site for site, one in worth.sites.items() if one.currency == currency}
        amount = sum(float(worth.sites[site].amount) for site in sorted(sites))
        intensities.append(_intensity(now, currency, amount, sites,
                                      f"the reports of {len(sites)} of {len(now.sites)} sites with records; covers "
                                      "only these sites"))
    return intensities


def _per_tonne(now: Inventory) -> list[IntensityAnswer]:
    if now.tonnes <= 0.0:
        return []
    return [_intensity(now, "tonne of product", now.tonnes, None,
                       "products that the organisation made and did not use itself")]


def _intensity(now: Inventory, per: str, of: float, sites: set[str] | None, basis: str) -> IntensityAnswer:
    rows = [one for one in now.emissions() if one.scope in ("1", "2") and (sites is None or one.site in sites)]
    sums = total(rows)
    energy = now.all_energy().comprehensive if sites is None else sum(
        now.energy(site).comprehensive for site in sorted(sites))
    return IntensityAnswer(per=per, of=of, location=sums.location / of, market=sums.market / of, energy=energy / of,
                           basis=basis)
