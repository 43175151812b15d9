"""The steel sector against cases solved by hand. Masses in kg, energy in kWh, emissions in kg CO2."""

from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import Any

import msgspec
import pytest
from carbon_ledger_steel import plugin
from carbon_ledger_steel.arc_furnace import ElectricArcFurnace
from carbon_ledger_steel.carbon import factors
from carbon_ledger_steel.furnace import Charge
from carbon_ledger_steel.integrated import BlastFurnaceBasicOxygen
from carbon_ledger_steel.scrap import ScrapProcessing
from support.containing import Containing
from support.raising import raised

from ledger.core.record.values import Output
from ledger.errors import InvalidQuantity, PluginError
from ledger.footprint.stored.allocation import Weighed, shares
from ledger.footprint.stored.burdens import direct, footprint, named
from ledger.footprint.stored.contents import Contents, ContentsIn, ContentsOut, Flowing, Holding, follow_matter
from ledger.sdk import CONTEXT, Assessment, Context, FacilityFacts, InputFacts, OutputFacts, Quantity, SupplyFacts

STEEL = {"steel": Decimal(1)}


def supply(material: str, value: str, unit: str = "KGM", **facts: Any) -> SupplyFacts:
    mass = Decimal(value) if unit == "KGM" else None
    return SupplyFacts(**{
        "index": 0, "material": material, "quantity": Quantity(value=value, unit=unit), "mass": mass, "nature": False,
        "priced": False, **facts,
    })


def lot(mass: str, role: str = "waste", **facts: Any) -> InputFacts:
    return InputFacts(**{
        "lot": "urn:lot:in", "product": "urn:product:in", "sector": "steel", "role": role, "mass": Decimal(mass),
        "quantity": Quantity(value=mass, unit="KGM"), "materials": STEEL,
        "origin": "postConsumer" if role == "waste" else None, **facts,
    })


def power_lot(kilowatt_hours: str) -> InputFacts:
    return InputFacts(
        lot="urn:lot:power", product="urn:product:power", sector="energy", role="product",
        quantity=Quantity(value=kilowatt_hours, unit="KWH"),
    )


def out(mass: str, role: str = "product", materials: Mapping[str, Decimal] | None = None, **facts: Any) -> OutputFacts:
    declared = STEEL if materials is None and role == "product" else materials or {}
    return OutputFacts(**{
        "lot": "urn:lot:out", "product": "urn:product:out", "role": role, "mass": Decimal(mass),
        "quantity": Quantity(value=mass, unit="KGM"), "materials": declared, **facts,
    })


def context(
    route: str, inputs: tuple[InputFacts, ...], supplies: tuple[SupplyFacts, ...], outputs: tuple[OutputFacts, ...],
    subdivision: str | None = "CN-JS", year: int = 2022,
) -> Context:
    facility = FacilityFacts(id="urn:facility", country="CN", subdivision=subdivision)
    return Context(
        process=f"steel.{route}", route=route, year=year, hours=Decimal(24), allocation="mass", facility=facility,
        inputs=inputs, supplies=supplies, outputs=outputs,
    )


def assess(given: Context, activity: Any = None) -> Assessment:
    route = plugin().routes[given.route]
    with localcontext(CONTEXT):
        return route.assess(given, activity or route.activity())


def lines(assessment: Assessment) -> dict[str, Decimal]:
    return {line.source: line.amount for line in assessment.lines}


def codes(assessment: Assessment) -> dict[str, bool]:
    return {finding.code: finding.refuses for finding in assessment.findings}


def contents(given: Context, assessment: Assessment) -> ContentsOut:
    """As the core does: lots of waste turn into recycled content, outputs hold what they declare."""
    taken = [
        Flowing(1.0, _contents(float(i.mass or 0), i.materials, i.elements), i.origin if i.role == "waste" else None)
        for i in given.inputs
    ]
    supplied = {"mass": float(sum((s.mass or Decimal(0) for s in given.supplies), Decimal(0)))}
    held = [
        Holding(float(o.mass or 0), _contents(0.0, o.materials, o.elements, float(o.mass or 0)), bool(o.materials))
        for o in given.outputs
    ]
    matter = {name: [float(part) for part in parts] for name, parts in assessment.matter.items()}
    return follow_matter(ContentsIn(taken, supplied), held, matter)


