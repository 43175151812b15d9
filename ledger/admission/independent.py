"""All faults of a refused record that immutable facts show, from the rules of its parts.

`plan` stops at the first fault, because most of its rules rest on earlier ones. A record without faults never comes
here.
"""

from typing import Final

from ledger.admission.facts import Facts
from ledger.admission.kinds.table import kind_of
from ledger.core.record.kinds import AnyRecord
from ledger.errors import LedgerError

MOST_FAULTS: Final = 100


def faults_of(record: AnyRecord, facts: Facts) -> list[LedgerError]:
    """The faults of the record's parts, in their order, at most `MOST_FAULTS`."""
    faults: list[LedgerError] = []
    for check in kind_of(record).parts(record, facts):
        try:
            check()
        except LedgerError as fault:
            faults.append(fault.settled())
            if len(faults) == MOST_FAULTS:
                break
    return faults
