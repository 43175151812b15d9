"""Sectors' own chain methods over a real database: what a plugin is given of a lot's chain, and what comes of it."""

import threading
from collections.abc import Iterator
from typing import Any

import networkx
import pytest
from support.inside import Inside, inside
from support.parties import enrolment
from support.sectors import Make
from support.server import prepared_home
from support.waiting import until
from support.workshop import START, Workshop, kilograms

from ledger.answers.stored import ChainMethodAnswer
from ledger.core.record.kinds import Addition, Pool
from ledger.core.record.values import Flow
from ledger.engine.sectors import Installed, Registry
from ledger.errors import InvalidInput, NotFound, PluginError, Unavailable
from ledger.sdk import ChainFigure, ChainLine, ChainMethod, Sector
from ledger.service.queries.methods.of_sectors import run_chain_method
from ledger.service.queries.questions import LotQuestion


def bought(chain: networkx.DiGraph, lot: str) -> ChainFigure:
    """What came with each input, by what was taken of it, and what is left for the lot's own record."""
    left = total = chain.nodes[lot]["footprint"]
    lines = []
    for record in chain.predecessors(lot):
        if chain.nodes[record]["kind"] == "record":
            for taken in chain.predecessors(record):
                amount = chain.edges[record, lot]["share"] * chain.edges[taken, record]["part"]
                amount *= chain.nodes[taken]["footprint"]
                left -= amount
                lines.append(ChainLine(name=taken, amount=amount, what=chain.nodes[taken]["product"]))
    lines.append(ChainLine(name="own", amount=left))
    kinds = sorted({data["kind"] for _, data in chain.nodes(data=True)})
    return ChainFigure(total=total, lines=tuple(lines), notes=(" ".join(kinds),))


def failing(chain: networkx.DiGraph, _: str) -> ChainFigure:
    chain.add_node("forged")
    raise AssertionError("a chain cannot be changed")


def short(chain: networkx.DiGraph, lot: str) -> ChainFigure:
    return ChainFigure(total=chain.nodes[lot]["footprint"], lines=(ChainLine(name="half", amount=1.0),))


def looping(_: networkx.DiGraph, __: str) -> ChainFigure:
    while True:
        pass


def leaving(_: networkx.DiGraph, __: str) -> ChainFigure:
    raise SystemExit("that is all")


def interrupting(_: networkx.DiGraph, __: str) -> ChainFigure:
    raise KeyboardInterrupt


def heedless(_: networkx.DiGraph, lot: str) -> ChainFigure:
    """It lets nobody stop it, until the test does."""
    while not RELEASED.is_set():
        try:
            RELEASED.wait()
        except BaseException:  # noqa: S112 - that is the fault
            continue
    return ChainFigure(total=0.0, lines=(), notes=(lot,))


def method(footprint: Any) -> ChainMethod:
    return ChainMethod(version="1", en="Test", zh="试验", footprint=footprint)


RELEASED = threading.Event()
REGISTRY = Registry([Installed(
    Sector(name="tables", version="2.0.0", en="Tables", zh="表", routes={},
           methods={"bought": method(bought), "failing": method(failing), "short": method(short),
                    "looping": method(looping), "leaving": method(leaving), "interrupting": method(interrupting),
                    "heedless": method(heedless)}),
    "ab" * 32, "tests",
)])


class Asked:
    """A shop with 100 kg of `pot` (80 kg CO2), half of which becomes a part with 5 kg more."""

    def __init__(self, inner: Inside) -> None:
        self.inner = inner
        self.shop = shop = Workshop("chain-methods")
        inner.post([(inner.registrar, enrolment(shop.party, inner.registrar, inner.origin, shop.nonce()))])
        inner.post(shop.opening())
        self.size = inner.post([
            shop.mine("pot", "100", co2="80"), shop.make({"part": "50"}, {"pot": "50"}, activity=Make(co2="5")),
        ])[-1].index + 1

    def __call__(
        self, lot: str, name: str = "tables.bought/1", at: int | None = None, **limits: Any
    ) -> ChainMethodAnswer:
        question = LotQuestion(lot, at)
        return self.inner.run(run_chain_method(self.inner.ledger.pool, REGISTRY, name, question, **limits))


@pytest.fixture(scope="module")
def asked() -> Iterator[Asked]:
    with prepared_home() as home, inside(home) as inner:
        yield Asked(inner)


