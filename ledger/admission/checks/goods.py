"""Goods of a group of organisations, by kilograms: declared, and sold outside of the ledger.

Goods that left the ledger can come back under another name: as goods from elsewhere, or as waste that was collected. So
the state has running totals of each group. Goods are like each other if their codes agree in four digits, or if they
consist of the same material for the most part and one of them has no code. Totals only grow: another declaration or a
withdrawal does not make a sale undone.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import reduce
from typing import Final, NamedTuple

from ledger.admission.facts import Facts, ProductFacts
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Declaration
from ledger.core.record.units import plain

SOLD: Final = ("soldOutside", "exported")
"""Purposes of consumptions by which goods leave the ledger and go on elsewhere."""
GOODS: Final = ("product", "coProduct", "byProduct")
_CODE: Final = 4
_MOST: Final = Decimal("0.5")
_NOTHING: Final = Decimal(0)


class EarlierGoods(NamedTuple):
    """Totals of the group of a declaration's issuer from before it. `sold`: kg of like goods that it sold outside;
    `made`: kg of the product that it declared as a good, or None if it has made the product, in any amount."""

    sold: Decimal = _NOTHING
    made: Decimal | None = _NOTHING


NOTHING: Final = EarlierGoods()


class _GoodsKind(NamedTuple):
    """A product's code, by its first digits, and its main material; empty if it has no code or no such material."""

    code: str
    material: str


def _kind_of(product: ProductFacts) -> _GoodsKind:
    code = max(product.codes, key=len, default="")[:_CODE]
    materials = product.composition.materials
    main = max(materials, key=lambda name: Decimal(materials[name]), default="")
    return _GoodsKind(code, main if main and Decimal(materials[main]) >= _MOST else "")


def sold_subjects(product: ProductFacts) -> list[str]:
    """The subjects whose totals a sale of the product raises."""
    code, material = _kind_of(product)
    if not code:
        return [f"uncoded:{material}" if material else f"product:{product.id}"]
    return [f"code:{code}", f"coded:{material}"] if material else [f"code:{code}"]


def declared_subject(product: ProductFacts) -> str:
    """The subject whose total a declaration of the product as a good raises."""
    return f"declared:{product.id}"


def _like(product: ProductFacts) -> Iterator[str]:
    """The subjects whose totals are of goods like the product."""
    code, material = _kind_of(product)
    if code:
        yield f"code:{code}"
    elif material:
        yield f"coded:{material}"
    yield f"uncoded:{material}" if material else f"product:{product.id}"


def subjects_of(product: ProductFacts) -> set[str]:
    """All subjects that a record about the product reads or raises."""
    return {*sold_subjects(product), declared_subject(product), *_like(product)}


def returned(record: Declaration, facts: Facts) -> EarlierGoods:
    """The totals from before a declaration, by the facts of its index. A declaration that is amended keeps the totals
    from before its first reading."""
    lot = record.lot
    product = None if lot is None else facts.products.get(lot.product)
    if lot is None or product is None:
        return NOTHING
    earlier = facts.returned.get(lot.lot)
    if earlier is not None:
        return EarlierGoods(*earlier)
    group = facts.group(record.issuer)
    if lot.role == "product":
        return EarlierGoods(sold=_spelled([facts.group_goods.get((group, one), _NOTHING) for one in _like(product)]))
    if lot.role != "waste" or facts.group(product.owner) != group:
        return NOTHING
    if product.id in facts.made_goods:
        return EarlierGoods(made=None)
    return EarlierGoods(made=_spelled([facts.group_goods.get((group, declared_subject(product)), _NOTHING)]))


def _spelled(kilograms: Iterable[Decimal]) -> Decimal:
    """The sum in one spelling, wherever the totals come from."""
    return Decimal(plain(reduce(CONTEXT.add, kilograms, _NOTHING)))
