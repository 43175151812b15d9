"""Ledgers with one history that differ in hidden values alone: twins.

Ore becomes two melts; the forge buys of both, and sells parts to a maker, from whom it buys machines. Figures of
deliveries are given; the emissions of a record follow from its recipe and the figure. So two histories can have other
recipes, lots and emissions behind the same deliveries. All amounts are fractions with a power of two below, so that
equal sums are equal bit by bit.
"""

import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import msgspec

from ledger.core.record.kinds import Consumption, Grant, Product, Report, Transfer, Transformation
from ledger.core.record.units import plain
from ledger.core.record.values import Evidence, Flow, Money, Supply
from ledger.host.clock import HostClock
from support.callers import Callers
from support.inside import Inside, inside
from support.parties import enrolment
from support.revising import amend, change, close, gas
from support.sectors import Make
from support.server import Posted, prepared_home, temporary_home
from support.workshop import ISSUED, Workshop, kilograms

SHOPS: Final = ("holding", "mine", "mill", "forge", "rival", "maker", "peer", "auditor", "bank")
PRODUCERS: Final = ("mine", "mill", "forge", "rival", "maker")
UNTIL: Final = "2034-06-30T00:00:00Z"
CLOCK: Final = 1_790_000_000_000
"""The clock of all twins, in ms since 1970: the year of the records has ended."""
GAS: Final = 2.0
"""Kg CO2e of a kg of gas."""

READINGS: Final = (
    ("mill", "mine", "ore-sent"), ("forge", "mill", "first-sent"), ("maker", "rival", "r-sent"),
    ("forge", "maker", "machine-sent"), ("auditor", "forge", "part"), ("bank", "forge", "part"),
)
"""The rows of the access log: who has read the figure of which lot of whom."""


class Hidden(NamedTuple):
    """Kg, and kg CO2e per kg if the name says `figure`. Of the records of each organisation but those of its
    deliveries, each value is hidden from others."""

    ore_made: float = 512
    ore_figure: float = 1 / 8
    ore_corrected_figure: float = 1 / 4
    first_made: float = 16
    first_recipe: float = 64
    first_gas: float = 4
    first_gas_closed: float = 8
    first_figure: float = 2.625
    first_lost: float = 2
    second_made: float = 64
    second_recipe: float = 128
    second_gas: float = 16
    second_figure: float = 1.5625
    rival_made: float = 128
    rival_figure: float = 1 / 2
    part_of_first: float = 8
    part_of_second: float = 16
    part_made: float = 16
    part_figure: float = 4.5
    machine_of_part: float = 8
    machine_of_rival: float = 32
    machine_made: float = 32
    machine_figure: float = 2.875
    mine_value: float = 40
    mill_value: float = 30
    forge_value: float = 35
    rival_value: float = 20
    maker_value: float = 25

    @property
    def ore(self) -> float:
        return self.ore_figure * self.ore_made

    @property
    def ore_corrected(self) -> float:
        return self.ore_corrected_figure * self.ore_made

    @property
    def first(self) -> float:
        return (self.first_figure * self.first_made - self.first_recipe * self.ore_figure - GAS * self.first_gas)

    @property
    def second(self) -> float:
        return (self.second_figure * self.second_made - self.second_recipe * self.ore_figure - GAS * self.second_gas)

    @property
    def rival(self) -> float:
        return self.rival_figure * self.rival_made

    @property
    def part(self) -> float:
        first_closed_figure = self.first_figure + GAS * (self.first_gas_closed - self.first_gas) / self.first_made
        return (self.part_figure * self.part_made - self.part_of_first * first_closed_figure
                - self.part_of_second * self.second_figure)

    @property
    def machine(self) -> float:
        return (self.machine_figure * self.machine_made - self.machine_of_part * self.part_figure
                - self.machine_of_rival * self.rival_figure)

    @property
    def peer(self) -> float:
        """The emissions of an organisation without customers: the rest of a sum over all of them."""
        return 530 - (self.ore_corrected + self.first + self.second + self.rival + self.part + self.machine)

    @property
    def peer_value(self) -> float:
        return 200 - (self.mine_value + self.mill_value + self.forge_value + self.rival_value + self.maker_value)


AMOUNTS: Final = (*Hidden._fields, "ore", "ore_corrected", "first", "second", "rival", "part", "machine", "peer",
                  "peer_value")
