"""Lots counted anew: by other potentials, and by other shares. All hand-solved, kg CO2e."""


import msgspec
import pytest
from support.counting import Counting
from support.memory import MemoryLedger
from support.raising import raised
from support.sectors import NAME, Emission, Gap, Given, Make
from support.site import END, START, Site, ore, raw

from ledger.core.record.kinds import Transformation
from ledger.core.record.values import Factor, Money, Quantity
from ledger.errors import InvalidInput
from ledger.footprint.derived.limitations import RecountRequest, limitations
from ledger.footprint.derived.reallocation import NEEDS, allocation_named
from ledger.footprint.derived.recount import RecountFigures
from ledger.footprint.stored.burdens import footprint
from ledger.footprint.stored.gwp import AR5


def money(value: str) -> Money:
    return Money(value=value, currency="CNY")


@pytest.fixture
def site(memory: MemoryLedger) -> Site:
    found = Site(memory, "mill")
    found.product("part")
    return found


def two_stages(site: Site) -> None:
    """Ore to iron (60 kg) and slag (40 kg) with 100 kg CO2, by mass; half the iron to steel (20 kg) and dust (10 kg)
    with 50, by value.

    Stored: iron 60, of which 30 go on; steel 0.8 * (50 + 30) = 64, dust 16.
    """
    site.make(
        [
            site.out("iron", "part", "60 KGM", value=money("90"), heating_value=Quantity(value="10", unit="3B"),
                     moles="3", share="0.5"),
            site.out("slag", "part", "40 KGM", role="byProduct", value=money("10"),
                     heating_value=Quantity(value="30", unit="3B"), moles="1", share="0.5"),
        ],
        supplies=[ore("100 KGM")], activity=Make(co2="100"),
    )
    site.make(
        [
            site.out("steel", "part", "20 KGM", value=money("80"), heating_value=Quantity(value="1", unit="GV"),
                     moles="1", share="1"),
            site.out("dust", "part", "10 KGM", role="coProduct", value=money("20"),
                     heating_value=Quantity(value="1000", unit="3B"), moles="4", share="0"),
        ],
        {"iron": "30 KGM"}, activity=Make(co2="50"), allocation="value",
    )


@pytest.mark.parametrize(("key", "iron", "steel", "dust"), [
    (None, 60, 64, 16),
    # 20 / 30 * (50 + 0.5 * 60)
    ("mass", 60, 160 / 3, 80 / 3),
    # 0.9 * 100; 0.8 * (50 + 45)
    ("value", 90, 76, 19),
    # 10 / 40 * 100; 1 GJ and 1000 MJ: 0.5 * (50 + 12.5)
    ("energy", 25, 31.25, 31.25),
    # 3 / 4 * 100; 0.2 * (50 + 37.5)
    ("moles", 75, 17.5, 70),
    # 0.5 * 100; all of 50 + 25
    ("declared", 50, 75, 0),
])
def test_two_stages_by_each_key(
    memory: MemoryLedger, site: Site, key: str | None, iron: float, steel: float, dust: float
) -> None:
    two_stages(site)
    counting = Counting(memory)
    found = [counting.figures(site.name(lot), key).footprint for lot in ("iron", "steel", "dust")]
    assert found == pytest.approx([iron, steel, dust], rel=1e-12)
    assert counting.figures(site.name("iron"), key).absolute == pytest.approx(iron, rel=1e-12)


def test_each_records_own_key_is_what_is_stored(memory: MemoryLedger, site: Site) -> None:
    two_stages(site)
    counting = Counting(memory)
    for lot, figures in memory.figures.items():
        assert counting.figures(lot).footprint == pytest.approx(footprint(figures.burdens), rel=1e-12)


