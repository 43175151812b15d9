"""Element balances where compositions are declared. All numbers are solved by hand; masses in kg unless said otherwise.

The case throughout: 30 t of concentrate at 30 % Cu hold 30,000 * 0.3 = 9,000 kg of it.
"""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace
from support.memory import MemoryLedger
from support.sectors import registry, works
from support.site import ore, quantity, supply
from unit.engine.works import Works, refused

from ledger.core.record.values import Output
from ledger.engine.sectors import Installed, Registry
from ledger.sdk import Sector

CODE = "element-balance"


def within(element: str, mass: str = "0") -> Works:
    """An organisation whose sector has these tolerances for elements and for mass."""
    sector = replace(works(), element_tolerance=Decimal(element), mass_tolerance=Decimal(mass))
    return Works(MemoryLedger(Registry([Installed(sector, "0" * 64, "tests")])))


@pytest.fixture
def smelter() -> Works:
    """`concentrate`: 30 t at 30 % Cu, of a sector that tolerates nothing."""
    return stocked(Works(MemoryLedger(registry())))


def stocked(found: Works) -> Works:
    analysed(found, "concentrate", "30 TNE", Cu="0.3")
    return found


def analysed(works: Works, lot: str, amount: str, product: str = "metal", **elements: str) -> None:
    works.declared(works.out(lot, product, amount, elements=elements))


def copper(works: Works, amount: str = "10 TNE", fraction: str = "0.9999", **fields: Any) -> Output:
    return works.out("copper", "metal", amount, elements={"Cu": fraction}, **fields)


def balanced(works: Works, *outputs: Output, inputs: dict[str, str] | None = None, **fields: Any) -> None:
    """Admitted, of the whole concentrate unless other inputs are given; its lots are there."""
    works.run({one.lot: one for one in outputs}, {"concentrate": "30 TNE"} if inputs is None else inputs, **fields)
    assert all(one.lot in works.ledger.state.lots for one in outputs)


def unbalanced(
    works: Works, *outputs: Output, held: str, came: str, field: str = "outputs[0]", element: str = "Cu",
    inputs: dict[str, str] | None = None, **fields: Any,
) -> None:
    """Refused with both sides in the message, and without a trace."""
    error = refused(works, lambda: balanced(works, *outputs, inputs=inputs, **fields), CODE, field, held)
    assert f": {held} kg of {element}, but inputs and supplies hold at most {came} kg of it" in error.message
    assert f"a supply that holds {element} must name a product that states it" in str(error.rule)


def test_thirty_tonnes_of_concentrate_do_not_give_ten_of_copper(smelter: Works) -> None:
    """10,000 * 0.9999 = 9,999 kg of 9,000."""
    error = refused(smelter, lambda: balanced(smelter, copper(smelter)), CODE, "outputs[0]", "9999")
    assert error.message == "outputs[0]: 9999 kg of Cu, but inputs and supplies hold at most 9000 kg of it"
    assert error.rule == (
        "Cu in outputs <= Cu in inputs and supplies * (1 + 0), by their stated compositions; a supply that holds Cu "
        "must name a product that states it"
    )
    balanced(smelter, copper(smelter, "9 TNE"))


@pytest.mark.parametrize(("fraction", "held", "fits"), [
    ("0.9", "9000", True), ("0.900000002", "9000.00002", True), ("0.900000003", "9000.00003", False),
])
def test_to_the_last_grain(smelter: Works, fraction: str, held: str, fits: bool) -> None:
    """Fractions end at the ninth decimal: those of 10 t and 30 t may be off by 40,000 * 5e-10 = 0.00002 kg."""
    made = copper(smelter, fraction=fraction)
    if fits:
        balanced(smelter, made)
    else:
        unbalanced(smelter, made, held=held, came="9000")


@pytest.mark.parametrize(("fraction", "held", "fits"), [
    ("0.918", "9180", True), ("0.9181", "9181", False),
])
def test_within_the_sector_s_tolerance(fraction: str, held: str, fits: bool) -> None:
    """9,000 * 1.02 = 9,180."""
    tolerant = stocked(within("0.02"))
    made = copper(tolerant, fraction=fraction)
    if fits:
        balanced(tolerant, made)
    else:
        unbalanced(tolerant, made, held=held, came="9000")


