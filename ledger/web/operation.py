"""Answers for operators and their tools: whether the process runs and can accept records, and the metrics."""

from typing import Any, Final

from litestar import Controller, Request, Response, get

from ledger.access.declared import OpenToAll, Selected
from ledger.errors import Unauthenticated
from ledger.service.ledger import Ledger
from ledger.service.status.own_state import check_ready
from ledger.web.authorization import caller_of
from ledger.web.door.answers import header
from ledger.web.door.callers import METRICS
from ledger.web.observation.metrics import Metrics
from ledger.web.resources import check_path

WORKING: Final = OpenToAll("whether the server works")
MEDIA_TYPES: Final = ("text/plain", "application/openmetrics-text")
"""Of the page, which `Accept` chooses."""


class HealthController(Controller):
    path = "/health"
    tags = ("health",)

    @get("/live", access=WORKING, summary="Whether the process answers")
    async def live(self) -> dict[str, str]:
        return {"status": "live"}

    @get("/ready", access=WORKING, summary="Whether the database answers and fits, and this replica may append")
    async def ready(self, ledger: Ledger) -> Response[dict[str, object]]:
        ready = await check_ready(ledger)
        # For a log with witnesses, `published` shows their delay relative to `size`.
        lag = {} if ready.published is None else {"published": ready.published}
        return Response({"status": "ready", "size": ready.head.size, "origin": ready.head.origin, **lag})


class MetricsController(Controller):
    path = METRICS
    tags = ("operation",)

    @get("/", access=Selected("amounts of work, for the operator: through the server's own socket, or by the token "
                              "of the metrics"),
         summary="Metrics of all processes at this port, for Prometheus", media_type=MEDIA_TYPES[0])
    async def metrics(self, request: Request[Any, Any, Any], metrics: Metrics) -> Response[bytes]:
        """Text, or OpenMetrics if the client accepts it. For whoever asks through the server's own socket, or with
        `Authorization: Bearer` and a token of the file in `CARBON_LEDGER_METRICS_TOKEN_FILE`; others get 401."""
        check_path(request, self.path)
        authorization = header(request.scope["headers"], b"authorization")
        if not (caller_of(request).operator or metrics.readers.admits(authorization)):
            raise Unauthenticated(
                "the metrics need the operator's token for them", code="metrics-token", field="Authorization",
                rule="Authorization: Bearer TOKEN, with a line of the file in CARBON_LEDGER_METRICS_TOKEN_FILE; or ask "
                     "through the Unix socket serve.sock in the home")
        page = await metrics.page(request.headers.get("Accept", ""))
        return Response(page.content, media_type=page.media_type, headers={"Cache-Control": "no-store"})
