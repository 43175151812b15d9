"""The findings of an audit as they come, until there are enough of them."""

from ledger.errors import LedgerError
from ledger.service.audit.report import Finding

MAX_FINDINGS = 50


class Stop(LedgerError):
    """The audit has seen enough."""

    code = "stop"


class Findings:
    """What does not hold, and notes on what was not looked at."""

    def __init__(self) -> None:
        self.found: list[Finding] = []
        self.notes: list[str] = []

    def add(self, rule: str, message: str, index: int | None = None, digest: bytes | None = None) -> None:
        """Raises Stop with the last one that is reported."""
        self.found.append(
            Finding(rule=rule, message=message, index=index, digest=None if digest is None else digest.hex())
        )
        if len(self.found) >= MAX_FINDINGS:
            self.notes.append(f"stopped after {MAX_FINDINGS} findings")
            raise Stop("too many findings")