def test_a_sector_that_says_nothing_tolerates_nothing(smelter: Works) -> None:
    sector: Sector = works()
    assert (sector.element_tolerance, sector.mass_tolerance) == (0, 0)
    unbalanced(smelter, copper(smelter, fraction="0.918"), held="9180", came="9000")


def test_the_tolerance_for_mass_is_another_one() -> None:
    """By a tenth more may be weighed out, but nothing more of an element."""
    loose = stocked(within("0", mass="0.1"))
    unbalanced(loose, copper(loose, "33 TNE", "0.28"), held="9240", came="9000")
    strict = stocked(within("0.1"))
    refused(strict, lambda: balanced(strict, copper(strict, "33 TNE", "0.28")), "mass-balance", "outputs")


# What comes out.


def test_every_output_that_states_it_counts(smelter: Works) -> None:
    """8,500 * 0.99 = 8,415 in copper, 500 * 0.01 = 5 in a by-product, 20,000 * 0.03 = 600 in slag: 9,020."""
    def outputs(slag: str) -> tuple[Output, ...]:
        return (
            copper(smelter, "8500 KGM", "0.99"), smelter.out("dust", "scrap", "100 KGM", "byProduct"),
            smelter.out("acid", "part", "500 KGM", "coProduct", elements={"Cu": "0.01"}),
            smelter.out("slag", "scrap", "20 TNE", "waste", origin="preConsumer", elements={"Cu": slag}),
        )

    error = refused(smelter, lambda: balanced(smelter, *outputs("0.03")), CODE, "outputs", "9020")
    assert error.message == (
        "outputs[0], outputs[2], outputs[3]: 9020 kg of Cu, but inputs and supplies hold at most 9000 kg of it"
    )
    # 8,415 + 5 + 580.
    balanced(smelter, *outputs("0.029"))


def test_a_message_does_not_name_a_thousand_outputs(smelter: Works) -> None:
    ingots = [smelter.out(f"ingot-{i}", "metal", "1 TNE", elements={"Cu": "1"}) for i in range(10)]
    unbalanced(smelter, *ingots, held="10000", came="9000", field="outputs")
    error = refused(smelter, lambda: balanced(smelter, *ingots), CODE, "outputs")
    assert error.message.startswith("outputs[0], outputs[1], outputs[2], outputs[3], outputs[4] and 5 more: 10000 kg")


def test_what_its_product_states_an_output_states(smelter: Works) -> None:
    """200 cathodes of 50 kg at 95 %: 9,500; an analysis of their own, 90 %: 9,000."""
    smelter.product("cathode", "H87", mass_per_unit=quantity("50 KGM"), elements={"Cu": "0.95"})
    unbalanced(smelter, smelter.out("cathodes", "cathode", "200 H87"), held="9500", came="9000")
    balanced(smelter, smelter.out("cathodes", "cathode", "200 H87", elements={"Cu": "0.9"}))


def test_what_has_no_mass_holds_nothing(smelter: Works) -> None:
    smelter.product("power", "KWH", elements={"Cu": "1"})
    balanced(smelter, copper(smelter, "9 TNE", share="1"), smelter.out("heat", "power", "99999 KWH", share="0"),
             allocation="declared")


def test_each_element_has_its_own_balance(smelter: Works) -> None:
    """Of 1,000 kg with 20 % Zn and 10 % Pb: 200 and 100. 500 * 0.5 = 250 of zinc are too many, whatever the lead."""
    analysed(smelter, "blend", "1 TNE", Zn="0.2", Pb="0.1")
    both = smelter.out("both", "metal", "500 KGM", elements={"Pb": "0.2", "Zn": "0.5"})
    unbalanced(smelter, both, held="250", came="200", element="Zn", inputs={"blend": "1 TNE"})
    balanced(smelter, replace(both, elements={"Pb": "0.2", "Zn": "0.4"}), inputs={"blend": "1 TNE"})


# What lots bring.


def test_a_part_of_a_lot_brings_its_part(smelter: Works) -> None:
    """10 of 30 t hold 3,000 kg."""
    unbalanced(smelter, copper(smelter, "4 TNE", "0.9"), held="3600", came="3000", inputs={"concentrate": "10 TNE"})
    balanced(smelter, copper(smelter, "3 TNE", "1"), inputs={"concentrate": "10 TNE"})


