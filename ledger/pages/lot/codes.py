"""The QR code of a GS1 Digital Link, to print on a label or a passport."""

from typing import NamedTuple

import segno

from ledger.answers.stored import LotAnswer
from ledger.service.queries.digital_links import canonical_link

_QUIET = 4
"""Modules of empty margin, as ISO/IEC 18004 asks."""


class LinkCode(NamedTuple):
    """`drawn`: an SVG, dark on light in every colour scheme, since many readers refuse inverted codes."""

    link: str
    drawn: str


def code_of(lot: LotAnswer, label: str) -> LinkCode | None:
    """The code of the narrowest thing of the lot that a GS1 Digital Link names: its item, itself, or its product.
    `label`: for those who do not see it."""
    for name in (lot.item, lot.lot, lot.product):
        link = None if name is None else canonical_link(name)
        if link is not None:
            code = segno.make_qr(link, error="m")
            return LinkCode(link, code.svg_inline(border=_QUIET, omitsize=True, svgclass="code", lineclass=None,
                                                  light="#fff", title=label))
    return None
