"""A database that another program made is refused by name, wherever it is opened, and stays as it is."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import pytest
from support.cli import Done, run
from support.databases import Database, copied
from support.server import prepared_home, temporary_home

from ledger.errors import ConfigurationError
from ledger.service.backup.manifest import DATABASE, MANIFEST, digest_of, files_in
from ledger.service.doctor.diagnose import diagnose
from ledger.service.settings import Settings
from ledger.store.database import ERASER, WRITER
from ledger.store.embedded import EmbeddedPostgres, attach
from ledger.store.embedded.base_backup import take_base_backup
from ledger.store.migrating.migrate import migrate
from ledger.store.migrating.versions import BASELINE, program_schema

PASSPHRASE: Final = {"CARBON_LEDGER_PASSPHRASE": "a passphrase"}
DATABASE_URL: Final = "CARBON_LEDGER_DATABASE_URL"
OF_0_2: Final = """
    DROP TABLE schema_version;
    CREATE TABLE schema_version (version integer PRIMARY KEY, applied timestamptz NOT NULL DEFAULT now());
    INSERT INTO schema_version (version) SELECT generate_series(1, 30);
    GRANT SELECT ON schema_version TO carbon_ledger_writer"""
"""Makes a database state its schema as version 0.2.0 did."""
FOREIGN: Final = {
    "of version 0.2": (OF_0_2, "the database has version 30 of the schema, from carbon-ledger 0.2 or earlier"),
    "of another digest": ("UPDATE schema_version SET digest = repeat('e', 64)",
                          f"the database has a schema with digest {'e' * 64}"),
}


class Site(NamedTuple):
    """A ledger whose database runs."""

    home: Path
    postgres: EmbeddedPostgres


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with prepared_home() as home, EmbeddedPostgres(home) as postgres:
        assert run("init", "--home", home).code == 0
        yield Site(home, postgres)


@pytest.fixture
def database(site: Site) -> Iterator[Database]:
    with copied(site.postgres) as copy:
        yield copy


def refused(done: Done, words: str) -> None:
    assert done.code == 1, done
    said = " ".join(done.err.split())
    assert words in said
    assert f"this program needs the schema with digest {program_schema().digest}" in said
    assert "run the program that made this database" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("case", FOREIGN)
def test_every_command_refuses_it(site: Site, database: Database, case: str) -> None:
    statement, words = FOREIGN[case]
    database.execute(statement)
    before = [tuple(row) for row in database.fetch("SELECT * FROM schema_version ORDER BY version")]
    for command in ("serve --port 0", "init", "audit", "psql", "anchor show"):
        refused(run(*command.split(), "--home", site.home, **{DATABASE_URL: database.url}), words)
    told = run("status", "--json", "--home", site.home, **{DATABASE_URL: database.url})
    status = json.loads(told.out)
    assert "log" not in status
    assert [words in one["why"] for one in status["unknown"] if one["part"] == "schema"] == [True]
    findings = {one.check: one for one in asyncio.run(diagnose(Settings(home=site.home, database_url=database.url)))}
    assert (findings["schema"].level, words in findings["schema"].message) == ("error", True)
    assert findings["database"].message == findings["schema"].message
    assert [tuple(row) for row in database.fetch("SELECT * FROM schema_version ORDER BY version")] == before


def test_a_backup_of_it_is_not_restored(site: Site, tmp_path: Path) -> None:
    """Nor is one made: its files and manifest are as version 0.2.0 wrote them."""
    backup = tmp_path / "backup"
    assert run("backup", backup, "--home", site.home, **PASSPHRASE).code == 0
    words = FOREIGN["of version 0.2"][1]
    with prepared_home() as old, EmbeddedPostgres(old) as postgres, Database(postgres.owner_url) as database:
        assert run("init", "--home", old).code == 0
        database.execute(OF_0_2)
        refused(run("backup", tmp_path / "another", "--home", old, **PASSPHRASE), words)
        shutil.rmtree(backup / DATABASE)
        take_base_backup(old, attach(old), backup / DATABASE, print)
    files = [digest_of(backup, path) for path in files_in(backup)]
    manifest = json.loads((backup / MANIFEST).read_text(encoding="utf-8"))
    (backup / MANIFEST).write_text(json.dumps({
        **manifest, "program": "0.2.0", "schema": 30,
        "files": [{"path": file.path, "size": file.size, "sha256": file.sha256} for file in files],
    }), encoding="utf-8")
    with temporary_home() as home:
        refused(run("restore", backup, "--home", home), words)
        assert not home.exists()


def test_a_database_without_a_version(site: Site, database: Database) -> None:
    database.execute("DELETE FROM schema_version")
    done = run("init", "--home", site.home, **{DATABASE_URL: database.url})
    assert (done.code, "its table schema_version is empty" in done.err) == (1, True)


def test_a_schema_of_a_later_program(site: Site, database: Database) -> None:
    """`init` does not touch it either."""
    database.execute(f"UPDATE schema_version SET version = {BASELINE + 5}, compatible_from = {BASELINE + 1}")
    for command in ("init", "audit"):
        done = run(command, "--home", site.home, **{DATABASE_URL: database.url})
        assert (done.code, "a later version of this program has migrated it" in done.err) == (1, True)


def as_account(url: str, name: str, database: str) -> str:
    """The address of a database of the same server for another login."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{name}:words@{place}", path=f"/{database}").geturl()