def test_a_record_of_which_the_lot_carried_nothing(memory: MemoryLedger, site: Site) -> None:
    """Ore (40 kg CO2) goes into a record that gives `b` nothing by value; by mass that has half of 40 + 10."""
    site.make([site.out("ore", "part", "100 KGM")], supplies=[ore("100 KGM")], activity=Make(co2="40"))
    site.make(
        [site.out("a", "part", "50 KGM"), site.out("b", "part", "50 KGM", role="byProduct")], {"ore": "100 KGM"},
        activity=Make(co2="10", weights={"value": ["1", "0"]}), allocation="value",
    )
    counting = Counting(memory)
    assert (counting.figures(site.name("b")).footprint, counting.figures(site.name("a")).footprint) == (0, 50)
    assert counting.figures(site.name("b"), "mass").footprint == pytest.approx(25, rel=1e-12)
    assert counting.figures(site.name("a"), "mass").footprint == pytest.approx(25, rel=1e-12)


def test_assigned_amounts_stay_with_their_output(memory: MemoryLedger, site: Site) -> None:
    """30 of 100 kg are of the heat that goes with the slag: by mass 0.6 * 70 = 42 and 0.4 * 70 + 30 = 58; by value
    0.9 * 70 = 63 and 7 + 30 = 37. Half of the slag goes on, with 4 kg more."""
    given = [Given(output=1, burden="fossilGhgEmissions", amount="30")]
    site.make(
        [site.out("iron", "part", "60 KGM", value=money("90")),
         site.out("slag", "part", "40 KGM", role="byProduct", value=money("10"))],
        supplies=[ore("100 KGM")], activity=Make(co2="100", assigned=given),
    )
    site.make([site.out("brick", "part", "20 KGM")], {"slag": "20 KGM"}, activity=Make(co2="4"))
    counting = Counting(memory)
    for key, expected in ((None, [42, 58, 33]), ("mass", [42, 58, 33]), ("value", [63, 37, 22.5])):
        found = [counting.figures(site.name(lot), key).footprint for lot in ("iron", "slag", "brick")]
        assert found == pytest.approx(expected, rel=1e-12)


def test_waste_carries_nothing_by_any_key(memory: MemoryLedger, site: Site) -> None:
    site.make(
        [site.out("a", "part", "60 KGM", value=money("1")), site.out("b", "part", "20 KGM", value=money("3")),
         site.out("scrap", "part", "20 KGM", role="waste", origin="preConsumer", value=money("100"))],
        supplies=[ore("100 KGM")], activity=Make(co2="100"),
    )
    counting = Counting(memory)
    for key, expected in (("mass", [75, 25, 0]), ("value", [25, 75, 0])):
        found = [counting.figures(site.name(lot), key).footprint for lot in ("a", "b", "scrap")]
        assert found == pytest.approx(expected, rel=1e-12)


def test_the_sectors_weights_go_before_the_outputs_own_fields(memory: MemoryLedger, site: Site) -> None:
    site.make(
        [site.out("a", "part", "50 KGM", value=money("1")), site.out("b", "part", "50 KGM", value=money("1"))],
        supplies=[ore("100 KGM")], activity=Make(co2="100", weights={"value": ["3", "1"]}),
    )
    assert Counting(memory).figures(site.name("a"), "value").footprint == pytest.approx(75, rel=1e-12)


def test_one_output_that_carries_burden_leaves_no_choice(memory: MemoryLedger, site: Site) -> None:
    """It needs no value then, nor does its waste."""
    site.make(
        [site.out("a", "part", "80 KGM"), site.out("scrap", "part", "20 KGM", role="waste", origin="preConsumer")],
        supplies=[ore("100 KGM")], activity=Make(co2="100"),
    )
    counting = Counting(memory)
    assert counting.splits == []
    for key in NEEDS:
        assert counting.figures(site.name("a"), key).footprint == pytest.approx(100, rel=1e-12)


