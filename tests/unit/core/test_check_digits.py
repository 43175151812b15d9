"""Check digits against published numbers: every change of one character is noticed."""

import pytest
from support.raising import raised

from ledger.core.check_digits import gs1_check_digit, is_gs1_key, is_lei, is_social_credit_code
from ledger.core.record.naming import check_numbered
from ledger.errors import Refused

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
