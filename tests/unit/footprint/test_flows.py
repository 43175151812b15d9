"""What passes on, what stays and what is left behind: transfers, wastes, consumptions, cores."""

from fractions import Fraction

import pytest
from support.containing import Containing
from support.memory import MemoryLedger
from support.raising import raised
from support.sectors import Make
from support.site import Site, document, ore, quantity, supply

from ledger.core.record.values import Factor, PreviousLife
from ledger.errors import Refused


def factor(value: str, unit: str) -> Factor:
    return Factor(value=value, unit=unit, source="by hand", year=2025, boundary="cradleToGate")


TRUCK = supply("truck", "100 TKM", factor=factor("0.1", "TKM"))
CRATE = supply("crate", "2 KGM", factor=factor("1.5", "KGM"))


@pytest.fixture
def maker(memory: MemoryLedger) -> Site:
    site = Site(memory, "maker")
    site.product("part", materials={"steel": "0.9"})
    site.product("scrap")
    site.product("gearbox", "H87", mass_per_unit=quantity("12.5 KGM"))
    return site


@pytest.fixture
def user(memory: MemoryLedger) -> Site:
    site = Site(memory, "user")
    site.product("scrap")
    site.product("rebuilt", "H87", mass_per_unit=quantity("12.5 KGM"))
    return site


def test_a_transfer_passes_everything_on_with_transport_and_packaging(
    memory: MemoryLedger, maker: Site, user: Site
) -> None:
    """400 of 1000 kg with 300 kg CO2e: 120, and 10 for the truck and 3 for the crate."""
    maker.make([maker.out("p1", "part", "1000 KGM")], supplies=[ore("1000 KGM")], activity=Make(co2="300"))
    sent = maker.send("p1", "400 KGM", user, "p2", [TRUCK], [CRATE])
    burdens, lot = memory.burdens(maker.name("p2")), memory.state.lots[maker.name("p2")]
    assert burdens == Containing({
        "fossilGhgEmissions": pytest.approx(133.0, rel=1e-15), "absGhg": pytest.approx(133.0, rel=1e-15),
        "primaryAbs": pytest.approx(120.0, rel=1e-15), "aircraftGhgEmissions": 0.0,
    })
    assert (burdens["transportGhgEmissions"], burdens["packagingGhgEmissions"]) == (10.0, 3.0)
    assert memory.contents(maker.name("p2")) == pytest.approx({"mass": 400.0, "material:steel": 360.0}, rel=1e-15)
    assert (lot.holder, lot.role, lot.maker) == (user.id, "product", (maker.facility, "works.make"))
    assert (memory.retained(sent.index), memory.left(maker.name("p1"))) == ({}, Fraction(3, 5))


def test_air_freight_is_transport_too(memory: MemoryLedger, maker: Site, user: Site) -> None:
    maker.make([maker.out("p1", "part", "10 KGM")], supplies=[ore("10 KGM")])
    maker.send("p1", "10 KGM", user, "p2", [supply("airFreight", "50 TKM", factor=factor("1.2", "TKM"))])
    burdens = memory.burdens(maker.name("p2"))
    assert burdens["aircraftGhgEmissions"] == burdens["transportGhgEmissions"] == burdens["absGhg"] == 60.0


def test_waste_leaves_its_own_record_without_burden_and_carries_its_transport(
    memory: MemoryLedger, maker: Site, user: Site
) -> None:
    maker.make(
        [maker.out("p1", "part", "9 KGM"), maker.out("w1", "scrap", "1 KGM", "waste", origin="preConsumer")],
        supplies=[ore("10 KGM")], activity=Make(co2="90"),
    )
    assert memory.burdens(maker.name("p1"))["fossilGhgEmissions"] == 90.0
    assert not any(memory.burdens(maker.name("w1")).values())
    maker.send("w1", "1 KGM", user, "w2", [TRUCK])
    assert memory.burdens(maker.name("w2"))["fossilGhgEmissions"] == 10.0
    assert memory.state.lots[maker.name("w2")].origin == "preConsumer"

    # Who turns the waste into a product carries what was done to it since.
    user.make([user.out("s1", "scrap", "1 KGM")], {maker.name("w2"): "1 KGM"}, activity=Make(co2="5"))
    assert memory.burdens(user.name("s1"))["fossilGhgEmissions"] == 15.0


