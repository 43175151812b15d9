"""Goods of a group that come back to it: declared again as goods from elsewhere, or as waste that was collected.

Whoever sells goods outside of the ledger can declare them again with a better figure. So after such a sale, a like good
that the group declares is questioned below the default of its material, up to the kilograms that were sold, unless a
document shows where it was bought. Whoever makes a good can declare unused pieces as collected waste, without burden.
So waste of a product that the group itself made or declared as a good needs a document about an end user.

Opening stock is from before the ledger. Beside goods that the group has made on the ledger, it would be a way to give
them another figure: from then on it is questioned below the default of its material, unless a document shows the stock.

Each finding is on the log even where a document answers it: it holds the kilograms from before the declaration, by
which an amendment is judged.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from msgspec.structs import replace

from ledger.admission.checks.goods import NOTHING, EarlierGoods, returned
from ledger.admission.facts import Facts, LotFacts
from ledger.admission.lots import Plan
from ledger.admission.provenance.dates import SHOW_AGE
from ledger.core.outcome.assessment import Assessment, Finding, Reference
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Declaration
from ledger.core.record.values import Evidence
from ledger.engine.end_of_waste.lives import END_USER
from ledger.engine.inventory.undocumented_stock import unshown_in
from ledger.engine.references import Purchase, ranges_of_lot

SOLD: Final = "sold-outside-before"
OWN: Final = "own-goods-collected"
LATE: Final = "opening-after-production"
OF_GROUP: Final = (SOLD, OWN, LATE)
"""Findings that depend on the goods of the issuer's group."""
PURCHASE: Final = (
    "purchaseInvoice", "invoice", "purchaseContract", "deliveryNote", "deliveryNotes", "goodsReceipt", "waybill",
    "billOfLading", "customsDeclaration",
)
"""Kinds of documents, alone or before a colon and their subject, that show where goods were bought."""
COLLECTION: Final = (*END_USER, "municipalContract")
"""Kinds of documents that show whose waste it was."""
COUNTED: Final = ("stocktaking", *SHOW_AGE)
"""Kinds of documents, alone or before a colon and their subject, that show stock from before the ledger."""
_ONE: Final = Decimal(1)


class DeclaredAgain(NamedTuple):
    """The ranges of the declared lot in place of the ones so far, and the findings."""

    references: tuple[Reference, ...]
    findings: tuple[Finding, ...] = ()


def declared_again(
    record: Declaration, lot: LotFacts, references: Sequence[Reference], facts: Facts, purchase: Purchase | None
) -> DeclaredAgain:
    """`references`: the ranges of the declared lot so far. `buying`: None if no factor set is in force."""
    before = returned(record, facts)
    if not lot.mass:
        return DeclaredAgain(tuple(references))
    if lot.role == "product":
        again = DeclaredAgain(tuple(references))
        again = _sold(record, lot.mass, before.sold, references) if before.sold else again
        return _opened(record, again) if before.made is None else again
    if before.made == 0:
        return DeclaredAgain(tuple(references))
    mass = lot.mass if before.made is None else min(lot.mass, before.made)
    shown = _is_shown(record.evidence, COLLECTION)
    asked = [] if shown or purchase is None else ranges_of_lot(0, lot, mass, purchase)
    finding = Finding(
        code=OWN, severity="note", output=0, value=before.made, unit=None if before.made is None else "KGM",
        message="the group that collects this waste has made goods of this product: "
                + ("a document shows an end user" if shown else "no document shows an end user"),
    )
    return DeclaredAgain((*references, *[replace(one, code=OWN) for one in asked]), (finding,))


def _sold(
    record: Declaration, mass: Decimal, sold: Decimal, references: Sequence[Reference]
) -> DeclaredAgain:
    shown = _is_shown(record.evidence, PURCHASE)
    finding = Finding(
        code=SOLD, severity="note", output=0, value=sold, unit="KGM",
        message=f"the group sold {sold:f} kg of like goods outside before: "
                + ("a document shows a purchase" if shown else "no document shows a purchase"),
    )
    part = min(_ONE, CONTEXT.divide(sold, mass))
    asked = references if shown else [replace(one, part=part, code=one.code or SOLD) for one in references]
    return DeclaredAgain(tuple(asked), (finding,))


def _opened(record: Declaration, again: DeclaredAgain) -> DeclaredAgain:
    """`again`, with the ranges of opening stock of a product that the group has made before."""
    shown = _is_shown(record.evidence, COUNTED)
    finding = Finding(
        code=LATE, severity="note", output=0,
        message="opening stock of a product that the group has made on the ledger before: "
                + ("a document shows the stock" if shown else "no document shows the stock"),
    )
    asked = again.references if shown else [
        replace(one, low=one.default, code=one.code or LATE) for one in again.references]
    return DeclaredAgain(tuple(asked), (*again.findings, finding))


def returned_in(assessment: Assessment, plan: Plan) -> EarlierGoods:
    """The totals from before a record, by its committed assessment and the plan that it is about."""
    before = NOTHING._replace(unshown=unshown_in(assessment, plan))
    for finding in assessment.findings:
        if finding.code == SOLD and finding.value is not None:
            before = before._replace(sold=finding.value)
        elif finding.code == OWN:
            before = before._replace(made=finding.value)
        elif finding.code == LATE:
            before = before._replace(made=None)
    return before


def _is_shown(evidence: Sequence[Evidence], kinds: Sequence[str]) -> bool:
    return any(document.kind.partition(":")[0] in kinds for document in evidence)
