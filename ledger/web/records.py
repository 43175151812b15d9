"""Posting records, and asking for them."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, MediaType, Request, Response, get, post
from litestar.params import Parameter

from ledger.core.receipts.acknowledgement import Acknowledgement
from ledger.core.receipts.receipt import Receipt
from ledger.errors import InvalidInput, Unavailable
from ledger.service.heads.publication import MAX_WAIT_SECONDS
from ledger.service.ledger import Ledger
from ledger.service.posting.submit import SubmitResult
from ledger.service.queries.answers import RecordAnswer
from ledger.service.queries.records import digest_from, read_record
from ledger.web.door.bodies import NDJSON
from ledger.web.problems import error_response, problem_of

MAX_LINES = 20_000
_encode = msgspec.json.Encoder().encode
Wait = Annotated[float, Parameter(
    ge=0, le=MAX_WAIT_SECONDS, description="seconds to wait for the witnesses of the log")]


class RecordsController(Controller):
    path = "/v1/records"
    tags = ("records",)

    @post("/", status_code=200, summary="Post one signed record, or many as NDJSON", media_type=MediaType.JSON)
    async def submit(
        self, request: Request[Any, Any, Any], ledger: Ledger, wait: Wait = 0,
    ) -> Response[bytes]:
        """JSON: an envelope in, a receipt (201 new, 200 known) or a problem out. NDJSON (`application/x-ndjson`): an
        envelope a line in, a receipt or a problem a line out, in the same order, at most 20,000 lines. A log with
        witnesses acknowledges in the place of a receipt, unless they sign within `wait`."""
        if request.content_type[0] in NDJSON:
            return await _many(ledger, await _lines(request), wait)
        (result,) = await _proved(ledger, await ledger.submitter.submit([await request.body()]), wait)
        if result.error is not None:
            return error_response(result.error)
        return Response(_line(result), status_code=201 if result.created else 200, media_type=MediaType.JSON)

    @get("/{digest:str}", summary="A record by its digest, with its entry and outcome")
    async def record(self, digest: str, ledger: Ledger) -> RecordAnswer:
        return await read_record(ledger.pool, digest)

    @get("/{digest:str}/proof", summary="The receipt of a record: the same whenever it is asked for")
    async def proof(
        self, digest: Annotated[str, Parameter(description="hex SHA-256 of the record's body")], ledger: Ledger,
        revised: Annotated[int | None, Parameter(
            ge=0, description="of a record that revises others: the index of the one to show")] = None,
        size: Annotated[int | None, Parameter(
            ge=1, description="of a checkpoint that the log has shown: proved in that tree, with the signatures that "
                              "it has by now")] = None,
        wait: Wait = 0,
    ) -> Receipt:
        """In the first public tree that holds it, or in the one of `size`. Of a log with witnesses: 503 with code
        `not-published-yet` while they have not signed."""
        ledger.heads.require_signing()
        found = digest_from(digest)
        if wait:
            await ledger.receipts.wait([found], wait)
        if revised is not None:
            return await ledger.receipts.read_revised(found, revised, size)
        return (await ledger.receipts.read([found], size))[found]


async def _lines(request: Request[Any, Any, Any]) -> list[bytes]:
    """The lines of a body, whose pieces go as they are read: it is never there twice. Raises InvalidInput."""
    lines: list[bytes] = []
    begun: list[bytes] = []
    async for piece in request.stream():
        first, *others = piece.split(b"\n")
        begun.append(first)
        for line in others:
            lines.append(b"".join(begun))
            begun = [line]
    if any(begun):
        lines.append(b"".join(begun))
    if len(lines) > MAX_LINES:
        raise InvalidInput(f"{len(lines)} lines in one request", code="too-many-lines", value=len(lines),
                           rule=f"at most {MAX_LINES} lines; send the rest in further requests")
    return lines


async def _many(ledger: Ledger, lines: list[bytes], wait: float) -> Response[bytes]:
    results = await _proved(ledger, await ledger.submitter.submit(lines), wait)
    return Response(b"".join([_line(result) + b"\n" for result in results]), status_code=200, media_type=NDJSON[0])


async def _proved(ledger: Ledger, results: list[SubmitResult], wait: float) -> list[SubmitResult]:
    """The results with receipts in the place of acknowledgements, where the witnesses sign in time."""
    promised = [
        bytes.fromhex(one.receipt.digest) for one in results if wait and isinstance(one.receipt, Acknowledgement)
    ]
    if not promised:
        return results
    try:
        await ledger.receipts.wait(promised, wait)
        receipts = await ledger.receipts.read(promised)
    except Unavailable:
        # What is acknowledged stays so; the proof may be asked for later.
        return results
    return [
        one._replace(receipt=receipts[bytes.fromhex(one.receipt.digest)])
        if isinstance(one.receipt, Acknowledgement) else one
        for one in results
    ]


def _line(result: SubmitResult) -> bytes:
    return _encode(result.receipt if result.error is None else problem_of(result.error))


