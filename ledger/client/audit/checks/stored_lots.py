"""Reads stored lots as the ledger's own values, and compares them with the lots that their records give."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from ledger.admission.facts import LotFacts
from ledger.client.audit.findings import Difference
from ledger.client.audit.source.decoding import RULE, Malformed, typed_json
from ledger.client.audit.source.interface import StoredLot
from ledger.core.outcome.assessment import BURDENS
from ledger.engine.record_outcome import lot_leaf
from ledger.footprint.stored.burdens import METHOD
from ledger.footprint.stored.figures import LotFigures


class MadeLots(NamedTuple):
    """A lot as its record, or a revision of the record, makes it."""

    lot: LotFacts
    figures: LotFigures
    share: float
    tag: str | None


def read_lot(text: str) -> StoredLot:
    """A lot of a row. Raises Malformed if the ledger cannot have written the row."""
    return typed_json(StoredLot, "lot", text)


def facts_of(lot: StoredLot) -> LotFacts:
    """The facts of a lot in its row."""
    maker = (lot.facility, lot.process or "") if lot.facility is not None else None
    return LotFacts(
        id=lot.id, number=lot.number, product=lot.product, holder=lot.holder, role=lot.role, quantity=lot.quantity,
        unit=lot.unit, mass=lot.mass, origin=lot.origin, item=lot.item, composition=lot.composition, maker=maker,
        previous_life=lot.previous_life, owner=lot.owner, sender=lot.sender, pool=lot.pool, credit=lot.credit,
        expires=lot.expires, made=lot.made, since=lot.since, place=lot.place, carried=lot.carried,
    )


def stored_leaf(seed: bytes, position: int, text: str) -> bytes:
    """The leaf that a lot's row gives at a position of its outcome; empty if the row gives no leaf."""
    try:
        lot = read_lot(text)
        return lot_leaf(seed, position, facts_of(lot), figures_of(lot), lot.method, lot.plugin)
    except (Malformed, ValueError, ArithmeticError):
        return b""


def compare_lots(texts: Sequence[str], made: Sequence[MadeLots], where: str = "") -> Iterator[Difference]:
    """Compares the stored rows of a record's lots with the lots that it makes, in every column of both tables."""
    if len(texts) != len(made):
        yield Difference(
            "figures", f"{len(texts)} lots{where} are stored with figures, but the record makes {len(made)}")
    for text, made_lot in zip(texts, made, strict=False):
        try:
            stored = read_lot(text)
        except Malformed as error:
            yield Difference(RULE, f"lot {made_lot.lot.id!r}{where}: {error.message}", error.column)
        else:
            yield from _compare(stored, made_lot, where)
    for made_lot in made[len(texts) :]:
        yield Difference("lots", f"lot {made_lot.lot.id!r}{where} is stored without figures, or not at all")


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
                f"{_values_text(getattr(stored, name), getattr(wanted, name))}"
                + (f", and with wrong values of {', '.join(more)}" if more else ""), f"{table}.{name}")


def _row(made: MadeLots) -> StoredLot:
    """The row that the ledger writes for a lot."""
    lot, (burdens, contents) = made.lot, made.figures
    facility, process = lot.maker or (None, None)
    return StoredLot(
        lot.number, lot.id, lot.product, lot.holder, lot.role, lot.origin, lot.quantity, lot.unit, lot.mass, lot.item,
        lot.composition, facility, process, lot.previous_life, lot.owner, lot.sender, lot.pool, lot.credit, lot.expires,
        lot.made, lot.since, lot.place, lot.carried, list(burdens), list(contents), list(contents.values()), METHOD,
        made.tag, made.share,
    )


def _values_text(stored: object, wanted: object) -> str:
    """Two values in words; for two lists, the first values that differ."""
    if isinstance(stored, list) and isinstance(wanted, list):
        if len(stored) != len(wanted):
            return f"{len(stored)} values, not {len(wanted)}"
        place = next(i for i, (one, other) in enumerate(zip(stored, wanted, strict=True)) if one != other)
        return f"{stored[place]!s:.80} in place {place + 1}, not {wanted[place]!s:.80}"
    return f"{stored!s:.80}, not {wanted!s:.80}"


def figures_of(lot: StoredLot) -> LotFigures:
    """The figures of a lot in its row. Raises ValueError if they are no figures."""
    burdens = tuple([float(burden) for burden in lot.burdens])
    if len(burdens) != len(BURDENS):
        raise ValueError(f"{len(burdens)} burdens instead of {len(BURDENS)}")
    return LotFigures(burdens, dict(zip(lot.content, [float(amount) for amount in lot.amount], strict=True)))


_FIGURE: Final = ("burdens", "content", "amount", "method", "plugin", "share")
_LOT: Final = tuple([name for name in StoredLot.__struct_fields__ if name not in _FIGURE])
