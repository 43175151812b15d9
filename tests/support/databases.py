"""Copies of a ledger's database, and a session of its owner who may do everything, triggers off included."""

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import asyncpg

from ledger.store.embedded import EmbeddedPostgres
from support.anchors import begun_anchor
from support.server import Server

LOGGED: Final = (
    "entry", "batch", "tile", "record", "organization", "parent_end", "prefix", "signing_key", "revocation",
    "compromise", "key_change", "facility", "product", "product_completion", "activation", "transfer",
    "acceptance", "standing_acceptance",
    "arrival", "lot", "figure", "flow", "ledger",
    "revision", "revised", "lot_version", "pool", "closing", "reopening", "provisional", "dispute", "opening",
    "group_goods", "attestation", "claim", "report", "publication", "renewal", "erasure", "log_key",
    "plugin_archive", "access_grant", "grant_revocation", "reader", "reader_revocation", "published",
    "publication_end", "client", "client_revocation", "token_key", "access_root", "sector_release",
)
"""Tables that only grow, as opposed to `head`, `balance`, `spent_id`, `client_name`, `access_day` and
`schema_version`."""
EXPIRING: Final = ("access", "access_tile")
"""Tables that only grow, except that the role that erases deletes old rows."""

Value = TypeVar("Value")
_copies = count(1)


class Database:
    """One database by its owner's `url`, with an event loop of its own for the session."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._runner = asyncio.Runner()
        try:
            self.connect()
        except BaseException:
            self._runner.close()
            raise

    def connect(self) -> None:
        """Begins a session, again after `disconnect`."""
        self.session: asyncpg.Connection = self.run(asyncpg.connect(self.url))

    def run(self, work: Coroutine[Any, Any, Value]) -> Value:
        return self._runner.run(work)

    def disconnect(self) -> None:
        """Ends the session, as is needed before the database is renamed."""
        self.run(self.session.close())

    def close(self) -> None:
        self.disconnect()
        self._runner.close()

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def execute(self, statement: str) -> None:
        self.run(self.session.execute(statement))

    def fetch(self, query: str, *values: Any) -> list[asyncpg.Record]:
        return list(self.run(self.session.fetch(query, *values)))

    def one(self, query: str, *values: Any) -> Any:
        """The first column of the only row."""
        ((found, *_),) = self.fetch(query, *values)
        return found

    def tamper(self, statement: str, *values: Any) -> None:
        """Changes something with all triggers off, or fails."""
        async def change() -> str:
            await self.session.execute("SET session_replication_role = replica")
            # A prepared statement tells what it did, with values or without.
            prepared = await self.session.prepare(statement)
            await prepared.fetch(*values)
            await self.session.execute("SET session_replication_role = origin")
            return str(prepared.get_statusmsg())

        if self.run(change()).endswith(" 0"):
            raise AssertionError(f"nothing was changed by {statement}")

    def fill(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Appends rows with all triggers off, foreign keys included: tables may be filled in any order."""
        async def copy() -> None:
            await self.session.execute("SET session_replication_role = replica")
            await self.session.copy_records_to_table(table, records=rows, columns=columns)
            await self.session.execute("SET session_replication_role = origin")

        self.run(copy())

    def served(self, home: Path) -> Server:
        """A server on this database, with the log's key in `home`, and an anchor of the database's own there: copies of
        one database are logs apart."""
        return Server(home, self.url, anchor=begun_anchor(home / f"anchor-{urlsplit(self.url).path[1:]}", home))

    def replace(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Puts these rows in the place of all that there are, with all triggers off; all or nothing."""
        async def change() -> None:
            async with self.session.transaction():
                await self.session.execute("SET LOCAL session_replication_role = replica")
                await self.session.execute(f"DELETE FROM {table}")
                await self.session.copy_records_to_table(table, records=rows, columns=columns)

        self.run(change())


@contextmanager
def copied(postgres: EmbeddedPostgres, template: str = "ledger") -> Iterator[Database]:
    """A copy of a database that nobody is connected to, gone afterwards."""
    name, path = f"copy_{next(_copies)}", f"{urlsplit(postgres.owner_url).path}?"
    with Database(postgres.owner_url.replace(path, "/postgres?")) as cluster:
        cluster.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        with Database(postgres.owner_url.replace(path, f"/{name}?")) as database:
            yield database
        cluster.execute(f"DROP DATABASE {name} WITH (FORCE)")
