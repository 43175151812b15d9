"""Compares the stored balance of each lot with the balance that the records give."""

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
"""Number and id of a lot, its remaining quantity, and its whole quantity."""


class Balance(NamedTuple):
    """The remaining and the whole quantity of a lot."""

    remaining: Decimal
    quantity: Decimal

    def __str__(self) -> str:
        return f"{self.remaining} of {self.quantity}"


class WrongBalance(NamedTuple):
    """A stored balance that differs from the records. `expected` is the balance that the records give, None if no
    record made the lot."""

    lot: str
    number: int
    stored: Balance
    expected: Balance | None


class Compared(NamedTuple):
    """`held` counts the lots of the records that have a stored balance, right or wrong."""

    held: int
    wrong: list[WrongBalance]


async def compare(
    stored: AsyncIterator[list[StoredBalance]], expected: Iterator[Expected], findings: Findings
) -> Compared:
    """Compares two sequences in order of lot number. A missing balance is a finding at once."""
    held, wrong = 0, []
    waiting = next(expected, None)
    async for page in stored:
        for row in page:
            while waiting is not None and waiting[0] < row.number:
                _missing(waiting, findings)
                waiting = next(expected, None)
            wanted = None
            if waiting is not None and waiting[0] == row.number:
                wanted = Balance(waiting[2], waiting[3])
                held += 1
            balance = Balance(row.remaining, row.quantity)
            if wanted is None or waiting is None or balance != wanted or row.lot != waiting[1]:
                wrong.append(WrongBalance(row.lot, row.number, balance, wanted))
            if wanted is not None:
                waiting = next(expected, None)
    while waiting is not None:
        _missing(waiting, findings)
        waiting = next(expected, None)
    return Compared(held, wrong)


def _missing(expected: Expected, findings: Findings) -> None:
    findings.add("balances", f"lot {expected[1]!r} has no balance", expected[0] // LOT_SLOTS)


def report_wrong(wrong: list[WrongBalance], explained: Mapping[str, set[Balance]], findings: Findings) -> None:
    """Reports the wrong balances that later records do not explain."""
    for lot, number, stored, expected in wrong:
        if stored in explained.get(lot, ()):
            continue
        index = number // LOT_SLOTS
        if expected is None:
            findings.add("balances", f"lot {lot!r} has a balance, but no record made it", index)
        else:
            findings.add(
                "balances", f"the stored balance of lot {lot!r} is {stored}, but its records give {expected}", index)


async def check_balances(source: AuditSource, walk: Walk, vkey: str, findings: Findings, *, full: bool) -> None:
    """Checks the balances of all lots, or of the lots that the log replay has touched. The source shows balances as
    they are now, so records after the checkpoint may explain a difference."""
    if full or not walk.start:
        compared = await compare(source.balances(), walk.memory.balances(), findings)
    else:
        touched = walk.memory.balances_of(walk.touched)
        compared = await compare(_chosen(source, [lot[0] for lot in touched]), iter(touched), findings)
        findings.notes.append(
            f"balances were compared only of the {len(touched)} lots that entries from {walk.start} on touch")
    walk.counts["balances"] = compared.held
    if compared.wrong:
        explained = await _explained(source, walk, vkey, findings, {balance.lot for balance in compared.wrong})
        if explained is not None:
            report_wrong(compared.wrong, explained, findings)


async def _chosen(source: AuditSource, numbers: Sequence[int]) -> AsyncIterator[list[StoredBalance]]:
    for start in range(0, len(numbers), _AT_ONCE):
        yield await source.balances_of(numbers[start : start + _AT_ONCE])


async def _explained(
    source: AuditSource, walk: Walk, vkey: str, findings: Findings, wanted: Container[str]
) -> Mapping[str, set[Balance]] | None:
    """Every balance that each wanted lot had between the checkpoint and now. None if the first revision of the log came
    after the audit began: then the replay cannot continue."""
    balances: dict[str, set[Balance]] = {}

    def look(replayer: Replayer, touched: set[str]) -> None:
        state = replayer.state
        for lot in touched:
            if lot in wanted:
                balances.setdefault(lot, set()).add(Balance(state.remaining[lot], state.lots[lot].quantity))

    newest = (await read_checkpoint(source, vkey)).checkpoint
    if not walk.replayer.keeps and (await source.revisions()).versions:
        findings.notes.append(
            "records were revised while this audit ran, so balances that differ from the checkpoint were not checked")
        return None
    await walk.later(source, newest.size, look)
    return balances
