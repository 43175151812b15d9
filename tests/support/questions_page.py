"""Writes `clients/QUESTIONS.md`, the supplier's guide to findings, from their table.

    PYTHONPATH=.:tests python -m support.questions_page > clients/QUESTIONS.md
"""

from collections.abc import Iterator
from typing import Final

from ledger.engine.findings import FindingCode, finding_codes

_HEAD: Final = """\
# What the ledger questions, and how to answer it

The ledger believes arithmetic, not figures. It compares each record with the limits of nature, with the ranges
that honest producers reach, and with the documents that the record names. Its doubts stay on the log as *findings*; if
a figure may be too low, the finding has an amount in kg CO2e. Nobody removes a finding:
a better record or a document replaces the record that has it (an `amendment`).

The amount is the lot's *questioned* amount (`questionedAbs`). It stays with the lot through transfers, pools and
processes with the matter in question, and reaches every product that is made of it. A figure of which more than 3 % is
left out, questioned or provisional is titled *incomplete*, *questioned* or *provisional*. Buyers see code, severity and
amount; your values stay with you, your auditors, and whoever may see your record.

- **warning**: doubts a figure. **note**: tells something, without an amount. **refusal**: the record does not enter.
- `carbon-ledger submit` shows the findings of a record at once; `carbon-ledger findings ORGANIZATION` the findings of
  all its records as they read now, with the way to answer each.
- Documents are named by their SHA-256 in the field `evidence` of the record; their `kind` says their subject.

The sectors have findings of their own, whose messages name the unusual value. Some of them often have no amount, since
the figure of the record lacks nothing by them:

- `mass-unaccounted`: the products carry the burden of all that was bought, so the amount is the treatment of the
  missing matter alone, as waste by the factor sets. It is without water, gases, solvents and packaging, and without
  matter for whose treatment the record pays. A usual loss has no amount.
- `battery-unknown`: the amount is a battery of the usual size, less those among the lots and supplies. If they are half
  of that or more, the figure has them.
- `no-waste`: a note. Inputs that are no waste bring their burden along; the output gains no recycled content by them.
- `product-unusual`: the amount is the nitrous oxide of the acid that a nitrate holds. Other fertilisers that no product
  names bind no carbon dioxide: all of it counts as emitted.

These are the ledger's:
"""


def page() -> str:
    """The page as Markdown, a section per code."""
    return "\n".join((_HEAD, *(_section(known) for known in finding_codes().values())))


def _section(known: FindingCode) -> str:
    return "\n".join(_lines(known))


def _lines(known: FindingCode) -> Iterator[str]:
    yield f"## {known.en}\n"
    yield f"`{known.code}`, {known.severity}, {known.zh}\n"
    yield f"{known.meaning}\n"
    yield f"**Answer**: {known.answer}"
    if known.evidence:
        yield f"**Documents**: {known.evidence}."
    yield f"**Source**: {known.source}.\n"


if __name__ == "__main__":
    print(page(), end="")
