"""Rules for how an identifier looks, beyond its normal form (`core.record.identifiers`).

A reader must see the whole identifier, following it as a link must not run a program, and nobody may claim a namespace
that belongs to all. Character ranges are written out: Python's own tables differ from release to release, and an audit
must decide as the ledger did.
"""

import re
from collections.abc import Sequence
from typing import Final

from ledger.core.check_digits import gs1_check_digit, is_gs1_key, is_lei, is_social_credit_code
from ledger.core.record.identifiers import check_prefix
from ledger.errors import Refused

SCHEMES: Final = ("urn", "https", "http", "did", "tag")
_SCHEMES: Final = tuple([f"{scheme}:" for scheme in SCHEMES])

_ESCAPE: Final = re.compile(rb"%([0-9A-F]{2})")

OWN: Final = "urn:carbon-ledger:"
"""The namespace of ledgers and their registrars."""

# Unicode 16.0: White_Space, general category Cc, and Default_Ignorable_Code_Point with the formats that Cf adds; the
# blank Braille pattern too.
_INVISIBLE: Final = re.compile(
    "[\u0000-\u0020\u007f-\u00a0\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u1680"
    "\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)

_BEYOND: Final = (
    ("urn:epc:", re.compile(r"urn:epc:(?:id|class):[a-z]+:[0-9A-Z]{5,}(?![0-9A-Z])"),
     "`urn:epc:id:` or `urn:epc:class:`, the kind of key, and the GS1 company prefix"),
    ("urn:", re.compile(r"urn:[^:]+:[^:/#=?]"), "a URN with something after its namespace"),
    ("did:", re.compile(r"did:[a-z0-9]+:[^:/#=?]"), "a DID with something after its method"),
    ("tag:", re.compile(r"tag:[^,:/#=?]+,[0-9]{4}(?:-[0-9]{2}){0,2}:"), "a tag with its authority and date (RFC 4151)"),
)
_GS1: Final = re.compile(r"https?://(?:[a-z0-9-]+\.)*gs1\.org(?::[0-9]+)?/")
_GS1_KEY: Final = re.compile(r"[^/]+//[^/]+/[0-9]{2,4}/[0-9]{6}")
_GS1_RULE: Final = "a GS1 Digital Link with its application identifier and key, such as https://id.gs1.org/414/GLN"
_LEI: Final = "urn:lei:"
_CREDIT_CODE: Final = "urn:uscc:"
_NUMBERED: Final = (_LEI, _CREDIT_CODE, "http")
_PART: Final = re.compile(r"[^:/#=?]*")
_GS1_NUMBER: Final = re.compile(r"https?://(?:[a-z0-9-]+\.)*gs1\.org(?::[0-9]+)?/([0-9]{2,4})/([^/?#]*)")
_GTIN: Final = ("a GTIN", (8, 12, 13, 14))
_GLN: Final = ("a GLN", (13,))
_SERVICE: Final = ("a GSRN", (18,))
_GS1_NUMBERS: Final = {
    "00": ("an SSCC", (18,)), "01": _GTIN, "8017": _SERVICE, "8018": _SERVICE,
    **dict.fromkeys(("410", "411", "412", "413", "414", "415", "416", "417"), _GLN),
}
"""The kinds and lengths of numbers that end with a check digit, by application identifier."""


def is_plain(text: str) -> bool:
    """Whether an identifier needs no closer check."""
    return "%" not in text and text.startswith(_SCHEMES)


def check_plain(text: str, field: str) -> None:
    """Refuses schemes that are not for names, and characters that no reader sees. `text` is in normal form."""
    if not text.startswith(_SCHEMES):
        raise _not_plain(text, field, "name-scheme", f"the scheme must be one of {' '.join(SCHEMES)}")
    if "%" not in text:
        return
    try:
        decoded = _ESCAPE.sub(lambda escape: bytes((int(escape[1], 16),)), text.encode()).decode()
    except UnicodeDecodeError:
        raise _not_plain(text, field, "name-invisible", "percent-encoded bytes must be UTF-8") from None
    if _INVISIBLE.search(decoded):
        raise _not_plain(text, field, "name-invisible",
                         "no spaces, control, direction or other invisible characters, not even percent-encoded")


def check_numbered(text: str, field: str) -> None:
    """Refuses a name in which the number of an organisation, place or good is malformed or has a wrong check digit: an
    LEI (`urn:lei:`), a unified social credit code (`urn:uscc:`), or a GS1 key in a GS1 Digital Link."""
    if not text.startswith(_NUMBERED):
        return
    if text.startswith(_LEI):
        number = _number_after(_LEI, text)
        if not is_lei(number):
            raise _miscounted(text, field, f"{number!r} is no LEI",
                              "20 characters, of which the last two are check digits (ISO 17442)")
    elif text.startswith(_CREDIT_CODE):
        number = _number_after(_CREDIT_CODE, text)
        if not is_social_credit_code(number):
            raise _miscounted(text, field, f"{number!r} is no unified social credit code",
                              "18 characters, of which the last one is a check character (GB 32100)")
    elif (link := _GS1_NUMBER.match(text)) is not None and link[1] in _GS1_NUMBERS:
        _check_gs1(text, field, link[1], link[2])


def _number_after(namespace: str, text: str) -> str:
    part = _PART.match(text, len(namespace))
    return part[0] if part else ""


def _check_gs1(text: str, field: str, application: str, number: str) -> None:
    kind, lengths = _GS1_NUMBERS[application]
    if not (number.isascii() and number.isdecimal() and len(number) in lengths):
        raise _miscounted(text, field, f"{number!r} is not {kind}",
                          f"{' or '.join(map(str, lengths))} digits, of which the last one is a check digit")
    if not is_gs1_key(number):
        raise _miscounted(text, field, f"the check digit of {number} is wrong",
                          f"{kind} whose check digit fits: after {number[:-1]} comes {gs1_check_digit(number[:-1])}")


def check_prefixes(prefixes: Sequence[str]) -> None:
    """Refuses prefixes that no organisation can get: malformed, shared with others, or reserved."""
    for i, prefix in enumerate(prefixes):
        field = f"prefixes[{i}]"
        check_prefix(prefix, field)
        check_plain(prefix, field)
        check_own(prefix, field)
        check_numbered(prefix, field)
        if prefix.startswith(OWN):
            raise _shared(prefix, field, f"only the id of a registrar begins with {OWN}")


def check_own(text: str, field: str) -> None:
    """Refuses namespaces that many share, such as `urn:example:` or all GS1 keys."""
    for start, form, rule in _BEYOND:
        if text.startswith(start):
            if not form.match(text):
                raise _shared(text, field, rule)
            return
    if _GS1.match(text) and not _GS1_KEY.match(text):
        raise _shared(text, field, _GS1_RULE)


def _shared(text: str, field: str, rule: str) -> Refused:
    return Refused(f"{field}: {text!r} is a namespace that many share", code="name-shared", field=field, value=text,
                   rule=rule)


def _miscounted(text: str, field: str, fault: str, rule: str) -> Refused:
    return Refused(f"{field}: {fault}", code="check-digit", field=field, value=text, rule=rule)


def _not_plain(text: str, field: str, code: str, rule: str) -> Refused:
    return Refused(f"{field}: {text!r} is not a plain name: {rule}", code=code, field=field, value=text, rule=rule)
