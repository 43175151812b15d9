"""What an audit reads: a server, a database, or this home's database."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

import msgspec

from ledger.cli.environment import settings
from ledger.cli.lazy import attribute
from ledger.service.audit.http_source import http_source
from ledger.service.audit.source import Source

_DATABASE_SOURCE = "ledger.cli.audit_database:database_source"


def source_of(target: str | None, home: Path | None) -> AbstractAsyncContextManager[Source]:
    """A server is audited with the base install; a database needs what the server needs."""
    if target is not None and not target.startswith(("postgresql://", "postgres://")):
        return http_source(target)
    chosen = settings(home)
    if target is not None:
        chosen = msgspec.structs.replace(chosen, database_url=target)
    found: AbstractAsyncContextManager[Source] = attribute(_DATABASE_SOURCE, "auditing a database")(chosen)
    return found
