"""The query for the footprint of a product. The handler of `/v1/footprint` calls it if the request names a product."""

from typing import Annotated

from litestar.params import Parameter

from ledger.service.ledger import Ledger
from ledger.service.queries.product.answers import ProductAnswer
from ledger.service.queries.product.read import MAX_SHOWN, SHOWN, read_product
from ledger.service.queries.questions import PeriodQuestion

From = Annotated[str | None, Parameter(
    query="from", description="with `product`: only records that ended after this day (00:00 UTC) or instant",
    max_length=30)]
To = Annotated[str | None, Parameter(
    query="to", description="with `product`: only records that ended at or before this day (00:00 UTC) or instant",
    max_length=30)]
Limit = Annotated[int, Parameter(description="with `product`: the most lots, largest first", ge=0, le=MAX_SHOWN)]


async def product_footprint(
    ledger: Ledger, product: str, since: str | None = None, until: str | None = None, at: int | None = None,
    limit: int = SHOWN,
) -> ProductAnswer:
    """The production-weighted footprint, in total and by facility, with the spread over lots and the largest lots.

    Raises NotFound for an unknown product, or if nothing was made of it in the period; InvalidInput for an invalid day,
    period or tree size, and for too many lots.
    """
    return await read_product(ledger.pool, PeriodQuestion(product, since, until, at), limit)
