"""The rules that immutable facts decide. `plan` may run anywhere, ahead of the lock."""

from decimal import Decimal

from ledger.admission.checks.new_keys import check_prime_order_keys
from ledger.admission.checks.times import check_bounded
from ledger.admission.facts import LOT_SLOTS, Facts
from ledger.admission.identifiers import check_plain_names
from ledger.admission.kind import Terms
from ledger.admission.kinds.table import kind_of
from ledger.admission.lots import Plan
from ledger.admission.rules import Rule
from ledger.core.record.kinds import AnyRecord

_NO_TOLERANCE = Decimal(0)


def plan(
    record: AnyRecord, facts: Facts, tolerance: Decimal = _NO_TOLERANCE, before: int | None = None,
    element_tolerance: Decimal | None = None,
) -> Plan:
    """What the record would do; `tolerance` is its sector's for the mass rule, `element_tolerance` for the balances of
    elements, which are not looked at without one. Raises Refused or InvalidInput.

    A refusal whose code is in `lots.DEFERRABLE` may be cured by a record that is sequenced before this one. `before`:
    of an amended record, the lot number that its inputs lie below; its own index says which rules apply to it.
    """
    kind = kind_of(record)
    rules = facts.rules.version(None if before is None else before // LOT_SLOTS).rules
    if Rule.BOUNDED_TIMES in rules:
        check_bounded(record)
    found = kind.plan(record, facts, Terms(tolerance, element_tolerance, before))
    if Rule.PLAIN_NAMES in rules:
        check_plain_names(record, found)
    if Rule.PRIME_ORDER_KEYS in rules:
        check_prime_order_keys(*kind.entered_keys(record))
    return found