def test_a_method_by_hand(asked: Asked) -> None:
    """Half of 80 kg came with the pot, 5 are the part's own."""
    shop = asked.shop
    found = asked(shop.name("part"))
    assert (found.lot, found.method, found.plugin) == (shop.name("part"), "tables.bought/1", "tables/2.0.0")
    assert (found.digest, found.names) == ("ab" * 32, {"en": "Test", "zh": "试验"})
    assert (found.footprint, found.stored, found.pool) == (45.0, 45.0, None)
    assert [(line.name, line.amount, line.what) for line in found.lines] == [
        (shop.name("pot"), 40.0, shop.name("part")), ("own", 5.0, ""),
    ]
    assert found.notes == ["lot record"]
    assert found.at >= asked.size


def test_a_lot_of_a_pool_and_an_earlier_tree(asked: Asked) -> None:
    """What is in a pool is asked of the pool's node; before, the lot was not there, and the part as it was."""
    shop = asked.shop
    asked.inner.post([shop.signed(Pool(
        issuer=shop.id, nonce=shop.nonce(), id=shop.name("bin"), facility=shop.name("site"), product=shop.name("part"),
    ))])
    asked.inner.post([shop.signed(Addition(
        issuer=shop.id, nonce=shop.nonce(), pool=shop.name("bin"), time=START,
        inputs=[Flow(lot=shop.name("part"), quantity=kilograms("20"))],
    ))])
    for name in (shop.name("bin:1"), shop.name("bin")):
        found = asked(name)
        # 20 of the 50 kg with 45 kg CO2e.
        assert (found.lot, found.pool) == (shop.name("bin:1"), shop.name("bin"))
        assert (found.stored, found.footprint, found.notes) == (18.0, 18.0, ["lot pool record"])
    assert asked(shop.name("part"), at=asked.size).at == asked.size
    with pytest.raises(NotFound):
        asked(shop.name("bin:1"), at=asked.size)


@pytest.mark.parametrize(("name", "code", "told"), [
    ("tables.failing/1", "plugin-failed", "tables.failing/1 of plugin tables/2.0.0 failed on lot"),
    ("tables.leaving/1", "plugin-failed", "tables.leaving/1 of plugin tables/2.0.0 failed: SystemExit: that is all"),
    ("tables.interrupting/1", "plugin-failed", "of plugin tables/2.0.0 failed: KeyboardInterrupt"),
    ("tables.short/1", "invalid-chain-figure",
     "tables.short/1 of plugin tables/2.0.0 returned lines that add up to 1.0"),
])
def test_what_a_plugin_does_wrong(asked: Asked, name: str, code: str, told: str) -> None:
    with pytest.raises(PluginError, match="chain method") as caught:
        asked(asked.shop.name("part"), name)
    assert caught.value.code == code
    assert told in caught.value.message
    # It harms nobody else.
    assert asked(asked.shop.name("part")).footprint == 45.0


def test_a_method_that_never_answers(asked: Asked) -> None:
    """More often than there are places for such questions: each is stopped, and gives its place back."""
    for _ in range(6):
        with pytest.raises(PluginError, match=r"of plugin tables/2.0.0 gave no answer within 0.2 s") as one:
            asked(asked.shop.name("part"), "tables.looping/1", seconds=0.2)
        assert one.value.code == "plugin-timeout"
    assert asked(asked.shop.name("part")).footprint == 45.0
    until(lambda: not _asking(), "a thread that was stopped is left")


def test_methods_that_heed_nothing(asked: Asked) -> None:
    """They keep their places, and nothing but those: other methods are told to wait, records are appended, and all is
    well when they end."""
    part = asked.shop.name("part")
    try:
        for _ in range(4):
            with pytest.raises(PluginError, match="gave no answer"):
                asked(part, "tables.heedless/1", seconds=0.1)
        with pytest.raises(Unavailable, match="has to wait") as caught:
            asked(part, seconds=0.1)
        assert (caught.value.code, len(_asking())) == ("plugin-busy", 4)
        made = [asked.shop.make({f"beside-{i}": "0.1"}, {"pot": "0.1"}) for i in range(20)]
        assert len(asked.inner.post(made)) == 20
    finally:
        RELEASED.set()
    until(lambda: not _asking(), "a method that was let go is left")
    assert asked(part).footprint == 45.0


def _asking() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "question"]


def test_what_cannot_be_asked(asked: Asked) -> None:
    part = asked.shop.name("part")
    for lot, options, kind, code, field in (
        ("urn:example:nobody", {}, NotFound, "not-found", "lot"),
        (part, {"name": "tables.bought/2"}, InvalidInput, "unknown-method", "method"),
        (part, {"at": 0}, InvalidInput, "tree-size", "at"), (part, {"at": 10**9}, InvalidInput, "tree-size", "at"),
        (part, {"most": 1}, InvalidInput, "chain-too-large", "lot"),
    ):
        with pytest.raises(kind) as caught:
            asked(lot, **options)
        assert (caught.value.code, caught.value.field) == (code, field)
