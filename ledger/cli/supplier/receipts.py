"""Summaries of receipts."""

import msgspec
from msgspec import Struct

from ledger.core.outcome.leaves import AnyLeaf, LotLeaf, read
from ledger.core.receipts.acknowledgement import Acknowledgement
from ledger.core.receipts.receipt import Receipt
from ledger.core.record.values import Quantity
from ledger.errors import LedgerError
from ledger.footprint.stored.burdens import footprint, vector_of

_leaf: msgspec.json.Decoder[AnyLeaf] = msgspec.json.Decoder(AnyLeaf)


class LotBrief(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A lot that a record made; `footprint` is kg CO2e of the whole lot."""

    lot: str
    product: str
    quantity: Quantity
    holder: str
    role: str
    footprint: float
    burdens: dict[str, float] = {}
    plugin: str | None = None


class Brief(Struct, frozen=True, kw_only=True):
    """A receipt without its proofs."""

    index: int
    digest: str
    lots: list[LotBrief]


def brief(receipt: Receipt | Acknowledgement) -> Brief:
    """The claims of a receipt, without any check of its proofs. Raises LedgerError if a leaf cannot be read."""
    try:
        leaves = [_leaf.decode(shown.leaf) for shown in receipt.leaves]
        lots = [lot_brief(leaf) for leaf in leaves if isinstance(leaf, LotLeaf)]
    except (msgspec.MsgspecError, ValueError) as error:
        raise LedgerError(f"the receipt of record {receipt.digest} cannot be read: {error}",
                          code="unexpected-answer") from error
    return Brief(index=receipt.index, digest=receipt.digest, lots=lots)


def lot_brief(leaf: LotLeaf) -> LotBrief:
    burdens = read(leaf.burdens)
    return LotBrief(
        lot=leaf.lot, product=leaf.product, quantity=leaf.quantity, holder=leaf.holder, role=leaf.role,
        footprint=footprint(vector_of(burdens)), burdens=burdens, plugin=leaf.plugin,
    )
