"""The route of the metrics."""

from typing import Any, Final

from litestar import Controller, Request, Response, get

from ledger.access.declared import Selected
from ledger.web.access import caller_of
from ledger.web.door.clients import client_of, passed_on
from ledger.web.observation.metrics import Metrics
from ledger.web.problems import problem_response, refused_request
from ledger.web.resources import check_path

READERS: Final = "metrics-readers"
MEDIA_TYPES: Final = ("text/plain", "application/openmetrics-text")
"""Of the page, which `Accept` chooses."""


class MetricsController(Controller):
    path = "/metrics"
    tags = ("operation",)

    @get("/", access=Selected("amounts of work, for the networks that the operator names"),
         summary="Metrics of all processes at this port, for Prometheus", media_type=MEDIA_TYPES[0])
    async def metrics(self, request: Request[Any, Any, Any], metrics: Metrics) -> Response[bytes]:
        """Text, or OpenMetrics if the client accepts it. Only the networks of `CARBON_LEDGER_METRICS_READERS` may read
        it; others get 403."""
        # A proxy that keeps this path to itself may not know its other spellings.
        check_path(request, self.path)
        client = client_of(request.scope)
        is_reader = caller_of(request).operator or (not passed_on(request.scope) and metrics.may_read(client))
        if not is_reader:
            return problem_response(refused_request(
                403, READERS, f"the address {client} must not read the metrics", field="client", value=client,
                rule="an address in CARBON_LEDGER_METRICS_READERS (by default the server's own host), directly or "
                     "through a proxy in CARBON_LEDGER_PROXIES",
            ))
        page = await metrics.page(request.headers.get("Accept", ""))
        return Response(page.content, media_type=page.media_type, headers={"Cache-Control": "no-store"})
