"""`carbon-ledger`, killed right after the anchor was written and before anyone is answered."""

import os
import signal
import sys

from ledger.cli.root import main
from ledger.store.anchor.file import FileAnchor
from ledger.store.anchor.interface import Change


def die_after(anchor: type[FileAnchor]) -> None:
    """The next update of any anchor is this process's last act."""
    update = anchor.update

    def last(self: FileAnchor, change: Change) -> str:
        note = update(self, change)
        os.kill(os.getpid(), signal.SIGKILL)
        return note

    anchor.update = last  # type: ignore[method-assign]


if __name__ == "__main__":
    die_after(FileAnchor)
    sys.exit(main())
