"""Contents follow matter, and waste becomes recycled content: cases solved by hand. Masses in kg."""

from collections.abc import Mapping
from typing import Any

import pytest
from support.memory import MemoryLedger
from support.raising import raised
from support.sectors import Make
from support.site import Site, ore, supply

from ledger.core.outcome.leaves import read
from ledger.core.record.values import Evidence
from ledger.errors import Refused

PRE, POST = "recycledPreConsumer:steel", "recycledPostConsumer:steel"
WEIGHED = [Evidence(digest="7" * 64, media_type="application/pdf", kind="weighbridge")]


def close(expected: Mapping[str, float]) -> Any:
    return pytest.approx(dict(expected), rel=1e-12, abs=1e-12)


def collected(site: Site, lot: str, amount: str) -> str:
    """Post-consumer scrap, all steel."""
    site.declare(
        basis="collected", boundary="none", collector=site.id, evidence=WEIGHED,
        lot=site.out(lot, "scrap", amount, "waste", origin="postConsumer"),
    )
    return site.name(lot)


@pytest.fixture
def collector(memory: MemoryLedger) -> Site:
    site = Site(memory, "collector")
    site.product("scrap", "TNE", materials={"steel": "1"})
    return site


@pytest.fixture
def mill(memory: MemoryLedger) -> Site:
    site = Site(memory, "mill")
    site.product("steel", "TNE")
    site.product("crop", "TNE")
    return site


@pytest.fixture
def forge(memory: MemoryLedger) -> Site:
    site = Site(memory, "forge")
    site.product("gears", "TNE")
    site.product("swarf", "TNE")
    return site


def test_scrap_to_steel_to_gears_and_swarf_back_to_the_mill(
    memory: MemoryLedger, collector: Site, mill: Site, forge: Site
) -> None:
    collected(collector, "s1", "1.9 TNE")
    collector.send("s1", "1.1 TNE", mill, "s2")
    collector.send("s1", "0.8 TNE", mill, "s3")

    # 1.10 t of scrap make 1.00 t of steel: all of it recycled, and a tenth of a tonne of everything is lost.
    melt = mill.make([mill.out("steel1", "steel", "1 TNE")], {collector.name("s2"): "1.1 TNE"},
                     activity=Make(co2="300"))
    steel = mill.name("steel1")
    assert memory.contents(steel) == close({"mass": 1000.0, "material:steel": 1000.0, POST: 1000.0})
    assert memory.burdens(steel)["fossilGhgEmissions"] == 300.0
    leaf = memory.assessment(melt.index)
    assert leaf is not None
    assert read(leaf.arisen) == close({POST: 1100.0})
    assert (read(leaf.lost), leaf.declared) == (close({"mass": 100.0, "material:steel": 100.0, POST: 100.0}), {})

    # 1.00 t of steel make 0.70 t of gears, which carry the burden, and 0.30 t of swarf, which do not.
    mill.send("steel1", "1 TNE", forge, "steel2")
    forge.make(
        [forge.out("gears1", "gears", "0.7 TNE"), forge.out("swarf1", "swarf", "0.3 TNE", "waste",
                                                            origin="preConsumer")],
        {mill.name("steel2"): "1 TNE"}, activity=Make(co2="50"),
    )
    gears, swarf = forge.name("gears1"), forge.name("swarf1")
    assert memory.contents(gears) == close({"mass": 700.0, "material:steel": 700.0, POST: 700.0})
    assert memory.burdens(gears)["fossilGhgEmissions"] == 350.0
    assert memory.contents(swarf) == close({"mass": 300.0, "material:steel": 300.0, POST: 300.0})
    assert not any(memory.burdens(swarf).values())

    # The swarf is melted with 0.80 t of collected scrap. It counts as pre-consumer now, whatever it held before.
    forge.send("swarf1", "0.3 TNE", mill, "swarf2")
    again = mill.make(
        [mill.out("steel3", "steel", "1 TNE")],
        {forge.name("swarf2"): "0.3 TNE", collector.name("s3"): "0.8 TNE"}, activity=Make(co2="300"),
    )
    assert memory.contents(mill.name("steel3")) == close({
        "mass": 1000.0, "material:steel": 1000.0, PRE: 1000 * 0.3 / 1.1, POST: 1000 * 0.8 / 1.1,
    })
    leaf = memory.assessment(again.index)
    assert leaf is not None
    assert read(leaf.arisen) == close({PRE: 300.0, POST: 800.0 - 300.0})


