"""Identifiers, names and units."""

import unicodedata
from decimal import Decimal, localcontext
from fractions import Fraction
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.raising import raised

from ledger.core.check_digits import gs1_check_digit, is_gs1_key, is_lei, is_social_credit_code
from ledger.core.record.confusables import oddities, skeleton
from ledger.core.record.identifiers import check_identifier, check_prefix, covers, overlap, under
from ledger.core.record.naming import check_numbered, check_own, check_plain, is_plain
from ledger.core.record.units import UNITS, check_pieces, convert, unit
from ledger.errors import InvalidInput, InvalidQuantity, Refused

NORMAL = (
    "urn:example:mill",
    "urn:example:mill:lot-1",
    "urn:lei:5493001KJTIIGC8Y1R12",
    "urn:example:a/b/c.d",
    "urn:example:a%20b",
    "urn:example:%C3%A9",
    "urn:example:%2F",
    "urn:example:a?+x?=y#z",
    "https://id.gs1.org/01/09506000134352/21/12345",
    "https://example.org/",
    "https://example.org/A/B?x=1&y=2#part",
    "https://example.org:8443/x",
    "http://example.org:443/x",
    "https://example.org:80/x",
    "https://a.b-c.example/~x",
    "https://example.org/.hidden/..x/x../...",
    "did:web:example.org:mill",
    "tag:example.org,2024:x",
    "mailto:a@example.org",
    "ftp://example.org/x",
    "ftp://example.org",
    "cid:x",
)
NOT_NORMAL = {
    "empty": "",
    "NUL": "urn:example:mill\x00",
    "NUL in front": "\x00urn:example:mill",
    "space": "urn:example:a b",
    "space at the end": "urn:example:a ",
    "newline at the end": "urn:example:a\n",
    "tab": "urn:example:a\tb",
    "delete": "urn:example:a\x7f",
    "no ASCII": "urn:example:é",
    "look-alike": "urn:exаmple:mill",
    "256 bytes": "urn:example:" + "x" * 244,
    "no scheme": "mill",
    "relative": "/mill",
    "scheme alone": "tag:",
    "authority alone": "ftp://",
    "upper-case scheme": "URN:example:mill",
    "upper-case web scheme": "HTTPS://example.org/x",
    "mixed other scheme": "Did:web:example.org",
    "digit in front of a scheme": "1urn:example:mill",
    "upper-case namespace": "urn:Example:mill",
    "namespace of one letter": "urn:e:mill",
    "namespace with an underscore": "urn:ex_ample:mill",
    "namespace of 33 letters": "urn:" + "e" * 33 + ":mill",
    "no namespace": "urn:mill",
    "upper-case host": "https://Example.org/x",
    "upper-case host, other scheme": "ftp://Example.org/x",
    "host without path": "https://example.org",
    "query without path": "https://example.org?x",
    "no host": "https:///x",
    "no host, other scheme": "ftp:///x",
    "user": "https://user@example.org/x",
    "user, other scheme": "ftp://user@example.org/x",
    "port 80": "http://example.org:80/x",
    "port 443": "https://example.org:443/x",
    "empty port": "https://example.org:/x",
    "port with a zero": "https://example.org:0443/x",
    "no slashes": "https:example.org/x",
    "one slash": "https:/example.org/x",
    "escaped tilde": "urn:example:%7e",
    "escaped tilde, upper case": "urn:example:%7E",
    "escaped letter": "urn:example:%41",
    "escaped digit": "urn:example:%30",
    "escaped hyphen": "urn:example:%2D",
    "escaped dot": "https://example.org/%2E%2E/x",
    "lower-case hexadecimal": "urn:example:%2f",
    "mixed-case hexadecimal": "urn:example:%C3%a9",
    "lone percent": "urn:example:100%",
    "cut percent": "urn:example:%2",
    "percent and letters": "urn:example:%GG",
    "escaped percent, cut": "urn:example:%%20",
    "dot segment": "https://example.org/./x",
    "two dots": "https://example.org/../x",
    "dot at the end": "https://example.org/x/.",
    "two dots at the end": "https://example.org/x/..",
    "two dots before a query": "https://example.org/x/..?y",
    "dot before a fragment": "https://example.org/x/.#y",
    "dots in a urn": "urn:example:a/../b",
    "two fragments": "urn:example:a#b#c",
    "angle bracket": "urn:example:<a>",
    "brackets": "https://[::1]/x",
    "backslash": "urn:example:a\\b",
    "caret": "urn:example:a^b",
    "quote": 'urn:example:a"b',
    "braces": "urn:example:{a}",
    "bar": "urn:example:a|b",
    "backquote": "urn:example:a`b",
}


