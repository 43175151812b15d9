"""The contracted graph: the part of a chain that a caller sees.

The walk starts at lots and goes upstream through records that the caller sees in full. Where it ends, hidden records
make *boundary* lots, which stand for everything behind them: a visible record has taken them, so their names and
quantities are known, and their committed figures are known to whoever received them. No answer goes further: a record
of the caller that lies behind a hidden one is hidden as well, because its place in the chain is.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from asyncpg import Record

from ledger.access.policy import Level, covers, in_period, record_level
from ledger.access.rights import HeldGrant, Rights
from ledger.admission.facts import LOT_SLOTS
from ledger.errors import Denied, InvalidInput
from ledger.service.access.facts import made_facts
from ledger.service.queries.tree_size import AsOf
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

MAX_RECORDS: Final = 1_000_000
"""The most records that a walk may reach."""


class Visible(NamedTuple):
    """`records`: log indexes of the records upstream of the lots that the caller sees in full, or at the level of the
    walk; the latter are also in `partly`. `hidden`: those at which the walk ended; the lots that they made are the
    boundary. `owners`: the issuers of the records."""

    records: frozenset[int]
    hidden: frozenset[int]
    partly: frozenset[int] = frozenset()
    owners: frozenset[str] = frozenset()

    def is_boundary(self, lot: int) -> bool:
        """Whether the lot of that number was made by a hidden record."""
        return lot // LOT_SLOTS not in self.records


async def visible_upstream(
    pool: DatabasePool, rights: Rights, lots: Sequence[int], as_of: AsOf, at_least: Level = Level.FULL,
    most: int = MAX_RECORDS,
) -> Visible:
    """Walks upstream from the lots with these numbers, including their makers, through records that the caller sees
    `at_least` at that level. Raises InvalidInput if more than `most` records are visible. Not for callers who see
    everything."""
    walk = _UpstreamWalk(pool, rights, as_of, at_least, most)
    await walk.go(lots, rights.own | rights.whole_grantors)
    while await walk.go_on():
        pass
    return Visible(frozenset(walk.visible), frozenset(walk.hidden - walk.visible), frozenset(walk.partly),
                   frozenset(walk.owners))


async def visible_downstream(
    pool: DatabasePool, rights: Rights, lots: Sequence[int], as_of: AsOf, most: int = MAX_RECORDS
) -> Visible:
    """Walks downstream from lots through records of organisations whose data the caller sees, with the makers of the
    lots among them. The uses of a lot by others are hidden, even whether there are any: `hidden` is empty. Raises
    InvalidInput if more than `most` records are visible."""
    organizations = rights.own | rights.whole_grantors
    rows = await pool.fetch(queries("sight")["used"], list(lots), list(organizations), as_of.version, as_of.size,
                            most + 1)
    if len(rows) > most:
        raise InvalidInput(f"more than {most} records lie downstream of the requested lots", code="chain-too-large",
                           field="lot", rule="lots nearer to the end of the chain")
    makers = await made_facts(pool, {lot // LOT_SLOTS for lot in lots})
    seen = [record for record in makers if record_level(rights, record) == Level.FULL]
    used = [row for row in rows if row["visible"]]
    return Visible(
        frozenset([*[row["record"] for row in used], *[record.log_index for record in seen]]), frozenset(),
        owners=frozenset([*[row["issuer"] for row in used], *[record.issuer for record in seen]]),
    )


def hidden_parts(field: str, value: object) -> Denied:
    """The error of an answer that needs a chain without hidden parts."""
    return Denied(
        "parts of the chain are hidden from you, and this answer would reveal them", code="hidden-parts", field=field,
        value=value, rule="a lot whose whole chain you may read; its suppliers can grant it",
    )


class _UpstreamWalk:
    def __init__(self, pool: DatabasePool, rights: Rights, as_of: AsOf, at_least: Level, most: int) -> None:
        self._pool, self._rights, self._moment, self._least, self._most = pool, rights, as_of, at_least, most
        self._asked: set[int] = set()
        self._walked: dict[str, set[int]] = {}
        self._waiting = [grant for grant in rights.grants if grant.depth == "full" and grant.lot is not None]
        self.visible: set[int] = set()
        self.owners: set[str] = set()
        self.partly: set[int] = set()
        self.hidden: set[int] = set()

    async def go(self, lots: Sequence[int], organizations: frozenset[str]) -> set[int]:
        """Walks from lots through the records of organisations. Returns these records."""
        rows = await self._reached(lots, organizations)
        seen = {row["record"] for row in rows if row["visible"]}
        self.visible |= seen
        self.hidden.update([row["record"] for row in rows if not row["visible"]])
        self.owners.update([row["issuer"] for row in rows if row["visible"]])
        return seen

    async def _reached(self, lots: Sequence[int], organizations: frozenset[str]) -> Sequence[Record]:
        rows: Sequence[Record] = await self._pool.fetch(
            queries("sight")["reached"], list(lots), list(organizations), self._moment.version, self._most + 1)
        if len(rows) > self._most:
            raise InvalidInput(f"more than {self._most} records lie upstream of the requested lots",
                               code="chain-too-large", field="lot", rule="lots nearer to the beginning of the chain")
        return rows

    async def go_on(self) -> bool:
        """Goes on behind the hidden records that grants cover. Whether there were any."""
        taken = await self._covered()
        own = self._rights.own | self._rights.whole_grantors
        if taken:
            await self.go(taken, own)
        # The grant of a lot covers all records of the grantor in the lot's own chain.
        grants = await self._started()
        for grant in grants:
            walked = self._walked.setdefault(grant.grantor, set())
            if grant.has_period:
                await self._go_in_period(grant, own)
            elif _maker(grant) not in walked:
                walked |= await self.go(_lots(grant), own | {grant.grantor})
        return bool(taken or grants)

    async def _started(self) -> list[HeldGrant]:
        """The grants of lots that the walk has reached since the last time, if they cover the makers of these lots."""
        reached = {grant.record: grant for grant in self._waiting
                   if _maker(grant) in self.visible or _maker(grant) in self.hidden}
        if not reached:
            return []
        self._waiting = [grant for grant in self._waiting if grant.record not in reached]
        makers = await made_facts(self._pool, {_maker(grant) for grant in reached.values()})
        facts = {one.log_index: one for one in makers}
        return [grant for grant in reached.values() if covers(grant, facts[_maker(grant)])]

    async def _go_in_period(self, grant: HeldGrant, own: frozenset[str]) -> None:
        """Walks from a granted lot through own records, and the grantor's records in the period of the grant."""
        issuers = {row["record"]: row["issuer"] for row in await self._reached(_lots(grant), own | {grant.grantor})}
        facts = await made_facts(self._pool, [index for index, issuer in issuers.items() if issuer == grant.grantor])
        seen = {index for index, issuer in issuers.items() if issuer in own}
        seen.update([record.log_index for record in facts if in_period(grant, record)])
        taken: dict[int, list[int]] = {}
        for row in await self._taken(seen):
            taken.setdefault(row["record"], []).append(row["lot"] // LOT_SLOTS)
        ways, met = [_maker(grant)], {_maker(grant)}
        while ways:
            index = ways.pop()
            if index not in seen:
                self.hidden.add(index)
                continue
            self.visible.add(index)
            self.owners.add(issuers[index])
            new = set(taken.get(index, ())) - met
            met |= new
            ways += new

    async def _covered(self) -> list[int]:
        """Makes the hidden records visible that grants cover, and returns the lots that they take."""
        new = self.hidden - self.visible - self._asked
        self._asked |= new
        if not new or not self._rights.grants:
            return []
        # Their parties do not matter: groupings by stage show no names, so a grant of stages looks through deliveries.
        facts = await made_facts(self._pool, new)
        levels = {record.log_index: record_level(self._rights, record) for record in facts}
        covered = [index for index, level in levels.items() if level >= self._least]
        self.visible.update(covered)
        self.owners.update([record.issuer for record in facts if levels[record.log_index] >= self._least])
        self.partly.update([index for index in covered if levels[index] < Level.FULL])
        return sorted({row["lot"] for row in await self._taken(covered)})

    async def _taken(self, records: Iterable[int]) -> Sequence[Record]:
        wanted = list(records)
        if not wanted:
            return []
        rows: Sequence[Record] = await self._pool.fetch(queries("sight")["taken"], wanted, self._moment.version)
        return rows


def _lots(grant: HeldGrant) -> list[int]:
    return [] if grant.lot is None else [grant.lot]


def _maker(grant: HeldGrant) -> int:
    """The log index of the record that made the granted lot."""
    return -1 if grant.lot is None else grant.lot // LOT_SLOTS
