"""The schema on a real PostgreSQL: queries fit it, and roles and triggers let tables only grow."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from support.databases import EXPIRING, LOGGED

from ledger.store.database import WRITER
from ledger.store.embedded import EmbeddedPostgres
from ledger.store.sql import queries, schema

pytestmark = pytest.mark.anyio

GROUPS = (
    "access", "accesses", "cbam", "chain", "contributions", "doubts", "erase", "facts", "findings", "gaps", "identity",
    "indicators", "inventory", "lists", "log",
    "log_key", "methods", "metrics", "names", "pages", "plugins", "products", "publication", "purge", "quota",
    "read", "revise", "schema_version", "sequence", "sight", "statement", "status", "uncertainty", "verification",
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def postgres() -> Iterator[EmbeddedPostgres]:
    """Not below `tmp_path`: for root that lies in a folder which PostgreSQL's account cannot enter."""
    folder = Path(tempfile.mkdtemp(prefix="schema-"))
    folder.chmod(0o711)
    try:
        with EmbeddedPostgres(folder / "home") as running:
            yield running
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def filled(postgres: EmbeddedPostgres) -> str:
    """The address of a database with the schema, for its owner: for tests that change nothing."""
    url = postgres.owner_url
    own = url.replace(urlsplit(url).path + "?", "/filled?")

    async def fill() -> None:
        owner = await asyncpg.connect(url)
        await owner.execute("CREATE DATABASE filled TEMPLATE template0")
        await owner.close()
        connection = await asyncpg.connect(own)
        await connection.execute(schema())
        await connection.close()

    asyncio.run(fill())
    return own


@asynccontextmanager
async def session(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.mark.parametrize("group", GROUPS)
async def test_every_query_can_be_prepared(filled: str, group: str) -> None:
    """Names, columns and types are those of the schema, and the writer's role may run it."""
    async with session(filled) as connection:
        owner_only = {"create_ledger", "create_head"}
        for name, query in queries(group).items():
            await connection.execute("RESET ROLE" if name in owner_only else f"SET ROLE {WRITER}")
            await connection.prepare(query)


def test_every_group_of_queries_is_checked() -> None:
    folder = Path(__file__).parents[2] / "sql" / "named"
    assert sorted(path.stem for path in folder.glob("*.sql")) == list(GROUPS)


async def test_every_table_but_the_head_the_balances_and_spent_ids_only_grows(filled: str) -> None:
    """Whoever adds a table says here which of the two it is; what set-up alone writes needs no trigger."""
    async with session(filled) as connection:
        rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    others = {"head", "balance", "spent_id", "client_name", "access_day", "schema_version"}
    assert {row["tablename"] for row in rows} == {*LOGGED, *EXPIRING, *others}


@pytest.mark.parametrize("change", ["DELETE FROM {}", "TRUNCATE {} CASCADE", "UPDATE {} SET {} = {}"])
async def test_logged_tables_only_grow(filled: str, change: str) -> None:
    """Not even the owner changes what is logged, unless triggers are switched off on purpose."""
    async with session(filled) as connection:
        for table in (*LOGGED, *EXPIRING):
            column = await connection.fetchval(
                "SELECT column_name FROM information_schema.columns WHERE table_name = $1 ORDER BY ordinal_position "
                "LIMIT 1", table,
            )
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only grows"):
                await connection.execute(change.format(table, f'"{column}"', f'"{column}"'))


async def test_the_writer_role_has_no_way_to_change_what_is_logged(filled: str) -> None:
    async with session(filled) as connection:
        rows = await connection.fetch(
            "SELECT table_name, privilege_type FROM information_schema.table_privileges "
            "WHERE table_schema = 'public' AND grantee = $1 AND privilege_type NOT IN ('SELECT', 'INSERT')", WRITER,
        )
        # An id that is used up is dropped when it has expired, a client's name when the client is revoked.
        assert sorted(tuple(row) for row in rows) == [
            ("client_name", "DELETE"), ("head", "UPDATE"), ("spent_id", "DELETE")]
        columns = await connection.fetch(
            "SELECT table_name, column_name FROM information_schema.column_privileges "
            "WHERE table_schema = 'public' AND grantee = $1 AND privilege_type = 'UPDATE' AND table_name <> 'head'",
            WRITER,
        )
        # An amendment changes how much a lot is; to which lot a balance belongs, nothing changes. A row of the access
        # log counts equal readings.
        assert sorted(tuple(row) for row in columns) == [
            ("access", "data"), ("access", "leaf_hash"), ("access_day", "closed"), ("access_day", "size"),
            ("balance", "quantity"), ("balance", "remaining")]
