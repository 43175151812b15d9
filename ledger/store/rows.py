"""Writes the rows of a batch with COPY, so that the number of statements does not grow with the batch."""

from typing import Final

from ledger.engine.row_buffer import TABLES, RowBuffer
from ledger.store.copying import copy_figures
from ledger.store.database import Connection

_ROWS_AT_ONCE: Final = 5_000
"""Encoding rows blocks the event loop: while the database takes them, other tasks have a turn."""


async def write_rows(rows: RowBuffer, connection: Connection) -> None:
    """Appends all rows. They are durable only after the commit of the transaction."""
    for table in TABLES:
        columns, of_table = rows.of(table)
        for start in range(0, len(of_table), _ROWS_AT_ONCE):
            part = of_table[start : start + _ROWS_AT_ONCE]
            if table == "figure":
                await copy_figures(connection, part)
            else:
                await connection.copy_records_to_table(table, records=part, columns=columns)
