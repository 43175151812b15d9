"""`carbon-ledger`, whose new ledgers begin with the rules before `timely-records`: for records of years to come."""

import sys
from typing import Final

from ledger.admission.rules import VERSIONS
from ledger.cli.root import main
from ledger.service import setup

EARLIER: Final = VERSIONS[2]

if __name__ == "__main__":
    vars(setup)["NEWEST"] = EARLIER
    sys.exit(main())