"""All hidden amounts: the fields of `Hidden` and its properties."""
OWN: Final[Mapping[str, tuple[str, ...]]] = {
    "mine": ("ore", "mine"), "mill": ("first", "second", "mill"), "forge": ("part", "forge"),
    "rival": ("rival",), "maker": ("machine", "maker"), "peer": ("peer",),
}
"""By organisation: how the names of its own amounts begin."""


def of(organization: str) -> frozenset[str]:
    """The amounts that are an organisation's own."""
    beginnings = OWN.get(organization, ())
    return frozenset(name for name in AMOUNTS if any(name == start or name.startswith(f"{start}_")
                                                     for start in beginnings))


Values = TypeVar("Values")
Readings = Sequence[tuple[str, str, str]]


class Twin(NamedTuple):
    """A ledger with the story. `digests`: of the records of the story, in order; `first`: log index of the first one;
    `size`: of the tree."""

    ledger: Inside
    callers: Callers
    shops: Mapping[str, Workshop]
    posted: Sequence[Posted]
    digests: Sequence[str]
    first: int

    @property
    def size(self) -> int:
        return self.first + len(self.digests)


@contextmanager
def twins(
    hidden: Mapping[str, Values], told: Callable[[Mapping[str, Workshop], Values], Iterator[Posted]],
    readings: Readings = READINGS,
) -> Iterator[Iterator[tuple[str, Twin]]]:
    """Ledgers by name, one after the other, each closed when the next one is taken. They begin as copies of one home:
    keys, entries and times are equal up to the story, which `told` makes of the hidden values."""
    with prepared_home() as home:
        with inside(home, access="parties", clock=_stopped()) as ledger:
            shops = _shops()
            for name, shop in shops.items():
                parent = shops["holding"].id if name == "forge" else None
                ledger.post([(ledger.registrar, enrolment(
                    shop.party, ledger.registrar, ledger.origin, shop.nonce(), parent=parent))])
                ledger.post([_halved(posted) for posted in shop.opening()])

        def each() -> Iterator[tuple[str, Twin]]:
            for name, values in hidden.items():
                shops = _shops()
                for shop in shops.values():
                    # Their nonces are used.
                    shop.nonce()
                    shop.opening()
                with _copied(home, shops, list(told(shops, values)), readings) as twin:
                    yield name, twin

        yield each()


def _halved(posted: Posted) -> Posted:
    """A product of which half is steel: a fraction with a power of two below."""
    party, record = posted
    if not isinstance(record, Product):
        return posted
    return party, msgspec.structs.replace(record, materials={"steel": "0.5"})


def _stopped() -> HostClock:
    return HostClock(lambda: CLOCK, lambda: 0)


def _shops() -> dict[str, Workshop]:
    return {name: Workshop(name) for name in SHOPS}


@contextmanager
def _copied(
    home: Path, shops: Mapping[str, Workshop], posted: Sequence[Posted], readings: Readings
) -> Iterator[Twin]:
    with ExitStack() as stack:
        copied = stack.enter_context(temporary_home())
        stack.callback(shutil.rmtree, copied, ignore_errors=True)
        subprocess.run(["cp", "-a", home, copied], check=True)  # noqa: S607
        ledger = stack.enter_context(inside(copied, access="parties", clock=_stopped()))
        receipts = [ledger.post([one])[0] for one in posted]
        callers = Callers(ledger)
        for reader, owner, lot in readings:
            callers.get(shops[reader].id, "/v1/footprint", {"lot": shops[owner].name(lot)})
        yield Twin(ledger, callers, shops, posted, [one.digest for one in receipts], receipts[0].index)


