"""Collects the findings of an audit, up to a limit."""

from collections.abc import Iterable
from typing import NamedTuple

from ledger.client.audit.report import AuditFinding
from ledger.client.audit.source.decoding import RULE, Malformed
from ledger.core.log.checkpoint import Checkpoint
from ledger.errors import LedgerError

MAX_FINDINGS = 50


class Difference(NamedTuple):
    """A stored value that differs from the record, with the rule that it violates, and the column if it is in a single
    column."""

    rule: str
    message: str
    column: str | None = None


class Stop(LedgerError):
    """Ends the audit: there are too many findings, or it cannot continue."""

    code = "stop"


class Findings:
    """The findings, and notes on the checks that were left out."""

    def __init__(self) -> None:
        self.found: list[AuditFinding] = []
        self.notes: list[str] = []

    def add(
        self, rule: str, message: str, index: int | None = None, digest: bytes | None = None, column: str | None = None
    ) -> None:
        """Adds a finding. Raises Stop with the last finding that an audit reports."""
        self.found.append(AuditFinding(
            rule=rule, message=message, index=index, digest=None if digest is None else digest.hex(), column=column))
        if len(self.found) >= MAX_FINDINGS:
            self.notes.append(f"stopped after {MAX_FINDINGS} findings")
            raise Stop("too many findings")

    def add_end(self, checkpoint: Checkpoint, entries: int, root: bytes) -> None:
        """Adds a finding unless the source has shown as many entries as the checkpoint has, and they have its root."""
        if entries != checkpoint.size:
            self.add("complete", f"the checkpoint has {checkpoint.size} entries, but the source shows {entries}")
        if root != checkpoint.root:
            self.add("root", f"the entries have root {root.hex()}, but the checkpoint has root {checkpoint.root.hex()}")

    def add_malformed(self, rows: Iterable[Malformed]) -> None:
        """Adds a finding for each row that could not be read."""
        for row in rows:
            self.add(RULE, row.message, row.index, column=row.column)
