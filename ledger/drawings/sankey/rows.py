"""The numbers of a Sankey drawing as rows of a table: the same nodes, order and rounding."""

from collections.abc import Mapping
from typing import NamedTuple

from ledger.drawings.numbers import ABSENT
from ledger.drawings.sankey.labels import PLAIN, Texts
from ledger.drawings.sankey.model import KINDS, Kind, Sankey, SankeyNode


class TableCell(NamedTuple):
    """`exact`: the value in kg, None if it does not exist; `text`: as it is written, in the unit of the table."""

    exact: float | None
    text: str


class SankeyRow(NamedTuple):
    """A node: its name and who did it, and the amounts that arrive, are added by kind, leave, and are in question."""

    node: SankeyNode
    name: str
    holder: str
    href: str | None
    received: TableCell
    added: Mapping[Kind, TableCell]
    leaves: TableCell
    questioned: TableCell


class SankeyTable(NamedTuple):
    """`kinds`: the columns of added amounts that have any. `sums`: of each of them; they sum to `total`."""

    unit: str
    kinds: tuple[Kind, ...]
    rows: tuple[SankeyRow, ...]
    sums: Mapping[Kind, TableCell]
    total: TableCell
    questioned: TableCell


def sankey_table(sankey: Sankey, texts: Texts = PLAIN) -> SankeyTable:
    """The table that stands beside a drawing."""
    scale = texts.scale_of(sankey)

    def cell(amount: float | None) -> TableCell:
        return TableCell(None, ABSENT) if amount is None else TableCell(amount, scale.text(amount))

    kinds = tuple([kind for kind in KINDS if any(kind in node.added for node in sankey.nodes)])
    rows = [
        SankeyRow(
            node, texts.name_of(node), node.holder, texts.href(node),
            cell(node.received + node.received_negative if node.received or node.received_negative else None),
            {kind: cell(node.added.get(kind)) for kind in kinds}, cell(node.value), cell(node.in_question or None),
        )
        for node in sankey.nodes
    ]
    sums = {kind: cell(sum([node.added.get(kind, 0.0) for node in sankey.nodes])) for kind in kinds}
    return SankeyTable(scale.unit, kinds, tuple(rows), sums, cell(sankey.total), cell(sankey.questioned or None))
