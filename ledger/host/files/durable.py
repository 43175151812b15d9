"""Files that are replaced as a whole, and are on the disk when a call returns."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

TEMPORARY: Final = ".new-"
"""What the names begin with of files that are being written. Who is killed leaves one."""


@contextmanager
def replacing(path: Path, mode: int = 0o600) -> Iterator[IO[bytes]]:
    """A new file that takes the place of `path` at the end: whole and durable then, and else it is as it was before. It
    never writes through a link that stands there. Raises OSError."""
    try:
        handle, temporary = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
    except OSError as error:
        # Whoever asked knows this name, not that of the new file.
        error.filename = os.fspath(path)
        raise
    try:
        with open(handle, "wb") as file:
            os.fchmod(handle, mode)
            yield file
            file.flush()
            os.fsync(handle)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    sync(path.parent)


def replace(path: Path, data: bytes, mode: int = 0o600) -> None:
    """`replacing` with these bytes."""
    with replacing(path, mode) as file:
        file.write(data)


def sync(folder: Path) -> None:
    """Makes the names in a folder durable. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
