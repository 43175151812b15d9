"""Goods that leave the ledger beside the processes of a group.

Whoever machines a bar of 1000 t can state 301 t as the input and write off the rest: the parts then have a third of
their burden, and they are sold before anybody can ask. So goods that the group's processes take leave by a document,
and so do goods that the group made and nobody bought, except for products that it uses itself. Traders, offices and
end users run no process and need no document. A group that took such goods off without a document, and then
begins to process them, has its processes questioned by the kilograms
(`ledger.engine.inventory.undocumented_stock`), until a stocktaking shows its stock. No amount is too small: a limit
could be used again and again.

A note about waste is no document for goods of one's own: matter that was waste from the beginning never carried a
burden, so the record that made it is amended.

A delivery that arrives short is the receiver's loss within the tolerance of its sender. Two companies can agree on any
tolerance, so only a tenth of a delivery may be lost in this way, as by a standing acceptance. Within a group, whose
companies could hand stock to and fro until it is gone, a hundredth may be: two weighbridges differ by less. For more,
the receiver accepts the whole and writes the rest off. Lines and pipes lose power and heat, for which there is no such
limit.

Services are rendered or not made at all: nobody can lose tonne kilometres or hours. A lot of a service that is lost
takes burdens with it, which belong to the services that were rendered.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.admission.checks.goods import (
    GOODS,
    SOLD,
    TAKEN,
    UNSHOWN,
    goods_subjects,
    like_subjects,
    sold_subjects,
)
from ledger.admission.facts import Facts, LotFacts, ProductFacts, counted_at
from ledger.admission.lots import Plan, part_of_mass
from ledger.admission.standing import LARGEST_TOLERANCE
from ledger.admission.state import State
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Acceptance, AnyRecord, Consumption, Transformation
from ledger.core.record.redacted import is_residue
from ledger.core.record.units import UNITS, convert, plain
from ledger.core.record.values import SALE_DOCUMENTS, STOCK_DOCUMENTS, WASTE_DOCUMENTS, Evidence, Flow
from ledger.errors import Refused

CODE: Final = "write-off-undocumented"
VANISHING: Final = ("loss", "stockCorrection", "disposed", "ownUse")
"""Purposes by which goods go nowhere."""
WRITE_OFFS: Final = (*SOLD, "finalUse", *VANISHING)
"""Purposes by which goods leave the ledger with their burden."""
SERVICES: Final = ("freight", "time")
"""Dimensions of units that count services."""
_ENERGY: Final = "energy"
_LARGEST_WITHIN: Final = Decimal("0.01")
"""Of a delivery within a group; own judgement."""
_VANISHED: Final = ("loss", "disposed", "stockCorrection")
_STOCKTAKING: Final = "stocktaking"
_NOTHING: Final = Decimal(0)
Totals = Mapping[tuple[str, str], Decimal]


class _LeavingGoods(NamedTuple):
    """Goods that a record takes. `place`: of the input."""

    place: int
    lot: LotFacts
    product: ProductFacts
    kilograms: Decimal


def check_documented(record: Consumption, state: State) -> None:
    """Raises Refused for goods that lack a document which they need."""
    if record.purpose not in WRITE_OFFS:
        return
    group = state.group(record.issuer, record.time)
    for part in _goods(record.issuer, record.inputs, state):
        own = _made(part, record, state)
        kinds = documents_for(record.purpose, own=own)
        if is_shown(record.evidence, kinds):
            continue
        if own and record.purpose in VANISHING and (record.purpose != "ownUse" or part.lot.role != "product"):
            raise _undocumented(part, record.purpose, "the issuer's group made it", kinds)
        if any((group, f"{TAKEN}{one}") in state.group_goods for one in like_subjects(part.product)):
            raise _undocumented(part, record.purpose, "processes of the issuer's group take such goods", kinds)


def check_services(record: AnyRecord, planned: Plan) -> None:
    """Refuses a consumption by which a service vanishes."""
    if not isinstance(record, Consumption) or record.purpose not in _VANISHED:
        return
    for i, taken in enumerate(planned.taken):
        if UNITS[taken.lot.unit].dimension in SERVICES:
            raise Refused(
                f"inputs[{i}]: {taken.quantity} {taken.lot.unit} of a service cannot vanish by {record.purpose}",
                code="service-lost", field="purpose", value=record.purpose,
                rule="if nobody rendered the service, amend the record that made it; else it was sold or used",
            )


def check_arrived(record: AnyRecord, planned: Plan, facts: Facts) -> None:
    """Refuses an acceptance by which more than a tenth of a delivery vanishes, or a hundredth within a group."""
    if not isinstance(record, Acceptance) or planned.created:
        return
    for lot, lost, _ in planned.taken:
        inside = facts.one_group(facts.transfers[record.transfer].issuer, record.issuer, lot.since or lot.made or "")
        most = _LARGEST_WITHIN if inside else LARGEST_TOLERANCE
        if UNITS[lot.unit].dimension != _ENERGY and lost > CONTEXT.multiply(lot.quantity, most):
            raise Refused(
                f"received: {plain(lost)} of {plain(lot.quantity)} {lot.unit} would be lost on the way",
                code="lost-on-the-way", field="received", value=record.received,
                rule=f"at most {LARGEST_TOLERANCE} of a delivery is lost on the way, {_LARGEST_WITHIN} within a group; "
                     "else accept all of it and take the rest off by a consumption with a document (loss), or "
                     "dispute it",
            )


def documents_for(purpose: str, *, own: bool) -> tuple[str, ...]:
    """The kinds of documents that show where goods went. `own`: goods that the issuer's group made."""
    if purpose in SOLD:
        return SALE_DOCUMENTS
    if purpose == "finalUse":
        return (*STOCK_DOCUMENTS, *SALE_DOCUMENTS)
    return (*STOCK_DOCUMENTS, *WASTE_DOCUMENTS) if purpose == "disposed" and not own else STOCK_DOCUMENTS


