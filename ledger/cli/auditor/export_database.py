"""The log in this host's own database, for `export log`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ledger.cli.operator.opened import opened_database
from ledger.client.mirror.source import PublicLog
from ledger.service.heads.heads import heads_of
from ledger.service.heads.publication import Publication
from ledger.service.mirror_source import DatabaseLog
from ledger.service.settings import Settings
from ledger.service.witnesses.policy_file import read_policy


@asynccontextmanager
async def database_log(settings: Settings) -> AsyncIterator[PublicLog]:
    """The log of these settings, for reading only. Raises ConfigurationError if there is no ledger or the home does not
    hold its log's key, Unavailable if the anchor holds a higher head."""
    async with opened_database(settings) as (pool, keyring):
        heads = heads_of(settings, keyring, pool)
        async with pool.acquire() as connection:
            await heads.start(connection)
        policy = None if settings.policy is None else read_policy(settings.policy, keyring.keys)
        publication = Publication(pool, heads, policy)
        if policy is None:
            # Raises if the log has witnesses although no policy is set. An export must not start a policy either.
            await publication.start()
        yield DatabaseLog(pool, publication)
