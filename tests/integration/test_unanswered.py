"""`status` and `doctor` end soon, and name what was not answered, if the database leaves one question or all of them
without an answer: behind a relay that passes no more, with its processes stopped, and with a table that is locked."""

import asyncio
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from support.cli import run
from support.databases import Database
from support.server import Server, prepared_home
from support.stalled import Stalled
from support.waiting import PATIENCE

from ledger.service.doctor.diagnose import diagnose
from ledger.service.settings import Settings
from ledger.service.status.answers import StatusAnswer
from ledger.service.status.gather import gather
from ledger.store.embedded import EmbeddedPostgres
from ledger.store.embedded.layout import Layout
from ledger.store.embedded.pidfile import running_postmaster

SOON = PATIENCE / 4
"""Less than one question waited before. `make drill-night` measures how long an operator waits."""
LOCKED = "LOCK TABLE entry IN ACCESS EXCLUSIVE MODE"


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[Path, EmbeddedPostgres]]:
    """A ledger with one server on a database of its own."""
    with prepared_home() as home, EmbeddedPostgres(home) as postgres, Server(home, postgres.owner_url):
        yield home, postgres


def answered(url: str, home: Path) -> StatusAnswer:
    async def asked() -> StatusAnswer:
        async with asyncio.timeout(SOON):
            return await gather(Settings(home=home, database_url=url), lambda _: None)

    return asyncio.run(asked())


def checked(url: str, home: Path) -> dict[str, tuple[str, str]]:
    """Level and message of each check."""
    async def asked() -> dict[str, tuple[str, str]]:
        async with asyncio.timeout(SOON):
            return {one.check: (one.level, one.message)
                    for one in await diagnose(Settings(home=home, database_url=url), {})}

    return asyncio.run(asked())


@contextmanager
def stopped(home: Path) -> Iterator[None]:
    """All processes of the PostgreSQL in this home are stopped, as on a host whose disk hangs."""
    postmaster = running_postmaster(Layout.at(home).data)
    assert postmaster is not None
    main = psutil.Process(postmaster.pid)
    processes = [main, *main.children(recursive=True)]
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            if process.is_running():
                process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("passing", [0, 2, 3, 5, 8, 13, 21])
def test_status_of_a_database_that_stops_answering(place: tuple[Path, EmbeddedPostgres], passing: int) -> None:
    home, postgres = place

    async def asked() -> StatusAnswer:
        async with Stalled(postgres.owner_url, passing) as stalled, asyncio.timeout(SOON):
            return await gather(Settings(home=home, database_url=stalled.url), lambda _: None)

    answer = asyncio.run(asked())
    unknown = {one.part: one.why for one in answer.unknown if one.part != "backup"}
    assert any("answer" in why for why in unknown.values()), unknown
    (server,) = answer.servers
    assert server.state is not None
    assert answer.disks or "disks" in unknown


def test_a_stopped_database(place: tuple[Path, EmbeddedPostgres]) -> None:
    home, postgres = place
    with stopped(home):
        answer, found = answered(postgres.owner_url, home), checked(postgres.owner_url, home)
    assert "the database does not answer" in {one.part: one.why for one in answer.unknown}["database"]
    assert found["database"][0] == found["server"][0] == "error"
    assert "the database does not answer" in found["database"][1]
    assert {found[name][0] for name in ("commit", "plugins", "anchor")} == {"unknown"}
    assert checked(postgres.owner_url, home)["database"][0] == "ok"


def test_a_locked_table(place: tuple[Path, EmbeddedPostgres]) -> None:
    """Questions about that table are named; the others are answered."""
    home, postgres = place
    with Database(postgres.owner_url) as database:
        transaction = database.session.transaction()
        database.run(transaction.start())
        database.execute(LOCKED)
        answer, found = answered(postgres.owner_url, home), checked(postgres.owner_url, home)
        database.run(transaction.rollback())
    unknown = {one.part: one.why for one in answer.unknown}
    assert {"tables", "growth"} <= unknown.keys()
    assert unknown["tables"].startswith("the database has not answered this within 2 s"), unknown
    assert answer.log is not None
    assert answer.database is not None
    assert answer.archive is not None
    unanswered = {name for name, (_, message) in found.items() if "has not answered this within" in message}
    assert unanswered, found
    assert "database" not in unanswered | {name for name, (level, _) in found.items() if level == "unknown"}
    assert found["schema"][0] == found["commit"][0] == "ok"


def test_commands_say_what_was_not_answered(place: tuple[Path, EmbeddedPostgres]) -> None:
    home, postgres = place
    variables: dict[str, Any] = {"CARBON_LEDGER_DATABASE_URL": postgres.owner_url}
    with Database(postgres.owner_url) as database:
        transaction = database.session.transaction()
        database.run(transaction.start())
        database.execute(LOCKED)
        status = run("status", "--home", home, **variables)
        doctor = run("doctor", "--home", home, "--json", **variables)
        database.run(transaction.rollback())
    assert "unknown    tables: the database has not answered this within" in status.out
    assert (status.err, doctor.err, doctor.code) == ("", "", 1)
    assert [one for one in json.loads(doctor.out)["findings"] if "pg_locks" in one.get("remedy", "")]
