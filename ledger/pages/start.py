"""The first page, the search, and the stylesheet."""

from typing import Annotated, Final

from litestar import Controller, Response, get
from litestar.params import Parameter
from litestar.response import Redirect
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from ledger.access.declared import OfThing, OpenToAll, Selected
from ledger.errors import NotFound
from ledger.pages.logs import read_log_state
from ledger.pages.names import names_of
from ledger.pages.reading import listed
from ledger.pages.site import HANDLERS, HEADERS, AnyRequest, icon, page, paths, style, style_digest, visit_of
from ledger.pages.titles import title_in
from ledger.pages.words import LANGUAGES, PageWords
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger
from ledger.service.queries.lists.show import read_shown
from ledger.service.queries.newest import read_newest_lots
from ledger.web.resources import IMMUTABLE, resource

NEWEST: Final = 8
VISIBLE: Final = Selected("the newest lots that the caller may see; the size of the log")
Name = Annotated[str, Parameter(description="an id, or the digest or log index of a record", max_length=255)]


class StartController(Controller):
    include_in_schema = False
    exception_handlers = HANDLERS

    @get("/", access=OpenToAll("a redirect to the page in the language of the browser"), sync_to_thread=False)
    def root(self, request: AnyRequest) -> Redirect:
        wanted = parse_accept_header(request.headers.get("Accept-Language", ""), LanguageAccept)
        language = wanted.best_match(LANGUAGES, default=LANGUAGES[0])
        return Redirect(f"/{language}/", status_code=303, headers={
            **HEADERS, "Vary": "Accept-Language", "Cache-Control": "no-cache"})

    @get(paths(""), access=VISIBLE, media_type="text/html")
    async def start(self, request: AnyRequest, ledger: Ledger, sight: Sight) -> Response[str]:
        state = await read_log_state(ledger)
        lots = await listed(ledger, sight, await read_newest_lots(ledger.pool, sight, state.size, NEWEST))
        visit = visit_of(request, ledger, state.size, sight.rights.caller.organization)
        words = PageWords(visit.language)
        names = await names_of(ledger, sight, words, [one for lot in lots for one in (lot.product, lot.holder)])
        return page(
            "start.html", visit, state=state, lots=lots, names=names, title_of=lambda title: title_in(words, title),
            signed_in=sight.rights.caller.organization)

    @get(paths("find"), access=OfThing(), media_type="text/html")
    async def find(self, request: AnyRequest, ledger: Ledger, sight: Sight, name: Name) -> Redirect:
        """Leads to the page of the thing that has this name. Raises NotFound if the visitor sees no such thing."""
        shown = await read_shown(ledger.pool, name.strip(), None, sight)
        visit = visit_of(request, ledger)
        if shown.lot is not None:
            return _to(visit.to("lot", lot=shown.lot.lot))
        if shown.kind == "product" and sight.of_own(shown.entered.issuer):
            return _to(visit.to("product", product=shown.id))
        if shown.kind == "organization":
            return _to(visit.to("organization", id=shown.id))
        if shown.kind == "pool":
            raise NotFound(f"{name!r} is a pool, which has no page", field="name", value=name,
                           rule="the name of a lot that was drawn from it")
        return _to(visit.to(f"record/{shown.entered.record}"))

    @get(paths("{rest:path}"), access=OpenToAll("no data: there is no such page"), sync_to_thread=False)
    def nowhere(self, rest: str) -> None:
        raise NotFound("the server has no such page", field="path", value=rest)

    @get("/style/{name:str}", access=OpenToAll("the stylesheet"), sync_to_thread=False)
    def stylesheet(self, request: AnyRequest, name: str) -> Response[bytes]:
        if name != f"{style_digest()}.css":
            raise NotFound("no such stylesheet", field="path", value=request.url.path)
        return resource(request, style(), "text/css", IMMUTABLE, compressible=True)

    @get("/icon.svg", access=OpenToAll("the icon"), sync_to_thread=False)
    def icon(self, request: AnyRequest) -> Response[bytes]:
        return resource(request, icon(), "image/svg+xml", IMMUTABLE)


def _to(address: str) -> Redirect:
    return Redirect(address, status_code=303, headers=dict(HEADERS))
