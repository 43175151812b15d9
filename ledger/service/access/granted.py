"""Full grants of single lots and products show more than the records in their scope: the records in the chain of a lot,
and the records of the facilities and products that the figures of all these need. All of it is the grantor's own."""

from collections.abc import Iterable
from typing import Final

from ledger.access.policy import Level, record_level
from ledger.access.rights import HeldGrant, Rights
from ledger.service.access.facts import made_facts
from ledger.service.access.walk import visible_upstream
from ledger.service.queries.tree_size import EVER, NOW
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

MOST_LOTS: Final = 1_000
"""Lots of a granted product whose sites are looked up, the newest ones."""
MASTER_TYPES: Final = frozenset({"facility", "product", "productCompletion"})


class GrantedRecords:
    """The records of one caller's full grants, each set read once. `rights` do not change meanwhile."""

    def __init__(self, pool: DatabasePool, rights: Rights) -> None:
        self._pool, self._rights = pool, rights
        self._full: dict[str, list[HeldGrant]] = {}
        for grant in rights.grants:
            if grant.depth == "full" and (grant.lot is not None or grant.product is not None):
                self._full.setdefault(grant.grantor, []).append(grant)
        self._chains: dict[str, frozenset[int]] = {}
        self._masters: dict[str, frozenset[int]] = {}

    async def read_all(self) -> None:
        """Reads the records of all these grants: before a refusal, so that a record of a grantor takes as long as one
        that is not on the ledger."""
        for grantor in self._full:
            await self._master(grantor)

    async def covers(self, index: int, record_type: str, issuer: str) -> bool:
        """Whether these grants show a record in full, by its log index, type and issuer."""
        if issuer not in self._full:
            return False
        return index in await (self._master(issuer) if record_type in MASTER_TYPES else self.chain(issuer))

    async def chain(self, grantor: str) -> frozenset[int]:
        """The records in the chains of the lots that an organisation has granted."""
        if grantor not in self._chains:
            lots = [grant.lot for grant in self._full.get(grantor, ()) if grant.lot is not None]
            self._chains[grantor] = frozenset() if not lots else (
                await visible_upstream(self._pool, self._rights, lots, NOW)).records
        return self._chains[grantor]

    async def _master(self, grantor: str) -> frozenset[int]:
        if grantor not in self._masters:
            products = {grant.product for grant in self._full[grantor]} - {None}
            records = {*await self.chain(grantor), *await self._of_products(products)}
            rows = await self._pool.fetch(queries("sight")["sites_and_products"], sorted(records), [grantor], EVER)
            self._masters[grantor] = frozenset([row["record"] for row in rows])
        return self._masters[grantor]

    async def _of_products(self, products: Iterable[str | None]) -> list[int]:
        wanted = sorted([product for product in products if product is not None])
        if not wanted:
            return []
        rows = await self._pool.fetch(queries("sight")["of_product"], wanted, MOST_LOTS)
        facts = await made_facts(self._pool, [row["record"] for row in rows])
        return [one.log_index for one in facts if record_level(self._rights, one) == Level.FULL]
