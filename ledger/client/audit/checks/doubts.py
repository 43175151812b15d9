"""Counting what keys have signed that are reported compromised: it holds, and it is in doubt."""

from collections import Counter
from collections.abc import Iterator, Mapping

from msgspec import Struct

from ledger.admission.state import KeyState
from ledger.client.audit.source.interface import TreeSource
from ledger.client.audit.source.pages import read_page
from ledger.core.log.entry import SIZE

_KEYID = slice(34, 66)
"""Of an entry: after version, kind and digest."""


class Doubt(Struct, frozen=True):
    """How many of the entries that were audited a key has signed from index `since` on, as it is reported."""

    since: int
    count: int


Doubts = Mapping[bytes, Doubt]
"""By keyid."""


async def count_doubts(
    source: TreeSource, keys: Mapping[bytes, KeyState], size: int, known: Doubts, start: int
) -> dict[bytes, Doubt]:
    """Of each key that is reported: what it signed below `size`. `known` was counted below `start`.

    An index is known only once it is reported, so entries from the lowest one on that is new are read again; where no
    report is, those that came since alone.
    """
    since = {keyid: one.compromised_since for keyid, one in keys.items() if one.compromised_since is not None}
    counts = Counter({keyid: one.count for keyid, one in known.items() if since.get(keyid) == one.since})
    begin = {keyid: max(first, start) if keyid in counts else first for keyid, first in since.items()}
    if min(begin.values(), default=size) < size:
        async for page in source.pages(size, min(begin.values())):
            for row in read_page(page):
                keyid = row.entry[_KEYID]
                if len(row.entry) == SIZE and row.index >= begin.get(keyid, size):
                    counts[keyid] += 1
    return {keyid: Doubt(first, counts[keyid]) for keyid, first in since.items()}


def told(doubts: Doubts, keys: Mapping[bytes, KeyState]) -> Iterator[str]:
    """A note for each key."""
    for keyid, one in sorted(doubts.items(), key=lambda pair: (pair[1].since, pair[0])):
        yield (f"in doubt: {one.count} entries from {one.since} on are signed by key {keyid.hex()} of "
               f"{keys[keyid].organization}, which is reported compromised since then; their signatures hold")
