"""Commands one after the other in one process, which tells of each: exit code, stderr, and by how much memory grew.

    python -m support.driven SECONDS < [["audit", "http://…"], …]

SECONDS is how long an answer may take.
"""

import contextlib
import gc
import importlib
import io
import json
import os
import pkgutil
import sys
import traceback

from ledger.client import limits
from support.process_memory import peak_memory


def main() -> None:
    # Before the reader is imported, which reads it then.
    vars(limits)["SECONDS"] = float(sys.argv[1])
    commands = importlib.import_module("ledger.cli")
    for module in pkgutil.walk_packages(commands.__path__, "ledger.cli."):
        importlib.import_module(module.name)
    start = _peak()
    for arguments in json.load(sys.stdin):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = commands.main(arguments)
            except BaseException:
                code = -1
                traceback.print_exc()
        # As if each had a process of its own.
        gc.unfreeze()
        gc.collect()
        print(json.dumps([code, err.getvalue(), _peak() - start]), flush=True)


def _peak() -> int:
    """MiB of this process alone: on Linux `getrusage` begins with the peak of the process that started it."""
    return int(peak_memory(os.getpid()))


if __name__ == "__main__":
    main()
