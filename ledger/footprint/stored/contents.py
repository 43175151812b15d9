"""Contents of lots: mass, carbon, materials, recycled content, elements, in kg. They follow matter.

Each output receives a part of the contents that entered: the plugin's `matter` if given, else the output's mass over
the mass of inputs and supplies. The rest is lost. If the output's composition is declared, the output holds the
declared amount, and any excess over the received part counts as declared. If a transformation consumes a waste lot,
the whole mass of each material becomes recycled content of the lot's origin and replaces the recycled content that the
material carried (ISO 14021, 7.8). For every content, always:

    content out + lost = content in + declared + arisen

Names: `mass`, `fossilCarbon`, `biogenicCarbon`, `material:M`, `recycledPreConsumer:M`, `recycledPostConsumer:M`,
`element:E`. The prefix `attributed:` marks recycled content from credits of a mass balance. No matter contains it; it
goes where its material goes. Attributed and physical recycled content together are at most 100 % of the material.
The prefix `questioned:` marks recycled content that the ledger questions. It holds only the amount that the claim adds:
recycled content that the waste carried stays as it was.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from ledger.errors import PluginError, Refused

Contents = Mapping[str, float]

MASS: Final = "mass"
MATERIAL: Final = "material:"
ELEMENT: Final = "element:"
RECYCLED: Final = {"preConsumer": "recycledPreConsumer:", "postConsumer": "recycledPostConsumer:"}
ATTRIBUTED: Final = "attributed:"
QUESTIONED: Final = "questioned:"
PHYSICAL: Final = (*RECYCLED.values(), *[QUESTIONED + prefix for prefix in RECYCLED.values()])
"""The prefixes of recycled content that is in the matter, or claimed to be."""
CARBONS: Final = ("fossilCarbon", "biogenicCarbon")
_ROUNDING: Final = 1e-9
_ULPS: Final = 1e-12


class Flowing(NamedTuple):
    """The taken fraction `part` of a lot with `contents`. `recycled`: the origin (a key of RECYCLED) if the record
    turns the lot's materials into recycled content, else None. `questioned`: the ledger questions that claim."""

    part: float
    contents: Contents
    recycled: str | None
    questioned: bool = False


class ContentsIn(NamedTuple):
    """The contents that enter a record: with parts of lots, and with supplies."""

    taken: Sequence[Flowing]
    supplied: Contents


class Holding(NamedTuple):
    """An output: mass in kg (0 for energy and services) and the contents that its composition declares, in kg.

    `lists_materials`: the output holds no other materials than the declared ones.
    """

    mass: float
    declared: Contents
    lists_materials: bool


class ContentsOut(NamedTuple):
    """The content balance of a record."""

    declared: Contents
    arisen: Contents
    lost: Contents
    outputs: tuple[Contents, ...]


def recycled_share(contents: Contents, material: str, origin: str) -> float:
    """The share (0..1) of a material's mass in the lot that is recycled content of `origin`."""
    whole = contents.get(MATERIAL + material, 0.0)
    return contents.get(RECYCLED[origin] + material, 0.0) / whole if whole else 0.0


def follow_matter(
    entering: ContentsIn, outputs: Sequence[Holding], matter: Mapping[str, Sequence[float]]
) -> ContentsOut:
    """The content balance of a record, with its outputs' contents. Raises Refused if a content would exceed 100 %,
    PluginError for an invalid `matter`."""
    _check_matter(matter, len(outputs))
    arisen: dict[str, float] = {}
    received = _entered(entering.taken, arisen)
    declared = {name: amount for name, amount in entering.supplied.items() if amount}
    for name, amount in declared.items():
        received[name] = received.get(name, 0.0) + amount
    parts = _default_parts(received.get(MASS, 0.0), outputs)
    lots: list[dict[str, float]] = []
    for i, output in enumerate(outputs):
        lot = _traced(i, parts[i], received, matter)
        _settle(i, output, lot, declared, matter)
        lots.append(lot)
    attributed = [name for name in received if name.startswith(ATTRIBUTED)]
    if attributed and lots:
        _attribute(attributed, received, lots)
    held = [{name: amount for name, amount in lot.items() if amount} for lot in lots]
    return ContentsOut(declared, arisen, _lost(received, entering.supplied, declared, held), tuple(held))


