"""Stock that a group took off the ledger without a document before its processes took such goods.

Goods that are written off before the first process look like a trader's; if processes take like goods later, they may
have taken the rest as well. So each of them is questioned by the default of the kilograms that went, at most
of those that it can have cut off: milling cuts off up to 95 % of its bars. A document about the stock of the record
answers, and a stocktaking ends the question for later records (`ledger.admission.checks.write_offs`).

A documented write-off has a note with its documents, so that inventories and reports of the site show them.
"""

from collections.abc import Iterator
from decimal import Decimal, localcontext
from typing import Final

from ledger.admission.checks.goods import like_subjects, returned
from ledger.admission.checks.write_offs import WRITE_OFFS, documents_for, is_shown
from ledger.admission.facts import Facts
from ledger.admission.lots import Plan
from ledger.core.outcome.assessment import Assessment, Finding
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Consumption, Transformation
from ledger.core.record.units import plain
from ledger.core.record.values import STOCK_DOCUMENTS
from ledger.engine.bounds.process import short
from ledger.engine.references import Purchase, ranges_of_lot
from ledger.sdk import PRODUCT_ROLES

UNSHOWN: Final = "stock-without-document"
SHOWN: Final = "stock-written-off"
_CUT_OFF: Final = Decimal(19)
"""Kg that a process cuts off at most, for each kg that stays."""
_LONGEST: Final = 255
_NOTHING: Final = Decimal(0)


def undocumented_stock(record: Transformation, plan: Plan, facts: Facts, purchase: Purchase | None) -> list[Finding]:
    """A finding for each input of which the group took like goods off the ledger without a document. `buying`: None if
    no factor set is in force."""
    before = dict(returned(record, facts).unshown)
    if not before:
        return []
    shown, findings, left = is_shown(record.evidence, STOCK_DOCUMENTS), list[Finding](), dict[frozenset[str], Decimal]()
    for i, (lot, _, mass) in enumerate(plan.taken):
        product = facts.product_of(lot)
        if lot.role not in PRODUCT_ROLES or not mass or product is None:
            continue
        like = frozenset(like_subjects(product))
        went = max([kilograms for name, kilograms in before.items() if _alike(name, product.id, like, facts)],
                   default=_NOTHING)
        if not went:
            continue
        asked = min(left.get(like, went), CONTEXT.multiply(mass, _CUT_OFF))
        left[like] = CONTEXT.subtract(left.get(like, went), asked)
        amount = None if shown or not asked or purchase is None else _amount(purchase, i, asked)
        findings.append(Finding(
            code=UNSHOWN, severity="note" if shown else "warning", taken=i, value=went, unit="KGM", amount=amount,
            message=(f"{plain(went)} kg of goods like {lot.id} went without a document before: "
                     + ("a document shows the stock" if shown else "the process may have taken them"))[:_LONGEST],
        ))
    return findings


def unshown_in(assessment: Assessment, plan: Plan) -> tuple[tuple[str, Decimal], ...]:
    """The products of a transformation's inputs, with the kilograms that had gone before, by its committed
    assessment."""
    return tuple([
        (plan.taken[one.taken].lot.product, one.value) for one in assessment.findings
        if one.code == UNSHOWN and one.taken is not None and one.value is not None
    ])


def shown_write_offs(record: Consumption, plan: Plan) -> Iterator[Finding]:
    """A note on the documents of goods that leave the ledger."""
    goods = [mass for lot, _, mass in plan.taken if lot.role in PRODUCT_ROLES and mass]
    if record.purpose not in WRITE_OFFS or not goods:
        return
    kinds = (*documents_for(record.purpose, own=True), *documents_for(record.purpose, own=False))
    documents = [f"{one.kind} {one.digest[:16]}" for one in record.evidence if is_shown([one], kinds)]
    if documents:
        with localcontext(CONTEXT):
            kilograms = short(sum(goods, _NOTHING))
        yield Finding(
            code=SHOWN, severity="note", value=kilograms, unit="KGM",
            message=f"{kilograms:f} kg of goods left ({record.purpose}) by: {', '.join(documents)}"[:_LONGEST],
        )


def _alike(name: str, product: str, like: frozenset[str], facts: Facts) -> bool:
    """Whether a product is like another one, of which `like` are the subjects."""
    other = facts.products.get(name)
    return name == product or (other is not None and any(
        not like.isdisjoint(like_subjects(edition)) for edition in (other, *other.editions)))


def _amount(purchase: Purchase, taken: int, kilograms: Decimal) -> Decimal | None:
    """Kg CO2e of goods like an input, by their default; None if the sets have no default."""
    lot = purchase.plan.taken[taken].lot
    ranges = ranges_of_lot(0, lot, kilograms, purchase)
    with localcontext(CONTEXT):
        return short(sum([one.mass * one.default for one in ranges], _NOTHING)) if ranges else None
