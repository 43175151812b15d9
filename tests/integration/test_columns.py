"""Rows as columns: numbers by binary COPY or as bytes, words as one text; what does not fit is refused, not misread.
Figures in the binary format are the rows that the driver itself would have written."""

from collections.abc import Iterator
from typing import Any

import asyncpg
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.databases import Database
from support.inside import Inside, inside
from support.server import prepared_home

from ledger.store.columns import Column, fetch_columns, integers, list_of, names, names_or_none, words
from ledger.store.copying import COLUMNS, Row, copy_figures
from ledger.store.embedded import EmbeddedPostgres

FLOATS: tuple[float, ...] = (0.1, -0.0, 1e-300, 1.7976931348623157e308, float("inf"))


@pytest.fixture(scope="module")
def inner() -> Iterator[Inside]:
    with prepared_home() as home, inside(home) as found:
        yield found


def fetch(inner: Inside, sql: str, *columns: Column, parameters: tuple[object, ...] = ()) -> dict[str, Any]:
    async def ask() -> dict[str, Any]:
        async with inner.ledger.pool.acquire() as connection:
            return await fetch_columns(connection, sql, parameters, columns)
    return inner.run(ask())


def value(inner: Inside, sql: str, *parameters: object) -> Any:
    return inner.run(inner.ledger.pool.fetchval(sql, *parameters))


def test_numbers_bit_for_bit(inner: Inside) -> None:
    found = fetch(
        inner, "SELECT n, f, ARRAY[f, -f, n] FROM unnest($1::text::bigint[], $2::text::float8[]) AS t (n, f)",
        ("n", None), ("f", 0), ("a", 3),
        parameters=(list_of([1, -1, 2**62, 0, 7]), "{" + ",".join(map(repr, FLOATS)) + "}"),
    )
    assert (found["n"].dtype, found["n"].tolist()) == (numpy.int64, [1, -1, 2**62, 0, 7])
    assert (found["f"].tobytes(), found["a"].shape) == (numpy.array(FLOATS).tobytes(), (5, 3))
    assert (found["a"][:, 1].tobytes(), found["a"].dtype) == ((-numpy.array(FLOATS)).tobytes(), numpy.float64)


def test_no_rows(inner: Inside) -> None:
    found = fetch(inner, "SELECT 1::bigint, 1::float8, ARRAY[1::float8] WHERE false", ("n", None), ("f", 0), ("a", 1))
    assert [found[name].shape for name in ("n", "f", "a")] == [(0,), (0,), (0, 1)]


def test_more_than_comes_in_one_piece(inner: Inside) -> None:
    """Rows that are torn between pieces of the answer."""
    count = 100_000
    sql = f"SELECT i, i / 8::float8 FROM generate_series(1, {count}::bigint) AS i"
    found = fetch(inner, sql, ("i", None), ("f", 0))
    assert (found["i"] == numpy.arange(1, count + 1)).all()
    assert (found["f"] == found["i"] / 8).all()


@pytest.mark.parametrize(("sql", "columns"), [
    ("SELECT NULL::bigint", [("n", None)]),
    ("SELECT n FROM (VALUES (1::bigint), (NULL), (3)) AS t (n)", [("n", None)]),
    ("SELECT 1::int", [("n", None)]),
    ("SELECT 1::bigint, 2::bigint", [("n", None)]),
    ("SELECT 1::bigint", [("n", None), ("m", None)]),
    ("SELECT 1::smallint, 2::int, 3::smallint", [("n", None), ("m", None)]),
    ("SELECT ARRAY[1, 2, 3]::float8[]", [("a", 2)]),
    ("SELECT ARRAY[1, NULL, NULL, NULL]::float8[]", [("a", 2)]),
    ("SELECT ARRAY[[1, 2], [3, 4]]::float8[]", [("a", 4)]),
    ("SELECT a FROM (VALUES (ARRAY[1, 2]::float8[]), ('{}')) AS t (a)", [("a", 2)]),
    ("SELECT a FROM (VALUES (ARRAY[1, 2, 3]::float8[]), (ARRAY[1])) AS t (a)", [("a", 2)]),
])
def test_rows_of_another_form(inner: Inside, sql: str, columns: list[Column]) -> None:
    with pytest.raises(ValueError, match="expected"):
        fetch(inner, sql, *columns)


def test_numbers_that_come_as_bytes(inner: Inside) -> None:
    table = "FROM unnest($1::text::bigint[], $2::text::bigint[]) AS t (a, b)"
    sql = f"SELECT string_agg(int8send(a) || int8send(b), ''::bytea) {table}"
    one, other = integers(value(inner, sql, list_of([3, -1, 2**62]), list_of([0, 5, 7])), 2)
    assert (one.tolist(), other.tolist()) == ([3, -1, 2**62], [0, 5, 7])
    assert one.flags.c_contiguous
    assert one.flags.writeable
    nothing = value(inner, sql, "{}", "{}")
    assert nothing is None
    assert [column.tolist() for column in integers(nothing, 2)] == [[], []]
    with pytest.raises(ValueError, match=r"cannot reshape|multiple of element size"):
        integers(b"\0" * 24, 2)
    with pytest.raises(ValueError, match=r"cannot reshape|multiple of element size"):
        integers(b"\0" * 15, 1)


def test_a_list_as_a_parameter(inner: Inside) -> None:
    for numbers in ([], [5], [2**62, -3, 5]):
        assert value(inner, "SELECT $1::text::bigint[]", list_of(numbers)) == numbers


def test_words_that_come_as_one_text(inner: Inside) -> None:
    sql = r"SELECT string_agg(coalesce(w, ''), E'\n') FROM unnest($1::text[]) AS w"
    text = value(inner, sql, ["steel", None, "scrap", "steel", "生铁", None])
    assert words(text, 6) == ["steel", "", "scrap", "steel", "生铁", ""]
    assert names_or_none(text, 6) == ["steel", None, "scrap", "steel", "生铁", None]
    found = names("\n".join(["urn:a", "urn:b", "urn:a"]), 3)
    assert found == ["urn:a", "urn:b", "urn:a"]
    # Kept once: of a million lots' products there are few.
    assert found[0] is found[2]
    again = names_or_none(text, 6)
    assert again[0] is again[3]
    for read in (words, names, names_or_none):
        assert (read(value(inner, sql, []), 0), read("", 1)) == ([], [""] if read is not names_or_none else [None])
        for count in (0, 1, 3):
            with pytest.raises(ValueError, match=f"expected {count} words, received 2"):
                read("a\nb", count)
        with pytest.raises(ValueError, match="expected 2 words, received 0"):
            read(None, 2)


NUMBERS = st.integers(min_value=-(1 << 63), max_value=(1 << 63) - 1)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
DOUBLES = st.lists(st.floats(), max_size=40)
ROWS: st.SearchStrategy[list[Row]] = st.lists(st.tuples(
    NUMBERS, NUMBERS, TEXTS, st.none() | TEXTS, st.floats(), DOUBLES, st.lists(TEXTS, max_size=20), DOUBLES,
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
    assert (found, len(found)) == (stored(database), len(rows))


def test_what_cannot_be_stored_is_the_databases_own_error(database: Database) -> None:
    row: Row = (1, 0, "m", None, 0.5, [1.0], ["a\0b"], [1.0])
    with pytest.raises(asyncpg.DataError):
        database.run(copy_figures(database.session, [row]))
    assert stored(database) == []
