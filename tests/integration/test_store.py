"""What stands below the program: what the database itself refuses, and which databases the program refuses."""

import asyncio
import gc
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest
from support import prefork
from support.anchors import begun_anchor
from support.databases import LOGGED, Database, copied
from support.sectors import NAME
from support.server import Server, command, environment, temporary_home
from support.waiting import until
from support.witness import Witness, audited, entries_of
from support.workshop import workshop

from ledger.core.outcome.assessment import BURDENS
from ledger.core.receipts.receipt import Receipt
from ledger.core.record import canonical
from ledger.core.record.kinds import Organization, Product
from ledger.errors import ConfigurationError, Unavailable
from ledger.host.files.key_files import LOG_KEY, REGISTRAR_KEY, new_key, write_key
from ledger.store.batches import connect_writer
from ledger.store.database import WRITER, open_pool
from ledger.store.embedded import EmbeddedPostgres
from ledger.store.sessions import connect_as

_SECONDS = 120
SET_UP = 13
"""Entries of a ledger just set up: the registrar, the rules, ten sectors, and the one of the tests."""


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A ledger with one workshop and a lot, its server stopped."""
    with temporary_home() as found:
        with Server(found) as server:
            workshop(server, "works", pot="1000")
        yield found


@pytest.fixture(scope="module")
def postgres(home: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(home) as running:
        yield running


@pytest.fixture
def database(postgres: EmbeddedPostgres) -> Iterator[Database]:
    """A copy of that ledger."""
    with copied(postgres) as found:
        yield found


def check_whole_log(server: Server) -> None:
    Witness(server.vkey).check(server.url)
    report = audited(server)
    assert report.ok, report.findings


def refused(home: Path, url: str | None = None, **variables: str) -> str:
    """What `serve` says where it does not start."""
    done = prefork.run(
        [*prefork.COMMAND, "serve", "--port", "0"], env={**environment(home, url), **variables},
        cwd="/", capture_output=True, text=True, timeout=_SECONDS, check=False,
    )
    assert done.returncode == 1, done
    assert done.stdout == ""
    assert "Traceback" not in done.stderr, done.stderr
    return " ".join(done.stderr.split())


# --- what the database refuses ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("become_writer", [False, True])
def test_the_login_of_the_server_only_adds(postgres: EmbeddedPostgres, become_writer: bool) -> None:
    """With what a thief of the server's password could try."""
    with Database(postgres.app_url) as session:
        if become_writer:
            session.execute(f"SET SESSION ROLE {WRITER}")
        for table in (*LOGGED, "schema_version"):
            column = session.one(
                "SELECT column_name FROM information_schema.columns WHERE table_name = $1 LIMIT 1", table
            )
            for statement in (
                "DELETE FROM …", "TRUNCATE …", 'UPDATE … SET "‥" = "‥"', "DROP TABLE …",
                "ALTER TABLE … DISABLE TRIGGER ALL", "ALTER TABLE … ADD COLUMN more int",
            ):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    session.execute(statement.replace("…", table).replace("‥", column))
        for statement in (
            "DELETE FROM head", "DELETE FROM balance", "TRUNCATE balance", "UPDATE balance SET lot = 5",
            "UPDATE balance SET lot = lot", "INSERT INTO ledger (origin, vkey) VALUES ('x', 'y')",
            "INSERT INTO schema_version DEFAULT VALUES", "SET session_replication_role = replica",
            "CREATE TABLE mine (x int)", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "ALTER SYSTEM SET fsync = off", "SET ROLE ledger_owner", "CREATE ROLE another",
            "COPY entry TO PROGRAM 'cat'",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                session.execute(statement)
        # What is left of a lot, and how much it is, may change: the audit says whether a record changed it.
        session.execute("UPDATE balance SET remaining = remaining, quantity = quantity")
        assert session.one("SELECT count(*) FROM entry") > 0


@pytest.mark.parametrize("change", ["DELETE FROM …", "TRUNCATE … CASCADE", 'UPDATE … SET "‥" = "‥"'])
def test_triggers_stop_the_owner_too(database: Database, change: str) -> None:
    for table in LOGGED:
        column = database.one(
            "SELECT column_name FROM information_schema.columns WHERE table_name = $1 LIMIT 1", table
        )
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only grows"):
            database.execute(change.replace("…", table).replace("‥", column))
    for statement, says in (
        ("DELETE FROM balance", "only grows"), ("DELETE FROM head", "only grows"), ("TRUNCATE balance", "only grows"),
        ("UPDATE balance SET lot = lot", "a balance stays with its lot"),
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match=says):
            database.execute(statement)


HASH = "sha256('')"
LOT = "INSERT INTO lot (number, id, product, holder, unit, role, quantity) VALUES (9999, 'x', 'p', 'h', 'KGM', {}, {})"
FIGURE = "INSERT INTO figure VALUES (999424, 0, 'm', NULL, {}, {}, {}, {})"
ONES = f"array_fill(1::float8, ARRAY[{len(BURDENS)}])"
LOT_VERSION = "INSERT INTO lot_version VALUES (999424, 1, {}, {}, NULL, NULL, NULL, false)"


@pytest.mark.parametrize("statement", [
    # a leaf hash that is not the entry's, and entries of another length
    f"INSERT INTO entry VALUES (976, decode(repeat('00', 170), 'hex'), {HASH})",
    "INSERT INTO entry VALUES (976, '', sha256('\\x00'::bytea))",
    "INSERT INTO entry SELECT -1, data, leaf_hash FROM entry LIMIT 1",
    # a body that is not the digest's, a key that is not the keyid's
    f"INSERT INTO record VALUES (976, {HASH}, 'transfer', 'x', 'body', {HASH}, NULL)",
    f"INSERT INTO signing_key VALUES ({HASH}, 'spki', 'x', 0)",
    # no number, less than nothing, more than there was
    "INSERT INTO balance VALUES (999424, 'NaN', 'NaN')", "INSERT INTO balance VALUES (999424, 'NaN', 5)",
    "INSERT INTO balance VALUES (999424, -1, 5)", "INSERT INTO balance VALUES (999424, 6, 5)",
    "UPDATE balance SET remaining = -0.000000001", "UPDATE balance SET remaining = quantity + 0.000000001",
    "UPDATE balance SET remaining = 'NaN'", "UPDATE balance SET quantity = remaining - 0.000000001",
    "UPDATE balance SET quantity = 'NaN'",
    LOT.format("'product'", "'NaN'"), LOT.format("'product'", "0"), LOT.format("'product'", "-1"),
    LOT.format("'waste'", "1"),
    "INSERT INTO flow VALUES (976, 0, 1, 'NaN')", "INSERT INTO flow VALUES (976, 0, 1, 0)",
    FIGURE.format("1", ONES.replace("1:", "'NaN':"), "'{}'", "'{}'"), FIGURE.format("1", ONES, "'{mass}'", "'{NaN}'"),
    FIGURE.format("1", ONES, "'{mass}'", "'{1,2}'"), FIGURE.format("1.5", ONES, "'{}'", "'{}'"),
    FIGURE.format("'NaN'", ONES, "'{}'", "'{}'"),
    # not as many burdens as there are
    FIGURE.format("1", "'{1}'", "'{}'", "'{}'"), FIGURE.format("1", f"{ONES} || 1::float8", "'{}'", "'{}'"),
    LOT.format("'gold'", "1"),
    # revisions are counted from 1, and the record's own rows have version 0
    "INSERT INTO revision VALUES (0, 976)", "UPDATE head SET revisions = -1",
    FIGURE.replace("0, 'm'", "-1, 'm'").format("1", ONES, "'{}'", "'{}'"),
    "INSERT INTO flow VALUES (976, 0, 1, 1, -1)",
    "INSERT INTO revised VALUES (976, 1, true, NULL, NULL, '')",
    LOT_VERSION.format("0", "NULL"), LOT_VERSION.format("'NaN'", "NULL"), LOT_VERSION.format("-1", "NULL"),
    LOT_VERSION.format("1", "0"), LOT_VERSION.format("1", "'NaN'"),
    # hashes and tiles of another length
    "INSERT INTO batch VALUES (976, '')", f"INSERT INTO batch VALUES (0, {HASH})",
    f"INSERT INTO tile VALUES (0, 9, 'short', {HASH})",
    "UPDATE head SET size = -1", "UPDATE head SET root = ''",
])
def test_rows_that_cannot_be(database: Database, statement: str) -> None:
    """Even with all triggers off; constraints are not triggers."""
    with pytest.raises(asyncpg.CheckViolationError):
        database.tamper(statement)


@pytest.mark.parametrize("table", ["head", "ledger"])
def test_there_is_one_head_and_one_ledger(database: Database, table: str) -> None:
    with pytest.raises(asyncpg.UniqueViolationError):
        database.tamper("INSERT INTO … SELECT * FROM …".replace("…", table))


# --- which databases the program refuses -----------------------------------------------------------------------------


def opening(url: str) -> str:
    """What is wrong with a database; empty where it can be opened."""
    async def run() -> str:
        try:
            pool = await open_pool(url)
        except ConfigurationError as error:
            return error.message
        await pool.close()
        return ""

    return asyncio.run(run())


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
def test_a_database_that_does_not_keep_its_word(
    postgres: EmbeddedPostgres, home: Path, database: Database, setting: str
) -> None:
    """Where an answer would not mean durable, there are no answers."""
    def switch(how: str, expected: str) -> None:
        database.execute(how)
        database.execute("SELECT pg_reload_conf()")
        give_up = time.monotonic() + _SECONDS
        while database.one(f"SHOW {setting}") != expected:
            assert time.monotonic() < give_up
            time.sleep(0.05)

    assert opening(database.url) == ""
    switch(f"ALTER SYSTEM SET {setting} = off", "off")
    try:
        assert f"{setting}=off" in opening(database.url)
        assert f"{setting}=off" in refused(home, database.url)
    finally:
        switch(f"ALTER SYSTEM RESET {setting}", "on")
    assert opening(database.url) == ""


def test_commits_are_synchronous_whatever_the_database_says(postgres: EmbeddedPostgres, database: Database) -> None:
    name = database.one("SELECT current_database()")
    database.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")

    async def run() -> tuple[str, str, str]:
        plain = await asyncpg.connect(database.url)
        writer = await connect_writer(database.url)
        pool = await open_pool(database.url)
        try:
            show = "SHOW synchronous_commit"
            return await plain.fetchval(show), await writer.fetchval(show), await pool.fetchval(show)
        finally:
            await plain.close()
            await writer.close()
            await pool.close()

    assert database.run(run()) == ("off", "on", "on")


def test_a_session_that_does_not_get_its_role_is_closed(database: Database) -> None:
    """Refused, or cut off at any moment on the way to it."""
    async def run() -> int:
        with pytest.raises(Unavailable, match="no_such_role"):
            await connect_as("no_such_role", database.url)
        made = 0
        for i in range(40):
            work = asyncio.create_task(connect_as(WRITER, database.url))
            await asyncio.sleep(i / 1000)
            work.cancel()
            (ended,) = await asyncio.gather(work, return_exceptions=True)
            if isinstance(ended, asyncpg.Connection):
                made += 1
                await ended.close()
        return made

    gc.disable()  # or a session that is forgotten would be closed by chance
    try:
        assert database.run(run()) < 40
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        until(lambda: database.one(others) == 0)
    finally:
        gc.enable()


def test_a_database_without_a_ledger(postgres: EmbeddedPostgres, home: Path) -> None:
    with copied(postgres, "template0") as empty:
        assert "run init" in opening(empty.url)
        done = command(home, "audit", empty.url)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr


def test_a_database_that_is_not_there(home: Path) -> None:
    assert "the database does not answer" in refused(home, "postgresql://nobody@127.0.0.1:1/nothing")


def test_a_log_s_key_is_not_exchanged(home: Path, database: Database) -> None:
    """Another home's key would sign another history under the same origin."""
    with temporary_home() as other:
        said = refused(other, database.url)
        assert f"there is no file {other / LOG_KEY} with the key of this database's log" in said
        assert "copy that file from the home of another replica" in said
        assert not (other / LOG_KEY).exists()
        write_key(other / LOG_KEY, new_key())
        assert f"{other / LOG_KEY} is not the key of this database's log" in refused(other, database.url)
    assert database.one("SELECT size FROM head") == database.one("SELECT count(*) FROM entry")


def test_an_origin_is_not_changed(home: Path, database: Database) -> None:
    said = refused(home, database.url, CARBON_LEDGER_ORIGIN="carbon-ledger/another")
    assert "CARBON_LEDGER_ORIGIN is carbon-ledger/another, but this database holds the log" in said
    origin = database.one("SELECT origin FROM ledger")
    assert "it must be printable ASCII without spaces" in refused(home, database.url, CARBON_LEDGER_ORIGIN="two words")
    with Server(home, database.url) as server:
        assert server.origin == origin


# --- the first run ---------------------------------------------------------------------------------------------------


def shape(home: Path) -> list[tuple[str, str]]:
    """Types and signers of what is on the log of a home, by its database."""
    with EmbeddedPostgres(home) as postgres, Database(postgres.owner_url) as database:
        rows = database.fetch("SELECT type, issuer, body FROM record ORDER BY index")
    registrar = rows[0]["issuer"]
    first = canonical.decode_record(rows[0]["body"])
    assert isinstance(first, Organization)
    assert first.roles == ["registrar"]
    return [(row["type"], row["issuer"].replace(registrar, "registrar")) for row in rows]


def test_serve_on_an_empty_home_does_what_init_does() -> None:
    with temporary_home() as initialised, temporary_home() as served:
        done = command(initialised, "init")
        assert done.returncode == 0, done.stderr
        with Server(served) as server:
            first = (server.vkey, entries_of(server.url, SET_UP))
            check_whole_log(server)
        expected = [("organization", "registrar"), *[("activation", "registrar")] * (SET_UP - 1)]
        assert shape(initialised) == shape(served) == expected
        # A second start finds all that in place.
        with Server(served) as server:
            assert (server.vkey, entries_of(server.url, SET_UP)) == first
            assert httpx.get(f"{server.url}/health/ready").json()["size"] == SET_UP
        for home in (initialised, served):
            for name in (LOG_KEY, REGISTRAR_KEY):
                assert stat.S_IMODE((home / name).stat().st_mode) == 0o600


def test_two_servers_begin_one_ledger(postgres: EmbeddedPostgres) -> None:
    """Both find an empty database at the same time, with the same home."""
    with temporary_home() as home, copied(postgres, "template0") as empty:
        processes = [
            prefork.Popen(
                [*prefork.COMMAND, "serve", "--port", "0"], env=environment(home, empty.url), cwd="/",
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            ) for _ in range(2)
        ]
        try:
            told = [[process.stdout.readline().strip() for _ in range(2)] for process in processes if process.stdout]
        finally:
            for process in processes:
                process.send_signal(signal.SIGTERM)
            said = [process.communicate(timeout=_SECONDS)[1] for process in processes]
        assert told[0][1] == told[1][1] != "", said
        types = [row["type"] for row in empty.fetch("SELECT type FROM record ORDER BY index")]
        assert (types[0], types.count("organization")) == ("organization", 1)
        with Server(home, empty.url) as server:
            check_whole_log(server)


# --- writing ---------------------------------------------------------------------------------------------------------


def test_rows_that_the_database_refuses_refuse_their_own_record(home: Path, database: Database) -> None:
    """A constraint that the rules know nothing of stands in the way: the batch is tried again record by record."""
    with database.served(home) as server:
        shop = workshop(server, "another", pot="1000")
        lines = [shop.make({"a": "1"}, {"pot": "1"}), shop.make({"b": "1"}, {"a": "1"})]
        wanted = shop.signed(Product(
            issuer=shop.id, nonce=shop.nonce(), id=shop.name("wanted"), sector=NAME, unit="KGM"
        ))
        database.tamper(f"ALTER TABLE product ADD CONSTRAINT unwanted CHECK (id <> '{shop.name('wanted')}')")
        before = httpx.get(f"{server.url}/health/ready").json()["size"]
        answers = server.submit(server.envelopes([
            lines[0], wanted, lines[1], shop.use({"b": "0.5"}),
        ]))
        assert [isinstance(answer, Receipt) for answer in answers] == [True, False, True, True]
        (problem,) = [answer for answer in answers if isinstance(answer, dict)]
        assert (problem["code"], problem["status"]) == ("not-writable", 422)
        indices = [answer.index for answer in answers if isinstance(answer, Receipt)]
        assert indices == [before, before + 1, before + 2]
        check_whole_log(server)
        # With the constraint out of the way the very same record goes through.
        database.tamper("ALTER TABLE product DROP CONSTRAINT unwanted")
        server.post([wanted])
        check_whole_log(server)


def test_a_log_that_was_rolled_back(home: Path, database: Database) -> None:
    """A server that has signed a longer log signs nothing more, neither for the one who posts nor for the one who asks;
    what it has signed shows the loss to whoever kept it."""
    with database.served(home) as server:
        shop = workshop(server, "another", pot="1000")
        head = database.fetch("SELECT size, root, frontier, time FROM head")[0]
        (receipt,) = server.post([shop.use({"pot": "1"})])
        index = receipt.index
        assert index == head["size"]
        witness = Witness(server.vkey)
        witness.look(server.url)
        for table, column in (("entry", "index"), ("record", "index"), ("flow", "record")):
            database.tamper(
                "DELETE FROM ‥ WHERE … = $1".replace("‥", table).replace("…", column), index
            )
        database.tamper("DELETE FROM batch WHERE size = $1", index + 1)
        database.tamper("UPDATE balance SET remaining = quantity WHERE quantity = 1000")
        database.tamper("UPDATE head SET size = $1, root = $2, frontier = $3, time = $4", *head)
        envelopes = server.envelopes([shop.use({"pot": "1"})])
        for _ in range(2):
            response = httpx.post(f"{server.url}/v1/records", content=envelopes[0],
                                  headers={"Content-Type": "application/json"}, timeout=60)
            assert (response.status_code, response.json()["code"]) == (503, "log-mismatch")
        for path in ("/log/checkpoint", "/health/ready", f"/v1/records/{receipt.digest}/proof"):
            assert httpx.get(server.url + path).json()["code"] == "log-mismatch", path
        assert httpx.get(f"{server.url}/health/live").status_code == 200
    with database.served(home) as server:
        # A new process has it from the anchor.
        answer = httpx.get(f"{server.url}/health/ready").json()
        assert answer["code"] == "log-mismatch"
        assert f"entries {index} to {index} are missing" in answer["detail"]
    lost = pytest.raises(AssertionError, match=f"size {index + 1} is not of this log")
    with Server(home, database.url, anchor=begun_anchor(home / "other", home)) as server, lost:
        # Without it, those who kept a checkpoint know.
        witness.check(server.url)


def test_a_writer_waits_for_the_lock(home: Path, database: Database) -> None:
    """Somebody else holds the head, such as another replica: the record waits its turn."""
    with database.served(home) as server:
        envelopes = server.envelopes([workshop(server, "another", pot="1000").use({"pot": "1"})])
        database.execute("BEGIN")
        database.execute("SELECT * FROM head FOR UPDATE")
        with httpx.Client(timeout=httpx.Timeout(60, read=1)) as client, pytest.raises(httpx.ReadTimeout):
            client.post(f"{server.url}/v1/records", content=envelopes[0])
        database.execute("ROLLBACK")
        # The client has given up, the record has not.
        (receipt,) = server.submit(envelopes)
        assert isinstance(receipt, Receipt)
        check_whole_log(server)
