"""Two versions of the program on one database: the later one migrates while the earlier one serves and is started."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
from support.anchors import begun_anchor
from support.databases import Database, copied
from support.next_version import MIGRATED, RULES_OF_NEXT, Memo, next_version
from support.prefork import FRESH
from support.server import Server, prepared_home
from support.waiting import until
from support.witness import audited
from support.workshop import Workshop, workshop

from ledger.admission.rules import RULES
from ledger.core.record.kinds import Activation
from ledger.errors import ConfigurationError, Unavailable
from ledger.store.database import owner_connection
from ledger.store.embedded import EmbeddedPostgres
from ledger.store.migrating import migrate as migrating
from ledger.store.migrating.migrate import apply, migrate
from ledger.store.migrating.versions import BASELINE, Migration, Schema, migration_of, program_schema

NEXT: Final = BASELINE + 1
EXPANDING: Final = migration_of(NEXT, f"-- compatible-from: {NEXT - 1}\nALTER TABLE record ADD COLUMN later integer;\n")
CONTRACTING: Final = migration_of(NEXT + 1, "ALTER TABLE record DROP COLUMN later;\n")
ONLINE: Final = migration_of(
    NEXT, f"-- compatible-from: {NEXT - 1}\n-- online\nDROP INDEX CONCURRENTLY IF EXISTS record_later;\n"
    "CREATE INDEX CONCURRENTLY record_later ON record (type);\n",
)
PLAIN: Final = migration_of(NEXT + 1, "CREATE TABLE later (x integer);\n")
VERSION: Final = "SELECT version FROM schema_version"
VALID: Final = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'record_later'::regclass"


class Shop:
    """A ledger with a workshop, and copies of its database."""

    def __init__(self, home: Path, postgres: EmbeddedPostgres, works: Workshop, vkey: str) -> None:
        self.home, self.postgres, self.works, self.vkey = home, postgres, works, vkey


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with prepared_home() as home:
        with Server(home) as server:
            works, vkey = workshop(server, "works", pot="1000"), server.vkey
        with EmbeddedPostgres(home) as postgres:
            yield Shop(home, postgres, works, vkey)


@pytest.fixture
def database(shop: Shop) -> Iterator[Database]:
    with copied(shop.postgres) as copy:
        yield copy


def applied(database: Database, migration: Migration) -> None:
    async def run() -> None:
        async with owner_connection(database.url) as connection:
            await apply(connection, migration)

    database.run(run())


class Posting(threading.Thread):
    """Posts records until it is stopped; counts what was acknowledged. `error`: what a post raised."""

    def __init__(self, server: Server, works: Workshop) -> None:
        super().__init__()
        self.count, self.error = 0, None
        self._server, self._works = server, works
        self._ended = threading.Event()

    def run(self) -> None:
        try:
            while not self._ended.is_set():
                self._server.post([self._works.use({"pot": "0.001"})])
                self.count += 1
        except BaseException as error:
            self.error = error

    def __enter__(self) -> "Posting":
        self.start()
        until(lambda: self.count > 2 or not self.is_alive(), "nothing is posted")
        return self

    def __exit__(self, *_: object) -> None:
        before = self.count
        until(lambda: self.count > before + 2 or not self.is_alive(), "nothing more is posted")
        self._ended.set()
        self.join(120)


def test_the_earlier_version_goes_on_and_starts_again(shop: Shop, database: Database) -> None:
    """Its server appends while the schema is expanded, and one that starts afterwards appends too. The audit holds."""
    with database.served(shop.home) as server, Posting(server, shop.works) as posting:
        applied(database, EXPANDING)
    assert posting.error is None
    assert database.one(VERSION) == NEXT
    with database.served(shop.home) as server:
        server.post([shop.works.use({"pot": "1"})])
        report = audited(server)
        assert report.ok, report.findings
        assert report.entries == database.one("SELECT size FROM head")


def test_the_earlier_version_does_not_start_on_a_contracted_schema(shop: Shop, database: Database) -> None:
    applied(database, EXPANDING)
    applied(database, CONTRACTING)
    with pytest.raises(RuntimeError, match=f"the schema has version {NEXT + 1}, this program needs {NEXT - 1}"):
        database.served(shop.home)


def test_an_index_is_built_while_records_are_appended(shop: Shop, database: Database) -> None:
    with database.served(shop.home) as server, Posting(server, shop.works) as posting:
        applied(database, ONLINE)
    assert posting.error is None
    assert database.one(VALID) is True
    assert database.one(VERSION) == NEXT


def test_an_index_that_was_left_unfinished(database: Database) -> None:
    """The program was stopped while it waited for an older transaction: the next start builds the index anew."""
    other = Database(database.url)
    with other:
        other.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM record")
        interrupted = database.run(asyncpg.connect(database.url))
        with pytest.raises(asyncpg.QueryCanceledError):
            database.run(_interrupted(interrupted))
        other.execute("ROLLBACK")
    assert database.one(VALID) is False
    assert database.one(VERSION) == NEXT - 1
    applied(database, ONLINE)
    assert database.one(VALID) is True


async def _interrupted(connection: asyncpg.Connection) -> None:
    try:
        await connection.execute("SET statement_timeout = '500ms'")
        await apply(connection, ONLINE)
    finally:
        await connection.close()


def test_a_table_that_is_locked(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the migration is left, and it says what to look for; once the table is free, it is applied."""
    monkeypatch.setattr(migrating, "ATTEMPTS", 1)
    monkeypatch.setattr(migrating, "LOCK_SECONDS", 1)
    with Database(database.url) as other:
        other.execute("BEGIN; LOCK TABLE record IN ACCESS SHARE MODE")
        with pytest.raises(Unavailable, match=f"migration {NEXT} waits for a table") as caught:
            applied(database, EXPANDING)
        assert (caught.value.code, database.one(VERSION)) == ("database-busy", NEXT - 1)
        other.execute("ROLLBACK")
    applied(database, EXPANDING)
    assert database.one(VERSION) == NEXT


