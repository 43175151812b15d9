"""The error of a monitor."""

from ledger.errors import VerificationError


class Violation(VerificationError):
    """The log has broken a promise. `notes` are the signed checkpoints that prove it, the older one first."""

    def __init__(
        self, message: str, notes: tuple[str, ...], *, code: str, value: object = None, field: str = "log"
    ) -> None:
        super().__init__(message, code=code, field=field, value=value)
        self.notes = notes
