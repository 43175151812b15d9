"""`carbon-ledger`, whose clock is two years ahead: for records of years to come."""

import sys
import time
from typing import Final

from ledger.cli.root import main

AHEAD: Final = 2 * 365 * 86_400 * 10**9
_now = time.time_ns

if __name__ == "__main__":
    vars(time)["time_ns"] = lambda: _now() + AHEAD
    sys.exit(main())
