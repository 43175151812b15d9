"""Lookup rows, by which later records find an earlier one. Sequencing writes them; an audit expects the same ones."""

from ledger.admission.kind import Before
from ledger.admission.kinds.table import kind_of
from ledger.admission.state import State
from ledger.core.record.kinds import AnyRecord
from ledger.engine.row_buffer import RowBuffer


def add_lookup_rows(rows: RowBuffer, index: int, record: AnyRecord, state: State, before: Before) -> None:
    """Adds the lookup rows of the record at `index`, which is applied to `state` already: rows that it enters for
    itself, and rows about earlier records."""
    for table, row in kind_of(record).rows(record, index, state, before):
        rows.add(table, row)
