"""The rows by which later records find an earlier one: what sequencing writes, and what an audit expects."""

from ledger.admission.kind import Before
from ledger.admission.kinds.table import kind_of
from ledger.admission.state import State
from ledger.core.record.kinds import AnyRecord
from ledger.engine.row_buffer import RowBuffer


def before_entering(record: AnyRecord, state: State) -> Before:
    """What the lookup rows of an admitted record need of the state before it is applied."""
    return kind_of(record).before(record, state)


def add_lookup_rows(rows: RowBuffer, index: int, record: AnyRecord, state: State, before: Before) -> None:
    """Adds what the record at `index`, applied to `state`, enters, and what it says of earlier ones."""
    for table, row in kind_of(record).rows(record, index, state, before):
        rows.add(table, row)