def test_lots_counted_in_pieces(smelter: Works) -> None:
    """Four motors of together 600 kg, 10 % Cu by their product: one holds 15."""
    smelter.product("motor", "H87", elements={"Cu": "0.1"})
    smelter.declared(smelter.out("motors", "motor", "4 H87", mass=quantity("600 KGM")))
    unbalanced(smelter, copper(smelter, "20 KGM", "0.8"), held="16", came="15", inputs={"motors": "1 H87"})
    balanced(smelter, copper(smelter, "20 KGM", "0.75"), inputs={"motors": "1 H87"})


def test_nothing_is_balanced_that_nothing_stated_goes_into(smelter: Works) -> None:
    """Ore of a mine, and metal that says nothing of silver."""
    analysed(smelter, "lead", "1 TNE", Pb="0.9")
    balanced(smelter, smelter.out("silver", "metal", "1 TNE", elements={"Ag": "0.8"}), inputs={"lead": "1 TNE"})
    balanced(smelter, copper(smelter), inputs={}, supplies=[ore("10 TNE")])


@pytest.mark.parametrize(("amount", "came", "fits"), [("999 KGM", "9999", True), ("998 KGM", "9998", False)])
def test_a_lot_that_states_nothing_may_be_anything(smelter: Works, amount: str, came: str, fits: bool) -> None:
    smelter.declared(smelter.out("unknown", "metal", "5 TNE"))
    inputs = {"concentrate": "30 TNE", "unknown": amount}
    if fits:
        balanced(smelter, copper(smelter), inputs=inputs)
    else:
        unbalanced(smelter, copper(smelter), held="9999", came=came, inputs=inputs)


@pytest.mark.parametrize(("iron", "came", "fits"), [("0.5", "10000", True), ("0.51", "9980", False)])
def test_an_analysis_leaves_room_for_what_it_does_not_name(smelter: Works, iron: str, came: str, fits: bool) -> None:
    """2,000 kg of which Fe is 50 %: the other 1,000 kg may be copper."""
    analysed(smelter, "iron", "2 TNE", Fe=iron)
    inputs = {"concentrate": "30 TNE", "iron": "2 TNE"}
    if fits:
        balanced(smelter, copper(smelter), inputs=inputs)
    else:
        unbalanced(smelter, copper(smelter), held="9999", came=came, inputs=inputs)


def test_none_is_a_statement(smelter: Works) -> None:
    """One gram of gold in a tonne of metal that is said to hold none."""
    analysed(smelter, "base", "1 TNE", Au="0")
    gold = smelter.out("gold", "metal", "1 KGM", elements={"Au": "0.001"})
    unbalanced(smelter, gold, held="0.001", came="0", element="Au", inputs={"base": "1 TNE"})
    balanced(smelter, replace(gold, elements={"Au": "0"}), inputs={"base": "1 TNE"})


def test_a_blend_states_the_mean(smelter: Works) -> None:
    """1 t at 10 % and 2 t at 20 % are 3 t at 500 / 3,000. Written with nine decimals that is 500.000001 kg."""
    analysed(smelter, "a", "1 TNE", Cu="0.1")
    analysed(smelter, "b", "2 TNE", Cu="0.2")
    smelter.pool()
    smelter.add({"a": "1 TNE"})
    smelter.add({"b": "2 TNE"})
    error = refused(smelter, lambda: balanced(smelter, copper(smelter, "3 TNE", "0.1667"), inputs={"pool": "3 TNE"}),
                    CODE, "outputs[0]", "500.1")
    assert "at most 499.999999999999" in error.message
    balanced(smelter, copper(smelter, "3 TNE", "0.166666667"), inputs={"pool": "3 TNE"})


