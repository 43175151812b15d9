"""What revisions reach back to, in an audit's store: the records that can change, and who takes from their lots."""

from collections.abc import Collection, Iterable

import msgspec
from msgspec import Struct

from ledger.client.audit.state.store import AuditStore, array
from ledger.engine.revision.current_record import Past


class StoredPeriod(Struct, frozen=True, array_like=True):
    """Where a closing looks for a record: by a facility, and a period, which may be a moment."""

    facility: str
    start: str
    end: str


class KeptPast(Struct, frozen=True, array_like=True):
    """A record as it reads now. `generations` are the lots of pools that it takes from; `stated`, of one that was
    posted provisional, how its issuer states it, without what closings have spread (canonical JSON)."""

    past: Past
    generations: list[str]
    stated: bytes | None = None
    period: StoredPeriod | None = None


class StoredFlow(Struct, frozen=True, array_like=True):
    """A record takes from the lot of a number. `follows`: it made the generation of a pool after that one."""

    lot: int
    record: int
    follows: bool = False


_encoder = msgspec.msgpack.Encoder()
_kept = msgspec.msgpack.Decoder(KeptPast)


class Pasts:
    """In one store."""

    def __init__(self, store: AuditStore) -> None:
        self._store = store

    def read(self, indexes: Iterable[int]) -> list[KeptPast]:
        """Those of the records that can be revised, in log order."""
        return [_kept.decode(data) for data, in self._store.rows("read_pasts", array(indexes))]

    def write(self, pasts: Collection[KeptPast], flows: Iterable[StoredFlow]) -> None:
        """Records as they read from now on. What they took before may be found for them still."""
        self._store.write("write_pasts", [_row(one) for one in pasts])
        self._store.write("write_flows", [(one.lot, one.record, one.follows) for one in flows])

    def of_period(self, facility: str, start: str, end: str) -> list[int]:
        """Records with a period at the facility that shares a moment with this one, by log index."""
        return [index for index, in self._store.rows("period", facility, end, start)]

    def descendants(self, indexes: Iterable[int], *, pools: bool) -> list[int]:
        """The records and all that descends from them, in log order, or more; with `pools`, what the lines of pools
        hand on counts as descending too."""
        return [index for index, in self._store.rows("descendants", array(indexes), int(pools))]

    def following(self, lots: Iterable[int]) -> set[int]:
        """The additions that follow generations of pools: what is left of one belongs to the next."""
        return {index for index, in self._store.rows("following", array(lots))}

    def newest_before(self, pools: Iterable[tuple[str, int]]) -> list[str]:
        """The newest generation of each pool of those with a lot number below the one that stands beside it."""
        return [lot for pool, number in pools for lot, in self._store.rows("newest_before", pool, number)]

    def changed_by(self, reviser: int) -> set[int]:
        """The records that the one at an index made read otherwise."""
        return {index for index, in self._store.rows("read_changed", reviser)}

    def write_changed(self, reviser: int, indexes: Iterable[int]) -> None:
        self._store.write("write_changed", [(reviser, index) for index in indexes])


def _row(kept: KeptPast) -> tuple[int, str | None, str | None, str | None, bytes]:
    period = kept.period
    place = (None, None, None) if period is None else (period.facility, period.start, period.end)
    return (kept.past.index, *place, _encoder.encode(kept))