def story(shops: Mapping[str, Workshop], hidden: Hidden) -> Iterator[Posted]:
    """The records in order. Each has a day of its own."""
    mine, mill, forge, rival, maker, peer = (shops[name] for name in (*PRODUCERS, "peer"))
    yield (ore := made(mine, 1, {"ore": hidden.ore_made}, {}, hidden.ore))
    yield sent(mine, 2, "ore", 320, mill, "ore-sent")
    yield made(mill, 3, {"first": hidden.first_made}, {mine.name("ore-sent"): hidden.first_recipe}, hidden.first,
                supplies=[gas(decimal(hidden.first_gas), decimal(GAS))], basis="provisional")
    yield made(mill, 4, {"second": hidden.second_made}, {mine.name("ore-sent"): hidden.second_recipe}, hidden.second,
                supplies=[gas(decimal(hidden.second_gas), decimal(GAS))])
    yield sent(mill, 5, "first", 8, forge, "first-sent")
    yield sent(mill, 6, "first", 4, forge, "first-again")
    yield sent(mill, 7, "second", 32, forge, "second-sent")
    yield close(mill, gas(decimal(hidden.first_gas_closed), decimal(GAS)), start=day(3), end=day(4))
    yield _lost(mill, 8, "first", hidden.first_lost)
    yield made(rival, 9, {"r": hidden.rival_made}, {}, hidden.rival)
    yield sent(rival, 10, "r", 32, maker, "r-sent")
    yield made(forge, 11, {"part": hidden.part_made}, {
        mill.name("first-sent"): hidden.part_of_first, mill.name("second-sent"): hidden.part_of_second}, hidden.part)
    yield sent(forge, 12, "part", 8, maker, "part-sent")
    yield made(maker, 13, {"machine": hidden.machine_made}, {
        forge.name("part-sent"): hidden.machine_of_part, rival.name("r-sent"): hidden.machine_of_rival},
        hidden.machine)
    yield sent(maker, 14, "machine", 8, forge, "machine-sent")
    yield made(peer, 15, {"stone": 16}, {}, hidden.peer)
    for name, value in (("mine", hidden.mine_value), ("mill", hidden.mill_value), ("forge", hidden.forge_value),
                        ("rival", hidden.rival_value), ("maker", hidden.maker_value), ("peer", hidden.peer_value)):
        yield _reported(shops[name], value)
    yield granted(forge, "full", shops["auditor"])
    yield granted(forge, "suppliers", shops["bank"])
    # The miner corrects itself later: every figure behind it changes.
    yield amend(mine, change(ore, activity=Make(co2=decimal(hidden.ore_corrected))))


def day(number: int) -> str:
    return f"2025-03-{number:02}T00:00:00Z"


def made(
    shop: Workshop, on: int, outputs: Mapping[str, float], inputs: Mapping[str, float], co2: float, *,
    supplies: Sequence[Supply] = (), basis: str = "final",
) -> Posted:
    """Of whole names of inputs. Without inputs, it is made of ore."""
    ore = [Supply(material="ore", quantity=kilograms(decimal(sum(outputs.values()))), origin="nature")]
    amounts = {lot: decimal(amount) for lot, amount in outputs.items()}
    party, record = shop.make(amounts, activity=Make(co2=decimal(co2)), start=day(on), end=day(on + 1))
    assert isinstance(record, Transformation)
    taken = [Flow(lot=lot, quantity=kilograms(decimal(amount))) for lot, amount in inputs.items()]
    return party, msgspec.structs.replace(record, inputs=taken, basis=basis,
                                          supplies=[*supplies, *([] if inputs else ore)])


def sent(shop: Workshop, on: int, lot: str, amount: float, to: Workshop, new_lot: str) -> Posted:
    return shop.signed(Transfer(issuer=shop.id, nonce=shop.nonce(), lot=shop.name(lot),
                                quantity=kilograms(decimal(amount)), to=to.id, new_lot=shop.name(new_lot),
                                time=day(on)))


def _lost(shop: Workshop, on: int, lot: str, amount: float) -> Posted:
    return shop.signed(Consumption(issuer=shop.id, nonce=shop.nonce(), time=day(on), purpose="loss",
                                   inputs=[Flow(lot=shop.name(lot), quantity=kilograms(decimal(amount)))],
                                   evidence=ISSUED))


def _reported(shop: Workshop, value: float) -> Posted:
    return shop.signed(Report(
        issuer=shop.id, nonce=shop.nonce(), facility=shop.name("site"), start="2025-01-01T00:00:00Z",
        end="2026-01-01T00:00:00Z", value_added=Money(value=decimal(value), currency="CNY"),
        evidence=[Evidence(digest="7" * 64, media_type="application/pdf", kind="accounts")]))


def granted(shop: Workshop, depth: str, to: Workshop) -> Posted:
    return shop.signed(msgspec.convert({
        "type": "grant", "issuer": shop.id, "nonce": shop.nonce(), "depth": depth, "until": UNTIL, "purpose": "a loan",
        "grantee": to.id}, Grant))


def decimal(amount: float) -> str:
    """The only spelling of a decimal in records."""
    return plain(Decimal(amount))
