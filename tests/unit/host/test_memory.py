"""Free memory between memory that is in use goes back to the system."""

import asyncio
import os
from contextlib import suppress

from support.process_memory import present_memory

from ledger.host.memory import give_back_regularly

BLOCKS = 200_000


def test_memory_is_given_back_now_and_then() -> None:
    held = [bytes(1_000) for _ in range(BLOCKS)]
    used = held[::100]
    del held
    before = present_memory(os.getpid())

    async def wait() -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                await give_back_regularly(0.1)

    asyncio.run(wait())
    assert len(used) == BLOCKS / 100
    assert present_memory(os.getpid()) < before - 100
