"""A disk that fills up under a server: run as a program, in a mount namespace of its own where that is allowed.

    python -m support.small_disk FOLDER tmpfs|limit [stopped]

`tmpfs`: FOLDER is a small file system, which a filler leaves hardly any room on; it is taken away again while the
server runs. `limit`: no file may grow beyond a size, which PostgreSQL takes for a full disk; the server is started
again without it. Ends with 0 where everything that was acknowledged is on the log, once.

`stopped`: PostgreSQL is killed too, and cannot start again while the disk is full. For `limit` a folder in place of its
settings stands for that. Meanwhile the operator asks `doctor` and `status`, and runs the runbook.
"""

import asyncio
import contextlib
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import httpx

from ledger.core.receipts.receipt import Receipt
from ledger.service.doctor.diagnose import diagnose
from ledger.service.settings import Settings
from ledger.service.status.gather import gather
from ledger.store.embedded.layout import Layout
from ledger.store.embedded.pidfile import running_postmaster
from support.load import Load, Promise, check_promises, post, wait_for
from support.server import TESTS, Server, environment
from support.waiting import until
from support.witness import Witness
from support.workshop import Workshop, workshop

MEGABYTES: Final = 220
_LIMIT: Final = 24 << 20
_ROOM: Final = 3 << 20
_LOTS: Final = 900
_MOST: Final = 150
RUNBOOK: Final = TESTS.parent / "charts" / "carbon-ledger" / "runbooks" / "full-disk.sh"
RUN: Final = f"env PATH={Path(sys.executable).parent}:{os.environ['PATH']}"
"""Runs `carbon-ledger` of this environment."""
SECONDS: Final = 5.0


def small_disk(folder: Path, megabytes: int) -> list[str]:
    """The beginning of a command that runs the rest of it with a small file system at `folder`, in a mount namespace of
    its own: by root, or by an ordinary user where the host lets users have namespaces. Empty where it lets neither."""
    mount = f'mount -t tmpfs -o size={megabytes}m,mode=0711 none "$0" && '
    if os.getuid() == 0:
        prefix = ["unshare", "-m", "sh", "-c", mount + 'exec "$@"', str(folder)]
    else:
        # Root of a namespace of its own for the mount, and then the same user again: PostgreSQL refuses root.
        again = f'exec unshare -U --map-user={os.getuid()} --map-group={os.getgid()} "$@"'
        prefix = ["unshare", "-Urm", "sh", "-c", mount + again, str(folder)]
    allowed = subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
    return prefix if allowed else []


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


def fill(filler: Path) -> None:
    """Takes the last byte."""
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1 << 16))


def stopped(folder: Path, way: str, stack: ExitStack) -> None:
    home, filler = folder / "home", folder / "filler"
    server = stack.enter_context(Server(home))
    witness = Witness(server.vkey)
    before = witness.look(server.url).size
    load = Load(server, "going-on", lambda: server.url)
    load.start()
    wait_for([load], 2)
    obstacle = Layout.at(home).settings
    if way == "tmpfs":
        fill(filler)
    else:
        obstacle.unlink()
        obstacle.mkdir()
    postmaster = running_postmaster(Layout.at(home).data)
    assert postmaster is not None
    os.kill(postmaster.pid, signal.SIGKILL)
    runbook = stack.enter_context(subprocess.Popen(
        ["/bin/sh", str(RUNBOOK)], env={**environment(home), "RUN": RUN, "WAIT": "300", "TMPDIR": str(folder.parent)}))
    ask(home)
    assert runbook.poll() is None, "it waits for the database"
    if way == "tmpfs":
        filler.unlink()
    else:
        obstacle.rmdir()
    assert runbook.wait(300) == 0
    wait_for([load], 2)
    load.finish()
    check_promises(server, [load], witness, before)
    log = server.log()
    assert (log.count("database down: "), log.count("database up, after ")) == (1, 1), log
    assert "Traceback" not in log, log
    findings = {one.check: one for one in asyncio.run(diagnose(Settings(home=home), {}))}
    assert findings["server"].level == "ok", findings
    print(f"{len(load.promises)} records are on the log", flush=True)


def ask(home: Path) -> None:
    """What `doctor` and `status` say within five seconds, not counting the start of a process."""
    settings = Settings(home=home)
    began = time.monotonic()
    findings = {one.check: one for one in asyncio.run(diagnose(settings, {}))}
    assert findings["server"].level == "error", findings
    assert "database-down" in findings["server"].message, findings
    middle = time.monotonic()
    answer = asyncio.run(gather(settings, print))
    state = answer.servers[0].state
    assert state is not None
    assert state.unready is not None
    took = middle - began, time.monotonic() - middle
    assert max(took) < SECONDS, took


if __name__ == "__main__":
    with ExitStack() as opened:
        (stopped if sys.argv[3:] == ["stopped"] else run)(Path(sys.argv[1]), sys.argv[2], opened)
