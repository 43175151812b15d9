"""One who watches a log from outside and believes nothing: its own tree over the public entries, and the audit."""

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import httpx

from ledger.client.audit.options import AuditOptions
from ledger.client.audit.report import AuditReport
from ledger.client.audit.run import audit
from ledger.client.audit.source.http import http_source
from ledger.core.log.checkpoint import Checkpoint, open_checkpoint
from ledger.core.log.note import parse_vkey
from ledger.core.log.tiles import decode_entries, entries_path
from ledger.engine.sectors import Installed, Registry
from ledger.registry.digests import digest_of
from support.sectors import shipped, works
from support.server import Server

_WIDTH = 256


def roots_at(entries: Sequence[bytes], sizes: Iterable[int]) -> dict[int, bytes]:
    """RFC 6962 roots of the first so many entries, straight from the definition and apart from the ledger's code."""
    wanted = set(sizes)
    found = {0: hashlib.sha256(b"").digest()}
    complete: list[tuple[int, bytes]] = []
    for size, entry in enumerate(entries, start=1):
        height, node = 0, hashlib.sha256(b"\0" + entry).digest()
        while complete and complete[-1][0] == height:
            node = hashlib.sha256(b"\1" + complete.pop()[1] + node).digest()
            height += 1
        complete.append((height, node))
        if size in wanted:
            root = complete[-1][1]
            for _, left in reversed(complete[:-1]):
                root = hashlib.sha256(b"\1" + left + root).digest()
            found[size] = root
    return found


class Witness:
    """Remembers every checkpoint that it was shown, by whichever server; `check` says whether they are one history."""

    def __init__(self, vkey: str) -> None:
        self._verifier = parse_vkey(vkey)
        self.seen: dict[int, set[bytes]] = {}

    def look(self, url: str) -> Checkpoint:
        """The server's newest checkpoint, remembered. Raises httpx.HTTPError where it does not answer."""
        response = httpx.get(f"{url}/log/checkpoint", timeout=120)
        response.raise_for_status()
        return self.note(response.text)

    def note(self, checkpoint: str) -> Checkpoint:
        """Remembers a signed checkpoint that came another way, such as in a receipt."""
        found = open_checkpoint(checkpoint, self._verifier.name, self._verifier)
        self.seen.setdefault(found.size, set()).add(found.root)
        return found

    def check(self, url: str) -> list[bytes]:
        """All entries of the log. Every checkpoint ever seen must be the root of that many of them."""
        entries = entries_of(url, self.look(url).size)
        roots = roots_at(entries, self.seen)
        for size, seen in self.seen.items():
            if seen != {roots.get(size)}:
                raise AssertionError(f"a checkpoint of size {size} is not of this log, or there are two: {seen}")
        return entries


def entries_of(url: str, size: int) -> list[bytes]:
    """Entries below `size` from the public bundles, full and partial."""
    found: list[bytes] = []
    with httpx.Client(base_url=url, timeout=60) as client:
        for index in range(-(-size // _WIDTH)):
            response = client.get("/log/" + entries_path(index, min(_WIDTH, size - index * _WIDTH)))
            response.raise_for_status()
            found.extend(decode_entries(response.content))
    return found


@cache
def registry() -> Registry:
    """What the servers of `support.server` have installed, for an audit in this process."""
    return Registry([*shipped().sectors.values(), Installed(works(), digest_of("support"), "works")])


def audited(server: Server, known: Registry | None = None, state: Path | None = None) -> AuditReport:
    """Audits a server over HTTP in this process, the log's key pinned; with the sectors of `registry`, or others. From
    zero, or from the audit that wrote `state`."""

    async def run() -> AuditReport:
        async with http_source(server.url) as source:
            return await audit(source, known or registry(), AuditOptions(vkey=server.vkey, state=state))

    return asyncio.run(run())
