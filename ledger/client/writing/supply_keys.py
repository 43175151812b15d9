"""The keys of supplies, compared with factor sets before a record is signed, by the rule of admission."""

from ledger.admission.lots import supplies_of
from ledger.client.writing.densities import Sets
from ledger.core.record.kinds import AnyRecord
from ledger.engine.pricing.keys_and_rows import check_keys
from ledger.errors import LedgerError
from ledger.registry.supply_names import is_of_key, propose


def check(record: AnyRecord, sets: Sets) -> None:
    """Raises Refused, with all faults in `parts`, as admission does. `sets` is called only if there is a supply."""
    stated = list(supplies_of(record))
    if stated:
        check_keys(stated, sets())


def explain(error: LedgerError, sets: Sets) -> None:
    """Adds the nearest keys to the faults of keys, in all parts."""
    for fault in (error, *error.parts):
        if is_of_key(fault):
            propose(fault, sets())
