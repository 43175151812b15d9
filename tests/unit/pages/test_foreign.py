"""Names that others chose do not act on the words beside them."""

import json

from ledger.pages.foreign import escaped, isolated, without_marks

MARKS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def test_a_name_loses_marks_of_direction() -> None:
    assert isolated("\u202efig\u2066ure\u2069") == "figure"
    assert isolated("\u6c5f\u5357 mill") == "\u6c5f\u5357 mill"


def test_a_name_from_right_to_left_is_isolated() -> None:
    assert isolated("\u05d0\u05d1 12") == "\u2068\u05d0\u05d1 12\u2069"
    assert isolated("\u05d0\u2069\u05d1") == "\u2068\u05d0\u05d1\u2069"


def test_templates_write_no_mark_but_those_of_an_isolated_name() -> None:
    assert without_marks(f"a{MARKS}b") == "a\u2068\u2069b"
    assert without_marks(isolated("\u05d0")) == "\u2068\u05d0\u2069"
    assert without_marks(5) == 5


def test_marks_in_json_are_escaped_and_mean_the_same() -> None:
    text = json.dumps({"name": f"a{MARKS}b\u94a2"}, ensure_ascii=False)
    assert not any(mark in escaped(text) for mark in MARKS)
    assert "\u94a2" in escaped(text)
    assert json.loads(escaped(text)) == json.loads(text)
