"""Files that are replaced as a whole. When a call returns, the new content is durable."""

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
    """Replaces the file by these bytes, as `replacing` does."""
    with replacing(path, mode) as file:
        file.write(data)


def sync(folder: Path) -> None:
    """Makes the file names in a folder durable. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