def test_what_a_key_needs_and_does_not_find_is_named(memory: MemoryLedger, site: Site) -> None:
    """`b` has no value; the record behind it neither. Nobody is asked for what does not matter to the lot."""
    for lot in ("near", "far"):
        site.make([site.out(f"{lot}-a", "part", "50 KGM", value=money("1")), site.out(f"{lot}-b", "part", "50 KGM")],
                  supplies=[ore("100 KGM")] if lot == "near" else (), activity=Make(co2="100"),
                  inputs={"near-a": "50 KGM", "near-b": "50 KGM"} if lot == "far" else None)
    site.make([site.out("alone", "part", "10 KGM")], supplies=[ore("10 KGM")], activity=Make(co2="7"))
    counting = Counting(memory)
    with pytest.raises(InvalidInput) as caught:
        counting.figures(site.name("far-a"), "value")
    error = caught.value
    assert (error.code, error.field, error.value) == ("missing-weight", "allocation", "value")
    assert error.rule == "every output that carries burden must state its value"
    first, second = (memory.digests[memory.state.lots[site.name(lot)].index].hex() for lot in ("far-a", "near-a"))
    assert error.message == (
        "allocation by value needs fields that 2 of the records upstream of the lot do not state: "
        f"record {first}, output {site.name('far-b')}: outputs[1].value; "
        f"record {second}, output {site.name('near-b')}: outputs[1].value"
    )
    assert first not in raised(InvalidInput, counting.figures, site.name("near-b"), "value").message
    assert counting.figures(site.name("alone"), "value").footprint == 7


def test_weights_that_are_all_zero(memory: MemoryLedger, site: Site) -> None:
    site.make([site.out("a", "part", "50 KGM"), site.out("b", "part", "50 KGM")], supplies=[ore("100 KGM")],
              activity=Make(co2="100", weights={"moles": ["0", "0"]}))
    error = raised(InvalidInput, lambda: Counting(memory).figures(site.name("a"), "moles"))
    assert error.code == "missing-weight"
    assert "needs a weight above zero" in (error.rule or "")


def test_six_records_without_a_value_are_five_and_one_more(memory: MemoryLedger, site: Site) -> None:
    inputs: dict[str, str] = {}
    for i in range(6):
        site.make([site.out(f"a{i}", "part", "5 KGM"), site.out(f"b{i}", "part", "5 KGM")], inputs,
                  [ore("10 KGM")], activity=Make(co2="1"))
        inputs = {f"a{i}": "5 KGM"}
    error = raised(InvalidInput, lambda: Counting(memory).figures(site.name("a5"), "energy"))
    assert error.message.count("record ") == 5
    assert error.message.endswith("; and 1 more")
    assert "needs fields that 6 of the records" in error.message


def test_unknown_keys() -> None:
    with pytest.raises(InvalidInput) as caught:
        allocation_named("price")
    error = caught.value
    assert (error.code, error.field, error.value) == ("unknown-allocation", "allocation", "price")
    assert error.rule == "one of: mass, value, energy, moles, declared"


# ---- potentials


def gassy(site: Site) -> None:
    """2 kg CH4, 10 kg CO2, 5 kg CO2e by a factor, 3 kg CO2e of a source without one; 40 kg CO2e of a declared bar, of
    which half goes in; 4 kg assigned to the slag, which has a quarter of the mass."""
    site.declare(
        burdens={"fossilGhgEmissions": "40", "transportGhgEmissions": "6"}, lot=site.out("bar", "part", "20 KGM"),
        boundary="cradleToGate", primary_share="0.25",
    )
    factor = Factor(value="2.5", unit="KGM", source="a table", year=2024, boundary="cradleToGate")
    paint = msgspec.structs.replace(ore("2 KGM"), material="paint", origin="technosphere", factor=factor)
    site.make(
        [site.out("iron", "part", "75 KGM"), site.out("slag", "part", "25 KGM", role="byProduct")], {"bar": "10 KGM"},
        [ore("90 KGM"), paint],
        activity=Make(ch4="2", co2="10", emissions=[Emission(amount="3", gas="CO2e", source="guess")],
                      assigned=[Given(output=1, burden="fossilGhgEmissions", amount="4")],
                      gaps=[Gap(what="oil", estimate="8")]),
    )


