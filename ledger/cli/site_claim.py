"""The reconciliation of a site in a statement, as text for people."""

from collections.abc import Iterator
from typing import Final

from ledger.cli.numbers import numeral
from ledger.core.receipts.statement import SiteClaim

SITE_NOTE: Final = (
    "the reconciliation of the site rests on the log's key; only an auditor who reads all bodies can repeat it")


def site_lines(claim: SiteClaim | None) -> Iterator[str]:
    """The unreconciled shares with the largest differences, or why the site is not reconciled."""
    if claim is None:
        return
    if claim.unread is not None:
        yield f"site {claim.facility}: not reconciled, {claim.unread}"
        return
    shares = [f"{unit} {100 * float(share):.1f} %" for unit, share in claim.shares.items()]
    shares.append(f"kg CO2e {100 * float(claim.emissions_share or 0):.1f} %")
    yield f"site {claim.facility}, {claim.since} to {claim.until}: unreconciled {', '.join(shares)}"
    for difference in claim.differences:
        amount = "unknown" if difference.emissions is None else numeral(float(difference.emissions))
        yield f"  {difference.kind}, in {difference.unit}: {amount} kg CO2e"
    if claim.left_off:
        yield f"  {claim.left_off} smaller differences"