def _check_matter(matter: Mapping[str, Sequence[float]], outputs: int) -> None:
    for name, parts in matter.items():
        total = 0.0
        for part in parts:
            total += part
        if len(parts) != outputs or not all(0.0 <= part <= 1.0 for part in parts) or total > 1.0 + _ROUNDING:
            raise PluginError(
                f"matter of {name} is {list(parts)}", code="invalid-matter", field=f"matter.{name}",
                value=list(parts), rule="one part per output, each from 0 to 1, at most 1 in total",
            )


def _entered(taken: Sequence[Flowing], arisen: dict[str, float]) -> dict[str, float]:
    """Contents of the parts taken. The materials of a waste lot become recycled content, which also replaces content
    that was attributed to them."""
    received: dict[str, float] = {}
    for flowing in taken:
        part, contents, recycled, questioned = flowing
        for name, amount in contents.items():
            if recycled is not None and not questioned and name.startswith(ATTRIBUTED):
                arisen[name] = arisen.get(name, 0.0) - part * amount
                continue
            received[name] = received.get(name, 0.0) + part * amount
        if recycled is None:
            continue
        for name in contents:
            if not name.startswith(MATERIAL):
                continue
            for changed, change in _changes(flowing, name[len(MATERIAL):], recycled):
                if change:
                    arisen[changed] = arisen.get(changed, 0.0) + change
                    received[changed] = received.get(changed, 0.0) + change
    return received


def _changes(flowing: Flowing, material: str, recycled: str) -> Iterator[tuple[str, float]]:
    """The changes of recycled contents of a material, when waste becomes recycled content of the origin `recycled`."""
    part, contents, _, questioned = flowing
    claimed = part * contents[MATERIAL + material]
    if questioned:
        for prefix in RECYCLED.values():
            claimed -= part * (contents.get(prefix + material, 0.0) + contents.get(ATTRIBUTED + prefix + material, 0.0))
        claimed = max(claimed, 0.0)
    target = (QUESTIONED if questioned else "") + RECYCLED[recycled]
    for prefix in PHYSICAL:
        if questioned and not prefix.startswith(QUESTIONED):
            continue
        carried = part * contents.get(prefix + material, 0.0)
        yield prefix + material, (claimed if prefix == target else 0.0) - carried


def _default_parts(mass_in: float, outputs: Sequence[Holding]) -> list[float]:
    mass_out = 0.0
    for output in outputs:
        mass_out += output.mass
    # Outputs may weigh more than inputs, within the sector's tolerance; the parts still sum to 1.
    whole = mass_in if mass_in > mass_out * (1.0 + _ULPS) else mass_out
    return [output.mass / whole if whole else 0.0 for output in outputs]


def _traced(index: int, part: float, received: Contents, matter: Mapping[str, Sequence[float]]) -> dict[str, float]:
    if not matter:
        return {name: part * amount for name, amount in received.items()}
    lot: dict[str, float] = {}
    for name, amount in received.items():
        given = _given(matter, name)
        lot[name] = (given[index] if given is not None else part) * amount
    return lot


def _given(matter: Mapping[str, Sequence[float]], name: str) -> Sequence[float] | None:
    """A plugin's parts for a content, if it gives any. Recycled content goes where its material goes."""
    parts = matter.get(name.removeprefix(QUESTIONED))
    if parts is None and name.startswith(PHYSICAL):
        return matter.get(MATERIAL + _recycled_material(name))
    return parts


def _recycled_material(name: str) -> str:
    """The material of a recycled content, in question or not."""
    return name.removeprefix(QUESTIONED).partition(":")[2]


def _given_recycled(matter: Mapping[str, Sequence[float]]) -> frozenset[str]:
    return frozenset(name.partition(":")[2] for name in matter if name.startswith((MATERIAL, "recycled")))


def _settle(
    index: int, output: Holding, lot: dict[str, float], declared: dict[str, float],
    matter: Mapping[str, Sequence[float]],
) -> None:
    """Replaces traced amounts by declared ones, and limits recycled content to the amount of its material."""
    if output.lists_materials:
        for name in lot:
            if name.startswith(MATERIAL) and name not in output.declared:
                lot[name] = 0.0
    for name, amount in ((MASS, output.mass), *output.declared.items()):
        traced = lot.get(name, 0.0)
        if amount > traced * (1.0 + _ULPS):
            declared[name] = declared.get(name, 0.0) + (amount - traced)
        lot[name] = amount
    recycled = [_recycled_material(name) for name in lot if name.startswith(PHYSICAL)]
    if recycled:
        given = _given_recycled(matter)
        for material in sorted(set(recycled)):
            _settle_recycled(index, material, lot, strict=material in given)
    if matter:
        _check_whole(index, output.mass, lot)


