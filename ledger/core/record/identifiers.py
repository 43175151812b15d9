"""Identifiers: absolute URIs in RFC 3986 normal form (URNs, GS1 Digital Links, others), one spelling each.

An organisation mints identifiers under its prefixes. A prefix ends at a delimiter, so that `urn:example:mill:` never
covers `urn:example:mill-two:x`, and no two organisations' prefixes overlap. `core.record.naming` has the further rules
for how a name looks.
"""

import re

from ledger.errors import InvalidInput

# The authority or namespace is lower case; the rest may hold any URI character.
_AUTHORITY = r"//[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[1-9][0-9]{1,4})?"
_REST = r"[A-Za-z0-9._~!$&'()*+,;=:@/?#%-]"
_URI = re.compile(rf"(?:urn:[a-z0-9][a-z0-9-]{{1,31}}:|https?:{_AUTHORITY}/){_REST}*")
_OTHER_SCHEME = re.compile(
    rf"(?!urn:|https?:)[a-z][a-z0-9+.-]*:(?:{_AUTHORITY}(?:[/?#]{_REST}*)?|(?!//){_REST}+)"
)
_PERCENT = re.compile(r"%(?:([0-9A-F]{2})|)")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_DOT_SEGMENT = re.compile(r"/\.{1,2}(?:/|\?|#|\Z)")
_DELIMITERS = (":", "/", "#", "=", "?")
# EPC URNs separate the company prefix from the company's own numbers by a dot (GS1 EPC Tag Data Standard, section 6.3).
_EPC_PREFIX = re.compile(r"urn:epc:(?:id|class):[a-z]+:[0-9A-Z]{5,}\.")
_DEFAULT_PORT = re.compile(r"http://[^/]*:80/|https://[^/]*:443/")


def check_identifier(text: str, field: str) -> None:
    """Raises InvalidInput if `text` is not an absolute URI in normal form of at most 255 bytes."""
    if len(text) > 255:
        raise _invalid(text, field, "at most 255 bytes")
    if not (_URI.fullmatch(text) or _OTHER_SCHEME.fullmatch(text)):
        raise _invalid(text, field, "an absolute URI (RFC 3986) with scheme, host and URN namespace in lower case")
    if text.count("#") > 1:
        raise _invalid(text, field, "at most one `#`")
    if "%" in text:
        for escape in _PERCENT.finditer(text):
            if escape[1] is None:
                raise _invalid(text, field, "a percent-encoding is `%` and two upper-case hexadecimal digits")
            if int(escape[1], 16) in _UNRESERVED:
                raise _invalid(text, field, "letters, digits, `-`, `.`, `_` and `~` are not percent-encoded")
    if "/." in text and _DOT_SEGMENT.search(text):
        raise _invalid(text, field, "no `.` or `..` path segments")
    if _DEFAULT_PORT.match(text):
        raise _invalid(text, field, "leave out the scheme's default port")


def check_prefix(text: str, field: str) -> None:
    """Raises InvalidInput if `text` cannot be the prefix of an organisation's identifiers."""
    check_identifier(text, field)
    if not text.endswith(_DELIMITERS) and not _EPC_PREFIX.fullmatch(text):
        raise _invalid(text, field, "a prefix ends with one of : / # = ?, or after the company prefix of an EPC URN")


def under(prefixes: tuple[str, ...], text: str) -> bool:
    """Whether `text` lies under one of the prefixes and is longer than it."""
    return text.startswith(prefixes) and text not in prefixes


def overlap(prefix: str, other: str) -> bool:
    """Whether an identifier could lie under both prefixes."""
    return prefix.startswith(other) or other.startswith(prefix)


def covers(claim: str, text: str) -> bool:
    """Whether `text` equals the claim (an id or a prefix) or lies below it: a delimiter follows the claim, or the claim
    ends with one."""
    if not text.startswith(claim):
        return False
    rest = text[len(claim):]
    return not rest or rest.startswith(_DELIMITERS) or claim.endswith((*_DELIMITERS, "."))


def _invalid(text: str, field: str, rule: str) -> InvalidInput:
    return InvalidInput(
        f"{field}: {text!r} is not a normal identifier: {rule}", code="invalid-identifier", field=field, value=text,
        rule=rule,
    )