def is_shown(evidence: Sequence[Evidence], kinds: Sequence[str]) -> bool:
    """Whether a document is of one of these kinds, alone or before a colon and its subject."""
    return any(one.kind.partition(":")[0] in kinds for one in evidence)


def written_off(record: Consumption, state: State) -> Totals:
    """The totals of goods without a document as they are after a consumption. A stocktaking shows how much is there,
    so it ends the totals of like goods."""
    if record.purpose not in WRITE_OFFS:
        return {}
    groups, totals = state.groups(record.issuer, record.time), dict[tuple[str, str], Decimal]()
    counted = is_shown(record.evidence, (_STOCKTAKING,))
    for part in _goods(record.issuer, record.inputs, state):
        if counted:
            subjects = itertools.product(groups, goods_subjects(part.product).unshown)
            totals.update({one: _NOTHING for one in subjects if state.group_goods.get(one)})
        elif not is_shown(record.evidence, documents_for(record.purpose, own=_made(part, record, state))):
            for group, subject in itertools.product(groups, sold_subjects(part.product)):
                key = group, f"{UNSHOWN}{subject}"
                before = totals.get(key, state.group_goods.get(key, _NOTHING))
                totals[key] = CONTEXT.add(before, part.kilograms)
    return totals


def note_totals(facts: Facts, totals: Totals) -> None:
    """Enters totals of goods, and which organisations have a total of goods without a document: few have one."""
    facts.group_goods.update(totals)
    facts.unshown.update([organization for organization, subject in totals if subject.startswith(UNSHOWN)])


def first_taken(record: Transformation, state: State) -> Totals:
    """The totals that begin with a process: it is the first that takes such goods, of the issuer and those that control
    it or, under tolling, of their owner and those that control that one."""
    totals, own = dict[tuple[str, str], Decimal](), state.groups(record.issuer, record.end)
    for i, flow in enumerate(record.inputs):
        lot = state.lot_named(flow.lot, record.issuer)
        product = None if lot is None or lot.role not in GOODS else state.product_of(lot)
        if lot is None or product is None:
            continue
        groups = own if lot.owner is None else dict.fromkeys((*own, *state.groups(lot.owner, record.end)))
        missing = [one for one in itertools.product(groups, goods_subjects(product).taken)
                   if one not in state.group_goods]
        part = _leaving(i, flow, lot, product) if missing else None
        if part is not None:
            totals.update({key: CONTEXT.add(totals.get(key, _NOTHING), part.kilograms) for key in missing})
    return totals


