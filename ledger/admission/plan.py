"""The rules that immutable facts decide. `plan` may run on any replica, ahead of the lock."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from ledger.admission.checks.allocation import check_waste_shares
from ledger.admission.checks.new_keys import check_prime_order_keys
from ledger.admission.checks.stated_figures import check_masses, check_parts, check_stated_figures
from ledger.admission.checks.times import check_bounded
from ledger.admission.checks.write_offs import check_arrived, check_services
from ledger.admission.facts import LOT_SLOTS, Facts
from ledger.admission.identifiers import check_numbered_names, check_plain_names
from ledger.admission.kind import Terms
from ledger.admission.kinds.addition import placed
from ledger.admission.kinds.table import kind_of
from ledger.admission.lots import Plan
from ledger.admission.provenance.carriage import with_carriage
from ledger.admission.provenance.dates import dated
from ledger.core.record.kinds import Addition, AnyRecord, Transformation
from ledger.core.record.units import AMOUNT_LIMIT
from ledger.errors import LedgerError

ANY_TOLERANCE: Final = AMOUNT_LIMIT
"""A tolerance for the mass rule which every record meets, for records that the ledger has already admitted."""

MOST_FAULTS: Final = 100
_UNIT: Final = "unknown-unit"
_NO_TOLERANCE: Final = Decimal(0)


def plan(
    record: AnyRecord, facts: Facts, tolerance: Decimal = _NO_TOLERANCE, before: int | None = None,
    element_tolerance: Decimal | None = None,
) -> Plan:
    """The record's planned effect. `tolerance` is its sector's tolerance for the mass rule, `element_tolerance` for the
    balances of elements, which are not checked if it is None. Raises Refused or InvalidInput, and Unavailable if this
    program does not know the rules of the record.

    A record that is sequenced before this one may cure a refusal whose code is in `lots.DEFERRABLE`. `before`, of an
    amended record: its inputs have lot numbers below this; the record's own index decides which rules apply.
    """
    kind = kind_of(record)
    facts.rules.version(None if before is None else before // LOT_SLOTS)
    check_bounded(record)
    planned = kind.plan(record, facts, Terms(tolerance, element_tolerance, before))
    check_plain_names(record, planned)
    check_numbered_names(record, planned)
    check_prime_order_keys(*kind.entered_keys(record))
    check_stated_figures(record, planned)
    check_parts(record)
    if isinstance(record, Transformation):
        check_waste_shares(record)
    check_services(record, planned)
    check_arrived(record, planned, facts)
    if planned.created:
        check_masses(record, planned, facts)
        if isinstance(record, Addition):
            planned = placed(record, planned, facts)
        planned = with_carriage(record, dated(record, planned), facts)
    return planned


def faults_of(record: AnyRecord, facts: Facts) -> list[LedgerError]:
    """The faults of a refused record's parts, in their order, at most `MOST_FAULTS`. `plan` stops at the first fault,
    because most of its rules rest on earlier ones."""
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
