"""The results of a record by the leaves of its outcome: its lots, default prices, omissions and findings."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ledger.core.outcome.assessment import NOTHING, QUESTIONED, Assessment
from ledger.core.outcome.leaves import AnyLeaf, AssessmentLeaf, LotLeaf, RevisionLeaf, leaf_bytes, read
from ledger.core.record.values import Quantity
from ledger.footprint.derived.completeness import doubtful_of, referenced
from ledger.footprint.derived.findings import StatedFinding, stated_in
from ledger.footprint.stored.burdens import footprint, vector_of

_assessment = msgspec.json.Decoder(Assessment)
_leaf: msgspec.json.Decoder[AnyLeaf] = msgspec.json.Decoder(AnyLeaf)


class LotBrief(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A lot that a record makes; `footprint` is kg CO2e of the whole lot, `questioned` the part that may be missing.
    `title`: of the figure, if the limit of titles is known."""

    lot: str
    product: str
    quantity: Quantity
    holder: str
    role: str
    footprint: float
    questioned: float = 0.0
    burdens: dict[str, float] = {}
    plugin: str | None = None
    title: str | None = None


class PricedBrief(Struct, frozen=True, kw_only=True):
    """A supply that a factor set priced: its material, and the row as `set@version:row`."""

    material: str
    factor: str


class OmissionBrief(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of the upstream that the figure leaves out; `estimate` in kg CO2e. `nearest`: the most similar names that
    factor sets know."""

    what: str
    estimate: float | None = None
    nearest: list[str] = []


class RecordResults(Struct, frozen=True, kw_only=True):
    """The results of a record. `restated`: the number of records that an amendment or closing restates. `accepted_by`:
    log index of the standing acceptance that accepts a transfer. `activation`: log index of the newest activation when
    the record was assessed; None if its outcome does not state it."""

    lots: list[LotBrief]
    priced: list[PricedBrief]
    omitted: list[OmissionBrief]
    findings: list[StatedFinding]
    restated: int
    assessment: Assessment
    accepted_by: int | None = None
    activation: int | None = None


def results_of(log_index: int, leaves: Sequence[bytes]) -> RecordResults:
    """The results to which the shown leaves commit. Raises MsgspecError or ValueError for a leaf that cannot be
    read."""
    decoded = [_leaf.decode(leaf) for leaf in leaves]
    first = next((leaf for leaf in decoded if isinstance(leaf, AssessmentLeaf)), None)
    assessment = NOTHING if first is None else _assessment.decode(first.assessment)
    priced = dict.fromkeys([
        (line.source, line.factor) for line in assessment.lines if line.factor is not None and line.value is not None
    ])
    return RecordResults(
        lots=[lot_brief(leaf) for leaf in decoded if isinstance(leaf, LotLeaf)],
        priced=[PricedBrief(material=material, factor=factor) for material, factor in priced],
        omitted=[
            OmissionBrief(what=one.what, estimate=None if one.estimate is None else float(one.estimate))
            for one in assessment.omissions
        ],
        findings=findings_of(log_index, first),
        restated=sum([isinstance(leaf, RevisionLeaf) for leaf in decoded]),
        assessment=assessment,
        accepted_by=None if first is None else first.accepted_by,
        activation=None if first is None else first.activation,
    )


def titled(results: RecordResults, limit: float) -> list[LotBrief]:
    """The lots of a record with the titles of their figures. `limit`: of the title when the record was assessed."""
    return [
        replace(lot, title=doubtful_of(
            vector_of(lot.burdens), limit, referenced=referenced(results.assessment, position)).title)
        for position, lot in enumerate(results.lots)
    ]


def findings_of(log_index: int, leaf: AssessmentLeaf | None) -> list[StatedFinding]:
    """The findings to which leaf 0 of a record commits, the largest amounts first; empty if the leaf is not shown.
    Raises MsgspecError if the leaf cannot be read."""
    return [] if leaf is None else stated_in(log_index, [leaf_bytes(leaf)])


def lot_brief(leaf: LotLeaf) -> LotBrief:
    burdens = read(leaf.burdens)
    return LotBrief(
        lot=leaf.lot, product=leaf.product, quantity=leaf.quantity, holder=leaf.holder, role=leaf.role,
        footprint=footprint(vector_of(burdens)), questioned=burdens.get(QUESTIONED, 0.0), burdens=burdens,
        plugin=leaf.plugin,
    )
