"""Plain names, and namespaces that are nobody's own."""

import unicodedata
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.raising import raised

from ledger.core.record.confusables import oddities, skeleton
from ledger.core.record.identifiers import check_identifier, check_prefix, covers, under
from ledger.core.record.naming import check_own, check_plain, is_plain
from ledger.errors import InvalidInput, Refused

PLAIN = (
    "urn:example:mill:lot-1", "urn:example:%C3%A9", "urn:example:a%2Fb", "https://id.gs1.org/01/09506000134352/21/x",
    "http://example.org/x", "did:web:example.org:mill", "tag:example.org,2024:x", "urn:example:%E9%92%A2",
)
HIDDEN = {
    "blank": "urn:example:a%20", "blank inside": "urn:example:a%20b", "NUL": "urn:example:a%00",
    "line feed": "urn:example:%0Aa", "delete": "urn:example:a%7F", "no-break space": "urn:example:a%C2%A0",
    "em space": "urn:example:a%E2%80%83", "zero-width space": "urn:example:a%E2%80%8Bb",
    "right-to-left override": "urn:example:%E2%80%AEa", "isolate": "urn:example:%E2%81%A6a",
    "byte order mark": "urn:example:%EF%BB%BFa", "ideographic space": "urn:example:a%E3%80%80",
    "soft hyphen": "urn:example:a%C2%ADb", "variation selector": "urn:example:a%EF%B8%8F",
    "tag character": "urn:example:a%F3%A0%81%81", "Hangul filler": "urn:example:%E3%85%A4",
    "no UTF-8": "urn:example:%FF", "surrogate": "urn:example:%ED%A0%80", "overlong": "urn:example:%C0%A0",
}
PROGRAMS = ("javascript:alert(1)", "data:text/html,x", "vbscript:x", "file://host/etc/passwd", "blob:x", "about:blank",
            "mailto:a@example.org", "ftp://example.org/x", "view-source:x", "ledger:x")
SHARED = (
    "urn:example:", "urn:uuid:", "urn:epc:id:", "urn:epc:id:sgln:", "urn:epc:id:sgtin:", "urn:epc:class:lgtin:",
    "urn:epc:", "urn:epc:raw:64:", "urn:epc:id:sgln:061:", "https://id.gs1.org/", "https://id.gs1.org/414/",
    "https://id.gs1.org/01/", "http://id.gs1.org/417/", "https://gs1.org/414/", "https://id.gs1.org:8443/414/",
    "https://id.gs1.org/414/95060/", "https://id.gs1.org/?gln=", "did:web:", "did:key:", "tag:example.org:",
    "tag:example.org,2024", "urn:example::", "urn:lei:/",
)
OWN = (
    "urn:example:mill:", "urn:example:mill/", "urn:epc:id:sgln:0614141.", "urn:epc:class:lgtin:4012345.",
    "https://id.gs1.org/414/9506000134352/", "https://id.gs1.org/01/09506000134352/",
    "https://id.gs1.org/8004/0950600099/", "https://mill.example/", "http://gs1.example/414/", "did:web:mill.example:",
    "tag:mill.example,2024:", "tag:mill.example,2024-01-31:x/", "urn:lei:5493001KJTIIGC8Y1R12:",
)


@pytest.mark.parametrize("text", PLAIN)
def test_plain_names(text: str) -> None:
    check_identifier(text, "id")
    check_plain(text, "id")
    assert is_plain(text) is ("%" not in text)


@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN)
def test_what_no_reader_would_see(text: str) -> None:
    """All of these are normal identifiers: they were admitted."""
    check_identifier(text, "id")
    error = raised(Refused, check_plain, text, "id")
    assert (error.code, error.field, error.value) == ("name-invisible", "id", text)


def test_every_blank_control_and_format_character() -> None:
    """All that this Python's tables call so. Ranges are written out, so later tables may know more of them."""
    for number in range(0x110000):
        if 0xD800 <= number < 0xE000:
            continue
        character = chr(number)
        if unicodedata.category(character) in ("Cc", "Cf", "Zs", "Zl", "Zp"):
            raised(
                Refused, check_plain,
                f"urn:example:a{quote(character) if number > 0x7e or number < 0x21 else character}", "id",
            )


@pytest.mark.parametrize("text", PROGRAMS)
def test_schemes_that_are_not_for_names(text: str) -> None:
    check_identifier(text, "id")
    error = raised(Refused, check_plain, text, "id")
    assert error.code == "name-scheme"
    assert "urn" in (error.rule or "")


@pytest.mark.parametrize("text", SHARED)
def test_namespaces_that_many_share(text: str) -> None:
    check_identifier(text, "prefixes[0]")
    error = raised(Refused, check_own, text, "prefixes[0]")
    assert (error.code, error.field) == ("name-shared", "prefixes[0]")


@pytest.mark.parametrize("text", OWN)
def test_namespaces_of_one_organisation(text: str) -> None:
    check_prefix(text, "prefixes[0]")
    check_own(text, "prefixes[0]")
    check_plain(text, "prefixes[0]")


def test_a_prefix_may_end_after_the_company_prefix_of_an_epc_urn() -> None:
    """There is no delimiter but the dot: whoever names things by EPC URNs could take the whole scheme alone."""
    check_prefix("urn:epc:id:sgtin:0614141.", "prefixes[0]")
    assert under(("urn:epc:id:sgtin:0614141.",), "urn:epc:id:sgtin:0614141.812345.6789")
    for text in ("urn:epc:id:sgtin:0614141", "urn:example:mill.", "https://mill.example/x.", "urn:epc:id:sgtin:061."):
        raised(InvalidInput, check_prefix, text, "prefixes[0]")


@pytest.mark.parametrize(("claim", "text", "holds"), [
    ("urn:example:mill", "urn:example:mill", True), ("urn:example:mill", "urn:example:mill:x", True),
    ("urn:example:mill", "urn:example:mill/x", True), ("urn:example:mill", "urn:example:mill#x", True),
    ("urn:example:mill", "urn:example:mill-two", False), ("urn:example:mill", "urn:example:milling:x", False),
    ("urn:example:mill:", "urn:example:mill:x", True), ("urn:example:mill:", "urn:example:mill", False),
    ("did:web:mill", "did:web:mill.example", False), ("https://mill.example/", "https://mill.example/x", True),
    ("urn:epc:id:sgln:0614141.", "urn:epc:id:sgln:0614141.1.2", True),
])
def test_what_a_claim_covers(claim: str, text: str, holds: bool) -> None:
    assert covers(claim, text) is holds


# Names that look alike have one skeleton; those that a reader tells apart do not.


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
