"""Published passports: by the identifier of a lot or item, and by the path of a GS1 Digital Link."""

from typing import Annotated

from litestar import Controller, Request, get
from litestar.datastructures import State
from litestar.params import Parameter

from ledger.access.declared import OpenToAll
from ledger.answers.passports import PassportAnswer
from ledger.errors import InvalidInput
from ledger.service.ledger import Ledger
from ledger.service.queries.digital_links import CANONICAL, canonical_link
from ledger.service.queries.passports import read_passport, unpublished

PUBLISHED = OpenToAll("passports that their owners have published")
OneLot = Annotated[str | None, Parameter(description="the id of a lot", min_length=1, max_length=2_048)]
OneItem = Annotated[
    str | None, Parameter(description="the id of an item; a GS1 Digital Link of any domain", min_length=1,
                          max_length=2_048)]


class PassportsController(Controller):
    tags = ("passports",)

    @get("/v1/passport", access=PUBLISHED, summary="The passport of a lot or item that its owner has published")
    async def passport(self, ledger: Ledger, lot: OneLot = None, item: OneItem = None) -> PassportAnswer:
        """GS1 Digital Links of any domain count as links of id.gs1.org. The answer is the same 404 for unknown,
        unpublished and no longer published things."""
        name = lot or item
        if name is None or (lot and item):
            raise InvalidInput("name either a lot or an item", code="invalid-request", field="lot",
                               rule="one of the parameters lot and item")
        return await read_passport(ledger.pool, name, ledger.assessed)

    @get(["/01/{key:path}", "/8003/{key:path}", "/8004/{key:path}"], access=PUBLISHED,
         summary="The passport behind the path of a GS1 Digital Link")
    async def digital_link(self, ledger: Ledger, request: Request[object, object, State], key: str) -> PassportAnswer:
        """GTIN (`/01/GTIN/10/LOT`, `/01/GTIN/21/SERIAL`), GRAI (`/8003/`) and GIAI (`/8004/`)."""
        path: bytes = request.scope["raw_path"]
        link = canonical_link(CANONICAL + path.decode("ascii", "replace").partition("?")[0])
        if link is None:
            raise unpublished()
        return await read_passport(ledger.pool, link, ledger.assessed)
