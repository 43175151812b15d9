"""The peer of tiles: the file server of granian, on which the ledger runs as well, over an exported folder."""

import asyncio
import sys
from pathlib import Path

from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar


async def _serve(port: int, folder: Path) -> None:
    server = Server(
        Litestar([], openapi_config=None), address="127.0.0.1", port=port, interface=Interfaces.ASGINL,
        log_enabled=False, backlog=1024, websockets=False, static_path_route=["/log"], static_path_mount=[folder],
    )
    await server.serve()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), Path(sys.argv[2])))
