"""Chooses the PostgreSQL: the configured one, else the embedded one, which the processes on this host share."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from ledger.store.embedded import SharedPostgres
from ledger.store.embedded.layout import APP_ROLE


class Hosted(NamedTuple):
    """The addresses of a database. `owner_url` is for set-up and migrations, `app_url` for serving. `app_role`: the
    login of `app_url`, if it differs from the owner's."""

    owner_url: str
    app_url: str
    app_role: str | None
    close: Callable[[], None]


@asynccontextmanager
async def hosted(
    home: Path, url: str | None, *, on_progress: Callable[[str], None] | None = None, patience: float = 60.0,
) -> AsyncIterator[Hosted]:
    """The database for this process. The embedded one stops with the last process that uses it. One that another
    process runs is awaited for `patience` seconds."""
    database = Hosted(url, url, None, lambda: None) if url else await asyncio.to_thread(
        _embedded, home, on_progress, patience)
    try:
        yield database
    finally:
        await asyncio.to_thread(database.close)


def _embedded(home: Path, on_progress: Callable[[str], None] | None, patience: float) -> Hosted:
    postgres = SharedPostgres(home, on_progress=on_progress, patience=patience)
    addresses = postgres.start()
    return Hosted(addresses.owner_url, addresses.app_url, APP_ROLE, postgres.stop)
