"""Files that are replaced as a whole. When a call returns, the new content is durable. A file that root writes belongs
to the account that owned it, or that owns its folder: a server under that account has to write it too."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

TEMPORARY: Final = ".new-"
"""Prefix of the names of files during a write. A killed process leaves such a file behind."""


@contextmanager
def replacing(path: Path, mode: int = 0o600) -> Iterator[IO[bytes]]:
    """Opens a new file that replaces `path` at the end. Then the new content is complete and durable; after an error
    the old file is unchanged. If `path` is a link, this replaces the link and never writes through it. Raises
    OSError."""
    try:
        handle, temporary = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
    except OSError as error:
        # The caller knows the name `path`, not the temporary name.
        error.filename = os.fspath(path)
        raise
    try:
        with open(handle, "wb") as file:
            os.fchmod(handle, mode)
            give_to_owner(handle, path)
            yield file
            file.flush()
            os.fsync(handle)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    sync(path.parent)


def give_to_owner(handle: int, path: Path) -> None:
    """Gives an open file of root to the account that owns the file at this path, or its folder. Does nothing for other
    accounts. Whoever opens a file at a path that exists does so without following links: the account could have put one
    there, to a file of root. Raises OSError."""
    if os.geteuid() != 0:
        return
    for place in (path, path.parent):
        with suppress(FileNotFoundError):
            status = place.lstat()
            if status.st_uid != 0:
                os.fchown(handle, status.st_uid, status.st_gid)
                return


def opened_lock(path: Path) -> int:
    """The file of a lock, made if it is missing. Raises OSError, also for a link."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        give_to_owner(handle, path)
    except BaseException:
        os.close(handle)
        raise
    return handle


def replace(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Replaces the file by these bytes, as `replacing` does."""
    with replacing(path, mode) as file:
        file.write(data)


def sync(folder: Path) -> None:
    """Makes the file names in a folder durable. Raises OSError."""
    with opened_folder(folder) as handle:
        os.fsync(handle)


@contextmanager
def opened_folder(folder: Path, *, follow: bool = True) -> Iterator[int]:
    """A descriptor of a folder. Raises OSError, also for a link unless it may `follow` it."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | (0 if follow else os.O_NOFOLLOW))
    try:
        yield handle
    finally:
        os.close(handle)