def test_of_a_blend_with_something_unknown_nothing_is_known(smelter: Works) -> None:
    """The blend states no copper: of 2 t all may be, of the 3 t of ingots 600 kg are. 2,600 kg at most."""
    analysed(smelter, "a", "1 TNE", Cu="0.1")
    smelter.declared(smelter.out("unknown", "metal", "1 TNE"))
    analysed(smelter, "ingots", "3 TNE", Cu="0.2")
    smelter.pool()
    smelter.add({"a": "1 TNE", "unknown": "1 TNE"})
    inputs = {"pool": "2 TNE", "ingots": "3 TNE"}
    unbalanced(smelter, copper(smelter, "2700 KGM", "1"), held="2700", came="2600", inputs=inputs)
    balanced(smelter, copper(smelter, "2600 KGM", "1"), inputs=inputs)


def test_what_was_sold_states_what_it_stated(smelter: Works) -> None:
    """10 t sent on hold 3,000 kg with the receiver as well."""
    other = Works(smelter.ledger, "other")
    smelter.hand("concentrate", "10 TNE", other, "sent")
    inputs = {smelter.name("sent"): "10 TNE"}
    unbalanced(other, copper(other, "5 TNE", "0.9"), held="4500", came="3000", inputs=inputs)
    balanced(other, copper(other, "5 TNE", "0.6"), inputs=inputs)


def test_a_lot_with_its_product_s_composition_keeps_it_when_sold(smelter: Works) -> None:
    other = Works(smelter.ledger, "other")
    smelter.product("brass", elements={"Cu": "0.6", "Zn": "0.4"})
    smelter.declared(smelter.out("bars", "brass", "100 KGM"))
    smelter.hand("bars", "100", other, "sent")
    inputs = {smelter.name("sent"): "100"}
    unbalanced(other, copper(other, "70 KGM", "0.9"), held="63", came="60", inputs=inputs)
    balanced(other, copper(other, "66 KGM", "0.9"), inputs=inputs)


def test_waste_and_cores_bring_what_they_state(smelter: Works) -> None:
    """Two motors at 100 kg with 10 % copper come back as cores, 50 kg of dust with 20 % as waste: 10 + 10 + 10."""
    smelter.product("motor", "H87", mass_per_unit=quantity("100 KGM"), elements={"Cu": "0.1"})
    smelter.declared(smelter.out("motors", "motor", "2 H87"))
    smelter.use({"motors": "2 H87"}, [smelter.out("cores", "motor", "2 H87", "core")])
    smelter.declared(smelter.out("dust", "scrap", "50 KGM", "waste", origin="preConsumer", elements={"Cu": "0.2"}))
    inputs = {"cores": "2 H87", "dust": "50"}
    unbalanced(smelter, copper(smelter, "35 KGM", "0.9"), held="31.5", came="30", inputs=inputs)
    core = smelter.out("core", "motor", "1 H87", "core")
    # One of the cores stays one, with 10 of the 30 kg.
    unbalanced(smelter, core, copper(smelter, "40 KGM", "0.6"), held="34", came="30", field="outputs", inputs=inputs)
    balanced(smelter, core, copper(smelter, "40 KGM", "0.5"), inputs=inputs)


def test_a_lot_without_a_mass_brings_nothing(smelter: Works) -> None:
    smelter.product("current", "KWH", elements={"Cu": "1"})
    smelter.declared(smelter.out("power", "current", "90000 KWH"))
    unbalanced(smelter, copper(smelter), held="9999", came="9000",
               inputs={"concentrate": "30 TNE", "power": "90000 KWH"})


def test_masses_are_rounded_as_well(smelter: Works) -> None:
    """Two of three pieces of together a gram of gold weigh 0.000666666... kg, 0.000666667 as that is written."""
    smelter.product("bead", "H87", elements={"Au": "1"})
    smelter.declared(smelter.out("beads", "bead", "3 H87", mass=quantity("0.001 KGM")))
    balanced(smelter, smelter.out("gold", "metal", "0.000666667 KGM", elements={"Au": "1"}), inputs={"beads": "2 H87"})


# What supplies bring.


def test_a_supply_brings_what_its_product_states(smelter: Works) -> None:
    """1,600 kg of bought scrap at 62.5 %: 1,000. Counted in 80 bales of 20 kg, it says its mass."""
    scrap = smelter.product("bought", elements={"Cu": "0.625"})
    said = supply("copperScrap", "80 H87", mass=quantity("1600 KGM"))
    unbalanced(smelter, copper(smelter, "10001 KGM", "1"), held="10001", came="10000",
               supplies=[replace(said, product=scrap)])
    unbalanced(smelter, copper(smelter), held="9999", came="9000", supplies=[said])
    balanced(smelter, copper(smelter), supplies=[replace(said, product=scrap)])


