"""The flow of metal, elements and materials to the outputs of a melted or smelted charge."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from carbon_ledger_nonferrous.balance import Metal
from ledger.sdk import ZERO, Context, Draft, OutputFacts


class Melt(NamedTuple):
    """A bath of `metal`, kg: `came` entered, `held` is in each output.

    `stays`: whether an element that no output states stays in the metal (remelting) or leaves with slag, slime and dust
    (refining). `sulphur`: kg in each output by its materials; empty if the route has no sulphur balance.
    """

    metal: Metal
    came: Decimal
    held: Sequence[Decimal]
    stays: bool
    sulphur: Sequence[Decimal] = ()


def follow_melt(draft: Draft, context: Context, melt: Melt) -> None:
    """Sends the metal to the outputs that hold it.

    The charge becomes one bath, so ore and scrap lose the same share: part(o, M) = min(metal of o / metal in, mass of M
    that o can hold / mass of M in lots). Elements go into the outputs that state them; for an element that no output
    states see `Melt.stays`. Every other material goes into the outputs that name it; the rest of it no longer exists.
    """
    out = sum(melt.held, ZERO)
    if out == 0:
        return
    pool = [amount / max(melt.came, out) for amount in melt.held]
    for material in sorted({name for taken in context.inputs for name in taken.materials}):
        in_lots = sum(((taken.mass or ZERO) * taken.materials.get(material, ZERO) for taken in context.inputs), ZERO)
        if in_lots == 0:
            continue
        named = [_named(output, material) for output in context.outputs]
        if material in melt.metal.names:
            room = [_room(output, material, held) for output, held in zip(context.outputs, melt.held, strict=True)]
            parts = [min(part, most / in_lots) for part, most in zip(pool, room, strict=True)]
        else:
            parts = [amount / max(in_lots, sum(named, ZERO)) for amount in named]
        draft.follow(f"material:{material}", parts)
    for element in sorted({name for taken in context.inputs for name in taken.elements}):
        in_lots = sum(((taken.mass or ZERO) * taken.elements.get(element, ZERO) for taken in context.inputs), ZERO)
        default = pool if melt.stays or element == melt.metal.symbol else [ZERO] * len(pool)
        if element == "S" and melt.sulphur and in_lots > 0:
            default = [amount / max(in_lots, sum(melt.sulphur, ZERO)) for amount in melt.sulphur]
        _follow_element(draft, context, element, in_lots, default)


def _named(output: OutputFacts, material: str) -> Decimal:
    return (output.mass or ZERO) * output.materials.get(material, ZERO)


def _room(output: OutputFacts, material: str, held: Decimal) -> Decimal:
    return _named(output, material) if output.materials else held


def _follow_element(
    draft: Draft, context: Context, element: str, came: Decimal, default: Sequence[Decimal]
) -> None:
    if came == 0:
        return
    stated = [output.elements.get(element) for output in context.outputs]
    wanted = [
        part if share is None else (output.mass or ZERO) * share / came
        for output, part, share in zip(context.outputs, default, stated, strict=True)
    ]
    whole = max(sum(wanted, ZERO), Decimal(1))
    draft.follow(f"element:{element}", [part / whole for part in wanted])
