"""Compares the stored balances of the lots whose holder the auditor may read as a whole."""

from collections.abc import Iterator
from itertools import islice

from ledger.admission.facts import LOT_SLOTS
from ledger.client.audit.checks.balances import Expected, compare, report_wrong
from ledger.client.audit.findings import Findings
from ledger.client.audit.scoped.walk import ScopedWalk
from ledger.client.audit.source.interface import AuditSource

_AT_ONCE = 1_000


async def check_visible_balances(source: AuditSource, walk: ScopedWalk, findings: Findings) -> None:
    """The uses of other lots can be hidden. The source shows balances as they are now; whether later records explain a
    difference is a matter of the next audit."""
    if not walk.follows_balances:
        findings.notes.append("balances were not compared: the log has revisions, and their effects on balances can be "
                              "hidden")
        return
    compared = await compare(source.balances(), _readable(walk), findings)
    walk.counts["balances"] = compared.held
    size = walk.replayer.state.size
    unknown = [one for one in compared.wrong if one.expected is None and one.number // LOT_SLOTS < size]
    if unknown:
        findings.notes.append(f"balances of {len(unknown)} lots of hidden records were not compared")
    wrong = [one for one in compared.wrong if one.expected is not None]
    if not wrong:
        return
    if await _has_grown(source, size):
        findings.notes.append(
            f"balances of {len(wrong)} lots differ, and the log has grown while this audit ran: audit again")
        return
    report_wrong(wrong, {}, findings)


async def _has_grown(source: AuditSource, size: int) -> bool:
    async for page in source.batches(size + 1_000_000, size):
        return bool(page)
    return False


def _readable(walk: ScopedWalk) -> Iterator[Expected]:
    """The expected balances of the lots whose holder is readable, in order of number."""
    balances = walk.memory.balances()
    while page := list(islice(balances, _AT_ONCE)):
        facts = walk.memory.facts([lot for _, lot, _, _ in page])
        yield from (one for one in page if facts[one[1]].holder in walk.readable)
