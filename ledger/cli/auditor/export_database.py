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
async def database_log(chosen: Settings) -> AsyncIterator[PublicLog]:
    """The log of these settings as it lies there. Raises ConfigurationError where there is none, or where the home does
    not hold its log's key; Unavailable where the anchor knows of a higher head."""
    async with opened_database(chosen) as (pool, keyring):
        heads = heads_of(chosen, keyring, pool)
        async with pool.acquire() as connection:
            await heads.start(connection)
        policy = None if chosen.policy is None else read_policy(chosen.policy, keyring.keys)
        publication = Publication(pool, heads, policy)
        if policy is None:
            # Raises where the log has witnesses all the same. With a policy it would begin to have them: not here.
            await publication.start()
        yield DatabaseLog(pool, publication)
