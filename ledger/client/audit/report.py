"""The report of an audit."""

from typing import Final

from msgspec import Struct

from ledger.admission.rules import Activated
from ledger.client.audit.checks.doubtful import DoubtfulFigure
from ledger.errors import LedgerError

FACTOR_SET: Final = "factor set "
"""Begins the name of a factor set in `not_recomputed`."""


class AuditFinding(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A violation of a rule, at an index of the log (None: in the log as a whole), and in a column of the database if
    it is in a single column."""

    rule: str
    message: str
    index: int | None = None
    digest: str | None = None
    column: str | None = None


class ScopeReport(Struct, frozen=True, kw_only=True):
    """The entries of an audit that could not read the whole log. `organization` is the auditor's own as the source
    says, `readable` are the organisations whose records are all visible.

    `visible` entries were read in full: all figures of these were recomputed, except for `adopted` records, which name
    hidden things or revise others; their results were proved by their leaves. Of `party` entries, the auditor saw the
    body and its own lots. Of `hidden` entries, bytes, signature and key were checked, and figures were not. `given`:
    committed figures of lots of hidden records, which were proved by their leaves."""

    organization: str | None
    readable: list[str]
    visible: int
    adopted: int
    party: int
    hidden: int
    given: int


class AuditReport(Struct, frozen=True, kw_only=True):
    """`ok` says that every entry, signature, balance and figure holds, except for the limits in `notes`.

    `not_recomputed` counts the records whose assessments were only compared with the entries that commit to them, by
    the sector's version or the factor set that was not at hand. If there are any, `ok` is false for an audit of the
    whole log, unless the auditor said that comparing is enough.

    This audit began with entry `start`. Earlier audits checked the entries before it, and the counts include them: all
    counts except `balances` cover the whole log. `earlier` holds the counts of earlier audits by name; the difference
    is the work of this audit. `erased` counts redacted records. `witnesses` have cosigned the checkpoint, if a policy
    was given. `rules` are the activations of the ledger's own rules. `doubtful`: the ten records that question the most
    kg CO2e themselves, or else have the largest burdens with a warning; empty for the public log, which has no figures.
    `scope` is set if the auditor could not read the whole log.
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
    doubtful: list[DoubtfulFigure] = []
    scope: ScopeReport | None = None
    not_recomputed: dict[str, int] = {}

    def counted(self, name: str) -> int:
        """The part of a count that this audit adds to the earlier audits."""
        total: int = getattr(self, name)
        return total - self.earlier.get(name, 0)


def unopened(error: LedgerError) -> AuditReport:
    """The report on a log whose source does not state a well-formed key."""
    finding = AuditFinding(rule="keys", message=error.message, column=error.field)
    return AuditReport(
        ok=False, origin="", vkey="", size=0, root="", start=0, entries=0, signatures=0, records={}, figures=0,
        balances=0, recomputed=0, erased=0, witnesses=[], findings=[finding], notes=["nothing else was checked"],
        earlier={},
    )
