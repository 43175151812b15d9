"""Figures in the binary format are the rows that the driver itself would have written."""

from collections.abc import Iterator

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.databases import Database
from support.server import prepared_home

from ledger.store.copying import COLUMNS, Row, copy_figures
from ledger.store.embedded import EmbeddedPostgres

NUMBERS = st.integers(min_value=-(1 << 63), max_value=(1 << 63) - 1)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
FLOATS = st.lists(st.floats(), max_size=40)
ROWS: st.SearchStrategy[list[Row]] = st.lists(st.tuples(
    NUMBERS, NUMBERS, TEXTS, st.none() | TEXTS, st.floats(), FLOATS, st.lists(TEXTS, max_size=20), FLOATS,
), max_size=20)


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    """Without the constraints of the schema: any row goes in."""
    with prepared_home() as home, EmbeddedPostgres(home) as postgres, Database(postgres.owner_url) as found:
        found.execute("CREATE TEMPORARY TABLE figure (lot bigint, version bigint, method text, plugin text, "
                      "share float8, burdens float8[], content text[], amount float8[])")
        yield found


def stored(database: Database) -> list[asyncpg.Record]:
    """Bit by bit: text of floats tells NaN from NaN and 0 from -0."""
    rows = database.fetch("SELECT figure::text FROM figure ORDER BY ctid")
    database.execute("TRUNCATE figure")
    return rows


@given(rows=ROWS)
def test_as_the_driver_writes_them(database: Database, rows: list[Row]) -> None:
    database.run(copy_figures(database.session, rows))
    found = stored(database)
    database.run(database.session.copy_records_to_table("figure", records=rows, columns=COLUMNS))
    assert found == stored(database)
    assert len(found) == len(rows)


def test_what_cannot_be_stored_is_the_databases_own_error(database: Database) -> None:
    row: Row = (1, 0, "m", None, 0.5, [1.0], ["a\0b"], [1.0])
    with pytest.raises(asyncpg.DataError):
        database.run(copy_figures(database.session, [row]))
    assert stored(database) == []
