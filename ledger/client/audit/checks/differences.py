"""Comparing what is stored with what the records give, in words that say where they part."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from ledger.client.audit.checks.erasures import reduced
from ledger.client.audit.checks.stored_lots import MadeLots, compare_lots
from ledger.client.audit.findings import Difference
from ledger.client.audit.source.interface import RevisedRow, StoredVersion
from ledger.engine.revision.recompute import Revised, Revision


def compare_revised(
    stored: Sequence[RevisedRow], revision: Revision, erased: set[int]
) -> Iterator[Difference]:
    """Every revised record that is stored otherwise than its revision gives. Of those of which the residue is stored,
    the index is added to `erased`: the log has to ask for that."""
    rows = {row.index: row for row in stored}
    for one in revision.revised:
        row = rows.pop(one.index, None)
        if row is None:
            yield Difference("revisions", f"what it makes of record {one.index} is not stored")
        else:
            yield from _compare_one(row, one, erased)
    for index in rows:
        yield Difference("revisions", f"it is stored to revise record {index}, which it leaves as it is")


def _compare_one(row: RevisedRow, one: Revised, erased: set[int]) -> Iterator[Difference]:
    prepared = one.prepared
    leaves = one.outcome.leaves if one.outcome is not None else ()
    where = f"of record {one.index}"
    if row.outcome != one.root or len(row.leaves) != len(leaves):
        yield Difference("revisions", f"other results {where} are stored than it gives")
    # Rows of lots, where they are shown, hold all that their leaves do.
    shown = row.leaves if row.lots is None else row.leaves[:1]
    for i, (found, wanted) in enumerate(zip(shown, leaves, strict=False)):
        if found != wanted:
            yield Difference("figures", f"result {i} {where} is not what it gives: {difference(found, wanted)}")
    flows = [(taken.lot.number, taken.quantity) for taken in prepared.plan.taken] if prepared and one.own else []
    if row.own != one.own or list(row.flows) != flows:
        yield Difference(
            "flows", f"what is taken {where} is stored as {told_flows(row.flows)}, but is {told_flows(flows)}")
    if one.own and prepared is not None and reduced(row.body, prepared.submission.record):
        erased.add(one.index)
    elif row.body != (prepared.submission.body if one.own and prepared else None):
        yield Difference("body", f"the body {where} as it reads now is stored otherwise", "revised.body")
    yield from _compare_lots(row, one, where)


def _compare_lots(row: RevisedRow, one: Revised, where: str) -> Iterator[Difference]:
    """The lots of a revised record, and their figures: row by row where the source shows rows, else what it tells."""
    prepared = one.prepared
    shares = list(prepared.work.shares if prepared is not None else ()) or [0.0] * len(one.lots)
    if row.lots is not None:
        tag = prepared.tag if prepared is not None else None
        yield from compare_lots(row.lots, [
            MadeLots(lot, figures, share, tag) for lot, figures, share in zip(
                one.lots, one.figures, shares, strict=True
            )
        ], f" {where}")
    else:
        if prepared is None and not row.blank:
            yield Difference("figures", f"lots {where}, which is withdrawn, are stored with figures")
        if list(row.shares) != shares:
            yield Difference("figures", f"shares {where} are stored as {list(row.shares)}, not {shares}")
        quantities = [lot.quantity for lot in one.lots]
        if list(row.quantities) != quantities:
            yield Difference("lots", f"quantities {where} are stored as {list(row.quantities)}, not {quantities}")
    withdrawn = [prepared is None] * len(one.lots)
    if row.withdrawn is not None and list(row.withdrawn) != withdrawn:
        kind = "withdrawn" if prepared is None else "not withdrawn"
        yield Difference("lots", f"lots {where} are {kind}, but stored otherwise", "lot_version.withdrawn")


def counted(version: int, index: int, revision: Revision) -> StoredVersion:
    """How many rows a revision has."""
    own = [one.prepared for one in revision.revised if one.own and one.prepared is not None]
    return StoredVersion(
        version, index, len(revision.revised), sum(len(one.figures) for one in revision.revised),
        sum(len(prepared.plan.taken) for prepared in own),
        sum(len(one.lots) for one in revision.revised if one.resized or one.outcome is None),
    )


def told_flows(flows: Iterable[tuple[int, Decimal]]) -> str:
    """What is taken, in words."""
    return ", ".join([f"{quantity} of lot number {number}" for number, quantity in flows]) or "nothing"


def difference(stored: bytes, computed: bytes) -> str:
    """Where two leaves part, with what stands around."""
    pairs = enumerate(zip(stored, computed, strict=False))
    at = next((i for i, (a, b) in pairs if a != b), min(len(stored), len(computed)))
    shown = slice(max(at - 30, 0), at + 30)
    return f"…{stored[shown].decode(errors='replace')}… instead of …{computed[shown].decode(errors='replace')}…"
