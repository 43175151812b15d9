"""Goods of a group of organisations, by kilograms: declared, and sold outside of the ledger.

Goods that left the ledger can come back under another name: as goods from elsewhere, or as waste that was collected. So
the state has running totals of each group. A record raises the totals of its issuer and of each organisation that
controls it; a rule reads the totals of the organisation that controls all others (`Facts.group`). So whoever leaves a
group keeps the totals of its own goods and of all that it controls, and the group keeps the totals of the time before.
Goods are like each other if their codes agree in four digits, or if they consist of the same material for the most part
and one of them has no code.
Totals only grow: another declaration or a withdrawal does not make a sale undone. Only a stocktaking ends the total of
goods that went without a document.
"""

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache, reduce
from typing import Final, NamedTuple

from ledger.admission.facts import Facts, LotFacts, ProductFacts
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import AnyRecord, Declaration, Transformation
from ledger.core.record.units import plain

SOLD: Final = ("soldOutside", "exported")
"""Purposes of consumptions by which goods leave the ledger and go on elsewhere."""
GOODS: Final = ("product", "coProduct", "byProduct")
TAKEN: Final = "taken:"
"""Before a subject: goods that a process of the group took. The total begins with the first one, and does not grow."""
UNSHOWN: Final = "unshown:"
"""Before a subject: goods that the group took off the ledger without a document."""
HANDED_ON: Final = "handedOn:"
"""Before a product: goods of others that its owner handed on under the product. The total is of its owner, and of the
newest such record."""
_CODE: Final = 4
_MOST: Final = Decimal("0.5")
_NOTHING: Final = Decimal(0)


class EarlierGoods(NamedTuple):
    """Totals of the group of a record's issuer from before it. Of a declaration, `sold`: kg of like goods that it sold
    outside; `made`: kg of the product that it declared as a good, or None if it has made the product, in any amount; of
    opening stock, whether it has made the product (None) or not (0).
    Of a transformation, `unshown`: products of its inputs, with kg of like goods that went without a document."""

    sold: Decimal = _NOTHING
    made: Decimal | None = _NOTHING
    unshown: tuple[tuple[str, Decimal], ...] = ()


NOTHING: Final = EarlierGoods()


class GoodsSubjects(NamedTuple):
    """The subjects of totals that concern a product. `sold`: raised by its sale; `like`: of goods like it; `taken`:
    raised by a process that takes it; `unshown`: of goods like it that went without a document."""

    sold: tuple[str, ...]
    like: tuple[str, ...]
    taken: tuple[str, ...]
    unshown: tuple[str, ...]


def goods_subjects(product: ProductFacts) -> GoodsSubjects:
    return _subjects(product.id, product.codes, tuple(product.composition.materials.items()))


@lru_cache(maxsize=4096)
def _subjects(product: str, codes: tuple[str, ...], materials: tuple[tuple[str, str], ...]) -> GoodsSubjects:
    """Every record that takes goods asks for their subjects, so they are kept."""
    code = max(codes, key=len, default="")[:_CODE]
    main, share = max(materials, key=lambda one: Decimal(one[1]), default=("", "0"))
    material = main if Decimal(share) >= _MOST else ""
    uncoded = f"uncoded:{material}" if material else f"product:{product}"
    coded = (f"coded:{material}",) if material else ()
    sold = (f"code:{code}", *coded) if code else (uncoded,)
    like = (f"code:{code}", uncoded) if code else (*coded, uncoded)
    return GoodsSubjects(sold, like, tuple([TAKEN + one for one in sold]), tuple([UNSHOWN + one for one in like]))


def declared_subject(product: ProductFacts) -> str:
    """The subject whose total a declaration of the product as a good raises."""
    return f"declared:{product.id}"


def sold_subjects(product: ProductFacts) -> tuple[str, ...]:
    """The subjects whose totals a sale of the product raises."""
    return goods_subjects(product).sold


def like_subjects(product: ProductFacts) -> tuple[str, ...]:
    """The subjects whose totals are of goods like the product."""
    return goods_subjects(product).like


def subjects_of(product: ProductFacts) -> set[str]:
    """All subjects that a record about the product reads or raises, by any of its editions."""
    editions = (product, *product.editions)
    subjects = {one for edition in editions for one in (*goods_subjects(edition).sold, *goods_subjects(edition).like)}
    kept = [f"{total}{subject}" for total in (TAKEN, UNSHOWN) for subject in subjects]
    return {*subjects, declared_subject(product), *kept}


def groups_of(record: Transformation, lot: LotFacts, facts: Facts) -> tuple[str, ...]:
    """The groups whose goods a record takes with a lot: the issuer's, and the owner's if that is another one."""
    own = facts.group(record.issuer, record.end)
    owner = own if lot.owner is None else facts.group(lot.owner, record.end)
    return (own,) if owner == own else (own, owner)


def counted_lot(record: AnyRecord) -> str | None:
    """The lot by which the totals from before a record are known while it is revised: its first output."""
    if isinstance(record, Declaration):
        return None if record.lot is None else record.lot.lot
    return record.outputs[0].lot if isinstance(record, Transformation) and record.outputs else None


def returned(record: AnyRecord, facts: Facts) -> EarlierGoods:
    """The totals from before a declaration or a transformation, by the facts of its index; nothing for other records.
    A record that is amended keeps the totals from before its first reading."""
    if not facts.unshown and not facts.returned and isinstance(record, Transformation):
        return NOTHING
    name = counted_lot(record)
    earlier = None if name is None else facts.returned.get(name)
    if earlier is not None:
        return EarlierGoods(*earlier)
    if isinstance(record, Declaration):
        return _declared_before(record, facts)
    return EarlierGoods(unshown=_unshown(record, facts)) if isinstance(record, Transformation) else NOTHING


def _unshown(record: Transformation, facts: Facts) -> tuple[tuple[str, Decimal], ...]:
    if not facts.unshown:
        return ()
    before = dict[str, Decimal]()
    for flow in record.inputs:
        lot = facts.lot_named(flow.lot, record.issuer)
        product = None if lot is None else facts.product_of(lot)
        if lot is None or product is None or lot.role not in GOODS or product.id in before:
            continue
        totals = [facts.group_goods.get((group, subject), _NOTHING)
                  for subject in goods_subjects(product).unshown for group in groups_of(record, lot, facts)]
        if any(totals):
            before[product.id] = _spelled(totals)
    return tuple(before.items())


def _declared_before(record: Declaration, facts: Facts) -> EarlierGoods:
    lot = record.lot
    product = None if lot is None else facts.product_named(lot.product)
    if lot is None or product is None:
        return NOTHING
    group = facts.group(record.issuer, record.end)
    if lot.role == "product":
        sold = [facts.group_goods.get((group, one), _NOTHING) for one in like_subjects(product)]
        late = record.basis == "opening" and product.id in facts.made_goods
        return EarlierGoods(sold=_spelled(sold), made=None if late else _NOTHING)
    if lot.role != "waste" or facts.group(product.owner, record.end) != group:
        return NOTHING
    if product.id in facts.made_goods:
        return EarlierGoods(made=None)
    return EarlierGoods(made=_spelled([facts.group_goods.get((group, declared_subject(product)), _NOTHING)]))


def _spelled(kilograms: Iterable[Decimal]) -> Decimal:
    """The sum in one spelling, wherever the totals come from."""
    return Decimal(plain(reduce(CONTEXT.add, kilograms, _NOTHING)))
