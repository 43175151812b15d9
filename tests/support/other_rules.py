"""`carbon-ledger` as another version of the program: its ledgers begin with version 4 of the rules. With OLD_LOG in the
environment they begin without any, as in version 0.2."""

import os
import sys
from typing import Final

from ledger.admission import rules
from ledger.admission.rules import Version, version_of
from ledger.admission.title_limit import LIMIT_SETTING, digest_of_limit
from ledger.cli.root import main
from ledger.core.record.kinds import Activation
from ledger.host.files.key_files import new_nonce
from ledger.service import setup

OTHER: Final[Version] = version_of("4", 1)


def _no_rules(origin: str) -> Activation:
    """Another activation in place of the one of the rules."""
    share = "0.03"
    return Activation(issuer=setup.registrar_id(origin), nonce=new_nonce(), plugin=LIMIT_SETTING, version=share,
                      digest=digest_of_limit(share))


if __name__ == "__main__":
    vars(rules)["VERSIONS"] = (OTHER,)
    vars(setup)["NEWEST"] = OTHER
    if "OLD_LOG" in os.environ:
        vars(setup)["_rules"] = _no_rules
        vars(setup)["check_beginning"] = lambda *_: None
    sys.exit(main())
