"""Steel: furnaces by the balance of carbon, solved by hand."""

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
from ledger.sdk.testing import Run, context, lot, output, run, supply

STEEL = {"steel": Decimal(1)}


def steelworks_supply(material: str, value: str, unit: str = "KGM", **facts: Any) -> SupplyFacts:
    mass = Decimal(value) if unit == "KGM" else None
    return SupplyFacts(**{
        "index": 0, "material": material, "quantity": Quantity(value=value, unit=unit), "mass": mass, "nature": False,
        "priced": False, **facts,
    })


def steelworks_lot(mass: str, role: str = "waste", **facts: Any) -> InputFacts:
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


def steelworks_context(
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
    steelworks_supply("electricity", "420", "KWH"), steelworks_supply("naturalGas", "10", "NM3"),
       steelworks_supply("electrode", "1.5"),
    steelworks_supply("carburiser", "10"), steelworks_supply("limestone", "20"), steelworks_supply("lime", "30"),
)


def arc(*supplies: SupplyFacts, **facts: Any) -> Context:
    return steelworks_context("electricArcFurnace", (steelworks_lot("1100"),), supplies or ARC,
                              (out("1000"), out("90", "waste")), **facts)


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
    priced = assess(arc(*(steelworks_supply(s.material, s.quantity.value, s.quantity.unit, priced=True) for s in ARC)))
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
    given = steelworks_context(
        "blastFurnaceBasicOxygen", (steelworks_lot("150"),),
        (steelworks_supply("sinter", "1300"), steelworks_supply("pellet", "300"), steelworks_supply("coke", "350"),
         steelworks_supply("washedCoal", "150"),
         steelworks_supply("limestone", "100"), steelworks_supply("dolomite", "20"),
         steelworks_supply("electricity", "150", "KWH")),
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
    given = steelworks_context("blastFurnaceBasicOxygen", (),
                               (steelworks_supply("sinter", "1800"), steelworks_supply("coke", "600")), (out("950"),))
    assert [omission.what for omission in assess(given).omissions] == ["coke upstream"]


def test_a_declared_carbon_content_replaces_the_factor() -> None:
    # in: 1100 * 0.002 * 44/12 = 8.0666..; out: 1000 * 0.001 * 44/12 = 3.6666..
    found = assess(steelworks_context("electricArcFurnace",
                                      (steelworks_lot("1100", fossil_carbon=Decimal("0.002")),), ARC,
                           (out("1000", fossil_carbon=Decimal("0.001")), out("90", "waste"))))
    assert round(lines(found)["scrap"], 4) == Decimal("8.0667")
    assert round(lines(found)["fixedCarbon"], 4) == Decimal("-3.6667")
    assert {line.source for line in found.lines if line.primary} == {"scrap", "fixedCarbon"}


def test_pig_iron_lots_and_pig_iron_sold() -> None:
    # in: 500 * 0.172 = 86, scrap 600 * 0.015 = 9; out: pig iron 100 * 0.172 + steel 900 * 0.0154 = 31.06
    iron = steelworks_lot("500", "product", lot="urn:lot:iron", materials={"pigIron": Decimal(1)})
    found = assess(steelworks_context("electricArcFurnace", (steelworks_lot("600"), iron),
                                      (steelworks_supply("electricity", "300", "KWH"),),
                           (out("900"), out("100", "coProduct", {"pigIron": Decimal(1)}))))
    assert lines(found) == Containing({"pigIron": 86, "scrap": 9})
    fixed = [line.amount for line in found.lines if line.source == "fixedCarbon"]
    assert (sum(fixed), found.indicators["crudeSteel"]) == (Decimal("-31.06"), Decimal("0.9"))


def test_power_that_the_supplier_priced_is_booked_only() -> None:
    found = assess(arc(steelworks_supply("electricity", "0.42", "MWH", priced=True)))
    assert {line.burden for line in found.lines if line.source == "electricity"} == {"electricityLocation"}
    assert named(direct(found))["electricityKwh"] == 420.0


def test_power_that_comes_as_a_lot_is_booked_only() -> None:
    # 420 kWh, a quarter of it renewable: 420 * 3.6 / 4 = 378 MJ of 1512 MJ
    given = steelworks_context("electricArcFurnace", (steelworks_lot("1100"), power_lot("420")), (),
                               (out("1000"), out("90", "waste")))
    found = assess(given, ElectricArcFurnace(renewable_share="0.25"))
    vector = named(direct(found))
    assert "electricity" not in lines(found)
    assert (vector["electricityKwh"], vector["energyMj"], vector["renewableEnergyMj"]) == (420.0, 1512.0, 378.0)
    assert found.indicators["electricityPerTonne"] == 420


def test_a_grid_that_is_in_no_table_is_left_to_the_core() -> None:
    germany = FacilityFacts(id="urn:facility", country="DE")
    found = assess(msgspec.structs.replace(arc(*ARC, steelworks_supply("heat", "2", "GV")), facility=germany))
    assert not {"electricity", "heat"} & set(lines(found))
    assert not [omission for omission in found.omissions if omission.what.startswith(("electricity", "heat"))]
    assert named(direct(found))["electricityKwh"] == 420.0


@pytest.mark.parametrize(("given", "activity", "told"), [
    (arc(), {"renewable_share": "0.5"}, {"renewable-without-lot": True}),
    (arc(steelworks_supply("carburiser", "10")), {}, {"electricity-impossible": True}),
    # Carbon in: 1100 * 0.015 = 16.5; out: 1000 * 0.01 * 44/12 = 36.67
    (steelworks_context("electricArcFurnace", (steelworks_lot("1100"),),
                        (steelworks_supply("electricity", "420", "KWH"),),
                        (out("1000", fossil_carbon=Decimal("0.01")),)), {}, {"carbon-balance": True}),
    (steelworks_context("electricArcFurnace", (steelworks_lot("1100", materials={"glass": Decimal(1)}),), ARC,
                        (out("90", "waste"),)), {}, {"no-metal-out": True, "no-metal-in": True}),
    # 40 heats of 45 minutes are 30 hours in a day of 24.
    (arc(), {"heats": 40, "tap_to_tap": "45"}, {"furnace-hours": False}),
    (steelworks_context("electricArcFurnace", (steelworks_lot("1100", materials={}),), ARC, (out("1000"),)), {},
     {"scrap-without-composition": False}),
])
def test_findings_of_an_arc_furnace(given: Context, activity: dict[str, Any], told: dict[str, bool]) -> None:
    assert codes(assess(given, ElectricArcFurnace(**activity))) == told


def test_heat_is_priced_by_default() -> None:
    # 2 GJ * 110 = 220; priced by its supplier, none
    found = assess(arc(*ARC, steelworks_supply("steam", "2", "GV")))
    assert lines(found)["steam"] == 220
    assert "steam upstream" in [omission.what for omission in found.omissions]
    assert "steam" not in lines(assess(arc(*ARC, steelworks_supply("steam", "2", "GV", priced=True))))


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
    found = assess(arc(steelworks_supply("electricity", "1000", "KWH"), subdivision=subdivision, year=year))
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
    assert codes(assess(arc(steelworks_supply("electricity", kilowatt_hours, "KWH")))) == expected


def test_hot_metal_lowers_the_limit() -> None:
    # Half of the charge is pig iron: 250 and 150 become 125 and 75.
    iron = steelworks_lot("550", "product", lot="urn:lot:iron", materials={"pigIron": Decimal(1)})
    cases: list[tuple[str, dict[str, bool]]] = [
        ("125", {}), ("100", {"electricity-unusual": False}), ("70", {"electricity-impossible": True}),
    ]
    for power, expected in cases:
        power_used = (steelworks_supply("electricity", power, "KWH"),)
        assert codes(assess(steelworks_context("electricArcFurnace", (steelworks_lot("550"), iron), power_used,
                                               (out("1000"),)))) == expected


@pytest.mark.parametrize(("mass_in", "mass_out", "expected"), [
    ("1000", "1000", {}),
    ("1000", "1001", {"metallic-yield": True}),
    ("1500", "1000", {"metallic-yield": False}),
])
def test_metallic_yield(mass_in: str, mass_out: str, expected: dict[str, bool]) -> None:
    assert codes(assess(steelworks_context("electricArcFurnace", (steelworks_lot(mass_in),), ARC,
                                           (out(mass_out),)))) == expected


def test_typical_ore_grades_do_not_refuse_a_rich_ore() -> None:
    # 1600 kg of ore: 992 at 62 %, 1158.4 at best, 1072 as the activity says
    supplies = (steelworks_supply("ironOre", "1600"), steelworks_supply("coke", "600"))
    given = steelworks_context("blastFurnaceBasicOxygen", (), supplies, (out("1000"),))
    assert codes(assess(given)) == {"metallic-yield": False}
    assert codes(assess(given, BlastFurnaceBasicOxygen(iron_content={"ironOre": "0.67"}))) == {}
    assert codes(assess(given, BlastFurnaceBasicOxygen(iron_content={"ironOre": "0.6"}))) == {"metallic-yield": True}


def test_ore_without_a_reductant_refuses() -> None:
    # 950 kg of iron need 950 * 24 / 167.55 = 136 kg of carbon; 100 kg of coke hold 28.446 * 0.0294 * 100 = 83.6
    given = steelworks_context("blastFurnaceBasicOxygen", (),
                               (steelworks_supply("sinter", "1800"), steelworks_supply("coke", "100")), (out("950"),))
    assert codes(assess(given))["reductant-missing"] is True
    hydrogen = steelworks_context(
        "blastFurnaceBasicOxygen", (),
        (steelworks_supply("sinter", "1800"), steelworks_supply("coke", "100"),
         steelworks_supply("hydrogen", "60")), (out("950"),),
    )
    assert "reductant-missing" not in codes(assess(hydrogen))


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


def test_a_quantity_of_the_wrong_dimension_is_refused() -> None:
    raised(InvalidQuantity, assess, arc(steelworks_supply("electricity", "420", "KGM")))


def test_recycled_steel_is_not_diluted_by_lime() -> None:
    # 1.10 t of scrap and 0.05 t of lime into 1.00 t of steel: the steel holds 1000/1100 of the scrap's steel
    given = steelworks_context(
        "electricArcFurnace", (steelworks_lot("1100"),), (steelworks_supply("electricity", "420", "KWH"),
                                                          steelworks_supply("lime", "50")),
        (out("1000"), out("120", "waste")),
    )
    balance = contents(given, assess(given))
    steel, slag = balance.outputs
    assert steel == Containing({"recycledPostConsumer:steel": pytest.approx(1000.0), "material:steel": 1000.0})
    assert (slag, balance.arisen) == ({"mass": 120.0}, {"recycledPostConsumer:steel": 1100.0})
    assert balance.lost["material:steel"] == pytest.approx(100.0)


def test_recycled_steel_beside_pig_iron_loses_as_all_metal() -> None:
    # 550 of scrap and 550 of pig iron into 1000: half of the steel is recycled, not 550 kg of it
    iron = steelworks_lot("550", "product", lot="urn:lot:iron", materials={"pigIron": Decimal(1)})
    given = steelworks_context("electricArcFurnace", (steelworks_lot("550"), iron),
                               (steelworks_supply("electricity", "300", "KWH"),), (out("1000"),))
    (steel,) = contents(given, assess(given)).outputs
    assert steel["recycledPostConsumer:steel"] == pytest.approx(500.0)
    assert "material:pigIron" not in steel


def test_steel_that_declares_no_composition_holds_all_metal() -> None:
    given = steelworks_context("electricArcFurnace", (steelworks_lot("1100"),), ARC,
                               (out("1000", "coProduct"), out("90", "waste")))
    steel, slag = contents(given, assess(given)).outputs
    assert steel == Containing({
        "recycledPostConsumer:steel": pytest.approx(1000.0), "material:steel": pytest.approx(1000.0)
    })
    assert "material:steel" not in slag


def test_elements_go_where_the_bath_sends_them() -> None:
    # 1100 of scrap with 0.2 % Cu, 1 % Mn, 0.5 % Zn: copper stays whole (2.2), manganese as the metal (11 * 1000/1100
    # = 10), zinc leaves with the dust, of which 2.75 of 5.5 are declared
    given = steelworks_context(
        "electricArcFurnace",
        (steelworks_lot("1100", elements={"Cu": Decimal("0.002"), "Mn": Decimal("0.01"), "Zn": Decimal("0.005")}),),
                               ARC,
        (out("1000"), out("11", "waste", elements={"Zn": Decimal("0.25")}), out("80", "waste")),
    )
    steel, dust, slag = contents(given, assess(given)).outputs
    assert steel == Containing({"element:Cu": pytest.approx(2.2), "element:Mn": pytest.approx(10.0)})
    assert "element:Zn" not in steel
    assert (dust["element:Zn"], slag) == (pytest.approx(2.75), {"mass": 80.0})


def test_no_part_ever_exceeds_what_came_in() -> None:
    # A yield above one is refused, and the matter is still a valid one.
    found = assess(steelworks_context("electricArcFurnace", (steelworks_lot("900"),), ARC, (out("600"), out("600"))))
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


def shredding(outputs: tuple[OutputFacts, ...], **facts: Any) -> Context:
    inputs = (steelworks_lot("1000", materials={"steel": Decimal("0.9"), "copper": Decimal("0.05")}, **facts),)
    return steelworks_context(
        "scrapProcessing", inputs, (steelworks_supply("electricity", "40", "KWH"),
                                    steelworks_supply("diesel", "2")), outputs,
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
    nothing = steelworks_context("scrapProcessing", (), (steelworks_supply("electricity", "40", "KWH"),), (out("900"),))
    assert codes(assess(nothing)) == {"no-scrap": True}
    hungry = steelworks_context("scrapProcessing", (steelworks_lot("1000"),),
                                (steelworks_supply("electricity", "151", "KWH"),), (out("1000"),))
    assert codes(assess(hungry)) == {"electricity-unusual": False}


# Blast furnace, converter and direct reduction, solved by hand. Emissions in kg CO2, masses in kg.

FURNACE_STEEL = plugin()
IRON = {"pigIron": "1"}
SPONGE = {"directReducedIron": "1"}


def go(
    route: str, supplies: tuple[SupplyFacts, ...], outputs: tuple[OutputFacts, ...],
    activity: Mapping[str, Any] | None = None, inputs: tuple[InputFacts, ...] = (), **facts: Any,
) -> Run:
    return run(FURNACE_STEEL, context(f"steel.{route}", inputs=inputs, supplies=supplies, outputs=outputs, **facts),
               activity)


def furnace_lines(found: Run) -> dict[str, float]:
    return {line.source: round(float(line.amount), 6) for line in found.assessment.lines if line.gas == "CO2"}


def indicators(found: Run) -> dict[str, float]:
    return {name: round(float(value), 6) for name, value in found.assessment.indicators.items()}


def furnace(
    coke: str = "360 KGM", coal: str = "150 KGM", activity: Mapping[str, Any] | None = None,
    more: tuple[SupplyFacts, ...] = (), *, sets: bool = False, **made: Any,
) -> Run:
    supplies = (
        supply("sinter", "1300 KGM"), supply("pellet", "330 KGM"), supply("coke", coke), supply("bituminous", coal),
        supply("electricity", "30 KWH"), *more,
    )
    return go("blastFurnace", supplies, (output("1000 KGM", **{"materials": IRON, **made}),), activity, sets=sets)


def test_blast_furnace() -> None:
    # coke 360 * 28.446 * 0.0294 * 44/12 = 1103.932368; coal 150 * 23.204 * 0.02618 * 44/12 = 334.114396
    # iron holds 172; power 17.547. On site 1266.046764.
    found = furnace()
    assert furnace_lines(found) == {
        "electricity": 17.547, "coke": 1103.932368, "bituminous": 334.114396, "fixedCarbon": -172.0,
    }
    assert found.footprint == pytest.approx(1283.593764)
    # iron in: 1300 * 0.57 + 330 * 0.65 = 955.5; out 940
    assert indicators(found) == {
        "metallicYield": round(940 / 955.5, 6), "hotMetal": 1.0, "cokeRate": 360.0, "coalRate": 150.0,
        "hydrogenRate": 0.0, "wasteGasExported": 0.0, "electricityPerTonne": 30.0, "scrapUsed": 0.0,
        "directEmissionsPerTonneHotMetal": 1266.046764,
    }
    assert found.findings == {}


def test_a_furnace_rich_in_hydrogen() -> None:
    # Of 300 kg of coke, 150 of coal, 100 Nm3 of coke oven gas and 10 kg of hydrogen:
    # 919.94364 + 334.114396 + 100 * 17.3854 * 0.0136 * 44/12 = 86.695195; - 172 = 1168.753231
    # hydrogen 100 * 0.101 + 10 = 20.1 kg
    gas = (supply("cokeOvenGas", "100 NM3"), supply("hydrogen", "10 KGM"))
    found = furnace("300 KGM", activity={"injected": ["cokeOvenGas", "hydrogen"]}, more=gas)
    given = indicators(found)
    assert given == Containing({
        "directEmissionsPerTonneHotMetal": pytest.approx(919.94364 + 334.114396 + 86.695195 - 172),
        "hydrogenRate": pytest.approx(20.1),
    })
    assert found.findings == {}
    # The saving against 360 kg of coke is that of coke less what the gas brings: 60 * 3.06647880 - 86.695195
    saved = indicators(furnace())["directEmissionsPerTonneHotMetal"] - given["directEmissionsPerTonneHotMetal"]
    assert saved == pytest.approx(60 * 3.0664788 - 86.695195, abs=1e-5)
    too_much = (supply("hydrogen", "36 KGM"),)
    assert furnace("300 KGM", activity={"injected": ["hydrogen"]}, more=too_much).findings == {"hydrogen-rate": False}


def test_charcoal_is_carbon_that_grew() -> None:
    # Fossil 301 * 3.0664788 + 334.114396; 60 kg of charcoal bring 48 kg of carbon that is not counted, and the iron's
    # carbon is fossil as far as what came in is.
    analyses = [{"material": "charcoal", "heatingValue": "29.5", "carbon": "0.8", "biogenicShare": "1"}]
    found = furnace("301 KGM", activity={"analyses": analyses}, more=(supply("charcoal", "60 KGM"),))
    fossil = 301 * 3.0664788 + 334.114396
    share = fossil / (fossil + 48 * 44 / 12)
    assert furnace_lines(found)["fixedCarbon"] == pytest.approx(-172 * share, abs=1e-6)
    assert "charcoal" not in furnace_lines(found)
    assert (found.burdens["renewableEnergyMj"], found.findings) == (pytest.approx(60 * 29.5), {})


def test_with_factor_sets_carbon_dioxide_that_grew_is_counted_apart() -> None:
    # 48 kg of carbon of charcoal give 176 kg of CO2; the iron keeps 172 kg, of it the part that grew
    analyses = [{"material": "charcoal", "heatingValue": "29.5", "carbon": "0.8", "biogenicShare": "1"}]
    found = furnace("301 KGM", activity={"analyses": analyses}, more=(supply("charcoal", "60 KGM"),), sets=True)
    grown = 176 / (301 * 3.0664788 + 334.114396 + 176)
    assert found.burdens["biogenicCO2Emissions"] == pytest.approx(176 - 172 * grown, abs=1e-6)
    assert found.findings == {}


@pytest.mark.parametrize(("coke", "coal", "expected"), [
    ("149 KGM", "250 KGM", {"coke-rate": True, "fuel-rate": False}),
    ("249 KGM", "200 KGM", {"coke-rate": False}),
    ("701 KGM", "0.1 KGM", {"coke-rate": False}),
    ("300 KGM", "261 KGM", {"coal-rate": False}),
    ("500 KGM", "251 KGM", {"fuel-rate": False}),
])
def test_coke_and_coal_rates(coke: str, coal: str, expected: dict[str, bool]) -> None:
    assert furnace(coke, coal).findings == expected


def test_iron_from_nothing_refuses() -> None:
    coke = supply("coke", "400 KGM")
    made = (output("1000 KGM", materials=IRON),)
    assert go("blastFurnace", (coke,), made).findings == {"metallic-yield": True}
    # 1200 kg of sinter hold 868.8 kg of iron at the very best; 940 are claimed
    assert go("blastFurnace", (coke, supply("sinter", "1200 KGM")), made).findings == {"metallic-yield": True}
    # 1500 kg: 855 at the usual grade, 1086 at best
    assert go("blastFurnace", (coke, supply("sinter", "1500 KGM")), made).findings == {"metallic-yield": False}
    # 160 kg of coke hold 133.8 kg of carbon, enough for 934 of 940 kg of iron; 0.3 kg of hydrogen fill the gap
    ore = supply("sinter", "1650 KGM")
    starved = go("blastFurnace", (supply("coke", "160 KGM"), ore), made).findings
    assert starved == {"reductant-missing": True, "coke-rate": False, "fuel-rate": False}
    helped = go("blastFurnace", (supply("coke", "160 KGM"), ore, supply("hydrogen", "0.3 KGM")), made).findings
    assert "reductant-missing" not in helped


def test_iron_that_declares_more_carbon_than_came_in_refuses() -> None:
    # 360 * 0.8363124 + 150 * 0.60748 = 392.2 kg came in
    assert furnace(fossil_carbon=Decimal("0.4")).findings == {"carbon-balance": True}


def test_dust_takes_carbon_along() -> None:
    # 20 kg of dust with 35 % carbon: 20 * 0.35 * 44/12 = 25.666667 less
    supplies = (supply("sinter", "1300 KGM"), supply("pellet", "330 KGM"), supply("coke", "500 KGM"))
    made = (output("1000 KGM", materials=IRON), output("20 KGM", "waste", fossil_carbon=Decimal("0.35")))
    clean = go("blastFurnace", supplies, made[:1])
    assert clean.footprint - go("blastFurnace", supplies, made).footprint == pytest.approx(25.666667, abs=1e-6)


def converter(
    iron: str = "950 KGM", activity: Mapping[str, Any] | None = None, scrap: str = "150 KGM", oxygen: str = "52 NM3",
) -> Run:
    inputs = (
        lot(iron, materials=IRON, lot="urn:iron"), lot(scrap, "waste", materials={"steel": "1"}, lot="urn:scrap"),
    )
    supplies = (supply("electricity", "60 KWH"), supply("oxygen", oxygen), supply("lime", "40 KGM"))
    return go("basicOxygenFurnace", supplies, (output("1000 KGM", materials={"steel": "1"}),), activity, inputs)


def test_basic_oxygen_furnace() -> None:
    # hot metal 950 * 0.172 = 163.4; scrap 150 * 0.015 = 2.25; steel -15.4; power 60 * 0.5849 = 35.094
    found = converter(activity={"heats": 4})
    assert furnace_lines(found) == {"electricity": 35.094, "pigIron": 163.4, "scrap": 2.25, "fixedCarbon": -15.4}
    assert found.footprint == pytest.approx(185.344)
    assert indicators(found) == {
        "metallicYield": round(1000 / 1100, 6), "crudeSteel": 1.0, "scrapUsed": 0.15, "scrapRatio": 0.15,
        "directEmissionsPerTonne": 150.25, "energyPerTonne": 216.0, "energyPerTonneSteel": 216.0,
        "co2PerTonneSteel": 185.344, "hotMetalRatio": 0.95, "electricityPerTonne": 60.0, "wasteGasExported": 0.0,
        "steelPerHeat": 0.25,
    }
    assert found.findings == {}
    # Recycled content: 150 of 1100 kg of metal, and 1000 come out.
    assert found.contents.outputs[0]["recycledPostConsumer:steel"] == pytest.approx(150 / 1.1)


@pytest.mark.parametrize(("iron", "scrap", "oxygen", "expected"), [
    ("600 KGM", "500 KGM", "52 NM3", {"hot-metal-ratio": False}),
    ("1200 KGM", "1 KGM", "52 NM3", {"hot-metal-ratio": False}),
    ("950 KGM", "150 KGM", "30 NM3", {"oxygen-unusual": False}),
    ("800 KGM", "150 KGM", "52 NM3", {"metallic-yield": True}),
])
def test_converter_limits(iron: str, scrap: str, oxygen: str, expected: dict[str, bool]) -> None:
    assert converter(iron, scrap=scrap, oxygen=oxygen).findings == expected


def test_a_converter_needs_something_that_burns() -> None:
    inputs = (lot("1100 KGM", "waste", materials={"steel": "1"}),)
    found = go("basicOxygenFurnace", (), (output("1000 KGM", materials={"steel": "1"}),), inputs=inputs)
    assert found.findings == {"no-hot-metal": True, "hot-metal-ratio": False}


def direct_reduction(*supplies: SupplyFacts, activity: Mapping[str, Any] | None = None, **made: Any) -> Run:
    outputs = (output("1000 KGM", **{"materials": SPONGE, **made}),)
    return go("directReduction", (supply("pellet", "1420 KGM"), *supplies), outputs, activity)


def test_direct_reduction_with_natural_gas() -> None:
    # gas 265 * 38.931 * 0.0153 * 44/12 = 578.767712; iron holds 73; power 58.49
    # methane 10.316715 GJ * 0.001 * 29.8 = 0.307438
    found = direct_reduction(supply("naturalGas", "265 NM3"), supply("electricity", "100 KWH"))
    assert furnace_lines(found) == {"electricity": 58.49, "naturalGas": 578.767712, "fixedCarbon": -73.0}
    assert found.footprint == pytest.approx(578.767712 - 73 + 58.49 + 0.307438, abs=1e-5)
    # iron 920 of 923
    assert indicators(found) == {
        "metallicYield": round(920 / 923, 6), "directReducedIron": 1.0, "reductantEnergyPerTonne": 10316.715,
        "hydrogenRate": 0.0, "electricityPerTonne": 100.0,
    }
    assert found.findings == {}


def test_direct_reduction_with_hydrogen_holds_no_carbon() -> None:
    found = direct_reduction(supply("hydrogen", "57 KGM"), supply("electricity", "300 KWH"))
    assert (furnace_lines(found), found.assessment.indicators["hydrogenRate"]) == ({"electricity": 175.47}, 57)
    assert (found.burdens["energyMj"], found.findings) == (pytest.approx(57 * 120 + 300 * 3.6), {})
    claimed = direct_reduction(supply("hydrogen", "57 KGM"), fossil_carbon=Decimal("0.02"))
    assert claimed.findings == {"carbon-balance": True}


@pytest.mark.parametrize(("reductant", "expected"), [
    (supply("naturalGas", "231 NM3"), {"reductant-energy": False}),     # 8.99 GJ
    (supply("naturalGas", "232 NM3"), {}),                              # 9.03
    (supply("naturalGas", "359 NM3"), {}),                              # 13.98
    (supply("naturalGas", "361 NM3"), {"reductant-energy": False}),     # 14.05
    (supply("hydrogen", "49 KGM"), {"hydrogen-rate": False}),
    (supply("hydrogen", "60 KGM"), {}),
    (supply("hydrogen", "66 KGM"), {"hydrogen-rate": False}),
    (supply("bituminous", "800 KGM"), {}),                              # 18.6 GJ, a rotary kiln
    (supply("bituminous", "500 KGM"), {"reductant-energy": False}),
    # 0.92 * 0.94 t of metal take 864.8 * 8.064 / 167.55 = 41.62 kg from magnetite
    (supply("hydrogen", "42 KGM"), {"hydrogen-rate": False}),
    (supply("hydrogen", "41 KGM"), {"hydrogen-rate": False, "reductant-missing": True}),
])
def test_reductants_of_direct_reduction(reductant: SupplyFacts, expected: dict[str, bool]) -> None:
    assert direct_reduction(reductant).findings == expected


def test_sponge_iron_with_more_iron_than_the_pellets_refuses() -> None:
    gas = supply("naturalGas", "265 NM3")
    # 1420 * 0.63 = 894.6 by analysis, 920 claimed
    assert direct_reduction(gas, activity={"ironContent": {"pellet": "0.63"}}).findings == {"metallic-yield": True}
    assert direct_reduction(gas, activity={"ironContent": {"pellet": "0.67"}}).findings == {}


# Carbon capture at a steelworks, solved by hand: never more than came, and nothing without proof of storage.


CAPTURE_IRON = lot("1000 KGM", materials={"pigIron": "1"}, lot="urn:iron")
OFF_GAS = lot("3000 KGM", materials={"offGas": "1"}, fossil_carbon=Decimal("0.09"), lot="urn:off")
ENERGY = (supply("heat", "2.5 GV"), supply("electricity", "150 KWH"))
STORED = {
    "amount": {"value": "0.78", "unit": "TNE"}, "kind": "geological", "site": "Reservoir 1", "evidence": "a1" * 32,
}


def capture(
    *inputs: InputFacts, captured: str = "0.8", storage: tuple[Mapping[str, Any], ...] = (STORED,),
    supplies: tuple[SupplyFacts, ...] = ENERGY, unit: str = "TNE", sets: bool = False,
) -> Run:
    given = context(
        "steel.carbonCapture", inputs=inputs or (CAPTURE_IRON, OFF_GAS), supplies=supplies,
        outputs=(output("1000 KGM", materials={"pigIron": "1"}),), sets=sets,
    )
    return run(plugin(), given, {"captured": {"value": captured, "unit": unit}, "storage": list(storage)})


def stored(amount: str) -> dict[str, Any]:
    return {**STORED, "amount": {"value": amount, "unit": "TNE"}}


def test_what_is_stored_is_a_burden_of_its_own() -> None:
    # off-gas 3000 * 0.09 * 44/12 = 990; heat 2.5 * 110 = 275; power 150 * 0.5849 = 87.735; stored 780
    found = capture()
    assert {line.source: float(line.amount) for line in found.assessment.lines} == pytest.approx({
        "offGas": 990.0, "heat": 275.0, "electricity": 87.735, "storedCarbonDioxide": -780.0,
    })
    assert found.burdens == Containing({
        "fossilGhgEmissions": pytest.approx(1352.735), "ccsTechnologicalCO2Capture": pytest.approx(-780)
    })
    assert found.footprint == pytest.approx(572.735)
    # 2500 + 150 * 3.6 = 3040 MJ for 0.8 t
    assert {name: round(float(value), 6) for name, value in found.assessment.indicators.items()} == {
        "carbonDioxideCaptured": 0.8, "carbonDioxideStored": 0.78, "captureRate": round(800 / 990, 6),
        "captureEnergyPerTonne": 3800.0,
    }
    assert (found.findings, found.contents.outputs[0]["material:pigIron"]) == ({}, pytest.approx(1000))
    assert found.assessment.matter["fossilCarbon"] == (Decimal(0),)


def test_capture_lowers_the_figure_by_less_than_what_is_captured() -> None:
    # Without capture the off-gas is 990. What is saved: 780 less the energy of it, 362.735.
    assert 990 - capture().footprint == pytest.approx(780 - 362.735)


def test_without_proof_of_storage_nothing_is_taken_off() -> None:
    found = capture(storage=())
    assert (found.burdens["ccsTechnologicalCO2Capture"], found.footprint) == (0, pytest.approx(1352.735))
    assert found.findings == {"permanence-unproven": False}


@pytest.mark.parametrize(("captured", "amount", "expected"), [
    ("0.9801", "0.78", {}),
    ("0.981", "0.78", {"capture-rate": False}),
    ("0.991", "0.78", {"capture-above-emissions": True}),
    ("0.8", "0.8", {}),
    ("0.8", "0.800001", {"storage-above-capture": True}),
])
def test_never_more_than_came(captured: str, amount: str, expected: dict[str, bool]) -> None:
    found = capture(captured=captured, storage=(stored(amount),))
    assert found.findings == expected
    if any(expected.values()):
        assert found.burdens["ccsTechnologicalCO2Capture"] == 0


def test_two_stores_together_are_within_what_was_captured() -> None:
    assert capture(storage=(stored("0.5"), stored("0.31"))).findings == {"storage-above-capture": True}
    assert capture(storage=(stored("0.5"), stored("0.3"))).burdens["ccsTechnologicalCO2Capture"] == pytest.approx(-800)


def test_gas_of_the_plants_own_boiler_may_be_washed_too() -> None:
    # 60 Nm3 * 38.931 * 0.0153 * 0.99 * 44/12 = 129.731329 more CO2 came: 1119.731329
    boiler = (supply("naturalGas", "60 NM3"), supply("electricity", "150 KWH"))
    found = capture(captured="1.1", storage=(stored("1.1"),), supplies=boiler)
    assert (found.findings, found.footprint) == ({}, pytest.approx(990 + 129.731329 + 87.735 - 1100, abs=1e-5))


def test_of_carbon_that_grew_nothing_is_taken_off() -> None:
    # A tenth of 300 kg of carbon grew. 780 kg stored are 702 of fossil carbon; emitted were 990.
    gas = lot("3000 KGM", materials={"offGas": "1"}, fossil_carbon=Decimal("0.09"), biogenic_carbon=Decimal("0.01"),
              lot="urn:off")
    found = capture(CAPTURE_IRON, gas)
    assert found.burdens == Containing({
        "ccsTechnologicalCO2Capture": pytest.approx(-702), "fossilGhgEmissions": pytest.approx(1352.735),
        "biogenicCO2Emissions": 0.0,
    })
    apart = capture(CAPTURE_IRON, gas, sets=True)
    assert apart.burdens == Containing({
        "ccsTechnologicalCO2Capture": pytest.approx(-702), "biogenicCO2Emissions": pytest.approx(110)
    })


@pytest.mark.parametrize(("supplies", "expected"), [
    ((supply("electricity", "22 KWH"),), {"capture-energy": True}),     # 99 MJ per t
    ((supply("electricity", "23 KWH"),), {"capture-energy": False}),
    ((supply("heat", "0.5 GV"),), {}),                                  # 625
    ((supply("heat", "4.9 GV"),), {"capture-energy": False}),           # 6125
])
def test_energy_of_capture(supplies: tuple[SupplyFacts, ...], expected: dict[str, bool]) -> None:
    assert capture(supplies=supplies).findings == expected


def test_nothing_came_so_nothing_was_captured() -> None:
    assert capture(CAPTURE_IRON).findings == {"capture-above-emissions": True}


@pytest.mark.parametrize("evidence", ["", "certificate 7", "A1" * 32, "a1" * 31, "a1" * 32 + "\n"])
def test_evidence_is_a_digest(evidence: str) -> None:
    assert "evidence" in str(raised(
        (PluginError, msgspec.ValidationError), capture, storage=({**STORED, "evidence": evidence},)
    ))


@pytest.mark.parametrize("kind", ["enhancedOilRecovery", "use"])
def test_use_is_no_storage(kind: str) -> None:
    raised(msgspec.ValidationError, capture, storage=({**STORED, "kind": kind},))


def test_captured_is_a_mass() -> None:
    raised(InvalidQuantity, capture, unit="NM3")


def test_off_gas_of_a_furnace_goes_to_the_washer() -> None:
    # The furnace names its off-gas `carbonOut`: 3000 * 0.09 * 44/12 = 990 leave it, and come here.
    made = (output("1000 KGM", materials={"pigIron": "1"}, lot="urn:iron"),
            output("3000 KGM", "byProduct", materials={"offGas": "1"}, fossil_carbon=Decimal("0.09"), lot="urn:off"))
    supplies = (supply("sinter", "1300 KGM"), supply("pellet", "330 KGM"), supply("coke", "500 KGM"))
    given = context("steel.blastFurnace", supplies=supplies, outputs=made)
    furnace = run(plugin(), given, {"wasteGases": [{"lot": "urn:off", "gas": "offGas", "treatment": "carbonOut"}]})
    # 500 * 28.446 * 0.0294 * 44/12 = 1533.2394; iron 172
    assert [one["fossilGhgEmissions"] for one in furnace.outputs] == pytest.approx([1533.2394 - 172 - 990, 0])
    assert furnace.footprint + capture().footprint == pytest.approx(1533.2394 - 172 + 362.735 - 780)
