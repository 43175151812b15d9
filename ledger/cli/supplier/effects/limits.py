"""The limits of titles, which receipts do not state."""

from ledger.answers.brief import RecordResults
from ledger.answers.stored import FootprintAnswer
from ledger.cli.client import Client
from ledger.cli.console import say
from ledger.errors import LedgerError, NotFound


class PostedLimits:
    """Asks the server for the limit of the log. A receipt names the newest activation when its record was assessed,
    and one question gives the limit of all records with the same activation."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._limits: dict[int, float | None] = {}

    def of(self, results: RecordResults) -> float | None:
        """The limit for the lots of a record; None if it is not known, so that no title is stated."""
        if not results.lots or results.activation is None:
            return None
        if results.activation not in self._limits:
            self._limits[results.activation] = self._ask(results.lots[0].lot)
        return self._limits[results.activation]

    def _ask(self, lot: str) -> float | None:
        try:
            return self._client.get("/v1/footprint", FootprintAnswer, lot=lot).title_limit
        except NotFound:
            say("the titles of lots are not stated: the ledger shows them to you alone, after `carbon-ledger login "
                "--key KEY`")
            return None
        except LedgerError as error:
            # The record is posted: only the titles are missing.
            say(f"the titles of lots are not stated: {error.message}")
            return None
