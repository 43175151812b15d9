"""Whether the process lives, and whether it can take records."""

from litestar import Controller, Response, get

from ledger.service.ledger import Ledger
from ledger.store.sql import queries


class HealthController(Controller):
    path = "/health"
    tags = ("health",)

    @get("/live", summary="The process answers")
    async def live(self) -> dict[str, str]:
        return {"status": "live"}

    @get("/ready", summary="The database answers and this replica signs")
    async def ready(self, ledger: Ledger) -> Response[dict[str, object]]:
        ledger.sequencer.require_signing()
        size = await ledger.pool.fetchval(queries("log")["size"])
        return Response({"status": "ready", "size": size, "origin": ledger.identity.origin})
