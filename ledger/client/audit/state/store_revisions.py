"""The part of an audit store for revisions: the records that can change, and the records that take from their lots."""

from collections.abc import Collection, Iterable

import msgspec
from msgspec import Struct

from ledger.client.audit.state.store import AuditStore, array
from ledger.engine.revision.current_record import Past


class StoredPeriod(Struct, frozen=True, array_like=True):
    """The key by which a closing finds a record: a facility and a period, which may be an instant."""

    facility: str
    start: str
    end: str


class KeptPast(Struct, frozen=True, array_like=True):
    """A record as it reads now. `generations` are the lots of pools that it takes from. `stated` is set if the record
    was posted provisional: the record as its issuer states it, without the quantities that closings have spread
    (canonical JSON)."""

    past: Past
    generations: list[str]
    stated: bytes | None = None
    period: StoredPeriod | None = None


class StoredFlow(Struct, frozen=True, array_like=True):
    """A record takes from the lot with this number. `follows` says that it made the next generation of that lot's
    pool."""

    lot: int
    record: int
    follows: bool = False


_encoder = msgspec.msgpack.Encoder()
_kept = msgspec.msgpack.Decoder(KeptPast)


class Pasts:
    """The records in one store that can be revised."""

    def __init__(self, store: AuditStore) -> None:
        self._store = store

    def read(self, indexes: Iterable[int]) -> list[KeptPast]:
        """The records at these indexes that can be revised, in log order."""
        return [_kept.decode(data) for data, in self._store.rows("read_pasts", array(indexes))]

    def write(self, pasts: Collection[KeptPast], flows: Iterable[StoredFlow]) -> None:
        """Writes records as they read from now on. Inputs that they took before stay in the store."""
        self._store.write("write_pasts", [_row(record) for record in pasts])
        self._store.write("write_flows", [(one.lot, one.record, one.follows) for one in flows])

    def of_period(self, facility: str, start: str, end: str) -> list[int]:
        """Log indexes of the records at the facility whose period overlaps this period."""
        return [index for index, in self._store.rows("period", facility, end, start)]

    def descendants(self, indexes: Iterable[int], *, pools: bool) -> list[int]:
        """The records and all their descendants, in log order, and perhaps further records. With `pools`, the next
        generation of a pool is a descendant too."""
        return [index for index, in self._store.rows("descendants", array(indexes), int(pools))]

    def following(self, lots: Iterable[int]) -> set[int]:
        """The additions that follow these generations of pools: the rest of a generation passes to the next."""
        return {index for index, in self._store.rows("following", array(lots))}

    def newest_before(self, pools: Iterable[tuple[str, int]]) -> list[str]:
        """The newest generation of each pool among its generations with a lot number below the given number."""
        return [lot for pool, number in pools for lot, in self._store.rows("newest_before", pool, number)]

    def changed_by(self, reviser: int) -> set[int]:
        """The records whose bodies the record at this index changed."""
        return {index for index, in self._store.rows("read_changed", reviser)}

    def write_changed(self, reviser: int, indexes: Iterable[int]) -> None:
        self._store.write("write_changed", [(reviser, index) for index in indexes])


def _row(record: KeptPast) -> tuple[int, str | None, str | None, str | None, bytes]:
    period = record.period
    place = (None, None, None) if period is None else (period.facility, period.start, period.end)
    return (record.past.index, *place, _encoder.encode(record))
