"""The data of one lot that a method needs, in kg and kg CO2e of the whole lot."""

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from ledger.footprint.stored.contents import ATTRIBUTED, MATERIAL, RECYCLED


class Material(NamedTuple):
    """`mass` kg of a material in the lot, and its physical recycled content. `attributed`: recycled content from
    credits of a mass balance. No matter contains it, and no method here counts it."""

    name: str
    mass: float
    pre_consumer: float = 0.0
    post_consumer: float = 0.0
    attributed: float = 0.0

    @property
    def recycled_share(self) -> float:
        """Recycled content, pre- and post-consumer, over mass."""
        return (self.pre_consumer + self.post_consumer) / self.mass


class MethodSubject(NamedTuple):
    """A lot. `footprint`: by cut-off, with the requested potentials and allocation. `quantity`: above zero. `lives`:
    kg CO2e that each life of a physical item added, oldest first; empty if the lot is not an item."""

    footprint: float
    quantity: Decimal
    unit: str
    mass: float | None = None
    materials: tuple[Material, ...] = ()
    lives: tuple[float, ...] = ()


def materials_of(contents: Mapping[str, float]) -> tuple[Material, ...]:
    """The materials of a lot's contents, by name."""
    materials = []
    for content, mass in sorted(contents.items()):
        if not content.startswith(MATERIAL) or mass <= 0:
            continue
        name = content.removeprefix(MATERIAL)
        attributed = 0.0
        for prefix in RECYCLED.values():
            attributed += contents.get(ATTRIBUTED + prefix + name, 0.0)
        pre, post = (contents.get(RECYCLED[origin] + name, 0.0) for origin in ("preConsumer", "postConsumer"))
        materials.append(Material(name, mass, pre, post, attributed))
    return tuple(materials)
