"""`carbon-ledger`, killed right after the anchor was written and before anyone is answered."""

import os
import signal
import sys

from ledger.cli.root import main
from ledger.store.anchor import Anchor


def die_after(anchor: type[Anchor]) -> None:
    """The next advance of any anchor is this process's last act."""
    advance = anchor.advance

    def last(self: Anchor, note: str) -> str:
        advance(self, note)
        os.kill(os.getpid(), signal.SIGKILL)
        return note

    anchor.advance = last  # type: ignore[method-assign]


if __name__ == "__main__":
    die_after(Anchor)
    sys.exit(main())
