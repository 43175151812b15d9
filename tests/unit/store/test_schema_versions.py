"""Which programs run with which schema: every migration says it, and one that only builds indexes is not waited for."""

import pytest
from support.raising import raised

from ledger.errors import ConfigurationError
from ledger.store.migrating.versions import (
    BASELINE,
    Migration,
    Schema,
    StoredSchema,
    migration_of,
    program_schema,
    require_schema,
)

SCRIPT = "-- A comment.\nCREATE TABLE a ();\n"
COMPATIBLE = migration_of(BASELINE + 1, f"-- Why.\n-- compatible-from: {BASELINE}\nALTER TABLE a")
ONLINE = migration_of(BASELINE + 2, f"-- Faster.\n-- compatible-from: {BASELINE}\n-- online\n"
                                    "CREATE INDEX CONCURRENTLY b ON a (c);\n")
KNOWN = Schema(SCRIPT, (COMPATIBLE, ONLINE))


def stored(version: int, compatible_from: int = BASELINE) -> StoredSchema:
    return StoredSchema(version, KNOWN.digest, compatible_from)


@pytest.mark.parametrize("script", [
    "CREATE TABLE a ()", "-- Only words.\nCREATE TABLE a ()", "CREATE TABLE a ();\n-- compatible-from: 2\n-- online\n",
    "-- compatible-from: 2 or so\nCREATE TABLE a ()", "-- onlines\nCREATE TABLE a ()",
])
def test_a_migration_without_a_header(script: str) -> None:
    """No older program runs with it, and all of it is one transaction. What follows the header is SQL."""
    assert migration_of(7, script) == Migration(7, script, 7, online=False)


def test_the_statements_of_an_online_migration() -> None:
    script = ("-- online\nDROP INDEX CONCURRENTLY IF EXISTS a;\n"
              "CREATE INDEX CONCURRENTLY a\n    ON b (c) WHERE d = ';';\n")
    assert migration_of(1, script).statements == [
        "-- online\nDROP INDEX CONCURRENTLY IF EXISTS a", "CREATE INDEX CONCURRENTLY a\n    ON b (c) WHERE d = ';'",
    ]


def test_comments_do_not_change_the_digest() -> None:
    """A database must not be refused because somebody explained a table better."""
    assert Schema(SCRIPT.replace("A comment", "Two")).digest == KNOWN.digest == Schema("CREATE TABLE a ();").digest
    assert Schema(SCRIPT.replace("a (", "b (")).digest != KNOWN.digest


def test_no_migration_is_shipped() -> None:
    assert program_schema().migrations == ()
    assert program_schema().needed == program_schema().newest == BASELINE


def test_an_index_that_is_built_later_is_not_needed() -> None:
    assert (KNOWN.needed, KNOWN.newest) == (BASELINE + 1, BASELINE + 2)
    for version in (BASELINE + 1, BASELINE + 2):
        require_schema(stored(version), KNOWN)
    error = raised(ConfigurationError, require_schema, stored(BASELINE), KNOWN)
    assert f"has version {BASELINE}, this program needs {BASELINE + 1}: run init" in error.message


@pytest.mark.parametrize(("later", "fits"), [(KNOWN.newest, True), (BASELINE, True), (KNOWN.newest + 1, False)])
def test_a_schema_of_a_later_program(later: int, fits: bool) -> None:
    found = stored(KNOWN.newest + 2, later)
    if fits:
        assert require_schema(found, KNOWN) == found
    else:
        error = raised(ConfigurationError, require_schema, found, KNOWN)
        assert f"has version {found.version}, this program needs {KNOWN.newest}: a later version" in error.message


@pytest.mark.parametrize(("version", "digest", "words"), [
    (30, None, "the database has version 30 of the schema, from carbon-ledger 0.2 or earlier; this program needs"),
    (BASELINE, "e" * 64, f"the database has a schema with digest {'e' * 64}; this program needs the schema with"),
    # An earlier version with a migration would be brought up to date if its digest were ours.
    (BASELINE, None, f"version {BASELINE} of the schema, from carbon-ledger 0.2 or earlier"),
])
def test_a_database_of_another_schema(version: int, digest: str | None, words: str) -> None:
    error = raised(ConfigurationError, require_schema, StoredSchema(version, digest, version), KNOWN)
    assert error.code == "wrong-schema"
    assert words in error.message
    assert "run the program that made this database" in str(error.rule)
