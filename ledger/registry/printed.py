"""Where the prints of plugins go."""

import io
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