def test_half_ore_is_half_recycled(memory: MemoryLedger, collector: Site, mill: Site) -> None:
    collected(collector, "s1", "0.5 TNE")
    collector.send("s1", "500 KGM", mill, "s2")
    mill.product("pig", "TNE", materials={"steel": "1"})
    mill.make([mill.out("pig1", "pig", "0.5 TNE")], supplies=[ore("0.5 TNE")])
    mill.make([mill.out("steel1", "steel", "1 TNE")],
              {collector.name("s2"): "0.5 TNE", "pig1": "0.5 TNE"})
    assert memory.contents(mill.name("steel1")) == close({"mass": 1000.0, "material:steel": 1000.0, POST: 500.0})


def test_scrap_that_returns_to_its_own_process_is_not_recycled_content(memory: MemoryLedger, mill: Site) -> None:
    """ISO 14021, 7.8.1.1: material that the process which made it takes back is left out."""
    mill.product("pig", "TNE", materials={"steel": "1"})
    mill.make(
        [mill.out("steel1", "pig", "0.8 TNE"), mill.out("crop1", "crop", "0.2 TNE", "waste", origin="preConsumer")],
        supplies=[ore("1 TNE")],
    )
    # `crop` declares no materials, so it holds none of the ore's (ore says nothing); give it steel by its own lot.
    mill.make(
        [mill.out("steel2", "steel", "0.3 TNE"), mill.out("crop2", "crop", "0.5 TNE", "waste", origin="preConsumer")],
        {"steel1": "0.8 TNE"},
    )
    assert memory.contents(mill.name("crop2")) == close({"mass": 500.0, "material:steel": 500.0})

    mill.make([mill.out("same", "steel", "0.1 TNE")], {"crop2": "0.1 TNE"})
    assert memory.contents(mill.name("same")) == close({"mass": 100.0, "material:steel": 100.0})

    mill.make([mill.out("hall", "steel", "0.1 TNE")], {"crop2": "0.1 TNE"}, facility=mill.another_facility("hall2"))
    # Scrap of the group's own production counts as recycled, in question.
    assert memory.contents(mill.name("hall"))[f"questioned:{PRE}"] == pytest.approx(100.0, rel=1e-12)

    mill.make([mill.out("route", "steel", "0.1 TNE")], {"crop2": "0.1 TNE"}, route="smelt",
              activity={"co2": "1", "prices": ["1"]})
    assert memory.contents(mill.name("route"))[f"questioned:{PRE}"] == pytest.approx(100.0, rel=1e-12)


def test_a_round_trip_does_not_hide_the_maker(memory: MemoryLedger, mill: Site, forge: Site) -> None:
    mill.product("pig", "TNE", materials={"steel": "1"})
    mill.make([mill.out("pig1", "pig", "1 TNE")], supplies=[ore("1 TNE")])
    mill.make([mill.out("crop1", "crop", "1 TNE", "waste", origin="preConsumer")], {"pig1": "1 TNE"})
    mill.send("crop1", "1 TNE", forge, "crop2")
    forge.send(mill.name("crop2"), "1 TNE", mill, "crop3")
    mill.make([mill.out("steel1", "steel", "1 TNE")], {forge.name("crop3"): "1 TNE"})
    assert PRE not in memory.contents(mill.name("steel1"))


def test_a_consumption_makes_nothing_recycled(memory: MemoryLedger, collector: Site) -> None:
    collected(collector, "s1", "1 TNE")
    used = collector.consume({"s1": "1 TNE"}, [collector.out("s2", "scrap", "0.6 TNE", "waste", origin="postConsumer")],
                             purpose="disposed")
    assert memory.contents(collector.name("s2")) == close({"mass": 600.0, "material:steel": 600.0})
    leaf = memory.assessment(used.index)
    assert leaf is not None
    assert read(leaf.lost) == close({"mass": 400.0, "material:steel": 400.0})


def test_recycled_content_is_never_more_than_its_material(memory: MemoryLedger, collector: Site, mill: Site) -> None:
    """1.1 t of scrap into 1.0 t of an alloy that is declared to be 90 % steel: 900 kg recycled, the rest is lost."""
    collected(collector, "s1", "1.1 TNE")
    collector.send("s1", "1.1 TNE", mill, "s2")
    mill.product("alloy", "TNE", materials={"steel": "0.9", "nickel": "0.1"})
    melt = mill.make([mill.out("a1", "alloy", "1 TNE")], {collector.name("s2"): "1.1 TNE"})
    assert memory.contents(mill.name("a1")) == close({
        "mass": 1000.0, "material:steel": 900.0, "material:nickel": 100.0, POST: 900.0,
    })
    leaf = memory.assessment(melt.index)
    assert leaf is not None
    assert read(leaf.declared) == close({"material:nickel": 100.0})
    assert read(leaf.lost) == close({"mass": 100.0, "material:steel": 200.0, POST: 200.0})


