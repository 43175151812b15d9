"""The rules with which a log begins: an audit replays no log whose rules this program does not know."""

from typing import Final

from ledger.admission.rules import RULES, Rules, check_beginning
from ledger.client.audit.source.interface import EntryRow, TreeSource
from ledger.client.audit.source.pages import read_page
from ledger.core.log.entry import parse_entry
from ledger.core.record import canonical
from ledger.core.record.base import ACTIVATION
from ledger.core.record.kinds import Activation
from ledger.errors import LedgerError

_MOST: Final = 64
"""Entries that are read: a first batch activates the rules as entry 1."""


async def check_rules_known(source: TreeSource, size: int, start: int, kept: Rules) -> None:
    """Raises ConfigurationError as `check_beginning` does. A first batch that cannot be read is left to the replay,
    which reports its faults. An audit that goes on at entry `start` reads no entry again: it has `kept` the rules."""
    if start:
        check_beginning(kept, start)
        return
    rows = list[EntryRow]()
    async for page in source.pages(min(size, _MOST)):
        rows += read_page(page)
    try:
        entries = [(row, parse_entry(row.entry)) for row in rows]
        # The entries of a batch have one time.
        first, rules = [one for one in entries if one[1].time == entries[0][1].time], Rules()
        for row, entry in first:
            if entry.kind != ACTIVATION:
                continue
            if row.body is None or canonical.digest(row.body) != entry.digest:
                return
            record = canonical.decode_record(row.body)
            if isinstance(record, Activation) and record.plugin == RULES:
                rules = rules.after(row.index, record.version, record.digest)
    except LedgerError:
        return
    if first:
        check_beginning(rules, len(first))
