"""Balances: what is stored to be left of each lot, beside what the records leave."""

from collections.abc import AsyncIterator, Container, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.admission.facts import LOT_SLOTS
from ledger.client.audit.checks.checkpoint import read_checkpoint
from ledger.client.audit.findings import Findings
from ledger.client.audit.full_walk import Walk
from ledger.client.audit.replay import Replayer
from ledger.client.audit.source.interface import AuditSource, StoredBalance

_AT_ONCE: Final = 500
Expected = tuple[int, str, Decimal, Decimal]
"""Number and id of a lot, what is left of it, and how much it is."""


class Left(NamedTuple):
    """What is left of a lot, and how much it is."""

    remaining: Decimal
    quantity: Decimal

    def __str__(self) -> str:
        return f"{self.remaining} of {self.quantity}"


class Other(NamedTuple):
    """A stored balance that is not what the records leave; `wanted` is that, None if none of them made the lot."""

    lot: str
    number: int
    found: Left
    wanted: Left | None


class Compared(NamedTuple):
    """`held`: how many are as they should be, or were explained by nothing but `others`."""

    held: int
    others: list[Other]


async def compare(
    stored: AsyncIterator[list[StoredBalance]], expected: Iterator[Expected], findings: Findings
) -> Compared:
    """Both are in order of number; what is missing is a finding at once."""
    held, others = 0, []
    waiting = next(expected, None)
    async for page in stored:
        for one in page:
            while waiting is not None and waiting[0] < one.number:
                _missing(waiting, findings)
                waiting = next(expected, None)
            wanted = None
            if waiting is not None and waiting[0] == one.number:
                wanted = Left(waiting[2], waiting[3])
                held += 1
            found = Left(one.remaining, one.quantity)
            if wanted is None or waiting is None or found != wanted or one.lot != waiting[1]:
                others.append(Other(one.lot, one.number, found, wanted))
            if wanted is not None:
                waiting = next(expected, None)
    while waiting is not None:
        _missing(waiting, findings)
        waiting = next(expected, None)
    return Compared(held, others)


def _missing(expected: Expected, findings: Findings) -> None:
    findings.add("balances", f"lot {expected[1]!r} has no balance", expected[0] // LOT_SLOTS)


def tell(others: list[Other], explained: Mapping[str, set[Left]], findings: Findings) -> None:
    """What later records do not explain."""
    for lot, number, found, wanted in others:
        if found in explained.get(lot, ()):
            continue
        index = number // LOT_SLOTS
        if wanted is None:
            findings.add("balances", f"lot {lot!r} has a balance, but no record made it", index)
        else:
            findings.add("balances", f"{found} is left of lot {lot!r}, its records leave {wanted}", index)


async def check_balances(source: AuditSource, walk: Walk, vkey: str, findings: Findings, *, full: bool) -> None:
    """Of all lots, or of those that the walk has touched. Balances are read as they are now: what differs from the
    checkpoint's may come of later records."""
    if full or not walk.start:
        compared = await compare(source.balances(), walk.memory.balances(), findings)
    else:
        touched = walk.memory.balances_of(walk.touched)
        compared = await compare(_chosen(source, [one[0] for one in touched]), iter(touched), findings)
        findings.notes.append(
            f"balances were compared of the {len(touched)} lots that entries from {walk.start} on touch, not of others")
    walk.counts["balances"] = compared.held
    if compared.others:
        explained = await _explained(source, walk, vkey, findings, {one.lot for one in compared.others})
        if explained is not None:
            tell(compared.others, explained, findings)


async def _chosen(source: AuditSource, numbers: Sequence[int]) -> AsyncIterator[list[StoredBalance]]:
    for start in range(0, len(numbers), _AT_ONCE):
        yield await source.balances_of(numbers[start : start + _AT_ONCE])


async def _explained(
    source: AuditSource, walk: Walk, vkey: str, findings: Findings, wanted: Container[str]
) -> Mapping[str, set[Left]] | None:
    """What was left of each lot at any time after the checkpoint, until now; None if that cannot be known, since
    the first revision came after the audit had begun."""
    found: dict[str, set[Left]] = {}

    def look(replayer: Replayer, touched: set[str]) -> None:
        state = replayer.state
        for lot in touched:
            if lot in wanted:
                found.setdefault(lot, set()).add(Left(state.remaining[lot], state.lots[lot].quantity))

    newest = (await read_checkpoint(source, vkey)).checkpoint
    if not walk.replayer.keeps and (await source.revisions()).versions:
        findings.notes.append(
            "records were revised while this audit ran: balances that differ were not compared")
        return None
    await walk.later(source, newest.size, look)
    return found