@pytest.mark.parametrize("text", NORMAL)
def test_normal_identifiers(text: str) -> None:
    check_identifier(text, "id")


def test_255_bytes_are_let_in() -> None:
    check_identifier("urn:example:" + "x" * 243, "id")


@pytest.mark.parametrize("fault", NOT_NORMAL)
def test_identifiers_that_are_not_normal(fault: str) -> None:
    text = NOT_NORMAL[fault]
    with pytest.raises(InvalidInput) as caught:
        check_identifier(text, "outputs[1].lot")
    error = caught.value
    assert (error.code, error.field) == ("invalid-identifier", "outputs[1].lot")
    assert (error.value or "").startswith(text[:200])
    assert error.message.startswith("outputs[1].lot: ")
    assert repr(text) in error.message
    assert error.rule
    assert error.rule in error.message


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("urn:example:" + "x" * 244, "255 bytes"),
        ("URN:example:x", "lower case"),
        ("urn:example:a#b#c", "at most one `#`"),
        ("urn:example:%2f", "upper-case hexadecimal"),
        ("urn:example:%7E", "not percent-encoded"),
        ("https://example.org/a/../b", "path segments"),
        ("https://example.org:443/x", "default port"),
    ],
)
def test_the_rule_that_is_broken_is_said(text: str, rule: str) -> None:
    with pytest.raises(InvalidInput, match=rule):
        check_identifier(text, "id")


@pytest.mark.parametrize(
    "text",
    ["urn:example:", "urn:example:mill:", "https://example.org/", "https://example.org/mill/", "https://example.org/#",
     "https://example.org/lot?id=", "https://example.org/lot?", "did:web:example.org:"],
)
def test_prefixes(text: str) -> None:
    check_prefix(text, "prefixes[0]")


@pytest.mark.parametrize(
    "text", ["urn:example:mill", "https://example.org/mill", "urn:example:mill-", "urn:example:mill.", "urn:example:a&",
             "urn:example:%2F", "urn:example:mill;", "urn:example:mill,"]
)
def test_a_prefix_ends_at_a_delimiter(text: str) -> None:
    check_identifier(text, "id")
    with pytest.raises(InvalidInput) as caught:
        check_prefix(text, "prefixes[3]")
    error = caught.value
    assert (error.code, error.field, error.value) == ("invalid-identifier", "prefixes[3]", text)
    assert "ends with one of" in error.message


def test_a_prefix_is_a_normal_identifier() -> None:
    assert "lower case" in str(raised(InvalidInput, check_prefix, "urn:Example:mill:", "prefixes[0]"))


def test_under() -> None:
    prefixes = ("urn:example:mill:", "https://example.org/mill/")
    assert under(prefixes, "urn:example:mill:1")
    assert under(prefixes, "https://example.org/mill/x")
    assert not under(prefixes, "urn:example:mill:")
    assert not under(prefixes, "urn:example:mill")
    assert not under(prefixes, "urn:example:mil:1")
    assert not under((), "urn:example:mill:1")


