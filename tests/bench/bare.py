"""The peer of reads: a bare Litestar handler on the server that the ledger runs on."""

import asyncio
import sys

from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar, get

ANSWER = {"footprint": 1.0, "title": "footprint", "burdens": {"fossilGhgEmissions": 1.0, "absGhg": 1.0}}


@get("/", sync_to_thread=False)
def bare() -> dict[str, object]:
    return ANSWER


async def _serve(port: int) -> None:
    app = Litestar([bare], openapi_config=None)
    server = Server(
        app, address="127.0.0.1", port=port, interface=Interfaces.ASGINL, log_enabled=False, backlog=1024,
        websockets=False,
    )
    await server.serve()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
