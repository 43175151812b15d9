"""Which PostgreSQL: the one that was configured, else the embedded one, ours to run or another process's to share."""

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
    """`owner_url` sets up and migrates, `app_url` serves. `app_role`: the login of `app_url`, where it is another."""

    owner_url: str
    app_url: str
    app_role: str | None
    close: Callable[[], None]


@asynccontextmanager
async def hosted(
    home: Path, url: str | None, *, on_progress: Callable[[str], None] | None = None
) -> AsyncIterator[Hosted]:
    """The database for this process. The embedded one stops with the process that started it."""
    found = Hosted(url, url, None, lambda: None) if url else await asyncio.to_thread(_embedded, home, on_progress)
    try:
        yield found
    finally:
        await asyncio.to_thread(found.close)


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
