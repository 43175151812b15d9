"""The sight of a caller: how much it sees of the thing that it asked for. The gate makes it, handlers pass it on."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from asyncpg import Record

from ledger.access.accesses import AskedName
from ledger.access.policy import Level, LotConcerns, lot_level, record_level
from ledger.access.rights import OPEN, Rights
from ledger.errors import NotFound
from ledger.service.access.facts import made_facts
from ledger.service.access.walk import Visible, hidden_parts, visible_upstream
from ledger.service.access_log.noting import Noter
from ledger.service.queries.tree_size import NOW, AsOf
from ledger.store.database import DatabasePool

_NO_ROWS: Final[Mapping[str, Record]] = {}


class Sight(NamedTuple):
    """`level`: the least level of the named things. `named`: the named lots that the caller sees, if the gate has
    looked them up. `owners`: the organisations whose non-public data these things are.
    `asked`: the names by which the request asked for them. `noter` notes the readings; None if nothing is secret.
    `rows`: the present rows of the statement `footprint` by lot, if the gate has decided from them."""

    rights: Rights
    level: Level = Level.FULL
    named: tuple[LotConcerns, ...] = ()
    owners: frozenset[str] = frozenset()
    asked: tuple[AskedName, ...] = ()
    noter: Noter | None = None
    rows: Mapping[str, Record] = _NO_ROWS

    @property
    def lots(self) -> list[int]:
        """The numbers of the named lots."""
        return [lot.number for lot in self.named]

    @property
    def whole(self) -> bool:
        """Whether nothing is hidden from this caller."""
        return self.rights.everything

    def apart(self) -> "list[Sight]":
        """A sight for each named lot, in the order of the request, as if it were named alone. Empty if the gate has not
        looked them up."""
        return [self._replace(level=lot_level(self.rights, lot), named=(lot,)) for lot in self.named]

    def require(self, names: Mapping[str, int]) -> None:
        """Raises NotFound if an answer would be about a lot other than those that the gate has admitted. `names`: the
        numbers of the lots, each by the name that the request gives."""
        if self.whole:
            return
        admitted = set(self.lots)
        for name, number in names.items():
            if number not in admitted:
                raise NotFound(f"{name!r} is not on the ledger, or is not visible to you", field="lot", value=name,
                               rule="the name of something that you may see")

    async def visible(
        self, pool: DatabasePool, lots: Sequence[int], as_of: AsOf, at_least: Level = Level.FULL
    ) -> Visible | None:
        """The part of the chain upstream of lots that is visible at a level; None if the caller sees everything."""
        if self.whole:
            if self.noter is not None:
                await self.noter.note_upstream(pool, lots, as_of.version)
            return None
        return await self.noted(await visible_upstream(pool, self.rights, lots, as_of, at_least))

    async def note(self, owners: Collection[str]) -> None:
        """Returns when the readings of non-public data of these organisations are in the access log."""
        if self.noter is not None:
            await self.noter.note(owners)

    async def noted(self, visible: Visible) -> Visible:
        """Returns when the readings of these records are in the access log."""
        await self.note(visible.owners)
        return visible

    async def in_full(self, pool: DatabasePool, records: Collection[int]) -> set[int]:
        """The records among these, by log index, that the caller sees in full."""
        if self.whole:
            return set(records)
        facts = await made_facts(pool, records)
        return {each.log_index for each in facts if record_level(self.rights, each) == Level.FULL}

    async def require_whole_chain(self, pool: DatabasePool, field: str, value: object) -> None:
        """Raises Denied if parts of the chain upstream of the named lots are hidden: for answers that would be
        equations about them."""
        visible = await self.visible(pool, self.lots, NOW)
        if visible is not None and visible.hidden:
            raise hidden_parts(field, value)

    def of_own(self, organization: str) -> bool:
        """Whether the caller sees everything of an organisation."""
        return self.whole or organization in self.rights.own or organization in self.rights.whole_grantors


EVERYTHING = Sight(OPEN)
"""The sight of commands that read the database themselves."""
