"""Opens the database of this host's ledger for operators, with the log's key in the home. It sets up nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ledger.cli.console import say
from ledger.errors import ConfigurationError
from ledger.service.heads.keyring import Keyring
from ledger.service.settings import Settings
from ledger.service.setup import check_rules_known, keyring_of
from ledger.store.database import DatabasePool, open_pool
from ledger.store.embedded.layout import Layout
from ledger.store.hosting import hosted
from ledger.store.sql import queries


@asynccontextmanager
async def opened_pool(settings: Settings) -> AsyncIterator[DatabasePool]:
    """Sessions that read and append, like a server's. Raises ConfigurationError if there is no ledger."""
    if settings.database_url is None and not Layout.at(settings.home).data.is_dir():
        raise ConfigurationError(f"no ledger in {settings.home}", field="home", value=settings.home,
                                 rule="a home set up by `init` or `serve`; or name a TARGET")
    async with hosted(settings.home, settings.database_url, on_progress=say) as database:
        pool = await open_pool(database.app_url)
        try:
            yield pool
        finally:
            await pool.close()


@asynccontextmanager
async def opened_database(settings: Settings) -> AsyncIterator[tuple[DatabasePool, Keyring]]:
    """Sessions that read and append, like a server's, and the keys of the log.

    Raises ConfigurationError if there is no ledger, if the home does not hold its log's key, or if this program does
    not know the rules with which the log begins, or those in force.
    """
    async with opened_pool(settings) as pool:
        async with pool.acquire() as connection:
            await check_rules_known(connection)
        yield pool, await keyring_in(pool, settings)


async def keyring_in(pool: DatabasePool, settings: Settings) -> Keyring:
    """The keys of the log in a database. Raises ConfigurationError if the home does not hold a signing key of the log,
    LedgerError if the rotations are not valid."""
    row = await pool.fetchrow(queries("log")["ledger"])
    if row is None:
        raise ConfigurationError("this database holds no ledger")
    async with pool.acquire() as connection:
        return await keyring_of(connection, settings, row["origin"], row["vkey"])
