"""A page of memory that a worker and its server share: which plugin is being loaded, then which call of a frame is
being worked on.

When a worker ends without an answer, this says whose fault it may have been.
"""

import mmap
import os
import tempfile
from typing import Final

_BYTES: Final = 4


class WorkerProgress:
    """`position`: 0 before the first call, n during the n-th, one more than there are after the last. Until a worker
    has said what it has loaded, the same of plugins."""

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
    """A file without a name, as a descriptor that the caller closes."""
    with tempfile.TemporaryFile() as file:
        file.truncate(mmap.PAGESIZE)
        return os.dup(file.fileno())
