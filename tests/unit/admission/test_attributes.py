"""Green attributes: made beside the power of a plant, handed on apart from it, used up once, within their validity.

`park` has a photovoltaic plant of the mill's that made 1000 kWh in January 2024 (`sun`) with the attributes of all of
it (`green`), valid for two years, and 1000 kWh of the grid of which 960 came through the transformer (`grid`). By the
residual mix of 2023, the latest, power without attributes has 0.6096 kg CO2 per kWh.
"""

from typing import Any

import msgspec
import pytest
from carbon_ledger_energy import plugin
from msgspec import Raw
from msgspec.structs import replace
from unit.admission.world import (
    END,
    FORGE,
    MILL,
    PLUGIN_DIGEST,
    REGISTRY,
    START,
    Party,
    World,
    activation,
    claiming,
    consumption,
    credit,
    declaration,
    facility,
    first_record,
    flow,
    nonce,
    ore,
    organization,
    output,
    product,
    quantity,
    transfer,
    transformation,
)

from ledger.core.outcome.leaves import AssessmentLeaf, LotLeaf, read
from ledger.core.record.kinds import Addition, Closing, Consumption, Pool, Transformation
from ledger.core.record.values import Attribute, Credit, Flow, Money, Output, Supply
from ledger.engine.batch import Sequenced
from ledger.engine.sectors import Installed, Registry
from ledger.footprint.stored.burdens import SLOT, ZERO

EXACT = 1e-12
YEARS = "2026-01-01T00:00:00Z"
RESIDUAL = 0.6096


class Park(World):
    """A ledger on which the energy sector is in force."""

    registry = Registry([REGISTRY.sector("works"), REGISTRY.sector("loose"),
                         Installed(plugin(), PLUGIN_DIGEST, "energy")])


def empty_park() -> Park:
    world = Park(first_record(), activation("works"), activation("energy"), organization(MILL), organization(FORGE))
    for who in (MILL, FORGE):
        world.admit(
            facility(by=who), product("power", "KWH", by=who), product("heat", "3B", by=who),
            product("steel", by=who), product("certificate", "KWH", by=who),
        )
    return world


def attribute(lot: str, amount: str, *, start: str = START, end: str = YEARS, technology: Any = "photovoltaic",
              **fields: Any) -> Output:
    stands_for = Attribute(carrier="electricity", technology=technology, start=start, end=end)
    return output(lot, amount, "attribute", **{"product": "certificate", "attribute": stands_for, **fields})


def power(lot: str, amount: str, **fields: Any) -> Output:
    return output(lot, amount, product="power", **fields)


def generating(*outputs: Output, **fields: Any) -> Transformation:
    fields = {"process": "energy.photovoltaic", "activity": Raw(b'{"capacity":"10"}'), **fields}
    return transformation(list(outputs), supplies=[], **fields)


def importing(bought: str, *outputs: Output) -> Transformation:
    supply = Supply(material="electricity", quantity=quantity(bought))
    return transformation(list(outputs), supplies=[supply], process="energy.gridImport")


def heating(
    heat: str, inputs: list[Flow], *, by: Party = MILL, bought: str | None = None, **fields: Any
) -> Transformation:
    """An electrode boiler uses power."""
    supplies = [] if bought is None else [Supply(material="electricity", quantity=quantity(bought))]
    fields = {"process": "energy.heatBoiler", "activity": Raw(b'{"kind":"electrode"}'), **fields}
    return transformation([output(heat, "3 3B", product="heat", of=by)], inputs, supplies, by=by, **fields)


@pytest.fixture
def park() -> Park:
    world = empty_park()
    world.admit(generating(power("sun", "1000 KWH"), attribute("green", "1000 KWH")),
                importing("1000 KWH", power("grid", "960 KWH")))
    return world


def market(world: World, lot: str, of: Party = MILL) -> float:
    return world.figures[of.name(lot)].burdens[SLOT["electricityMarket"]]


# Making


def test_a_plant_makes_attributes_beside_its_power() -> None:
    world = empty_park()
    (made,) = world.admit(generating(power("sun", "1000 KWH"), attribute("green", "0.6 MWH")))
    lot = world.lot("green")
    assert (lot.role, lot.quantity, lot.mass, lot.holder, lot.expires) == ("attribute", 600, None, MILL.id, YEARS)
    assert lot.credit == f"attribute:electricity:photovoltaic:CN:{START}"
    assert world.figures[MILL.name("green")] == (ZERO, {})
    leaf = msgspec.json.decode(made.leaves[2], type=LotLeaf)
    assert (leaf.role, leaf.credit, leaf.burdens) == ("attribute", lot.credit, {})
    assert world.fossil("sun") == pytest.approx(54.5, rel=EXACT)
    assert market(world, "sun") == pytest.approx(609.6, rel=EXACT), "whether attributes are made or not"


