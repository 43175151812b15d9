"""What an audit found."""

from msgspec import Struct

from ledger.admission.rules import Activated
from ledger.errors import LedgerError


class AuditFinding(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that does not hold: at which index of the log (None: of the log as a whole), by which rule, and in
    which column of the database where it is in one alone."""

    rule: str
    message: str
    index: int | None = None
    digest: str | None = None
    column: str | None = None


class AuditReport(Struct, frozen=True, kw_only=True):
    """`ok` says that every entry, signature, balance and figure holds, as far as `notes` do not limit it.

    `start` is the entry that this audit began with: what is before it was audited earlier, and is counted here. Counts
    are of the whole log, but for `balances`; `earlier` says how much of them earlier audits have counted, by the name
    of the count, so that the rest is what this audit has done. `erased` are records of which only residues are left.
    `witnesses` have cosigned the checkpoint, where a policy was given. `rules` are the activations of the ledger's own
    rules.
    """

    ok: bool
    origin: str
    vkey: str
    size: int
    root: str
    start: int
    entries: int
    signatures: int
    records: dict[str, int]
    figures: int
    balances: int
    recomputed: int
    erased: int
    earlier: dict[str, int]
    witnesses: list[str]
    findings: list[AuditFinding]
    notes: list[str]
    rules: list[Activated] = []

    def counted(self, name: str) -> int:
        """How much of a count this audit has done itself."""
        total: int = getattr(self, name)
        return total - self.earlier.get(name, 0)


def unopened(error: LedgerError) -> AuditReport:
    """Of a log whose source does not even say, in a form that holds, by which key it is signed."""
    finding = AuditFinding(rule="keys", message=error.message, column=error.field)
    return AuditReport(
        ok=False, origin="", vkey="", size=0, root="", start=0, entries=0, signatures=0, records={}, figures=0,
        balances=0, recomputed=0, erased=0, witnesses=[], findings=[finding], notes=["nothing else was looked at"],
        earlier={},
    )
