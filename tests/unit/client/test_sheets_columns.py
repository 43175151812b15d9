"""Any tree that a record may have becomes columns, and comes back as it was."""

import csv
import io
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.raising import raised

from ledger.cli.supplier.record_files import RecordDraft, read_drafts
from ledger.client.sheets.columns import (
    Tree,
    column_named,
    columns_named,
    escaped,
    fill,
    flattened,
    typed,
    unescaped,
    with_lists,
)
from ledger.client.sheets.tables import flat_table, joined, tables_of
from ledger.errors import InvalidInput

NAMES: Final = st.sampled_from(
    ["lot", "quantity", "digest", "int", "a.b", "12", "x:int", "x:y", "", " a", "#n", "key", "=f", "y:json"])
TEXTS: Final = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["=1+1", "'=1+1", "-5.5", "-x", "'", "@a", "+1", "0.50", "true", "a\nb", "a\r\nb", " a", "", "{}", "_x000D_"])
VALUES: Final = st.recursive(
    TEXTS | st.integers(-(1 << 53) + 1, (1 << 53) - 1) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=12)
TREES: Final = st.dictionaries(
    st.sampled_from(["id", "activity", "outputs", "inputs", "names", "time"]), VALUES, max_size=5)


def digest(text: str) -> str:
    return text


def read(cells: dict[str, str]) -> Tree:
    tree: Tree = {}
    columns_named(list(cells))
    for name, text in cells.items():
        column = column_named(name)
        fill(tree, column.path, typed(text, column.kind, digest))
    return with_lists(tree, {})


@given(TREES)
def test_a_record_comes_back_from_its_columns(tree: Tree) -> None:
    cells = flattened(tree)
    assert all(text and text == text.strip() for text in cells.values())
    assert read(cells) == tree


@given(TREES)
def test_sign_reads_the_same_record_from_csv(tree: Tree) -> None:
    table = flat_table([("1", {"type": "pool", **tree})])
    text = io.StringIO(newline="")
    csv.writer(text).writerows([table.columns, [table.rows[0].get(name, "") for name in table.columns]])
    (draft,) = read_drafts(io.BytesIO(text.getvalue().encode()))
    assert isinstance(draft, RecordDraft)
    assert draft.tree == {"type": "pool", **tree}


@given(TREES)
def test_a_record_comes_back_from_its_tables(tree: Tree) -> None:
    record, *lists = tables_of([("k", {"type": "pool", **tree})])
    whole = read({name: text for name, text in record.rows[0].items() if name != "key"})
    items = {
        table.path: [read({name: text for name, text in row.items() if name != "key"}) for row in table.rows]
        for table in lists
    }
    assert joined(whole, items) == {"type": "pool", **tree}


@given(TEXTS)
def test_no_cell_begins_like_a_formula(text: str) -> None:
    cell = escaped(text)
    assert unescaped(cell) == text
    assert cell[:1] not in ("=", "+", "@")
    assert cell[:1] != "-" or cell.replace(".", "").lstrip("-").isdigit()


@pytest.mark.parametrize(("names", "code"), [
    (["a", "a"], "duplicate-column"), (["a", "a.b"], "duplicate-column"), (["a..b"], "not-csv"), ([".a"], "not-csv"),
])
def test_headers_that_contradict_themselves(names: list[str], code: str) -> None:
    assert raised(InvalidInput, columns_named, names).code == code


def test_notes_and_the_key_fill_nothing() -> None:
    assert [column.path for column in columns_named(["#a", "key", "keys.0.spki"]) if column is not None] == [
        (), (), ("keys", "0", "spki")]


@pytest.mark.parametrize(("text", "kind"), [("x", "int"), ("1.5", "int"), ("yes", "bool"), ("{", "json"),
                                            ('{"a":1,"a":2}', "json"), ("NaN", "json")])
def test_a_cell_that_is_no_value_of_its_kind(text: str, kind: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        typed(text, kind, digest)


def test_a_field_of_no_name_has_no_column() -> None:
    tree: Any = {"a.b": "c"}
    raised(InvalidInput, flattened, tree)
