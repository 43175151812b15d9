"""Routes to post records, and to read them with their receipts."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, MediaType, Request, Response, get, post
from litestar.params import Parameter

from ledger.access.caller import NOBODY
from ledger.access.declared import OfRecord, OpenToAll
from ledger.access.policy import Level
from ledger.access.rights import OPEN, Rights
from ledger.answers.problems import problem_of
from ledger.answers.stored import RecordAnswer
from ledger.core.receipts.acknowledgement import Acknowledgement
from ledger.core.receipts.receipt import Receipt
from ledger.errors import InvalidInput, LedgerError, Unauthenticated, Unavailable
from ledger.service.access.leaves import LeafSight, is_plain, leaf_sight, posted_sights
from ledger.service.access.note_checks import note_checks
from ledger.service.access.show_records import show_record
from ledger.service.access.sight import Sight
from ledger.service.heads.publication import MAX_WAIT_SECONDS
from ledger.service.ledger import Ledger
from ledger.service.posting.checking.check import CheckResult
from ledger.service.posting.receipts import unrevised
from ledger.service.posting.submit import SubmitResult
from ledger.service.queries.records import digest_from, read_record
from ledger.web.authorization import caller_of, require_scope, rights_now, sight_again
from ledger.web.door.bodies import NDJSON, is_lines
from ledger.web.door.clients import client_of
from ledger.web.door.posts import PostQueue
from ledger.web.observation.note import trace_of
from ledger.web.problems import error_response

MAX_LINES = 20_000
_encode = msgspec.json.Encoder().encode
Wait = Annotated[float, Parameter(
    ge=0, le=MAX_WAIT_SECONDS, description="the most seconds to wait for the log's witnesses")]


class RecordsController(Controller):
    path = "/v1/records"
    tags = ("records",)

    @post("/", status_code=200, access=OpenToAll("the signature of a record is its identity"),
          summary="Post one signed record, or many as NDJSON", media_type=MediaType.JSON)
    async def submit(
        self, request: Request[Any, Any, Any], ledger: Ledger, wait: Wait = 0,
    ) -> Response[bytes]:
        """JSON: the body is an envelope, the answer a receipt (201: new, 200: already on the ledger) or a problem.

        NDJSON (`application/x-ndjson`): each line of the body is an envelope, and the answer has a receipt or a problem
        on each line, in the same order; at most 20,000 lines. A log with witnesses answers with an acknowledgement
        instead of a receipt, unless they sign within `wait` seconds. No token is needed; one without the scope `post`
        gets 403.
        """
        caller = caller_of(request)
        if caller.client is not None:
            require_scope(caller, "post", "a token with the scope post, such as of a ledger key; or no token at all")
        # Before any record is looked at: a database that has lost entries would refuse records that are right.
        ledger.heads.require_signing()
        trace = trace_of(request.scope)
        many = is_lines(request.scope["headers"])
        queue: PostQueue = request.app.state.posts
        async with queue.taken(client_of(request.scope), request.scope["headers"]):
            bodies = await _lines(request) if many else [await request.body()]
            results = await ledger.submitter.submit(bodies, trace)
        results = await _shown(ledger, request, await _proved(ledger, results, wait))
        if many:
            lines = b"".join([_line(result) + b"\n" for result in results])
            return Response(lines, status_code=200, media_type=NDJSON[0])
        (result,) = results
        if result.error is not None:
            return error_response(result.error)
        return Response(_line(result), status_code=201 if result.created else 200, media_type=MediaType.JSON)

    @post("/check", status_code=200, access=OpenToAll("the signature of a record is its identity"),
          summary="Check signed records: everything but the append",
          media_type=MediaType.JSON)
    async def check(self, request: Request[Any, Any, Any], ledger: Ledger) -> Response[bytes]:
        """Takes the same bodies as `POST /v1/records`, with the same limits and quotas, and writes nothing.

        The answer to each envelope is the effect that it would have if it was posted now, with figures, omissions and
        findings; or the problem with which it would be refused. Later envelopes may take lots that earlier ones make.
        """
        ledger.heads.require_signing()
        many = is_lines(request.scope["headers"])
        queue: PostQueue = request.app.state.checks
        async with queue.taken(client_of(request.scope), request.scope["headers"]):
            bodies = await _lines(request) if many else [await request.body()]
            results = await ledger.submitter.check(bodies, trace_of(request.scope))
        await note_checks(ledger.pool, ledger.gate, ledger.accesses, request.scope["path_template"],
                          list(zip(bodies, results, strict=True)))
        if many:
            return Response(b"".join([_checked(one) + b"\n" for one in results]), media_type=NDJSON[0])
        (result,) = results
        return error_response(result) if isinstance(result, LedgerError) else Response(
            _checked(result), media_type=MediaType.JSON)

    @get("/{digest:str}", access=OfRecord(), summary="A record by its digest, with its entry and outcome")
    async def record(self, digest: str, ledger: Ledger, sight: Sight) -> RecordAnswer:
        """A party that did not issue the record gets its body, and the leaves of its own lots. The owner of goods that
        another organisation worked on gets these goods and leaves, without the body."""
        answer = await read_record(ledger.pool, digest)
        return await show_record(
            ledger.pool, sight.rights, answer, await _leaf_sight(ledger, sight, digest_from(digest)))

    @get("/{digest:str}/proof", access=OfRecord(), summary="The receipt of a record, the same at every request")
    async def proof(
        self, request: Request[Any, Any, Any],
        digest: Annotated[str, Parameter(description="hex SHA-256 of the record's body")], ledger: Ledger, sight: Sight,
        revised: Annotated[int | None, Parameter(
            ge=0, description="for a record that revises others: the log index of the revised record")] = None,
        size: Annotated[int | None, Parameter(
            ge=1, description="size of a published checkpoint: the receipt proves inclusion in that tree, with the "
                              "checkpoint's current signatures")] = None,
        wait: Wait = 0,
    ) -> Receipt:
        """The receipt proves inclusion in the first public tree that has the record, or in the tree of `size`. A log
        with witnesses answers 503 with code `not-published-yet` until they have signed. The leaves are those that the
        caller may see, each with its path."""
        ledger.heads.require_signing()
        record_digest = digest_from(digest)
        if wait:
            await ledger.receipts.wait([record_digest], wait)
            sight = await sight_again(ledger, request)
        seen = await _leaf_sight(ledger, sight, record_digest, revised)
        if revised is not None:
            receipt = await ledger.receipts.read_revised(record_digest, revised, size)
            if not any(leaf.index for leaf in seen.of(receipt.leaves)):
                raise unrevised(record_digest, revised)
            return seen.receipt(receipt)
        return seen.receipt((await ledger.receipts.read([record_digest], size))[record_digest])


async def _leaf_sight(ledger: Ledger, sight: Sight, digest: bytes, revised: int | None = None) -> LeafSight:
    return await leaf_sight(
        ledger.pool, sight.rights, digest, full=sight.level == Level.FULL, revised=revised)


async def _shown(
    ledger: Ledger, request: Request[Any, Any, Any], results: list[SubmitResult]
) -> list[SubmitResult]:
    """The results with the leaves that the caller may see: the parties to a record can post it again, and a revision
    has leaves of records of others."""
    # A record may be on several lines of a request. It is new if one of them has entered it.
    new = {one.receipt.digest for one in results if one.receipt is not None and one.created}
    named = {bytes.fromhex(one.receipt.digest): one.receipt.digest in new for one in results
             if one.receipt is not None and not (one.receipt.digest in new and is_plain(one.receipt))}
    if not named:
        return results
    try:
        rights = await rights_now(ledger, request)
    except Unauthenticated:
        # The token has ended while the records waited for their places or for witnesses. They are on the log.
        rights = OPEN if ledger.gate.is_open else Rights(NOBODY)
    sights = await posted_sights(ledger.pool, rights, named)
    shown = []
    for result in results:
        seen = None if result.receipt is None else sights.get(bytes.fromhex(result.receipt.digest))
        if result.receipt is None or seen is None:
            shown.append(result)
        else:
            shown.append(result._replace(receipt=seen.receipt(result.receipt)))
    return shown


async def _lines(request: Request[Any, Any, Any]) -> list[bytes]:
    """The lines of a body. Each piece of the body is freed after it is read, so memory never holds the body twice.
    Raises InvalidInput for too many lines."""
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
        raise InvalidInput(f"the request has {len(lines)} lines, which is too many", code="too-many-lines",
                           value=len(lines), rule=f"at most {MAX_LINES} lines; send the rest in further requests")
    return lines


async def _proved(ledger: Ledger, results: list[SubmitResult], wait: float) -> list[SubmitResult]:
    """The results with receipts instead of acknowledgements, if the witnesses sign in time."""
    promised = [
        bytes.fromhex(one.receipt.digest) for one in results if wait and isinstance(one.receipt, Acknowledgement)
    ]
    if not promised:
        return results
    try:
        await ledger.receipts.wait(promised, wait)
        receipts = await ledger.receipts.read(promised)
    except Unavailable:
        # The acknowledgements remain valid; the client can request the receipts later.
        return results
    return [
        one._replace(receipt=receipts[bytes.fromhex(one.receipt.digest)])
        if isinstance(one.receipt, Acknowledgement) else one
        for one in results
    ]


def _line(result: SubmitResult) -> bytes:
    return _encode(result.receipt if result.error is None else problem_of(result.error))


def _checked(result: CheckResult) -> bytes:
    return _encode(problem_of(result) if isinstance(result, LedgerError) else result)
