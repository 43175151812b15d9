"""Loading plugins outside a server: here too only what a worker has loaded before."""

import asyncio
from typing import Final

from ledger.engine.sectors import Registry
from ledger.registry.installed import plugin_names
from ledger.registry.workers.pool import WorkerPool

_SECONDS: Final = 1.0
"""For a record, of which it is sent none."""


def tried() -> Registry:
    """The installed sectors, loaded into this process. Raises ConfigurationError that names the plugin which cannot be
    loaded, also where it hangs or ends its process. Not for a thread in which a loop runs."""
    return asyncio.run(_tried()) if plugin_names() else Registry()


async def _tried() -> Registry:
    async with WorkerPool(1, _SECONDS) as pool:
        return await pool.loaded()