def _settle_recycled(index: int, material: str, lot: dict[str, float], *, strict: bool) -> None:
    """Limits recycled content to its material. The excess of a default part is lost; with `strict` (the plugin gave
    the parts) an excess is refused."""
    whole = lot.get(MATERIAL + material, 0.0)
    names = [prefix + material for prefix in PHYSICAL if prefix + material in lot]
    recycled = 0.0
    for name in names:
        recycled += lot[name]
    if recycled <= whole:
        return
    if strict and recycled > whole * (1.0 + _ROUNDING):
        raise Refused(
            f"outputs[{index}] would hold {recycled} kg of recycled {material}, but only {whole} kg of {material}",
            code="contents-above-100", field=f"outputs[{index}]", value=recycled,
            rule="recycled content is at most 100 % of its material",
        )
    for name in names:
        lot[name] = lot[name] * whole / recycled


def _attribute(attributed: Sequence[str], received: Contents, lots: Sequence[dict[str, float]]) -> None:
    """Gives each output the same part of attributed content as of its material. Raises Refused if recycled and
    attributed content together exceed the material."""
    for material in sorted({name.split(":", 2)[2] for name in attributed}):
        recycled = [prefix + material for prefix in RECYCLED.values()]
        names = [name for name in attributed if name.removeprefix(ATTRIBUTED) in recycled]
        held, claimed = 0.0, 0.0
        for lot in lots:
            held += lot.get(MATERIAL + material, 0.0)
        whole = max(held, received.get(MATERIAL + material, 0.0))
        for name in (*[prefix + material for prefix in PHYSICAL], *names):
            claimed += received.get(name, 0.0)
        if claimed > whole * (1.0 + _ROUNDING):
            raise Refused(
                f"{claimed} kg of {material} would be recycled or attributed, but there are only {whole} kg of it",
                code="contents-above-100", field="inputs", value=claimed,
                rule="attributed and recycled content together are at most 100 % of their material",
            )
        for lot in lots:
            part = lot.get(MATERIAL + material, 0.0) / whole if whole else 0.0
            lot.update({name: part * received[name] for name in names})
            _settle_attributed(material, lot, names)


def _settle_attributed(material: str, lot: dict[str, float], names: Sequence[str]) -> None:
    """Limits attributed content to the part of the material that is not recycled. The excess is lost; it occurs if
    recycled content concentrates in one output."""
    room, given = lot.get(MATERIAL + material, 0.0), 0.0
    for prefix in PHYSICAL:
        room -= lot.get(prefix + material, 0.0)
    for name in names:
        given += lot[name]
    if given > room:
        for name in names:
            lot[name] = lot[name] * max(room, 0.0) / given


def _check_whole(index: int, mass: float, lot: Contents) -> None:
    """Refuses contents above the output's mass. Only a plugin's `matter` can cause that; traced and declared amounts
    cannot."""
    limit = mass * (1.0 + _ROUNDING)
    materials = 0.0
    for name, amount in lot.items():
        if name.startswith(MATERIAL):
            materials += amount
        elif amount > limit:
            raise _above(index, amount, name, mass)
    if materials > limit:
        raise _above(index, materials, "materials", mass)


def _above(index: int, amount: float, name: str, mass: float) -> Refused:
    return Refused(
        f"outputs[{index}] would hold {amount} kg of {name}, but weighs {mass} kg", code="contents-above-100",
        field=f"outputs[{index}]", value=amount, rule="an output's contents are at most 100 % of its mass",
    )


def _lost(
    received: Contents, supplied: Contents, declared: Contents, held: Sequence[Contents]
) -> dict[str, float]:
    lost: dict[str, float] = {}
    for name in {**received, **declared}:
        # `received` already includes supplies, so only the declared amounts of outputs are added here.
        rest = received.get(name, 0.0) + (declared.get(name, 0.0) - supplied.get(name, 0.0))
        scale = rest
        for contents in held:
            rest -= contents.get(name, 0.0)
        if abs(rest) > _ULPS * scale:
            lost[name] = rest
    return lost
