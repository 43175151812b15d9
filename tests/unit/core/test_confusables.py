"""Names that look alike have one skeleton; those that a reader tells apart do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.record.confusables import oddities, skeleton

ALIKE = [
    ("urn:example:mill", "urn:example:mi11"), ("urn:example:mill", "urn:example:miII"),
    ("urn:example:mill", "urn:example:rnill"), ("urn:example:mill", "urn:exаmple:mill"),
    ("urn:example:mill", "urn:example:m%D1%96ll"), ("urn:example:wolf", "urn:example:vvo1f"),
    ("urn:example:oslo", "urn:example:0slo"), ("urn:example:mill", "urn:example:mill:"),
    ("urn:example:mill-two", "urn:example:mill.two"), ("https://mill.example/", "http://mill.example/"),
    ("Mill AG", "МІLL AG"), ("Mill AG", "ΜΙLL ΑG"), ("Mill AG", "Mi\u200bll AG"), ("Mill AG", "\u202eMill AG\u202c"),
    ("Mill AG", "Ｍｉｌｌ  ＡＧ"), ("Müller", "Mu\u0308ller"), ("Müller", "Muller"), ("Port Oy", "Рοrt Оу"),
    ("未来钢铁", "末来钢铁"), ("日工", "曰エ"), ("Mill", "𝐌𝐢𝐥𝐥"),
    ("Mill-Nord", "Mill\u2013Nord"), ("HENNING", "НЕΝΝΙΝG"),
]
APART = [
    ("urn:example:mill", "urn:example:mall"), ("urn:example:mill", "urn:example:forge"),
    ("urn:example:mill-two", "urn:example:mill-three"), ("Mill AG", "Mill GmbH"), ("宝钢", "鞍钢"), ("Север", "Юг"),
    ("urn:example:org-2", "urn:example:org-3"), ("urn:example:mill", "urn:example:mill:north"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_look_alikes(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


def test_a_host_in_another_script() -> None:
    host = "mіll".encode("punycode").decode()
    assert skeleton(f"https://xn--{host}.example/") == skeleton("https://mill.example/")
    assert skeleton("https://xn--\u00ff.example/")


@pytest.mark.parametrize(("one", "other"), APART)
def test_names_that_are_told_apart(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


@given(st.text(max_size=60))
def test_any_text_has_one_and_whitespace_case_and_what_is_invisible_change_nothing(text: str) -> None:
    assert skeleton(text) == skeleton(f"\u200b{text}\u2060")
    assert isinstance(oddities(text), list)


@pytest.mark.parametrize(("name", "found"), [
    ("Mill AG", []), ("宝钢 Steel 株式会社", []), ("Завод Mill", []), ("Ελλάς", []), ("urn:example:%C3%A9", []),
    ("Mіll", ["Latin and Cyrillic in one word"]), ("Mιll", ["Latin and Greek in one word"]),
    ("Mi\u200bll", ["invisible characters"]), ("\u202ellim", ["direction characters"]), ("a\u0007", [
        "invisible characters"]), ("urn:example:m%D1%96ll", ["Latin and Cyrillic in one word"]),
])
def test_oddities(name: str, found: list[str]) -> None:
    assert oddities(name) == found
