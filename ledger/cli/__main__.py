"""`python -m ledger.cli`: the same as `carbon-ledger`."""

import sys

from ledger.cli.root import main

if __name__ == "__main__":
    sys.exit(main())
