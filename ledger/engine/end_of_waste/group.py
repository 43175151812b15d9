"""Scrap of the issuer's own group (ISO 14021, 7.8.1.1: scrap that a process can take back is no recycled content).

The process that made it takes it back without a claim. Another process of the same group, or a toller who works for its
owner, turns it into recycled content that is in question, unless a document about the recycled content is there.
"""

from collections.abc import Sequence
from typing import Final

from ledger.admission.facts import Facts, LotFacts, counted_at
from ledger.admission.lots import Plan
from ledger.core.outcome.assessment import Assessment, Finding
from ledger.core.record.kinds import Transformation
from ledger.core.record.values import Evidence
from ledger.engine.end_of_waste.recycled import PROOF, shows_content

CODE: Final = "group-scrap"
_LONGEST: Final = 255


def scrap_of_group(record: Transformation, plan: Plan, facts: Facts) -> list[Finding]:
    """A finding for each input that is pre-consumer scrap of the issuer's group, or of the group that owns it."""
    maker = (record.facility, record.process)
    return [
        Finding(
            code=CODE, taken=i,
            message=f"scrap of the same group is no recycled content, unless a document of kind {PROOF} shows it: "
                    f"{lot.id}"[:_LONGEST],
        )
        for i, (lot, _, _) in enumerate(plan.taken)
        if lot.maker != maker and _own(lot, record, facts) and not _shown(record.evidence, lot, facts)
    ]


def questioned_inputs(assessment: Assessment) -> frozenset[int]:
    """The inputs whose recycled content is in question, by a committed assessment."""
    return frozenset([one.taken for one in assessment.findings if one.code == CODE and one.taken is not None])


def _own(lot: LotFacts, record: Transformation, facts: Facts) -> bool:
    """Whether the group itself made this scrap. Its product says who made it: a transfer keeps the product. Scrap that
    was declared came from elsewhere; a pool does not tell."""
    if lot.role != "waste" or lot.origin != "preConsumer" or (lot.maker is None and lot.pool is None):
        return False
    product = facts.product_of(lot)
    at = counted_at(record.end, lot)
    return product is not None and any(
        facts.one_group(product.owner, one, at) for one in (record.issuer, lot.owned_by))


def _shown(evidence: Sequence[Evidence], lot: LotFacts, facts: Facts) -> bool:
    return shows_content(evidence, list(facts.composition(lot).materials))
