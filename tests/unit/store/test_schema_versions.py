"""Which versions of the schema a program runs with: its own, and others that say so."""

import pytest
from support.raising import raised

from ledger.errors import ConfigurationError
from ledger.store.migrating.versions import check_version, comment_of, needed_version
from ledger.store.sql import Migration, migration_of, migrations

KNOWN = (migration_of(1, "CREATE TABLE a ()"), migration_of(2, "-- Why.\n-- compatible-from: 1\nALTER TABLE a"),
         migration_of(3, "-- Faster.\n-- compatible-from: 1\n-- online\nCREATE INDEX CONCURRENTLY b ON a (c);\n"))


def test_headers() -> None:
    assert [(known.number, known.compatible_from, known.online) for known in KNOWN] == [
        (1, 1, False), (2, 1, False), (3, 1, True),
    ]


@pytest.mark.parametrize("script", [
    "CREATE TABLE a ();\n-- online\n", "-- on line\n", "-- online: yes\n", "\n-- online\n-- compatible-from: 1\n",
])
def test_what_is_no_header(script: str) -> None:
    """Only whole lines at the very beginning count."""
    assert migration_of(7, script) == Migration(7, script, 7, online=False)


def test_statements() -> None:
    script = ("-- online\nDROP INDEX CONCURRENTLY IF EXISTS a;\n"
              "CREATE INDEX CONCURRENTLY a\n    ON b (c) WHERE d = ';';\n")
    assert migration_of(1, script).statements == [
        "-- online\nDROP INDEX CONCURRENTLY IF EXISTS a", "CREATE INDEX CONCURRENTLY a\n    ON b (c) WHERE d = ';'",
    ]


def test_an_index_that_is_built_later_is_not_needed() -> None:
    assert needed_version(KNOWN) == 2
    for stored in (2, 3):
        check_version(stored, None, KNOWN)
    assert "the schema has version 1, this program needs 2: run init" in str(raised(
        ConfigurationError, check_version, 1, comment_of(KNOWN[:1]), KNOWN
    ))


@pytest.mark.parametrize(("later", "fits"), [
    (["-- compatible-from: 3\n"], True),
    (["-- compatible-from: 1\n"], True),
    (["-- compatible-from: 4\n"], False),
    (["-- compatible-from: 3\n", ""], False),
    # The strictest of all later migrations counts.
    (["", "-- compatible-from: 3\n"], False),
])
def test_a_schema_of_a_later_program(later: list[str], fits: bool) -> None:
    applied = [*KNOWN, *[migration_of(4 + i, script) for i, script in enumerate(later)]]
    stored = applied[-1].number
    if fits:
        check_version(stored, comment_of(applied), KNOWN)
    else:
        with pytest.raises(ConfigurationError, match=f"the schema has version {stored}, this program needs 3: a later"):
            check_version(stored, comment_of(applied), KNOWN)


@pytest.mark.parametrize("comment", [
    None, "", "version 4, compatible from 1 ", "version 5, compatible from 1", "compatible from 1", "something else",
])
def test_a_comment_that_does_not_speak_of_the_version(comment: str | None) -> None:
    assert "a later version of this program" in str(raised(ConfigurationError, check_version, 4, comment, KNOWN))


def test_online_migrations_build_indexes_alone() -> None:
    """Each statement can be repeated after a crash: an index that was left unfinished is dropped first."""
    for migration in migrations():
        if migration.online:
            drops, builds = migration.statements[::2], migration.statements[1::2]
            assert len(drops) == len(builds)
            assert all("DROP INDEX CONCURRENTLY IF EXISTS" in statement for statement in drops)
            assert all("INDEX CONCURRENTLY" in statement for statement in builds)
        assert migration.compatible_from <= migration.number