def test_a_record_without_product_keeps_its_burden(memory: MemoryLedger, maker: Site) -> None:
    maker.make([maker.out("p1", "part", "10 KGM")], supplies=[ore("10 KGM")], activity=Make(co2="40"))
    assert memory.retained(maker.make([maker.out("ash", "scrap", "1 KGM", "waste", origin="postConsumer")],
                                      {"p1": "5 KGM"}, activity=Make(co2="7")).index)["fossilGhgEmissions"] == 27.0
    assert not any(memory.burdens(maker.name("ash")).values())
    gone = maker.make([], {"p1": "5 KGM"}, activity=Make(co2="1"))
    assert memory.retained(gone.index)["fossilGhgEmissions"] == 21.0


def test_a_consumption_retains(memory: MemoryLedger, maker: Site) -> None:
    maker.make([maker.out("p1", "part", "10 KGM")], supplies=[ore("10 KGM")], activity=Make(co2="40"))
    used = maker.consume({"p1": "2.5 KGM"}, purpose="loss", evidence=[document("damageReport")])
    assert (memory.retained(used.index)["fossilGhgEmissions"], memory.left(maker.name("p1"))) == (10.0, Fraction(3, 4))


def gearbox(maker: Site) -> None:
    maker.make([maker.out("g1", "gearbox", "1 H87", item=maker.name("serial-1"))], supplies=[ore("13 KGM")],
               activity=Make(co2="500"))


def test_a_remanufactured_item_does_not_carry_its_first_life(memory: MemoryLedger, maker: Site, user: Site) -> None:
    """500 kg for the first life stay with its end; the second has 2 kg of parts at 25 and 20 kg of work."""
    gearbox(maker)
    maker.send("g1", "1 H87", user, "g2")
    item = maker.name("serial-1")
    ended = user.consume({maker.name("g2"): "1 H87"},
                         [user.out("core", maker.name("gearbox"), "1 H87", "core", item=item)])
    core = user.name("core")
    assert memory.retained(ended.index)["fossilGhgEmissions"] == 500.0
    assert not any(memory.burdens(core).values())
    assert (memory.contents(core), memory.state.lots[core].index) == (memory.contents(maker.name("g2")), ended.index)

    user.product("parts", materials={"steel": "1"})
    user.make([user.out("parts1", "parts", "2 KGM")], supplies=[ore("2 KGM")], activity=Make(co2="50"))
    user.make(
        [user.out("again", "rebuilt", "1 H87", item=item),
         user.out("old", "scrap", "2 KGM", "waste", origin="postConsumer")],
        {"core": "1 H87", "parts1": "2 KGM"}, activity=Make(co2="20"),
    )
    assert memory.burdens(user.name("again")) == Containing({"fossilGhgEmissions": 70.0, "absGhg": 70.0})
    assert (memory.state.lots[user.name("again")].item, memory.state.holding[item]) == (item, {user.name("again")})


def test_a_declared_core_has_content_and_no_burden(memory: MemoryLedger, maker: Site, user: Site) -> None:
    user.declare(basis="study", boundary="none", lot=user.out(
        "core", "rebuilt", "1 H87", "core", item=user.name("serial-9"),
        previous_life=PreviousLife(estimated_years="12"),
    ))
    assert not any(memory.burdens(user.name("core")).values())
    assert memory.contents(user.name("core")) == {"mass": 12.5}
    assert memory.state.lots[user.name("core")].previous_life == "12"
    assert raised(
        Refused, user.declare, basis="study", boundary="cradleToGate", burdens={"fossilGhgEmissions": "1"},
        lot=user.out("core2", "rebuilt", "1 H87", "core", previous_life=PreviousLife(estimated_years="12")),
    ).code == "burdened-waste"


def test_parts_of_a_lot_are_taken_exactly_once(memory: MemoryLedger, maker: Site) -> None:
    maker.make([maker.out("p1", "part", "3 KGM")], supplies=[ore("3 KGM")], activity=Make(co2="9"))
    for lot in ("x", "y"):
        maker.make([maker.out(lot, "part", "1 KGM")], {"p1": "1 KGM"})
        assert memory.burdens(maker.name(lot))["fossilGhgEmissions"] == pytest.approx(3.0, rel=1e-15)
    assert raised(
        Refused, maker.make, [maker.out("z", "part", "1 KGM")], {"p1": "1.000000001 KGM"}
    ).code == "over-consumption"
