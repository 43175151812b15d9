"""The readings of a page beyond the thing that the gate admits: look-alikes of parties, rows of the access log."""

from collections.abc import Sequence

from ledger.answers.lists import ListedLotAnswer
from ledger.answers.stored import LotAnswer
from ledger.service.access.facts import made_facts
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger


async def note_lots(ledger: Ledger, sight: Sight, lots: Sequence[LotAnswer]) -> None:
    """Returns when the readings of these lots are in the access logs of their makers and holders."""
    if lots and not ledger.gate.is_open:
        facts = await made_facts(ledger.pool, {lot.index for lot in lots})
        await sight.note({one.issuer for one in facts} | {lot.holder for lot in lots})


async def listed(ledger: Ledger, sight: Sight, lots: Sequence[ListedLotAnswer]) -> list[ListedLotAnswer]:
    """Lots of a list, noted as read, with the look-alikes of their parties."""
    await note_lots(ledger, sight, lots)
    answers = await ledger.resemblances.of_lots(lots)
    return [answer for answer in answers if isinstance(answer, ListedLotAnswer)]
