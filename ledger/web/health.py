"""Whether the process lives, and whether it can take records."""

from litestar import Controller, Response, get

from ledger.service.ledger import Ledger


class HealthController(Controller):
    path = "/health"
    tags = ("health",)

    @get("/live", summary="The process answers")
    async def live(self) -> dict[str, str]:
        return {"status": "live"}

    @get("/ready", summary="The database answers, and this replica signs and appends")
    async def ready(self, ledger: Ledger) -> Response[dict[str, object]]:
        async with ledger.pool.acquire() as connection:
            head = await ledger.heads.newest(connection)
            published = await ledger.publication.limit(connection)
        ledger.keeper.require_right()
        # Of a log with witnesses: how far behind they are shows here.
        lag = {} if published is None else {"published": published}
        return Response({"status": "ready", "size": head.size, "origin": head.origin, **lag})
