"""All faults of a refused record that immutable facts show, from the rules of its parts.

`plan` stops at the first fault, because most of its rules rest on earlier ones. A record without faults never comes
here.
"""

from collections.abc import Iterable
from typing import Final

from ledger.admission.facts import Facts
from ledger.admission.kinds.table import kind_of
from ledger.core.record.kinds import AnyRecord
from ledger.errors import LedgerError

MOST_FAULTS: Final = 100
_UNIT: Final = "unknown-unit"


def faults_of(record: AnyRecord, facts: Facts) -> list[LedgerError]:
    """The faults of the record's parts, in their order, at most `MOST_FAULTS`."""
    faults: list[LedgerError] = []
    for check in kind_of(record).parts(record, facts):
        try:
            check()
        except LedgerError as fault:
            if same_unit(fault, faults):
                continue
            faults.append(fault.settled())
            if len(faults) == MOST_FAULTS:
                break
    return faults


def same_unit(fault: LedgerError, faults: Iterable[LedgerError]) -> bool:
    """Whether a conversion found the unknown unit of a quantity that is among the faults already."""
    return fault.code == _UNIT and any(
        other.code == _UNIT and other.field == f"{fault.field}.unit" for other in faults)