def test_a_neighbour_whose_name_begins_with_ours_is_not_under_us() -> None:
    """`urn:example:mill` would cover `urn:example:mill-two:x`; a prefix that ends at a delimiter does not."""
    assert not under(("urn:example:mill:",), "urn:example:mill-two:x")
    assert not under(("urn:example:mill:",), "urn:example:millet:x")
    assert not overlap("urn:example:mill:", "urn:example:mill-two:")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("urn:example:a:", "urn:example:a:", True),
        ("urn:example:a:", "urn:example:a:b:", True),
        ("urn:example:a:b:", "urn:example:a:", True),
        ("urn:example:", "urn:example:a:", True),
        ("urn:example:a:", "urn:example:b:", False),
        ("urn:example:a:", "urn:example:ab:", False),
        ("https://example.org/a/", "https://example.org/a/b?", True),
        ("https://example.org/a/", "https://example.org/a?", False),
    ],
)
def test_overlap(one: str, other: str, expected: bool) -> None:
    assert overlap(one, other) is expected
    assert overlap(other, one) is expected


parts = st.lists(st.sampled_from(["a", "b", "a:", ":", "ab", "a/"]), max_size=5).map("".join)


@given(parts, parts, parts)
def test_overlap_is_whether_an_identifier_lies_under_both(one: str, other: str, rest: str) -> None:
    one, other = f"urn:example:{one}:", f"urn:example:{other}:"
    for text in (one + rest, other + rest, max(one, other, key=len) + "x"):
        if under((one,), text) and under((other,), text):
            assert overlap(one, other)
    if overlap(one, other):
        longer = max(one, other, key=len)
        assert under((one,), longer + "x")
        assert under((other,), longer + "x")


# Check digits against published numbers: every change of one character is noticed.


GS1 = ("4006381333931", "9506000134352", "09506000134352", "036000291452", "73513537", "106141412345678908")
"""Of the GS1 General Specifications and well-known goods."""
LEI = ("5493001KJTIIGC8Y1R12", "HWUPKR0MPOU8FGXBT394", "529900T8BM49AURSDO55")
CREDIT_CODES = ("91350211M000100Y46", "91110000600037341L", "91330100799655058B")
"""The example of GB 32100-2015, and two companies of the public register."""
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@pytest.mark.parametrize("number", GS1)
def test_gs1_keys(number: str) -> None:
    assert is_gs1_key(number)
    assert gs1_check_digit(number[:-1]) == number[-1]
    for place, digit in enumerate(number):
        changed = [number[:place] + other + number[place + 1:] for other in "0123456789" if other != digit]
        assert not any(is_gs1_key(one) for one in changed)


@pytest.mark.parametrize("number", LEI)
def test_leis(number: str) -> None:
    assert is_lei(number)
    for place, letter in enumerate(number):
        # A digit in place of a letter has another length as a number, so such a change may go unnoticed.
        changed = [number[:place] + other + number[place + 1:] for other in _LETTERS
                   if other != letter and other.isdecimal() == letter.isdecimal()]
        assert not any(is_lei(one) for one in changed)
    for other in (number.lower(), number[:-1], number + "0", "", number[:18] + "AB", "5493001KJTIIGC8Y1R1٢"):
        assert not is_lei(other)


@pytest.mark.parametrize("number", CREDIT_CODES)
def test_social_credit_codes(number: str) -> None:
    assert is_social_credit_code(number)
    for place, letter in enumerate(number):
        changed = [number[:place] + other + number[place + 1:] for other in _LETTERS if other != letter]
        assert not any(is_social_credit_code(one) for one in changed)
    for other in (number.lower(), number[:-1], number + "0", "", number[:17] + "O"):
        assert not is_social_credit_code(other)


@pytest.mark.parametrize("text", [
    "urn:lei:5493001KJTIIGC8Y1R12", "urn:lei:5493001KJTIIGC8Y1R12:lot:7", "urn:uscc:91350211M000100Y46:site",
    "https://id.gs1.org/01/09506000134352/21/x", "https://id.gs1.org/414/9506000134352/",
    "https://id.gs1.org/8004/0950600099", "https://id.gs1.org/00/106141412345678908", "http://gs1.example/414/1",
    "urn:example:lei", "https://mill.example/01/1", "urn:leitung:1",
])
def test_names_whose_numbers_fit(text: str) -> None:
    check_numbered(text, "id")


