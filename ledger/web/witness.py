"""A witness over HTTP: `add-checkpoint`, and what was cosigned last, as C2SP tlog-witness has them. No other route."""

from typing import Any

from litestar import Litestar, Request, Response, get, post
from litestar.config.app import AppConfig

from ledger.client.witness.witness import MAX_REQUEST, WitnessAnswer, WitnessService


def create_witness_app(witness: WitnessService, prefix: str = "") -> Litestar:
    """The ASGI application below the path `prefix`, which begins with a slash where it is not empty."""

    @post(f"{prefix}/add-checkpoint", status_code=200)
    async def add_checkpoint(request: Request[Any, Any, Any]) -> Response[str]:
        return _response(await witness.add_checkpoint(await request.body()))

    @get(f"{prefix}/{{log:str}}/checkpoint")
    async def checkpoint(log: str) -> Response[str]:
        note = witness.newest(log)
        found = WitnessAnswer(404, "nothing was cosigned for this log\n") if note is None else WitnessAnswer(200, note)
        return _response(found)

    return Litestar(
        [add_checkpoint, checkpoint], request_max_body_size=MAX_REQUEST, openapi_config=None, on_app_init=[_quiet],
        debug=False,
    )


def _response(answer: WitnessAnswer) -> Response[str]:
    # As a header, since the framework adds a charset to what it takes for a text; clients compare the whole value.
    headers = {"Cache-Control": "no-store", "Content-Type": answer.content_type}
    return Response(answer.content, status_code=answer.status, headers=headers)


def _quiet(config: AppConfig) -> AppConfig:
    """Logging stays as the process has set it up."""
    config.logging_config = None
    return config
