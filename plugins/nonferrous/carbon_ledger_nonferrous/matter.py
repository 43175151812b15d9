"""Where metal, elements and materials go when a charge is melted or smelted."""

from collections.abc import Sequence
from decimal import Decimal

from carbon_ledger_nonferrous.balance import Metal
from ledger.sdk import ZERO, Context, Draft, OutputFacts


def follow_melt(
    draft: Draft, context: Context, metal: Metal, came: Decimal, held: Sequence[Decimal], *, stays: bool,
    sulphur: Sequence[Decimal] = (),
) -> None:
    """Sends the metal to the outputs that hold it, `came` kg of which entered.

    The charge becomes one bath, so ore and scrap lose the same share: part(o, M) = min(metal of o / metal in, mass of M
    that o can hold / mass of M in lots). Elements go where outputs state them. Of one that no output states, `stays`
    says whether it stays in the metal (remelting) or leaves with slag, slime and dust (refining); `sulphur` is kg in
    each output by its materials. Every other material goes where outputs name it; what they do not name has ceased to
    be.
    """
    out = sum(held, ZERO)
    if out == 0:
        return
    pool = [amount / max(came, out) for amount in held]
    for material in sorted({name for taken in context.inputs for name in taken.materials}):
        in_lots = sum(((taken.mass or ZERO) * taken.materials.get(material, ZERO) for taken in context.inputs), ZERO)
        if in_lots == 0:
            continue
        named = [_named(output, material) for output in context.outputs]
        if material in metal.names:
            room = [_room(output, material, kept) for output, kept in zip(context.outputs, held, strict=True)]
            parts = [min(part, most / in_lots) for part, most in zip(pool, room, strict=True)]
        else:
            parts = [amount / max(in_lots, sum(named, ZERO)) for amount in named]
        draft.follow(f"material:{material}", parts)
    for element in sorted({name for taken in context.inputs for name in taken.elements}):
        in_lots = sum(((taken.mass or ZERO) * taken.elements.get(element, ZERO) for taken in context.inputs), ZERO)
        default = pool if stays or element == metal.symbol else [ZERO] * len(pool)
        if element == "S" and sulphur and in_lots > 0:
            default = [amount / max(in_lots, sum(sulphur, ZERO)) for amount in sulphur]
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
