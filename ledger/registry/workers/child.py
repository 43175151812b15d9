"""The process of a worker with the installed sectors."""

import sys
from collections.abc import Callable, Iterable

from ledger.registry.installed import installed
from ledger.registry.workers.loop import LoadedSector, run


def main() -> int:
    """`child.py CHANNEL PAGE SECONDS`: two open descriptors, and the time limit of a record."""
    channel, page, seconds = sys.argv[1:]
    return run(_load, int(channel), int(page), float(seconds))


def _load(beginning: Callable[[int], None]) -> Iterable[LoadedSector]:
    return [LoadedSector(one.sector, one.digest) for one in installed(beginning, sets=False).sectors.values()]


if __name__ == "__main__":
    sys.exit(main())
