"""The process of a worker with a sector from an archive.

Here `ledger.sdk` and the plugin's package come from the unpacked archive, everything else of `ledger` from the running
program. So this module imports nothing of `ledger` before the archive's folder is in the import path.
"""

import sys
from importlib import import_module
from pathlib import Path


def main() -> int:
    """`archived.py CHANNEL PAGE SECONDS FOLDER ENTRY NAME`: as `child.py`, with the folder of the unpacked archive, and
    the entry point and the name of its sector."""
    channel, page, seconds, folder, entry, name = sys.argv[1:]
    sys.modules["ledger"].__path__.insert(0, str(Path(folder) / "ledger"))
    sys.path.insert(0, folder)
    code: int = import_module("ledger.registry.workers.archived_child").start(
        int(channel), int(page), float(seconds), entry, name)
    return code


if __name__ == "__main__":
    sys.exit(main())
