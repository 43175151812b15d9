"""What is stored beside entries and bodies, compared with what the records say.

No leaf and no proof rests on these rows, but admission and answers do: a server would admit by a forged key, prefix or
transfer and sign it honestly. Only a database shows them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, runtime_checkable

from ledger.admission.state import State, type_of
from ledger.core.frontier import Frontier
from ledger.core.merkle import leaf_hash
from ledger.core.outcome import salt_seed
from ledger.core.records import AnyRecord, Transformation
from ledger.core.tiles import Tile
from ledger.service.audit.records import Checked
from ledger.service.naming import Before, add_named
from ledger.service.revising.engine import Revision
from ledger.store.names import Columns, Ends, Names, Told, told_by
from ledger.store.rows import BatchRows

RULE = "names"
_HASH = 32


@runtime_checkable
class ShowsNames(Protocol):
    """A source that shows the rows themselves."""

    async def names(self, start: int, end: int) -> Names:
        """Of the records from `start`, below `end`."""
        ...

    async def ends(self) -> Ends:
        """What is stored now and belongs to no record."""
        ...


def entered(index: int, record: AnyRecord, state: State, before: Before) -> list[Told]:
    """What the record at `index`, applied to `state`, should have entered."""
    if isinstance(record, Transformation) and record.basis != "provisional":
        return []
    rows = BatchRows()
    add_named(rows, index, record, state, before)
    return told_by(rows)


class NameCheck:
    """Compares record by record. A period that a revision has moved a record to is stored beside the record's own, so
    what is more than a record entered is judged at the end."""

    def __init__(self) -> None:
        self._more: dict[int, Counter[Told]] = {}

    def compare(
        self, one: Checked, columns: Columns | None, stored: Sequence[Told], wanted: Sequence[Told], lots: int
    ) -> Iterator[tuple[str, str]]:
        """Rule and message of what is stored otherwise than `one`, which was admitted and made so many lots, says."""
        if columns is None or one.record is None:
            return
        yield from _compare_columns(one, one.record, columns, lots)
        more = Counter(stored)
        more.subtract(wanted)
        for told, count in more.items():
            if count < 0:
                yield RULE, f"{_said(told)}, which the record entered, is not stored"
        over = Counter({told: count for told, count in more.items() if count > 0})
        later = Counter({told: count for told, count in over.items() if told.kind == "provisional"})
        for told in over - later:
            yield RULE, f"{_said(told)} is stored, but the record did not enter it"
        if later:
            self._more[columns.index] = later

    def revised(self, revision: Revision) -> None:
        """Accounts for the periods that a revision has moved records to."""
        for one in revision.revised:
            record = one.prepared.submission.record if one.prepared is not None else None
            if one.own and one.moved and isinstance(record, Transformation) and one.index in self._more:
                rows = BatchRows()
                rows.add_provisional(one.index, record)
                self._more[one.index].subtract(told_by(rows))

    def unexplained(self) -> Iterator[tuple[int, str]]:
        """Index and message of rows that no record and no revision has entered."""
        for index, more in self._more.items():
            for told in +more:
                yield index, f"{_said(told)} is stored, but no record entered it"


def _compare_columns(one: Checked, record: AnyRecord, columns: Columns, lots: int) -> Iterator[tuple[str, str]]:
    if columns.leaf_hash != leaf_hash(one.row.entry):
        yield RULE, "the entry is stored with another leaf hash than its own"
    pairs = (
        ("digest", columns.digest, one.entry.digest if one.entry is not None else None),
        ("type", columns.type, type_of(record)), ("issuer", columns.issuer, record.issuer),
        ("seed", columns.seed, salt_seed(record.nonce)),
    )
    for name, stored, wanted in pairs:
        if stored != wanted:
            yield RULE, f"the record is stored with {name} {_value(stored)}, not {_value(wanted)}"
    for name, count in (("lots", columns.lots), ("figures", columns.figures), ("balances", columns.balances)):
        # Where there are fewer, another rule has said so.
        if count > lots:
            yield RULE, f"{count} {name} of the record are stored, it made {lots}"


def compare_ends(
    ends: Ends, frontier: Frontier, time: int, ledger: tuple[str, str], full: Iterable[tuple[Tile, bytes]]
) -> Iterator[tuple[str, str, int | None]]:
    """Rule, message and index of what belongs to no record and is not as the log makes it. `frontier` and `time` are
    those of the audited size, `full` its full tiles; what the log has gained since is left out."""
    for kind, index in ends.beyond:
        yield RULE, f"table {kind} has rows beyond the log", index
    for prefix, organization in ends.strays:
        yield RULE, f"prefix {prefix!r} is stored for {organization}, whom no record enters", None
    if ends.ledger != ledger:
        yield RULE, f"the database says that it is ledger {ends.ledger[0]!r} with key {ends.ledger[1]}", None
    if ends.size == frontier.size and ends.frontier != frontier.to_bytes():
        yield "root", "the head is stored with another frontier than the entries give", None
    if ends.size == frontier.size and ends.time != time:
        yield "time", f"the head is stored with time {ends.time}, the last entry has {time}", None
    roots = {(tile.level, tile.index): _root(hashes) for tile, hashes in full}
    for place, stored in ends.tiles.items():
        wanted = roots.pop(place, None)
        if wanted is None and ends.size == frontier.size:
            yield "tiles", f"tile {place[0]}/{place[1]} is stored, but the log is not that long", None
        elif wanted is not None and stored != wanted:
            yield "tiles", f"tile {place[0]}/{place[1]} is stored with another root than its entries give", None


def _root(hashes: bytes) -> bytes:
    return Frontier().extended([hashes[at : at + _HASH] for at in range(0, len(hashes), _HASH)]).root()


def _said(told: Told) -> str:
    return f"{told.kind} {', '.join([str(value) for value in told.values])[:200]}"


def _value(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
