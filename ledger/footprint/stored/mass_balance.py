"""Mass balance (ISO 22095): content of a pool becomes credits, which move independently of the matter.

Credits are booked from physical content, and the booking removes that content from the pool: credits = content *
conversion. So nobody can claim the same kg both as content and as credit, and no balance is ever negative. The user of
a credit receives the content `attributed:CONTENT`, never CONTENT itself. `conversion` covers losses between the pool
and the record that uses the credits. If that record loses material, it loses the same part of the attributed content
(see `contents`).
"""

from typing import Final, NamedTuple

from ledger.errors import Refused
from ledger.footprint.stored.contents import ATTRIBUTED, ContentsOut
from ledger.footprint.stored.figures import LotFigures, RecordFigures

_ROUNDING: Final = 1e-9


class Booking(NamedTuple):
    """Kg of `credits` taken from the content `attribute`, each kg of which gives `conversion` kg."""

    attribute: str
    credits: float
    conversion: float


def booked(figures: RecordFigures, booking: Booking) -> RecordFigures:
    """The figures of an addition, whose outputs are the pool's next lot and the lot of credits.

    Raises Refused if the pool does not hold enough of the content.
    """
    stock, _ = figures.outputs
    held = stock.contents.get(booking.attribute, 0.0)
    used = booking.credits / booking.conversion
    if used > held * (1.0 + _ROUNDING):
        raise Refused(
            f"credits: {booking.credits} kg need {used} kg of {booking.attribute}, but the pool holds {held} kg",
            code="credit-excess", field="credits", value=booking.credits,
            rule=f"at most the pool's content times its conversion: {held * booking.conversion} kg",
        )
    rest = held - used
    contents = {name: amount for name, amount in stock.contents.items() if name != booking.attribute}
    if rest > held * _ROUNDING:
        contents[booking.attribute] = rest
    else:
        used = held
    name = ATTRIBUTED + booking.attribute
    lost, declared = dict(figures.contents.lost), dict(figures.contents.declared)
    lost[booking.attribute] = lost.get(booking.attribute, 0.0) + used
    declared[name] = declared.get(name, 0.0) + booking.credits
    credit = {name: booking.credits}
    balance = ContentsOut(declared, figures.contents.arisen, lost, (contents, credit))
    outputs = (LotFigures(stock.burdens, contents), LotFigures(figures.outputs[1].burdens, credit))
    return RecordFigures(figures.retained, balance, outputs)
