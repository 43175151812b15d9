"""The cell that a refusal is about."""

import pytest

from ledger.client.sheets.columns import columns_named
from ledger.client.sheets.drafts import DraftRow
from ledger.client.sheets.rows import Row

NAMES = ["key", "carrier", "quantity.value", "quantity.unit", "meter.1.id", "note"]
CELLS = ["1", "naturalGas", "12", "MTQ", "m-1", None]


@pytest.mark.parametrize(("field", "header"), [
    ("$.supplies[1].carrier", "carrier"),
    ("$.supplies[1].quantity.unit", "quantity.unit"),
    ("$.supplies[1].quantity", "quantity.value"),
    ("$.supplies[1].meter[0]", ""),
    ("$.supplies[1].meter[0].id", "meter.1.id"),
    ("$.supplies[1].carrier.name", "carrier"),
    ("$.supplies[1].note", "note"),
    ("$.supplies[1].mass", ""),
    ("$.supplies[1]", ""),
])
def test_a_field_has_the_cell_that_filled_it_or_its_amount(field: str, header: str) -> None:
    positions = {column.path: i for i, column in enumerate(columns_named(NAMES)) if column is not None and column.path}
    row = DraftRow("$.supplies[1]", Row("supplies", 3, CELLS), positions, NAMES)
    place = row.place_of(field)
    assert (place.sheet, place.row, place.header) == ("supplies", 3, header)
