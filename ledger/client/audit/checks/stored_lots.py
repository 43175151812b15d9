"""What a stored lot says, in the ledger's own values, and where that is not what its record gives."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from ledger.admission.facts import LotFacts
from ledger.client.audit.findings import Difference
from ledger.client.audit.source.decoding import RULE, Malformed, typed_json
from ledger.client.audit.source.interface import StoredLot
from ledger.engine.account import lot_leaf
from ledger.footprint.stored.burdens import METHOD
from ledger.footprint.stored.figures import LotFigures


class MadeLots(NamedTuple):
    """A lot as its record, or a revision of that, makes it."""

    lot: LotFacts
    figures: LotFigures
    share: float
    tag: str | None


def read_lot(text: str) -> StoredLot:
    """A lot of a row. Raises Malformed if the row cannot be what the ledger has written."""
    return typed_json(StoredLot, "lot", text)


def facts_of(lot: StoredLot) -> LotFacts:
    """The facts of a lot as its row has them."""
    maker = (lot.facility, lot.process or "") if lot.facility is not None else None
    return LotFacts(
        lot.id, lot.number, lot.product, lot.holder, lot.role, lot.quantity, lot.unit, lot.mass, lot.origin, lot.item,
        lot.composition, maker, lot.previous_life, lot.owner, lot.sender, lot.pool, lot.credit, lot.expires,
    )


def stored_leaf(seed: bytes, position: int, text: str) -> bytes:
    """The leaf that a lot's row makes at a position of its outcome; without bytes where it makes none."""
    try:
        lot = read_lot(text)
        return lot_leaf(seed, position, facts_of(lot), _figures(lot), lot.method, lot.plugin)
    except (Malformed, ValueError, ArithmeticError):
        return b""


def compare_lots(texts: Sequence[str], made: Sequence[MadeLots], where: str = "") -> Iterator[Difference]:
    """The stored rows of a record's lots beside the lots that it has: every column of both tables."""
    if len(texts) != len(made):
        yield Difference("figures", f"{len(texts)} lots{where} are stored with figures, the record makes {len(made)}")
    for text, one in zip(texts, made, strict=False):
        try:
            stored = read_lot(text)
        except Malformed as error:
            yield Difference(RULE, f"lot {one.lot.id!r}{where}: {error.message}", error.column)
        else:
            yield from _compare(stored, one, where)
    for one in made[len(texts) :]:
        yield Difference("lots", f"lot {one.lot.id!r}{where} is stored without figures, or not at all")


def _compare(stored: StoredLot, made: MadeLots, where: str) -> Iterator[Difference]:
    wanted = _row(made)
    if stored == wanted:
        return
    for table, names in (("lot", _LOT), ("figure", _FIGURE)):
        differing = [name for name in names if getattr(stored, name) != getattr(wanted, name)]
        if differing:
            name, *more = differing
            yield Difference(
                f"{table}s", f"lot {made.lot.id!r}{where} is stored with {name} "
                f"{_told(getattr(stored, name), getattr(wanted, name))}"
                + (f", and other values of {', '.join(more)}" if more else ""), f"{table}.{name}")


def _row(made: MadeLots) -> StoredLot:
    """The row that a lot should have."""
    lot, (burdens, contents) = made.lot, made.figures
    facility, process = lot.maker or (None, None)
    return StoredLot(
        lot.number, lot.id, lot.product, lot.holder, lot.role, lot.origin, lot.quantity, lot.unit, lot.mass, lot.item,
        lot.composition, facility, process, lot.previous_life, lot.owner, lot.sender, lot.pool, lot.credit, lot.expires,
        list(burdens), list(contents), list(contents.values()), METHOD, made.tag, made.share,
    )


def _told(stored: object, wanted: object) -> str:
    """Two values; of lists the first that differ."""
    if isinstance(stored, list) and isinstance(wanted, list):
        if len(stored) != len(wanted):
            return f"of {len(stored)} values, not {len(wanted)}"
        place = next(i for i, (one, other) in enumerate(zip(stored, wanted, strict=True)) if one != other)
        return f"{stored[place]!s:.80} in place {place + 1}, not {wanted[place]!s:.80}"
    return f"{stored!s:.80}, not {wanted!s:.80}"


def _figures(lot: StoredLot) -> LotFigures:
    amounts = [float(amount) for amount in lot.amount]
    return LotFigures(tuple([float(burden) for burden in lot.burdens]), dict(zip(lot.content, amounts, strict=True)))


_FIGURE: Final = ("burdens", "content", "amount", "method", "plugin", "share")
_LOT: Final = tuple([name for name in StoredLot.__struct_fields__ if name not in _FIGURE])
