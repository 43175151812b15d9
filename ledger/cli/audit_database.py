"""Auditing a database directly, as its operator, with the log's key in the home."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ledger.cli.opened import opened_database
from ledger.service.audit.database_source import DatabaseSource
from ledger.service.audit.source import Source
from ledger.service.settings import Settings
from ledger.service.setup import identity_of
from ledger.store.anchor import open_anchor


@asynccontextmanager
async def database_source(chosen: Settings) -> AsyncIterator[Source]:
    """The ledger of these settings as it lies there: nothing is set up, and nothing written.

    Raises ConfigurationError where there is none, or where the home does not hold its log's key.
    """
    async with opened_database(chosen) as (pool, keyring):
        yield DatabaseSource(
            pool, identity_of(keyring), keyring.notes, anchor=open_anchor(chosen.anchor_at),
            policy=None if chosen.policy is None else chosen.policy.read_bytes(),
        )