@pytest.mark.parametrize(("amounts", "stated"), [
    (["1000.000000001"], "1000.000000001"), (["600", "400.5"], "1000.5"), (["1.1 MWH"], "1100"),
])
def test_attributes_are_at_most_the_power(amounts: list[str], stated: str) -> None:
    made = [attribute(f"green-{i}", one if " " in one else f"{one} KWH") for i, one in enumerate(amounts)]
    empty_park().refuse(
        generating(power("sun", "1000 KWH"), *made), "attribute-excess", "outputs[1].quantity", f"{stated} KWH",
        says="1000 kWh of electricity",
    )


def test_attributes_need_the_power_beside_them() -> None:
    world = empty_park()
    world.refuse(generating(attribute("green", "1 KWH")), "attribute-excess", "outputs[0].quantity",
                 says="but only 0 kWh of electricity")
    waste = output("sun", "1000 KWH", "waste", product="power")
    world.refuse(generating(waste, attribute("green", "1 KWH")), "attribute-excess", "outputs[1].quantity")


def test_only_a_sector_that_generates_green_power_makes_attributes() -> None:
    world = empty_park()
    outputs = [power("sun", "1000 KWH", share="1"), attribute("green", "1 KWH")]
    works = transformation(outputs, allocation="declared")
    world.refuse(works, "attribute-excess", "outputs[1].quantity", "1 KWH", says="only 0 kWh from a renewable source")


@pytest.mark.parametrize(("output_", "field"), [
    (power("green", "1 KWH", attribute=Attribute(carrier="electricity", technology="wind", start=START, end=YEARS)),
     "attribute"),
    (attribute("green", "1 KWH", attribute=None), "attribute"),
    (attribute("green", "1 TNE", product="steel"), "product"),
    (attribute("green", "1 3B", product="heat"), "product"),
    (attribute("green", "1 KWH", mass=quantity("1 KGM")), "mass"),
    (attribute("green", "1 KWH", item=MILL.name("item")), "item"),
    (attribute("green", "1 KWH", materials={"steel": "1"}), "materials"),
    (attribute("green", "1 KWH", elements={"C": "1"}), "elements"),
    (attribute("green", "1 KWH", heating_value=quantity("1 3B")), "heatingValue"),
    (attribute("green", "1 KWH", moles="1"), "moles"),
])
def test_what_an_attribute_is_not(output_: Output, field: str) -> None:
    empty_park().refuse(generating(power("sun", "1000 KWH"), output_), "attribute-form", f"outputs[1].{field}")


def test_an_attribute_is_no_credit_and_no_waste() -> None:
    world = empty_park()
    both = attribute("green", "1 KWH", credit=Credit(material="steel"))
    world.refuse(generating(power("sun", "1000 KWH"), both), "credit-form", "outputs[1].credit")
    origin = attribute("green", "1 KWH", origin="preConsumer")
    world.refuse(generating(power("sun", "1000 KWH"), origin), "waste-origin", "outputs[1].origin")
    priced = attribute("green", "1 KWH", value=Money(value="3", currency="CNY"))
    world.admit(generating(power("sun", "1000 KWH"), priced))


@pytest.mark.parametrize(("start", "end", "code", "field"), [
    ("2023-12-31T23:59:59Z", YEARS, "attribute-form", "outputs[1].attribute"),
    (START, "2026-01-01T00:00:01Z", "attribute-form", "outputs[1].attribute"),
    (END, END, "period", "outputs[1].attribute.end"),
    (START, "2025-02-30T00:00:00Z", "instant", "outputs[1].attribute.end"),
])
def test_how_long_attributes_are_valid(start: str, end: str, code: str, field: str) -> None:
    """From the month of generation on, and for 24 months."""
    made = attribute("green", "1 KWH", start=start, end=end)
    empty_park().refuse(generating(power("sun", "1000 KWH"), made), code, field)


def test_validity_is_counted_from_the_month_in_which_generation_began() -> None:
    world = empty_park()
    made = attribute("green", "1 KWH", start="2024-11-01T00:00:00Z", end="2026-11-01T00:00:00Z")
    world.admit(generating(power("sun", "1000 KWH"), made, start="2024-11-20T00:00:00Z", end="2024-12-20T00:00:00Z"))