def _contents(
    mass: float, materials: Mapping[str, Decimal], elements: Mapping[str, Decimal], of: float | None = None
) -> Contents:
    whole = mass if of is None else of
    return {
        **({"mass": mass} if mass else {}),
        **{f"material:{name}": whole * float(share) for name, share in materials.items()},
        **{f"element:{name}": whole * float(share) for name, share in elements.items()},
    }


ARC = (
    supply("electricity", "420", "KWH"), supply("naturalGas", "10", "NM3"), supply("electrode", "1.5"),
    supply("carburiser", "10"), supply("limestone", "20"), supply("lime", "30"),
)


def arc(*supplies: SupplyFacts, **facts: Any) -> Context:
    return context("electricArcFurnace", (lot("1100"),), supplies or ARC, (out("1000"), out("90", "waste")), **facts)


def test_arc_furnace_in_jiangsu() -> None:
    # power      420 kWh * 0.5978                                      = 251.076
    # gas        10 Nm3 * 389.31/10000 GJ * 0.0153 * 0.99 * 44/12 * 1000 = 21.62188809
    # electrode  1.5 * 3.663 = 5.4945      carburiser 10 * 3.667 = 36.67
    # limestone  20 * 0.44   = 8.8         scrap 1100 * 0.015    = 16.5
    # fixed      -1000 * 0.0154 = -15.4
    found = assess(arc())
    assert {source: round(amount, 8) for source, amount in lines(found).items()} == {
        "electricity": Decimal("251.076"), "naturalGas": Decimal("21.62188809"), "electrode": Decimal("5.4945"),
        "carburiser": Decimal("36.67"), "limestone": Decimal("8.8"), "scrap": Decimal("16.5"),
        "fixedCarbon": Decimal("-15.4"),
    }
    # together 324.76238809; on site 324.76238809 - 251.076 = 73.68638809
    vector = direct(found)
    assert footprint(vector) == pytest.approx(324.76238809, abs=1e-8)
    assert named(vector) == Containing({
        "electricityLocation": pytest.approx(251.076),
        "electricityKwh": 420.0,
        # 420 kWh * 3.6 + 10 Nm3 * 38.931 MJ = 1901.31 MJ
        "energyMj": pytest.approx(1901.31),
    })
    assert codes(found) == {}
    given = found.indicators
    assert given == Containing({"electricityPerTonne": 420, "scrapRatio": Decimal("1.1")})
    assert round(given["metallicYield"], 6) == Decimal("0.909091")
    assert round(given["directEmissionsPerTonne"], 8) == Decimal("73.68638809")
    assert round(given["energyPerTonne"], 6) == Decimal("1901.31")


def test_upstream_that_no_factor_covers_is_omitted_by_name() -> None:
    found = assess(arc())
    # lime is not the sector's: the core names it. The scrap is a lot and brings its own upstream.
    assert sorted(omission.what for omission in found.omissions) == [
        "carburiser upstream", "electricity upstream", "electrode upstream", "limestone upstream",
        "naturalGas upstream",
    ]
    priced = assess(arc(*(supply(s.material, s.quantity.value, s.quantity.unit, priced=True) for s in ARC)))
    assert priced.omissions == ()


def test_recalled_factors_stay_flagged() -> None:
    flags = {line.source: line.recalled for line in assess(arc()).lines}
    assert flags == {
        "electricity": False, "naturalGas": False, "electrode": False, "carburiser": False, "scrap": False,
        "limestone": True, "fixedCarbon": True,
    }


