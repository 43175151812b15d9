"""The effects of imported records, by their rows: of the first records, and of further ones with findings or
omissions."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec
from msgspec.structs import replace

from ledger.answers.checked import CheckedRecord
from ledger.cli.client import Client
from ledger.cli.console import Part
from ledger.cli.numbers import counted
from ledger.cli.supplier.effects.dry_run import SHOWN, record_in
from ledger.cli.supplier.effects.limits import PostedLimits
from ledger.cli.supplier.effects.present import Effect, effects_report, foreseen, posted
from ledger.cli.supplier.effects.restated import with_restated_lots
from ledger.cli.supplier.receipts import Brief, brief, claims
from ledger.client.sheets.drafts import CellPlace
from ledger.core.receipts.acknowledgement import Acknowledgement
from ledger.core.receipts.receipt import Receipt

MOST_SHOWN: Final = 50
"""Records whose effects are shown if more than the first ones have findings or omissions."""


class RowEffect(NamedTuple):
    """The effect of the record of a row: as posted, or as a check foresees it."""

    place: CellPlace
    key: str
    envelope: bytes
    answer: Brief | CheckedRecord

    def stated(self) -> dict[str, Any]:
        """For programs."""
        return {"place": str(self.place), "key": self.key, **msgspec.to_builtins(self.answer)}

    def effect(self) -> Effect:
        record = record_in(self.envelope)
        row = self.place.row
        effect = (posted(row, self.answer, record) if isinstance(self.answer, Brief)
                  else foreseen(row, self.answer, record))
        return replace(effect, place=str(self.place))


class ImportEffects:
    """Takes the answers to the records of an import, which may be a million, and keeps those to be shown."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._limits = PostedLimits(client)
        self.shown: list[RowEffect] = []
        self.others = 0
        self.noted_others = 0
        """The number of records that are not shown, and of the ones among them with findings or omissions."""

    def add_posted(self, place: CellPlace, key: str, envelope: bytes, answer: Receipt | Acknowledgement) -> None:
        """Raises LedgerError if the answer cannot be read."""
        results = claims(answer)
        if not self._keeps(noted=bool(results.findings or results.omitted)):
            return
        # The server answers nothing about a record that the witnesses have not signed yet.
        summary = brief(answer, self._limits.of) if isinstance(answer, Receipt) else brief(answer)
        record = record_in(envelope)
        if record is not None:
            summary = with_restated_lots(self._client, summary, record, str(place))
        self.shown.append(RowEffect(place, key, envelope, summary))

    def add_checked(self, place: CellPlace, key: str, envelope: bytes, answer: CheckedRecord) -> None:
        if self._keeps(noted=bool(answer.findings or answer.omitted)):
            self.shown.append(RowEffect(place, key, envelope, answer))

    def _keeps(self, *, noted: bool) -> bool:
        """Whether the next record is shown; it is counted otherwise."""
        if len(self.shown) < (MOST_SHOWN if noted else SHOWN):
            return True
        self.others += 1
        self.noted_others += noted
        return False

    def lines(self) -> Iterator[Part]:
        """For people."""
        yield from effects_report([row.effect() for row in self.shown])
        if self.others:
            noted = f", {self.noted_others} of them with findings or omissions" if self.noted_others else ""
            yield f"… and {counted(self.others, 'more record')}{noted}"

    def stated(self) -> dict[str, Any]:
        """For programs."""
        return {"records": [row.stated() for row in self.shown], "leftOff": self.others,
                "leftOffNoted": self.noted_others}
