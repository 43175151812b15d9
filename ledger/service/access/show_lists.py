"""Lists of an organisation's goods as a caller may see them: without the use that others made of them."""

from typing import Final

from msgspec import structs

from ledger.answers.lists import TransferAnswer, TransferListAnswer
from ledger.service.access.facts import organizations_of
from ledger.service.access.sight import Sight
from ledger.store.database import DatabasePool

NOWHERE: Final = ""
"""In place of a facility: it made no lot."""


async def sees_facility(pool: DatabasePool, sight: Sight, facility: str) -> bool:
    """Whether the caller may know which lots a facility made."""
    if sight.whole:
        return True
    operators = await organizations_of(pool, [facility])
    return sight.of_own(operators.get(facility, ""))


def show_deliveries(sight: Sight, answer: TransferListAnswer) -> TransferListAnswer:
    """Deliveries without the use that their receivers made of them."""
    return structs.replace(answer, transfers=[_shown(sight, one) for one in answer.transfers])


def _shown(sight: Sight, delivery: TransferAnswer) -> TransferAnswer:
    if delivery.state != "used" or sight.of_own(delivery.receiver):
        return delivery
    return structs.replace(delivery, state="open")
