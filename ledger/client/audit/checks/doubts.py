"""Counts the entries that compromised keys have signed: their signatures hold, but they are in doubt."""

from collections import Counter
from collections.abc import Iterator, Mapping

from msgspec import Struct

from ledger.admission.state import KeyState
from ledger.client.audit.source.interface import TreeSource
from ledger.client.audit.source.pages import read_page
from ledger.core.log.entry import SIZE

_KEYID = slice(34, 66)
"""The place of the keyid in an entry: after version, kind and digest."""


class Doubt(Struct, frozen=True):
    """The number of audited entries that a key has signed from index `since` on: it is reported compromised since
    then."""

    since: int
    count: int


Doubts = Mapping[bytes, Doubt]
"""Doubts by keyid."""


async def count_doubts(
    source: TreeSource, keys: Mapping[bytes, KeyState], size: int, counted: Doubts, start: int
) -> dict[bytes, Doubt]:
    """Counts, for each compromised key, the entries below `size` that it signed. An earlier audit counted `counted`
    below `start`.

    A report may name an index before `start`. So this reads entries again from the lowest index of a new report on.
    Without a new report it reads only the entries from `start` on.
    """
    since = {keyid: key.compromised_since for keyid, key in keys.items() if key.compromised_since is not None}
    counts = Counter({keyid: doubt.count for keyid, doubt in counted.items() if since.get(keyid) == doubt.since})
    begin = {keyid: max(first, start) if keyid in counts else first for keyid, first in since.items()}
    if min(begin.values(), default=size) < size:
        async for page in source.pages(size, min(begin.values())):
            for row in read_page(page):
                keyid = row.entry[_KEYID]
                if len(row.entry) == SIZE and row.index >= begin.get(keyid, size):
                    counts[keyid] += 1
    return {keyid: Doubt(first, counts[keyid]) for keyid, first in since.items()}


def doubt_notes(doubts: Doubts, keys: Mapping[bytes, KeyState]) -> Iterator[str]:
    """A note for each compromised key."""
    for keyid, doubt in sorted(doubts.items(), key=lambda pair: (pair[1].since, pair[0])):
        yield (f"in doubt: {doubt.count} entries from {doubt.since} on are signed by key {keyid.hex()} of "
               f"{keys[keyid].organization}, which is reported compromised since then; their signatures hold")
