"""Mass balance (ISO 22095): content of a pool becomes credits that are used up apart from the matter.

Credits are booked from physical content, which leaves the pool by it: credits = content * conversion. So nothing is
claimed both as content and as credit, and no balance is ever negative. What a credit's user receives is named
`attributed:CONTENT`, never the content. `conversion` stands for losses between the pool and the record that uses the
credits; what is lost in that record is lost of the attributed content too, as of its material (see `contents`).
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


def booked(found: RecordFigures, booking: Booking) -> RecordFigures:
    """The figures of an addition, whose outputs are the pool's next lot and the lot of credits.

    Raises Refused where the pool does not hold the content.
    """
    stock, _ = found.outputs
    held = stock.contents.get(booking.attribute, 0.0)
    used = booking.credits / booking.conversion
    if used > held * (1.0 + _ROUNDING):
        raise Refused(
            f"credits: {booking.credits} kg need {used} kg of {booking.attribute}, the pool holds {held} kg",
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
    lost, declared = dict(found.contents.lost), dict(found.contents.declared)
    lost[booking.attribute] = lost.get(booking.attribute, 0.0) + used
    declared[name] = declared.get(name, 0.0) + booking.credits
    credit = {name: booking.credits}
    balance = ContentsOut(declared, found.contents.arisen, lost, (contents, credit))
    outputs = (LotFigures(stock.burdens, contents), LotFigures(found.outputs[1].burdens, credit))
    return RecordFigures(found.retained, balance, outputs)
