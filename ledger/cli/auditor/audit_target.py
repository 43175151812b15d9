"""The target of an audit: a server, a database, or this home's database."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import msgspec

from ledger.cli.environment import settings
from ledger.cli.lazy import attribute
from ledger.client.audit.source.http import http_source
from ledger.client.audit.source.interface import AuditSource
from ledger.client.audit.source.public import FolderLog
from ledger.client.mirror.source import PublicLog, http_log

CONNECTIONS = 16
_DATABASE_SOURCE = "ledger.cli.auditor.audit_database:database_source"


def source_of(target: str | None, home: Path | None) -> AbstractAsyncContextManager[AuditSource]:
    """The source for an audit of `target`. The base install can audit a server; a database needs the server's packages.
    Raises ConfigurationError if these are missing."""
    if target is not None and not target.startswith(("postgresql://", "postgres://")):
        return http_source(target)
    chosen = settings(home)
    if target is not None:
        chosen = msgspec.structs.replace(chosen, database_url=target)
    source: AbstractAsyncContextManager[AuditSource] = attribute(_DATABASE_SOURCE, "auditing a database")(chosen)
    return source


def is_server(target: str | None) -> bool:
    """Whether TARGET is the address of a server."""
    return target is not None and target.startswith(("http://", "https://"))


def is_folder(target: str | None) -> bool:
    """Whether TARGET is a folder from `export log`."""
    return target is not None and Path(target).is_dir()


@asynccontextmanager
async def public_log(target: str | None) -> AsyncIterator[PublicLog]:
    """The public log in a folder or on a server. Raises InvalidInput for any other target."""
    if target is not None and is_folder(target):
        yield FolderLog(Path(target))
        return
    async with http_log(target or "", CONNECTIONS) as log:
        yield log
