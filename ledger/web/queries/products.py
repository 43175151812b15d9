"""Asking for the footprint of a product. The handler of `/v1/footprint` calls this where a product is named."""

from typing import Annotated

from litestar.params import Parameter

from ledger.service.ledger import Ledger
from ledger.service.queries.product.answers import ProductAnswer
from ledger.service.queries.product.read import MAX_SHOWN, SHOWN, read_product
from ledger.service.queries.questions import PeriodQuestion

From = Annotated[str | None, Parameter(
    query="from", description="with `product`: what ended after this day (00:00 UTC) or instant", max_length=30)]
To = Annotated[str | None, Parameter(
    query="to", description="with `product`: what ended until this day (00:00 UTC) or instant", max_length=30)]
Limit = Annotated[int, Parameter(description="with `product`: lots at most, the largest", ge=0, le=MAX_SHOWN)]


async def product_footprint(
    ledger: Ledger, product: str, since: str | None = None, until: str | None = None, at: int | None = None,
    limit: int = SHOWN,
) -> ProductAnswer:
    """Production-weighted, by facility, with the spread over lots and the lots behind it.

    Raises NotFound for an unknown product and for one of which nothing was made in the period; InvalidInput for what
    is no day, no period, no tree of the log, or too many lots.
    """
    return await read_product(ledger.pool, PeriodQuestion(product, since, until, at), limit)