@pytest.mark.parametrize(("text", "rule"), [
    ("urn:lei:5493001KJTIIGC8Y1R13", "ISO 17442"), ("urn:lei:", "ISO 17442"), ("urn:lei:x:5493001KJTIIGC8Y1R12",
                                                                            "ISO 17442"),
    ("urn:uscc:91350211M000100Y47", "GB 32100"), ("urn:uscc:91350211M000100Y46x", "GB 32100"),
    ("https://id.gs1.org/01/09506000134353/21/x", "after 0950600013435 comes 2"),
    ("https://id.gs1.org/414/950600013435/", "13 digits"), ("http://example.gs1.org/417/9506000134351", "comes 2"),
    ("https://id.gs1.org:8443/01/950600013435A", "8 or 12 or 13 or 14 digits"),
    ("https://id.gs1.org/00/106141412345678907", "comes 8"), ("https://id.gs1.org/8018/1", "18 digits"),
])
def test_a_wrong_number_is_refused_with_its_rule(text: str, rule: str) -> None:
    error = raised(Refused, check_numbered, text, "prefixes[0]")
    assert (error.code, error.field, error.value) == ("check-digit", "prefixes[0]", text)
    assert rule in str(error.rule)


# Plain names, and namespaces that are nobody's own.

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


# test_units

# Independent of the module: from UN/ECE Recommendation 20, revision 17, annex II, and the SI brochure. Units of inch
# and pound from their definitions: 25.4 mm, 453.59237 g, and 7000 grains; the Btu from 4.1868 J/g for 5/9 K.
INCH, POUND = Fraction(254, 10**4), Fraction(45359237, 10**8)
IN_BASE = {
    "KGM": Fraction(1), "GRM": Fraction(1, 10**3), "MGM": Fraction(1, 10**6), "TNE": Fraction(10**3),
    "KTN": Fraction(10**6),
    "3B": Fraction(1), "KJO": Fraction(1, 10**3), "JOU": Fraction(1, 10**6), "GV": Fraction(10**3),
    "D30": Fraction(10**6), "KWH": Fraction(36, 10), "MWH": Fraction(3600), "GWH": Fraction(3600000),
    "MTQ": Fraction(1), "LTR": Fraction(1, 10**3), "MLT": Fraction(1, 10**6), "NM3": Fraction(1),
    "MTK": Fraction(1), "CMK": Fraction(1, 10**4), "HAR": Fraction(10**4),
    "MTR": Fraction(1), "MMT": Fraction(1, 10**3), "CMT": Fraction(1, 100), "KMT": Fraction(10**3),
    "H87": Fraction(1), "C62": Fraction(1), "EA": Fraction(1), "PR": Fraction(2), "DZN": Fraction(12),
    "MIL": Fraction(1000),
    "TKM": Fraction(1), "HUR": Fraction(1), "DAY": Fraction(24),
    "DTN": Fraction(100), "LBR": POUND, "ONZ": POUND / 16, "APZ": POUND * 480 / 7000, "STN": POUND * 2000,
    "LTN": POUND * 2240, "BTU": POUND * Fraction(41868, 10**4) * Fraction(5, 9) / 10**3,
    "HLT": Fraction(1, 10), "DMQ": Fraction(1, 10**3), "CMQ": Fraction(1, 10**6), "GLL": 231 * INCH**3,
    "GLI": Fraction(454609, 10**8), "BLL": 42 * 231 * INCH**3, "FTQ": (12 * INCH)**3, "YDQ": (36 * INCH)**3,
    "FTK": (12 * INCH)**2, "INH": INCH, "FOT": 12 * INCH, "YRD": 36 * INCH, "SMI": 5280 * 12 * INCH,
}
PAIRS = [(a, b) for a in UNITS for b in UNITS if UNITS[a].dimension == UNITS[b].dimension]
OTHERS = [(a, b) for a in UNITS for b in UNITS if UNITS[a].dimension != UNITS[b].dimension]
GRAIN = 10**9
LIMIT = 10**15


