"""Chain methods of sectors: what they are given, what they may return, and that what they do wrong is told by name."""

import decimal
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import networkx
import pytest
from support.raising import raised

from ledger.engine.sectors import Installed, Registry
from ledger.errors import InvalidInput, InvalidQuantity, PluginError
from ledger.sdk import ChainFigure, ChainLine, ChainMethod, Sector
from ledger.service.queries.methods.of_sectors import find_chain_method

Graph = networkx.DiGraph


def graph() -> Graph:
    """Half of a pot of 80 kg CO2e goes into a part of 45."""
    chain = Graph()
    chain.add_node("pot", kind="lot", footprint=80.0)
    chain.add_node("part", kind="lot", footprint=45.0)
    chain.add_node("r1", kind="record", type="transformation", issuer="urn:example:mill", index=7)
    chain.add_edge("pot", "r1", part=0.5, quantity="5", unit="KGM")
    chain.add_edge("r1", "part", share=1.0)
    return networkx.freeze(chain)


def bought(chain: Graph, lot: str) -> ChainFigure:
    """A method as a sector would write it: what came with each input, and what is left for the lot's own record."""
    total = chain.nodes[lot]["footprint"]
    lines = []
    for record in chain.predecessors(lot):
        share = chain.edges[record, lot]["share"]
        for taken in chain.predecessors(record):
            amount = share * chain.edges[taken, record]["part"] * chain.nodes[taken]["footprint"]
            lines.append(ChainLine(name=taken, amount=amount, what="bought"))
            total -= amount
    lines.append(ChainLine(name=lot, amount=total, what="own"))
    return ChainFigure(total=chain.nodes[lot]["footprint"], lines=tuple(lines), notes=("inputs by their whole figure",))


def installed(footprint: Callable[..., Any], version: str = "1", sector: str = "shop") -> Installed:
    method = ChainMethod(version=version, en="Bought", zh="外购", footprint=footprint)
    shop = Sector(name=sector, version="2.0.0", en="Shop", zh="店", routes={}, methods={"bought": method})
    return Installed(shop, "0" * 64, "tests")


def figure(total: Any = 3.0, *amounts: Any, name: Any = "a", what: Any = "", notes: Any = ()) -> ChainFigure:
    return ChainFigure(
        total=total, lines=tuple([ChainLine(name=name, amount=amount, what=what) for amount in amounts]), notes=notes
    )


def test_a_method_by_hand() -> None:
    """0.5 * 80 = 40 kg came with the pot, 45 - 40 = 5 are the part's own."""
    found = installed(bought).footprint("bought", graph(), "part")
    assert found == ChainFigure(
        total=45.0, notes=("inputs by their whole figure",),
        lines=(ChainLine(name="pot", amount=40.0, what="bought"), ChainLine(name="part", amount=5.0, what="own")),
    )


def test_it_runs_in_the_arithmetic_of_the_sdk() -> None:
    def third(_: Graph, __: str) -> ChainFigure:
        assert decimal.getcontext().prec == 34
        return figure(float(Decimal(1) / Decimal(3)), float(Decimal(1) / Decimal(3)))

    assert installed(third).footprint("bought", graph(), "part").total == 1 / 3
    assert decimal.getcontext().prec == decimal.DefaultContext.prec


def test_numbers_become_floats_and_lists_tuples() -> None:
    lines: Any = [ChainLine(name="a", amount=1), ChainLine(name="b", amount=2)]
    loose = ChainFigure(total=3, lines=lines, notes=("n",))
    found = installed(lambda *_: loose).footprint("bought", graph(), "part")
    assert found == ChainFigure(
        total=3.0, lines=(ChainLine(name="a", amount=1.0), ChainLine(name="b", amount=2.0)), notes=("n",)
    )
    assert [type(found.total), *[type(line.amount) for line in found.lines]] == [float] * 3


def with_lines(lines: Any) -> ChainFigure:
    return ChainFigure(total=3.0, lines=lines)


def raising(error: BaseException) -> Callable[..., Any]:
    def method(_: Graph, __: str) -> ChainFigure:
        raise error
    return method


def recursing(chain: Graph, lot: str) -> ChainFigure:
    return recursing(chain, lot)


def changing(chain: Graph, lot: str) -> ChainFigure:
    chain.remove_node(lot)
    return figure(0.0)


