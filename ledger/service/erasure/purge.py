"""Purging: after erasures, until no file of the database holds what was erased. The operator says when, for it locks.

1. erasures that wait are carried out; 2. the tables with bodies are rewritten, which leaves the row versions behind
that an update only marks as dead; 3. a checkpoint lets the old files go; 4. the segments of the log of changes are
filled with zeros, twice, since those that are passed are used again; 5. the files are searched for words that must not
be there.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from ledger.errors import InvalidInput
from ledger.service.erasure.erase import carry_out
from ledger.store.database import owner_connection
from ledger.store.hosting import Hosted
from ledger.store.purging import data_directory, keepers, rewrite

_PART = 1 << 20
_SHORTEST = 4


class Searched(Struct, frozen=True, kw_only=True, rename="camel"):
    """Files below `folder`, each by its path, that hold one of the words; `unreadable` could not be searched."""

    folder: str
    files: int
    bytes: int
    found: list[str]
    unreadable: list[str]


class Purged(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """`erased`: erasures that had waited; `waiting`: those that no published head covers yet. `refused`: what the
    database's owner may not do. `keepers`: what keeps the log of changes for longer, or has a copy of it. `seconds`
    that it took, the search left out."""

    erased: int
    seconds: float
    refused: list[str]
    keepers: list[str]
    waiting: int = 0
    searched: Searched | None = None

    @property
    def done(self) -> bool:
        """Whether nothing is left to do here."""
        found = self.searched is not None and (self.searched.found or self.searched.unreadable)
        return not self.refused and not self.waiting and not found


async def purge(hosted: Hosted, words: Sequence[bytes], progress: Callable[[str], None]) -> Purged:
    """Rewrites, then searches all files beside the database's for `words`. Raises InvalidInput where files are to be
    searched that are not here, or for words that are too short to search for."""
    for word in words:
        if len(word) < _SHORTEST:
            raise InvalidInput(f"search term {word!r} is too short", field="search", value=word,
                               rule=f"words of at least {_SHORTEST} bytes")
    started = time.monotonic()
    carried = await carry_out(hosted.app_url)
    async with owner_connection(hosted.owner_url) as connection:
        folder = await data_directory(connection)
        if words:
            await asyncio.to_thread(_check_here, folder)
        refused = await rewrite(connection, progress)
        kept = await keepers(connection)
    seconds = time.monotonic() - started
    searched = None
    if words and folder is not None:
        searched = await asyncio.to_thread(search, Path(folder).parent, words, progress)
    return Purged(
        erased=carried.erased, waiting=carried.waiting, seconds=round(seconds, 3), refused=refused, keepers=kept,
        searched=searched,
    )


def _check_here(folder: str | None) -> None:
    if folder is None or not Path(folder).is_dir():
        raise InvalidInput("the files of this database are not on this host", field="search", value=folder,
                           rule="search on the host of the database, as a user who may read its files")


def search(folder: Path, words: Sequence[bytes], progress: Callable[[str], None]) -> Searched:
    """Every file below a folder: tables, indexes, log of changes, temporary files, messages."""
    progress(f"searching {folder}")
    files, size, found, unreadable = 0, 0, list[str](), list[str]()
    for path in sorted(folder.rglob("*")):
        try:
            if path.is_symlink() or not path.is_file():
                continue
            files += 1
            size += path.stat().st_size
            if any(word in part for part in _parts(path, max(map(len, words))) for word in words):
                found.append(str(path))
        except FileNotFoundError:
            continue  # It has gone meanwhile, and what was in it.
        except OSError as error:
            unreadable.append(f"{path}: {error.strerror}")
    return Searched(folder=str(folder), files=files, bytes=size, found=found, unreadable=unreadable)


def _parts(path: Path, longest: int) -> Iterator[bytes]:
    """A file in parts that overlap, so that a word is whole in one of them."""
    with path.open("rb") as file:
        rest = b""
        while part := file.read(_PART):
            yield rest + part
            rest = (rest + part)[-(longest - 1) :]
