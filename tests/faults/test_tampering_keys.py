"""The owner of the database changes how the log's key was rotated: table `log_key`. The audit of the database says so,
by the notes themselves, by what is stored beside them, and by who has signed the anchor."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from support.databases import Database, copied
from support.server import Server, command, prepared_home
from support.witness import registry
from support.workshop import workshop

from ledger.cli.auditor.audit_database import database_source
from ledger.client.audit.options import AuditOptions
from ledger.client.audit.report import AuditReport
from ledger.client.audit.run import audit
from ledger.service.settings import Settings
from ledger.store.embedded import EmbeddedPostgres

Finding = tuple[str, int | None]
CASES: Final[dict[str, tuple[str, Finding]]] = {
    "no rotation at all": ("DELETE FROM log_key", ("anchor", None)),
    "no end": ("DELETE FROM log_key WHERE number = 2", ("anchor", None)),
    "no beginning": ("DELETE FROM log_key WHERE number = 1", ("checkpoint", None)),
    "another size": ("UPDATE log_key SET size = size + 1 WHERE number = 1", ("log-keys", None)),
    "another number": ("UPDATE log_key SET number = 3 WHERE number = 2", ("log-keys", None)),
    "another order": ("UPDATE log_key SET number = 5 - number", ("checkpoint", None)),
    "notes swapped": (
        "UPDATE log_key k SET note = (SELECT note FROM log_key o WHERE o.number = 3 - k.number)",
        ("checkpoint", None)),
    "a note that is none": ("UPDATE log_key SET note = '' WHERE number = 1", ("checkpoint", None)),
    "a size in a note": ("UPDATE log_key SET note = replace(note, E'\\n1', E'\\n2') || '' WHERE number = 2",
                         ("checkpoint", None)),
    "one too many": (
        "INSERT INTO log_key SELECT 3, size, note FROM log_key WHERE number = 1", ("checkpoint", None)),
}


class Rotated(NamedTuple):
    home: Path
    postgres: EmbeddedPostgres


@pytest.fixture(scope="module")
def rotated() -> Iterator[Rotated]:
    with prepared_home() as home:
        with Server(home) as server:
            shop = workshop(server, "works", pot="10")
            for step in ([], ["--finish"]):
                done = command(home, "key", "rotate-log", *step)
                assert done.returncode == 0, done.stderr
                server.post([shop.use({"pot": "1"})])
        with EmbeddedPostgres(home) as postgres:
            yield Rotated(home, postgres)


def audited(rotated: Rotated, database: Database) -> AuditReport:
    async def run() -> AuditReport:
        settings = Settings(home=rotated.home, database_url=database.url)
        async with database_source(settings) as source:
            return await audit(source, registry(), AuditOptions())

    return database.run(run())


def test_an_untouched_copy_holds(rotated: Rotated) -> None:
    with copied(rotated.postgres) as database:
        report = audited(rotated, database)
        assert report.ok, report.findings


@pytest.mark.parametrize("what", CASES)
def test_rotations_of_the_log_s_key(rotated: Rotated, what: str) -> None:
    change, finding = CASES[what]
    with copied(rotated.postgres) as database:
        database.tamper(change)
        found = {(one.rule, one.index) for one in audited(rotated, database).findings}
    assert found == {finding}