def test_the_table_is_complete() -> None:
    assert (set(UNITS), {code: Fraction(known.scale) for code, known in UNITS.items()}) == (set(IN_BASE), IN_BASE)
    assert {known.dimension for known in UNITS.values()} == {
        "mass", "energy", "volume", "normal volume", "area", "length", "count", "freight", "time",
    }
    assert all(known.code == code for code, known in UNITS.items())


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        ("1", "TNE", "KGM", "1000"), ("1.5", "KGM", "GRM", "1500"), ("2500", "MGM", "GRM", "2.5"),
        ("1", "KTN", "TNE", "1000"), ("0.000000001", "TNE", "GRM", "0.001"), ("500", "KGM", "TNE", "0.5"),
        ("1", "KWH", "3B", "3.6"), ("3.6", "3B", "KWH", "1"), ("1", "MWH", "GV", "3.6"), ("1", "GWH", "MWH", "1000"),
        ("1", "D30", "GV", "1000"), ("9", "3B", "KWH", "2.5"), ("1", "JOU", "KJO", "0.001"),
        ("1", "KWH", "JOU", "3600000"),
        ("1", "MTQ", "LTR", "1000"), ("1", "MLT", "MTQ", "0.000001"), ("7", "NM3", "NM3", "7"),
        ("1", "HAR", "MTK", "10000"), ("1", "CMK", "MTK", "0.0001"),
        ("1", "KMT", "MTR", "1000"), ("1", "MMT", "CMT", "0.1"),
        ("3", "DZN", "H87", "36"), ("6", "C62", "DZN", "0.5"), ("2", "PR", "EA", "4"), ("1", "MIL", "EA", "1000"),
        ("5", "TKM", "TKM", "5"), ("1", "DAY", "HUR", "24"), ("12", "HUR", "DAY", "0.5"),
    ],
)
def test_conversions(value: str, source: str, target: str, expected: str) -> None:
    result = convert(Decimal(value), source, target)
    assert result == Decimal(expected)
    assert f"{result:f}".rstrip("0").rstrip(".") if "." in f"{result:f}" else f"{result:f}" == expected


@pytest.mark.parametrize(
    ("value", "source", "target"),
    [
        ("1", "3B", "KWH"), ("1", "GV", "MWH"), ("100", "KJO", "KWH"), ("1", "HUR", "DAY"), ("1", "H87", "DZN"),
        ("0.000000001", "GRM", "KGM"), ("0.000000001", "MGM", "TNE"), ("1.000000001", "LTR", "MTQ"),
        ("999999999999999", "TNE", "KGM"), ("1000000000000", "TNE", "KGM"), ("1000000000", "KTN", "KGM"),
    ],
)
def test_what_has_no_exact_spelling_is_refused(value: str, source: str, target: str) -> None:
    with pytest.raises(InvalidQuantity) as caught:
        convert(Decimal(value), source, target, "inputs[0].quantity")
    error = caught.value
    assert (error.code, error.field, error.value) == ("inexact-conversion", "inputs[0].quantity", f"{value} {source}")
    assert value in error.message
    assert target in error.message
    assert error.rule is not None
    assert target in error.rule


def test_the_largest_that_fits() -> None:
    assert convert(Decimal("999999999999.999999999"), "TNE", "KGM") == Decimal("999999999999999.999999")


@pytest.mark.parametrize(
    ("source", "target", "dimensions"),
    [("MTQ", "KGM", ("volume", "mass")), ("NM3", "MTQ", ("normal volume", "volume")),
     ("KWH", "TNE", ("energy", "mass")),
     ("TKM", "TNE", ("freight", "mass")), ("H87", "KGM", ("count", "mass")), ("HUR", "KWH", ("time", "energy"))],
)
def test_wrong_dimension(source: str, target: str, dimensions: tuple[str, str]) -> None:
    with pytest.raises(InvalidQuantity) as caught:
        convert(Decimal("7"), source, target, "quantity")
    error = caught.value
    assert (error.code, error.field, error.value) == ("wrong-dimension", "quantity", f"7 {source}")
    assert all(dimension in error.message for dimension in dimensions)


