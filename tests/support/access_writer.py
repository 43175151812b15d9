"""Notes readings until it is killed: `python -m support.access_writer URL OWNER DAYS_AGO`. Prints reader and asked name
of each acknowledged one; half of the readings are equal."""

import asyncio
import sys
from itertools import count

from ledger.access.accesses import Access
from ledger.access.caller import Caller
from ledger.host.clock import now
from ledger.service.access_log.access_log import AccessLog

_TOGETHER = 8


async def write(url: str, owner: str, days_ago: int) -> None:
    async with AccessLog(url, lambda: now() - days_ago * 86_400_000) as log:
        async def reader(name: int) -> None:
            for number in count():
                asked = str(number) if number % 2 else "again"
                await log.note(Access(Caller(f"urn:example:reader-{name}"), owner, "party", "/v1/lots", (asked,)))
                print(f"{name} {asked}", flush=True)

        await asyncio.gather(*[reader(name) for name in range(_TOGETHER)])


if __name__ == "__main__":
    asyncio.run(write(sys.argv[1], sys.argv[2], int(sys.argv[3])))
