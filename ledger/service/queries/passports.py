"""The passport of a lot, item or product that its owner has published."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Final

import msgspec

from ledger.access.rights import Rights
from ledger.answers.passports import PassportAnswer, PassportFinding
from ledger.answers.products import ProductAnswer
from ledger.answers.stored import FootprintAnswer
from ledger.core.outcome.assessment import Severity
from ledger.core.record.kinds import Product
from ledger.errors import NotFound
from ledger.service.access.sight import Sight
from ledger.service.queries.digital_links import class_of, spellings
from ledger.service.queries.footprint.read import read_footprint
from ledger.service.queries.product.read import ReadSizes, read_product
from ledger.service.queries.questions import LotQuestion, PeriodQuestion
from ledger.service.queries.tree_size import EVER
from ledger.service.queries.versions import AssessedVersions
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

MAX_LOTS: Final = 20_000
"""The most lots behind the passport of a product: the newest ones."""
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
        unusually_high=answer.unusually_high is not None, documented=answer.documented / size,
        declared=answer.declared,
    )


async def read_product_passport(pool: DatabasePool, name: str, assessed: AssessedVersions) -> PassportAnswer:
    """The passport of the published product with this identifier or GS1 Digital Link: the average of the lots that the
    owner's own records made, of goods of the owner, in the year up to its newest production, weighted by production.

    Raises NotFound as `read_passport` does, also if the owner has made no lot.
    """
    row = await pool.fetchrow(queries("access")["product_passport"], spellings(name), MAX_LOTS, class_of(name))
    if row is None or not row["newest"]:
        raise unpublished()
    ended = [each["ended"] for each in await pool.fetch(queries("products")["ended"], row["newest"], EVER)]
    if not ended:
        raise unpublished()
    question = PeriodQuestion(row["product"], _year_before(max(ended)), max(ended))
    # The eyes of the owner alone, so that records of others do not count.
    owner = Sight(Rights(own=frozenset({row["organization"]})))
    sizes = ReadSizes(MAX_LOTS, after=row["before"], shown=0)
    answer = await read_product(pool, question, assessed, sizes=sizes, sight=owner)
    product = _product.decode(row["body"])
    size = float(answer.quantity.amount)
    return PassportAnswer(
        id=name, product=product.id, names={str(language): text for language, text in product.names.items()},
        title=answer.title, footprint=answer.footprint_per_unit, location_based=answer.location_based / size,
        market_based=answer.market_based / size, biogenic_uptake=answer.biogenic_uptake, unit=answer.unit,
        method=answer.method, completeness=answer.completeness, questioned_share=answer.questioned_share,
        at=answer.at, findings=_findings_of_product(answer, size), recycled_content=answer.recycled_content,
        primary_share=answer.primary_share, provisional_share=answer.provisional_share,
        pact_ratings=answer.pact_ratings, unestimated=answer.unestimated, in_doubt=bool(answer.in_doubt),
        unusually_high=answer.unusually_high is not None, documented=answer.documented / size,
        since=answer.since, until=answer.until,
    )


def unpublished() -> NotFound:
    """The error for every identifier without a published passport. It names no value, so that all are alike."""
    return NotFound("no passport is published under this identifier", code="no-passport",
                    rule="the identifier of a lot, item or product whose owner has published its passport")


def _findings(answer: FootprintAnswer, size: float) -> list[PassportFinding]:
    """The findings of the lot's own record. A record with too many records upstream states no kg."""
    weighed = {(one.code, one.output): one.questioned for one in answer.findings if one.own}
    return [PassportFinding(code=one.code, severity=one.severity, questioned=_per(weighed, one.code, one.output, size))
            for one in answer.lot.findings]


def _per(weighed: dict[tuple[str, int | None], float], code: str, output: int | None, size: float) -> float | None:
    kilograms = weighed.get((code, output))
    return kilograms / size if kilograms else None


def _findings_of_product(answer: ProductAnswer, size: float) -> list[PassportFinding]:
    """The findings of the records that made the lots, each code once."""
    kilograms: defaultdict[tuple[str, Severity], float] = defaultdict(float)
    for finding in answer.findings:
        if finding.own:
            kilograms[finding.code, finding.severity] += finding.questioned
    return [PassportFinding(code=code, severity=severity, questioned=amount / size if amount else None)
            for (code, severity), amount in kilograms.items()]


def _year_before(instant: str) -> str:
    """365 days before an instant."""
    return f"{datetime.fromisoformat(instant) - timedelta(days=365):%Y-%m-%dT%H:%M:%SZ}"
