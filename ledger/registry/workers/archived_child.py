"""Loads the sector of an archive whose folder is in the import path, and runs the loop of a worker with it."""

from collections.abc import Callable, Iterable
from importlib import import_module

from ledger.errors import ConfigurationError
from ledger.registry.digests import digest_of
from ledger.registry.printed import printing_aside
from ledger.registry.workers.loop import LoadedSector, run
from ledger.sdk import Sector


def start(channel: int, page: int, seconds: float, entry: str, name: str) -> int:
    """Runs the worker. `entry`: the function that returns the sector `name`, as `module:function`."""

    def load(beginning: Callable[[int], None]) -> Iterable[LoadedSector]:
        beginning(1)
        return [_loaded(entry, name)]

    return run(load, channel, page, seconds)


def _loaded(entry: str, name: str) -> LoadedSector:
    module, _, function = entry.partition(":")
    try:
        with printing_aside():
            sector = getattr(import_module(module), function)()
    except (Exception, SystemExit) as error:
        raise ConfigurationError(
            f"the archive of plugin {name} cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(sector, Sector) or (name and sector.name != name):
        raise ConfigurationError(f"the archive of plugin {name}: {entry} does not return a Sector with that name")
    # Over the code that was imported, wherever it came from: the server compares it.
    return LoadedSector(sector, digest_of(module.partition(".")[0]))
