"""An attack by someone with all rights on the database: a change of a stored figure."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from ledger.store.database import ledger_connection
from ledger.store.embedded import attach

_PAST_TRIGGERS = "SET session_replication_role = replica"
_READ = "SELECT burdens FROM figure WHERE lot = (SELECT number FROM lot WHERE id = $1)"
_WRITE = "UPDATE figure SET burdens = $2 WHERE lot = (SELECT number FROM lot WHERE id = $1)"


def halve_footprint(home: Path, lot: str) -> list[float]:
    """Halves all stored figures of a lot, as the database's owner. Returns the figures before."""
    return asyncio.run(_change(home, lot, None))


def restore_footprint(home: Path, lot: str, burdens: Sequence[float]) -> None:
    """Restores the figures of a lot."""
    asyncio.run(_change(home, lot, burdens))


async def _change(home: Path, lot: str, burdens: Sequence[float] | None) -> list[float]:
    async with ledger_connection(attach(home).owner_url) as connection:
        await connection.execute(_PAST_TRIGGERS)
        before: list[float] = await connection.fetchval(_READ, lot)
        after = [amount / 2 for amount in before] if burdens is None else list(burdens)
        await connection.execute(_WRITE, lot, after)
        return before