@pytest.mark.parametrize(("method", "told"), [
    (raising(ValueError("out of order")), "ValueError: out of order"), (raising(KeyError("pot")), "KeyError"),
    (raising(ZeroDivisionError()), "ZeroDivisionError"), (recursing, "RecursionError"),
    (changing, "NetworkXError"), (raising(InvalidQuantity("1 MJ in kWh never ends")), "InvalidQuantity"),
    (lambda: None, "TypeError"),
], ids=["value", "key", "zero", "recursion", "changes the chain", "an error of the ledger", "takes nothing"])
def test_one_that_raises(method: Callable[..., Any], told: str) -> None:
    chain = graph()
    with pytest.raises(PluginError) as caught:
        installed(method).footprint("bought", chain, "part")
    error = caught.value
    assert (error.code, error.field) == ("plugin-failed", "method")
    for name in ("shop.bought/1", "plugin shop/2.0.0", "'part'", told):
        assert name in error.message
    assert sorted(chain) == ["part", "pot", "r1"]


def test_one_that_says_what_it_does_not_find() -> None:
    """Its own code, field and rule stay; the message says whose they are."""
    own = PluginError("no lot of scrap upstream", code="no-scrap", field="lot", value="part", rule="made of scrap")
    with pytest.raises(PluginError) as caught:
        installed(raising(own)).footprint("bought", graph(), "part")
    error = caught.value
    assert (error.code, error.field, error.value, error.rule) == ("no-scrap", "lot", "part", "made of scrap")
    assert error.message == "chain method shop.bought/1 of plugin shop/2.0.0: no lot of scrap upstream"


@pytest.mark.parametrize(("returned", "field"), [
    (None, "total"), (45.0, "total"), ({"total": 45.0}, "total"), (ChainLine(name="a", amount=1.0), "total"),
    (figure(math.nan, 1.0), "total"), (figure(math.inf, math.inf), "total"), (figure("3", 3.0), "total"),
    (figure(Decimal(3), 3.0), "total"), (figure(True, 1.0), "total"), (figure(None), "total"),
    (figure(10**400, 1.0), "total"),
    (figure(3.0, 1.0, math.nan), "lines[1].amount"), (figure(3.0, -math.inf), "lines[0].amount"),
    (figure(3.0, "3"), "lines[0].amount"), (figure(3.0, None), "lines[0].amount"),
    (figure(3.0, 3.0, name=7), "lines[0].name"), (figure(3.0, 3.0, name=""), "lines[0].name"),
    (figure(3.0, 3.0, what=None), "lines[0].what"), (figure(3.0, 3.0, notes=(1,)), "notes[0]"),
    (figure(3.0, 3.0, notes=None), "lines"), (figure(3.0, 3.0, notes="text"), "lines"),
    (with_lines(({"name": "a", "amount": 3.0},)), "lines[0]"), (with_lines(None), "lines"),
    (figure(3.0), "lines"), (figure(3.0, 1.0, 1.0), "lines"), (figure(0.0, 1e-300), "lines"),
    (figure(3.0, 3.0 * (1 + 3e-9)), "lines"), (figure(0.0, 1e308, 1e308), "lines"),
])
def test_what_it_may_not_return(returned: Any, field: str) -> None:
    with pytest.raises(PluginError) as caught:
        installed(lambda *_: returned).footprint("bought", graph(), "part")
    error = caught.value
    assert (error.code, error.field) == ("invalid-chain-figure", field)
    assert "shop.bought/1 of plugin shop/2.0.0" in error.message
    assert error.rule == "a ChainFigure of finite numbers whose lines add up to its total"


@pytest.mark.parametrize("returned", [
    figure(0.0), figure(-3.0, -3.0), figure(3.0, 3.0 * (1 + 3e-10)), figure(0.0, 1e6, -1e6),
    figure(1e-4, 1e6, -1e6),
], ids=["nothing", "a credit", "rounding", "cancels", "rounding of what cancels"])
def test_what_it_may_return(returned: ChainFigure) -> None:
    assert installed(lambda *_: returned).footprint("bought", graph(), "part") == returned


def test_a_method_is_found_by_sector_name_and_version() -> None:
    one, name = find_chain_method(Registry([installed(bought), installed(bought, "3", "mill")]), "mill.bought/3")
    assert (one.tag, name) == ("mill/2.0.0", "bought")


@pytest.mark.parametrize("asked", [
    "mill.bought", "mill.bought/1", "mill.bought/", "mill.sold/3", "mine.bought/3", "bought/3", "", "cut-off/1",
    "mill.bought/3/3",
])
def test_a_method_that_is_not_known(asked: str) -> None:
    registry = Registry([installed(bought), installed(bought, "3", "mill")])
    with pytest.raises(InvalidInput) as caught:
        find_chain_method(registry, asked)
    error = caught.value
    assert (error.code, error.field, error.value) == ("unknown-method", "method", asked)
    assert error.rule == "one of: mill.bought/3 shop.bought/1"


def test_no_method_at_all() -> None:
    assert raised(
        InvalidInput, find_chain_method, Registry(), "shop.bought/1"
    ).rule == "no installed sector has a chain method"
