"""Health checks: whether the process runs, and whether it can accept records."""

from typing import Final

from litestar import Controller, Response, get

from ledger.access.declared import OpenToAll
from ledger.service.ledger import Ledger

WORKING: Final = OpenToAll("whether the server works")


class HealthController(Controller):
    path = "/health"
    tags = ("health",)

    @get("/live", access=WORKING, summary="Whether the process answers")
    async def live(self) -> dict[str, str]:
        return {"status": "live"}

    @get("/ready", access=WORKING, summary="Whether the database answers and this replica may sign and append")
    async def ready(self, ledger: Ledger) -> Response[dict[str, object]]:
        async with ledger.pool.acquire() as connection:
            head = await ledger.heads.newest(connection)
            published = await ledger.publication.limit(connection)
        ledger.keeper.require_right()
        # For a log with witnesses, `published` shows their delay relative to `size`.
        lag = {} if published is None else {"published": published}
        return Response({"status": "ready", "size": head.size, "origin": head.origin, **lag})
