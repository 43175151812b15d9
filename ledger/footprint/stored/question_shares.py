"""Where the questions of a transformation go, if it makes goods: outputs that carry burdens.

A question follows the matter in question. That matter leaves with the goods first. The rest leaves with waste,
by-products without burden and cores that hold the material; material that came without a question does not count. So
scrap of questioned bars takes its part, and ash or water takes nothing, however much passes through:

    taken by outputs without burden = min(their material - the material that came without a question,
                                          material in question - the material in goods)

The goods that hold the material take the rest, by its mass in them. If no good holds it, since the record makes other
materials of it, all goods take the question by their usual burdens, as they take the questions of the record itself: by
the defaults of their ranges. Neither their mass nor their declared shares count. Goods without a range take their
allocation shares, and never more than the ledger believes. Of a lot that states no materials, all mass counts as one.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from ledger.footprint.stored.contents import MASS, MATERIAL, Contents, Holding

_ANY: Final = ""
"""The material of lots that state no materials: all mass."""


class Bearing(NamedTuple):
    """The facts that the questions of a transformation follow, beside its inputs. `goods`: the part of each output in
    questions that follow no matter; their sum is 1, and only outputs that carry burdens have one. `supplied`: kg by
    material of the supplies."""

    goods: Sequence[float]
    supplied: Mapping[str, float]


class BearingGood(NamedTuple):
    """An output as its questions see it: its allocation `share`, the `usual` share if the ledger questions it, and the
    `burden` that is usual by its range, kg CO2e, zero without a range and for outputs without burden."""

    share: float
    usual: float = 0.0
    burden: float = 0.0


def parts_of_goods(goods: Sequence[BearingGood]) -> list[float]:
    """The part of each output in questions that follow no matter. Goods with a range take their usual shares
    together."""
    burdens = _sum([good.burden for good in goods])
    known = min(1.0, _sum([max(good.share, good.usual) for good in goods if good.burden]))
    others = _sum([good.share for good in goods if not good.burden])
    if not others:
        known = 1.0
    return [
        known * (good.burden / burdens) if good.burden else (1.0 - known) * (good.share / others) if good.share else 0.0
        for good in goods
    ]


class EnteringQuestion(NamedTuple):
    """The taken part of a lot: kg CO2e in question, the part of the lot, and the contents of the whole lot."""

    question: float
    part: float
    contents: Contents


class _Matter(NamedTuple):
    """Kg of one material: in question and without, and in each output."""

    doubted: float
    clean: float
    held: Sequence[float]


def parts_by_matter(
    question: float, bearing: Bearing, entering: Sequence[EnteringQuestion], outputs: Sequence[Contents],
    holdings: Sequence[Holding],
) -> list[float]:
    """The part of a record's `question` (kg CO2e, above zero) that each output gets. `outputs`: their contents."""
    lots = [(lot.question, _materials(lot.contents, lot.part)) for lot in entering]
    matter = _matter(lots, bearing, outputs, holdings)
    whole = _sum([holding.mass for holding, part in zip(holdings, bearing.goods, strict=True) if part])
    taken = {name: _taken(one, bearing.goods, whole, by_matter=name != _ANY)
             for name, one in matter.items() if one.doubted}
    amounts, rest = [0.0] * len(outputs), question
    for asked, materials in lots:
        total = _sum(materials.values())
        if asked <= 0.0 or not total:
            continue
        rest -= asked
        for name, amount in materials.items():
            for i, part in enumerate(taken[name] if amount else bearing.goods):
                amounts[i] += asked * (amount / total) * part
    rest = max(rest, 0.0)
    return [(amount + rest * part) / question for amount, part in zip(amounts, bearing.goods, strict=True)]


def _matter(
    lots: Sequence[tuple[float, Mapping[str, float]]], bearing: Bearing, outputs: Sequence[Contents],
    holdings: Sequence[Holding],
) -> dict[str, _Matter]:
    """The materials that lots bring. Outputs that do not state their materials hold the rest of them."""
    doubted, clean = dict[str, float](), dict(bearing.supplied)
    clean[_ANY] = _sum(bearing.supplied.values())
    for asked, materials in lots:
        entered = doubted if asked > 0.0 else clean
        for name, amount in materials.items():
            entered[name] = entered.get(name, 0.0) + amount
        if asked <= 0.0 and _ANY not in materials:
            clean[_ANY] += _sum(materials.values())
    contents = [{**_materials(one, 1.0), _ANY: holding.mass} for one, holding in zip(outputs, holdings, strict=True)]
    matter: dict[str, _Matter] = {}
    for name, amount in doubted.items():
        held = [one.get(name, 0.0) for one in contents]
        came = amount + clean.get(name, 0.0)
        stated = _sum([mass for mass, holding in zip(held, holdings, strict=True) if holding.lists_materials])
        traced = _sum(held) - stated
        left = min(1.0, max(0.0, came - stated) / traced) if traced > 0.0 else 0.0
        matter[name] = _Matter(amount, clean.get(name, 0.0), [
            mass if holding.lists_materials else mass * left for mass, holding in zip(held, holdings, strict=True)])
    return matter


def _taken(matter: _Matter, goods: Sequence[float], whole: float, *, by_matter: bool) -> list[float]:
    """The part of a material's question that each output takes. `whole`: kg of all goods, which count if no good
    holds the material. `by_matter`: goods take it by the material in them."""
    wasted = [0.0 if part else mass for mass, part in zip(matter.held, goods, strict=True)]
    made = [mass if part and by_matter else 0.0 for mass, part in zip(matter.held, goods, strict=True)]
    waste, good = _sum(wasted), _sum(made)
    left = max(0.0, min(waste - matter.clean, matter.doubted - (good or whole))) / matter.doubted
    return [
        left * (lost / waste) if lost else (1.0 - left) * (mass / good if good else part)
        for lost, mass, part in zip(wasted, made, goods, strict=True)
    ]


def _materials(contents: Contents, part: float) -> dict[str, float]:
    """Kg by material, in the order of their names. Stored contents have no lasting order."""
    materials: dict[str, float] = {}
    for name in sorted(contents):
        if name.startswith(MATERIAL):
            known = known_material(name.removeprefix(MATERIAL))
            materials[known] = materials.get(known, 0.0) + part * contents[name]
    return materials or {_ANY: part * contents.get(MASS, 0.0)}


def known_material(name: str) -> str:
    """A material without the part of its name that says that it is scrap."""
    return name.removesuffix("Scrap")


def _sum(amounts: Iterable[float]) -> float:
    """The sum in binary64, one after another: `sum` rounds differently in other versions of Python."""
    whole = 0.0
    for amount in amounts:
        whole += amount
    return whole
