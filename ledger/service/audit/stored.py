"""What a stored lot says, in the ledger's own values."""

from ledger.admission.facts import LotFacts
from ledger.footprint.figures import LotFigures
from ledger.service.accounting import lot_leaf
from ledger.service.audit.source import StoredLot


def facts_of(lot: StoredLot) -> LotFacts:
    """The facts of a lot as its row has them."""
    maker = (lot.facility, lot.process or "") if lot.facility is not None else None
    return LotFacts(
        lot.id, lot.number, lot.product, lot.holder, lot.role, lot.quantity, lot.unit, lot.mass, lot.origin, lot.item,
        lot.composition, maker, lot.previous_life, lot.owner, lot.sender, lot.pool, lot.credit, lot.expires,
    )


def stored_leaf(seed: bytes, position: int, lot: StoredLot | None) -> bytes:
    """The leaf that a lot's row makes at a position of its outcome; without bytes where it makes none."""
    if lot is None:
        return b""
    try:
        return lot_leaf(seed, position, facts_of(lot), _figures(lot), lot.method, lot.plugin)
    except (ValueError, ArithmeticError):
        return b""


def _figures(lot: StoredLot) -> LotFigures:
    amounts = [float(amount) for amount in lot.amount]
    return LotFigures(tuple([float(burden) for burden in lot.burdens]), dict(zip(lot.content, amounts, strict=True)))
