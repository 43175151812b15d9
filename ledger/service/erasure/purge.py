"""Purges the files of the database after erasures, so that no file holds erased text any more. The operator starts it,
since it locks tables.

1. It carries out the pending erasures. 2. It rewrites the tables with bodies, which drops the row versions that an
update only marks as dead. 3. A checkpoint deletes the old files. 4. It fills the segments of the write-ahead log with
zeros, twice, since PostgreSQL uses old segments again. 5. It searches the files for words that must not be there.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from ledger.errors import InvalidInput
from ledger.service.erasure.erase import carry_out
from ledger.store.database import ledger_connection
from ledger.store.erasing.purging import data_directory, keepers, rewrite
from ledger.store.hosting import Hosted

_PART = 1 << 20
_SHORTEST = 4


class Searched(Struct, frozen=True, kw_only=True, rename="camel"):
    """`found` are the paths of the files below `folder` that hold one of the words; `unreadable` are those that could
    not be searched."""

    folder: str
    files: int
    bytes: int
    found: list[str]
    unreadable: list[str]


class Purged(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """`erased`: how many pending erasures were carried out; `waiting`: how many wait for a published head. `refused`:
    steps that the database's owner may not do. `keepers`: replication slots, standbys and settings that keep the
    write-ahead log longer, or copy it. `seconds`: the duration without the search."""

    erased: int
    seconds: float
    refused: list[str]
    keepers: list[str]
    waiting: int = 0
    searched: Searched | None = None

    @property
    def done(self) -> bool:
        """Whether nothing is left to do here."""
        suspect = self.searched is not None and (self.searched.found or self.searched.unreadable)
        return not self.refused and not self.waiting and not suspect


async def purge(hosted: Hosted, words: Sequence[bytes], progress: Callable[[str], None]) -> Purged:
    """Purges, then searches all files around the database for `words`. Raises InvalidInput if the files to search are
    not on this host, or a word is too short."""
    for word in words:
        if len(word) < _SHORTEST:
            raise InvalidInput(f"search term {word!r} is too short", field="search", value=word,
                               rule=f"words of at least {_SHORTEST} bytes")
    started = time.monotonic()
    carried = await carry_out(hosted.app_url)
    async with ledger_connection(hosted.owner_url) as connection:
        folder = await data_directory(connection)
        if words:
            await asyncio.to_thread(_check_here, folder)
        refused = await rewrite(connection, progress)
        keeping = await keepers(connection)
    seconds = time.monotonic() - started
    searched = None
    if words and folder is not None:
        searched = await asyncio.to_thread(search, Path(folder).parent, words, progress)
    return Purged(
        erased=carried.erased, waiting=carried.waiting, seconds=round(seconds, 3), refused=refused, keepers=keeping,
        searched=searched,
    )


def _check_here(folder: str | None) -> None:
    if folder is None or not Path(folder).is_dir():
        raise InvalidInput("the files of this database are not on this host", field="search", value=folder,
                           rule="search on the host of the database, as a user who may read its files")


def search(folder: Path, words: Sequence[bytes], progress: Callable[[str], None]) -> Searched:
    """Searches every file below a folder: tables, indexes, write-ahead log, temporary files, messages."""
    progress(f"searching {folder}")
    files, size, matches, unreadable = 0, 0, list[str](), list[str]()
    for path in sorted(folder.rglob("*")):
        try:
            if path.is_symlink() or not path.is_file():
                continue
            files += 1
            size += path.stat().st_size
            if any(word in part for part in _parts(path, max(map(len, words))) for word in words):
                matches.append(str(path))
        except FileNotFoundError:
            continue  # The file was deleted meanwhile.
        except OSError as error:
            unreadable.append(f"{path}: {error.strerror}")
    return Searched(folder=str(folder), files=files, bytes=size, found=matches, unreadable=unreadable)


def _parts(path: Path, longest: int) -> Iterator[bytes]:
    """A file in parts that overlap, so that a word is whole in one of them."""
    with path.open("rb") as file:
        rest = b""
        while part := file.read(_PART):
            yield rest + part
            rest = (rest + part)[-(longest - 1) :]
