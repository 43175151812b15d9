"""Where the prints of plugins go."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TextIO

from ledger.core.printable import visible_lines


class Printed(io.TextIOBase):
    """A standard stream of plugins, which writes to `stream`. Printed text may contain text from records, so this
    escapes characters that could control a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.buffer = stream.buffer

    def write(self, text: str) -> int:
        self._stream.write(visible_lines(text))
        self._stream.flush()
        return len(text)


@contextmanager
def printing_aside() -> Iterator[None]:
    """While this is open, prints of this process go to its standard error. Programs read the standard output of
    commands: a server prints its address there."""
    printed = Printed(sys.stderr)
    with redirect_stdout(printed), redirect_stderr(printed):
        yield