def test_programs_that_start_at_once(shop: Shop) -> None:
    """One makes the schema, the others wait for it."""
    with copied(shop.postgres, "template0") as empty:
        async def start() -> None:
            await asyncio.gather(*[migrate(empty.url, program_schema()) for _ in range(5)])

        empty.run(start())
        assert empty.one(VERSION) == BASELINE


def test_migrations_are_applied_once_and_in_order(shop: Shop, database: Database) -> None:
    """To a new database as to one of before, which must have the same digest."""
    later = Schema(program_schema().script, (ONLINE, PLAIN))
    stated = "SELECT version, digest, compatible_from FROM schema_version"
    with copied(shop.postgres, "template0") as empty:
        for found in (empty, database):
            for _ in range(2):
                found.run(migrate(found.url, later))
            assert [tuple(row) for row in found.fetch(stated)] == [(NEXT + 1, program_schema().digest, NEXT + 1)]
            assert (found.one(VALID), found.one("SELECT count(*) FROM later")) == (True, 0)
        other = Schema(f"{program_schema().script}\nCREATE TABLE more ();", (ONLINE, PLAIN))
        with pytest.raises(ConfigurationError, match=f"this program needs the schema with digest {other.digest}"):
            empty.run(migrate(empty.url, other))


class Following(NamedTuple):
    """The next version of the program, and one beside which no earlier version may run: see `support.next_version`."""

    beside: str
    alone: str


@pytest.fixture(scope="module")
def following(tmp_path_factory: pytest.TempPathFactory) -> Following:
    folder = tmp_path_factory.mktemp("following")
    return Following(next_version(folder / "beside"), next_version(folder / "alone", header="-- alone"))


def later(database: Database, home: Path, path: str) -> Server:
    """A server of a later version, with the anchor that `served` gives."""
    anchor = begun_anchor(home / f"anchor-{urlsplit(database.url).path[1:]}", home)
    return Server(home, database.url, anchor=anchor, program=FRESH, PYTHONPATH=path)


def ready(server: Server) -> tuple[int, str | None]:
    answer = httpx.get(f"{server.url}/health/ready", timeout=60)
    return answer.status_code, answer.json().get("code")


def test_this_version_and_the_next_run_side_by_side(shop: Shop, database: Database, following: Following) -> None:
    """The next one adds a column and a right, and says that this one may go on. It runs, appends, ends and starts."""
    use = {"pot": "0.001"}
    with database.served(shop.home) as this:
        with later(database, shop.home, following.beside) as other:
            for server in (this, other, this):
                server.post([shop.works.use(use)])
            assert (ready(this)[0], ready(other)[0], database.one(VERSION)) == (200, 200, MIGRATED)
            assert "record" in str(database.fetch(
                "SELECT table_name FROM information_schema.column_privileges WHERE column_name = 'memo' "
                "AND privilege_type = 'UPDATE' AND grantee = 'carbon_ledger_writer'"))
        this.post([shop.works.use(use)])
    with database.served(shop.home) as this:
        this.post([shop.works.use(use)])
        assert audited(this).ok


def test_this_version_refuses_a_database_that_the_next_has_to_itself(
    shop: Shop, database: Database, following: Following
) -> None:
    """While it runs it is no longer ready, and it does not start again."""
    with database.served(shop.home) as this, later(database, shop.home, following.alone) as other:
        assert (ready(this), ready(other)[0]) == ((503, "wrong-schema"), 200)
    with pytest.raises(RuntimeError, match=f"the schema has version {MIGRATED}, this program needs {MIGRATED - 1}"):
        database.served(shop.home)


def test_this_version_refuses_rules_and_record_kinds_of_the_next(
    shop: Shop, database: Database, following: Following
) -> None:
    """Both run until the registrar puts the next rules into force. From then on this version appends nothing, is not
    ready and does not start; the next one admits its own record kind."""
    memo = (shop.works.party, Memo(issuer=shop.works.id, nonce=shop.works.nonce(), text="later"))
    words = f"version {RULES_OF_NEXT.name} of the ledger's rules in force, with digest {RULES_OF_NEXT.digest}"
    with later(database, shop.home, following.beside) as other:
        with database.served(shop.home) as this:
            (refused,) = other.submit(other.envelopes([memo]))
            assert refused["code"] == "no-memos"
            registrar = other.registrar
            other.post([(registrar, Activation(issuer=registrar.id, nonce="AAAAAAAAAAAAAAAAAAAAAA", plugin=RULES,
                                               version=RULES_OF_NEXT.name, digest=RULES_OF_NEXT.digest))])
            other.post([memo])
            assert (ready(this), ready(other)[0]) == ((503, "rules-version"), 200)
            (refused,) = this.submit(this.envelopes([shop.works.use({"pot": "0.001"})]))
            assert refused["code"] == "rules-version"
        with pytest.raises(RuntimeError, match=words):
            database.served(shop.home)
        other.post([shop.works.use({"pot": "0.001"})])
