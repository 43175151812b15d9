"""What the ledger knows of one lot, as far as a method needs it. kg and kg CO2e of the whole lot."""

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from ledger.footprint.stored.contents import ATTRIBUTED, MATERIAL, RECYCLED


class Material(NamedTuple):
    """`mass` kg of a material in the lot; of it the recycled content that is physically there. `attributed` is what
    credits of a mass balance give on paper: it is in no matter and no method here counts it."""

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
    """`footprint` is by cut-off, under the potentials and the allocation that were asked for. `quantity` is above
    zero. `lives`: what each life of this physical item added, oldest first, where the lot is an item."""

    footprint: float
    quantity: Decimal
    unit: str
    mass: float | None = None
    materials: tuple[Material, ...] = ()
    lives: tuple[float, ...] = ()


def materials_of(contents: Mapping[str, float]) -> tuple[Material, ...]:
    """The materials of a lot's contents, by name."""
    found = []
    for content, mass in sorted(contents.items()):
        if not content.startswith(MATERIAL) or mass <= 0:
            continue
        name = content.removeprefix(MATERIAL)
        attributed = 0.0
        for prefix in RECYCLED.values():
            attributed += contents.get(ATTRIBUTED + prefix + name, 0.0)
        pre, post = (contents.get(RECYCLED[origin] + name, 0.0) for origin in ("preConsumer", "postConsumer"))
        found.append(Material(name, mass, pre, post, attributed))
    return tuple(found)
