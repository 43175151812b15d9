"""Comparing what is stored with what the records give, in words that say where they part."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from ledger.service.audit.erasures import reduced
from ledger.service.audit.source import RevisedRow, Version
from ledger.service.revising.engine import Revised, Revision


def compare_revised(
    stored: Sequence[RevisedRow], revision: Revision, erased: set[int]
) -> Iterator[tuple[str, str]]:
    """Rule and message of every revised record that is stored otherwise than its revision gives. Of those of which the
    residue is stored, the index is added to `erased`: the log has to ask for that."""
    rows = {row.index: row for row in stored}
    for one in revision.revised:
        row = rows.pop(one.index, None)
        if row is None:
            yield "revisions", f"what it makes of record {one.index} is not stored"
        else:
            yield from _compare_one(row, one, erased)
    for index in rows:
        yield "revisions", f"it is stored to revise record {index}, which it leaves as it is"


def _compare_one(row: RevisedRow, one: Revised, erased: set[int]) -> Iterator[tuple[str, str]]:
    prepared = one.prepared
    leaves = one.outcome.leaves if one.outcome is not None else ()
    where = f"of record {one.index}"
    if row.outcome != one.root or len(row.leaves) != len(leaves):
        yield "revisions", f"other results {where} are stored than it gives"
    for i, (found, wanted) in enumerate(zip(row.leaves, leaves, strict=False)):
        if found != wanted:
            yield "figures", f"result {i} {where} is not what it gives: {difference(found, wanted)}"
    if one.outcome is None and not row.blank:
        yield "figures", f"lots {where}, which is withdrawn, are stored with figures"
    flows = [(taken.lot.number, taken.quantity) for taken in prepared.plan.taken] if prepared and one.own else []
    if row.own != one.own or list(row.flows) != flows:
        yield "flows", f"what is taken {where} is stored as {told_flows(row.flows)}, but is {told_flows(flows)}"
    if one.own and prepared is not None and reduced(row.body, prepared.submission.record):
        erased.add(one.index)
    elif one.own and row.body != (prepared.submission.body if prepared else None):
        yield "body", f"the body {where} as it reads now is stored otherwise"
    shares = list(prepared.work.shares) if prepared else []
    if list(row.shares) != (shares or [0.0] * len(one.lots)):
        yield "figures", f"shares {where} are stored as {list(row.shares)}, not {shares}"
    quantities = [lot.quantity for lot in one.lots]
    if list(row.quantities) != quantities:
        yield "lots", f"quantities {where} are stored as {list(row.quantities)}, not {quantities}"
    elif row.lots is not None and list(row.lots) != list(one.lots):
        yield "lots", f"lots {where} are stored otherwise than it leaves them"


def counted(version: int, index: int, revision: Revision) -> Version:
    """How many rows a revision has."""
    own = [one.prepared for one in revision.revised if one.own and one.prepared is not None]
    return Version(
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
