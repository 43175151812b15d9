"""Loads plugins outside of a server. Here too, a worker loads them first."""

import asyncio
from typing import Final

from ledger.engine.sectors import Registry
from ledger.registry.installed import factor_sets, plugin_names
from ledger.registry.workers.pool import WorkerPool

_SECONDS: Final = 1.0
"""The time limit of a record. This worker gets no records."""


def tried() -> Registry:
    """The installed sectors, loaded into this process. Raises ConfigurationError, which names the plugin that cannot be
    loaded, hangs or ends its process. Do not call it in a thread that runs an event loop."""
    return asyncio.run(loaded())


async def loaded() -> Registry:
    """`tried`, for a running event loop."""
    if not plugin_names():
        return Registry(sets=factor_sets())
    async with WorkerPool(1, _SECONDS) as pool:
        return await pool.loaded()
