"""Compares the tiles that a source serves with the tiles that its entries give."""

import asyncio
from collections.abc import Sequence

from ledger.client.audit.findings import Findings
from ledger.client.audit.source.interface import TreeSource
from ledger.core.log.tiles import Tile
from ledger.errors import LedgerError, Unavailable


async def check_tiles(source: TreeSource, tiles: Sequence[tuple[Tile, bytes]], findings: Findings) -> None:
    """Adds a finding for each wrong tile. Raises Unavailable if the source does not answer."""
    served = await asyncio.gather(*[source.tile(tile) for tile, _ in tiles], return_exceptions=True)
    for (tile, expected), data in zip(tiles, served, strict=True):
        where = f"tile {tile.level}/{tile.index}"
        if isinstance(data, Unavailable) or not isinstance(data, bytes | LedgerError):
            raise data
        if isinstance(data, LedgerError):
            findings.add("tiles", f"{where}: {data.message}")
        elif data != expected:
            findings.add("tiles", f"{where} holds other hashes than the entries give")
