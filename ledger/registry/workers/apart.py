"""Archived versions for programs without a server, such as an audit. Each version runs in a worker process of its own,
never in the process of the program."""

import asyncio
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from ledger.engine.sectors import Installed, Registry
from ledger.errors import InvalidInput
from ledger.registry.archives import MAX_BYTES, Archive, read_archive
from ledger.registry.assessing import EarlierVersion
from ledger.registry.workers.earlier import EarlierPools
from ledger.registry.workers.supervised import Supervised, TimeBudget
from ledger.registry.workers.trial import tried

SECONDS: Final = 60.0
"""The time limit of a record. It is generous: a busy machine must not make an audit fail."""
_MOST_POOLS: Final = 32
_DIGEST: Final = 64


def archive_name(plugin: str, digest: str) -> str:
    """The name of an archive's file in a folder of archives."""
    return f"{plugin}-{digest}.zip"


def read_archives(folder: Path, digests: Collection[str] | None = None) -> list[Archive]:
    """The archives in a folder, of only these digests if they are given. Raises InvalidInput if a file is not the
    archive that its name says."""
    paths = sorted(folder.glob("*.zip"))
    if not paths:
        raise InvalidInput(f"{folder} holds no archives of plugins", field="plugins", value=folder,
                           rule="a folder that `carbon-ledger plugin fetch` has filled: NAME-DIGEST.zip")
    return [_read(path) for path in paths if digests is None or path.stem[-_DIGEST:] in digests]


@contextmanager
def with_archives(folder: Path | None, digests: Collection[str] | None = None) -> Iterator[Registry]:
    """The installed plugins, and the versions in the archives of a folder, of only these digests if they are given.
    Raises ConfigurationError, InvalidInput or Unavailable if one of them cannot be loaded. Do not enter it in a thread
    that runs an event loop."""
    registry = tried()
    if folder is None:
        yield registry
        return
    installed = {one.digest for one in registry.sectors.values()}
    archives = [one for one in read_archives(folder, digests) if one.digest not in installed]
    with apart(archives) as earlier:
        registry.learn(earlier)
        yield registry


@contextmanager
def apart(archives: Sequence[Archive]) -> Iterator[list[Installed]]:
    """The sectors of these archives, as sectors that may be called from any thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="archived plugins", daemon=True)
    thread.start()
    pools = EarlierPools(SECONDS, _MOST_POOLS, workers=1)
    try:
        described = asyncio.run_coroutine_threadsafe(_described(pools, archives), loop).result()
        yield [
            Supervised(one.sector, one.digest, "", pool=pools.pool(one.digest, one.plugin, one.read), loop=loop,
                       budget=TimeBudget(None)) for one in described
        ]
    finally:
        asyncio.run_coroutine_threadsafe(pools.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _described(pools: EarlierPools, archives: Sequence[Archive]) -> list[EarlierVersion]:
    return await asyncio.gather(*[_describe(pools, archive) for archive in archives])


async def _describe(pools: EarlierPools, archive: Archive) -> EarlierVersion:
    """The version as its own code describes it, in a worker."""
    read = partial(_given, archive)
    hello = await pools.pool(archive.digest, "", read).describe()
    ((name, terms),) = hello.described.items()
    return EarlierVersion(
        plugin=name, digest=archive.digest, terms=terms, read=read,
    )


async def _given(archive: Archive) -> Archive:
    return archive


def _read(path: Path) -> Archive:
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    try:
        return read_archive(data, path.stem[-_DIGEST:])
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {error.message}", code=error.code, field=error.field, value=error.value,
                           rule=error.rule) from error