def test_no_conversion_between_any_two_dimensions() -> None:
    for source, target in OTHERS:
        with pytest.raises(InvalidQuantity, match=rf"^1 {source} is of dimension .*, not "):
            convert(Decimal(1), source, target)


@pytest.mark.parametrize("code", ["XYZ", "kgm", "KG", ""])
def test_unknown_units(code: str) -> None:
    error = raised(InvalidQuantity, unit, code, "supplies[0].quantity.unit")
    assert (error.code, error.field) == ("unknown-unit", "supplies[0].quantity.unit")
    assert repr(code) in error.message
    for source, target in ((code, "KGM"), ("KGM", code)):
        assert "unknown unit" in str(raised(InvalidQuantity, convert, Decimal(1), source, target))


grains = st.integers(min_value=1, max_value=LIMIT * GRAIN - 1)


def fits(exact: Fraction) -> bool:
    return GRAIN % exact.denominator == 0 and exact < LIMIT


@given(grains, st.sampled_from([pair for pair in PAIRS if pair[0] != pair[1]]))
def test_conversion_is_exact_or_refused(amount: int, pair: tuple[str, str]) -> None:
    source, target = pair
    value = Decimal(amount).scaleb(-9)
    exact = Fraction(amount, GRAIN) * IN_BASE[source] / IN_BASE[target]
    if not fits(exact):
        assert raised(InvalidQuantity, convert, value, source, target).code == "inexact-conversion"
        return
    result = convert(value, source, target)
    assert (Fraction(result), Fraction(convert(result, target, source))) == (exact, Fraction(amount, GRAIN))


@given(st.integers(min_value=1, max_value=10**6), st.integers(min_value=0, max_value=9),
       st.sampled_from([pair for pair in PAIRS if pair[0] != pair[1]]))
def test_round_numbers(mantissa: int, decimals: int, pair: tuple[str, str]) -> None:
    """As above, with numbers that mostly do fit."""
    source, target = pair
    exact = Fraction(mantissa, 10**decimals) * IN_BASE[source] / IN_BASE[target]
    value = Decimal(mantissa).scaleb(-decimals)
    try:
        result = convert(value, source, target)
    except InvalidQuantity:
        assert not fits(exact)
    else:
        assert fits(exact)
        assert Fraction(result) == exact


def test_the_arithmetic_around_does_not_matter() -> None:
    with localcontext(prec=3):
        assert convert(Decimal("123456.789"), "TNE", "KGM") == Decimal("123456789")
        check_pieces(Decimal("1234567"), "H87")
        raised(InvalidQuantity, check_pieces, Decimal("1234567.5"), "H87")


@pytest.mark.parametrize(("value", "code"), [("1", "H87"), ("0.5", "PR"), ("0.25", "DZN"), ("0.001", "MIL"),
                                             ("0.5", "KGM"), ("0.1", "HUR"), ("999999999999999", "MIL")])
def test_whole_pieces(value: str, code: str) -> None:
    check_pieces(Decimal(value), code)


@pytest.mark.parametrize(("value", "code"), [("0.5", "H87"), ("1.000000001", "EA"), ("0.25", "PR"), ("0.1", "DZN"),
                                             ("0.0001", "MIL"), ("999999999999999.5", "C62")])
def test_a_fraction_of_a_piece_is_refused(value: str, code: str) -> None:
    with pytest.raises(InvalidQuantity) as caught:
        check_pieces(Decimal(value), code, "outputs[0].quantity")
    error = caught.value
    assert (error.code, error.field, error.value) == ("fraction-of-a-piece", "outputs[0].quantity", f"{value} {code}")
    assert f"{value} {code}" in error.message
