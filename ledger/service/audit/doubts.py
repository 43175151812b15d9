"""Counting what keys have signed that are reported compromised: it holds, and it is in doubt."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping

from ledger.admission.state import KeyState
from ledger.core.entry import SIZE
from ledger.service.audit.pages import read_page
from ledger.service.audit.source import TreeSource

_KEYID = slice(34, 66)
"""Of an entry: after version, kind and digest."""


async def doubts(source: TreeSource, keys: Mapping[bytes, KeyState], size: int) -> AsyncIterator[str]:
    """A note for each key: how many entries below `size` it signed from the reported index on.

    An index is known only once it is reported, so the entries from the lowest one on are read again; where nothing is
    reported, none are.
    """
    since = {keyid: one.compromised_since for keyid, one in keys.items() if one.compromised_since is not None}
    if not since:
        return
    counted: Counter[bytes] = Counter()
    async for page in source.pages(size, min(since.values())):
        for row in read_page(page):
            keyid = row.entry[_KEYID]
            if len(row.entry) == SIZE and row.index >= since.get(keyid, size):
                counted[keyid] += 1
    for keyid, first in sorted(since.items(), key=lambda one: (one[1], one[0])):
        yield (f"in doubt: {counted[keyid]} entries from {first} on are signed by key {keyid.hex()} of "
               f"{keys[keyid].organization}, which is reported compromised since then; their signatures hold")
