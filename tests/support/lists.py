"""A list as an ERP program exports it, and the mapping that fills declarations from it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

HEADER: Final = "Document;Material;Plant;Batch;Quantity;Unit;Period;kg CO2e"
MAPPING: Final = """\
# Goods that suppliers outside of the ledger delivered, a record for each batch.
type = "declaration"
key = "{Document}"
numbers = "de"

[fields]
basis = "statement"
boundary = "cradleToGate"
start = "{Period}"
end = "{Period}"
"burdens.fossilGhgEmissions" = "{kg CO2e}"
"lot.lot" = "PREFIXlot:{Batch}"
"lot.product" = "PREFIX{Material}"
"lot.quantity.value" = "{Quantity}"
"lot.quantity.unit" = "{Unit}"
"lot.role" = "product"

[values.Unit]
KG = "KGM"
TO = "TNE"
"""

Row = tuple[str, ...]


def row(number: int) -> Row:
    """The row of a batch: from 1.000,5 kg on, with a tenth of it as kg CO2e."""
    return (f"49{number:08d}", "part", "works", f"B{number:07d}", f"{1 + number % 9}.{number % 1000:03d},5", "KG",
            f"2026-{1 + number % 6:02d}", f"{number % 97 + 1},25")


def written(path: Path, rows: int, edited: Callable[[int, Row], Row] = lambda _, cells: cells) -> Path:
    """A CSV file with that many rows below its header; `edited` gets the number of each row in the file."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(HEADER + "\n")
        file.writelines([";".join(cells) + "\n" for cells in _rows(rows, edited)])
    return path


def _rows(rows: int, edited: Callable[[int, Row], Row]) -> Iterator[Row]:
    for number in range(2, rows + 2):
        yield edited(number, row(number))


def with_cell(cells: Row, name: str, text: str) -> Row:
    """The row with another text in the column of this name."""
    position = HEADER.split(";").index(name)
    return (*cells[:position], text, *cells[position + 1 :])