def test_the_factor_table_is_the_standards() -> None:
    table = {row.key: (row.value, row.status) for row in factors()}
    assert table == {
        "electrode": (Decimal(3663), "read"), "carburiser": (Decimal(3667), "read"), "scrap": (Decimal(15), "read"),
        "ferrochrome": (Decimal(275), "read"), "ferronickel": (Decimal(37), "recalled"),
        "ferromolybdenum": (Decimal(18), "recalled"), "pigIron": (Decimal(172), "recalled"),
        "directReducedIron": (Decimal(73), "recalled"), "crudeSteel": (Decimal("15.4"), "recalled"),
        "limestone": (Decimal(440), "recalled"), "dolomite": (Decimal(471), "recalled"),
    }


def test_integrated_route_in_hebei() -> None:
    # coke        350 * 28.446 GJ/t * 0.0294 * 0.93 * 44/12 = 350 * 2.851825284 = 998.1388494
    # washed coal 150 * 26.344 GJ/t * 0.0254 * 0.93 * 44/12 = 150 * 2.281759216 = 342.2638824
    # limestone 100 * 0.44 = 44   dolomite 20 * 0.471 = 9.42   scrap 150 * 0.015 = 2.25   fixed -15.4
    # power 150 * 0.7252 = 108.78; on site 1380.6727318, together 1489.4527318
    given = context(
        "blastFurnaceBasicOxygen", (lot("150"),),
        (supply("sinter", "1300"), supply("pellet", "300"), supply("coke", "350"), supply("washedCoal", "150"),
         supply("limestone", "100"), supply("dolomite", "20"), supply("electricity", "150", "KWH")),
        (out("1000"), out("300", "byProduct")), subdivision="CN-HE",
    )
    found = assess(given, BlastFurnaceBasicOxygen(hot_metal=Quantity(value="0.9", unit="TNE"), heats=2))
    assert (footprint(direct(found)), codes(found)) == (pytest.approx(1489.4527318, abs=1e-7), {})
    # metal in: 1300 * 0.57 + 300 * 0.65 + 150 = 741 + 195 + 150 = 1086; coke rate 350 / 0.9
    indicators = {name: round(value, 4) for name, value in found.indicators.items()}
    assert indicators == Containing({
        "metallicYield": Decimal("0.9208"), "directEmissionsPerTonne": Decimal("1380.6727"),
        "cokeRate": Decimal("388.8889"), "coalRate": Decimal("166.6667"), "hotMetalRatio": Decimal("0.9"),
        "scrapRatio": Decimal("0.15"), "steelPerHeat": Decimal("0.5"),
    })
    # recycled: the scrap loses as all metal does, 150 * 1000 / 1086 = 138.12 kg, and none is in the slag
    steel, slag = contents(given, found).outputs
    assert steel == Containing({
        "recycledPostConsumer:steel": pytest.approx(138.1215, abs=1e-4), "material:steel": 1000.0
    })
    assert "material:steel" not in slag


def test_sintered_ore_is_no_omission_of_the_plugin() -> None:
    # Ore has no line here: the core names it unless it is from nature or priced.
    given = context("blastFurnaceBasicOxygen", (), (supply("sinter", "1800"), supply("coke", "600")), (out("950"),))
    assert [omission.what for omission in assess(given).omissions] == ["coke upstream"]


def test_a_declared_carbon_content_replaces_the_factor() -> None:
    # in: 1100 * 0.002 * 44/12 = 8.0666..; out: 1000 * 0.001 * 44/12 = 3.6666..
    found = assess(context("electricArcFurnace", (lot("1100", fossil_carbon=Decimal("0.002")),), ARC,
                           (out("1000", fossil_carbon=Decimal("0.001")), out("90", "waste"))))
    assert round(lines(found)["scrap"], 4) == Decimal("8.0667")
    assert round(lines(found)["fixedCarbon"], 4) == Decimal("-3.6667")
    assert {line.source for line in found.lines if line.primary} == {"scrap", "fixedCarbon"}


