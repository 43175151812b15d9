"""Rewrites the files that may still contain erased data: tables, statistics, and the log of changes (WAL)."""

from collections.abc import Callable

import asyncpg

from ledger.store.database import Connection
from ledger.store.sql import queries

_REWRITES = ("rewrite_records", "rewrite_readings", "rewrite_statistics")
_SECONDS = 24 * 3600
_ROUNDS = 2
"""PostgreSQL may reuse an old segment under a later name, with its old content. The second round overwrites it."""


async def rewrite(connection: Connection, progress: Callable[[str], None]) -> list[str]:
    """Rewrites everything, as the database's owner. Returns descriptions of the steps that the owner may not do. Nobody
    can read or write a table while it is rewritten."""
    sql = queries("purge")
    refused: list[str] = []
    for name in _REWRITES:
        progress(sql[name])
        await _allowed(connection, name, refused)
    if await _allowed(connection, "checkpoint", refused):
        for turn in range(_ROUNDS):
            await _fill_segments(connection, progress, refused, turn)
    return refused


async def keepers(connection: Connection) -> list[str]:
    """Descriptions of everything that keeps the log of changes for longer, or has a copy of it."""
    return [row["keeper"] for row in await connection.fetch(queries("purge")["keepers"])]


async def data_directory(connection: Connection) -> str | None:
    """The folder of the database's files; None if the owner may not know it."""
    folder: str | None = await connection.fetchval(queries("purge")["data_directory"])
    return folder


async def _fill_segments(
    connection: Connection, progress: Callable[[str], None], refused: list[str], turn: int
) -> None:
    try:
        segments = await connection.fetchval(queries("purge")["segments"])
    except asyncpg.InsufficientPrivilegeError as error:
        refused.append(f"listing the segments of the log of changes (WAL): {error}")
        return
    progress(f"filling {segments + 1} segments of the log of changes (WAL), round {turn + 1} of {_ROUNDS}")
    for _ in range(segments + 1):
        if not await _allowed(connection, "next_segment", refused):
            return
    await _allowed(connection, "checkpoint", refused)


async def _allowed(connection: Connection, name: str, refused: list[str]) -> bool:
    statement = queries("purge")[name]
    try:
        await connection.execute(statement, timeout=_SECONDS)
    except asyncpg.InsufficientPrivilegeError as error:
        refused.append(f"{statement}: {error}")
        return False
    return True
