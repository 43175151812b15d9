"""The transparency log as C2SP tlog-tiles serves it: checkpoint, tiles, entry bundles."""

from litestar import Controller, Response, get

from ledger.service.ledger import Ledger
from ledger.service.queries import read_checkpoint, read_log_path

_IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}
_CHANGING = {"Cache-Control": "no-cache"}


class LogController(Controller):
    path = "/log"
    tags = ("log",)

    @get("/checkpoint", summary="The newest signed checkpoint")
    async def checkpoint(self, ledger: Ledger) -> Response[str]:
        text = await read_checkpoint(ledger.pool, ledger.heads)
        return Response(text, media_type="text/plain", headers=_CHANGING)

    @get("/tile/{path:path}", summary="A tile or entry bundle, full or partial")
    async def tile(self, path: str, ledger: Ledger) -> Response[bytes]:
        data, _ = await read_log_path(ledger.pool, "tile/" + path.removeprefix("/"))
        # A partial tile of some width never changes either: its hashes are those of entries already signed.
        return Response(data, media_type="application/octet-stream", headers=_IMMUTABLE)

    @get("/vkey", summary="The log's verifier key")
    async def vkey(self, ledger: Ledger) -> Response[str]:
        return Response(ledger.identity.vkey + "\n", media_type="text/plain", headers=_CHANGING)