def test_pig_iron_lots_and_pig_iron_sold() -> None:
    # in: 500 * 0.172 = 86, scrap 600 * 0.015 = 9; out: pig iron 100 * 0.172 + steel 900 * 0.0154 = 31.06
    iron = lot("500", "product", lot="urn:lot:iron", materials={"pigIron": Decimal(1)})
    found = assess(context("electricArcFurnace", (lot("600"), iron), (supply("electricity", "300", "KWH"),),
                           (out("900"), out("100", "coProduct", {"pigIron": Decimal(1)}))))
    assert lines(found) == Containing({"pigIron": 86, "scrap": 9})
    fixed = [line.amount for line in found.lines if line.source == "fixedCarbon"]
    assert (sum(fixed), found.indicators["crudeSteel"]) == (Decimal("-31.06"), Decimal("0.9"))


def test_power_that_the_supplier_priced_is_booked_only() -> None:
    found = assess(arc(supply("electricity", "0.42", "MWH", priced=True)))
    assert {line.burden for line in found.lines if line.source == "electricity"} == {"electricityLocation"}
    assert named(direct(found))["electricityKwh"] == 420.0


def test_power_that_comes_as_a_lot_is_booked_only() -> None:
    # 420 kWh, a quarter of it renewable: 420 * 3.6 / 4 = 378 MJ of 1512 MJ
    given = context("electricArcFurnace", (lot("1100"), power_lot("420")), (), (out("1000"), out("90", "waste")))
    found = assess(given, ElectricArcFurnace(renewable_share="0.25"))
    vector = named(direct(found))
    assert "electricity" not in lines(found)
    assert (vector["electricityKwh"], vector["energyMj"], vector["renewableEnergyMj"]) == (420.0, 1512.0, 378.0)
    assert found.indicators["electricityPerTonne"] == 420


def test_a_grid_that_is_in_no_table_is_left_to_the_core() -> None:
    germany = FacilityFacts(id="urn:facility", country="DE")
    found = assess(msgspec.structs.replace(arc(*ARC, supply("heat", "2", "GV")), facility=germany))
    assert not {"electricity", "heat"} & set(lines(found))
    assert not [omission for omission in found.omissions if omission.what.startswith(("electricity", "heat"))]
    assert named(direct(found))["electricityKwh"] == 420.0


def test_renewable_power_needs_a_lot() -> None:
    assert codes(assess(arc(), ElectricArcFurnace(renewable_share="0.5"))) == {"renewable-without-lot": True}


def test_heat_is_priced_by_default() -> None:
    # 2 GJ * 110 = 220; priced by its supplier, none
    found = assess(arc(*ARC, supply("steam", "2", "GV")))
    assert lines(found)["steam"] == 220
    assert "steam upstream" in [omission.what for omission in found.omissions]
    assert "steam" not in lines(assess(arc(*ARC, supply("steam", "2", "GV", priced=True))))


@pytest.mark.parametrize(("subdivision", "year", "factor", "recalled"), [
    ("CN-JS", 2022, "0.5978", False),
    ("CN-JS", 2021, "0.6451", False),
    ("CN-JS", 2026, "0.5978", False),  # the province's latest
    ("CN-XZ", 2022, "0.2268", False),  # Tibet has no value of its own: its grid region
    ("CN-XZ", 2024, "0.2472", False),
    (None, 2024, "0.5306", False),     # the country
    (None, 2021, "0.5568", True),
])
def test_grid_power_by_province_and_year(subdivision: str | None, year: int, factor: str, recalled: bool) -> None:
    found = assess(arc(supply("electricity", "1000", "KWH"), subdivision=subdivision, year=year))
    line = next(line for line in found.lines if line.source == "electricity")
    assert line.amount == 1000 * Decimal(factor)
    assert line.recalled is recalled