def test_nothing_else_makes_attributes(park: Park) -> None:
    park.refuse(declaration(lot=attribute("bought", "1 KWH"), boundary="none"), "role", "lot.role")
    park.refuse(consumption([flow("sun", "1 KWH")], [attribute("left", "1 KWH")]), "attribute-form", "outputs[0].role")
    park.refuse(Pool(issuer=MILL.id, nonce=nonce(), id=MILL.name("pool"), facility=MILL.name("site"),
                     product=MILL.name("certificate"), role="attribute"), "pool-form", "role")


def test_attributes_do_not_blend(park: Park) -> None:
    pool = Pool(issuer=MILL.id, nonce=nonce(), id=MILL.name("pool"), facility=MILL.name("site"),
                product=MILL.name("certificate"))
    park.admit(pool)
    added = Addition(issuer=MILL.id, nonce=nonce(), pool=pool.id, time=END, inputs=[flow("green", "1 KWH")])
    park.refuse(added, "pool-mix", "inputs[0].lot")


# Using


def test_power_with_all_of_its_attributes_counts_as_zero(park: Park) -> None:
    (used,) = park.admit(heating("steam", [flow("sun", "400 KWH"), flow("green", "400 KWH")]))
    figures = park.figures[MILL.name("steam")].burdens
    assert market(park, "steam") == pytest.approx(0, abs=1e-12)
    assert figures[SLOT["fossilGhgEmissions"]] == pytest.approx(400 * 0.0545, rel=EXACT), "location-based as ever"
    leaf = msgspec.json.decode(used.leaves[0], type=AssessmentLeaf)
    assert read(leaf.covered) == pytest.approx({"electricityMarket": -400 * RESIDUAL}, rel=EXACT)
    assert (park.left("green"), park.left("sun")) == (600, 600)


def test_power_without_attributes_counts_as_what_is_left(park: Park) -> None:
    """The mill has not used its attributes: it may still sell them, so its own power is not green."""
    park.admit(heating("steam", [flow("sun", "400 KWH")]))
    assert market(park, "steam") == pytest.approx(400 * RESIDUAL, rel=EXACT)
    assert park.figures[MILL.name("steam")].burdens[SLOT["renewableEnergyMj"]] == 0


def test_half_of_the_power_of_the_grid_is_covered(park: Park) -> None:
    """480 of 960 kWh carry half of 609.6 kg. Attributes for 240 of them take a half of that, but not of what was lost
    on the way: 960 of 1000 kWh; 304.8 - 0.5 * 0.96 * 304.8 = 158.496. Location-based it is a half of 530.6."""
    park.admit(heating("steam", [flow("grid", "480 KWH"), flow("green", "240 KWH")]))
    assert market(park, "steam") == pytest.approx(158.496, rel=EXACT)
    assert park.figures[MILL.name("steam")].burdens[SLOT["electricityLocation"]] == pytest.approx(265.3, rel=EXACT)


def test_losses_that_have_attributes_of_their_own_are_green() -> None:
    """Of 1000 kWh a storage gives 900. With 100 for the loss and 900 for the rest all of it is green; without the 100,
    what was lost stays: 100 * 0.6096."""
    storing = {"process": "energy.storage", "supplies": [],
               "activity": Raw(b'{"capacity":"1000","phase":"cycle"}')}
    for covered, left in (([flow("green", "100 KWH")], 0.0), ([], 60.96)):
        world = empty_park()
        world.admit(generating(power("sun", "1000 KWH"), attribute("green", "1000 KWH")))
        world.admit(transformation([power("later", "900 KWH")], [flow("sun", "1000 KWH"), *covered], **storing))
        world.admit(heating("steam", [flow("later", "900 KWH"), flow("green", "900 KWH")]))
        assert market(world, "steam") == pytest.approx(left, abs=1e-9)


def test_power_of_the_grid_as_a_supply_is_covered_too(park: Park) -> None:
    """600 kWh of lots and 400 bought: attributes for 500 cover a half of each. The average of 2023 is 0.5306."""
    park.admit(heating("steam", [flow("sun", "600 KWH"), flow("green", "500 KWH")], bought="400 KWH"))
    assert market(park, "steam") == pytest.approx(500 * RESIDUAL, rel=EXACT)
    location = park.figures[MILL.name("steam")].burdens[SLOT["electricityLocation"]]
    assert location == pytest.approx(400 * 0.5306, rel=EXACT)


@pytest.mark.parametrize(("attributes", "bought"), [("400.000000001", None), ("500.5", "100 KWH")])
def test_no_more_attributes_than_power(park: Park, attributes: str, bought: str | None) -> None:
    park.refuse(heating("steam", [flow("sun", "400 KWH"), flow("green", f"{attributes} KWH")], bought=bought),
                "attribute-excess", "inputs", f"{attributes} KWH")


