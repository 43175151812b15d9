"""More than a server can append: what is beyond the queue is refused in good form, nothing acknowledged is lost, memory
stays. `make drill` measures it at five times the capacity; here no time is asserted."""

import asyncio
from pathlib import Path
from typing import Final

import asyncpg
from support.overload import Flood, Memory, Stream
from support.server import Server, prepared_home
from support.witness import Witness, audited
from support.workshop import workshop

from ledger.store.embedded import attach

MOST_MIB: Final = 512
SECONDS: Final = 100.0
FULL: Final = "503 overloaded"


async def _flooded(home: Path, flood: Flood, memory: Memory) -> tuple[Stream, Stream, float]:
    """While somebody holds the lock of the log, the server can append nothing, so its queue fills on any machine."""
    watching = asyncio.create_task(memory.watch())
    usual = await flood.closed(4, 1.0)
    before = memory.now()
    holder = await asyncpg.connect(attach(home).owner_url)
    await holder.execute("BEGIN")
    await holder.fetch("SELECT 1 FROM head FOR UPDATE")
    # A session that does something is not taken for one of a server that has stalled.
    sleeping = asyncio.create_task(holder.execute("SELECT pg_sleep(300)"))

    async def release() -> None:
        sleeping.cancel()
        await asyncio.wait({sleeping})
        await holder.close()

    stream = await flood.rising(lambda stream: stream.codes[FULL] >= 50, SECONDS, release)
    afterwards = await flood.closed(1, 2.0)
    watching.cancel()
    await flood.close()
    usual.acknowledged += stream.acknowledged + afterwards.acknowledged
    usual.faults += stream.faults + afterwards.faults
    assert afterwards.latencies, afterwards.codes
    return usual, stream, before


def test_more_than_the_queue_holds() -> None:
    with prepared_home() as home, Server(home) as server:
        shops = [workshop(server, f"shop-{i}", pot="1000000") for i in range(4)]
        flood, memory = Flood(server, shops, 8_000), Memory(server)
        everything, stream, before = asyncio.run(_flooded(home, flood, memory))
        assert everything.faults == []
        assert not stream.lost
        assert stream.codes[FULL], stream.codes
        assert stream.codes["201"], stream.codes
        assert memory.most - before < MOST_MIB
        assert set(everything.acknowledged) <= {entry[2:34].hex() for entry in Witness(server.vkey).check(server.url)}
        assert audited(server).ok