def test_methane_by_ar5(memory: MemoryLedger, site: Site) -> None:
    """AR6: 2 * 29.8 + 10 + 5 + 3 + 20 - 4 = 93.6, of which iron has 70.2. AR5: 2 * 30 make it 94, and 70.5."""
    gassy(site)
    iron, slag = site.name("iron"), site.name("slag")
    assert Counting(memory).figures(iron).footprint == pytest.approx(70.2, rel=1e-12)
    five = Counting(memory, AR5)
    assert (five.figures(iron).footprint, five.figures(slag).footprint) == pytest.approx((70.5, 27.5), rel=1e-12)
    # absGhg is of lines alone, 0.75 * 98; 6 kg of oil are left out.
    figures = five.figures(iron)
    assert figures[1:] == pytest.approx((73.5, 6, 0), rel=1e-12)
    assert figures.completeness == pytest.approx(73.5 / 79.5, rel=1e-12)


def test_what_ar5_cannot_weigh_is_named(memory: MemoryLedger, site: Site) -> None:
    gassy(site)
    five = Counting(memory, AR5)
    told = limitations(RecountRequest(gwp="AR5"), five.recount, five.weighed(site.name("iron")))
    # Both halves of the bar's figure, primary and not, are of one declaration.
    assert told == [
        "declarations: 15 kg CO2e of 1 declaration, which AR5 cannot weigh anew.",
        "factors stated in CO2e: 3.75 kg CO2e of 1 factor, which AR5 cannot weigh anew.",
        "other lines stated in CO2e: 2.25 kg CO2e of 1 source, which AR5 cannot weigh anew.",
        "assigned amounts: -3 kg CO2e, which AR5 cannot weigh anew.",
    ]
    assert limitations(RecountRequest(), five.recount, five.weighed(site.name("iron"))) == []


def test_declarations_exist_in_one_method_only(memory: MemoryLedger, site: Site) -> None:
    gassy(site)
    six = Counting(memory)
    digest = memory.digests[memory.state.lots[site.name("bar")].index].hex()
    expected = [f"declaration {digest} (study) exists in one method and allocation only: 15 kg CO2e of the lot."]
    for asked in (RecountRequest("module-d/1"), RecountRequest(allocation="mass")):
        assert limitations(asked, six.recount, six.weighed(site.name("iron"))) == expected
    assert limitations(RecountRequest("module-d/1"), six.recount, six.weighed(site.name("bar"))) == [
        f"declaration {digest} (study) exists in one method and allocation only: 40 kg CO2e of the lot.",
    ]


def test_many_declarations_are_summed_up(memory: MemoryLedger, site: Site) -> None:
    """Of 22, with 1 to 22 kg CO2e, the two smallest are 3 kg."""
    inputs = {}
    for i in range(1, 23):
        site.declare(burdens={"fossilGhgEmissions": str(i)}, lot=site.out(f"bar{i}", "part", "1 KGM"))
        inputs[f"bar{i}"] = "1 KGM"
    site.make([site.out("all", "part", "22 KGM")], inputs)
    counting = Counting(memory)
    told = limitations(RecountRequest("module-d/1"), counting.recount, counting.weighed(site.name("all")))
    assert len(told) == 21
    assert "22 kg CO2e" in told[0]
    assert told[-1] == "2 more exist in one method and allocation only: 3 kg CO2e of the lot."


def test_a_record_that_states_nothing_yet_is_a_gap(memory: MemoryLedger, site: Site) -> None:
    site.make([site.out("a", "part", "50 KGM")], supplies=[ore("50 KGM")], activity=Make(gaps=[Gap(what="oil")]))
    assert Counting(memory).figures(site.name("a")) == (0, 0, 0, 1)
    assert (RecountFigures(0, 0, 0, 1).completeness, RecountFigures(0, 0, 0, 0).completeness) == (None, 1.0)


def test_a_provisional_record_that_states_no_emissions_yet_is_one_too(memory: MemoryLedger, site: Site) -> None:
    memory.must((site.party, Transformation(
        issuer=site.id, nonce=memory.nonce(), facility=site.facility, start=START, end=END, process=f"{NAME}.make",
        activity=raw(Make()), supplies=[ore("50 KGM")], outputs=[site.out("a", "part", "50 KGM")], basis="provisional",
    )))
    assert Counting(memory).figures(site.name("a")) == (0, 0, 0, 1)
