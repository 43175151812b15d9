"""The passport of a lot or item that its owner has published."""

import msgspec

from ledger.answers.passports import PassportAnswer, PassportFinding
from ledger.answers.stored import FootprintAnswer
from ledger.core.record.kinds import Product
from ledger.errors import NotFound
from ledger.service.queries.digital_links import spellings
from ledger.service.queries.footprint.read import read_footprint
from ledger.service.queries.questions import LotQuestion
from ledger.service.queries.versions import AssessedVersions
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

_product = msgspec.json.Decoder(Product)


async def read_passport(pool: DatabasePool, name: str, assessed: AssessedVersions) -> PassportAnswer:
    """The passport of the newest published lot with this identifier, item or GS1 Digital Link.

    Raises NotFound in the same words for all others: unknown, unpublished, and no longer published.
    """
    row = await pool.fetchrow(queries("access")["passport"], spellings(name))
    if row is None:
        raise unpublished()
    answer = await read_footprint(pool, LotQuestion(row["id"], row["size"]), assessed)
    product = _product.decode(row["product"])
    size = float(answer.lot.quantity.amount)
    return PassportAnswer(
        id=name, product=product.id, names={str(language): text for language, text in product.names.items()},
        title=answer.title, footprint=answer.footprint_per_unit, location_based=answer.location_based / size,
        market_based=answer.market_based / size, biogenic_uptake=answer.biogenic_uptake / size, unit=answer.unit,
        method=answer.method, completeness=answer.completeness, questioned_share=answer.questioned_share,
        at=row["size"], findings=_findings(answer, size), recycled_content=answer.recycled_content,
        lives=row["lives"], primary_share=answer.primary_share, provisional_share=answer.provisional_share,
        pact_ratings=answer.pact_ratings, unestimated=answer.unestimated, opening=answer.opening,
        revised=answer.revised_at is not None, in_doubt=bool(answer.in_doubt),
    )


def unpublished() -> NotFound:
    """The error for every identifier without a published passport. It names no value, so that all are alike."""
    return NotFound("no passport is published under this identifier", code="no-passport",
                    rule="the identifier of a lot or item whose owner has published its passport")


def _findings(answer: FootprintAnswer, size: float) -> list[PassportFinding]:
    """The findings of the lot's own record. A record with too many records upstream states no kg."""
    weighed = {(one.code, one.output): one.questioned for one in answer.findings if one.own}
    return [PassportFinding(code=one.code, severity=one.severity, questioned=_per(weighed, one.code, one.output, size))
            for one in answer.lot.findings]


def _per(weighed: dict[tuple[str, int | None], float], code: str, output: int | None, size: float) -> float | None:
    kilograms = weighed.get((code, output))
    return kilograms / size if kilograms else None
