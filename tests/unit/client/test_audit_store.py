"""An audit's file gives back what was written, a part at a time."""

import random
import tracemalloc
from decimal import Decimal

from ledger.admission.facts import LOT_SLOTS, LotFacts
from ledger.client.audit.state.store import AuditStore, KeptLot
from ledger.core.outcome.assessment import BURDENS
from ledger.footprint.stored.figures import LotFigures

LOTS = 25_000
NOTHING = LotFigures(tuple([0.0] * len(BURDENS)), {})


def kept(number: int) -> KeptLot:
    lot = LotFacts(id=f"urn:example:mill:lot:{number}", number=number, product="urn:p", holder="urn:h", role="product",
                   quantity=Decimal(number + 1), unit="KGM")
    return KeptLot(lot, NOTHING, Decimal(number) / 2, False)


def test_balances_come_in_order_of_number_and_not_all_at_once() -> None:
    numbers = [number * LOT_SLOTS for number in range(LOTS)]
    book = AuditStore(None)
    book.write_lots([kept(number) for number in random.Random(1).sample(numbers, LOTS)])
    tracemalloc.start()
    seen = 0
    for number, (found, name, remaining, quantity) in zip(numbers, book.balances(), strict=True):
        assert (found, name) == (number, f"urn:example:mill:lot:{number}")
        assert (remaining, quantity) == (Decimal(number) / 2, Decimal(number + 1))
        seen += 1
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    book.close()
    assert seen == LOTS
    assert peak < LOTS * 100, "as much as all of them take"
