"""Waits until the set-up job has entered the registrar, and so the log is no longer empty.

A server that finds an empty log makes a registrar of its own. Its arguments go to `carbon-ledger anchor show`, whose
verdict does not matter here: a server also serves a log that it must not sign.
"""

import json
import subprocess
import sys
import time

PAUSE_SECONDS = 2.0


def size(arguments: list[str]) -> int:
    """The number of entries in the database; 0 if there is no log yet. Prints why."""
    done = subprocess.run(
        [sys.executable, "-m", "ledger.cli", "anchor", "show", "--json", *arguments], stdout=subprocess.PIPE, text=True,
        check=False,
    )
    try:
        return int(json.loads(done.stdout)["size"])
    except (ValueError, KeyError, TypeError):
        return 0


def main() -> None:
    while not size(sys.argv[1:]):
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main()
