"""The contracted graph: the part of a chain that a caller sees.

The walk starts at lots and goes upstream through records that the caller sees in full. Where it ends, hidden records
make *boundary* lots, which stand for everything behind them: a visible record has taken them, so their names and
quantities are known, and their committed figures are known to whoever received them. No answer goes further: a record
of the caller that lies behind a hidden one is hidden as well, because its place in the chain is.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from ledger.access.policy import Level, record_level
from ledger.access.rights import Rights
from ledger.admission.facts import LOT_SLOTS
from ledger.errors import Denied, InvalidInput
from ledger.service.access.facts import concerned, made_facts
from ledger.service.queries.tree_size import Moment
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
    pool: DatabasePool, rights: Rights, lots: Sequence[int], moment: Moment, at_least: Level = Level.FULL,
    most: int = MAX_RECORDS,
) -> Visible:
    """Walks upstream from the lots with these numbers, including their makers, through records that the caller sees
    `at_least` at that level. Raises InvalidInput if more than `most` records are visible. Not for callers who see
    everything."""
    walk = _UpstreamWalk(pool, rights, moment, at_least, most)
    await walk.go(lots, rights.own | rights.whole_grantors)
    while (more := await walk.granted()):
        for organizations, starts in more:
            await walk.go(starts, organizations)
    return Visible(frozenset(walk.visible), frozenset(walk.hidden - walk.visible), frozenset(walk.partly),
                   frozenset(walk.owners))


async def visible_downstream(
    pool: DatabasePool, rights: Rights, lots: Sequence[int], moment: Moment, most: int = MAX_RECORDS
) -> Visible:
    """Walks downstream from lots through records of organisations whose data the caller sees, with the makers of the
    lots among them. The uses of a lot by others are hidden, even whether there are any: `hidden` is empty. Raises
    InvalidInput if more than `most` records are visible."""
    organizations = rights.own | rights.whole_grantors
    rows = await pool.fetch(queries("sight")["used"], list(lots), list(organizations), moment.version, moment.size,
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
    def __init__(self, pool: DatabasePool, rights: Rights, moment: Moment, at_least: Level, most: int) -> None:
        self._pool, self._rights, self._moment, self._least, self._most = pool, rights, moment, at_least, most
        self._asked: set[int] = set()
        self._by_lot = {grant.lot: grant for grant in rights.grants if grant.depth == "full" and grant.lot is not None}
        self.visible: set[int] = set()
        self.owners: set[str] = set()
        self.partly: set[int] = set()
        self.hidden: set[int] = set()

    async def go(self, lots: Sequence[int], organizations: frozenset[str]) -> None:
        """Walks from lots through the records of organisations."""
        rows = await self._pool.fetch(queries("sight")["reached"], list(lots), list(organizations),
                                      self._moment.version, self._most + 1)
        if len(rows) > self._most:
            raise InvalidInput(f"more than {self._most} records lie upstream of the requested lots",
                               code="chain-too-large", field="lot", rule="lots nearer to the beginning of the chain")
        for row in rows:
            (self.visible if row["visible"] else self.hidden).add(row["record"])
            if row["visible"]:
                self.owners.add(row["issuer"])

    async def granted(self) -> list[tuple[frozenset[str], list[int]]]:
        """Makes the hidden records visible that grants cover, and returns the walks that go on behind them: through
        which organisations, from which lots."""
        new = self.hidden - self.visible - self._asked
        self._asked |= new
        if not new or not self._rights.grants:
            return []
        # Below full depth it matters whom the records name.
        facts = await (made_facts(self._pool, new) if self._least == Level.FULL else
                       concerned(self._pool, sorted(new), ()))
        levels = {record.log_index: record_level(self._rights, record) for record in facts}
        covered = [index for index, level in levels.items() if level >= self._least]
        self.visible.update(covered)
        self.owners.update([record.issuer for record in facts if levels[record.log_index] >= self._least])
        self.partly.update([index for index in covered if levels[index] < Level.FULL])
        own = self._rights.own | self._rights.whole_grantors
        walks = []
        taken = await self._taken(covered)
        if taken:
            walks.append((own, taken))
        # The grant of a lot covers all records of the grantor in the lot's own chain.
        made = {lot // LOT_SLOTS: (lot, grant) for lot, grant in self._by_lot.items() if lot is not None}
        for index in covered:
            if index in made:
                lot, grant = made[index]
                walks.append((own | {grant.grantor}, [lot]))
        return walks

    async def _taken(self, records: Iterable[int]) -> list[int]:
        wanted = list(records)
        if not wanted:
            return []
        rows = await self._pool.fetch(queries("sight")["taken"], wanted, self._moment.version)
        return [row["lot"] for row in rows]