def test_a_record_that_uses_no_power_uses_no_attributes(park: Park) -> None:
    park.refuse(transformation([output("bar")], [flow("green", "1 KWH")], [ore()]), "attribute-excess", "inputs",
                says="0 kWh of electricity")


@pytest.mark.parametrize(("start", "end", "code"), [
    ("2025-12-01T00:00:00Z", "2026-01-01T00:00:01Z", "attribute-expired"),
    ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "attribute-expired"),
    ("2023-12-31T23:59:59Z", "2024-01-15T00:00:00Z", "attribute-early"),
])
def test_attributes_outside_their_validity_are_refused(park: Park, start: str, end: str, code: str) -> None:
    inputs = [flow("sun", "1 KWH"), flow("green", "1 KWH")]
    park.refuse(heating("steam", inputs, start=start, end=end), code, "inputs[1].lot", MILL.name("green"))
    park.admit(heating("steam", inputs, start="2025-12-01T00:00:00Z", end=YEARS))


def test_attributes_of_another_country_are_refused(park: Park) -> None:
    park.admit(facility("abroad", country="VN"))
    park.refuse(heating("steam", [flow("sun", "1 KWH"), flow("green", "1 KWH")], facility=MILL.name("abroad")),
                "attribute-market", "inputs[1].lot")


def test_only_the_owner_uses_an_attribute(park: Park) -> None:
    park.admit(transfer("green", "10 KWH", "kept", purpose="custody"), transfer("sun", "10 KWH", "sold"))
    park.refuse(heating("steam", [flow("sold", "1 KWH"), flow("kept", "1 KWH")], by=FORGE), "not-owner",
                "inputs[1].lot", MILL.name("kept"))
    stolen = heating("steam", [flow("sold", "1 KWH"), flow("green", "1 KWH")], by=FORGE)
    park.refuse(stolen, "unknown-lot", "inputs[1].lot")


# Once


def test_what_was_used_is_not_sold_and_what_was_sold_is_not_used(park: Park) -> None:
    park.admit(heating("steam", [flow("sun", "700 KWH"), flow("green", "700 KWH")]))
    park.refuse(
        transfer("green", "300.1 KWH", "sold"), "over-consumption", "quantity",
        says="the use exceeds the remaining attribute",
    )
    park.admit(transfer("green", "300 KWH", "sold"))
    park.refuse(heating("more", [flow("sun", "300 KWH"), flow("green", "1 KWH")]), "over-consumption",
                "inputs[1].quantity")
    sold = park.lot("sold")
    assert (sold.role, sold.holder, sold.credit, sold.expires) == (
        "attribute", FORGE.id, park.lot("green").credit, YEARS)


def test_two_buyers_in_one_batch(park: Park) -> None:
    verdicts, _ = park.run(transfer("green", "600 KWH", "one"), transfer("green", "600 KWH", "other"))
    assert [isinstance(one, Sequenced) for one in verdicts] == [True, False]
    assert (getattr(verdicts[1], "code", None), park.left("green")) == ("over-consumption", 400)


def test_who_buys_attributes_greens_power_of_his_own(park: Park) -> None:
    """The forge buys the mill's attributes and heats with power of the grid; the mill sells it no power."""
    park.admit(transfer("green", "500 KWH", "bought"))
    park.admit(heating("steam", [flow("bought", "500 KWH", MILL)], by=FORGE, bought="1000 KWH"))
    assert market(park, "steam", FORGE) == pytest.approx(500 * RESIDUAL, rel=EXACT)


@pytest.mark.parametrize(("fields", "code", "field"), [
    ({"transport": [ore("1")]}, "attribute-form", "transport"),
    ({"packaging": [ore("1")]}, "attribute-form", "packaging"),
    ({"time": "2026-01-01T00:00:01Z"}, "attribute-expired", "lot"),
])
def test_how_attributes_are_handed_on(park: Park, fields: dict[str, Any], code: str, field: str) -> None:
    park.refuse(transfer("green", "1 KWH", "sold", **fields), code, field)


# Retiring


def retiring(amount: str = "100 KWH", **fields: Any) -> Any:
    site = {"facility": MILL.name("site"), "start": START, "end": END}
    return consumption([flow("green", amount)], **{"purpose": "retired", **site, **fields})


def test_attributes_are_retired_for_a_facility_and_a_period(park: Park) -> None:
    (done,) = park.admit(retiring())
    assert (park.left("green"), msgspec.json.decode(done.leaves[0], type=AssessmentLeaf).retained) == (900, {})
    park.refuse(retiring("900.1 KWH"), "over-consumption", "inputs[0].quantity")


