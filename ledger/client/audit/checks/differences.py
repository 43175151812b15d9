"""Compares stored revisions with the revisions that the records give, and describes each difference."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from ledger.client.audit.checks.erasures import is_redacted
from ledger.client.audit.checks.stored_lots import MadeLots, compare_lots
from ledger.client.audit.findings import Difference
from ledger.client.audit.source.interface import RevisedRow, StoredVersion
from ledger.engine.revision.recompute import Revised, Revision


def compare_revised(
    stored: Sequence[RevisedRow], revision: Revision, erased: set[int]
) -> Iterator[Difference]:
    """Lists every revised record whose stored rows differ from its revision. If a redacted record is stored, adds its
    index to `erased`: the log must ask for this erasure."""
    rows = {row.index: row for row in stored}
    for revised in revision.revised:
        row = rows.pop(revised.index, None)
        if row is None:
            yield Difference("revisions", f"its revision of record {revised.index} is not stored")
        else:
            yield from _compare_record(row, revised, erased)
    for index in rows:
        yield Difference("revisions", f"a revision of record {index} is stored, which it does not revise")


def _compare_record(row: RevisedRow, revised: Revised, erased: set[int]) -> Iterator[Difference]:
    prepared = revised.prepared
    leaves = revised.outcome.leaves if revised.outcome is not None else ()
    where = f"of record {revised.index}"
    if row.outcome != revised.root or len(row.leaves) != len(leaves):
        yield Difference("revisions", f"the stored results {where} differ from its revision")
    # The rows of lots hold everything that the other leaves hold.
    for stored, expected in zip(row.leaves[:1], leaves, strict=False):
        if stored != expected:
            yield Difference(
                "figures", f"stored result 0 {where} differs from its revision: {difference(stored, expected)}")
    flows = [(taken.lot.number, taken.quantity) for taken in prepared.plan.taken] if prepared and revised.own else []
    if row.own != revised.own or list(row.flows) != flows:
        yield Difference(
            "flows", f"the stored inputs {where} are {flows_text(row.flows)}, but its revision has "
            f"{flows_text(flows)}")
    if revised.own and prepared is not None and is_redacted(row.body, prepared.submission.record):
        erased.add(revised.index)
    elif row.body != (prepared.submission.body if revised.own and prepared else None):
        yield Difference("body", f"the stored revised body {where} differs from its revision", "revised.body")
    yield from _compare_lots(row, revised, where)


def _compare_lots(row: RevisedRow, revised: Revised, where: str) -> Iterator[Difference]:
    """Compares the lots of a revised record and their figures."""
    prepared = revised.prepared
    shares = list(prepared.work.shares if prepared is not None else ()) or [0.0] * len(revised.lots)
    tag = prepared.tag if prepared is not None else None
    yield from compare_lots(row.lots, [
        MadeLots(lot, figures, share, tag)
        for lot, figures, share in zip(revised.lots, revised.figures, shares, strict=True)
    ], f" {where}")
    withdrawn = [prepared is None] * len(revised.lots)
    if list(row.withdrawn) != withdrawn:
        kind = "withdrawn" if prepared is None else "not withdrawn"
        yield Difference("lots", f"lots {where} are {kind}, but are not stored so", "lot_version.withdrawn")


def version_of(version: int, index: int, revision: Revision) -> StoredVersion:
    """The number of rows that a revision must have."""
    own = [one.prepared for one in revision.revised if one.own and one.prepared is not None]
    return StoredVersion(
        version, index, len(revision.revised), sum(len(one.figures) for one in revision.revised),
        sum(len(prepared.plan.taken) for prepared in own),
        sum(len(one.lots) for one in revision.revised if one.resized or one.outcome is None),
    )


def flows_text(flows: Iterable[tuple[int, Decimal]]) -> str:
    """Inputs, in words."""
    return ", ".join([f"{quantity} of lot number {number}" for number, quantity in flows]) or "nothing"


def difference(stored: bytes, computed: bytes) -> str:
    """The first difference of two leaves, with the text around it."""
    pairs = enumerate(zip(stored, computed, strict=False))
    at = next((i for i, (a, b) in pairs if a != b), min(len(stored), len(computed)))
    shown = slice(max(at - 30, 0), at + 30)
    return f"…{stored[shown].decode(errors='replace')}… instead of …{computed[shown].decode(errors='replace')}…"
