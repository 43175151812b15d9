"""Summaries of receipts."""

from functools import cache

import msgspec
from msgspec import Struct

from ledger.core.outcome.assessment import NOTHING, QUESTIONED, Assessment, Omission
from ledger.core.outcome.leaves import AnyLeaf, AssessmentLeaf, LotLeaf, leaf_bytes, read
from ledger.core.receipts.acknowledgement import Acknowledgement
from ledger.core.receipts.receipt import Receipt
from ledger.core.record.values import Quantity
from ledger.errors import ConfigurationError, LedgerError
from ledger.footprint.derived.findings import StatedFinding, stated_in
from ledger.footprint.stored.burdens import footprint, vector_of
from ledger.registry.installed import factor_sets
from ledger.sdk import FactorSetVersion
from ledger.sdk.sets.lookup import nearest

_assessment = msgspec.json.Decoder(Assessment)
_leaf: msgspec.json.Decoder[AnyLeaf] = msgspec.json.Decoder(AnyLeaf)


class LotBrief(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A lot that a record made; `footprint` is kg CO2e of the whole lot, `questioned` the part that may be missing."""

    lot: str
    product: str
    quantity: Quantity
    holder: str
    role: str
    footprint: float
    questioned: float = 0.0
    burdens: dict[str, float] = {}
    plugin: str | None = None


class PricedBrief(Struct, frozen=True, kw_only=True):
    """A supply that a factor set priced: its material, and the row as `set@version:row`."""

    material: str
    factor: str


class OmissionBrief(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of the upstream that the figure leaves out; `estimate` in kg CO2e. `nearest`: the most similar names that
    the factor sets installed here know."""

    what: str
    estimate: float | None = None
    nearest: list[str] = []


class Brief(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A receipt without its proofs: the lots, the default prices, the omissions and the findings of a record."""

    index: int
    digest: str
    lots: list[LotBrief]
    priced: list[PricedBrief] = []
    omitted: list[OmissionBrief] = []
    findings: list[StatedFinding] = []


def brief(receipt: Receipt | Acknowledgement) -> Brief:
    """The claims of a receipt, without any check of its proofs. Raises LedgerError if a leaf cannot be read."""
    try:
        leaves = [_leaf.decode(shown.leaf) for shown in receipt.leaves]
        lots = [lot_brief(leaf) for leaf in leaves if isinstance(leaf, LotLeaf)]
        first = next((leaf for leaf in leaves if isinstance(leaf, AssessmentLeaf)), None)
        findings = findings_of(receipt.index, first)
        assessment = NOTHING if first is None else _assessment.decode(first.assessment)
    except (msgspec.MsgspecError, ValueError) as error:
        raise LedgerError(f"the receipt of record {receipt.digest} cannot be read: {error}",
                          code="unexpected-answer") from error
    priced = dict.fromkeys([
        (line.source, line.factor) for line in assessment.lines if line.factor is not None and line.value is not None
    ])
    return Brief(
        index=receipt.index, digest=receipt.digest, lots=lots,
        priced=[PricedBrief(material=material, factor=factor) for material, factor in priced],
        omitted=[_omission(one) for one in assessment.omissions],
        findings=findings,
    )


def findings_of(log_index: int, leaf: AssessmentLeaf | None) -> list[StatedFinding]:
    """The findings to which leaf 0 of a record commits, the largest amounts first; empty if the leaf is not shown.
    Raises MsgspecError if the leaf cannot be read."""
    return [] if leaf is None else stated_in(log_index, [leaf_bytes(leaf)])


def _omission(omission: Omission) -> OmissionBrief:
    estimate = None if omission.estimate is None else float(omission.estimate)
    return OmissionBrief(what=omission.what, estimate=estimate, nearest=nearest(_newest_sets(), omission.what))


@cache
def _newest_sets() -> tuple[FactorSetVersion, ...]:
    """The newest version of each factor set that is installed here; empty if a set cannot be loaded."""
    try:
        return tuple([one.newest for one in factor_sets()])
    except ConfigurationError:
        return ()


def lot_brief(leaf: LotLeaf) -> LotBrief:
    burdens = read(leaf.burdens)
    return LotBrief(
        lot=leaf.lot, product=leaf.product, quantity=leaf.quantity, holder=leaf.holder, role=leaf.role,
        footprint=footprint(vector_of(burdens)), questioned=burdens.get(QUESTIONED, 0.0), burdens=burdens,
        plugin=leaf.plugin,
    )
