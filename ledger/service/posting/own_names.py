"""The names that messages propose to an organisation: its own names, and organisations, which are public."""

from collections.abc import Sequence
from typing import Final

from ledger.store.database import DatabasePool
from ledger.store.sql import queries

MOST: Final = 200


class OwnNames:
    """Reads at most a few hundred names at a time."""

    def __init__(self, pool: DatabasePool) -> None:
        self._pool = pool

    async def organizations(self, ids: Sequence[str]) -> Sequence[str]:
        """Those that are enrolled, in the given order."""
        enrolled = {row["id"] for row in await self._pool.fetch(queries("facts")["enrolled_ones"], list(ids))}
        return [one for one in ids if one in enrolled]

    async def facilities(self, organization: str) -> Sequence[str]:
        return [row["id"] for row in await self._pool.fetch(queries("facts")["own_facilities"], organization, MOST)]

    async def products(self, organization: str) -> Sequence[str]:
        return [row["id"] for row in await self._pool.fetch(queries("facts")["own_products"], organization, MOST)]

    async def pools(self, organization: str) -> Sequence[str]:
        return [row["id"] for row in await self._pool.fetch(queries("facts")["own_pools"], organization, MOST)]

    async def lots(self, organization: str) -> Sequence[str]:
        """The newest lots that it holds."""
        return [row["id"] for row in await self._pool.fetch(queries("facts")["own_lots"], organization, MOST)]
