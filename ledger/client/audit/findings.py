"""The findings of an audit as they come, until there are enough of them."""

from collections.abc import Iterable
from typing import NamedTuple

from ledger.client.audit.report import AuditFinding
from ledger.client.audit.source.decoding import RULE, Malformed
from ledger.errors import LedgerError

MAX_FINDINGS = 50


class Difference(NamedTuple):
    """Something of a record that is stored otherwise than it should be: by which rule, and in which column where it is
    in one alone."""

    rule: str
    message: str
    column: str | None = None


class Stop(LedgerError):
    """The audit has seen enough."""

    code = "stop"


class Findings:
    """What does not hold, and notes on what was not looked at."""

    def __init__(self) -> None:
        self.found: list[AuditFinding] = []
        self.notes: list[str] = []

    def add(
        self, rule: str, message: str, index: int | None = None, digest: bytes | None = None, column: str | None = None
    ) -> None:
        """Raises Stop with the last one that is reported."""
        self.found.append(AuditFinding(
            rule=rule, message=message, index=index, digest=None if digest is None else digest.hex(), column=column))
        if len(self.found) >= MAX_FINDINGS:
            self.notes.append(f"stopped after {MAX_FINDINGS} findings")
            raise Stop("too many findings")

    def add_malformed(self, rows: Iterable[Malformed]) -> None:
        """Rows that could not be read."""
        for row in rows:
            self.add(RULE, row.message, row.index, column=row.column)
