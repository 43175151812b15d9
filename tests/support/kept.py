"""A ledger that was filled by a server and is closed: its database is copied and tampered with, and audited in this
process, by itself and over HTTP."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx

from ledger.app import create_app
from ledger.cli.auditor.audit_database import database_source
from ledger.client.audit.options import AuditOptions
from ledger.client.audit.report import AuditReport
from ledger.client.audit.run import audit
from ledger.client.audit.source.http import HttpSource
from ledger.client.http import Reader
from ledger.core.log.note import NoteSigner
from ledger.engine.sectors import Registry
from ledger.host.files.key_files import LOG_KEY, read_key
from ledger.service.ledger import open_ledger
from ledger.service.settings import Settings
from ledger.service.setup import Identity
from ledger.store.embedded import EmbeddedPostgres
from support.anchors import begun_anchor
from support.databases import Database
from support.server import Server, prepared_home
from support.witness import registry

_anchors: Final = count(1)
Transport = httpx.AsyncBaseTransport


class Kept(NamedTuple):
    home: Path
    vkey: str
    postgres: EmbeddedPostgres
    registry: Registry
    policy: Path | None = None
    """By which its heads are published."""

    @property
    def identity(self) -> Identity:
        """Who the log is, with its key."""
        origin = self.vkey.partition("+")[0]
        return Identity(origin, self.vkey, NoteSigner(origin, read_key(self.home / LOG_KEY).private))

    def by_database(self, database: Database, known: Registry | None = None) -> AuditReport:
        """What an audit of a copy finds in its rows, with the home's anchor beside them, and with the sectors that it
        knows. Raises LedgerError where nobody opens it."""
        async def run() -> AuditReport:
            settings = Settings(home=self.home, database_url=database.url, policy=self.policy)
            async with database_source(settings) as source:
                return await audit(source, known or self.registry, AuditOptions(vkey=self.vkey))

        return database.run(run())

    def by_http(
        self, database: Database, between: Callable[[Transport], Transport] = lambda inner: inner
    ) -> AuditReport:
        """What a server of a copy shows, one that has seen nothing else: its anchor is of this very database. Raises
        LedgerError where no server starts on it. `between`: who is between it and the auditor."""
        async def run() -> AuditReport:
            anchor = begun_anchor(self.home / f"anchor-of-a-copy-{next(_anchors)}", self.home)
            settings = Settings(
                home=self.home, database_url=database.url, anchor=str(anchor), policy=self.policy, access="open")
            async with open_ledger(settings, registry=self.registry) as ledger:
                app: Any = create_app(ledger)  # Litestar has its own types for what ASGI says
                transport = between(httpx.ASGITransport(app=app))
                async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                    return await audit(HttpSource(Reader(client)), self.registry, AuditOptions(vkey=self.vkey))

        return database.run(run())


@contextmanager
def filled(fill: Callable[[Server], None]) -> Iterator[Kept]:
    """A ledger with what `fill` posts."""
    with prepared_home() as home:
        with Server(home) as server:
            fill(server)
            vkey = server.vkey
        with kept_at(home, vkey) as found:
            yield found


@contextmanager
def kept_at(home: Path, vkey: str, policy: Path | None = None) -> Iterator[Kept]:
    """The ledger that a server has left in a home."""
    with EmbeddedPostgres(home) as postgres:
        yield Kept(home, vkey, postgres, registry(), policy)