@pytest.mark.parametrize(("case", "given", "lacks"), [
    ("owner", "", 'GRANT carbon_ledger_writer, carbon_ledger_eraser TO "plain_owner" WITH ADMIN OPTION;'),
    ("stranger", "CREATEROLE", 'ALTER DATABASE "of_stranger" OWNER TO "plain_stranger";'),
])
def test_an_account_that_lacks_a_right(site: Site, case: str, given: str, lacks: str) -> None:
    """The servers' roles exist in the cluster. The statement that the error names is enough."""
    with Database(attach(site.home).owner_url) as owner:
        owner.execute(f"CREATE ROLE plain_{case} LOGIN PASSWORD 'words' {given}")
        owner.execute(f"CREATE DATABASE of_{case} TEMPLATE template0" + (
            f" OWNER plain_{case}" if case == "owner" else ""))
        if case == "stranger":
            owner.execute(f"GRANT {WRITER}, {ERASER} TO plain_{case} WITH ADMIN OPTION")
        url = as_account(owner.url, f"plain_{case}", f"of_{case}")
        with prepared_home() as home:
            done = run("init", "--home", home, **{DATABASE_URL: url})
            assert (done.code, len(done.err.splitlines())) == (1, 1), done.err
            assert f"the account plain_{case} lacks a right in the database" in done.err
            assert lacks in done.err
            owner.execute(lacks)
            run("init", "--home", home, **{DATABASE_URL: url}).succeeded()


def test_an_account_that_cannot_make_the_roles() -> None:
    """In a new cluster, which has none of the roles."""
    with temporary_home() as folder, EmbeddedPostgres(folder) as postgres, Database(postgres.owner_url) as owner:
        owner.execute("CREATE ROLE plain LOGIN PASSWORD 'words'")
        owner.execute("CREATE DATABASE of_plain TEMPLATE template0 OWNER plain")
        with pytest.raises(ConfigurationError, match="the account plain lacks a right") as refusal:
            asyncio.run(migrate(as_account(owner.url, "plain", "of_plain"), program_schema()))
        assert refusal.value.rule == 'run as a superuser of the database: ALTER ROLE "plain" CREATEROLE;'
        owner.execute(str(refusal.value.rule).partition(": ")[2])
        asyncio.run(migrate(as_account(owner.url, "plain", "of_plain"), program_schema()))
