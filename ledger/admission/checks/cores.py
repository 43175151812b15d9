"""Cores: used products that come back for remanufacturing."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from ledger.admission.facts import Facts, LotFacts
from ledger.admission.lots import Created, Taken
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.units import plain
from ledger.errors import Refused


def check_cores(taken: Sequence[Taken], created: Sequence[Created], *, parts: bool = False) -> None:
    """Refuses more cores of a product than the inputs of that product. `parts`: leaves cores of other products to
    `check_parts`."""
    remaining: dict[str, Decimal] = {}
    for lot, quantity, _ in taken:
        remaining[lot.product] = remaining.get(lot.product, Decimal(0)) + quantity
    for i, (lot, _) in enumerate(created):
        if lot.role == "core" and not (parts and lot.product not in remaining):
            remaining[lot.product] = remaining.get(lot.product, Decimal(0)) - lot.quantity
            if remaining[lot.product] < Decimal(0):
                raise core_refused(f"outputs[{i}].quantity", "at most as many cores as inputs of their product")


def check_parts(taken: Sequence[Taken], created: Sequence[Created], facts: Facts) -> None:
    """Refuses parts of cores that the cores taken apart cannot hold. A part is a core of another product: it states its
    mass and its materials, and all cores that come out hold no more of a material of parts than those that went in."""
    products = {part.lot.product for part in taken}
    out = [(i, lot) for i, (lot, _) in enumerate(created) if lot.role == "core"]
    parts = [(i, lot) for i, lot in out if lot.product not in products]
    if not parts:
        return
    held = _materials([(part.lot, part.mass) for part in taken], facts)
    left = _materials([(lot, lot.mass) for _, lot in out], facts)
    for i, lot in parts:
        materials = facts.composition(lot).materials
        if not lot.mass or not materials:
            raise core_refused(f"outputs[{i}]", "a part of a core states its mass and its materials")
        for name in materials:
            if left[name] > held.get(name, Decimal(0)):
                raise core_refused(
                    f"outputs[{i}]", f"cores hold no more {name} than the cores taken apart: "
                    f"{plain(left[name])} kg of {plain(held.get(name, Decimal(0)))} kg")


def _materials(lots: Iterable[tuple[LotFacts, Decimal | None]], facts: Facts) -> Mapping[str, Decimal]:
    """Kg of each material in lots of these masses."""
    held: dict[str, Decimal] = {}
    for lot, mass in lots:
        for name, share in facts.composition(lot).materials.items():
            amount = CONTEXT.multiply(mass or Decimal(0), Decimal(share))
            held[name] = CONTEXT.add(held.get(name, Decimal(0)), amount)
    return held


def core_refused(field: str, rule: str) -> Refused:
    """The refusal of a core that breaks `rule`."""
    return Refused(f"{field}: {rule}", code="core", field=field, rule=rule)
