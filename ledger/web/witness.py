"""A witness over HTTP after C2SP tlog-witness: `add-checkpoint` and the newest cosigned checkpoint. No other route."""

from typing import Any

from litestar import Litestar, Request, Response, get, post

from ledger.client.witness.witness import MAX_REQUEST, WitnessAnswer, WitnessService


def create_witness_app(witness: WitnessService, prefix: str = "") -> Litestar:
    """The ASGI application below the path `prefix`, which is empty or begins with a slash."""

    @post(f"{prefix}/add-checkpoint", status_code=200)
    async def add_checkpoint(request: Request[Any, Any, Any]) -> Response[str]:
        return _response(await witness.add_checkpoint(await request.body()))

    @get(f"{prefix}/{{log:str}}/checkpoint")
    async def checkpoint(log: str) -> Response[str]:
        note = witness.newest(log)
        if note is None:
            return _response(WitnessAnswer(404, "this witness has not cosigned a checkpoint of this log\n"))
        return _response(WitnessAnswer(200, note))

    return Litestar(
        [add_checkpoint, checkpoint], request_max_body_size=MAX_REQUEST, openapi_config=None, logging_config=None,
        debug=False,
    )


def _response(answer: WitnessAnswer) -> Response[str]:
    # As a header, since the framework adds a charset to the media type of a text; clients compare the whole value.
    headers = {"Cache-Control": "no-store", "Content-Type": answer.content_type}
    return Response(answer.content, status_code=answer.status, headers=headers)
