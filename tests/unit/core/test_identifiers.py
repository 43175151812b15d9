import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.raising import raised

from ledger.core.check_digits import gs1_check_digit, is_gs1_key, is_lei, is_social_credit_code
from ledger.core.record.identifiers import check_identifier, check_prefix, overlap, under
from ledger.core.record.naming import check_numbered
from ledger.errors import InvalidInput, Refused

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
