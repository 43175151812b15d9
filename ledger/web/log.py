"""The transparency log, served after C2SP tlog-tiles: checkpoint, tiles, entry bundles."""

from typing import Annotated, Any, Final

from litestar import Controller, Request, Response, get
from litestar.params import Parameter

from ledger.access.declared import OpenToAll
from ledger.answers.lists import AccessRootsAnswer
from ledger.core.log.key_rotation import rotations_of
from ledger.core.log.tiles import EntriesTile
from ledger.errors import NotFound
from ledger.service.access_log.closing import first_kept
from ledger.service.access_log.read import read_day_root, read_day_roots
from ledger.service.ledger import Ledger
from ledger.service.queries.records import read_checkpoint, read_log_path
from ledger.web.resources import CHANGING, IMMUTABLE, NOT_MODIFIED, check_path, resource

PUBLIC_LOG: Final = OpenToAll("the log is public")
_TEXT = "text/plain"  # the framework adds the charset, UTF-8
_BYTES = "application/octet-stream"
_JSON = "application/json"
_AnyRequest = Request[Any, Any, Any]


def answers_any_origin(response: Response[Any]) -> Response[Any]:
    """The answer, readable by pages of every site, which send no credentials for it."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


class LogController(Controller):
    path = "/log"
    tags = ("log",)

    @get("/checkpoint", access=PUBLIC_LOG, summary="The newest signed checkpoint", media_type=_TEXT,
         responses=NOT_MODIFIED)
    async def checkpoint(self, request: _AnyRequest, ledger: Ledger) -> Response[bytes]:
        check_path(request, "/log/checkpoint")
        text = await read_checkpoint(ledger.pool, ledger.publication)
        return resource(request, text.encode(), _TEXT, CHANGING)

    @get("/tile/{path:path}", access=PUBLIC_LOG, summary="A tile or entry bundle, full or partial", media_type=_BYTES,
         responses=NOT_MODIFIED)
    async def tile(self, request: _AnyRequest, path: str, ledger: Ledger) -> Response[bytes]:
        name = "tile/" + path.removeprefix("/")
        check_path(request, f"/log/{name}")
        tile, data = await read_log_path(ledger.pool, ledger.publication, name)
        # A partial tile of a given width never changes either, since it has the hashes of signed entries. Entries
        # compress well, since they repeat keys and times; hashes do not compress.
        return resource(request, data, _BYTES, IMMUTABLE, compressible=isinstance(tile, EntriesTile))

    @get("/vkey", access=PUBLIC_LOG, summary="The log's verifier key", media_type=_TEXT, responses=NOT_MODIFIED)
    async def vkey(self, request: _AnyRequest, ledger: Ledger) -> Response[bytes]:
        check_path(request, "/log/vkey")
        await _key_news(ledger)
        return resource(request, f"{ledger.heads.keyring.vkey}\n".encode(), _TEXT, CHANGING)

    @get("/keys", access=PUBLIC_LOG,
         summary="Rotations of the log's key: signed notes that lead from each key to the next",
         media_type=_JSON, responses=NOT_MODIFIED)
    async def keys(self, request: _AnyRequest, ledger: Ledger) -> Response[bytes]:
        check_path(request, "/log/keys")
        await _key_news(ledger)
        return resource(request, rotations_of(ledger.heads.keyring.keys), _JSON, CHANGING)

    @get("/policy", access=PUBLIC_LOG,
         summary="The policy of the log's witnesses; the log has its digest", media_type=_TEXT, responses=NOT_MODIFIED)
    async def policy(self, request: _AnyRequest, ledger: Ledger) -> Response[bytes]:
        check_path(request, "/log/policy")
        policy = ledger.publication.policy
        if policy is None or policy.quorum is None:
            raise NotFound("this log has no witnesses", field="path", value="/log/policy")
        return resource(request, policy.text, _TEXT, CHANGING)

    @get("/accesses", access=PUBLIC_LOG, summary="The signed roots of the access log, a note for each closed day")
    async def access_roots(
        self, request: _AnyRequest, ledger: Ledger,
        after: Annotated[str | None, Parameter(description="after this day (YYYY-MM-DD)", max_length=10)] = None,
    ) -> AccessRootsAnswer:
        check_path(request, "/log/accesses")
        return await read_day_roots(ledger.pool, ledger.identity.origin, after,
                                    first_kept(ledger.keeper(), ledger.settings.access_log_days))

    @get("/accesses/{day:str}", access=PUBLIC_LOG, summary="The signed root of a day of the access log",
         media_type=_TEXT, responses=NOT_MODIFIED)
    async def access_root(self, request: _AnyRequest, day: str, ledger: Ledger) -> Response[bytes]:
        check_path(request, f"/log/accesses/{day}")
        return resource(request, (await read_day_root(ledger.pool, day)).encode(), _TEXT, IMMUTABLE)


async def _key_news(ledger: Ledger) -> None:
    async with ledger.pool.acquire() as connection:
        await ledger.heads.follow(connection)
