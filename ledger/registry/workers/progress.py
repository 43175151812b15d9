"""A page of memory that a worker shares with its server. It holds the number of the plugin that the worker is loading,
later the number of the call that it is running.

If a worker ends without an answer, this shows which plugin or record may have caused it.
"""

import mmap
import os
import tempfile
from typing import Final

_BYTES: Final = 4


class WorkerProgress:
    """`position`: 0 before the first call, n during call n, and after the last call one more than the number of calls.
    Until the worker has sent `Hello`, it counts plugins in the same way."""

    def __init__(self, descriptor: int) -> None:
        """Maps the file, which may be closed afterwards."""
        self._page = mmap.mmap(descriptor, mmap.PAGESIZE)

    @property
    def position(self) -> int:
        return int.from_bytes(self._page[:_BYTES], "little")

    @position.setter
    def position(self, value: int) -> None:
        self._page[:_BYTES] = value.to_bytes(_BYTES, "little")

    def begin(self, position: int) -> None:
        self.position = position

    def close(self) -> None:
        self._page.close()


def make_page() -> int:
    """A file without a name, as a descriptor. The caller must close it."""
    with tempfile.TemporaryFile() as file:
        file.truncate(mmap.PAGESIZE)
        return os.dup(file.fileno())