def check_amended(
    old: AnyRecord, new: AnyRecord, plans: tuple[Plan, Plan], facts: Facts, field: str
) -> None:
    """Refuses an amendment that takes more goods off the ledger without a document than the record did, or by which a
    process takes goods of another kind without one: earlier write-offs did not reckon with it. `plans`: of the
    old and of the new reading."""
    if is_residue(new):
        return
    if isinstance(old, Consumption) and isinstance(new, Consumption) and new.purpose in WRITE_OFFS:
        before = _undocumented_goods(old, plans[0], facts)
        for product, kilograms in _undocumented_goods(new, plans[1], facts).items():
            most = before.get(product, _NOTHING)
            if kilograms > most:
                raise Refused(
                    f"{field}: {plain(kilograms)} kg of {product!r} without a document are more than {plain(most)} kg, "
                    "as the record has them so far", code=CODE, field=field, value=plain(kilograms),
                    rule=f"{_rule(documents_for(new.purpose, own=False))}; or a further record of the rest",
                )
    elif isinstance(new, Transformation) and not is_shown(new.evidence, STOCK_DOCUMENTS):
        known = {one for product in _products(plans[0], facts) for one in like_subjects(product)}
        for other in _products(plans[1], facts):
            if known.isdisjoint(like_subjects(other)):
                raise Refused(
                    f"{field}: the record took no goods like {other.id!r} so far", code=CODE, field=field,
                    value=other.id, rule=_rule(STOCK_DOCUMENTS),
                )


def _undocumented_goods(record: Consumption, plan: Plan, facts: Facts) -> dict[str, Decimal]:
    """Kg of goods that a consumption takes without a document, by product."""
    totals = dict[str, Decimal]()
    for lot, _, mass in plan.taken:
        product = facts.product_of(lot)
        if lot.role not in GOODS or not mass or product is None:
            continue
        if not is_shown(record.evidence, documents_for(record.purpose, own=False)):
            totals[product.id] = CONTEXT.add(totals.get(product.id, _NOTHING), mass)
    return totals


def _made(part: _LeavingGoods, record: Consumption, facts: Facts) -> bool:
    """Whether a process of the issuer's group has made goods of the product."""
    product, at = part.product, counted_at(record.time, part.lot)
    return product.id in facts.made_goods and facts.one_group(product.owner, record.issuer, at)


def _products(plan: Plan, facts: Facts) -> list[ProductFacts]:
    """The products of the goods with a mass that a plan takes."""
    named = [facts.product_of(lot) for lot, _, mass in plan.taken if lot.role in GOODS and mass]
    return [product for product in named if product is not None]


def _goods(issuer: str, flows: Sequence[Flow], facts: Facts) -> Iterator[_LeavingGoods]:
    """The goods with a mass among the inputs of an admitted record."""
    for i, flow in enumerate(flows):
        lot = facts.lot_named(flow.lot, issuer)
        if lot is None or lot.role not in GOODS or not lot.mass:
            continue
        product = facts.product_of(lot)
        part = None if product is None else _leaving(i, flow, lot, product)
        if part is not None:
            yield part


def _leaving(place: int, flow: Flow, lot: LotFacts, product: ProductFacts) -> _LeavingGoods | None:
    """The goods that an input takes; None without a mass."""
    mass = part_of_mass(lot, convert(flow.quantity.amount, flow.quantity.unit, lot.unit, "inputs"))
    return _LeavingGoods(place, lot, product, mass) if mass else None


def _undocumented(part: _LeavingGoods, purpose: str, why: str, kinds: Sequence[str]) -> Refused:
    return Refused(
        f"inputs[{part.place}]: {plain(part.kilograms)} kg of {part.lot.id!r} leave the ledger ({purpose}) without a "
        f"document, and {why}", code=CODE, field="evidence", value=purpose, rule=_rule(kinds),
    )


def _rule(kinds: Sequence[str]) -> str:
    return f"a document in `evidence` that shows where the goods went, of one of the kinds {' '.join(kinds)}"
