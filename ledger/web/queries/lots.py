"""Queries for lots, restatements, organisations and plugins."""

from typing import Annotated, Any, Final

from litestar import Controller, Request, Response, get
from litestar.params import Parameter

from ledger.access.declared import OfLot, OfOrganization, OpenToAll
from ledger.admission.facts import LOT_SLOTS
from ledger.answers.stored import (
    ChangesAnswer,
    LotAnswer,
    OrganizationAnswer,
    PluginAnswer,
    PluginVersionAnswer,
)
from ledger.service.access.show_lots import show_lots
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger
from ledger.service.plugin_archives import given_sets, read_given, read_versions
from ledger.service.queries.records import read_lots, read_organizations, read_plugins
from ledger.service.queries.restatements.of_holder import ChangesPage, read_changes
from ledger.service.queries.tree_size import EVER
from ledger.web.resources import IMMUTABLE, NOT_MODIFIED, check_path, resource

ZIP: Final = "application/zip"
LotId = Annotated[str, Parameter(description="the id of a lot", min_length=1, max_length=255)]
OptionalId = Annotated[str | None, Parameter(max_length=255)]
At = Annotated[int | None, Parameter(description="the answer is as of this tree size; default: the newest")]


ENROLLED: Final = OpenToAll("records of public kinds")


class QueriesController(Controller):
    path = "/v1"
    tags = ("queries",)

    @get("/lots", access=OfLot(("lot", "item")), summary="A lot, or all lots in the life of an item")
    async def lots(
        self, ledger: Ledger, sight: Sight, lot: OptionalId = None, item: OptionalId = None, at: At = None
    ) -> list[LotAnswer]:
        """Of an item only the lots that the caller sees."""
        lots = await read_lots(ledger.pool, lot, item, at, None if sight.whole else sight.lots)
        return await ledger.resemblances.of_lots(await show_lots(ledger.pool, sight, lots, at))

    @get("/changes", access=OfOrganization(("holder",)),
         summary="Restatements of a holder's lots: the revising record, and the figures before and after")
    async def changes(
        self, ledger: Ledger, sight: Sight,
        holder: Annotated[str, Parameter(description="the id of an organisation", min_length=1, max_length=255)],
        since: Annotated[int, Parameter(description="log index of the first revising record", ge=0, le=EVER)] = 0,
        after: Annotated[
            int, Parameter(description="with `since`: `next` of a page", ge=-1, le=EVER * LOT_SLOTS)
        ] = -1,
        limit: Annotated[int, Parameter(ge=1, le=1000)] = 100,
    ) -> ChangesAnswer:
        return await read_changes(ledger.pool, holder, ChangesPage(since, after, limit), sight=sight)

    @get("/organizations", access=ENROLLED, summary="Organisations in log order, with their keys")
    async def organizations(
        self, ledger: Ledger, after: Annotated[int, Parameter(ge=-1, le=EVER)] = -1,
        limit: Annotated[int, Parameter(ge=1, le=1000)] = 100,
    ) -> list[OrganizationAnswer]:
        return await ledger.resemblances.of_organizations(await read_organizations(ledger.pool, after, limit))

    @get("/plugins", access=ENROLLED,
         summary="Sector plugins that are installed here, and the versions in force on the log")
    async def plugins(self, ledger: Ledger) -> list[PluginAnswer]:
        return await read_plugins(ledger.pool, ledger.registry)

    @get("/plugins/versions", access=ENROLLED, summary="All versions of plugins that the log has ever activated")
    async def plugin_versions(self, ledger: Ledger) -> list[PluginVersionAnswer]:
        return await read_versions(ledger.pool, given_sets(ledger.registry))

    @get("/plugins/{digest:str}/archive", access=ENROLLED,
         summary="The code of a sector's version, or the tables of a factor set's version, as a zip", media_type=ZIP,
         responses=NOT_MODIFIED)
    async def plugin_archive(self, request: Request[Any, Any, Any], digest: str, ledger: Ledger) -> Response[bytes]:
        """Exactly the files that the digest covers. Any client can check them against the log's activations. A factor
        set gives its tables only if it says that everybody may have them."""
        check_path(request, f"/v1/plugins/{digest}/archive")
        data = await read_given(ledger.pool, digest, given_sets(ledger.registry))
        return resource(request, data, ZIP, IMMUTABLE)