@pytest.mark.parametrize(("kilowatt_hours", "expected"), [
    ("149", {"electricity-impossible": True}),
    ("200", {"electricity-unusual": False}),
    ("250", {}),
    ("900", {}),
    ("950", {"electricity-unusual": False}),
    ("2001", {"electricity-impossible": True}),
])
def test_arc_furnace_power_limits(kilowatt_hours: str, expected: dict[str, bool]) -> None:
    assert codes(assess(arc(supply("electricity", kilowatt_hours, "KWH")))) == expected


def test_hot_metal_lowers_the_limit() -> None:
    # Half of the charge is pig iron: 250 and 150 become 125 and 75.
    iron = lot("550", "product", lot="urn:lot:iron", materials={"pigIron": Decimal(1)})
    cases: list[tuple[str, dict[str, bool]]] = [
        ("125", {}), ("100", {"electricity-unusual": False}), ("70", {"electricity-impossible": True}),
    ]
    for power, expected in cases:
        power_used = (supply("electricity", power, "KWH"),)
        assert codes(assess(context("electricArcFurnace", (lot("550"), iron), power_used, (out("1000"),)))) == expected


def test_no_power_at_all_refuses() -> None:
    assert codes(assess(arc(supply("carburiser", "10")))) == {"electricity-impossible": True}


@pytest.mark.parametrize(("mass_in", "mass_out", "expected"), [
    ("1000", "1000", {}),
    ("1000", "1001", {"metallic-yield": True}),
    ("1500", "1000", {"metallic-yield": False}),
])
def test_metallic_yield(mass_in: str, mass_out: str, expected: dict[str, bool]) -> None:
    assert codes(assess(context("electricArcFurnace", (lot(mass_in),), ARC, (out(mass_out),)))) == expected


def test_typical_ore_grades_do_not_refuse_a_rich_ore() -> None:
    # 1600 kg of ore: 992 at 62 %, 1158.4 at best, 1072 as the activity says
    supplies = (supply("ironOre", "1600"), supply("coke", "600"))
    given = context("blastFurnaceBasicOxygen", (), supplies, (out("1000"),))
    assert codes(assess(given)) == {"metallic-yield": False}
    assert codes(assess(given, BlastFurnaceBasicOxygen(iron_content={"ironOre": "0.67"}))) == {}
    assert codes(assess(given, BlastFurnaceBasicOxygen(iron_content={"ironOre": "0.6"}))) == {"metallic-yield": True}


def test_ore_without_a_reductant_refuses() -> None:
    # 950 kg of iron need 950 * 24 / 167.55 = 136 kg of carbon; 100 kg of coke hold 28.446 * 0.0294 * 100 = 83.6
    given = context("blastFurnaceBasicOxygen", (), (supply("sinter", "1800"), supply("coke", "100")), (out("950"),))
    assert codes(assess(given))["reductant-missing"] is True
    hydrogen = context(
        "blastFurnaceBasicOxygen", (),
        (supply("sinter", "1800"), supply("coke", "100"), supply("hydrogen", "60")), (out("950"),),
    )
    assert "reductant-missing" not in codes(assess(hydrogen))


def test_products_with_more_carbon_than_came_in_refuse() -> None:
    # in 1100 * 0.015 = 16.5; out 1000 * 0.01 * 44/12 = 36.67
    assert codes(assess(context("electricArcFurnace", (lot("1100"),), (supply("electricity", "420", "KWH"),),
                                (out("1000", fossil_carbon=Decimal("0.01")),)))) == {"carbon-balance": True}


def test_nothing_metallic_refuses() -> None:
    given = context("electricArcFurnace", (lot("1100", materials={"glass": Decimal(1)}),), ARC, (out("90", "waste"),))
    assert codes(assess(given)) == {"no-metal-out": True, "no-metal-in": True}


