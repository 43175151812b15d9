"""Auditing a database directly. The operator runs this, with the log's key in the home."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from ledger.cli.operator.opened import keyring_in, opened_pool
from ledger.client.audit.source.interface import AuditSource
from ledger.core.log.note import NoteSigner
from ledger.errors import ConfigurationError, LedgerError
from ledger.host.files.key_files import read_own_key
from ledger.service.audit_source.database import DatabaseSource
from ledger.service.heads.keyring import log_keys, vkey_of
from ledger.service.settings import Settings
from ledger.service.setup import Identity, identity_of
from ledger.store.anchor import open_anchor
from ledger.store.database import DatabasePool
from ledger.store.sql import queries


@asynccontextmanager
async def database_source(settings: Settings) -> AsyncIterator[AuditSource]:
    """The ledger of these settings, for reading only: this sets up and writes nothing.

    Raises ConfigurationError if there is no ledger, or if the home does not hold its log's key.
    """
    async with opened_pool(settings) as pool:
        identity, rotations = await _identity(pool, settings)
        yield DatabaseSource(
            pool, identity, rotations, anchor=open_anchor(settings.anchor_at),
            policy=None if settings.policy is None else settings.policy.read_bytes(),
        )


async def _identity(pool: DatabasePool, settings: Settings) -> tuple[Identity, Sequence[str]]:
    """The signer of the log, and its key rotations, unchecked if they are not valid: the audit reports that."""
    try:
        keyring = await keyring_in(pool, settings)
        return identity_of(keyring), keyring.notes
    except ConfigurationError:
        raise
    except LedgerError:
        notes = [row["note"] for row in await pool.fetch(queries("log_key")["all"])]
        origin = await pool.fetchval("SELECT origin FROM ledger")
        signer = NoteSigner(origin, read_own_key(log_keys(settings.home)[0], settings.passphrase).private)
        return Identity(origin, vkey_of(signer), signer), notes
