"""The lots that an amendment or closing restates, which receipts do not list."""

from ledger.answers.stored import ChangesAnswer
from ledger.cli.client import Client
from ledger.cli.console import say
from ledger.cli.supplier.effects.dry_run import SHOWN
from ledger.cli.supplier.receipts import Brief, with_restated
from ledger.errors import LedgerError


def with_restated_lots(client: Client, receipt: Brief, issuer: str, place: str) -> Brief:
    """The receipt of an amendment or closing with the restated lots of its issuer, of which it asks for a few. `place`:
    of the record, for messages."""
    if receipt.restatement is None:
        return receipt
    try:
        answer = client.get("/v1/changes", ChangesAnswer, holder=issuer, since=receipt.index, limit=SHOWN)
    except LedgerError as error:
        # The record is posted: only the list of lots is missing.
        say(f"{place}: the restated lots are not listed: {error.message}")
        return receipt
    return with_restated(receipt, answer)
