"""Servers with the planted sector of hazards, records of it, and a look at the worker processes."""

from pathlib import Path
from typing import Any, Final

import msgspec
import psutil
from hazards.sector import ACT, Acting, hazards
from msgspec import Raw

from ledger.engine.sectors import Installed, Registry
from ledger.registry.digests import digest_of
from support.server import TESTS, Posted, Server
from support.witness import registry
from support.workshop import Workshop

INSTALLED: Final = TESTS / "hazards" / "installed"
LIMIT: Final = "1"
"""Seconds for a record. One that works needs a millisecond."""


def server_of_hazards(home: Path, seconds: str = LIMIT, workers: str = "2") -> Server:
    return Server(home, installed=[INSTALLED], CARBON_LEDGER_ASSESS_SECONDS=seconds, CARBON_LEDGER_WORKERS=workers)


def known() -> Registry:
    """For an audit in this process: hazards that are on the log are those that did not act."""
    found = Installed(hazards(), digest_of("hazards"), "hazards")
    return Registry([*registry().sectors.values(), found])


def act(shop: Workshop, lot: str, how: str = "works", process: str = ACT, note: str = "", **fields: Any) -> Posted:
    """A record that makes 1 kg of ore into the lot, and does `how` while it is assessed."""
    party, record = shop.make({lot: "1"}, ore="1")
    activity = Raw(msgspec.json.encode(Acting(how=how, note=note)))
    return party, msgspec.structs.replace(record, **{"process": process, "activity": activity, **fields})


def workers_of(server: Server) -> list[psutil.Process]:
    """The worker processes that run now."""
    found = []
    for process in psutil.Process(server.process.pid).children():
        try:
            if "ledger.registry.workers.child" in process.cmdline():
                found.append(process)
        except psutil.Error:
            continue
    return found


def gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has waited for has."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
