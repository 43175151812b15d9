"""Published passports: by the identifier of a lot, item or product, and by the path of a GS1 Digital Link."""

from typing import Annotated

from litestar import Controller, Request, get
from litestar.datastructures import State
from litestar.params import Parameter

from ledger.access.declared import OpenToAll
from ledger.answers.passports import PassportAnswer
from ledger.errors import InvalidInput, NotFound
from ledger.service.ledger import Ledger
from ledger.service.queries.digital_links import CANONICAL, canonical_link, is_of_product
from ledger.service.queries.passports import read_passport, read_product_passport, unpublished

PUBLISHED = OpenToAll("passports that their owners have published")
OneLot = Annotated[str | None, Parameter(description="the id of a lot", min_length=1, max_length=2_048)]
OneItem = Annotated[
    str | None, Parameter(description="the id of an item; a GS1 Digital Link of any domain", min_length=1,
                          max_length=2_048)]
OneProduct = Annotated[
    str | None, Parameter(description="the id of a product; a GS1 Digital Link of any domain", min_length=1,
                          max_length=2_048)]


class PassportsController(Controller):
    tags = ("passports",)

    @get("/v1/passport", access=PUBLISHED,
         summary="The passport of a lot, item or product that its owner has published")
    async def passport(
        self, ledger: Ledger, lot: OneLot = None, item: OneItem = None, product: OneProduct = None
    ) -> PassportAnswer:
        """GS1 Digital Links of any domain count as links of id.gs1.org. The answer is the same 404 for unknown,
        unpublished and no longer published things. A product has the average of the lots that its owner made in the
        year up to its newest production."""
        names = [name for name in (lot, item, product) if name is not None]
        if len(names) != 1:
            raise InvalidInput("name a lot, an item or a product", code="invalid-request", field="lot",
                               rule="one of the parameters lot, item and product")
        if product is not None:
            return await read_product_passport(ledger.pool, product, ledger.assessed)
        return await read_passport(ledger.pool, names[0], ledger.assessed)

    @get(["/01/{key:path}", "/8003/{key:path}", "/8004/{key:path}"], access=PUBLISHED,
         summary="The passport behind the path of a GS1 Digital Link")
    async def digital_link(self, ledger: Ledger, request: Request[object, object, State], key: str) -> PassportAnswer:
        """GTIN (`/01/GTIN/10/LOT`, `/01/GTIN/21/SERIAL`; of a product: `/01/GTIN`, `/01/GTIN/22/VARIANT`), GRAI
        (`/8003/`) and GIAI (`/8004/`)."""
        path: bytes = request.scope["raw_path"]
        link = canonical_link(CANONICAL + path.decode("ascii", "replace").partition("?")[0])
        if link is None:
            raise unpublished()
        try:
            return await read_passport(ledger.pool, link, ledger.assessed)
        except NotFound:
            if not is_of_product(link):
                raise
        return await read_product_passport(ledger.pool, link, ledger.assessed)
