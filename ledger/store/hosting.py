"""Chooses the PostgreSQL: the configured one, else the embedded one. This process runs the embedded one, or shares the
one that another process runs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from ledger.errors import ConfigurationError
from ledger.store.embedded import EmbeddedPostgres, attach
from ledger.store.embedded.layout import APP_ROLE
from ledger.store.embedded.lock import HOME_IN_USE


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
    """The database for this process. The embedded one stops with the process that started it."""
    database = Hosted(url, url, None, lambda: None) if url else await asyncio.to_thread(_embedded, home, on_progress)
    try:
        yield database
    finally:
        await asyncio.to_thread(database.close)


def _embedded(home: Path, on_progress: Callable[[str], None] | None) -> Hosted:
    server = EmbeddedPostgres(home, on_progress=on_progress)
    try:
        server.start()
    except ConfigurationError as error:
        if error.code != HOME_IN_USE:
            raise
        shared = attach(home)
        return Hosted(shared.owner_url, shared.app_url, APP_ROLE, lambda: None)
    return Hosted(server.owner_url, server.app_url, APP_ROLE, server.stop)
