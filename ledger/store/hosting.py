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
    home: Path, url: str | None, *, on_progress: Callable[[str], None] | None = None
) -> AsyncIterator[Hosted]:
    """The database for this process. The embedded one stops with the last process that uses it."""
    database = Hosted(url, url, None, lambda: None) if url else await asyncio.to_thread(_embedded, home, on_progress)
    try:
        yield database
    finally:
        await asyncio.to_thread(database.close)


def _embedded(home: Path, on_progress: Callable[[str], None] | None) -> Hosted:
    postgres = SharedPostgres(home, on_progress=on_progress)
    addresses = postgres.start()
    return Hosted(addresses.owner_url, addresses.app_url, APP_ROLE, postgres.stop)