def test_supplies_alone_are_balanced_as_well(smelter: Works) -> None:
    bought = [supply("copperScrap", "1600 KGM", product=smelter.product("bought", elements={"Cu": "0.625"}))]
    unbalanced(smelter, copper(smelter, "1600 KGM", "0.9"), held="1440", came="1000", inputs={}, supplies=bought)
    balanced(smelter, copper(smelter, "1600 KGM", "0.625"), inputs={}, supplies=bought)


@pytest.mark.parametrize("origin", ["nature", "technosphere"])
def test_a_supply_that_states_nothing_brings_no_copper(smelter: Works, origin: str) -> None:
    """Neither without a product, nor with one that states nothing or something else: 5 t of flux, 2 t of iron."""
    plain, iron = smelter.product("flux"), smelter.product("iron", elements={"Fe": "0.1"})
    for product in (None, plain, iron):
        unbalanced(smelter, copper(smelter), held="9999", came="9000",
                   supplies=[supply("flux", "5 TNE", origin=origin, product=product)])


def test_energy_brings_nothing(smelter: Works) -> None:
    power = smelter.product("current", "KWH", elements={"Cu": "1"})
    unbalanced(smelter, copper(smelter), held="9999", came="9000",
               supplies=[supply("electricity", "90000 KWH", product=power)])


# Carbon, and what air and water bring.


def steel(works: Works, carbon: str) -> Output:
    return works.out("steel", "metal", "1 TNE", elements={"C": carbon})


@pytest.mark.parametrize(("carbon", "held", "fits"), [("0.052", "52", True), ("0.053", "53", False)])
def test_a_supply_that_does_not_state_carbon_may_be_carbon(smelter: Works, carbon: str, held: str, fits: bool) -> None:
    """1,000 kg of scrap with 0.2 % carbon hold 2 kg; 50 kg of coke may be 50."""
    analysed(smelter, "scrap", "1 TNE", C="0.002")
    fields: dict[str, Any] = {"inputs": {"scrap": "1 TNE"}, "supplies": [supply("coke", "50 KGM")]}
    if fits:
        balanced(smelter, steel(smelter, carbon), **fields)
    else:
        unbalanced(smelter, steel(smelter, carbon), held=held, came="52", element="C", **fields)


def test_carbon_does_not_come_of_nothing(smelter: Works) -> None:
    """Without coke, or with 50 kg of which 10 % are said to be carbon, or 96 % something else: 2, 7, and 4 kg."""
    analysed(smelter, "scrap", "1 TNE", C="0.002")
    stated, other = smelter.product("lean", elements={"C": "0.1"}), smelter.product("ash", elements={"Si": "0.96"})
    for product, came in ((None, "2"), (stated, "7"), (other, "4")):
        supplies = [supply("coke", "50 KGM", product=product)] if product else []
        unbalanced(smelter, steel(smelter, "0.008"), held="8", came=came, element="C", inputs={"scrap": "1 TNE"},
                   supplies=supplies)


@pytest.mark.parametrize("element", ["H", "N", "O"])
def test_what_air_and_water_bring_is_not_balanced(smelter: Works, element: str) -> None:
    analysed(smelter, "billet", "1 TNE", **{element: "0.00003"})
    balanced(smelter, smelter.out("scale", "scrap", "1 TNE", "byProduct", elements={element: "0.27"}),
             inputs={"billet": "1 TNE"})


def test_fossil_and_biogenic_carbon_are_contents_and_not_the_element(smelter: Works) -> None:
    """Wood states biogenic carbon, not C: the balance of charcoal is that of contents."""
    smelter.product("wood", biogenic_carbon="0.5")
    smelter.product("charcoal", biogenic_carbon="0.9")
    smelter.declared(smelter.out("wood", "wood", "1 TNE"))
    balanced(smelter, smelter.out("charcoal", "charcoal", "1 TNE", elements={"C": "0.9"}), inputs={"wood": "1 TNE"})
