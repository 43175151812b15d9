"""GS1 Digital Links. The same path means the same thing on every domain; https://id.gs1.org is the canonical one."""

import re
from typing import Final
from urllib.parse import unquote

from biip import ParseError
from biip.gs1_digital_link_uris import GS1DigitalLinkURI

CANONICAL = "https://id.gs1.org"
_SLASHES = len(("https:", "", "id.gs1.org", "01"))
"""In the link of a GTIN alone."""
_ESCAPED: Final = re.compile("%(?:3A|2F|3D)")
"""The delimiters `:`, `/` and `=`."""


def canonical_link(text: str) -> str | None:
    """The canonical spelling of a link, without attributes such as an expiry date; None if the text is no GS1 Digital
    Link, or if a check digit is wrong."""
    try:
        link = GS1DigitalLinkURI.parse(text.partition("#")[0].partition("?")[0])
    except (ParseError, ValueError):
        return None
    for element in link.element_strings:
        if element.gtin_error or element.gln_error or element.sscc_error:
            return None
    return link.as_canonical_uri()


def spellings(text: str) -> list[str]:
    """The identifiers under which the ledger may have the thing: as given, in the canonical spelling, and in this one
    with plain delimiters. The owner of assets (GRAI, GIAI) has a prefix that ends with a delimiter, such as
    https://id.gs1.org/8004/0950600099: and the canonical spelling escapes it."""
    canonical = canonical_link(text)
    if canonical is None:
        return [text]
    return list(dict.fromkeys((text, canonical, _ESCAPED.sub(lambda found: unquote(found[0]), canonical))))


def is_of_product(link: str) -> bool:
    """Whether a canonical link names a class of products: by its GTIN, with or without a variant, and by nothing of a
    lot or piece."""
    path = link.removeprefix(CANONICAL).strip("/").split("/")
    return path[0] == "01" and set(path[2::2]) <= {"22"}


def class_of(text: str) -> str | None:
    """The beginning of all identifiers of lots, items and variants of a GTIN; None unless the text is the link of a
    GTIN alone."""
    link = canonical_link(text)
    return f"{link}/" if link is not None and is_of_product(link) and link.count("/") == _SLASHES else None