@pytest.mark.parametrize(("fields", "code", "field"), [
    ({"facility": None}, "attribute-form", "facility"),
    ({"start": None}, "attribute-form", "facility"),
    ({"end": None}, "attribute-form", "facility"),
    ({"start": END, "end": START}, "period", "end"),
    ({"facility": MILL.name("nowhere")}, "unknown-facility", "facility"),
    ({"facility": FORGE.name("site")}, "unknown-facility", "facility"),
    ({"start": "2023-12-01T00:00:00Z"}, "attribute-early", "inputs[0].lot"),
    ({"end": "2026-02-01T00:00:00Z"}, "attribute-expired", "inputs[0].lot"),
    ({"time": "2026-01-01T00:00:01Z"}, "attribute-expired", "inputs[0].lot"),
    ({"outputs": [output("left", "1", "waste")]}, "attribute-form", "outputs"),
    ({"inputs": [flow("green", "1 KWH"), flow("sun", "1 KWH")]}, "attribute-form", "inputs"),
    ({"purpose": "finalUse"}, "attribute-form", "inputs[0].lot"),
    ({"purpose": "ownUse"}, "attribute-form", "inputs[0].lot"),
    ({"purpose": "disposed"}, "attribute-form", "inputs[0].lot"),
    ({"purpose": "soldOutside"}, "attribute-form", "facility"),
])
def test_how_attributes_are_not_retired(park: Park, fields: dict[str, Any], code: str, field: str) -> None:
    park.refuse(replace(retiring(), **fields), code, field)


def test_attributes_are_retired_on_behalf_of_another(park: Park) -> None:
    park.refuse(retiring(facility=FORGE.name("site")), "unknown-facility", "facility")
    park.admit(retiring(facility=FORGE.name("site"), on_behalf_of=FORGE.id))


def test_attributes_leave_without_a_claim(park: Park) -> None:
    for purpose in ("soldOutside", "exported", "loss", "stockCorrection"):
        park.admit(consumption([flow("green", "1 KWH")], purpose=purpose))
    assert park.left("green") == 996


def test_only_attributes_are_retired_for_a_facility(park: Park) -> None:
    site = {"facility": MILL.name("site"), "start": START, "end": END}
    park.refuse(consumption([flow("sun", "1 KWH")], purpose="retired", **site), "attribute-form", "facility")
    park.admit(consumption([flow("sun", "1 KWH")], purpose="retired"))


@pytest.mark.parametrize("purpose", ["ownUse", "loss", "stockCorrection"])
def test_own_use_and_losses_may_name_their_facility(park: Park, purpose: str) -> None:
    def used(**fields: Any) -> Consumption:
        return consumption([flow("sun", "1 KWH")], **{"purpose": purpose, "facility": MILL.name("site"), **fields})

    park.refuse(used(start=START), "attribute-form", "start")
    park.refuse(used(facility=FORGE.name("site")), "unknown-facility", "facility")
    park.refuse(used(purpose="soldOutside"), "attribute-form", "facility")
    park.admit(used())


def test_an_attribute_is_not_claimed_and_nothing_is_claimed_for_it(park: Park) -> None:
    park.refuse(claiming("green", "1 KWH"), "claim-form", "inputs[0].lot")
    park.admit(declaration(lot=output("scrap", "10", "waste", origin="postConsumer"), boundary="none"))
    park.admit(transformation([output("bar", "9"), credit("tonnes", "8")], [flow("scrap", "10")]))
    park.refuse(claiming("tonnes", "1", made_for=MILL.name("green")), "claim-form", "claim.lot")


# Closings


def closing(amount: str = "100 KWH", **fields: Any) -> Closing:
    return Closing(issuer=MILL.id, nonce=nonce(), **{
        "facility": MILL.name("site"), "start": START, "end": END, "retired": [flow("green", amount)], **fields,
    })


def test_a_closing_retires_attributes(park: Park) -> None:
    park.refuse(closing(start="2023-12-01T00:00:00Z"), "attribute-early", "retired[0].lot")
    park.refuse(closing(end="2026-02-01T00:00:00Z"), "attribute-expired", "retired[0].lot")
    park.admit(facility("abroad", country="VN"))
    park.refuse(closing(facility=MILL.name("abroad")), "attribute-market", "retired[0].lot")
    measured = [Supply(material="electricity", quantity=quantity("0.09 MWH"))]
    park.refuse(closing(measured=measured), "attribute-excess", "retired", "100 KWH")
