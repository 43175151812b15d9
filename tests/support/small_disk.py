"""A disk that fills up under a server: run as a program, in a mount namespace of its own where that is allowed.

    python -m support.small_disk FOLDER tmpfs|limit

`tmpfs`: FOLDER is a small file system, which a filler leaves hardly any room on; it is taken away again while the
server runs. `limit`: no file may grow beyond a size, which PostgreSQL takes for a full disk; the server is started
again without it. Ends with 0 where everything that was acknowledged is on the log, once.
"""

import os
import resource
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import httpx

from ledger.core.receipts.receipt import Receipt
from support.load import Load, Promise, check_promises, post, wait_for
from support.server import Server
from support.waiting import until
from support.witness import Witness
from support.workshop import Workshop, workshop

MEGABYTES: Final = 220
_LIMIT: Final = 24 << 20
_ROOM: Final = 3 << 20
_LOTS: Final = 900
_MOST: Final = 150


def filled(server: Server, shop: Workshop) -> tuple[list[Promise], list[bytes]]:
    """Posts large records until one is not answered: what was promised, and that one."""
    promised: list[Promise] = []
    for i in range(_MOST):
        envelopes = server.envelopes([shop.make({f"lot-{i}-{j}": "1" for j in range(_LOTS)}, ore=str(_LOTS))])
        try:
            promised += receipts(envelopes, post(server.url, envelopes))
        except httpx.HTTPError as error:
            print(f"full after {len(promised)} large records: {error}", flush=True)
            return promised, envelopes
    raise AssertionError("the disk did not fill")


def receipts(envelopes: Sequence[bytes], answers: Sequence[Receipt | dict[str, object]]) -> list[Promise]:
    return [
        Promise(envelope, answer) for envelope, answer in zip(envelopes, answers, strict=True)
        if isinstance(answer, Receipt)
    ]


def run(folder: Path, way: str, stack: ExitStack) -> None:
    home, filler = folder / "home", folder / "filler"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    if way == "limit":
        resource.setrlimit(resource.RLIMIT_FSIZE, (_LIMIT, hard))
    server = stack.enter_context(Server(home))
    shop = workshop(server, "works")
    witness = Witness(server.vkey)
    before = witness.look(server.url).size
    current = [server]
    load = Load(server, "going-on", lambda: current[0].url)
    load.start()
    wait_for([load], 2)
    if way == "tmpfs":
        free = os.statvfs(folder)
        with filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_bsize - _ROOM)
    promised, waiting = filled(server, shop)
    assert httpx.get(f"{server.url}/health/live", timeout=60).status_code == 200
    if way == "tmpfs":
        filler.unlink()
    else:
        server.stop()
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        current[0] = stack.enter_context(Server(home))

    def answered() -> bool:
        try:
            promised.extend(receipts(waiting, post(current[0].url, waiting)))
        except httpx.HTTPError:
            return False
        return True

    until(answered, "nobody answers the records that waited for room")
    wait_for([load], 2)
    load.finish()
    check_promises(current[0], [load], witness, before, promised)
    assert current[0].stop() == 0
    print(f"{len(promised)} large records and {len(load.promises)} small ones are on the log", flush=True)


if __name__ == "__main__":
    with ExitStack() as opened:
        run(Path(sys.argv[1]), sys.argv[2], opened)
