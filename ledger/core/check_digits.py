"""Check digits of the numbers by which organisations, places and goods are known: GS1 keys, LEI, and the Chinese
unified social credit code."""

from typing import Final

_GB_32100: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The characters of a unified social credit code by value: no I, O, S, V and Z."""
_CODE: Final = 18
_LEI: Final = 20
_MODULUS: Final = 97


def gs1_check_digit(digits: str) -> str:
    """The check digit that follows these digits (GS1 General Specifications, 7.9)."""
    total = sum([int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits))])
    return str(-total % 10)


def is_gs1_key(text: str) -> bool:
    """Whether digits end with their check digit."""
    return text.isascii() and text.isdecimal() and gs1_check_digit(text[:-1]) == text[-1]


def is_lei(text: str) -> bool:
    """Whether a text is a legal entity identifier (ISO 17442), by its check digits (ISO 7064, MOD 97-10)."""
    if len(text) != _LEI or not text.isascii() or not text.isalnum() or text != text.upper():
        return False
    return text[-2:].isdecimal() and int("".join([str(int(letter, 36)) for letter in text])) % _MODULUS == 1


def is_social_credit_code(text: str) -> bool:
    """Whether a text is a unified social credit code by its form and its check character (GB 32100-2015)."""
    if len(text) != _CODE or any(letter not in _GB_32100 for letter in text):
        return False
    total, weight = 0, 1
    for letter in text[:-1]:
        total += _GB_32100.index(letter) * weight
        weight = weight * 3 % len(_GB_32100)
    return _GB_32100[-total % len(_GB_32100)] == text[-1]