@pytest.mark.parametrize(("activity", "field"), [
    (ElectricArcFurnace(heats=0), "activity.heats"),
    (ElectricArcFurnace(tapped=Quantity(value="0.9", unit="TNE")), "activity.tapped"),
    (ElectricArcFurnace(charge=(Charge(lot="urn:lot:other", kind="pigIron"),)), "activity.charge[0].lot"),
    (ElectricArcFurnace(iron_content={"coke": "0.1"}), "activity.ironContent.coke"),
])
def test_bad_activities_are_refused_by_field(activity: ElectricArcFurnace, field: str) -> None:
    error = raised(PluginError, assess, arc(), activity)
    assert error.field == field
    assert error.rule
    assert error.value


@pytest.mark.parametrize("body", [
    b'{"heats":"2"}', b'{"tapToTap":40}', b'{"renewableShare":"1.1"}', b'{"furnace":"1"}',
    b'{"charge":[{"lot":"urn:l","kind":"gold"}]}',
])
def test_activities_are_typed(body: bytes) -> None:
    raised(msgspec.ValidationError, msgspec.json.decode, body, type=ElectricArcFurnace)


def test_an_activity_on_the_wire() -> None:
    body = (
        b'{"charge":[{"lot":"urn:lot:in","kind":"crudeSteel"}],"ironContent":{"sinter":"0.56"},"heats":3,'
        b'"tapped":{"value":"1.02","unit":"TNE"},"tapToTap":"45.5"}'
    )
    activity = msgspec.json.decode(body, type=ElectricArcFurnace)
    found = assess(arc(), activity)
    # The lot is crude steel by the activity: 1100 * 0.0154 = 16.94
    assert (lines(found)["crudeSteel"], found.indicators["scrapRatio"]) == (Decimal("16.94"), 0)


def test_furnace_hours() -> None:
    # 40 heats of 45 minutes are 30 hours in a day of 24
    assert codes(assess(arc(), ElectricArcFurnace(heats=40, tap_to_tap="45"))) == {"furnace-hours": False}


def test_a_quantity_of_the_wrong_dimension_is_refused() -> None:
    raised(InvalidQuantity, assess, arc(supply("electricity", "420", "KGM")))


def test_recycled_steel_is_not_diluted_by_lime() -> None:
    # 1.10 t of scrap and 0.05 t of lime into 1.00 t of steel: the steel holds 1000/1100 of the scrap's steel
    given = context(
        "electricArcFurnace", (lot("1100"),), (supply("electricity", "420", "KWH"), supply("lime", "50")),
        (out("1000"), out("120", "waste")),
    )
    balance = contents(given, assess(given))
    steel, slag = balance.outputs
    assert steel == Containing({"recycledPostConsumer:steel": pytest.approx(1000.0), "material:steel": 1000.0})
    assert (slag, balance.arisen) == ({"mass": 120.0}, {"recycledPostConsumer:steel": 1100.0})
    assert balance.lost["material:steel"] == pytest.approx(100.0)


def test_recycled_steel_beside_pig_iron_loses_as_all_metal() -> None:
    # 550 of scrap and 550 of pig iron into 1000: half of the steel is recycled, not 550 kg of it
    iron = lot("550", "product", lot="urn:lot:iron", materials={"pigIron": Decimal(1)})
    given = context("electricArcFurnace", (lot("550"), iron), (supply("electricity", "300", "KWH"),), (out("1000"),))
    (steel,) = contents(given, assess(given)).outputs
    assert steel["recycledPostConsumer:steel"] == pytest.approx(500.0)
    assert "material:pigIron" not in steel


def test_steel_that_declares_no_composition_holds_all_metal() -> None:
    given = context("electricArcFurnace", (lot("1100"),), ARC, (out("1000", "coProduct"), out("90", "waste")))
    steel, slag = contents(given, assess(given)).outputs
    assert steel == Containing({
        "recycledPostConsumer:steel": pytest.approx(1000.0), "material:steel": pytest.approx(1000.0)
    })
    assert "material:steel" not in slag


