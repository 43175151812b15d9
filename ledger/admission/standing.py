"""Deliveries that their receiver has accepted ahead, by a standing acceptance.

A rule looks at nothing but the transfer, the lot that it makes and the time of its entry. So it decides on arrival,
once and for all: a later amendment, rule or withdrawal changes nothing. It says that the delivery counts as received,
and nothing about figures, findings or questions.
"""

from decimal import Decimal
from typing import Final

from ledger.admission.checks.times import instant_of
from ledger.admission.facts import LotFacts, StandingFacts
from ledger.admission.state import State
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Acceptance, Transfer
from ledger.core.record.units import convert
from ledger.errors import InvalidQuantity

LARGEST_TOLERANCE: Final = Decimal("0.1")
"""UCP 600, article 30: \"about\" a quantity allows a tenth more or less."""
MOST_PRODUCTS: Final = 100
"""Products of one sender for which one receiver may ever state a rule. A batch may load the newest rule for each of
them, also if that is withdrawn, so a withdrawal makes no room."""


def accepting(record: Transfer, lot: LotFacts | None, state: State) -> StandingFacts | None:
    """The standing acceptance of the receiver that accepts a transfer on arrival. `lot`: the lot that it makes; a
    verifier of a statement does not know it.

    The rule for the product decides alone; without such a rule, the rule for all products decides.
    """
    rules = state.standing.get((record.to, record.issuer))
    if not rules or lot is None:
        return None
    in_force = [rule for product in (lot.product, "") if (rule := rules.get(product)) and not rule.withdrawn]
    return in_force[0] if in_force and _covers(in_force[0], record, lot, state.time) else None


def _covers(rule: StandingFacts, record: Transfer, lot: LotFacts, now: int) -> bool:
    """The sender states the time of the transfer, so the rule must also be valid at the time of the entry, `now` in ms:
    otherwise a delivery could be dated back into an ended rule."""
    return (
        record.purpose in rule.purposes
        and lot.role in rule.roles
        and rule.valid_from <= record.time
        and (not rule.valid_until or max(record.time, instant_of(now // 1000)) < rule.valid_until)
        and Decimal(record.tolerance or 0) <= rule.tolerance
        and _as_agreed(rule, lot)
    )


def _as_agreed(rule: StandingFacts, lot: LotFacts) -> bool:
    if rule.quantity is None:
        return True
    try:
        agreed = convert(*rule.quantity, lot.unit, "quantity")
    except InvalidQuantity:
        return False
    return abs(lot.quantity - agreed) <= CONTEXT.multiply(agreed, rule.tolerance)


def claimable(record: Acceptance, lot: LotFacts, tolerance: Decimal) -> bool:
    """Whether a delivery is so short that the tolerance of a standing acceptance does not cover it."""
    if record.received is None:
        return False
    received = convert(record.received.amount, record.received.unit, lot.unit, "received")
    return lot.quantity - received > CONTEXT.multiply(lot.quantity, tolerance)
