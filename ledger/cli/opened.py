"""The database of this host's ledger, opened as its operator with the log's key in the home: nothing is set up."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ledger.cli.console import say
from ledger.core.note import NoteSigner
from ledger.errors import ConfigurationError
from ledger.service.keyfiles import LOG_KEY, read_own_key
from ledger.service.settings import Settings
from ledger.service.setup import Identity, vkey_of
from ledger.store.database import Pool, open_pool
from ledger.store.embedded.layout import Layout
from ledger.store.hosting import hosted
from ledger.store.sql import queries


@asynccontextmanager
async def opened_database(chosen: Settings) -> AsyncIterator[tuple[Pool, Identity]]:
    """Sessions that read and append, as a server's do, and who the ledger is.

    Raises ConfigurationError where there is none, or where the home does not hold its log's key.
    """
    if chosen.database_url is None and not Layout.at(chosen.home).data.is_dir():
        raise ConfigurationError(f"no ledger in {chosen.home}", field="home", value=chosen.home,
                                 rule="a home that `init` or `serve` has set up; or name a TARGET")
    async with hosted(chosen.home, chosen.database_url, on_progress=say) as database:
        pool = await open_pool(database.app_url)
        try:
            yield pool, await _identity(pool, chosen)
        finally:
            await pool.close()


async def _identity(pool: Pool, chosen: Settings) -> Identity:
    row = await pool.fetchrow(queries("log")["ledger"])
    if row is None:
        raise ConfigurationError("this database holds no ledger")
    signer = NoteSigner(row["origin"], read_own_key(chosen.home / LOG_KEY, chosen.passphrase).private)
    if vkey_of(signer) != row["vkey"]:
        raise ConfigurationError(
            f"{chosen.home / LOG_KEY} is not the key of this database's log ({row['vkey']})", field="home",
            value=chosen.home, rule="the home of this ledger; without it, audit its server",
        )
    return Identity(row["origin"], row["vkey"], signer)