def test_elements_go_where_the_bath_sends_them() -> None:
    # 1100 of scrap with 0.2 % Cu, 1 % Mn, 0.5 % Zn: copper stays whole (2.2), manganese as the metal (11 * 1000/1100
    # = 10), zinc leaves with the dust, of which 2.75 of 5.5 are declared
    given = context(
        "electricArcFurnace",
        (lot("1100", elements={"Cu": Decimal("0.002"), "Mn": Decimal("0.01"), "Zn": Decimal("0.005")}),), ARC,
        (out("1000"), out("11", "waste", elements={"Zn": Decimal("0.25")}), out("80", "waste")),
    )
    steel, dust, slag = contents(given, assess(given)).outputs
    assert steel == Containing({"element:Cu": pytest.approx(2.2), "element:Mn": pytest.approx(10.0)})
    assert "element:Zn" not in steel
    assert (dust["element:Zn"], slag) == (pytest.approx(2.75), {"mass": 80.0})


def test_no_part_ever_exceeds_what_came_in() -> None:
    # A yield above one is refused, and the matter is still a valid one.
    found = assess(context("electricArcFurnace", (lot("900"),), ARC, (out("600"), out("600"))))
    assert codes(found) == {"metallic-yield": True}
    assert all(sum(parts) <= 1 for parts in found.matter.values())


def test_slag_as_waste_leaves_without_burden() -> None:
    found = assess(arc())
    steel, slag = (Quantity(value=mass, unit="KGM") for mass in ("1000", "90"))
    outputs = [
        Weighed(Output(lot="urn:steel", product="urn:p", quantity=steel, role="product"), Decimal(1000)),
        Weighed(Output(lot="urn:slag", product="urn:p", quantity=slag, role="waste"), Decimal(90)),
    ]
    assert shares("mass", outputs, found) == [1.0, 0.0]


def test_scrap_without_a_composition_is_pointed_out() -> None:
    given = context("electricArcFurnace", (lot("1100", materials={}),), ARC, (out("1000"),))
    assert codes(assess(given)) == {"scrap-without-composition": False}


def shredding(outputs: tuple[OutputFacts, ...], **facts: Any) -> Context:
    inputs = (lot("1000", materials={"steel": Decimal("0.9"), "copper": Decimal("0.05")}, **facts),)
    return context(
        "scrapProcessing", inputs, (supply("electricity", "40", "KWH"), supply("diesel", "2")), outputs,
    )


def test_shredding() -> None:
    # 40 * 0.5978 = 23.912; diesel 2 * 43.33 * 0.0202 * 0.98 * 44/12 = 2 * 3.145122493 = 6.290244987
    given = shredding((out("900"), out("50", materials={"copper": Decimal(1)}), out("50", "waste")))
    found = assess(given, ScrapProcessing(operations=("shredding",)))
    assert lines(found)["electricity"] == Decimal("23.912")
    assert (float(lines(found)["diesel"]), codes(found)) == (pytest.approx(6.290244987), {})
    assert found.indicators == {
        "electricityPerTonne": 40, "scrapProcessed": 1, "metallicYield": 1,
    }
    steel, copper, dirt = contents(given, found).outputs
    assert (steel["recycledPostConsumer:steel"], copper["recycledPostConsumer:copper"]) == pytest.approx((900.0, 50.0))
    assert "material:steel" not in copper
    assert dirt == {"mass": 50.0}


def test_shredding_findings() -> None:
    assert codes(assess(shredding((out("950", materials=STEEL),)))) == {"metallic-yield": True}
    assert codes(assess(shredding((out("900", "waste", STEEL),)))) == {"burden-retained": False}
    assert codes(assess(shredding((out("900"),), role="product"))) == {"no-waste": False}
    nothing = context("scrapProcessing", (), (supply("electricity", "40", "KWH"),), (out("900"),))
    assert codes(assess(nothing)) == {"no-scrap": True}
    hungry = context("scrapProcessing", (lot("1000"),), (supply("electricity", "151", "KWH"),), (out("1000"),))
    assert codes(assess(hungry)) == {"electricity-unusual": False}
