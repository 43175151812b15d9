"""A story of twins with stock and lives: see `support.twins`.

A mine sells two ores to a mill, which blends them in a heap and makes metal of it. The mill makes plate in two runs
whose period is closed later, and keeps it in a stock that averages over closed periods; and a pump, which has an
identity. A forge buys metal, plate and the pump; it wears the pump out, and a maker makes its core new for a rival.
Figures of deliveries are given; the emissions of a record follow from its recipe and the figure.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from msgspec.structs import replace

from ledger.core.record.kinds import Addition, Consumption, Pool, Transformation
from ledger.core.record.values import Flow, Output
from support.revising import close, gas
from support.server import Posted
from support.twins import GAS, Readings, day, decimal, granted, made, sent
from support.workshop import Workshop, kilograms

PUMP: Final = 8
"""Kg of the pump, through all its lives."""
READINGS: Final[Readings] = (
    ("mill", "mine", "coarse-sent"), ("forge", "mill", "metal-sent"), ("forge", "mill", "plate-sent"),
    ("auditor", "mill", "metal"), ("rival", "maker", "again-sent"),
)


class Stock(NamedTuple):
    """Kg, and kg CO2e per kg if the name says `figure`, as in `support.twins.Hidden`. `added`: into the heap."""

    coarse_made: float = 128
    coarse_figure: float = 1 / 4
    fine_made: float = 256
    fine_figure: float = 1 / 2
    coarse_added: float = 42
    fine_added: float = 22
    metal_recipe: float = 16
    metal_made: float = 16
    metal_figure: float = 1.5
    pump_figure: float = 2
    left_made: float = 16
    right_made: float = 16
    left_gas: float = 4
    right_gas: float = 4
    left_figure: float = 0.5
    plate_figure: float = 1.5
    plate_closed_figure: float = 2
    renewed_figure: float = 3

    @property
    def coarse(self) -> float:
        return self.coarse_figure * self.coarse_made

    @property
    def fine(self) -> float:
        return self.fine_figure * self.fine_made

    @property
    def heap_figure(self) -> float:
        return (self.coarse_figure * self.coarse_added + self.fine_figure * self.fine_added) / (
            self.coarse_added + self.fine_added)

    @property
    def metal(self) -> float:
        return self.metal_figure * self.metal_made - self.metal_recipe * self.heap_figure

    @property
    def pump(self) -> float:
        return self.pump_figure * PUMP

    @property
    def plate_made(self) -> float:
        return self.left_made + self.right_made

    @property
    def left(self) -> float:
        return self.left_figure * self.left_made

    @property
    def right(self) -> float:
        return self.plate_figure * self.plate_made - self.left - GAS * (self.left_gas + self.right_gas)

    @property
    def gas_closed(self) -> float:
        more = (self.plate_closed_figure - self.plate_figure) * self.plate_made
        return self.left_gas + self.right_gas + more / GAS

    @property
    def renewed(self) -> float:
        return self.renewed_figure * PUMP

    @property
    def peer(self) -> float:
        """The rest of a sum over all organisations."""
        return 440 - (self.coarse + self.fine + self.metal + self.pump + self.left + self.right + self.renewed)


AMOUNTS: Final = (*Stock._fields, "coarse", "fine", "heap_figure", "metal", "pump", "plate_made", "left", "right",
                  "gas_closed", "renewed", "peer")
OWN: Final[Mapping[str, tuple[str, ...]]] = {
    "mine": ("coarse", "coarse_made", "coarse_figure", "fine", "fine_made", "fine_figure"),
    "mill": ("coarse_added", "fine_added", "heap_figure", "metal", "metal_recipe", "metal_made", "metal_figure", "pump",
             "pump_figure", "left", "left_made", "left_gas", "left_figure", "right", "right_made",
             "right_gas", "plate_made", "plate_figure", "plate_closed_figure", "gas_closed"),
    "maker": ("renewed", "renewed_figure"),
}
"""By organisation: its own amounts."""


def stock_story(shops: Mapping[str, Workshop], hidden: Stock) -> Iterator[Posted]:
    """The records in order."""
    mine, mill, forge, peer = (shops[name] for name in ("mine", "mill", "forge", "peer"))
    ore, plate = mine.name("part"), mill.name("part")
    yield made(mine, 1, {"coarse": hidden.coarse_made}, {}, hidden.coarse)
    yield made(mine, 2, {"fine": hidden.fine_made}, {}, hidden.fine)
    for lot in ("coarse", "fine"):
        yield sent(mine, 3, lot, 64, mill, f"{lot}-sent")
    yield pooled(mill, "heap", ore)
    yield added(mill, 4, "heap", {mine.name("coarse-sent"): hidden.coarse_added})
    yield added(mill, 5, "heap", {mine.name("fine-sent"): hidden.fine_added})
    yield made(mill, 6, {"metal": hidden.metal_made}, {mill.name("heap"): hidden.metal_recipe}, hidden.metal)
    yield sent(mill, 7, "metal", 8, forge, "metal-sent")
    yield with_item(made(mill, 8, {"pump": PUMP}, {}, hidden.pump), mill.name("pump-item"))
    yield sent(mill, 9, "pump", PUMP, forge, "pump-sent")
    yield pooled(mill, "store", plate, averaging="period")
    for lot, amount, co2, fuel in (("left", hidden.left_made, hidden.left, hidden.left_gas),
                                   ("right", hidden.right_made, hidden.right, hidden.right_gas)):
        yield made(mill, 10, {lot: amount}, {}, co2, supplies=[gas(decimal(fuel), decimal(GAS))], basis="provisional")
        yield added(mill, 10, "store", {mill.name(lot): amount})
    yield sent(mill, 12, "store", 8, forge, "plate-sent")
    yield close(mill, gas(decimal(hidden.gas_closed), decimal(GAS)), start=day(10), end=day(13))
    yield from renewal(shops, hidden)
    yield made(peer, 17, {"stone": 16}, {}, hidden.peer)
    yield granted(mill, "full", shops["auditor"])


def renewal(shops: Mapping[str, Workshop], hidden: Stock) -> Iterator[Posted]:
    """The forge's pump becomes a core, and new again at the maker."""
    mill, forge, maker, rival = (shops[name] for name in ("mill", "forge", "maker", "rival"))
    item, whole = mill.name("pump-item"), kilograms(decimal(PUMP))
    yield forge.signed(Consumption(
        issuer=forge.id, nonce=forge.nonce(), time=day(14), purpose="finalUse",
        inputs=[Flow(lot=mill.name("pump-sent"), quantity=whole)],
        outputs=[Output(lot=forge.name("core"), product=mill.name("part"), quantity=whole, role="core", item=item)]))
    yield sent(forge, 14, "core", PUMP, maker, "core-sent")
    yield with_item(made(maker, 15, {"again": PUMP}, {forge.name("core-sent"): PUMP}, hidden.renewed), item)
    yield sent(maker, 16, "again", PUMP, rival, "again-sent")


def pooled(shop: Workshop, name: str, product: str, averaging: str = "moving") -> Posted:
    return shop.signed(Pool(
        issuer=shop.id, nonce=shop.nonce(), id=shop.name(name), facility=shop.name("site"), product=product,
        averaging=averaging))  # type: ignore[arg-type]


def added(shop: Workshop, on: int, pool: str, inputs: Mapping[str, float]) -> Posted:
    return shop.signed(Addition(
        issuer=shop.id, nonce=shop.nonce(), pool=shop.name(pool), time=day(on),
        inputs=[Flow(lot=lot, quantity=kilograms(decimal(amount))) for lot, amount in inputs.items()]))


def with_item(posted: Posted, item: str) -> Posted:
    """The record makes a thing with an identity."""
    party, record = posted
    assert isinstance(record, Transformation)
    return party, replace(record, outputs=[replace(output, item=item) for output in record.outputs])