def test_an_output_that_lists_its_materials_holds_no_others(memory: MemoryLedger, collector: Site, mill: Site) -> None:
    """Half of 1 t of scrap is aluminium, which the output does not list: it is lost, with its recycled content."""
    collector.product("mixed", "TNE", materials={"steel": "0.5", "aluminium": "0.5"})
    collector.declare(basis="study", boundary="none",
                      lot=collector.out("m1", "mixed", "1 TNE", "waste", origin="postConsumer"))
    collector.send("m1", "1 TNE", mill, "m2")
    melt = mill.make([mill.out("steel1", "steel", "1 TNE", materials={"steel": "0.5"})],
                     {collector.name("m2"): "1 TNE"})
    assert memory.contents(mill.name("steel1")) == close({"mass": 1000.0, "material:steel": 500.0, POST: 500.0})
    leaf = memory.assessment(melt.index)
    assert leaf is not None
    assert read(leaf.lost) == close({"material:aluminium": 500.0, "recycledPostConsumer:aluminium": 500.0})


def test_supplies_bring_their_composition(memory: MemoryLedger, mill: Site) -> None:
    product = mill.product("ferro", "KGM", materials={"chromium": "0.6"}, elements={"Cr": "0.6"},
                           fossil_carbon="0.08")
    melt = mill.make([mill.out("steel1", "steel", "0.5 TNE")],
                     supplies=[supply("ferro", "100 KGM", product=product), ore("900 KGM")])
    assert memory.contents(mill.name("steel1")) == close({
        "mass": 500.0, "material:chromium": 30.0, "element:Cr": 30.0, "fossilCarbon": 4.0,
    })
    leaf = memory.assessment(melt.index)
    assert leaf is not None
    assert read(leaf.declared) == close({
        "mass": 1000.0, "material:chromium": 60.0, "element:Cr": 60.0, "fossilCarbon": 8.0,
    })


def test_a_plugin_says_where_matter_goes(memory: MemoryLedger, collector: Site, mill: Site) -> None:
    """All steel to the first output; recycled content goes where its material goes."""
    collected(collector, "s1", "1 TNE")
    collector.send("s1", "1 TNE", mill, "s2")
    mill.make(
        [mill.out("steel1", "steel", "1 TNE"), mill.out("slag1", "crop", "0.5 TNE", "byProduct")],
        {collector.name("s2"): "1 TNE"}, [ore("0.5 TNE")],
        activity=Make(matter={"material:steel": ["1", "0"]}),
    )
    assert memory.contents(mill.name("steel1")) == close({"mass": 1000.0, "material:steel": 1000.0, POST: 1000.0})
    assert memory.contents(mill.name("slag1")) == close({"mass": 500.0})


@pytest.mark.parametrize("matter", [
    {"material:steel": ["0.5", "0.5"], POST: ["1", "0"]},
    {"material:steel": ["1", "0"]},
    {POST: ["1", "0"]},
], ids=["recycled above its material", "material above the mass", "recycled alone"])
def test_contents_above_100_percent_are_refused(
    memory: MemoryLedger, collector: Site, mill: Site, matter: dict[str, list[str]]
) -> None:
    collected(collector, "s1", "1 TNE")
    collector.send("s1", "1 TNE", mill, "s2")
    before = memory.fingerprint()
    assert raised(
        Refused, mill.make, [mill.out("a", "steel", "0.5 TNE"), mill.out("b", "steel", "0.5 TNE")],
        {collector.name("s2"): "1 TNE"}, activity=Make(matter=matter),
    ).code == "contents-above-100"
    assert memory.fingerprint() == before


@pytest.mark.parametrize("fractions", [{"steel": "0.9", "copper": "0.2"}, {"steel": "1", "copper": "0.000000001"}])
def test_compositions_above_100_percent_are_refused(
    memory: MemoryLedger, mill: Site, fractions: dict[str, str]
) -> None:
    assert raised(Refused, mill.product, "bad", materials=fractions).code == "contents-above-100"
    assert raised(
        Refused, mill.make, [mill.out("a", "steel", "1 TNE", materials=fractions)], supplies=[ore("1 TNE")]
    ).code == "contents-above-100"
