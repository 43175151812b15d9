"""More than a server can append: what is beyond is refused in good form, nothing acknowledged is lost, memory stays.
`make drill` measures it; here no time is asserted."""

import asyncio

from support.overload import TIMES, Flood, Memory, Stream
from support.server import Server, prepared_home
from support.witness import Witness, audited
from support.workshop import workshop

from ledger.web.door.posts import ROOM_FOR_SMALL, SMALL_PLACES

SECONDS = 8.0
MOST_MIB = 512


async def _flooded(flood: Flood, memory: Memory) -> tuple[Stream, Stream, Stream, float]:
    watching = asyncio.create_task(memory.watch())
    probe = await flood.closed(16, 3.0)
    before = memory.now()
    # At once as many as the queue holds and as many again, then five times the capacity.
    rate = max(TIMES * len(probe.latencies) / probe.seconds, 2 * (SMALL_PLACES + ROOM_FOR_SMALL) / SECONDS)
    stream = await flood.even(rate, SECONDS)
    afterwards = await flood.closed(1, 2.0)
    watching.cancel()
    await flood.close()
    return probe, stream, afterwards, before


def test_five_times_its_capacity() -> None:
    with prepared_home() as home, Server(home) as server:
        shops = [workshop(server, f"shop-{i}", pot="1000000") for i in range(4)]
        flood, memory = Flood(server, shops, 12_000), Memory(server)
        probe, stream, afterwards, before = asyncio.run(_flooded(flood, memory))
        assert stream.faults == []
        assert stream.latencies, stream.codes
        assert stream.codes["503 overloaded"], stream.codes
        assert not stream.lost
        assert afterwards.latencies, afterwards.codes
        assert memory.most - before < MOST_MIB
        acknowledged = {*probe.acknowledged, *stream.acknowledged, *afterwards.acknowledged}
        assert acknowledged <= {entry[2:34].hex() for entry in Witness(server.vkey).check(server.url)}
        assert audited(server).ok
